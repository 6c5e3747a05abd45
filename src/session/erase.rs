//! Erasing: invisible at once, and done only when the bytes are gone.

use strongroom_backend::step;

use super::Session;
use crate::metadata::erasures::{self, Erasure};
use crate::metadata::secrets::{self, not_found};
use crate::metadata::{Record, clock, projects};
use crate::store::{Patience, as_pending};
use crate::{Error, ErrorKind, ProjectState, Result, SecretPath};

impl Session {
    /// Erases a secret with all its versions, in any state; its name is free at once.
    ///
    /// When this returns, no operation gives a payload back and no file that the store controls holds
    /// its ciphertext. `Pending` when it is invisible already and bytes remain, because a backup runs
    /// or a reader holds a file: opening the store, or doctor, finishes it.
    ///
    /// ```
    /// use strongroom::{ErrorKind, Layout, PutOptions, Recipe, SecretPath, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let session = Store::create(&Layout::in_folder(folder.path()))?.session();
    /// let path: SecretPath = "web1/borg".parse()?;
    /// session.generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
    /// match session.erase(&path) {
    ///     Ok(()) => println!("gone"),
    ///     Err(error) if error.kind() == ErrorKind::Pending => println!("unreadable; {}", error.next()),
    ///     Err(error) => return Err(error),
    /// }
    /// assert_eq!(session.get(&path).unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn erase(&self, path: &SecretPath) -> Result<()> {
        self.operation("erase", || {
            let (inner, at) = (self.inner.clone(), path.clone());
            let pending = self.inner.metadata.writing(move |q| {
                let now = clock::tick(&inner.keys, q)?.now;
                let project = projects::require(&inner.keys, q, at.project())?;
                let secret = secrets::find(&inner.keys, q, project.project_id, at.name())?
                    .ok_or_else(|| not_found(&at))?;
                inner.record_secret(q, &project, &secret, now)?;
                erasures::pending_of_secret(&inner.keys, q, project.project_id, secret.secret_id)
            })?;
            step("erase.recorded");
            self.finish_secret(path, pending)
        })
    }

    /// Erases a project with all its secrets and its keys; its name is free at once.
    ///
    /// As [`erase`](Self::erase), and what a crash interrupts is finished likewise.
    pub fn erase_project(&self, name: &str) -> Result<()> {
        self.operation("erase project", || {
            let (inner, wanted) = (self.inner.clone(), name.to_owned());
            let project = self.inner.metadata.writing(move |q| {
                clock::tick(&inner.keys, q)?;
                let mut project = projects::require(&inner.keys, q, &wanted)?;
                project.state = ProjectState::Erasing;
                project.update(&inner.keys, q)?;
                Ok(project)
            })?;
            step("project-erase.recorded");
            self.inner.finish_project_erase(project, Patience::endless()).map_err(as_pending)
        })
    }

    /// Destroys what is recorded for a secret that is, or may be, gone from view: all that the
    /// transaction that recorded it found. Another reading may come from a standby that does not have it
    /// yet, and would take nothing for done.
    pub(super) fn finish_secret(&self, path: &SecretPath, pending: Vec<Erasure>) -> Result<()> {
        self.inner.destroy_payloads(pending, Patience::endless()).map_err(|e| {
            let e = as_pending(e);
            Error::new(ErrorKind::Pending, format!("{path} is {}", e.what()), e.next())
                .with_source(e)
        })
    }
}
