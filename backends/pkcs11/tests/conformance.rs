//! The promises of key backends and backends, on real tokens.

use std::time::Duration;

use strongroom_backend::conformance::{self, Report};
use strongroom_backend::{Backend, ErrorKind, KeyBackend, Marker, RootKeyId, Severity, StoreId};
use strongroom_pkcs11::harness::{Nss, SoftHsm, TestToken, in_own_process};
use strongroom_pkcs11::{
    Choice, KeyLocation, ObjectKind, ObjectSettings, Pkcs11Keys, Pkcs11Objects, Token, TokenReport,
    TokenSettings,
};

/// Long enough for a token in software on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(test: &dyn TestToken) -> Token {
    test.enter();
    Token::open(TokenSettings { timeout: PATIENCE, ..test.settings() }).unwrap()
}

/// Shown with the result of the test.
#[allow(clippy::print_stdout)]
fn tell(line: &str) {
    println!("{line}");
}

/// What a backend does not promise that leaves project keys alone.
const OF_PLACEMENTS: [&str; 2] =
    ["a_payload_opens_at_its_own_place_only", "a_payload_opens_under_its_own_key_only"];
/// Runs the suite, and gives the worst finding of the check of a root key.
fn root_keys(test: &dyn TestToken, location: KeyLocation) -> (Report, Severity) {
    let root = RootKeyId::new("root-1").unwrap();
    let keys = Pkcs11Keys::create(open(test), &root, location).unwrap();
    let report = conformance::key_backend(&keys);
    report.require();
    let findings = keys.check_root_key(&root).unwrap();
    for finding in &findings {
        tell(&format!("{}: {}: {}", test.name(), finding.severity, finding.message));
    }
    (report, findings.iter().map(|finding| finding.severity).max().unwrap())
}

fn objects(test: &dyn TestToken, kind: ObjectKind) -> usize {
    let settings = ObjectSettings { kind, ..ObjectSettings::default() };
    let objects = Pkcs11Objects::open(open(test), settings).unwrap();
    let report = conformance::backend(&objects);
    report.require();
    assert_eq!(report.skipped(), OF_PLACEMENTS);
    objects.capabilities().payload_limit
}

#[test]
fn root_keys_of_softhsm_keep_every_promise() {
    in_own_process("root_keys_of_softhsm_keep_every_promise", || {
        let (report, worst) = root_keys(&SoftHsm::start(), KeyLocation::Envelope);
        assert!(report.skipped().is_empty(), "nothing is left out");
        assert_eq!(worst, Severity::Ok);
    });
}

#[test]
fn root_keys_of_softhsm_for_the_device_keep_every_promise() {
    in_own_process("root_keys_of_softhsm_for_the_device_keep_every_promise", || {
        let (report, worst) = root_keys(&SoftHsm::start(), KeyLocation::Device);
        assert!(report.skipped().is_empty(), "nothing is left out");
        assert_eq!(worst, Severity::Ok);
    });
}

#[test]
fn data_objects_of_softhsm_keep_every_promise() {
    in_own_process("data_objects_of_softhsm_keep_every_promise", || {
        assert_eq!(objects(&SoftHsm::start(), ObjectKind::Data), 1 << 20);
    });
}

#[test]
fn secret_keys_of_softhsm_keep_every_promise() {
    in_own_process("secret_keys_of_softhsm_keep_every_promise", || {
        assert_eq!(objects(&SoftHsm::start(), ObjectKind::SecretKey), 1 << 20);
    });
}

#[test]
fn root_keys_of_nss_keep_every_promise() {
    in_own_process("root_keys_of_nss_keep_every_promise", || {
        let (report, _) = root_keys(&Nss::start(), KeyLocation::Envelope);
        assert!(report.skipped().is_empty(), "nothing is left out");
    });
}

#[test]
fn root_keys_of_nss_for_the_device_keep_every_promise() {
    in_own_process("root_keys_of_nss_for_the_device_keep_every_promise", || {
        let (report, _) = root_keys(&Nss::start(), KeyLocation::Device);
        assert!(report.skipped().is_empty(), "nothing is left out");
    });
}

#[test]
fn nss_says_that_it_keeps_no_payloads() {
    in_own_process("nss_says_that_it_keeps_no_payloads", || {
        let nss = Nss::start();
        let token = open(&nss);
        for kind in [ObjectKind::Data, ObjectKind::SecretKey] {
            let settings = ObjectSettings { kind, ..ObjectSettings::default() };
            let objects = Pkcs11Objects::open(token.clone(), settings).unwrap();
            let marker = Marker { store: StoreId::random().unwrap(), epoch: 1 };
            let error = objects.set_marker(None, marker).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_eq!(objects.marker().unwrap(), None, "nothing stayed behind");
        }
    });
}

#[test]
fn a_token_is_described_with_what_would_be_chosen() {
    in_own_process("a_token_is_described_with_what_would_be_chosen", || {
        let soft = SoftHsm::start();
        let report = TokenReport::of(&open(&soft)).unwrap();
        assert_eq!(report.label, SoftHsm::LABEL);
        assert!(report.flags.iter().any(|flag| flag == "login required"), "{report:?}");
        let gcm = report.mechanisms.iter().find(|m| m.name == "CKM_AES_GCM").unwrap();
        assert!(gcm.used && gcm.largest_key >= 32, "{gcm:?}");
        let chosen = |choice: &Choice| choice.mechanism.clone().unwrap();
        assert_eq!(chosen(&report.wrapping), "AES-256-GCM (CKM_AES_GCM)");
        assert_eq!(chosen(&report.device), "CKM_AES_KEY_WRAP and AES-256-GCM");
    });
}
