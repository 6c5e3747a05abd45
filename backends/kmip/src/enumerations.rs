//! The enumerations that we write or look for (KMIP 1.4 section 9.1.3.2).
//!
//! Values that are only read stay numbers: a server may be newer than this list.

/// What a batch item asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Operation {
    Create = 0x01,
    Register = 0x03,
    Locate = 0x08,
    Get = 0x0A,
    GetAttributes = 0x0B,
    Activate = 0x12,
    Revoke = 0x13,
    Destroy = 0x14,
    Query = 0x18,
    DiscoverVersions = 0x1E,
    Encrypt = 0x1F,
    Decrypt = 0x20,
}

/// The name of an operation, or its number.
pub(crate) fn operation_name(number: u32) -> String {
    const NAMES: [&str; 53] = [
        "Create",
        "Create Key Pair",
        "Register",
        "Re-key",
        "Derive Key",
        "Certify",
        "Re-certify",
        "Locate",
        "Check",
        "Get",
        "Get Attributes",
        "Get Attribute List",
        "Add Attribute",
        "Modify Attribute",
        "Delete Attribute",
        "Obtain Lease",
        "Get Usage Allocation",
        "Activate",
        "Revoke",
        "Destroy",
        "Archive",
        "Recover",
        "Validate",
        "Query",
        "Cancel",
        "Poll",
        "Notify",
        "Put",
        "Re-key Key Pair",
        "Discover Versions",
        "Encrypt",
        "Decrypt",
        "Sign",
        "Signature Verify",
        "MAC",
        "MAC Verify",
        "RNG Retrieve",
        "RNG Seed",
        "Hash",
        "Create Split Key",
        "Join Split Key",
        "Import",
        "Export",
        "Log",
        "Login",
        "Logout",
        "Delegated Login",
        "Adjust Attribute",
        "Set Attribute",
        "Set Endpoint Role",
        "PKCS#11",
        "Interop",
        "Re-Provision",
    ];
    named(&NAMES, number)
}

/// What a managed object of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum ObjectType {
    Certificate = 1,
    SymmetricKey = 2,
    PublicKey = 3,
    PrivateKey = 4,
    SecretData = 7,
    OpaqueObject = 8,
}

/// The name of an object type, or its number.
pub(crate) fn object_type_name(number: u32) -> String {
    const NAMES: [&str; 10] = [
        "Certificate",
        "Symmetric Key",
        "Public Key",
        "Private Key",
        "Split Key",
        "Template",
        "Secret Data",
        "Opaque Object",
        "PGP Key",
        "Certificate Request",
    ];
    named(&NAMES, number)
}

/// The state of a managed object, for the types that have one. An object that is not destroyed never goes
/// back in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    PreActive,
    Active,
    Deactivated,
    Compromised,
    Destroyed,
    DestroyedCompromised,
}

impl State {
    /// The state with this number.
    pub(crate) fn from_number(number: u32) -> Option<State> {
        const STATES: [State; 6] = [
            State::PreActive,
            State::Active,
            State::Deactivated,
            State::Compromised,
            State::Destroyed,
            State::DestroyedCompromised,
        ];
        STATES.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// Whether the object's bytes are gone.
    pub(crate) fn is_destroyed(self) -> bool {
        matches!(self, State::Destroyed | State::DestroyedCompromised)
    }

    /// The name in the specification.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::PreActive => "Pre-Active",
            State::Active => "Active",
            State::Deactivated => "Deactivated",
            State::Compromised => "Compromised",
            State::Destroyed => "Destroyed",
            State::DestroyedCompromised => "Destroyed Compromised",
        }
    }
}

/// Why an object is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum RevocationReasonCode {
    KeyCompromise = 2,
    CessationOfOperation = 6,
}

/// What Query is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum QueryFunction {
    Operations = 1,
    Objects = 2,
    ServerInformation = 3,
}

/// `Cryptographic Algorithm`: AES.
pub(crate) const AES: u32 = 3;
/// `Cryptographic Algorithm`: RSA.
pub(crate) const RSA: u32 = 4;
/// `Cryptographic Algorithm`: ECDSA. What it became in 1.2, EC, older servers do not know.
pub(crate) const ECDSA: u32 = 6;
/// `Block Cipher Mode`: GCM.
pub(crate) const GCM: u32 = 9;
/// `Key Format Type`: Raw.
pub(crate) const RAW: u32 = 1;
/// `Key Format Type`: Opaque.
pub(crate) const OPAQUE: u32 = 2;
/// `Key Format Type`: PKCS#8.
pub(crate) const PKCS_8: u32 = 4;
/// `Key Format Type`: X.509, a SubjectPublicKeyInfo.
pub(crate) const SUBJECT_PUBLIC_KEY_INFO: u32 = 5;
/// `Name Type`: Uninterpreted Text String.
pub(crate) const UNINTERPRETED_TEXT_STRING: u32 = 1;
/// `Secret Data Type`: Password.
pub(crate) const PASSWORD: u32 = 1;
/// `Opaque Data Type`: the specification defines none, and leaves these numbers to everyone.
pub(crate) const OPAQUE_EXTENSION: u32 = 0x8000_0000;
/// `Certificate Type`: X.509.
pub(crate) const X_509: u32 = 1;
/// `Credential Type`: Username and Password.
pub(crate) const USERNAME_AND_PASSWORD: u32 = 1;
/// `Batch Error Continuation Option`: Continue.
pub(crate) const CONTINUE: u32 = 1;
/// `Batch Error Continuation Option`: Stop.
pub(crate) const STOP: u32 = 2;

/// Bits of `Cryptographic Usage Mask`.
pub(crate) mod usage {
    pub(crate) const SIGN: i32 = 0x01;
    /// What the published test cases have for Secret Data too.
    pub(crate) const VERIFY: i32 = 0x02;
    pub(crate) const ENCRYPT: i32 = 0x04;
    pub(crate) const DECRYPT: i32 = 0x08;
    pub(crate) const EXPORT: i32 = 0x40;
}

/// Numbers count from 1.
fn named(names: &[&str], number: u32) -> String {
    let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    match at.and_then(|n| names.get(n)) {
        Some(name) => (*name).to_string(),
        None => format!("0x{number:08X}"),
    }
}
