//! What the command line may say, as a whole. Each subcommand says its own part.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    adopt, backup, change, exec, generate, get, health, hsm, init, inspect, keys, kmip, project,
    put, remove,
};
use crate::exit;
use crate::hand_over::Part;
use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom init                          create a store in your own place
  strongroom put --generate web1/borg      make a passphrase without showing it
  strongroom get web1/borg                 write it, byte for byte, for a program to read
  BORG_PASSCOMMAND='strongroom get web1/borg' borg create ::now /etc
  restic --password-command 'strongroom get web1/restic' backup /etc

A secret is addressed PROJECT/NAME; a NAME without slash is in the project `default`.
Exit codes are error numbers: 2 invalid argument, 10 not found, 40 expired, 60 corrupt, 80 config
and so on. `exec` answers 125 for failures of its own.";

/// Keeps the passphrases and keys that backups depend on.
#[derive(Parser)]
#[command(
    name = "strongroom",
    version,
    after_long_help = EXAMPLES,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Put(put::Put),
    Adopt(adopt::Adopt),
    Get(get::Get),
    Exec(exec::Exec),
    List(inspect::List),
    Show(inspect::Show),
    Versions(inspect::Versions),
    State(change::SetState),
    Expire(change::Expire),
    Label(change::Label),
    Destroy(remove::Destroy),
    Erase(remove::Erase),
    Project(project::Project),
    Keys(keys::Keys),
    Hsm(hsm::Hsm),
    Kmip(kmip::Kmip),
    Health(health::Health),
    Doctor(health::Doctor),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Completions(generate::Completions),
    Man(generate::Man),
}

impl Arguments {
    /// Which store is meant.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What the command cannot do without, as far as the arguments say, or a config that they name
    /// beside the store's.
    pub(crate) fn parts(&self) -> Vec<Part> {
        match &self.command {
            Command::Init(command) => command.parts(),
            Command::Restore(command) => command.parts(),
            Command::Hsm(_) => vec![Part::Tokens],
            Command::Kmip(_) => vec![Part::KeyManagers],
            _ => Vec::new(),
        }
    }
}

impl Arguments {
    /// Does what was asked, reports what went wrong, and answers the exit code.
    pub(crate) fn run(self) -> ExitCode {
        let place = self.place;
        let outcome = match self.command {
            Command::Exec(command) => return exit::of_exec(&command.run(&place)),
            Command::Init(command) => command.run(),
            Command::Put(command) => command.run(&place),
            Command::Adopt(command) => command.run(&place),
            Command::Get(command) => command.run(&place),
            Command::List(command) => command.run(&place),
            Command::Show(command) => command.run(&place),
            Command::Versions(command) => command.run(&place),
            Command::State(command) => command.run(&place),
            Command::Expire(command) => command.run(&place),
            Command::Label(command) => command.run(&place),
            Command::Destroy(command) => command.run(&place),
            Command::Erase(command) => command.run(&place),
            Command::Project(command) => command.run(&place),
            Command::Keys(command) => command.run(&place),
            Command::Hsm(command) => command.run(&place),
            Command::Kmip(command) => command.run(&place),
            Command::Health(command) => command.run(&place),
            Command::Doctor(command) => command.run(&place),
            Command::Backup(command) => command.run(&place),
            Command::Restore(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        };
        outcome.map_or_else(|error| exit::failure(&error), |()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_argument_of_every_subcommand_has_help() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for argument in command.get_arguments() {
                let named = format!("{} of {}", argument.get_id(), command.get_name());
                assert!(argument.get_help().is_some(), "no help for {named}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn every_visible_subcommand_has_examples() {
        for command in Arguments::command().get_subcommands().filter(|c| !c.is_hide_set()) {
            let help = command.get_after_long_help().map(|h| h.to_string()).unwrap_or_default();
            assert!(help.contains("strongroom "), "{} has no example", command.get_name());
        }
    }
}
