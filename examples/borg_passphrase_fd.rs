//! Runs borg with the passphrase of its repository, which is in a store:
//!
//! ```text
//! borg_passphrase_fd CONFIG PATH -- borg ARGS...
//! ```
//!
//! The passphrase is never in an argument, in the environment or in a file: borg reads it from a pipe
//! that no other process inherits.
//!
//! Exits as borg does; before borg runs, with the number of the error, as docs/errors.md lists them, or
//! with 1 when the system refused something; with 127 when there is no such command.
//! `examples/c/borg_passphrase_fd.c` is the same in C.

// The messages of a program.
#![allow(clippy::print_stderr)]

use std::env;
use std::io::{self, PipeReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::io::{FdFlags, fcntl_setfd};
use strongroom::{ErrorKind, Result, SecretBytes, Store};

/// So much goes into an empty pipe at once; more could wait for a reader that is not there yet.
const PIPE_BUF: usize = 4096;

fn get(config: &str, path: &str) -> Result<SecretBytes> {
    Store::open(Path::new(config))?.session().get(&path.parse()?)
}

/// A pipe that holds a passphrase and ends after it.
fn pipe_with(passphrase: &[u8]) -> io::Result<PipeReader> {
    if passphrase.len() > PIPE_BUF {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(passphrase)?;
    // A program with more threads does this between fork and exec, as the one in C.
    fcntl_setfd(&reader, FdFlags::empty())?;
    Ok(reader)
}

/// Runs a command that finds its passphrase in a descriptor; gives its exit status as a shell does.
fn run(command: &[String], passphrase: &PipeReader) -> u8 {
    let mut borg = Command::new(&command[0]);
    // What borg would ask first must not be there.
    borg.args(&command[1..]).env_remove("BORG_PASSPHRASE").env_remove("BORG_PASSCOMMAND");
    borg.env("BORG_PASSPHRASE_FD", passphrase.as_raw_fd().to_string());
    match borg.status() {
        Ok(status) => status
            .code()
            .or_else(|| Some(128 + status.signal()?))
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
        Err(error) => {
            eprintln!("borg_passphrase_fd: {}: {error}", command[0]);
            127
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [config, path, dashes, command @ ..] = arguments.as_slice() else { return usage() };
    if dashes != "--" || command.is_empty() {
        return usage();
    }
    // A backup takes hours: from here on, only the pipe has the passphrase, until borg has read it.
    match get(config, path).map(|secret| pipe_with(&secret)) {
        Ok(Ok(passphrase)) => ExitCode::from(run(command, &passphrase)),
        Ok(Err(error)) => {
            eprintln!("borg_passphrase_fd: pipe: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("borg_passphrase_fd: {error}");
            ExitCode::from(error.kind().number())
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: borg_passphrase_fd CONFIG PATH -- borg ARGS...");
    ExitCode::from(ErrorKind::InvalidArgument.number())
}
