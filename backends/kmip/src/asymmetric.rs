//! What a server wants to be told of private and public keys, read from their DER: PKCS#8 (RFC 5958) and
//! SubjectPublicKeyInfo (RFC 5280 section 4.1); and what has the form of a certificate.

use crate::enumerations::{ECDSA, RSA};

/// The algorithm of a key, and its length in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyAlgorithm {
    pub(crate) number: u32,
    pub(crate) bits: i32,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// Named curves, and the lengths of their keys.
const CURVES: [(&[u8], i32); 3] = [
    (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], 256),
    (&[0x2B, 0x81, 0x04, 0x00, 0x22], 384),
    (&[0x2B, 0x81, 0x04, 0x00, 0x23], 521),
];

/// Of a private key in PKCS#8. None for what is no such key, or one of an algorithm that not every
/// version of KMIP knows.
pub(crate) fn private_key(der: &[u8]) -> Option<KeyAlgorithm> {
    let inside = only(SEQUENCE, der)?;
    let (_version, rest) = element(INTEGER, inside)?;
    let (algorithm, rest) = element(SEQUENCE, rest)?;
    let (key, _attributes) = element(OCTET_STRING, rest)?;
    algorithm_of(algorithm, || {
        let (_version, rest) = element(INTEGER, only(SEQUENCE, key)?)?;
        element(INTEGER, rest).map(|(modulus, _)| modulus)
    })
}

/// Of a public key in SubjectPublicKeyInfo.
pub(crate) fn public_key(der: &[u8]) -> Option<KeyAlgorithm> {
    let (algorithm, rest) = element(SEQUENCE, only(SEQUENCE, der)?)?;
    let key = only(BIT_STRING, rest)?;
    algorithm_of(algorithm, || {
        let (_unused_bits, key) = key.split_first()?;
        element(INTEGER, only(SEQUENCE, key)?).map(|(modulus, _)| modulus)
    })
}

/// Whether this has the parts of a certificate (RFC 5280 section 4.1) and nothing more: what is signed,
/// the algorithm, the signature.
pub(crate) fn is_certificate(der: &[u8]) -> bool {
    let signature = || {
        let (_signed, rest) = element(SEQUENCE, only(SEQUENCE, der)?)?;
        let (_algorithm, rest) = element(SEQUENCE, rest)?;
        only(BIT_STRING, rest)
    };
    signature().is_some()
}

fn algorithm_of<'a>(
    identifier: &[u8],
    modulus: impl FnOnce() -> Option<&'a [u8]>,
) -> Option<KeyAlgorithm> {
    let (algorithm, parameters) = element(OBJECT_IDENTIFIER, identifier)?;
    if algorithm == RSA_ENCRYPTION {
        return Some(KeyAlgorithm { number: RSA, bits: bits_of(modulus()?)? });
    }
    if algorithm != EC_PUBLIC_KEY {
        return None;
    }
    let curve = only(OBJECT_IDENTIFIER, parameters)?;
    let (_, bits) = CURVES.into_iter().find(|(known, _)| *known == curve)?;
    Some(KeyAlgorithm { number: ECDSA, bits })
}

/// How long a positive number is, in bits.
fn bits_of(number: &[u8]) -> Option<i32> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeros)?;
    let bits = 8 * (number.len() - zeros) - usize::try_from(first.leading_zeros()).ok()?;
    i32::try_from(bits).ok()
}

/// The content of an element that nothing follows.
fn only(tag: u8, der: &[u8]) -> Option<&[u8]> {
    element(tag, der).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The content of the first element, if it has this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (len, rest) = length(rest)?;
    if *found != tag {
        return None;
    }
    rest.split_at_checked(len)
}

/// A length in the shortest form there is, as DER wants it, up to 65,535.
fn length(der: &[u8]) -> Option<(usize, &[u8])> {
    match der {
        [len @ 0..=0x7F, rest @ ..] => Some((usize::from(*len), rest)),
        [0x81, len @ 0x80..=0xFF, rest @ ..] => Some((usize::from(*len), rest)),
        [0x82, high @ 1..=0xFF, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}
