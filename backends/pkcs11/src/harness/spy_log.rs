//! The log of pkcs11-spy.
//!
//! A call begins with a line `N: C_Name`. Bytes are shown in one of two ways:
//!
//! ```text
//!     00000000  50 4B 43 53 20 31 31                             PKCS 11
//!     50494E20 74657374
//!      P I N   t e s t
//! ```
//!
//! In the second way the next 32 bytes follow on the line of the text.

use std::collections::BTreeMap;

/// How wide the text under 32 bytes is, its indentation included.
const TEXT_OF_32_BYTES: usize = 75;

/// How often each function was called.
pub(super) fn calls(log: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        if let Some((number, name)) = line.split_once(": ")
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
            && name.starts_with("C_")
        {
            *counts.entry(name.trim_end().to_string()).or_default() += 1;
        }
    }
    counts
}

/// Whether these bytes stand next to each other in any dump.
pub(super) fn holds(log: &str, bytes: &[u8]) -> bool {
    assert!(!bytes.is_empty(), "nothing to look for");
    dumps(log).iter().any(|dump| dump.windows(bytes.len()).any(|window| window == bytes))
}

/// Everything that was shown byte by byte, put together again over its lines.
fn dumps(log: &str) -> Vec<Vec<u8>> {
    let mut dumps: Vec<Vec<u8>> = Vec::new();
    let mut goes_on = false;
    for line in log.lines() {
        let before = std::mem::take(&mut goes_on);
        let (follows, bytes) = if let Some((offset, bytes)) = with_offset(line) {
            (offset > 0 && dumps.last().is_some_and(|dump| dump.len() == offset), bytes)
        } else if let Some(bytes) = line.strip_prefix("    ").and_then(groups) {
            goes_on = bytes.len() == 32;
            (false, bytes)
        } else if let Some(bytes) = line.get(TEXT_OF_32_BYTES..).filter(|_| before).and_then(groups)
        {
            goes_on = bytes.len() == 32;
            (true, bytes)
        } else {
            continue;
        };
        match dumps.last_mut().filter(|_| follows) {
            Some(dump) => dump.extend(bytes),
            None => dumps.push(bytes),
        }
    }
    dumps
}

fn with_offset(line: &str) -> Option<(usize, Vec<u8>)> {
    let (offset, rest) = line.strip_prefix("    ")?.split_once("  ")?;
    let offset = usize::from_str_radix(offset, 16).ok().filter(|_| offset.len() == 8)?;
    // Sixteen bytes, each with a space after it; then their text.
    let bytes = rest.get(..47)?.split(' ').take_while(|b| b.len() == 2).map(hex);
    Some((offset, bytes.collect::<Option<_>>()?))
}

fn groups(line: &str) -> Option<Vec<u8>> {
    let shown: Option<Vec<Vec<u8>>> = line.trim_end().split(' ').map(group).collect();
    shown.map(|groups| groups.concat())
}

fn group(digits: &str) -> Option<Vec<u8>> {
    let whole = (2..=8).contains(&digits.len()) && digits.len().is_multiple_of(2);
    let pairs = (0..digits.len() / 2).map(|at| hex(digits.get(at * 2..at * 2 + 2)?));
    whole.then(|| pairs.collect())?
}

fn hex(pair: &str) -> Option<u8> {
    u8::from_str_radix(pair, 16).ok()
}
