//! What a token is and can do, and what Strongroom would make of it: for `strongroom hsm info`.

use strongroom_backend::Result;

use crate::abilities::Abilities;
use crate::blob::Wrapping;
use crate::token::Token;

/// A token as it describes itself now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenReport {
    /// CKA label, without padding.
    pub label: String,
    /// Serial number.
    pub serial: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Version of the firmware.
    pub firmware: String,
    /// What it says of its state, in words: `login required`, `user PIN locked`, and so on.
    pub flags: Vec<String>,
    /// The most sessions it allows: `None` when it sets no limit or does not tell.
    pub most_sessions: Option<u64>,
    /// Every mechanism that it lists.
    pub mechanisms: Vec<MechanismReport>,
    /// How root keys would wrap store and project keys.
    pub wrapping: Choice,
    /// How project keys would stay in the device.
    pub device: Choice,
}

/// One mechanism of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MechanismReport {
    /// Its name, `CKM_…`.
    pub name: String,
    /// The smallest key, in the unit of the mechanism: bits for RSA, bytes for AES.
    pub smallest_key: usize,
    /// The largest key, in the same unit.
    pub largest_key: usize,
    /// Whether Strongroom uses it.
    pub used: bool,
}

/// What Strongroom would choose, before it has tried the choice with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The mechanism in words, or `None` when the token lists nothing that would do.
    pub mechanism: Option<String>,
    /// Why this one.
    pub reason: String,
    /// How tampering with what is wrapped or encrypted is noticed.
    pub protection: String,
}

const USED: [&str; 6] = [
    "CKM_AES_KEY_GEN",
    "CKM_AES_GCM",
    "CKM_AES_KEY_WRAP",
    "CKM_AES_KEY_WRAP_PAD",
    "CKM_RSA_PKCS_KEY_PAIR_GEN",
    "CKM_RSA_PKCS_OAEP",
];

impl TokenReport {
    /// Asks the token. Makes no keys; what the token lists it may still refuse.
    pub fn of(token: &Token) -> Result<TokenReport> {
        let info = token.token_info()?;
        let abilities = Abilities::of(token)?;
        let mechanisms = token.mechanisms()?;
        let flags = [
            (info.token_initialized(), "initialised"),
            (info.login_required(), "login required"),
            (info.protected_authentication_path(), "PIN pad"),
            (info.user_pin_final_try(), "one try left for the user PIN"),
            (info.user_pin_locked(), "user PIN locked"),
        ];
        let flags = flags.iter().filter(|(set, _)| *set).map(|(_, what)| what.to_string());
        let reports = mechanisms.iter().map(|(mechanism, info)| {
            let name = mechanism.to_string();
            MechanismReport {
                used: USED.contains(&name.as_str()),
                smallest_key: info.min_key_size(),
                largest_key: info.max_key_size(),
                name,
            }
        });
        Ok(TokenReport {
            label: info.label().to_string(),
            serial: info.serial_number().to_string(),
            manufacturer: info.manufacturer_id().to_string(),
            model: info.model().to_string(),
            firmware: info.firmware_version().to_string(),
            flags: flags.collect(),
            most_sessions: info.max_session_count(),
            mechanisms: reports.collect(),
            wrapping: Choice::of_wrapping(&abilities),
            device: Choice::of_device(&abilities),
        })
    }
}

impl Choice {
    fn of_wrapping(abilities: &Abilities) -> Choice {
        if abilities.gcm() {
            return Choice {
                mechanism: Some("AES-256-GCM (CKM_AES_GCM)".into()),
                reason: "it authenticates what it wraps, and the place that it belongs to".into(),
                protection: "the tag: an altered or moved key does not open".into(),
            };
        }
        match abilities.rsa_bits() {
            Some(bits) => Choice {
                mechanism: Some(format!("RSA-{bits} with OAEP (CKM_RSA_PKCS_OAEP)")),
                reason: "the token lists no AES-GCM; SHA-256 where it takes it, else SHA-1".into(),
                protection: "an altered key does not open, but anybody with the public key can wrap \
                             another one: the store key is pinned beside the config, and project keys \
                             are authenticated under it"
                    .into(),
            },
            None => Choice::none(abilities.no_root_key().what()),
        }
    }

    fn of_device(abilities: &Abilities) -> Choice {
        let wraps = abilities.key_wraps();
        let (true, Some(how)) = (abilities.gcm(), wraps.first()) else {
            return Choice::none(abilities.no_device().what());
        };
        let (name, reason) = match how {
            Wrapping::KeyWrapPad => {
                ("CKM_AES_KEY_WRAP_PAD", "the token lists no CKM_AES_KEY_WRAP (RFC 3394)")
            }
            _ => ("CKM_AES_KEY_WRAP", "key wrapping as in RFC 3394 is the same on every token"),
        };
        Choice {
            mechanism: Some(format!("{name} and AES-256-GCM")),
            reason: reason.into(),
            protection:
                "the wrapped key is sealed by AES-GCM for its place, and so is every payload".into(),
        }
    }

    fn none(why: &str) -> Choice {
        Choice { mechanism: None, reason: why.into(), protection: "none: it is refused".into() }
    }
}
