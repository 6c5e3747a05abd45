//! Configs: what is read can be written and read again, and a text that is no config is not quoted.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use strongroom::{BackendConfig, Config, KeyConfig, is_postgres};
use strongroom_backend::ErrorKind;
use strongroom_fuzz::{assert_kind, shows_key, text_with_key};

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    let Some(text) = text_with_key(input) else { return };
    match Config::from_toml(&text, Path::new("/base")) {
        Ok(config) => is_whole(&config),
        Err(error) => {
            assert_kind(&error, &[ErrorKind::Config, ErrorKind::InvalidArgument, ErrorKind::Unsupported]);
            // The keys and values of a config may be quoted; a keyring by mistake may not.
            assert!(!shows_key(&error) || text.parse::<toml::Table>().is_ok(), "{error:?}");
        }
    }
});

fn is_whole(config: &Config) {
    let again = Config::from_toml(&config.to_toml().unwrap(), Path::new("/elsewhere")).unwrap();
    assert_eq!(&again, config);
    let used = config.projects.values().map(|project| &project.backend);
    for backend in used.chain([&config.default_backend]) {
        assert!(config.backends.contains_key(backend), "{backend}");
    }
    for place in places(config) {
        assert!(is_postgres(&place) || Path::new(&place).is_absolute(), "{place}");
    }
}

fn places(config: &Config) -> Vec<String> {
    let mut places = vec![config.metadata.clone()];
    for key in config.key_backends().into_values() {
        if let KeyConfig::Software { keyring, .. } = key {
            places.push(keyring);
        }
    }
    for backend in config.backends.values() {
        if let BackendConfig::Enveloped { shelf, .. } = backend {
            places.push(shelf.clone());
        }
    }
    places
}
