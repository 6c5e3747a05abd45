//! The password file of libpq: `host:port:database:user:password` a line, `*` for any.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes, file_error};
use zeroize::Zeroizing;

/// Who wants to connect where.
pub(super) struct Wanted<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The password of the first line that fits, or nothing. `Denied` when others can read the file.
pub(super) fn look_up(path: &Path, wanted: &Wanted<'_>) -> Result<Option<SecretBytes>> {
    let failed = |e| file_error("read", path, e);
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(Error::new(
            ErrorKind::Denied,
            format!("others can read the password file {}", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    let mut text = Zeroizing::new(Vec::new());
    file.read_to_end(&mut text).map_err(failed)?;
    for line in text.split(|byte| *byte == b'\n') {
        if line.starts_with(b"#") {
            continue;
        }
        if let Some(password) = password_of(line, wanted) {
            return SecretBytes::copy_of(&password).map(Some);
        }
    }
    Ok(None)
}

fn password_of(line: &[u8], wanted: &Wanted<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let port = wanted.port.to_string();
    let mut rest = line;
    for expected in [wanted.host, &port, wanted.database, wanted.user] {
        let (field, after) = take_field(rest, true);
        let any = field.as_slice() == b"*";
        if !any && field.as_slice() != expected.as_bytes() {
            return None;
        }
        rest = after?;
    }
    Some(take_field(rest.strip_suffix(b"\r").unwrap_or(rest), false).0)
}

/// A field without its backslashes, and what follows its colon.
fn take_field(text: &[u8], ends_at_colon: bool) -> (Zeroizing<Vec<u8>>, Option<&[u8]>) {
    let mut field = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => field.extend(bytes.next().map(|(_, escaped)| *escaped)),
            b':' if ends_at_colon => return (field, Some(&text[at + 1..])),
            byte => field.push(*byte),
        }
    }
    (field, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(line: &str) -> Option<String> {
        let wanted = Wanted { host: "db", port: 5432, database: "store", user: "alice" };
        let found = password_of(line.as_bytes(), &wanted)?;
        Some(String::from_utf8(found.to_vec()).unwrap())
    }

    #[test]
    fn a_line_fits_field_by_field_and_stars_fit_anything() {
        assert_eq!(password("db:5432:store:alice:one"), Some("one".into()));
        assert_eq!(password("*:*:*:*:two\r"), Some("two".into()));
        assert_eq!(password(r"db:*:store:alice:a\:b\\c:d"), Some(r"a:b\c:d".into()));
        for other in ["db:5433:store:alice:x", "db:5432:store:bob:x", "db:5432:store", ""] {
            assert_eq!(password(other), None, "{other}");
        }
    }
}
