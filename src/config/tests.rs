//! What a config may say.

use super::*;

const GOOD: &str = r#"
    metadata = "m.db"
    default_backend = "main"
    [backends.main]
    kind = "enveloped"
    key = { kind = "software", keyring = "/k/keyring.json" }
    shelf = "p.db"
    [projects.web1]
    backend = "main"
"#;

fn kind_and_text(text: &str) -> (ErrorKind, String) {
    let error = Config::from_toml(text, Path::new("/base")).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn relative_paths_are_relative_to_the_config() {
    let config = Config::from_toml(GOOD, Path::new("/base")).unwrap();
    assert_eq!(config.metadata, "/base/m.db");
    assert!(config.auto_create_projects);
    let again = Config::from_toml(&config.to_toml().unwrap(), Path::new("/other")).unwrap();
    assert_eq!(again, config);
}

#[test]
fn paths_do_not_change_with_the_folder_that_the_process_is_in() {
    let here = std::env::current_dir().unwrap();
    for (base, expected) in [("", here.join("m.db")), ("x", here.join("x/m.db"))] {
        let config = Config::from_toml(GOOD, Path::new(base)).unwrap();
        assert_eq!(Path::new(&config.metadata), expected);
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    for (wrong, right, expected) in [
        ("metadta", "metadata", "metadata"),
        ("shlef", "shelf", "shelf"),
        ("key_ring", "keyring", "keyring"),
        ("backnd", "backend", "backend"),
    ] {
        let (kind, text) = kind_and_text(&GOOD.replacen(right, wrong, 1));
        assert_eq!(kind, ErrorKind::Config);
        assert!(text.contains(wrong) && text.contains(&format!("{expected}`")), "{text}");
    }
}

#[test]
fn backends_share_a_key_backend_by_its_name() {
    let text = GOOD.replace(r#"{ kind = "software", keyring = "/k/keyring.json" }"#, "\"k2\"");
    let (kind, said) = kind_and_text(&text);
    assert_eq!(kind, ErrorKind::Config);
    assert!(said.contains("[keys.k2]"), "{said}");
    let text = format!("{text}\n[keys.k2]\nkind = \"software\"\nkeyring = \"k2.json\"");
    let config = Config::from_toml(&text, Path::new("/base")).unwrap();
    let keyring = "/base/k2.json".to_owned();
    let software = KeyConfig::Software { keyring, keyring_permissions: Default::default() };
    assert_eq!(config.key_backends(), BTreeMap::from([("k2".to_owned(), software)]));
    assert_eq!(Config::from_toml(&config.to_toml().unwrap(), Path::new("/")).unwrap(), config);
    let (kind, said) = kind_and_text(&text.replace("keyring = ", "keyrnig = "));
    assert!(kind == ErrorKind::Config && said.contains("`keys.k2.keyring`"), "{said}");
}

#[test]
fn a_key_backend_has_a_name_of_its_own() {
    let text = format!("{GOOD}\n[keys.main]\nkind = \"software\"\nkeyring = \"k2.json\"");
    let (kind, said) = kind_and_text(&text);
    assert_eq!(kind, ErrorKind::Config);
    assert!(said.contains("[keys.main]") && said.contains("[backends.main]"), "{said}");
}

#[test]
fn an_unreadable_config_is_never_quoted() {
    let key = "4poFVvSy7Swj0123456789abcdefghijklmnopqrstu=";
    for text in [
        format!("{{\"active\": \"root-1\", \"keys\": {{\"root-1\": \"{key}\"}}}}"),
        format!("metadata = \"m.db\"\n{key}"),
        format!("metadata = [\"{key}"),
    ] {
        let error = Config::from_toml(&text, Path::new("/base")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains(&key[..8]), "{error}");
    }
}

#[test]
fn what_is_named_must_be_there() {
    let (kind, text) =
        kind_and_text(&GOOD.replace("default_backend = \"main\"", "default_backend = \"x\""));
    assert_eq!(kind, ErrorKind::Config);
    assert!(text.contains("[backends.x]"), "{text}");
    assert_eq!(kind_and_text("metadata = 1").0, ErrorKind::Config);
    assert_eq!(kind_and_text("= [").0, ErrorKind::Config);
    assert_eq!(kind_and_text(&GOOD.replace("enveloped", "magic")).0, ErrorKind::Config);
}

const HSM: &str = r#"
[keys.hsm]
kind = "pkcs11"
module = "lib/module.so"
token = "backups"
pin = { file = "pin" }
key_location = "device"
call_timeout = 3
"#;

fn with_hsm(from: &str, to: &str) -> String {
    assert!(HSM.contains(from), "{from}");
    format!("{GOOD}{}", HSM.replace(from, to))
}

#[test]
fn a_token_is_described_in_a_table() {
    let config = Config::from_toml(&with_hsm("", ""), Path::new("/base")).unwrap();
    let KeyConfig::Pkcs11 { token, key_location } = &config.keys["hsm"] else { panic!() };
    assert_eq!(token.module.as_deref(), Some("/base/lib/module.so"));
    assert_eq!(token.pin, Some(PinConfig::File("/base/pin".to_owned())));
    assert_eq!((token.call_timeout, *key_location), (Some(3), KeyLocation::Device));
    assert_eq!(Config::from_toml(&config.to_toml().unwrap(), Path::new("/x")).unwrap(), config);
    let found_by_the_loader = with_hsm("lib/module.so", "module.so");
    let config = Config::from_toml(&found_by_the_loader, Path::new("/base")).unwrap();
    let KeyConfig::Pkcs11 { token, .. } = &config.keys["hsm"] else { panic!() };
    assert_eq!(token.module.as_deref(), Some("module.so"));
}

#[test]
fn a_pin_in_the_config_is_refused_and_not_repeated() {
    for stray in [
        "pin = \"87654321\"",
        "pin = 87654321",
        "pin = [87654321]",
        "pin = { file = 87654321 }",
        "pin = { environment = 87654321 }",
        "pin = { command = \"87654321\" }",
        "pin = { descriptor = \"87654321\" }",
        "pin = { value = \"87654321\" }",
        "pin = { file = \"pin\", value = \"87654321\" }",
        "uri = \"pkcs11:token=backups?pin-value=87654321\"",
        "user_pin = \"87654321\"",
    ] {
        let text = with_hsm("pin = { file = \"pin\" }", stray);
        let error = Config::from_toml(&text, Path::new("/base")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{stray}");
        assert!(!format!("{error} {error:?}").contains("8765"), "{error:?}");
    }
}

#[test]
fn a_slip_in_the_table_of_a_token_is_named() {
    for (from, to, expected) in [
        ("module", "modul", "keys.hsm.module`"),
        ("pin = { file", "pin = { fil", "keys.hsm.pin.file`"),
        ("key_location", "key_place", "keys.hsm.key_location`"),
        ("call_timeout = 3", "call_timeout = 0", "at least 1"),
        ("call_timeout = 3", "keyring = \"k\"", "unknown key `keys.hsm.keyring`"),
        ("module = \"lib/module.so\"", "", "[hsm] names no module"),
        ("{ file = \"pin\" }", "{ command = [\"cat\", \"pin\"] }", "absolute path"),
        ("\"device\"", "\"elsewhere\"", "elsewhere"),
    ] {
        let (kind, said) = kind_and_text(&with_hsm(from, to));
        assert_eq!(kind, ErrorKind::Config, "{to}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn an_object_backend_has_its_keys_on_its_own_token_unless_it_names_others() {
    let objects =
        "[backends.hsm]\nkind = \"pkcs11-objects\"\nmodule = \"m/m.so\"\nserial = \"7\"\n";
    let config = Config::from_toml(&format!("{GOOD}{objects}"), Path::new("/base")).unwrap();
    let KeyConfig::Pkcs11 { token, .. } = &config.key_backends()["hsm"] else { panic!() };
    assert_eq!(token.module.as_deref(), Some("/base/m/m.so"));
    assert_eq!(Config::from_toml(&config.to_toml().unwrap(), Path::new("/x")).unwrap(), config);
    let BackendConfig::Pkcs11Objects { symmetric_keys, .. } = &config.backends["hsm"] else {
        panic!()
    };
    assert_eq!(*symmetric_keys, SymmetricKeys::Data, "secret keys only for those who ask");
    let other = format!("{GOOD}{objects}key = \"main\"\nsymmetric_keys = \"secret-key\"\n");
    let config = Config::from_toml(&other, Path::new("/base")).unwrap();
    assert_eq!(config.key_backend_of("hsm"), "main");
    assert_eq!(config.key_backends().len(), 1);
    let BackendConfig::Pkcs11Objects { symmetric_keys, .. } = &config.backends["hsm"] else {
        panic!()
    };
    assert_eq!(*symmetric_keys, SymmetricKeys::SecretKey);
    assert_eq!(Config::from_toml(&config.to_toml().unwrap(), Path::new("/x")).unwrap(), config);
    let (kind, said) = kind_and_text(&other.replace("symmetric_keys", "symetric_keys"));
    assert!(kind == ErrorKind::Config && said.contains("`backends.hsm.symmetric_keys`"), "{said}");
    let (kind, said) = kind_and_text(&other.replace("secret-key", "opaque"));
    assert!(kind == ErrorKind::Config && said.contains("opaque"), "{said}");
}

#[test]
fn a_key_backend_is_read_from_text_of_its_own() {
    let text = "kind = \"pkcs11\"\nmodule = \"m/m.so\"\ntoken = \"t\"\npin = { file = \"pin\" }\n";
    let key = KeyConfig::from_toml(text, Path::new("/base")).unwrap();
    let KeyConfig::Pkcs11 { token, .. } = &key else { panic!() };
    assert_eq!(token.module.as_deref(), Some("/base/m/m.so"));
    assert_eq!(token.pin, Some(PinConfig::File("/base/pin".to_owned())));
    for (from, to, expected) in [
        ("token", "tokn", "unknown key `tokn`"),
        ("\"pkcs11\"", "\"magic\"", "magic"),
        ("{ file = \"pin\" }", "\"1234\"", "where a PIN comes from"),
        ("module = \"m/m.so\"\n", "", "names no module"),
        ("module", "[keys.other]\nmodule", "unknown key `keys`"),
    ] {
        let error = KeyConfig::from_toml(&text.replace(from, to), Path::new("/")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{to}");
        let said = error.to_string();
        assert!(said.contains(expected) && !said.contains("1234"), "{said}");
    }
}

const KMIP: &str = "servers = [\"kmip.example.org\", \"[::1]:5700\"]\nnamespace = \"backups\"\n\
    ca = \"ca.pem\"\ncertificate = \"client.pem\"\nprivate_key = \"/keys/client.key\"\n";

#[test]
fn a_key_manager_is_read() {
    let text = format!("{GOOD}[keys.kmip]\nkind = \"kmip\"\nroot_key = \"fetched\"\n{KMIP}");
    let config = Config::from_toml(&text, Path::new("/base")).unwrap();
    let KeyConfig::Kmip { server, root_key } = &config.keys["kmip"] else { panic!() };
    assert_eq!((&*server.ca, &*server.private_key), ("/base/ca.pem", "/keys/client.key"));
    assert_eq!(*root_key, RootKeyUse::Fetched);
    let found = config.key_manager(None).unwrap();
    assert_eq!(found, ((**server).clone(), Some(RootKeyUse::Fetched)));
    assert_eq!(Config::from_toml(&config.to_toml().unwrap(), Path::new("/x")).unwrap(), config);

    let objects = format!("{GOOD}[backends.manager]\nkind = \"kmip-objects\"\n{KMIP}");
    let config = Config::from_toml(&objects, Path::new("/base")).unwrap();
    let own = &config.key_backends()["manager"];
    assert!(matches!(own, KeyConfig::Kmip { root_key: RootKeyUse::InServer, .. }), "{own:?}");
    let BackendConfig::KmipObjects { plaintext_objects, .. } = &config.backends["manager"] else {
        panic!()
    };
    assert!(!plaintext_objects, "only for those who ask");

    // Payloads on a server, and the keys in a keyring.
    let key = "key = { kind = \"software\", keyring = \"k\" }\n";
    let text = format!("{GOOD}[backends.manager]\nkind = \"kmip-objects\"\n{KMIP}{key}");
    let config = Config::from_toml(&text, Path::new("/base")).unwrap();
    for name in [None, Some("manager")] {
        let (server, root_key) = config.key_manager(name).unwrap();
        assert_eq!((&*server.namespace, root_key), ("backups", None));
    }
    let absent = config.key_manager(Some("main")).unwrap_err();
    assert!(absent.to_string().contains("no backend main"), "{absent}");
}

#[test]
fn a_slip_in_the_table_of_a_key_manager_is_named() {
    let good = format!("{GOOD}[keys.kmip]\nkind = \"kmip\"\n{KMIP}");
    for (from, to, expected) in [
        ("servers = [\"kmip.example.org\", \"[::1]:5700\"]", "servers = []", "names no server"),
        ("namespace = \"backups\"\n", "", "namespace"),
        ("private_key", "key", "unknown key `keys.kmip.key`"),
        ("ca = ", "username = \"me\"\nca = ", "only one of username"),
        ("ca = ", "call_timeout = 0\nca = ", "at least 1"),
        ("ca = ", "root_key = \"anywhere\"\nca = ", "anywhere"),
        ("ca = ", "plaintext_objects = true\nca = ", "unknown key `keys.kmip.plaintext_objects`"),
    ] {
        assert!(good.contains(from), "{from}");
        let (kind, said) = kind_and_text(&good.replacen(from, to, 1));
        assert_eq!(kind, ErrorKind::Config, "{to}");
        assert!(said.contains(expected), "{said}");
    }
}
