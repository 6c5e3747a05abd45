//! The `strongroom` command: puts passphrases and keys of backups into a store and hands them out,
//! for people and for shell scripts.
//!
//! Payloads come from standard input or a terminal, never from an argument. Exit codes are the
//! numbers of [`strongroom::ErrorKind`]; `exec` answers 125 for failures of its own.

mod arguments;
mod commands;
mod databases;
mod exit;
mod exposure;
mod hand_over;
mod hardening;
mod input;
mod key_manager;
mod manual;
mod new_version;
mod output;
mod passphrase;
mod place;
mod progress;
mod terminal;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::try_parse();
    // Before anything is changed in this process: the other command starts as its caller left it.
    if let Ok(arguments) = &arguments
        && let Err(error) = hand_over::if_needed(arguments)
    {
        return exit::failure(&error);
    }
    hardening::apply();
    match arguments {
        Ok(arguments) => arguments.run(),
        Err(error) => exit::usage(&error),
    }
}
