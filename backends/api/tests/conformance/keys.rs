use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread::{ThreadId, current};

use strongroom_backend::{
    Error, ErrorKind, Health, KeyBackend, Result, RootKeyId, SecretBytes, WrapContext, conformance,
    random_bytes,
};

/// What a key backend does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    GivesAnotherKey,
    WrapsAlike,
    ShowsTheKey,
    IgnoresContexts,
    IgnoresRoots,
    IgnoresAlterations,
    IgnoresCuts,
    MistakesMissingRoots,
    ListsUnsorted,
    ReplacesRoots,
    ServesOneThread,
    IsUnwell,
}

/// Wraps a key by remembering it under random bytes, as a key manager behind a network does.
struct Tickets {
    fault: Fault,
    binds: bool,
    roots: Mutex<Vec<RootKeyId>>,
    wrapped: Mutex<BTreeMap<Vec<u8>, Wrapped>>,
    home: ThreadId,
}

struct Wrapped {
    root: RootKeyId,
    context: [u8; 37],
    key: Vec<u8>,
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "refused", "try something else")
}

impl Tickets {
    fn with(fault: Fault) -> Tickets {
        Tickets {
            fault,
            binds: true,
            roots: Mutex::default(),
            wrapped: Mutex::default(),
            home: current().id(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

impl KeyBackend for Tickets {
    fn kind(&self) -> &'static str {
        "tickets"
    }

    fn binds_context(&self) -> bool {
        self.binds
    }

    fn root_keys(&self) -> Result<Vec<RootKeyId>> {
        let mut roots = self.roots.lock().unwrap().clone();
        roots.sort();
        if self.has(Fault::ListsUnsorted) {
            roots.reverse();
        }
        Ok(roots)
    }

    fn create_root_key(&self, id: &RootKeyId) -> Result<()> {
        let mut roots = self.roots.lock().unwrap();
        if !roots.contains(id) {
            roots.push(id.clone());
            return Ok(());
        }
        if self.has(Fault::ReplacesRoots) {
            self.wrapped.lock().unwrap().retain(|_, wrapped| wrapped.root != *id);
            return Ok(());
        }
        Err(error(ErrorKind::AlreadyExists))
    }

    fn wrap(&self, root: &RootKeyId, key: &SecretBytes, context: &WrapContext) -> Result<Vec<u8>> {
        if !self.roots.lock().unwrap().contains(root) {
            return Err(error(ErrorKind::NotFound));
        }
        let mut ticket = random_bytes::<24>()?.to_vec();
        if self.has(Fault::WrapsAlike) {
            ticket = key.iter().take(24).map(|b| b ^ 0x5A).collect();
        }
        if self.has(Fault::ShowsTheKey) {
            ticket[..16].copy_from_slice(&key[..16]);
        }
        let wrapped =
            Wrapped { root: root.clone(), context: context.to_bytes(), key: key.to_vec() };
        let mut all = self.wrapped.lock().unwrap();
        if self.has(Fault::ServesOneThread) && current().id() != self.home {
            return Err(error(ErrorKind::Unavailable));
        }
        all.insert(ticket.clone(), wrapped);
        Ok(ticket)
    }

    fn unwrap(&self, root: &RootKeyId, blob: &[u8], context: &WrapContext) -> Result<SecretBytes> {
        let known = self.roots.lock().unwrap().contains(root);
        if !known {
            let mistaken = self.has(Fault::MistakesMissingRoots);
            return Err(error(if mistaken { ErrorKind::Corrupt } else { ErrorKind::NotFound }));
        }
        let all = self.wrapped.lock().unwrap();
        let alike = |ticket: &[u8]| match self.fault {
            Fault::IgnoresAlterations => ticket.len() == blob.len() && ticket[..16] == blob[..16],
            Fault::IgnoresCuts => blob.len() >= 16 && ticket.starts_with(&blob[..16]),
            _ => ticket == blob,
        };
        let found = all.iter().find(|(ticket, _)| alike(ticket)).map(|(_, wrapped)| wrapped);
        let found = found.ok_or_else(|| error(ErrorKind::Corrupt))?;
        let root = found.root == *root || self.has(Fault::IgnoresRoots);
        let bound = self.binds && !self.has(Fault::IgnoresContexts);
        if !root || (bound && found.context != context.to_bytes()) {
            return Err(error(ErrorKind::Corrupt));
        }
        if self.has(Fault::GivesAnotherKey) {
            return SecretBytes::copy_of(&all.values().next().unwrap().key);
        }
        SecretBytes::copy_of(&found.key)
    }

    fn health(&self) -> Vec<Health> {
        if self.has(Fault::IsUnwell) {
            return Vec::new();
        }
        vec![Health::ok("tickets", "works")]
    }
}

#[test]
fn a_key_backend_that_keeps_every_promise_passes() {
    let report = conformance::key_backend(&Tickets::with(Fault::None));
    report.require();
    assert!(report.skipped().is_empty());
    assert!(report.passed().len() >= 12);
}

#[test]
fn a_key_backend_without_contexts_is_not_asked_for_them() {
    let report = conformance::key_backend(&Tickets { binds: false, ..Tickets::with(Fault::None) });
    report.require();
    assert_eq!(report.skipped(), ["a_wrapped_key_opens_in_its_own_context_only"]);
}

#[test]
fn each_broken_key_backend_fails_at_the_promise_that_it_breaks() {
    for (fault, check) in [
        (Fault::GivesAnotherKey, "a_wrapped_key_comes_back"),
        (Fault::WrapsAlike, "wrapping_twice_gives_different_bytes"),
        (Fault::ShowsTheKey, "a_wrapped_key_does_not_show"),
        (Fault::IgnoresContexts, "a_wrapped_key_opens_in_its_own_context_only"),
        (Fault::IgnoresRoots, "a_wrapped_key_opens_under_its_own_root_key_only"),
        (Fault::IgnoresAlterations, "an_altered_blob_does_not_open"),
        (Fault::IgnoresCuts, "a_cut_blob_does_not_open"),
        (Fault::MistakesMissingRoots, "a_missing_root_key_is_not_found"),
        (Fault::ListsUnsorted, "root_keys_are_listed_sorted"),
        (Fault::ReplacesRoots, "a_root_key_is_never_replaced"),
        (Fault::ServesOneThread, "many_threads_wrap_and_unwrap"),
        (Fault::IsUnwell, "key_health_finds_nothing_wrong"),
    ] {
        let report = conformance::key_backend(&Tickets::with(fault));
        assert!(report.failed().contains(&check), "{check}:\n{report}");
        assert!(report.passed().len() > 4, "{check}: one fault, but almost all failed\n{report}");
    }
}
