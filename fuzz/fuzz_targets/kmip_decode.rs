//! What a KMIP server may answer: whatever it is, it is read or refused, and nothing comes out of it that
//! is not in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_backend::ErrorKind;
use strongroom_fuzz::assert_kind;
use strongroom_kmip::fuzzing::{Read, read};

/// An item with a tag of a vendor's own.
const OF_A_VENDOR: [u8; 16] = [0x54, 0, 1, 2, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 0];
const HEADER: usize = 8;

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    let all = match read(input) {
        Ok(all) => all,
        Err(error) => return assert_kind(&error, &[ErrorKind::Corrupt]),
    };
    for one in &all {
        match one {
            Read::Bytes(bytes) => assert!(contains(input, bytes)),
            Read::Error(kind) => {
                assert!(matches!(kind, ErrorKind::Corrupt | ErrorKind::Unsupported), "{kind:?}");
            }
            Read::Answer(_) | Read::Refused(_) => {}
        }
    }
    assert_eq!(read(&with_an_item_of_a_vendor(input)).unwrap(), all);
});

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|part| part == needle)
}

/// The message with one item more at its beginning, where nobody looks for it.
fn with_an_item_of_a_vendor(message: &[u8]) -> Vec<u8> {
    let (header, content) = message.split_at(HEADER);
    let len = u32::try_from(content.len() + OF_A_VENDOR.len()).unwrap();
    [&header[..4], &len.to_be_bytes(), &OF_A_VENDOR, content].concat()
}
