//! What a token says it can do, and what Strongroom makes of it.

use cryptoki::mechanism::{MechanismInfo, MechanismType};
use strongroom_backend::{Error, ErrorKind, Result};

use crate::blob::Wrapping;
use crate::token::Token;

/// The mechanisms that a token lists. What it lists it may still refuse: every choice is tried for
/// real with the key that it is made for.
pub(crate) struct Abilities {
    mechanisms: Vec<(MechanismType, MechanismInfo)>,
}

impl Abilities {
    pub(crate) fn of(token: &Token) -> Result<Abilities> {
        Ok(Abilities { mechanisms: token.mechanisms()? })
    }

    fn info(&self, mechanism: MechanismType) -> Option<&MechanismInfo> {
        self.mechanisms.iter().find(|(listed, _)| *listed == mechanism).map(|(_, info)| info)
    }

    fn has(&self, mechanisms: &[MechanismType]) -> bool {
        mechanisms.iter().all(|mechanism| self.info(*mechanism).is_some())
    }

    /// Whether AES-256-GCM with a key made in the token is worth a try.
    pub(crate) fn gcm(&self) -> bool {
        self.has(&[MechanismType::AES_KEY_GEN, MechanismType::AES_GCM])
    }

    /// The size in bits of an RSA key for OAEP, if one is worth a try: 3072 (NIST SP 800-57, 128 bits
    /// of security), or 2048 where that is the most.
    pub(crate) fn rsa_bits(&self) -> Option<u64> {
        self.info(MechanismType::RSA_PKCS_OAEP)?;
        let largest = self.info(MechanismType::RSA_PKCS_KEY_PAIR_GEN)?.max_key_size();
        match largest {
            3072.. => Some(3072),
            2048.. => Some(2048),
            _ => None,
        }
    }

    /// The ways to wrap a project key that stays in the device, the better one first. The one of RFC
    /// 3394 is the same everywhere; what "pad" means differs from token to token.
    pub(crate) fn key_wraps(&self) -> Vec<Wrapping> {
        [
            (MechanismType::AES_KEY_WRAP, Wrapping::KeyWrap),
            (MechanismType::AES_KEY_WRAP_PAD, Wrapping::KeyWrapPad),
        ]
        .into_iter()
        .filter_map(|(mechanism, wrapping)| self.info(mechanism).map(|_| wrapping))
        .collect()
    }

    /// That the token cannot keep a root key, and what it lacks.
    pub(crate) fn no_root_key(&self) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!(
                "the token can neither do {} nor {}",
                self.lacking(&[MechanismType::AES_KEY_GEN, MechanismType::AES_GCM]),
                self.lacking(&[MechanismType::RSA_PKCS_KEY_PAIR_GEN, MechanismType::RSA_PKCS_OAEP]),
            ),
            "see `strongroom hsm info`, and use a token that can do one of them",
        )
    }

    /// That the token cannot keep project keys, and what it lacks.
    pub(crate) fn no_device(&self) -> Error {
        let mechanisms =
            [MechanismType::AES_KEY_GEN, MechanismType::AES_GCM, MechanismType::AES_KEY_WRAP];
        Error::new(
            ErrorKind::Unsupported,
            format!("the token cannot do {}", self.lacking(&mechanisms)),
            "use `key_location = \"envelope\"`, or a token that can; see `strongroom hsm info`",
        )
    }

    /// The mechanisms, each with a note when the token does not list it.
    fn lacking(&self, mechanisms: &[MechanismType]) -> String {
        let named = |mechanism: &MechanismType| match self.info(*mechanism) {
            Some(_) => mechanism.to_string(),
            None => format!("{mechanism} (not listed)"),
        };
        mechanisms.iter().map(named).collect::<Vec<_>>().join(" with ")
    }
}
