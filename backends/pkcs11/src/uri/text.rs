//! Names, characters and percent-encoding of a PKCS#11 URI (RFC 7512 2.3).

/// The part of a URI before its `?`, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Path,
    Query,
}

/// Whether this may be the name of an attribute.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !name.is_empty() && name.bytes().all(allowed)
}

/// The bytes that a value stands for; `None` when it has a character that must be encoded, or `%`
/// without two hexadecimal digits.
pub(super) fn decode(component: Component, value: &str) -> Option<Vec<u8>> {
    unescape(value, |b| is_allowed(component, b))
}

/// The same for the URI inside a `pin-source`, which is encoded once more than the value around it.
pub(super) fn decode_inner(value: &str) -> Option<Vec<u8>> {
    unescape(value, |_| true)
}

fn unescape(value: &str, allowed: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => decoded.push(hex(bytes.next()?)? << 4 | hex(bytes.next()?)?),
            _ if allowed(byte) => decoded.push(byte),
            _ => return None,
        }
    }
    Some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn is_allowed(component: Component, byte: u8) -> bool {
    let anywhere = b"-._~:[]@!$'()*+,=";
    let here: &[u8] = match component {
        Component::Path => b"&",
        Component::Query => b"/?|",
    };
    byte.is_ascii_alphanumeric() || anywhere.contains(&byte) || here.contains(&byte)
}
