//! The URL form: `postgres://user:password@host:port,host:port/database?key=value`.

use super::{Pairs, unreadable};
use strongroom_backend::Result;

/// The text after `postgres://` or `postgresql://`, if it is a URL.
pub(super) fn without_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))
}

/// Takes the text after the scheme apart. No part of it appears in an error.
pub(super) fn parse(text: &str) -> Result<Pairs> {
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let (authority, database) = text.split_once('/').unwrap_or((text, ""));
    let (who, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut pairs = Pairs::default();
    add_who(&mut pairs, who)?;
    add_hosts(&mut pairs, hosts)?;
    // The rest of a password that has a `/`, most likely: it would be shown.
    if database.contains(['/', '@']) {
        return Err(unreadable(
            "`/` or `@` stands in the database; in a password they are %2F, %40",
        ));
    }
    if !database.is_empty() {
        pairs.add("dbname", decoded(database)?)?;
    }
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| unreadable("a `=` is missing"))?;
        pairs.add(&decoded(key)?, decoded(value)?)?;
    }
    Ok(pairs)
}

fn add_who(pairs: &mut Pairs, who: &str) -> Result<()> {
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    for (key, value) in [("user", user), ("password", password)] {
        if !value.is_empty() {
            pairs.add(key, decoded(value)?)?;
        }
    }
    Ok(())
}

fn add_hosts(pairs: &mut Pairs, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for one in text.split(',') {
        let (host, port) = split_host(one)?;
        hosts.push(decoded(host)?);
        ports.push(port.to_owned());
    }
    pairs.add("host", hosts.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.add("port", ports.join(","))?;
    }
    Ok(())
}

/// Host and port; an IPv6 address stands in brackets.
fn split_host(text: &str) -> Result<(&str, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(text.rsplit_once(':').unwrap_or((text, "")));
    };
    let (host, rest) =
        inner.split_once(']').ok_or_else(|| unreadable("a bracket is not closed"))?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Ok((host, "")),
        None => Err(unreadable("something follows the bracket of a host")),
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> Result<String> {
    let wrong = || unreadable("a `%` is not followed by two hexadecimal digits of UTF-8 text");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let digits = digits.filter(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or_else(wrong)?;
        bytes.push(byte);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}
