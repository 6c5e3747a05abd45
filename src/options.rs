//! What can be asked of an operation beyond its main arguments.

use std::collections::{BTreeMap, BTreeSet};

use crate::{SecretType, Timestamp};

/// How a payload is put. The default puts a passphrase, whatever is there.
#[derive(Debug, Clone, Default)]
pub struct PutOptions {
    /// The type of the secret. When it is new and this is not given: a passphrase, or what the object is
    /// that is adopted. The type of a secret never changes.
    pub secret_type: Option<SecretType>,
    /// A media type, up to 255 bytes. Kept as it was when not given.
    pub content_type: Option<String>,
    /// Labels to set, beside those that are there.
    pub labels: BTreeMap<String, String>,
    /// When the version becomes active; at once when not given.
    pub activates_at: Option<Timestamp>,
    /// When the version expires. An expired version still opens when asked for by number.
    pub expires_at: Option<Timestamp>,
    /// What must be there for the put to happen.
    pub expect: Expect,
}

/// Compare-and-swap: what a put expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// Whatever is there.
    #[default]
    Anything,
    /// No secret of this name; otherwise `AlreadyExists`.
    Absent,
    /// A secret whose newest version has this number; otherwise `Conflict`.
    Version(u32),
}

/// Which version a get returns. The default is the current one.
#[derive(Debug, Clone, Copy, Default)]
pub struct GetOptions {
    /// The version with this number, even if it is deactivated, expired or compromised.
    pub version: Option<u32>,
    /// Without a number: the newest version that has a payload, even if it is deactivated, expired or
    /// compromised.
    pub allow_inactive: bool,
}

/// Which names a list returns.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// Only names that begin with this.
    pub prefix: String,
    /// Only names after this one: [`Page::next`](crate::Page::next) of the page before.
    pub after: Option<String>,
    /// At most this many, from 1 to 10,000.
    pub limit: usize,
}

impl Default for ListOptions {
    /// Every name, 1,000 at a time.
    fn default() -> Self {
        ListOptions { prefix: String::new(), after: None, limit: 1_000 }
    }
}

/// A payload that the library makes itself, so that nobody ever sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recipe {
    /// Letters and digits: 43 of them hold 256 bits.
    Passphrase {
        /// How many characters, from 43 to 1,024.
        length: usize,
    },
    /// Random bytes.
    Key {
        /// How many, from 16 to 1,024.
        bytes: usize,
    },
}

impl Recipe {
    /// The shortest passphrase that is made, and the default: 256 bits.
    pub const PASSPHRASE_LENGTH: usize = 43;

    /// A passphrase of the default length.
    pub const fn passphrase() -> Recipe {
        Recipe::Passphrase { length: Recipe::PASSPHRASE_LENGTH }
    }
}

/// What to do with a value that may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// Replace it.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change.
    pub(crate) fn apply(self, old: Option<T>) -> Option<T> {
        match self {
            Change::Keep => old,
            Change::Clear => None,
            Change::Set(new) => Some(new),
        }
    }
}

/// Changes of a version's dates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dates {
    /// When it becomes active; only while it is pre-active.
    pub activates_at: Change<Timestamp>,
    /// When it expires; only while it is pre-active or active.
    pub expires_at: Change<Timestamp>,
}

/// Changes of a secret's labels.
#[derive(Debug, Clone, Default)]
pub struct LabelChanges {
    /// Labels to set.
    pub set: BTreeMap<String, String>,
    /// Labels to remove; one that is not there is no error.
    pub remove: BTreeSet<String>,
}
