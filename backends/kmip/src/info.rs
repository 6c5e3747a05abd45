//! What a server is and can do: what `strongroom kmip info` shows.

use strongroom_backend::Result;

use crate::capabilities::{FOR_PAYLOADS, FOR_ROOT_KEYS};
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
        let answered = self.query(&Query {
            functions: &[
                QueryFunction::Operations,
                QueryFunction::Objects,
                QueryFunction::ServerInformation,
            ],
        })?;
        let told = answered.response.answer::<Query<'_>>(0)?;
        Ok(KmipInfo {
            server: self.address(&answered),
            version: answered.version,
            root_key_use: root_key_use(&told, answered.version),
            keeps_payloads: told.has(&FOR_PAYLOADS),
            operations: told.operations.iter().map(|number| operation_name(*number)).collect(),
            object_types: told.object_types.iter().map(|n| object_type_name(*n)).collect(),
            vendor: told.vendor,
        })
    }
}

fn root_key_use(told: &Queried, version: ProtocolVersion) -> Option<RootKeyUse> {
    if !told.has(&FOR_ROOT_KEYS) {
        return None;
    }
    let encrypts = told.has(&[Operation::Encrypt, Operation::Decrypt]);
    if encrypts && version >= ProtocolVersion::V1_4 {
        return Some(RootKeyUse::InServer);
    }
    told.has(&[Operation::Get]).then_some(RootKeyUse::Fetched)
}
