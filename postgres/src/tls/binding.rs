//! The channel binding `tls-server-end-point` (RFC 5929 section 4): a hash of the server's certificate,
//! by the hash function of the certificate's own signature.

use ring::digest::{self, SHA256, SHA384, SHA512};

const SEQUENCE: u8 = 0x30;
const OBJECT_ID: u8 = 0x06;

/// sha*WithRSAEncryption and ecdsa-with-SHA*; SHA-1 counts as SHA-256 (RFC 5929 section 4.1).
const WITH_256: [&[u8]; 4] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01],
];
const WITH_384: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03],
];
const WITH_512: [&[u8]; 2] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04],
];

/// The binding, or nothing where the signature has no hash function of its own (Ed25519, PSS).
pub(super) fn of_server(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = signature_algorithm(certificate)?;
    let hash = if WITH_256.contains(&algorithm) {
        &SHA256
    } else if WITH_384.contains(&algorithm) {
        &SHA384
    } else if WITH_512.contains(&algorithm) {
        &SHA512
    } else {
        return None;
    };
    Some(digest::digest(hash, certificate).as_ref().to_vec())
}

/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, … }, … }
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (tag, inside, _) = element(certificate)?;
    let (_, _, after_body) = element(inside).filter(|_| tag == SEQUENCE)?;
    let (tag, algorithm, _) = element(after_body)?;
    let (inner, id, _) = element(algorithm).filter(|_| tag == SEQUENCE)?;
    (inner == OBJECT_ID).then_some(id)
}

/// The first DER element: its tag, its contents, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (contents, after) = rest.split_at_checked(length)?;
    Some((tag, contents, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_no_binding() {
        for bytes in [&[][..], &[0x30], &[0x30, 0x82, 0xFF], &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]]
        {
            assert_eq!(of_server(bytes), None);
        }
    }

    #[test]
    fn the_signature_s_hash_function_is_found() {
        let oid = WITH_384[1];
        let algorithm =
            [&[SEQUENCE, oid.len() as u8 + 2, OBJECT_ID, oid.len() as u8], oid].concat();
        let whole = [&[SEQUENCE, algorithm.len() as u8 + 2, SEQUENCE, 0], &algorithm[..]].concat();
        assert_eq!(signature_algorithm(&whole), Some(oid));
        assert_eq!(of_server(&whole).unwrap().len(), 48);
    }
}
