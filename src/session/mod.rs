//! What a principal does with a store.

mod adopt;
mod ahead;
mod describe;
mod erase;
mod follow;
mod generations;
mod get;
pub(crate) mod labels;
mod projects;
mod put;
mod states;

use std::sync::Arc;

pub(crate) use ahead::Places;
pub use labels::{LABEL_LIMIT, LABELS_LIMIT};
pub use put::PAYLOAD_LIMIT;

use crate::metadata::Queries;
use crate::metadata::clock::{self, Moment};
use crate::metadata::projects::Project;
use crate::metadata::secrets::{self, Secret, not_found};
use crate::metadata::versions::{self, Version};
use crate::store::Inner;
use crate::{Error, ErrorKind, Result, SecretPath, observe};

/// A store as a principal sees it: for now, the local owner, who may do everything.
///
/// Clones share the store. Every method may be called from any thread, and fails with `Forked` in a
/// child of the process that opened the store.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

impl Session {
    pub(crate) fn new(inner: Arc<Inner>) -> Session {
        Session { inner }
    }

    /// Runs a public operation: in the right process, and observed.
    fn operation<T>(&self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        observe::operation(name, || {
            self.inner.check_process()?;
            work()
        })
    }

    /// Changes a secret in one transaction: `work` gets its rows and the time, and its rows carry the
    /// time of the change afterwards.
    fn change<T: Send + 'static>(
        &self,
        path: &SecretPath,
        mut work: impl FnMut(&Change<'_>, &mut Secret) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (inner, path) = (self.inner.clone(), path.clone());
        self.inner.metadata.writing(move |q| {
            let moment = clock::tick(&inner.keys, q)?;
            let project = crate::metadata::projects::require(&inner.keys, q, path.project())?;
            let mut secret = secrets::find(&inner.keys, q, project.project_id, path.name())?
                .ok_or_else(|| not_found(&path))?;
            let change = Change { inner: &inner, q, project: &project, moment, path: &path };
            let answer = work(&change, &mut secret)?;
            secret.updated_at = moment.now;
            crate::metadata::Record::update(&secret, &inner.keys, q)?;
            Ok(answer)
        })
    }
}

/// A secret that is being changed.
struct Change<'a> {
    inner: &'a Inner,
    q: &'a dyn Queries,
    project: &'a Project,
    moment: Moment,
    path: &'a SecretPath,
}

impl Change<'_> {
    /// A version of the secret, the effect of its dates written down.
    fn version(&self, secret: &Secret, number: u32) -> Result<Version> {
        versions::find(&self.inner.keys, self.q, secret.secret_id, number)?
            .map(|version| version.settled(&self.moment))
            .ok_or_else(|| no_version(self.path, number))
    }
}

fn no_version(path: &SecretPath, number: u32) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("{path} has no version {number}"),
        format!("see `strongroom versions {path}`"),
    )
}
