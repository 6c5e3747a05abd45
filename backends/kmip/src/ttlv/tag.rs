//! The tags that we write or look for (KMIP 1.4 section 9.1.3.1).

use std::fmt;

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tag {
    /// Of the last three bytes.
    pub(crate) const fn new(number: u32) -> Tag {
        Tag(number & 0xFF_FFFF)
    }

    /// The number, of three bytes.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

macro_rules! tags {
    ($($name:ident = $number:literal $text:literal,)*) => {
        impl Tag {
            $(pub(crate) const $name: Tag = Tag($number);)*
        }

        impl fmt::Display for Tag {
            /// The name in the specification, or the number.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($number => f.write_str($text),)*
                    unknown => write!(f, "tag 0x{unknown:06X}"),
                }
            }
        }
    };
}

tags! {
    APPLICATION_DATA = 0x42_0002 "Application Data",
    APPLICATION_NAMESPACE = 0x42_0003 "Application Namespace",
    APPLICATION_SPECIFIC_INFORMATION = 0x42_0004 "Application Specific Information",
    ATTRIBUTE = 0x42_0008 "Attribute",
    ATTRIBUTE_NAME = 0x42_000A "Attribute Name",
    ATTRIBUTE_VALUE = 0x42_000B "Attribute Value",
    AUTHENTICATION = 0x42_000C "Authentication",
    BATCH_COUNT = 0x42_000D "Batch Count",
    BATCH_ERROR_CONTINUATION_OPTION = 0x42_000E "Batch Error Continuation Option",
    BATCH_ITEM = 0x42_000F "Batch Item",
    BATCH_ORDER_OPTION = 0x42_0010 "Batch Order Option",
    BLOCK_CIPHER_MODE = 0x42_0011 "Block Cipher Mode",
    CERTIFICATE = 0x42_0013 "Certificate",
    CERTIFICATE_TYPE = 0x42_001D "Certificate Type",
    CERTIFICATE_VALUE = 0x42_001E "Certificate Value",
    COMPROMISE_OCCURRENCE_DATE = 0x42_0021 "Compromise Occurrence Date",
    CREDENTIAL = 0x42_0023 "Credential",
    CREDENTIAL_TYPE = 0x42_0024 "Credential Type",
    CREDENTIAL_VALUE = 0x42_0025 "Credential Value",
    CRYPTOGRAPHIC_ALGORITHM = 0x42_0028 "Cryptographic Algorithm",
    CRYPTOGRAPHIC_LENGTH = 0x42_002A "Cryptographic Length",
    CRYPTOGRAPHIC_PARAMETERS = 0x42_002B "Cryptographic Parameters",
    CRYPTOGRAPHIC_USAGE_MASK = 0x42_002C "Cryptographic Usage Mask",
    INITIAL_DATE = 0x42_0039 "Initial Date",
    IV_COUNTER_NONCE = 0x42_003D "IV/Counter/Nonce",
    KEY_BLOCK = 0x42_0040 "Key Block",
    KEY_FORMAT_TYPE = 0x42_0042 "Key Format Type",
    KEY_MATERIAL = 0x42_0043 "Key Material",
    KEY_VALUE = 0x42_0045 "Key Value",
    KEY_WRAPPING_DATA = 0x42_0046 "Key Wrapping Data",
    MAXIMUM_ITEMS = 0x42_004F "Maximum Items",
    MAXIMUM_RESPONSE_SIZE = 0x42_0050 "Maximum Response Size",
    NAME = 0x42_0053 "Name",
    NAME_TYPE = 0x42_0054 "Name Type",
    NAME_VALUE = 0x42_0055 "Name Value",
    OBJECT_GROUP = 0x42_0056 "Object Group",
    OBJECT_TYPE = 0x42_0057 "Object Type",
    OPAQUE_DATA_TYPE = 0x42_0059 "Opaque Data Type",
    OPAQUE_DATA_VALUE = 0x42_005A "Opaque Data Value",
    OPAQUE_OBJECT = 0x42_005B "Opaque Object",
    OPERATION = 0x42_005C "Operation",
    PRIVATE_KEY = 0x42_0064 "Private Key",
    PROTOCOL_VERSION = 0x42_0069 "Protocol Version",
    PROTOCOL_VERSION_MAJOR = 0x42_006A "Protocol Version Major",
    PROTOCOL_VERSION_MINOR = 0x42_006B "Protocol Version Minor",
    PUBLIC_KEY = 0x42_006D "Public Key",
    QUERY_FUNCTION = 0x42_0074 "Query Function",
    REQUEST_HEADER = 0x42_0077 "Request Header",
    REQUEST_MESSAGE = 0x42_0078 "Request Message",
    REQUEST_PAYLOAD = 0x42_0079 "Request Payload",
    RESPONSE_HEADER = 0x42_007A "Response Header",
    RESPONSE_MESSAGE = 0x42_007B "Response Message",
    RESPONSE_PAYLOAD = 0x42_007C "Response Payload",
    RESULT_MESSAGE = 0x42_007D "Result Message",
    RESULT_REASON = 0x42_007E "Result Reason",
    RESULT_STATUS = 0x42_007F "Result Status",
    REVOCATION_REASON = 0x42_0081 "Revocation Reason",
    REVOCATION_REASON_CODE = 0x42_0082 "Revocation Reason Code",
    SECRET_DATA = 0x42_0085 "Secret Data",
    SECRET_DATA_TYPE = 0x42_0086 "Secret Data Type",
    STATE = 0x42_008D "State",
    SYMMETRIC_KEY = 0x42_008F "Symmetric Key",
    TEMPLATE_ATTRIBUTE = 0x42_0091 "Template-Attribute",
    UNIQUE_BATCH_ITEM_ID = 0x42_0093 "Unique Batch Item ID",
    UNIQUE_IDENTIFIER = 0x42_0094 "Unique Identifier",
    USERNAME = 0x42_0099 "Username",
    VENDOR_IDENTIFICATION = 0x42_009D "Vendor Identification",
    PASSWORD = 0x42_00A1 "Password",
    DATA = 0x42_00C2 "Data",
    TAG_LENGTH = 0x42_00CE "Tag Length",
    OFFSET_ITEMS = 0x42_00D4 "Offset Items",
    LOCATED_ITEMS = 0x42_00D5 "Located Items",
    AUTHENTICATED_ENCRYPTION_TAG = 0x42_00FF "Authenticated Encryption Tag",
    SENSITIVE = 0x42_0120 "Sensitive",
    EXTRACTABLE = 0x42_0122 "Extractable",
    ATTRIBUTES = 0x42_0125 "Attributes",
    ATTRIBUTE_REFERENCE = 0x42_013B "Attribute Reference",
}
