//! What a server says that it can do. Each is asked once, and not before it matters.
//!
//! A server that does not tell is taken to be able to do everything: what it cannot do, it refuses.

use strongroom_backend::{Error, ErrorKind, Result};

use crate::KmipClient;
use crate::client::AnsweredBy;
use crate::enumerations::{ObjectType, Operation, QueryFunction, operation_name};
use crate::failure::Effect;
use crate::message::AfterFailure;
use crate::objects::Objects;
use crate::operations::{Queried, Query};

/// What payloads and the marker need.
pub(crate) const FOR_PAYLOADS: [Operation; 7] = [
    Operation::Register,
    Operation::Locate,
    Operation::Get,
    Operation::GetAttributes,
    Operation::Activate,
    Operation::Revoke,
    Operation::Destroy,
];
/// What the making of a root key needs.
pub(crate) const FOR_ROOT_KEYS: [Operation; 4] =
    [Operation::Create, Operation::Activate, Operation::Locate, Operation::GetAttributes];

impl Queried {
    /// Whether the server has all of these operations.
    pub(crate) fn has(&self, operations: &[Operation]) -> bool {
        operations.iter().all(|operation| self.operations.contains(&(*operation as u32)))
    }
}

impl KmipClient {
    /// `Unsupported` when the server says that it lacks one of these operations. `next` is what to do
    /// then.
    pub(crate) fn require(&self, operations: &[Operation], next: &'static str) -> Result<()> {
        let told = self.told()?;
        let absent: Vec<String> = operations
            .iter()
            .filter(|operation| !told.operations.is_empty() && !told.has(&[**operation]))
            .map(|operation| operation_name(*operation as u32))
            .collect();
        if absent.is_empty() {
            return Ok(());
        }
        let what = format!("the KMIP server does not have what this needs: {}", absent.join(", "));
        Err(Error::new(ErrorKind::Unsupported, what, next))
    }

    fn keeps(&self, object_type: ObjectType) -> Result<bool> {
        let told = self.told()?;
        Ok(told.object_types.is_empty() || told.object_types.contains(&(object_type as u32)))
    }

    fn told(&self) -> Result<Queried> {
        if let Some(told) = self.told_by_the_next() {
            return Ok(told);
        }
        let functions = &[QueryFunction::Operations, QueryFunction::Objects];
        let answered = self.query(&Query { functions })?;
        // A server that does not answer Query is not asked again.
        let told = answered.response.answer::<Query<'_>>(0).unwrap_or_default();
        self.remember(&answered, &told);
        Ok(told)
    }

    pub(crate) fn query(&self, query: &Query<'_>) -> Result<AnsweredBy> {
        self.batch_from(&[query], AfterFailure::Stop, Effect::Nothing)
    }
}

impl Objects {
    /// The type that an object has on the server: Secret Data where the server says that it does not keep
    /// objects of this one.
    pub(crate) fn kept_as(&self, object_type: ObjectType) -> Result<ObjectType> {
        if object_type == ObjectType::SecretData || self.client.keeps(object_type)? {
            return Ok(object_type);
        }
        Ok(ObjectType::SecretData)
    }
}
