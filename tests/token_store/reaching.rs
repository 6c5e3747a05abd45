//! The ways in which a config says which token it means.

use strongroom::{ErrorKind, KeyLocation};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, get, put};

/// A store whose token can be described anew. There is a second token, so that it matters which is meant.
struct Described {
    site: Site,
    serial: String,
    module: String,
}

impl Described {
    fn new() -> Described {
        let site = Site::new();
        put(&site.store("s", KeyLocation::Envelope).session(), "web1/key", b"payload");
        let config = site.config();
        let report = strongroom::token_report(&config).unwrap();
        site.token.add_token("second");
        Described { site, serial: report.serial, module: config.module.unwrap() }
    }

    /// What is in the store once its token is described by these lines alone.
    fn open_with(&self, lines: &str) -> strongroom::Result<Vec<u8>> {
        let config = format!(
            "metadata = \"metadata.db\"\ndefault_backend = \"main\"\n\
             [keys.hsm]\nkind = \"pkcs11\"\n{lines}\n\
             [backends.main]\nkind = \"enveloped\"\nkey = \"hsm\"\nshelf = \"payloads.db\"\n"
        );
        std::fs::write(self.site.config_file("s"), config).unwrap();
        self.site.open("s").map(|store| get(&store.session(), "web1/key"))
    }

    /// Opens it with a module and a PIN, and these lines.
    fn open_by(&self, lines: &str) -> strongroom::Result<Vec<u8>> {
        let Described { module, site, .. } = self;
        let pin = site.pin_file();
        self.open_with(&format!("module = {module:?}\npin = {{ file = {pin:?} }}\n{lines}"))
    }

    fn uri(&self, path: &str, query: &str) -> String {
        let (module, pin) = (&self.module, self.site.pin_file());
        format!("uri = \"pkcs11:{path}?module-path={module}&pin-source=file:{pin}{query}\"")
    }
}

#[test]
fn a_store_opens_by_a_uri_that_says_all() {
    in_own_process("reaching::a_store_opens_by_a_uri_that_says_all", || {
        let store = Described::new();
        let token = format!("token=test;serial={}", store.serial);
        assert_eq!(store.open_with(&store.uri(&token, "")).unwrap(), b"payload");
        let all = format!("{token};manufacturer=SoftHSM%20project;model=SoftHSM%20v2");
        assert_eq!(store.open_with(&store.uri(&all, "")).unwrap(), b"payload");
        // Every attribute counts.
        for (from, to) in [("token=test", "token=other"), ("SoftHSM%20v2", "SoftHSM%20v3")] {
            let refused = store.open_with(&store.uri(&all.replace(from, to), "")).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
        }
    });
}

#[test]
fn a_store_opens_by_the_serial_of_its_token() {
    in_own_process("reaching::a_store_opens_by_the_serial_of_its_token", || {
        let store = Described::new();
        let serial = &store.serial;
        assert_eq!(store.open_by(&format!("serial = {serial:?}")).unwrap(), b"payload");
        let refused = store.open_by("serial = \"0000000000000000\"").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
        // Two tokens are left, and none is taken by chance.
        let refused = store.open_by("manufacturer = \"SoftHSM project\"").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Config, "{refused}");
    });
}

#[test]
fn a_table_and_a_uri_that_mean_different_tokens_are_refused() {
    in_own_process("reaching::a_table_and_a_uri_that_mean_different_tokens_are_refused", || {
        let store = Described::new();
        let uri = store.uri("token=test", "");
        assert_eq!(store.open_by(&format!("token = \"test\"\n{uri}")).unwrap(), b"payload");
        let refused = store.open_by(&format!("token = \"second\"\n{uri}")).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Config, "{refused}");
        assert!(refused.what().contains("different tokens"), "{refused}");
    });
}

#[test]
fn what_a_uri_says_and_nobody_heeds_is_refused() {
    in_own_process("reaching::what_a_uri_says_and_nobody_heeds_is_refused", || {
        let store = Described::new();
        for (path, query, named) in [
            ("token=test;object=mine", "", "object"),
            ("token=test;type=secret-key", "", "type"),
            ("token=test;id=%01", "", "id"),
            ("token=test", "&module-name=softhsm2", "module-name"),
        ] {
            let refused = store.open_with(&store.uri(path, query)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Config, "{refused}");
            assert!(refused.what().contains(&format!("has {named},")), "{refused}");
        }
        assert_eq!(store.open_with(&store.uri("token=test", "")).unwrap(), b"payload");
    });
}
