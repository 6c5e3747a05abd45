//! Standard output: payloads byte for byte, tables for people, JSON for programs.
//!
//! Everything goes to the descriptor itself: `std::io::stdout` would leave copies of payloads in
//! its buffer, and `println!` panics on a closed pipe.

use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use serde::Serialize;
use strongroom::{Error, ErrorKind, Result, Timestamp};

/// Writes these bytes and nothing else.
pub(crate) fn bytes(mut bytes: &[u8]) -> Result<()> {
    let stdout = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(stdout, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            // Somebody made the pipe non-blocking: wait for room.
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None);
            }
            Err(error) => return Err(not_written(error.into())),
        }
    }
    Ok(())
}

/// Writes one line.
pub(crate) fn line(text: &str) -> Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a value as JSON, indented.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value).map_err(not_json)?)
}

/// The JSON of a value on one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(not_json)
}

/// Writes names and values, one pair a line, the values aligned.
pub(crate) fn fields(pairs: &[(&str, String)]) -> Result<()> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let text: String = pairs
        .iter()
        .map(|(name, value)| format!("{name:width$}  {}\n", printable(value)))
        .collect();
    bytes(text.as_bytes())
}

/// Rows under headings, in aligned columns.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[&str]) -> Table {
        Table { rows: vec![headings.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell)).collect());
    }

    /// Writes what was added; a later call writes later rows, without headings.
    pub(crate) fn write(&mut self) -> Result<()> {
        let text = self.text();
        self.rows.clear();
        bytes(text.as_bytes())
    }

    fn text(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns)
            .map(|i| self.rows.iter().map(|row| row[i].chars().count()).max().unwrap_or_default())
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

/// What came of printing the report of something that was `done` already.
///
/// That the report is lost does not undo it, so the error must not promise that nothing happened.
pub(crate) fn report_of(done: &str, printed: Result<()>) -> Result<()> {
    printed.map_err(|error| {
        Error::new(
            ErrorKind::Timeout,
            format!("{done}, but its report could not be written: {}", error.what()),
            "do not repeat the command: read back what it did",
        )
        .with_source(error)
    })
}

/// A number of things, in the grammar of people.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A time to the second, `-` for none.
pub(crate) fn time(time: Option<Timestamp>) -> String {
    let Some(time) = time else { return "-".into() };
    let text = time.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

/// Text in which nothing steers a terminal: labels are anybody's Unicode.
pub(crate) fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the answer cannot be written as JSON", "report this")
        .with_source(error)
}

fn not_written(error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
        _ => ErrorKind::Unavailable,
    };
    Error::new(
        kind,
        format!("standard output cannot be written: {error}"),
        "check the program or file that it goes to",
    )
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let mut table = Table::new(&["NAME", "TYPE"]);
        table.row(["a".into(), "opaque".into()]);
        table.row(["longer".into(), "x".into()]);
        assert_eq!(table.text(), "NAME    TYPE\na       opaque\nlonger  x\n");
    }

    #[test]
    fn nothing_in_a_label_steers_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n\u{202E}ü"), "a\\u{1b}[2Jb\\n\\u{202e}ü");
    }
}
