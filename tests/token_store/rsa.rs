//! Root keys of RSA, under which anybody with their public half can wrap.

use std::path::{Path, PathBuf};

use strongroom::{DoctorOptions, ErrorKind, KeyLocation, RotateOptions, Severity};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, get, get_version, path, put};

#[test]
fn a_store_lives_and_rotates_on_a_token_that_has_rsa_alone() {
    in_own_process("rsa::a_store_lives_and_rotates_on_a_token_that_has_rsa_alone", || {
        let site = Site::with_rsa();
        let store = site.store("s", KeyLocation::Envelope);
        put(&store.session(), "web1/key", b"first");
        drop(store);
        let store = site.open("s").unwrap();
        let report = store.rotate_keys(&RotateOptions::default(), &mut |_| {}).unwrap();
        assert_eq!((report.id.as_str(), report.rewrapped), ("root-2", 2));
        store.retire_key("hsm", &strongroom::RootKeyId::new("root-1").unwrap()).unwrap();
        put(&store.session(), "web1/key", b"second");
        put(&store.session(), "web2/key", b"third");
        drop(store);

        let store = site.open("s").unwrap();
        let session = store.session();
        assert_eq!(get_version(&session, "web1/key", 1), b"first");
        assert_eq!(get(&session, "web1/key"), b"second");
        session.erase(&path("web2/key")).unwrap();
        let report = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
        assert!(report.damaged.is_empty() && report.strays == 0, "{report:?}");
        let checks = store.check_keys().unwrap();
        let active = checks.iter().find(|check| check.id.as_str() == "root-2").unwrap();
        active.result.as_ref().unwrap();
        let worst = active.findings.iter().max_by_key(|finding| finding.severity).unwrap();
        assert!(worst.severity == Severity::Warning && worst.message.contains("RSA"), "{worst:?}");
    });
}

/// Puts the metadata and payloads of one store in the place of another's, and nothing else: neither its
/// config nor `store-key.toml`.
fn replace_data(from: &Path, to: &Path) {
    let data = |folder: &Path| -> Vec<PathBuf> {
        let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let is_data = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("metadata.db") || name.starts_with("payloads.db")
        };
        all.filter(is_data).collect()
    };
    data(to).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    for path in data(from) {
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_store_key_that_somebody_else_wrapped_is_refused() {
    in_own_process("rsa::a_store_key_that_somebody_else_wrapped_is_refused", || {
        let site = Site::with_rsa();
        let store = site.store("s", KeyLocation::Envelope);
        put(&store.session(), "web1/key", b"payload");
        drop(store);
        // A store of the attacker's, all of whose keys are wrapped under an RSA key of the token: with its
        // public half, which is all that wrapping takes, it could have been made anywhere.
        let store = site.store("attacker", KeyLocation::Envelope);
        put(&store.session(), "web1/key", b"of the attacker");
        drop(store);
        let [ours, theirs, kept] = ["s", "attacker", "kept"].map(|name| site.folder().join(name));
        let trusted = |folder: &Path| folder.join("store-key.toml");
        std::fs::create_dir(&kept).unwrap();
        std::fs::copy(trusted(&ours), trusted(&kept)).unwrap();
        replace_data(&ours, &kept);

        // Who can write the store's data, and not the folder of its config, puts theirs in its place.
        replace_data(&theirs, &ours);
        refuses(&site);
        // The control: without that file's protection the store would be the attacker's.
        std::fs::copy(trusted(&theirs), trusted(&ours)).unwrap();
        assert_eq!(get(&site.open("s").unwrap().session(), "web1/key"), b"of the attacker");
        // And what was there before opens.
        std::fs::copy(trusted(&kept), trusted(&ours)).unwrap();
        replace_data(&kept, &ours);
        assert_eq!(get(&site.open("s").unwrap().session(), "web1/key"), b"payload");

        // A wrapped store key alone, in a row of the right store.
        let row = metadata(&theirs).query_row(
            "SELECT root_key_id, wrapped FROM keys WHERE project_id = ?1",
            [strongroom::ProjectId::STORE.as_bytes()],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)),
        );
        let (root, wrapped) = row.unwrap();
        let changed = metadata(&ours).execute(
            "UPDATE keys SET root_key_id = ?2, wrapped = ?3 WHERE project_id = ?1",
            (strongroom::ProjectId::STORE.as_bytes(), root, wrapped),
        );
        assert_eq!(changed.unwrap(), 1);
        refuses(&site);
    });
}

fn refuses(site: &Site) {
    let refused = site.open("s").map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Corrupt, "{refused}");
    assert!(refused.what().contains("store-key.toml"), "{refused}");
}

fn metadata(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("metadata.db")).unwrap()
}
