//! What has the form of a certificate.

use crate::asymmetric::is_certificate;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let len = match content.len() {
        ..0x80 => &len[1..],
        0x80..0x100 => &[0x81, len[1]],
        _ => &[0x82, len[0], len[1]],
    };
    [&[tag], len, content].concat()
}

#[test]
fn a_certificate_is_known_whatever_its_length() {
    for len in [1, 100, 200, 1_000] {
        let parts = [element(0x30, &vec![0; len]), element(0x30, &[]), element(0x03, &[0])];
        let certificate = element(0x30, &parts.concat());
        assert!(is_certificate(&certificate), "{len}");
        assert!(!is_certificate(&[&certificate[..], b"\n"].concat()), "{len}");
        assert!(!is_certificate(&certificate[..certificate.len() - 1]), "{len}");
        assert!(!is_certificate(&element(0x30, &parts[..2].concat())), "{len}");
    }
}
