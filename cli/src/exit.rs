//! How the command ends: the message on standard error and the exit code.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind as UsageKind;
use strongroom::{Error, ErrorKind};

use crate::output::printable;

/// What `exec` answers for a failure of its own, as `env` and `timeout` do: every other code is
/// the command's.
pub(crate) const EXEC_FAILED: u8 = 125;

/// Says something on standard error. A closed standard error is nobody's failure.
pub(crate) fn say(message: &str) {
    // One write, so that lines of several processes in one log stay whole.
    let line = format!("strongroom: {}\n", printable(message));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Says that something is unusual but was done.
pub(crate) fn warn(message: &str) {
    say(&format!("warning: {message}"));
}

/// Reports a failed operation; the code is the number of its kind.
pub(crate) fn failure(error: &Error) -> ExitCode {
    say(&error.to_string());
    ExitCode::from(error.kind().number())
}

/// Reports why `exec` did not become the command.
pub(crate) fn of_exec(error: &Error) -> ExitCode {
    failure(error);
    ExitCode::from(EXEC_FAILED)
}

/// Reports a command line that cannot be understood, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let subcommand = subcommand_of(std::env::args_os().skip(1));
    let is_help = !error.use_stderr();
    // What follows `put PATH` may be a payload: it is not repeated into a log.
    if error.kind() == UsageKind::UnknownArgument && subcommand == "put" {
        return failure(&Error::new(
            ErrorKind::InvalidArgument,
            "put does not know one of these arguments, and takes no payload as an argument",
            "give the payload on standard input; `strongroom put --help` lists the options",
        ));
    }
    if is_help {
        return match error.print() {
            Err(_) => ExitCode::from(ErrorKind::Unavailable.number()),
            Ok(()) => ExitCode::SUCCESS,
        };
    }
    say_usage(error);
    match subcommand == "exec" {
        true => ExitCode::from(EXEC_FAILED),
        false => ExitCode::from(ErrorKind::InvalidArgument.number()),
    }
}

/// Says what clap says, in the form of all other errors.
fn say_usage(error: &clap::Error) {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    // A mistyped option is seldom meant as a value.
    let lines = text.lines().filter(|line| !line.starts_with("  tip: to pass '-"));
    let mut safe = lines.map(printable).collect::<Vec<_>>().join("\n");
    while safe.contains("\n\n\n") {
        safe = safe.replace("\n\n\n", "\n\n");
    }
    let _ = std::io::stderr().write_all(format!("strongroom: {safe}\n").as_bytes());
}

/// The first argument that is neither an option nor the value of `--config`.
fn subcommand_of(mut arguments: impl Iterator<Item = OsString>) -> OsString {
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            arguments.next();
        } else if !argument.as_encoded_bytes().starts_with(b"-") {
            return argument;
        }
    }
    OsString::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subcommand(arguments: &[&str]) -> OsString {
        subcommand_of(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_subcommand_is_found_behind_the_global_option() {
        assert_eq!(subcommand(&["exec", "--", "put"]), "exec");
        assert_eq!(subcommand(&["--config", "put", "exec"]), "exec");
        assert_eq!(subcommand(&["--config=put", "exec"]), "exec");
        assert_eq!(subcommand(&["--help"]), "");
    }
}
