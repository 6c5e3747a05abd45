//! What a backup file can make a restore do before it is known to be authentic.

use std::path::Path;

use sha2::{Digest, Sha256};
use strongroom::{ErrorKind, KeyLocation, RestoreKeys, Store};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, get, put};

/// Where a backup's first section, its config, begins.
const CONFIG_SECTION: usize = 44;
/// From there to its content: kind, name length, length, digest.
const SECTION_HEADER: usize = 42;

/// The backup with `more` at the end of its config. Only the MAC shows that; its digests are right.
fn forge(file: &Path, more: &str) {
    let old = std::fs::read(file).unwrap();
    let content = CONFIG_SECTION + SECTION_HEADER;
    let length = &old[CONFIG_SECTION + 2..CONFIG_SECTION + 10];
    let length = u64::from_be_bytes(length.try_into().unwrap()) as usize;
    let config = [&old[content..content + length], more.as_bytes()].concat();
    let mut new = old[..CONFIG_SECTION + 2].to_vec();
    new.extend((config.len() as u64).to_be_bytes());
    new.extend(Sha256::digest(&config));
    new.extend(config);
    new.extend(&old[content + length..]);
    std::fs::write(file, new).unwrap();
}

/// A backend whose payloads are in the token, and whose PIN command makes the file `trace`.
fn objects_that_leave_a_trace(site: &Site, trace: &Path) -> String {
    let config = site.config();
    format!(
        "\n[backends.x]\nkind = \"pkcs11-objects\"\nkey = \"main\"\nmodule = {:?}\ntoken = {:?}\n\
         pin = {{ command = [\"/usr/bin/touch\", {trace:?}] }}\n",
        config.module.unwrap(),
        config.token.unwrap(),
    )
}

#[test]
fn a_forged_backup_runs_no_program_for_a_token_of_payloads() {
    let name = "restoring::a_forged_backup_runs_no_program_for_a_token_of_payloads";
    in_own_process(name, || {
        let site = Site::new();
        let store = site.software_store("s");
        put(&store.session(), "web1/key", b"payload");
        let file = site.folder().join("backup");
        store.backup(&file, None, &mut |_| {}).unwrap();
        drop(store);
        let trace = site.folder().join("trace");
        let objects = objects_that_leave_a_trace(&site, &trace);
        forge(&file, &objects);

        let (keyring, config) = (site.folder().join("s/keyring.json"), site.config_file("s"));
        for keys in [RestoreKeys::Keyring(&keyring), RestoreKeys::Config(&config)] {
            let target = site.folder().join("restored");
            let refused = Store::restore(&file, &target, keys, &mut |_| {}).unwrap_err();
            assert!(!trace.exists(), "a backup file chose a program that was run: {refused}");
            assert_eq!(refused.kind(), ErrorKind::Corrupt, "{refused}");
            assert!(refused.what().contains("token"), "{refused}");
        }
        // The control: from the store's own config the program is run.
        let own = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, own + &objects).unwrap();
        site.open("s").map(drop).unwrap_err();
        assert!(trace.exists());
    });
}

#[test]
fn a_restore_under_an_rsa_key_needs_the_store_key_beside_the_config_it_trusts() {
    let name =
        "restoring::a_restore_under_an_rsa_key_needs_the_store_key_beside_the_config_it_trusts";
    in_own_process(name, || {
        let site = Site::with_rsa();
        let store = site.store("s", KeyLocation::Envelope);
        put(&store.session(), "web1/key", b"payload");
        let file = site.folder().join("backup");
        store.backup(&file, None, &mut |_| {}).unwrap();
        drop(store);

        let safe = site.folder().join("safe");
        std::fs::create_dir(&safe).unwrap();
        let keep = |name: &str| {
            std::fs::copy(site.folder().join("s").join(name), safe.join(name)).unwrap();
        };
        keep("strongroom.toml");
        let config = safe.join("strongroom.toml");
        let target = site.folder().join("restored");
        let restore = || Store::restore(&file, &target, RestoreKeys::Config(&config), &mut |_| {});
        let refused = restore().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Config, "{refused}");
        assert!(refused.what().contains("store-key.toml"), "{refused}");
        assert!(refused.next().contains("--keys-from"), "{refused}");

        keep("store-key.toml");
        restore().unwrap();
        assert_eq!(get(&site.open("restored").unwrap().session(), "web1/key"), b"payload");
    });
}
