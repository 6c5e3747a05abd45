//! `exec`: becomes another program that is given secrets.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::str::FromStr;

use clap::{ArgGroup, Args};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd, pwrite};
use strongroom::{Error, ErrorKind, GetOptions, Result, SecretBytes, SecretPath, Session};

use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom exec --fd BORG_PASSPHRASE_FD=web1/borg -- borg create ::now /etc
  strongroom exec --env RESTIC_PASSWORD=web1/restic -- restic backup /etc
  strongroom exec --env A=one --env B=two -- ./job.sh

Prefer --fd where the program can read a descriptor: everything of the same user, and root, can
read another program's environment in /proc/PID/environ, and it is passed on to every child.";

/// Run a command that is given secrets in its environment or by descriptors.
///
/// All secrets are fetched first. Then this process becomes the command, so the process id,
/// signals and the exit code are the command's. When that fails, the exit code is 125.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
#[command(group = ArgGroup::new("secrets").args(["environment", "descriptors"]).required(true).multiple(true))]
pub(crate) struct Exec {
    /// Set the variable VAR to the payload of a secret; may be repeated. Visible in /proc.
    #[arg(long = "env", value_name = "VAR=PATH")]
    environment: Vec<Binding>,
    /// Set VAR to the number of a descriptor from which the payload can be read; may be repeated.
    ///
    /// Only the command gets the descriptor; nobody can change what it holds.
    #[arg(long = "fd", value_name = "VAR=PATH")]
    descriptors: Vec<Binding>,
    /// Take the newest version of each secret, even if it is deactivated, expired or compromised.
    #[arg(long)]
    inactive: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// A variable and the secret that it stands for.
#[derive(Clone)]
struct Binding {
    variable: String,
    path: SecretPath,
}

impl FromStr for Binding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Binding> {
        let (variable, path) = text.split_once('=').unwrap_or((text, ""));
        let named = variable.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !named || path.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "this is not VAR=PATH",
                "name a variable of letters, digits and _, then the secret",
            ));
        }
        Ok(Binding { variable: variable.to_owned(), path: path.parse()? })
    }
}

impl Exec {
    /// Becomes the command; comes back only with the reason why it could not.
    pub(crate) fn run(self, place: &Place) -> Error {
        let mut words = self.command.iter();
        let Some(program) = words.next() else {
            return Error::new(ErrorKind::InvalidArgument, "no command", "name one after --");
        };
        let mut command = Command::new(program);
        command.args(words);
        match self.give_secrets(place, &mut command) {
            Ok(descriptors) => become_command(&mut command, program, &descriptors),
            Err(error) => error,
        }
    }

    /// Fetches everything and lets go of the store.
    fn give_secrets(&self, place: &Place, command: &mut Command) -> Result<Vec<OwnedFd>> {
        self.check_variables()?;
        let session = place.session()?;
        for binding in &self.environment {
            let payload = self.fetch(&session, binding)?;
            if payload.contains(&0) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!("the payload of {} has a zero byte, as no variable can", binding.path),
                    "pass it with --fd instead",
                ));
            }
            command.env(&binding.variable, OsStr::from_bytes(&payload));
        }
        let mut descriptors = Vec::new();
        for binding in &self.descriptors {
            let descriptor = sealed(&self.fetch(&session, binding)?)
                .map_err(|error| not_given(&binding.variable, error.into()))?;
            command.env(&binding.variable, descriptor.as_raw_fd().to_string());
            descriptors.push(descriptor);
        }
        Ok(descriptors)
    }

    fn fetch(&self, session: &Session, binding: &Binding) -> Result<SecretBytes> {
        let options = GetOptions { version: None, allow_inactive: self.inactive };
        let fetched = session.get_with(&binding.path, &options).map_err(|error| {
            // The advice of the library is for `get`.
            match error.kind() {
                ErrorKind::Expired | ErrorKind::NotActive if !self.inactive => Error::new(
                    error.kind(),
                    error.what(),
                    "put a new version; `strongroom exec --inactive` takes it anyway",
                ),
                _ => error,
            }
        });
        Ok(fetched?.payload)
    }

    fn check_variables(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        for Binding { variable, .. } in self.environment.iter().chain(&self.descriptors) {
            if !seen.insert(variable) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!("the variable {variable} is given twice"),
                    "give each variable one secret",
                ));
            }
        }
        Ok(())
    }
}

/// A file in memory, at its beginning, that holds the payload and that nobody can change.
fn sealed(payload: &SecretBytes) -> rustix::io::Result<OwnedFd> {
    let file = memfd_create("strongroom", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut written = 0;
    while written < payload.len() {
        written += pwrite(&file, &payload[written..], written as u64)?;
    }
    fcntl_add_seals(
        &file,
        SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
    )?;
    Ok(file)
}

/// Lets the descriptors pass execve(2), and calls it.
fn become_command(command: &mut Command, program: &OsStr, descriptors: &[OwnedFd]) -> Error {
    for descriptor in descriptors {
        if let Err(error) = fcntl_setfd(descriptor, FdFlags::empty()) {
            return not_given("a descriptor", error.into());
        }
    }
    // The standard library gives the command back the default action of SIGPIPE.
    let error = command.exec();
    let program = program.to_string_lossy();
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{program} cannot be started: {error}"),
        "check its name and permissions",
    )
    .with_source(error)
}

fn not_given(what: &str, error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("{what} cannot be passed on: {error}"),
        "check the limits on memory and open files",
    )
    .with_source(error)
}
