//! What our objects are called on the server.

use strongroom_backend::{Error, ErrorKind, Reference, Result, RootKeyId};

/// The application namespace of the attribute Application Specific Information.
pub(crate) const APPLICATION: &str = "strongroom";

/// A part of a server that belongs to one store: 1 to 64 bytes of `[A-Za-z0-9._-]`.
///
/// It is in the name and the group of every object, so that an operator sees what belongs to what,
/// and stores that share a server leave each other's objects alone.
///
/// ```
/// use strongroom_kmip::Namespace;
///
/// assert!(Namespace::new("backup-eu").is_ok());
/// assert!(Namespace::new("a/b").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

impl Namespace {
    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<Namespace> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
            return Ok(Namespace(name));
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{name:?} is no namespace"),
            "use 1 to 64 characters of A-Z a-z 0-9 . _ -",
        ))
    }

    pub(crate) fn payload(&self, reference: Reference) -> String {
        format!("{}{reference}", self.payload_prefix())
    }

    /// The reference in the name of a payload of ours.
    pub(crate) fn reference_in(&self, name: &str) -> Option<Reference> {
        let hex = name.strip_prefix(&self.payload_prefix())?.replace('-', "");
        let number = u128::from_str_radix(&hex, 16).ok()?;
        let reference = Reference::from_bytes(number.to_be_bytes());
        // Written in our way, or it is not ours.
        (self.payload(reference) == name).then_some(reference)
    }

    pub(crate) fn payloads(&self) -> String {
        format!("strongroom/{}/payloads", self.0)
    }

    pub(crate) fn marker(&self, number: u64) -> String {
        format!("strongroom/{}/marker/{number}", self.0)
    }

    pub(crate) fn markers(&self) -> String {
        format!("strongroom/{}/markers", self.0)
    }

    pub(crate) fn root_key(&self, id: &RootKeyId) -> String {
        format!("{}{id}", self.root_key_prefix())
    }

    /// The id in the name of a root key of ours.
    pub(crate) fn root_key_in(&self, name: &str) -> Option<RootKeyId> {
        RootKeyId::new(name.strip_prefix(&self.root_key_prefix())?).ok()
    }

    pub(crate) fn root_keys(&self) -> String {
        format!("strongroom/{}/root-keys", self.0)
    }

    fn payload_prefix(&self) -> String {
        format!("strongroom/{}/payload/", self.0)
    }

    fn root_key_prefix(&self) -> String {
        format!("strongroom/{}/root-key/", self.0)
    }
}

/// Whether a name is one that a store gives, whatever its namespace.
pub(crate) fn is_of_a_store(name: &str) -> bool {
    name.strip_prefix(APPLICATION).is_some_and(|rest| rest.starts_with('/'))
}
