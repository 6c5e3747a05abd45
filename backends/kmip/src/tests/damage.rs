//! Messages that were altered: an error or an answer, never a panic, and never what is not in them.

use zeroize::Zeroizing;

use super::hex;
use crate::message::Response;
use crate::operations::{Create, DiscoverVersions, Encrypt, Get, GetAttributes, Locate, Query};

fn messages() -> Vec<Vec<u8>> {
    let all = include_str!("published.txt");
    let found = all.split("= ").skip(1).map(|part| part.split_once('\n').unwrap());
    found.filter(|(name, _)| name.ends_with("response")).map(|(_, bytes)| hex(bytes)).collect()
}

/// Reads a message in every way that we have. Says whether it is one.
fn read(bytes: &[u8]) -> bool {
    let Ok(response) = Response::new(Zeroizing::new(bytes.to_vec())) else { return false };
    for at in 0..3 {
        let _ = response.result(at);
        let _ = response.answer::<Create<'_>>(at);
        let _ = response.answer::<Locate<'_>>(at);
        let _ = response.answer::<Get<'_>>(at);
        let _ = response.answer::<GetAttributes<'_>>(at);
        let _ = response.answer::<Query<'_>>(at);
        let _ = response.answer::<DiscoverVersions<'_>>(at);
        let _ = response.answer::<Encrypt<'_>>(at);
    }
    true
}

#[test]
fn every_altered_byte_is_survived() {
    for message in messages() {
        assert!(read(&message));
        for at in 0..message.len() {
            for value in [0, 0x80, 0xFF, message[at] ^ 1] {
                let mut altered = message.clone();
                altered[at] = value;
                read(&altered);
            }
        }
    }
}

#[test]
fn no_part_of_a_message_is_a_message() {
    for message in messages() {
        for len in 0..message.len() {
            assert!(!read(&message[..len]), "{len} bytes of {}", message.len());
        }
        assert!(!read(&[&message[..], &[0; 8]].concat()), "something follows");
    }
}
