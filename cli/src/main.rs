//! The `strongroom` command: puts passphrases and keys of backups into a store and hands them out,
//! for people and for shell scripts.
//!
//! Payloads come from standard input or a terminal, never from an argument. Exit codes are the
//! numbers of [`strongroom::ErrorKind`]; `exec` answers 125 for failures of its own.

mod arguments;
mod commands;
mod exit;
mod exposure;
mod hardening;
mod input;
mod manual;
mod output;
mod passphrase;
mod place;
mod progress;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    hardening::apply();
    match Arguments::try_parse() {
        Ok(arguments) => arguments.run(),
        Err(error) => exit::usage(&error),
    }
}
