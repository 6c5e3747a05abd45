//! Labels and content types.

use std::collections::BTreeMap;

use super::Session;
use crate::{Error, ErrorKind, LabelChanges, Result, SecretPath};

/// The longest key or value of a label, in bytes.
pub const LABEL_LIMIT: usize = 1_024;

/// The most labels of a secret.
pub const LABELS_LIMIT: usize = 64;

const CONTENT_TYPE_LIMIT: usize = 255;
const TEXT: u8 = 3;

impl Session {
    /// Sets and removes labels of a secret, free UTF-8 text of up to [`LABEL_LIMIT`] bytes each.
    pub fn label(&self, path: &SecretPath, changes: &LabelChanges) -> Result<()> {
        self.operation("label", || {
            check(&changes.set)?;
            let changes = changes.clone();
            self.change(path, move |_, secret| {
                let mut labels = decode(&secret.labels)?;
                labels.retain(|key, _| !changes.remove.contains(key));
                labels.extend(changes.set.clone());
                secret.labels = encode(&labels)?;
                Ok(())
            })
        })
    }
}

/// Refuses labels that are too long or have no key.
pub(super) fn check(labels: &BTreeMap<String, String>) -> Result<()> {
    for (key, value) in labels {
        if key.is_empty() || key.len() > LABEL_LIMIT || value.len() > LABEL_LIMIT {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a label has no key, or is longer than 1024 bytes",
                "shorten it",
            ));
        }
    }
    Ok(())
}

/// Refuses a content type that is too long or not printable ASCII.
pub(super) fn check_content_type(text: &str) -> Result<()> {
    let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if printable && (1..=CONTENT_TYPE_LIMIT).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        "the content type is not 1 to 255 printable ASCII characters",
        "write a media type such as text/plain",
    ))
}

/// Labels as the database holds them.
pub(crate) fn encode(labels: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    if labels.len() > LABELS_LIMIT {
        return Err(Error::new(
            ErrorKind::Quota,
            format!("a secret has at most {LABELS_LIMIT} labels"),
            "remove some first",
        ));
    }
    let mut bytes = Vec::new();
    for text in labels.iter().flat_map(|(key, value)| [key, value]) {
        strongroom_crypto::append_text(&mut bytes, text);
    }
    Ok(bytes)
}

/// Labels from what the database holds.
pub(crate) fn decode(mut bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !bytes.is_empty() {
        let key = take_text(&mut bytes)?;
        let value = take_text(&mut bytes)?;
        labels.insert(key, value);
    }
    Ok(labels)
}

fn take_text(bytes: &mut &[u8]) -> Result<String> {
    let unreadable =
        || Error::new(ErrorKind::Corrupt, "the labels are unreadable", "restore a backup");
    let (lead, rest) = bytes.split_at_checked(5).ok_or_else(unreadable)?;
    let length = u32::from_be_bytes([lead[1], lead[2], lead[3], lead[4]]) as usize;
    let (text, rest) = rest.split_at_checked(length).ok_or_else(unreadable)?;
    *bytes = rest;
    match (lead[0], String::from_utf8(text.to_vec())) {
        (TEXT, Ok(text)) => Ok(text),
        _ => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_survive_their_encoding_and_damage_is_found() {
        let labels: BTreeMap<_, _> = [("stage", "prod"), ("größe", ""), ("a", "b=c")]
            .map(|(k, v)| (k.into(), v.into()))
            .into();
        let bytes = encode(&labels).unwrap();
        assert_eq!(decode(&bytes).unwrap(), labels);
        assert_eq!(decode(&[]).unwrap(), BTreeMap::new());
        for end in 1..bytes.len() {
            if let Ok(cut) = decode(&bytes[..end]) {
                assert!(cut.len() < labels.len());
            }
        }
        assert!(decode(&[2, 0, 0, 0, 0]).is_err());
        assert!(decode(&[3, 255, 255, 255, 255]).is_err());
    }
}
