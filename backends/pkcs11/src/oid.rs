//! References as object identifiers: `2.25.` and the UUID as a number (ITU-T X.667), in DER.
//!
//! PKCS#11 gives a data object no CKA_ID; its CKA_OBJECT_ID is the DER encoding of an identifier, and
//! tokens may look at that.

use strongroom_backend::Reference;

const TAG: u8 = 6;
/// 2.25, in one byte: 40 * 2 + 25.
const UUID_ARC: u8 = 105;

/// The identifier of a reference.
pub(crate) fn encode(reference: &Reference) -> Vec<u8> {
    let mut rest = u128::from_be_bytes(*reference.as_bytes());
    let mut digits = vec![(rest & 0x7F) as u8];
    rest >>= 7;
    while rest > 0 {
        digits.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    digits.push(UUID_ARC);
    digits.push(digits.len() as u8);
    digits.push(TAG);
    digits.reverse();
    digits
}

/// The reference in an identifier that [`encode`] made.
pub(crate) fn decode(identifier: &[u8]) -> Option<Reference> {
    let digits = identifier.get(3..).filter(|digits| digits.len() <= 19)?;
    let number = digits.iter().try_fold(0u128, |number, digit| {
        let shifted = number.checked_mul(128)?;
        Some(shifted | u128::from(digit & 0x7F))
    })?;
    let reference = Reference::from_bytes(number.to_be_bytes());
    (encode(&reference) == identifier).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_has_its_number() {
        // X.667: f81d4fae-7dec-11d0-a765-00a0c91e6bf6 is 2.25.329800735698586629295641978511506172918.
        let reference =
            Reference::from_bytes(0xf81d_4fae_7dec_11d0_a765_00a0_c91e_6bf6u128.to_be_bytes());
        let hex: String = encode(&reference).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776");
    }

    #[test]
    fn every_length_comes_back() {
        for shift in 0..128 {
            for number in [1u128 << shift, u128::MAX >> shift, 0] {
                let reference = Reference::from_bytes(number.to_be_bytes());
                assert_eq!(decode(&encode(&reference)), Some(reference), "{number}");
            }
        }
    }

    #[test]
    fn what_is_not_one_is_not_decoded() {
        let right = encode(&Reference::from_bytes([9; 16]));
        for (what, wrong) in [
            ("nothing", vec![]),
            ("another arc", [&right[..2], &[42], &right[3..]].concat()),
            ("cut", right[..right.len() - 1].to_vec()),
            ("longer", [&right[..], &[1]].concat()),
            ("too large a number", [&[6, 20, 105][..], &[0xFF; 18], &[0x7F]].concat()),
        ] {
            assert_eq!(decode(&wrong), None, "{what}");
        }
    }
}
