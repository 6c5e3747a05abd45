//! Writes a secret to standard output, and nothing else:
//!
//! ```text
//! get CONFIG PATH
//! ```
//!
//! Exits with 0; with the number of the error, as docs/errors.md lists them; or with 1 when the output
//! could not be written. `examples/c/get.c` is the same in C.

// The messages of a program.
#![allow(clippy::print_stderr)]

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use strongroom::{ErrorKind, Result, SecretBytes, Store};

fn get(config: &str, path: &str) -> Result<SecretBytes> {
    Store::open(Path::new(config))?.session().get(&path.parse()?)
}

/// Unbuffered: a stream's buffer would be one more copy, which nobody wipes.
fn write_out(secret: &[u8]) -> io::Result<()> {
    File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(secret)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [config, path] = arguments.as_slice() else {
        eprintln!("usage: get CONFIG PATH");
        return ExitCode::from(ErrorKind::InvalidArgument.number());
    };
    match get(config, path).map(|secret| write_out(&secret)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("get: standard output: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("get: {error}");
            ExitCode::from(error.kind().number())
        }
    }
}
