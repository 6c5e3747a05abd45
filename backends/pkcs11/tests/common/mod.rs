//! What Strongroom does with a token, whatever it can.

use std::time::Duration;

use strongroom_backend::conformance::{self, Report};
use strongroom_backend::{
    ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, Severity, StoreId,
    WrapContext,
};
use strongroom_pkcs11::harness::TestToken;
use strongroom_pkcs11::{KeyLocation, Pkcs11Keys, Token, TokenReport, TokenSettings};

/// What a token turned out to be good for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What wraps the keys of a store.
    pub(crate) root: Root,
    /// Whether it can keep project keys and encrypt payloads.
    pub(crate) device: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Root {
    AesGcm,
    RsaOaep,
}

/// Has a token keep every promise of each shape that it is able to take.
pub(crate) fn keeps_every_promise(test: &dyn TestToken) -> Found {
    let token = open(test);
    let found = Found { root: root_keys(&token), device: device(&token) };
    tell(&format!("{}: {found:?}", test.name()));
    found
}

/// What a store asks of a token on every day: two root keys, and what they wrap comes back.
#[allow(dead_code, reason = "some files have no token that can do only this")]
pub(crate) fn wraps_and_unwraps(test: &dyn TestToken) -> Found {
    let token = open(test);
    let context = WrapContext {
        store: StoreId::from_bytes([1; 16]),
        project: ProjectId::from_bytes([2; 16]),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    };
    let roots = ["root-1", "root-2"].map(|id| RootKeyId::new(id).unwrap());
    let keys = Pkcs11Keys::create(token.clone(), &roots[0], KeyLocation::Envelope).unwrap();
    keys.create_root_key(&roots[1]).unwrap();
    assert_eq!(keys.root_keys().unwrap(), roots);
    for root in &roots {
        let key = SecretBytes::random(32).unwrap();
        let wrapped = keys.wrap(root, &key, &context).unwrap();
        assert_ne!(wrapped, keys.wrap(root, &key, &context).unwrap());
        assert!(keys.unwrap(root, &wrapped, &context).unwrap().equals(&key));
    }
    let missing = RootKeyId::new("missing").unwrap();
    let error = keys.unwrap(&missing, &[0; 64], &context).unwrap_err();
    tell(&format!("{error}"));
    // The keys are still there for the next one who comes.
    drop(keys);
    drop(token);
    let token = open(test);
    let again = Pkcs11Keys::open(token.clone(), KeyLocation::Envelope).unwrap();
    assert_eq!(again.root_keys().unwrap(), roots);
    Found { root: kind_of_root(&token, &again), device: device(&token) }
}

fn kind_of_root(token: &Token, keys: &Pkcs11Keys) -> Root {
    if keys.binds_context() {
        return Root::AesGcm;
    }
    let chosen = TokenReport::of(token).unwrap().wrapping.mechanism.unwrap();
    assert!(chosen.starts_with("RSA-3072 with OAEP"), "{chosen}");
    Root::RsaOaep
}

fn open(test: &dyn TestToken) -> Token {
    test.enter();
    // To make an RSA key takes seconds, and many more on a busy machine.
    let settings = TokenSettings { timeout: Duration::from_secs(120), ..test.settings() };
    let token = Token::open(settings).unwrap_or_else(|e| panic!("{}: {e}", test.name()));
    let info = token.token_info().unwrap();
    let (maker, model, version) = (info.manufacturer_id(), info.model(), info.firmware_version());
    tell(&format!("{}: {maker}, {model}, firmware {version}", test.name()));
    token
}

fn root_keys(token: &Token) -> Root {
    let root = RootKeyId::new("envelope").unwrap();
    let keys = Pkcs11Keys::create(token.clone(), &root, KeyLocation::Envelope).unwrap();
    for finding in keys.check_root_key(&root).unwrap() {
        tell(&format!("{finding:?}"));
        assert_ne!(finding.severity, Severity::Error);
    }
    let report = conformance::key_backend(&keys);
    let kind = kind_of_root(token, &keys);
    match kind {
        Root::AesGcm => require(&report, 12, &[]),
        Root::RsaOaep => require(&report, 11, &["a_wrapped_key_opens_in_its_own_context_only"]),
    }
    kind
}

fn device(token: &Token) -> bool {
    let roots = ["device-1", "device-2"].map(|id| RootKeyId::new(id).unwrap());
    let keys = match Pkcs11Keys::create(token.clone(), &roots[0], KeyLocation::Device) {
        Ok(keys) => keys,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            tell(&format!("{error}"));
            return false;
        }
    };
    keys.create_root_key(&roots[1]).unwrap();
    let cipher = keys.device().unwrap();
    require(&conformance::device(&keys, &cipher, roots.each_ref()), 8, &[]);
    true
}

/// So many checks as the table says; nothing may be left out but this.
fn require(report: &Report, passed: usize, skipped: &[&str]) {
    report.require();
    assert_eq!(report.passed().len(), passed);
    assert_eq!(report.skipped(), skipped);
}

/// Shown with the result of the test.
#[allow(clippy::print_stdout)]
fn tell(line: &str) {
    println!("{line}");
}
