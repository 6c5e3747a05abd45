//! Servers that want a username and a password beside the certificate.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use strongroom_kmip::CredentialSource;

use super::kmip::{OPERATION_NOT_SUPPORTED, Said, operation};
use super::{Site, objects, store};

#[test]
fn every_request_has_the_credential_that_was_configured() {
    let site = Site::new();
    let password_file = site.folder.path().join("password");
    std::fs::write(&password_file, "correct horse\n").unwrap();
    std::fs::set_permissions(&password_file, PermissionsExt::from_mode(0o600)).unwrap();
    let source = CredentialSource { username: "backup".into(), password_file };
    let whole = ("backup".to_owned(), "correct horse".to_owned());
    for (credential, expected) in [(Some(source), Some(whole)), (None, None)] {
        let seen = Arc::new(Mutex::new(BTreeMap::new()));
        let all = seen.clone();
        let (_server, mut settings) = site.answered(move |asked| {
            all.lock().unwrap().insert(asked.operation, asked.credential());
            match asked.operation {
                operation::DISCOVER_VERSIONS => Said::Refused(OPERATION_NOT_SUPPORTED),
                _ => Said::Done(&["57"]),
            }
        });
        settings.version = None;
        settings.credential = credential;
        store(&objects(settings)).unwrap();
        let seen = seen.lock().unwrap();
        for asked in [operation::DISCOVER_VERSIONS, operation::REGISTER, operation::ACTIVATE] {
            assert_eq!(seen[&asked], expected, "{asked:#x}");
        }
    }
}
