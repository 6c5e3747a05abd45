//! Manual pages, made from what the command says about itself.
//!
//! `clap_mangen` writes the sections that read well; the others are written here: a synopsis with
//! the values of options, examples that keep their lines, and what all pages have in common.

use std::io::Result;
use std::path::Path;

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use strongroom::ErrorKind;

use crate::exit::EXEC_FAILED;

const SOURCE: &str = concat!("strongroom ", env!("CARGO_PKG_VERSION"));

const ENVIRONMENT: [(&str, &str); 3] = [
    ("STRONGROOM_CONFIG", "The config of the store, where --config is not given."),
    ("XDG_CONFIG_HOME", "Where the user's config is, instead of ~/.config."),
    ("XDG_DATA_HOME", "Where init puts the user's data, instead of ~/.local/share."),
];

const FILES: [(&str, &str); 4] = [
    ("~/.config/strongroom/", "The config and the keyring of a user's store."),
    ("~/.local/share/strongroom/", "The metadata and the shelf of a user's store."),
    ("/etc/strongroom/", "The config and the keyring of the machine's store."),
    ("/var/lib/strongroom/", "The metadata and the shelf of the machine's store."),
];

/// Writes the page of a command, and those of its subcommands, into a folder.
pub(crate) fn write(mut command: Command, folder: &Path) -> Result<()> {
    command = command.disable_help_subcommand(true);
    command.build();
    write_pages(&command, None, folder)
}

fn write_pages(command: &Command, above: Option<&str>, folder: &Path) -> Result<()> {
    let name = page_name(command);
    for subcommand in visible(command) {
        write_pages(subcommand, Some(&name), folder)?;
    }
    std::fs::write(folder.join(format!("{name}.1")), page(command, above)?)
}

fn page(command: &Command, above: Option<&str>) -> Result<Vec<u8>> {
    let manual = Man::new(command.clone()).source(SOURCE).manual("Strongroom");
    let mut text = Vec::new();
    manual.render_title(&mut text)?;
    manual.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    manual.render_description_section(&mut text)?;
    manual.render_options_section(&mut text)?;
    if visible(command).next().is_some() {
        manual.render_subcommands_section(&mut text)?;
    }
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    after_help(&help).to_writer(&mut text)?;
    named("ENVIRONMENT", &ENVIRONMENT).to_writer(&mut text)?;
    named("FILES", &FILES).to_writer(&mut text)?;
    exit_status(command.get_name() == "exec").to_writer(&mut text)?;
    see_also(command, above).to_writer(&mut text)?;
    Ok(text)
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set())
}

/// The name of a page without its section: `strongroom-project-erase`.
fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn synopsis(command: &Command) -> Roff {
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let shown = |argument: &&Arg| !argument.is_hide_set() && !argument.is_last_set();
    let arguments = || command.get_arguments().filter(shown);
    arguments().filter(|a| !a.is_positional()).for_each(|option| usage(&mut line, option));
    arguments().filter(|a| a.is_positional()).for_each(|value| usage(&mut line, value));
    if visible(command).next().is_some() {
        line.extend([roman(" "), italic("SUBCOMMAND"), roman(" ...")]);
    }
    if let Some(last) = command.get_arguments().find(|a| a.is_last_set()) {
        line.push(roman(" --"));
        usage(&mut line, last);
    }
    let mut roff = Roff::new();
    // Without hyphens: those in the names of options are enough.
    roff.control("SH", ["SYNOPSIS"]).control("nh", []).text(line).control("hy", []);
    roff
}

/// One argument of the synopsis: `[--version N]`, `PATH`.
fn usage(line: &mut Vec<Inline>, argument: &Arg) {
    let (open, close) = if argument.is_required_set() { (" ", "") } else { (" [", "]") };
    line.push(roman(open));
    match (argument.get_short(), argument.get_long()) {
        (_, Some(long)) => line.push(bold(format!("--{long}"))),
        (Some(short), None) => line.push(bold(format!("-{short}"))),
        (None, None) => {}
    }
    if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default();
        let space = if argument.is_positional() { "" } else { " " };
        line.extend([roman(space), italic(names.join(" "))]);
    }
    line.push(roman(close));
    let many = argument.get_num_args().is_some_and(|range| range.max_values() > 1);
    if many || matches!(argument.get_action(), ArgAction::Append) {
        line.push(roman("..."));
    }
}

/// The examples, line by line, and what is said after them.
fn after_help(help: &str) -> Roff {
    let mut roff = Roff::new();
    let (examples, notes): (Vec<&str>, Vec<&str>) =
        help.split("\n\n").partition(|paragraph| paragraph.starts_with("Examples:\n"));
    for examples in examples {
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in examples.lines().skip(1) {
            roff.text([roman(line.trim())]);
        }
        roff.control("fi", []);
    }
    for (position, note) in notes.into_iter().filter(|note| !note.is_empty()).enumerate() {
        match position {
            0 => roff.control("SH", ["NOTES"]),
            _ => roff.control("PP", []),
        };
        roff.text([roman(note)]);
    }
    roff
}

fn named(heading: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (name, meaning) in entries {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
    roff
}

fn exit_status(is_exec: bool) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    if is_exec {
        roff.control("TP", []).text([bold(EXEC_FAILED.to_string())]);
        roff.text([roman("The command was not started.")]);
        roff.control("PP", []).text([roman("Every other status is the command's.")]);
        return roff;
    }
    roff.control("TP", []).text([bold("0")]).text([roman("success")]);
    for kind in ErrorKind::ALL {
        roff.control("TP", []).text([bold(kind.number().to_string())]).text([roman(kind.name())]);
    }
    roff
}

fn see_also(command: &Command, above: Option<&str>) -> Roff {
    let below = visible(command).map(page_name);
    let names: Vec<String> = above.map(str::to_owned).into_iter().chain(below).collect();
    let mut line = Vec::new();
    for name in names {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(name), roman("(1)")]);
    }
    let mut roff = Roff::new();
    if !line.is_empty() {
        roff.control("SH", ["SEE ALSO"]).text(line);
    }
    roff
}
