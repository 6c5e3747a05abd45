//! What a server is and can do: what `strongroom kmip info` shows.

use strongroom_backend::Result;

use crate::enumerations::{Operation, QueryFunction, object_type_name, operation_name};
use crate::operations::{Queried, Query};
use crate::{KmipClient, ProtocolVersion, RootKeyUse};

/// What the server that answers first is and can do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KmipInfo {
    /// Its address.
    pub server: String,
    /// The version that is spoken with it.
    pub version: ProtocolVersion,
    /// What its maker calls it, where it tells.
    pub vendor: Option<String>,
    /// The operations that it has, in the words of the specification.
    pub operations: Vec<String>,
    /// The types of objects that it keeps. Empty where it does not tell.
    pub object_types: Vec<String>,
    /// How root keys could be used there: in the server if it can encrypt, or else fetched, which must
    /// be asked for. None where neither is possible.
    pub root_key_use: Option<RootKeyUse>,
    /// Whether it can keep payloads.
    pub keeps_payloads: bool,
}

impl KmipClient {
    /// Asks the server what it can do.
    pub fn info(&self) -> Result<KmipInfo> {
        let (server, version) = self.version()?;
        let told: Queried = self.ask(&Query {
            functions: &[
                QueryFunction::Operations,
                QueryFunction::Objects,
                QueryFunction::ServerInformation,
            ],
        })?;
        let has = |operation: Operation| told.operations.contains(&(operation as u32));
        let has_all = |all: &[Operation]| all.iter().all(|operation| has(*operation));
        let makes_keys = has_all(&[Operation::Create, Operation::Activate, Operation::Locate]);
        let encrypts = has_all(&[Operation::Encrypt, Operation::Decrypt]);
        let root_key_use = match makes_keys {
            true if encrypts && version >= ProtocolVersion::V1_4 => Some(RootKeyUse::InServer),
            true if has(Operation::Get) => Some(RootKeyUse::Fetched),
            _ => None,
        };
        Ok(KmipInfo {
            server,
            version,
            vendor: told.vendor.clone(),
            operations: told.operations.iter().map(|number| operation_name(*number)).collect(),
            object_types: told.object_types.iter().map(|n| object_type_name(*n)).collect(),
            root_key_use,
            keeps_payloads: has_all(&[
                Operation::Register,
                Operation::Locate,
                Operation::Get,
                Operation::GetAttributes,
                Operation::Activate,
                Operation::Revoke,
                Operation::Destroy,
            ]),
        })
    }
}
