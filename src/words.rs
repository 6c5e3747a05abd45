//! Closed sets of words: types of secrets, states of versions, keys and projects.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use strongroom_backend::PayloadType;

use crate::{Error, ErrorKind, Result};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal:
     $($(#[$word_doc:meta])* $number:literal $variant:ident $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word, as the command and the documentation write it.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The number that is stored.
            pub const fn number(self) -> u8 {
                match self { $($name::$variant => $number,)* }
            }

            /// The one with this number, if there is one.
            pub const fn from_number(number: i64) -> Option<$name> {
                match number { $($number => Some($name::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<$name> {
                $name::ALL.iter().copied().find(|word| word.name() == text).ok_or_else(|| {
                    let known: Vec<_> = $name::ALL.iter().map(|word| word.name()).collect();
                    Error::new(
                        ErrorKind::InvalidArgument,
                        format!("{text:?} is not a {}", $what),
                        format!("use one of: {}", known.join(", ")),
                    )
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

words! {
    /// What a secret is.
    SecretType, "type of secret":
    /// A passphrase: text for people and programs to type.
    1 Passphrase "passphrase",
    /// A symmetric key.
    2 SymmetricKey "symmetric-key",
    /// A private key.
    3 PrivateKey "private-key",
    /// A public key.
    4 PublicKey "public-key",
    /// A certificate.
    5 Certificate "certificate",
    /// Any other bytes.
    6 Opaque "opaque",
}

words! {
    /// The state of a version, as KMIP defines it (Cryptographic Objects, State).
    State, "state":
    /// Not yet to be used.
    1 PreActive "pre-active",
    /// In use.
    2 Active "active",
    /// No longer to be used for anything new; old backups still open.
    3 Deactivated "deactivated",
    /// Known, or feared, to be known to others.
    4 Compromised "compromised",
    /// The payload is gone.
    5 Destroyed "destroyed",
    /// The payload is gone, and was compromised.
    6 DestroyedCompromised "destroyed-compromised",
}

words! {
    /// The state of a root or project key.
    KeyState, "key state":
    /// Protects new payloads or keys.
    1 Active "active",
    /// Opens what it protected, protects nothing new.
    2 Deactivated "deactivated",
    /// Gone.
    3 Destroyed "destroyed",
}

words! {
    /// The state of a project.
    ProjectState, "project state":
    /// In use.
    1 Live "live",
    /// Invisible already; its payloads are being destroyed.
    2 Erasing "erasing",
    /// Gone.
    3 Erased "erased",
}

impl SecretType {
    /// What payloads of such a secret are to a backend.
    pub(crate) fn payload_type(self) -> PayloadType {
        match self {
            SecretType::Passphrase => PayloadType::Passphrase,
            SecretType::SymmetricKey => PayloadType::SymmetricKey,
            SecretType::PrivateKey => PayloadType::PrivateKey,
            SecretType::PublicKey => PayloadType::PublicKey,
            SecretType::Certificate => PayloadType::Certificate,
            SecretType::Opaque => PayloadType::Opaque,
        }
    }

    /// The type of a secret whose payloads are such.
    pub(crate) fn of_payload(payload_type: PayloadType) -> SecretType {
        match payload_type {
            PayloadType::Passphrase => SecretType::Passphrase,
            PayloadType::SymmetricKey => SecretType::SymmetricKey,
            PayloadType::PrivateKey => SecretType::PrivateKey,
            PayloadType::PublicKey => SecretType::PublicKey,
            PayloadType::Certificate => SecretType::Certificate,
            PayloadType::Opaque => SecretType::Opaque,
        }
    }
}

impl State {
    /// Whether KMIP allows the step from this state to `next` (KMIP 1.4, section 3.22).
    pub const fn may_become(self, next: State) -> bool {
        use State::*;
        matches!(
            (self, next),
            (PreActive, Active | Destroyed | Compromised)
                | (Active, Deactivated | Compromised)
                | (Deactivated, Destroyed | Compromised)
                | (Compromised, DestroyedCompromised)
                | (Destroyed, DestroyedCompromised)
        )
    }

    /// Whether the payload is gone.
    pub const fn is_destroyed(self) -> bool {
        matches!(self, State::Destroyed | State::DestroyedCompromised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_legal_transitions_are_allowed() {
        let legal: Vec<(u8, u8)> = State::ALL
            .iter()
            .flat_map(|a| State::ALL.iter().map(move |b| (a, b)))
            .filter(|(a, b)| a.may_become(**b))
            .map(|(a, b)| (a.number(), b.number()))
            .collect();
        let expected = [(1, 2), (1, 4), (1, 5), (2, 3), (2, 4), (3, 4), (3, 5), (4, 6), (5, 6)];
        assert_eq!(legal, expected);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(state.name().parse::<State>().unwrap(), *state);
            assert_eq!(State::from_number(state.number().into()), Some(*state));
        }
        let error = "gone".parse::<State>().unwrap_err();
        assert!(error.next().contains("destroyed-compromised"), "{error}");
    }
}
