//! Payloads that come in: from standard input or from a person, never from an argument.

use std::io::Read;

use strongroom::{Error, ErrorKind, PAYLOAD_LIMIT, Result, SecretBytes, SecretPath};

use crate::terminal::Terminal;

/// The payload for this secret: everything on standard input, or what a person types twice.
///
/// `strip_newline` removes one newline from the end of what came through standard input; the end
/// of a typed line is never part of the payload.
pub(crate) fn payload(path: &SecretPath, strip_newline: bool) -> Result<SecretBytes> {
    let payload = match Terminal::open()? {
        Some(mut terminal) => terminal.ask_new_secret(&format!("Payload of {path}: "))?,
        None => {
            let mut payload = read_payload(&mut StandardInput)?;
            if strip_newline {
                strip_final_newline(&mut payload);
            }
            payload
        }
    };
    if payload.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "the payload is empty",
            "nothing was stored: give 1 byte to 1 MiB on standard input",
        ));
    }
    Ok(payload)
}

/// All of it, for as long as it may be a payload.
fn read_payload(source: &mut dyn Read) -> Result<SecretBytes> {
    SecretBytes::read_from(source, PAYLOAD_LIMIT).map_err(|e| match e.kind() {
        ErrorKind::TooLarge => Error::new(
            ErrorKind::TooLarge,
            format!("the payload is longer than {PAYLOAD_LIMIT} bytes"),
            "store the data elsewhere, encrypted under a key that is kept here",
        ),
        kind => Error::new(
            kind,
            "the payload could not be read",
            "check the program that writes it to standard input",
        )
        .with_source(e),
    })
}

/// Removes one newline from the end, if there is one.
pub(crate) fn strip_final_newline(bytes: &mut SecretBytes) {
    if bytes.last() == Some(&b'\n') {
        bytes.truncate(bytes.len() - 1);
    }
}

/// Asks a person to type `name` before something is gone for good; `what` begins with a verb in
/// -ing.
///
/// `yes` answers in advance; it is the only way where nobody is there to ask.
pub(crate) fn confirm(what: &str, name: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    let Some(mut terminal) = Terminal::open()? else {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{what} needs --yes here: there is no terminal to ask on"),
            "add it if that is meant",
        ));
    };
    let question = format!("No way back after {what}. Type {name} to go on: ");
    if terminal.ask(&question)? == name {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        format!("{name} was not typed"),
        "nothing was done: repeat the command if it is meant",
    ))
}

/// Standard input without the buffer of the standard library, where copies would stay.
struct StandardInput;

impl Read for StandardInput {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), buffer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_called_a_payload() {
        let long = vec![7; PAYLOAD_LIMIT + 1];
        let error = read_payload(&mut &long[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.what().contains("payload"), "{}", error.what());
        assert_eq!(read_payload(&mut &long[1..]).unwrap().len(), PAYLOAD_LIMIT);
    }

    #[test]
    fn one_newline_is_stripped_and_no_more() {
        for (given, left) in
            [("a\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("a\r\n", "a\r"), ("", "")]
        {
            let mut bytes = SecretBytes::copy_of(given.as_bytes()).unwrap();
            strip_final_newline(&mut bytes);
            assert_eq!(&bytes[..], left.as_bytes());
        }
    }
}
