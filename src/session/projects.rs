//! Projects.

use strongroom_backend::{ProjectId, step};

use super::Session;
use super::describe::{check_list, page};
use crate::metadata::projects::{self, Project};
use crate::metadata::secrets::{self, NameRange};
use crate::metadata::{Queries, Record, clock};
use crate::path::check_project_name;
use crate::{Error, ErrorKind, ListOptions, Page, ProjectInfo, ProjectState, Result};

/// The generation that a project's key begins with.
const FIRST_GENERATION: u32 = 1;

/// How often a project is begun again while its root key is being rotated.
const ATTEMPTS: usize = 16;

impl Session {
    /// Makes a project with a key of its own, on `backend` or the one that the config gives it.
    ///
    /// `AlreadyExists` when a live project has the name.
    pub fn create_project(&self, name: &str, backend: Option<&str>) -> Result<ProjectInfo> {
        self.operation("create project", || {
            check_project_name(name)?;
            let backend = backend.unwrap_or_else(|| self.inner.config.backend_of(name)).to_owned();
            let project = self.make_project(name, &backend)?;
            step("project.created");
            Ok(project_info(project, 0))
        })
    }

    /// Live projects in the order of the bytes of their names.
    pub fn projects(&self, options: &ListOptions) -> Result<Page<ProjectInfo>> {
        self.operation("list projects", || {
            check_list(options)?;
            let inner = &self.inner;
            inner.metadata.reading(|q| {
                let range = NameRange::new(&options.prefix, options.after.as_deref());
                let found = projects::page(&inner.keys, q, &range, options.limit + 1)?;
                page(found, options.limit, |p| counted(q, p), |info| &info.name)
            })
        })
    }

    /// What is known of a project.
    pub fn describe_project(&self, name: &str) -> Result<ProjectInfo> {
        self.operation("describe project", || {
            check_project_name(name)?;
            let inner = &self.inner;
            inner.metadata.reading(|q| counted(q, projects::require(&inner.keys, q, name)?))
        })
    }

    /// Makes the project of a put. False when somebody else was faster.
    pub(super) fn auto_create_project(&self, name: &str) -> Result<bool> {
        let backend = self.inner.config.backend_of(name).to_owned();
        match self.make_project(name, &backend) {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Makes a project, again when the root key was rotated just then.
    fn make_project(&self, name: &str, backend: &str) -> Result<Project> {
        for _ in 0..ATTEMPTS {
            if let Some(project) = self.try_to_make_project(name, backend)? {
                return Ok(project);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the root key was changed by others again and again",
            "try again",
        ))
    }

    /// Makes a project and the first generation of its key in one transaction. Nothing when the root
    /// key that wrapped it is no longer the active one.
    fn try_to_make_project(&self, name: &str, backend: &str) -> Result<Option<Project>> {
        let id = ProjectId::random()?;
        let key = self.new_generation(backend, id, FIRST_GENERATION)?;
        step("project.key-wrapped");
        let (inner, name, backend) = (self.inner.clone(), name.to_owned(), backend.to_owned());
        self.inner.metadata.writing(move |q| {
            let now = clock::tick(&inner.keys, q)?.now;
            if projects::find(&inner.keys, q, &name)?.is_some() {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("the project {name} is there already"),
                    "use it, or choose another name",
                ));
            }
            if !key.insert(&inner, q, now)? {
                return Ok(None);
            }
            let project = Project {
                project_id: id,
                name: name.clone(),
                state: ProjectState::Live,
                backend: backend.clone(),
                epoch: inner.epoch(),
                generation: FIRST_GENERATION,
                created_at: now,
            };
            project.insert(&inner.keys, q)?;
            Ok(Some(project))
        })
    }
}

fn counted(q: &dyn Queries, project: Project) -> Result<ProjectInfo> {
    let secrets = secrets::count(q, project.project_id)?;
    Ok(project_info(project, secrets))
}

fn project_info(project: Project, secrets: u64) -> ProjectInfo {
    ProjectInfo {
        id: project.project_id,
        name: project.name,
        backend: project.backend,
        generation: project.generation,
        created_at: project.created_at,
        state: project.state,
        secrets,
    }
}
