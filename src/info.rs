//! What operations tell.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use strongroom_backend::{ProjectId, SecretBytes, SecretId};

use crate::{ProjectState, SecretType, State, Timestamp};

/// What a put has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PutReceipt {
    /// The number of the new version.
    pub version: u32,
    /// Whether the project was made for it.
    pub created_project: bool,
    /// The secret's id.
    #[serde(serialize_with = "as_text")]
    pub secret_id: SecretId,
}

/// A payload, and what belongs to it.
#[derive(Debug)]
pub struct Fetched {
    /// The payload.
    pub payload: SecretBytes,
    /// The number of its version.
    pub version: u32,
    /// What the secret is.
    pub secret_type: SecretType,
    /// The media type that it was given.
    pub content_type: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items, in the order of the bytes of their names.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; nothing when this is the last.
    pub next: Option<String>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretInfo {
    /// Its id; a name that is used again after an erase gets a new one.
    #[serde(serialize_with = "as_text")]
    pub id: SecretId,
    /// The name of its project.
    pub project: String,
    /// Its name in the project.
    pub name: String,
    /// What it is.
    pub secret_type: SecretType,
    /// The media type that it was given.
    pub content_type: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The number of the current version: the newest active one.
    pub current: Option<u32>,
    /// The number of the newest version.
    pub newest: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it, or one of its versions, was changed last.
    pub updated_at: Timestamp,
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionInfo {
    /// Its number, from 1.
    pub number: u32,
    /// Its state now, its dates applied.
    pub state: State,
    /// Whether it is deactivated by its expiry date alone.
    pub expired: bool,
    /// The payload's length in bytes.
    pub size: u32,
    /// The generation of the project key that protects the payload.
    pub generation: u32,
    /// When it was put.
    pub created_at: Timestamp,
    /// When it becomes, or became, active, if it was not at once.
    pub activates_at: Option<Timestamp>,
    /// When it expires, or has.
    pub expires_at: Option<Timestamp>,
    /// When it was deactivated.
    pub deactivated_at: Option<Timestamp>,
    /// When it was marked as compromised.
    pub compromised_at: Option<Timestamp>,
    /// When it was destroyed.
    pub destroyed_at: Option<Timestamp>,
    /// Whether it was destroyed and its bytes are not gone yet.
    pub pending_destroy: bool,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectInfo {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The backend that keeps its payloads.
    pub backend: String,
    /// The generation of its key that protects new payloads.
    pub generation: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its state.
    pub state: ProjectState,
    /// How many secrets it has.
    pub secrets: u64,
}

fn as_text<T: ToString, S: Serializer>(id: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&id.to_string())
}
