//! The key/value form: `host=db.example user=strongroom password='it''s'`.

use super::{Pairs, unreadable};
use strongroom_backend::Result;

/// Takes the text apart. No part of it appears in an error: any part can be the password.
pub(super) fn parse(text: &str) -> Result<Pairs> {
    let mut pairs = Pairs::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=').ok_or_else(|| unreadable("a `=` is missing"))?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(unreadable("a `=` is missing"));
        }
        let (value, after) = take_value(value.trim_start())?;
        pairs.add(key, value)?;
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// A value, quoted or up to the next white space. A backslash takes what follows as it is.
fn take_value(text: &str) -> Result<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut letters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            letter if !quoted && letter.is_whitespace() => return Ok((value, &text[at..])),
            letter => value.push(letter),
        }
    }
    if quoted { Err(unreadable("a quote is not closed")) } else { Ok((value, "")) }
}
