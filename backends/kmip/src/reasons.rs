//! What servers say when they refuse (KMIP 1.4 section 9.1.3.2.29), and the
//! kinds of error that it becomes.

use strongroom_backend::{Error, ErrorKind};

/// A server's word that it did not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it was asked for, where it says so.
    pub(crate) operation: Option<String>,
    /// The result reason; 0 where it gave none.
    pub(crate) reason: u32,
    /// The result message: free text.
    pub(crate) message: String,
}

macro_rules! reasons {
    ($($number:literal $name:ident $text:literal $kind:ident,)*) => {
        /// Numbers of result reasons.
        #[allow(dead_code, reason = "the whole table is here, for the names in messages")]
        pub(crate) mod reason {
            $(pub(crate) const $name: u32 = $number;)*
        }

        /// Name and kind of a result reason.
        fn known(number: u32) -> Option<(&'static str, ErrorKind)> {
            match number {
                $($number => Some(($text, ErrorKind::$kind)),)*
                _ => None,
            }
        }
    };
}

reasons! {
    0x001 ITEM_NOT_FOUND "Item Not Found" NotFound,
    0x002 RESPONSE_TOO_LARGE "Response Too Large" TooLarge,
    0x003 AUTHENTICATION_NOT_SUCCESSFUL "Authentication Not Successful" Unauthenticated,
    0x004 INVALID_MESSAGE "Invalid Message" Unsupported,
    0x005 OPERATION_NOT_SUPPORTED "Operation Not Supported" Unsupported,
    0x006 MISSING_DATA "Missing Data" Unsupported,
    0x007 INVALID_FIELD "Invalid Field" Unsupported,
    0x008 FEATURE_NOT_SUPPORTED "Feature Not Supported" Unsupported,
    0x009 OPERATION_CANCELED_BY_REQUESTER "Operation Canceled By Requester" Unavailable,
    0x00A CRYPTOGRAPHIC_FAILURE "Cryptographic Failure" Unavailable,
    0x00B ILLEGAL_OPERATION "Illegal Operation" Conflict,
    0x00C PERMISSION_DENIED "Permission Denied" Denied,
    0x00D OBJECT_ARCHIVED "Object Archived" Unavailable,
    0x00F APPLICATION_NAMESPACE_NOT_SUPPORTED "Application Namespace Not Supported" Unsupported,
    0x010 KEY_FORMAT_TYPE_NOT_SUPPORTED "Key Format Type Not Supported" Unsupported,
    0x013 KEY_VALUE_NOT_PRESENT "Key Value Not Present" Unsupported,
    0x014 ATTESTATION_REQUIRED "Attestation Required" Unauthenticated,
    0x015 ATTESTATION_FAILED "Attestation Failed" Unauthenticated,
    0x016 SENSITIVE "Sensitive" Denied,
    0x017 NOT_EXTRACTABLE "Not Extractable" Denied,
    0x018 OBJECT_ALREADY_EXISTS "Object Already Exists" AlreadyExists,
    0x01A USAGE_LIMIT_EXCEEDED "Usage Limit Exceeded" Quota,
    0x01F UNSUPPORTED_ATTRIBUTE "Unsupported Attribute" Unsupported,
    0x024 BAD_CRYPTOGRAPHIC_PARAMETERS "Bad Cryptographic Parameters" Unsupported,
    0x025 BAD_PASSWORD "Bad Password" Unauthenticated,
    0x026 CODEC_ERROR "Codec Error" Unsupported,
    0x029 INCOMPATIBLE_CRYPTOGRAPHIC_USAGE_MASK "Incompatible Cryptographic Usage Mask" Denied,
    0x02A INTERNAL_SERVER_ERROR "Internal Server Error" Unavailable,
    0x02C INVALID_ATTRIBUTE "Invalid Attribute" Unsupported,
    0x02D INVALID_ATTRIBUTE_VALUE "Invalid Attribute Value" Unsupported,
    0x030 INVALID_OBJECT_TYPE "Invalid Object Type" Unsupported,
    0x035 NON_UNIQUE_NAME_ATTRIBUTE "Non Unique Name Attribute" AlreadyExists,
    0x036 OBJECT_DESTROYED "Object Destroyed" NotFound,
    0x037 OBJECT_NOT_FOUND "Object Not Found" NotFound,
    0x039 NOT_AUTHORISED "Not Authorised" Denied,
    0x03A SERVER_LIMIT_EXCEEDED "Server Limit Exceeded" Quota,
    0x03E UNSUPPORTED_CRYPTOGRAPHIC_PARAMETERS "Unsupported Cryptographic Parameters" Unsupported,
    0x03F UNSUPPORTED_PROTOCOL_VERSION "Unsupported Protocol Version" Unsupported,
    0x043 WRONG_KEY_LIFECYCLE_STATE "Wrong Key Lifecycle State" NotActive,
    0x044 PROTECTION_STORAGE_UNAVAILABLE "Protection Storage Unavailable" Unavailable,
    0x100 GENERAL_FAILURE "General Failure" Unavailable,
}

impl Refusal {
    /// Whether the object is not there, or not any more.
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// What a caller can act on.
    pub(crate) fn kind(&self) -> ErrorKind {
        known(self.reason).map_or(ErrorKind::Unavailable, |(_, kind)| kind)
    }

    /// The error, with the server's reason and message in it.
    pub(crate) fn into_error(self) -> Error {
        let kind = self.kind();
        let operation = self.operation.as_deref().unwrap_or("a request");
        let reason = match known(self.reason) {
            Some((name, _)) => name.to_string(),
            None => format!("result reason 0x{:08X}", self.reason),
        };
        let native = match one_line(&self.message) {
            message if message.is_empty() => reason,
            message => format!("{reason}: {message}"),
        };
        Error::new(kind, format!("the KMIP server refused {operation}"), next(kind))
            .with_native(native)
    }
}

fn next(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => {
            "check that it is the right server, and that nobody removed the object"
        }
        ErrorKind::Unauthenticated => {
            "check the client certificate, and the credential if one is set"
        }
        ErrorKind::Denied => "let the server's operator give this client the right",
        ErrorKind::Unsupported => "see `strongroom kmip info` for what the server can do",
        ErrorKind::AlreadyExists => "use another name",
        ErrorKind::Quota => "let the server's operator raise the limit",
        ErrorKind::NotActive | ErrorKind::Conflict => "check the state of the object on the server",
        _ => "look into the server's log",
    }
}

/// A server's text as one line of bounded length.
pub(crate) fn one_line(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.chars().take(300).map(printable).collect();
    line.trim().to_string()
}
