//! The versions of the protocol (KMIP 1.4 section 6.1).

use std::fmt;
use std::str::FromStr;

use strongroom_backend::{Error, ErrorKind, Result};

use crate::ttlv::{Encoder, Structure, Tag};

/// A version of KMIP.
///
/// ```
/// use strongroom_kmip::ProtocolVersion;
///
/// assert_eq!("1.4".parse::<ProtocolVersion>()?, ProtocolVersion::V1_4);
/// assert!(ProtocolVersion::V1_4 < ProtocolVersion::V2_0);
/// assert!("3.0".parse::<ProtocolVersion>().is_err());
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtocolVersion {
    major: i32,
    minor: i32,
}

impl ProtocolVersion {
    /// KMIP 1.0.
    pub const V1_0: ProtocolVersion = ProtocolVersion { major: 1, minor: 0 };
    /// KMIP 1.1: Discover Versions.
    pub const V1_1: ProtocolVersion = ProtocolVersion { major: 1, minor: 1 };
    /// KMIP 1.2: Encrypt and Decrypt.
    pub const V1_2: ProtocolVersion = ProtocolVersion { major: 1, minor: 2 };
    /// KMIP 1.3.
    pub const V1_3: ProtocolVersion = ProtocolVersion { major: 1, minor: 3 };
    /// KMIP 1.4: authenticated encryption.
    pub const V1_4: ProtocolVersion = ProtocolVersion { major: 1, minor: 4 };
    /// KMIP 2.0: attributes by their tags.
    pub const V2_0: ProtocolVersion = ProtocolVersion { major: 2, minor: 0 };

    /// Every version that we speak, the newest first.
    pub const SPOKEN: [ProtocolVersion; 6] =
        [Self::V2_0, Self::V1_4, Self::V1_3, Self::V1_2, Self::V1_1, Self::V1_0];

    pub(crate) fn encode(self, to: &mut Encoder) {
        to.structure(Tag::PROTOCOL_VERSION, |to| {
            to.integer(Tag::PROTOCOL_VERSION_MAJOR, self.major);
            to.integer(Tag::PROTOCOL_VERSION_MINOR, self.minor);
        });
    }

    pub(crate) fn decode(from: Structure<'_>) -> Result<ProtocolVersion> {
        Ok(ProtocolVersion {
            major: from.get(Tag::PROTOCOL_VERSION_MAJOR)?.integer()?,
            minor: from.get(Tag::PROTOCOL_VERSION_MINOR)?.integer()?,
        })
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ProtocolVersion {
    type Err = Error;

    /// A version that we speak, as `1.4`. `InvalidArgument` for everything else.
    fn from_str(text: &str) -> Result<ProtocolVersion> {
        Self::SPOKEN.into_iter().find(|version| version.to_string() == text).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{text:?} is not a version of KMIP that Strongroom speaks"),
                "use one of 1.0, 1.1, 1.2, 1.3, 1.4, 2.0",
            )
        })
    }
}
