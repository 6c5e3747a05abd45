//! From a passphrase to a key: Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};
use zeroize::Zeroize;

/// What deriving a key from a passphrase costs, here and everyone who guesses.
///
/// ```
/// use strongroom_backend::SecretBytes;
/// use strongroom_crypto::PassphraseCost;
///
/// let cost = PassphraseCost::from_bytes(&PassphraseCost::NOW.to_bytes())?;
/// assert_eq!(cost, PassphraseCost::NOW);
/// let passphrase = SecretBytes::copy_of(b"correct horse battery staple")?;
/// assert_eq!(cost.derive(&passphrase, &[7; 16])?.len(), 32);
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassphraseCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl PassphraseCost {
    /// What is written now: 64 MiB, 3 passes, 1 lane.
    pub const NOW: PassphraseCost = PassphraseCost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// As in a file: memory in KiB, passes, lanes.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        for (to, value) in bytes.chunks_mut(4).zip([self.memory_kib, self.passes, self.lanes]) {
            to.copy_from_slice(&value.to_be_bytes());
        }
        bytes
    }

    /// From a file. More than 1 GiB, 64 passes or 16 lanes is refused as `Corrupt`, so that a file
    /// cannot exhaust the machine that reads it.
    pub fn from_bytes(bytes: &[u8; 12]) -> Result<PassphraseCost> {
        let value = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let cost = PassphraseCost { memory_kib: value(0), passes: value(4), lanes: value(8) };
        let bearable = cost.memory_kib <= 1024 * 1024
            && (1..=64).contains(&cost.passes)
            && (1..=16).contains(&cost.lanes)
            && cost.memory_kib >= 8 * cost.lanes;
        if bearable {
            return Ok(cost);
        }
        Err(Error::new(
            ErrorKind::Corrupt,
            format!(
                "deriving the key would take {} KiB, {} passes and {} lanes",
                cost.memory_kib, cost.passes, cost.lanes
            ),
            "the file is damaged or hostile: use another copy of the backup",
        ))
    }

    /// The 32-byte key. `Unavailable` when there is not enough memory.
    pub fn derive(self, passphrase: &SecretBytes, salt: &[u8; 16]) -> Result<SecretBytes> {
        self.argon2id(passphrase, salt)
    }

    fn argon2id(self, passphrase: &[u8], salt: &[u8]) -> Result<SecretBytes> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|e| internal(&e))?;
        let mut blocks: Vec<Block> = Vec::new();
        blocks.try_reserve_exact(params.block_count()).map_err(|e| {
            Error::new(
                ErrorKind::Unavailable,
                format!("not enough memory: deriving the key takes {} KiB", self.memory_kib),
                "free memory, then repeat the command",
            )
            .with_source(e)
        })?;
        blocks.resize(params.block_count(), Block::default());
        let mut key = SecretBytes::zeroed(32)?;
        let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(passphrase, salt, &mut key, &mut blocks[..]);
        // The last blocks give the key away.
        for block in &mut blocks {
            block.zeroize();
        }
        derived.map_err(|e| internal(&e))?;
        Ok(key)
    }
}

fn internal(cause: &argon2::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the key could not be derived from the passphrase: {cause}"),
        "please report this",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(memory_kib: u32, passes: u32, lanes: u32) -> Result<PassphraseCost> {
        PassphraseCost::from_bytes(&PassphraseCost { memory_kib, passes, lanes }.to_bytes())
    }

    #[test]
    fn a_file_cannot_ask_for_too_much_or_for_nothing() {
        assert!(cost(1024 * 1024, 64, 16).is_ok());
        for (memory, passes, lanes) in [
            (1024 * 1024 + 1, 3, 1),
            (65_536, 65, 1),
            (65_536, 3, 17),
            (65_536, 0, 1),
            (65_536, 3, 0),
            (7, 3, 1),
            (0, 3, 1),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert_eq!(cost(memory, passes, lanes).unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn the_key_is_the_one_that_the_reference_implementation_gives() {
        // From test.c of the reference implementation: version 0x13, t = 2, m = 2^8, p = 1.
        let key = cost(256, 2, 1).unwrap().argon2id(b"password", b"somesalt").unwrap();
        let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
    }

    #[test]
    fn another_salt_or_passphrase_gives_another_key() {
        let derive = |passphrase: &[u8], salt| {
            let passphrase = SecretBytes::copy_of(passphrase).unwrap();
            cost(64, 1, 1).unwrap().derive(&passphrase, &[salt; 16]).unwrap()
        };
        assert!(derive(b"a", 1).equals(&derive(b"a", 1)));
        assert!(!derive(b"a", 1).equals(&derive(b"a", 2)));
        assert!(!derive(b"a", 1).equals(&derive(b"b", 1)));
    }
}
