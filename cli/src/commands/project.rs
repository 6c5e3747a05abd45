//! `project`: the tenants of a store.

use clap::{Args, Subcommand};
use strongroom::{ListOptions, ProjectInfo, Result};

use crate::input::confirm;
use crate::output::{self, Table, counted};
use crate::place::Place;

/// How many projects are fetched at a time.
const PAGE: usize = 1000;

const EXAMPLES: &str = "\
Examples:
  strongroom project list
  strongroom project create web1
  strongroom project show web1 --json
  strongroom project erase web1";

/// List, create, show and erase projects.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Project {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List all projects.
    #[command(after_long_help = "Examples:\n  strongroom project list --json | jq -r '.[].name'")]
    List {
        /// Print JSON: one array of the objects that `project show --json` prints.
        #[arg(long)]
        json: bool,
    },
    /// Create a project.
    #[command(after_long_help = "Examples:\n  strongroom project create web1 --backend main")]
    Create {
        /// The name of the new project.
        name: String,
        /// The backend that keeps its payloads, instead of the one that the config names.
        #[arg(long, value_name = "NAME")]
        backend: Option<String>,
    },
    /// Show what is known about a project.
    #[command(after_long_help = "Examples:\n  strongroom project show web1 --json | jq .secrets")]
    Show {
        /// The project.
        name: String,
        /// Print JSON: one object with id, name, backend, generation, created_at, state, secrets.
        #[arg(long)]
        json: bool,
    },
    /// Erase a project with all its secrets.
    #[command(after_long_help = "Examples:\n  strongroom project erase web1 --yes")]
    Erase {
        /// The project.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Project {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        match self.action {
            Action::List { json } => list(place, json),
            Action::Create { name, backend } => {
                place.session()?.create_project(&name, backend.as_deref()).map(drop)
            }
            Action::Show { name, json } => show(place, &name, json),
            Action::Erase { name, yes } => erase(place, &name, yes),
        }
    }
}

fn list(place: &Place, json: bool) -> Result<()> {
    let projects = all(place)?;
    if json {
        return output::json(&projects);
    }
    let mut table = Table::new(&["PROJECT", "SECRETS", "BACKEND", "CREATED"]);
    for project in &projects {
        table.row([
            project.name.clone(),
            project.secrets.to_string(),
            project.backend.clone(),
            output::time(Some(project.created_at)),
        ]);
    }
    table.write()
}

fn all(place: &Place) -> Result<Vec<ProjectInfo>> {
    let session = place.session()?;
    let mut options = ListOptions { prefix: String::new(), after: None, limit: PAGE };
    let mut projects = Vec::new();
    loop {
        let page = session.projects(&options)?;
        projects.extend(page.items);
        if page.next.is_none() {
            return Ok(projects);
        }
        options.after = page.next;
    }
}

fn show(place: &Place, name: &str, json: bool) -> Result<()> {
    let project = place.session()?.describe_project(name)?;
    if json {
        return output::json(&project);
    }
    output::fields(&[
        ("project", project.name.clone()),
        ("id", project.id.to_string()),
        ("backend", project.backend.clone()),
        ("secrets", project.secrets.to_string()),
        ("key generation", project.generation.to_string()),
        ("created", output::time(Some(project.created_at))),
    ])
}

fn erase(place: &Place, name: &str, yes: bool) -> Result<()> {
    let session = place.session()?;
    let secrets = session.describe_project(name)?.secrets;
    let secrets = counted(secrets, "secret");
    confirm(&format!("erasing the project {name} with {secrets}"), name, yes)?;
    session.erase_project(name)
}
