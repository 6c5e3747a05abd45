//! Replaces a passphrase by a new one, and makes the first one where there is none:
//!
//! ```text
//! rotate CONFIG PATH
//! ```
//!
//! Then lists the versions of the secret and the secrets of its project, and shows that the replaced
//! version still opens: an old backup needs it.
//!
//! Exits with 0, or with the number of the error, as docs/errors.md lists them. `examples/c/rotate.c`
//! is the same in C.

// The output and the messages of a program.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::env;
use std::path::Path;
use std::process::ExitCode;

use strongroom::{
    ErrorKind, Expect, Fetched, GetOptions, ListOptions, PutOptions, Recipe, Result, SecretPath,
    Session, State, Store,
};

/// Makes the first version. Of two processes that try, one does, and both are content.
fn make_first(session: &Session, path: &SecretPath) -> Result<()> {
    let options = PutOptions { expect: Expect::Absent, ..PutOptions::default() };
    match session.generate(path, &Recipe::passphrase(), &options) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Puts a new version after this one; a conflict if somebody else was faster.
fn replace(session: &Session, path: &SecretPath, old: u32) -> Result<()> {
    let options = PutOptions { expect: Expect::Version(old), ..PutOptions::default() };
    let receipt = session.generate(path, &Recipe::passphrase(), &options)?;

    // Here a backup tool gives its repository the new passphrase: both versions are active.

    println!("{path}: version {} replaces version {old}", receipt.version);
    session.set_state(path, old, State::Deactivated)
}

/// Lists the versions, the newest first.
fn list_versions(session: &Session, path: &SecretPath) -> Result<()> {
    for version in session.versions(path)? {
        println!("  version {}, {}, {} bytes", version.number, version.state, version.size);
    }
    Ok(())
}

/// Lists the secrets of the project that this one is in.
fn list_neighbours(session: &Session, path: &SecretPath) -> Result<()> {
    println!("{}:", path.project());
    let mut options = ListOptions::default();
    loop {
        let page = session.list(path.project(), &options)?;
        for secret in page.items {
            let current = secret.current.unwrap_or(0);
            println!("  {}, {}, current version {current}", secret.name, secret.secret_type);
        }
        options.after = page.next;
        if options.after.is_none() {
            return Ok(());
        }
    }
}

/// Reads the version that was replaced: by its number, because it is no longer active.
fn read_replaced(session: &Session, path: &SecretPath, old: &Fetched) -> Result<()> {
    let options = GetOptions { version: Some(old.version), ..GetOptions::default() };
    let again = session.get_with(path, &options)?.payload;
    let outcome = if again.equals(&old.payload) { "the same bytes" } else { "OTHER BYTES" };
    println!("version {} still opens: {outcome}", old.version);
    Ok(())
}

fn rotate(config: &str, path: &str) -> Result<()> {
    let session = Store::open(Path::new(config))?.session();
    let path = path.parse()?;
    make_first(&session, &path)?;
    let old = session.get_with(&path, &GetOptions::default())?;
    replace(&session, &path, old.version)?;
    list_versions(&session, &path)?;
    list_neighbours(&session, &path)?;
    read_replaced(&session, &path, &old)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [config, path] = arguments.as_slice() else {
        eprintln!("usage: rotate CONFIG PATH");
        return ExitCode::from(ErrorKind::InvalidArgument.number());
    };
    match rotate(config, path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rotate: {error}");
            ExitCode::from(error.kind().number())
        }
    }
}
