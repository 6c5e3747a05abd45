//! The 16-byte ids of everything that a store names.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

use crate::{Error, ErrorKind, Result};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id in `bytes`, or `Corrupt` when they are not 16.
            pub fn from_slice(bytes: &[u8]) -> Result<Self> {
                bytes.try_into().map(Self).map_err(|_| {
                    Error::new(
                        ErrorKind::Corrupt,
                        format!("a {} of {} bytes instead of 16", stringify!($name), bytes.len()),
                        "run `strongroom doctor`",
                    )
                })
            }

            /// The 16 raw bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", Uuid::from_bytes(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

macro_rules! random_id {
    ($name:ident) => {
        impl $name {
            /// A new random id (UUIDv4, RFC 9562 5.4) from getrandom(2).
            pub fn random() -> Result<Self> {
                Ok(Self(*Builder::from_random_bytes(random_bytes()?).as_uuid().as_bytes()))
            }
        }
    };
}

macro_rules! timed_id {
    ($name:ident) => {
        impl $name {
            /// A new id that sorts by time (UUIDv7, RFC 9562 5.7), random bits from getrandom(2).
            ///
            /// `micros` is UTC microseconds since 1970; only its milliseconds are kept.
            pub fn at(micros: i64) -> Result<Self> {
                let random: [u8; 10] = random_bytes()?;
                let millis = u64::try_from(micros / 1_000).unwrap_or(0);
                let uuid = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
                Ok(Self(*uuid.as_bytes()))
            }

            /// The time in the id, in UTC milliseconds since 1970.
            pub fn millis(&self) -> i64 {
                let mut wide = [0; 8];
                wide[2..].copy_from_slice(&self.0[..6]);
                i64::from_be_bytes(wide)
            }
        }
    };
}

id! {
    /// Identifies one store. All zeros stands for no store.
    StoreId
}
random_id!(StoreId);

id! {
    /// Identifies a project. All zeros stands for the store itself, as the owner of its store key.
    ProjectId
}
random_id!(ProjectId);

id! {
    /// Identifies a wrapped key.
    KeyId
}
random_id!(KeyId);

id! {
    /// Identifies a secret; a name that is used again after an erase gets a new one.
    SecretId
}
timed_id!(SecretId);

id! {
    /// Identifies a version of a secret.
    VersionId
}
timed_id!(VersionId);

id! {
    /// The id under which the library stores a payload in a backend.
    Reference
}
timed_id!(Reference);

impl ProjectId {
    /// The owner of a store key.
    pub const STORE: ProjectId = ProjectId([0; 16]);
}

/// The host's clock: UTC microseconds since 1970.
pub fn host_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// `N` bytes from getrandom(2).
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill_random(&mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes` from getrandom(2), never from a generator of this process, which a fork or a
/// cloned virtual machine would repeat.
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| {
        Error::new(
            ErrorKind::Unavailable,
            "the operating system gave no random bytes",
            "check that getrandom(2) is allowed here",
        )
        .with_native(e.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timed_ids_carry_version_7_and_their_time() {
        let id = Reference::at(1_700_000_000_123_456).unwrap();
        assert_eq!(id.millis(), 1_700_000_000_123);
        assert_eq!(id.as_bytes()[6] >> 4, 7);
        assert_ne!(id, Reference::at(1_700_000_000_123_456).unwrap());
    }

    #[test]
    fn random_ids_carry_version_4() {
        assert_eq!(StoreId::random().unwrap().as_bytes()[6] >> 4, 4);
    }

    #[test]
    fn a_short_id_is_corrupt() {
        assert_eq!(SecretId::from_slice(&[1; 15]).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
