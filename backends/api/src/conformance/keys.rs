//! Wrapping and unwrapping.

use super::report::{Ending, Outcome, ensure, refused};
use super::threads::at_once;
use crate::{
    Error, ErrorKind, KeyBackend, KeyPurpose, ProjectId, Result, RootKeyId, SecretBytes, Severity,
    StoreId, WrapContext, random_bytes,
};

/// A root key that only this check knows.
fn new_root(keys: &dyn KeyBackend) -> Result<RootKeyId> {
    let id = unused_id()?;
    keys.create_root_key(&id)?;
    Ok(id)
}

fn unused_id() -> Result<RootKeyId> {
    RootKeyId::new(format!("conformance-{:032x}", u128::from_be_bytes(random_bytes()?)))
}

fn context() -> Result<WrapContext> {
    Ok(WrapContext {
        store: StoreId::random()?,
        project: ProjectId::random()?,
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    })
}

pub(super) fn a_wrapped_key_comes_back(keys: &dyn KeyBackend) -> Outcome {
    let root = new_root(keys)?;
    let context = context()?;
    for context in [
        context,
        WrapContext { generation: u32::MAX, ..context },
        WrapContext { project: ProjectId::STORE, purpose: KeyPurpose::StoreKey, ..context },
        WrapContext { project: ProjectId::STORE, purpose: KeyPurpose::CheckValue, ..context },
    ] {
        for key in [SecretBytes::random(32)?, SecretBytes::zeroed(32)?] {
            let blob = keys.wrap(&root, &key, &context)?;
            let unwrapped = keys.unwrap(&root, &blob, &context)?;
            ensure!(unwrapped.equals(&key), "another key came back");
        }
    }
    Ok(())
}

pub(super) fn wrapping_twice_gives_different_bytes(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let key = SecretBytes::random(32)?;
    let (one, other) = (keys.wrap(&root, &key, &context)?, keys.wrap(&root, &key, &context)?);
    ensure!(one != other, "the same key was wrapped into the same bytes");
    Ok(())
}

pub(super) fn a_wrapped_key_does_not_show(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let key = SecretBytes::random(32)?;
    let blob = keys.wrap(&root, &key, &context)?;
    let shows = key.windows(8).any(|part| blob.windows(8).any(|found| found == part));
    ensure!(!shows, "the blob holds a part of the key as it is");
    Ok(())
}

pub(super) fn a_wrapped_key_opens_in_its_own_context_only(keys: &dyn KeyBackend) -> Outcome {
    if !keys.binds_context() {
        let why = "the key backend declares that it does not bind contexts";
        return Err(Ending::Skipped(why.into()));
    }
    let (root, right, other) = (new_root(keys)?, context()?, context()?);
    let blob = keys.wrap(&root, &SecretBytes::random(32)?, &right)?;
    for (what, wrong) in [
        ("another store", WrapContext { store: other.store, ..right }),
        ("another project", WrapContext { project: other.project, ..right }),
        ("another generation", WrapContext { generation: 2, ..right }),
        ("another purpose", WrapContext { purpose: KeyPurpose::StoreKey, ..right }),
    ] {
        refused(keys.unwrap(&root, &blob, &wrong), ErrorKind::Corrupt, what)?;
    }
    Ok(())
}

pub(super) fn a_wrapped_key_opens_under_its_own_root_key_only(keys: &dyn KeyBackend) -> Outcome {
    let (root, other, context) = (new_root(keys)?, new_root(keys)?, context()?);
    let blob = keys.wrap(&root, &SecretBytes::random(32)?, &context)?;
    let unwrapped = keys.unwrap(&other, &blob, &context);
    refused(unwrapped, ErrorKind::Corrupt, "unwrapping with another root key")
}

pub(super) fn an_altered_blob_does_not_open(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let blob = keys.wrap(&root, &SecretBytes::random(32)?, &context)?;
    for at in 0..blob.len() {
        let mut altered = blob.clone();
        altered[at] ^= 1;
        let unwrapped = keys.unwrap(&root, &altered, &context);
        damaged(unwrapped, format!("byte {at} of {} altered", blob.len()))?;
    }
    Ok(())
}

pub(super) fn a_cut_blob_does_not_open(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let blob = keys.wrap(&root, &SecretBytes::random(32)?, &context)?;
    for len in 0..blob.len() {
        let unwrapped = keys.unwrap(&root, &blob[..len], &context);
        damaged(unwrapped, format!("cut to {len} of {} bytes", blob.len()))?;
    }
    let longer = [&blob[..], &[0]].concat();
    damaged(keys.unwrap(&root, &longer, &context), "a byte too long".into())
}

/// Like `refused`, but a blob that describes itself may also look like a newer one.
fn damaged(unwrapped: Result<SecretBytes>, what: String) -> Outcome {
    let newer = |e: &Error| e.kind() == ErrorKind::Unsupported;
    if unwrapped.as_ref().is_err_and(newer) {
        return Ok(());
    }
    refused(unwrapped, ErrorKind::Corrupt, what)
}

pub(super) fn a_missing_root_key_is_not_found(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let blob = keys.wrap(&root, &SecretBytes::random(32)?, &context)?;
    let unwrapped = keys.unwrap(&unused_id()?, &blob, &context);
    refused(unwrapped, ErrorKind::NotFound, "unwrapping with a root key that is not there")
}

pub(super) fn root_keys_are_listed_sorted(keys: &dyn KeyBackend) -> Outcome {
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(new_root(keys)?);
    }
    let listed = keys.root_keys()?;
    ensure!(listed.windows(2).all(|pair| pair[0] < pair[1]), "root keys are not listed sorted");
    ensure!(made.iter().all(|id| listed.contains(id)), "a new root key is not listed");
    ensure!(!listed.contains(&unused_id()?), "a root key that does not exist is listed");
    Ok(())
}

pub(super) fn a_root_key_is_never_replaced(keys: &dyn KeyBackend) -> Outcome {
    let (root, context) = (new_root(keys)?, context()?);
    let key = SecretBytes::random(32)?;
    let blob = keys.wrap(&root, &key, &context)?;
    let again = keys.create_root_key(&root);
    refused(again, ErrorKind::AlreadyExists, "making a root key under an id that is taken")?;
    let unwrapped = keys.unwrap(&root, &blob, &context)?;
    ensure!(unwrapped.equals(&key), "the root key was replaced");
    Ok(())
}

pub(super) fn many_threads_wrap_and_unwrap(keys: &dyn KeyBackend) -> Outcome {
    let root = new_root(keys)?;
    at_once(|thread| {
        for _ in 0..20 {
            let (key, context) = (SecretBytes::random(32)?, context()?);
            let blob = keys.wrap(&root, &key, &context)?;
            let unwrapped = keys.unwrap(&root, &blob, &context)?;
            ensure!(unwrapped.equals(&key), "thread {thread} got another key");
        }
        Ok(())
    })
}

pub(super) fn key_health_finds_nothing_wrong(keys: &dyn KeyBackend) -> Outcome {
    let findings = keys.health();
    ensure!(!findings.is_empty(), "health has no findings");
    for finding in findings {
        ensure!(finding.severity != Severity::Error, "{}: {}", finding.part, finding.message);
    }
    Ok(())
}
