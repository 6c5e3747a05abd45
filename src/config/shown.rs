//! `Debug` of what may hold a connection string, and in it a password.

use std::fmt;

use super::{BackendConfig, Config, is_postgres};

/// A place as it may be shown: the path of a file, or that it is a connection string.
pub(crate) fn shown(place: &str) -> &str {
    if is_postgres(place) { "postgres://…" } else { place }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("metadata", &shown(&self.metadata))
            .field("default_backend", &self.default_backend)
            .field("auto_create_projects", &self.auto_create_projects)
            .field("keys", &self.keys)
            .field("backends", &self.backends)
            .field("projects", &self.projects)
            .finish()
    }
}

impl fmt::Debug for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackendConfig::Enveloped { key, shelf } => {
                f.debug_struct("Enveloped").field("key", key).field("shelf", &shown(shelf)).finish()
            }
            BackendConfig::Pkcs11Objects { token, key, symmetric_keys } => f
                .debug_struct("Pkcs11Objects")
                .field("token", token)
                .field("key", key)
                .field("symmetric_keys", symmetric_keys)
                .finish(),
            BackendConfig::KmipObjects { server, key, plaintext_objects, plaintext_type } => f
                .debug_struct("KmipObjects")
                .field("server", server)
                .field("key", key)
                .field("plaintext_objects", plaintext_objects)
                .field("plaintext_type", plaintext_type)
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_password_in_a_config_or_layout_is_never_shown() {
        let text = r#"
            metadata = "postgres://u:planted@h/d"
            default_backend = "main"
            [backends.main]
            kind = "enveloped"
            key = { kind = "software", keyring = "/k/keyring.json" }
            shelf = "host=h user=u password=planted"
        "#;
        let config = Config::from_toml(text, Path::new("/base")).unwrap();
        let layout = crate::Layout {
            metadata: PathBuf::from("postgres://u:planted@h/d"),
            shelf: PathBuf::from("host=h password=planted"),
            ..crate::Layout::in_folder(Path::new("/base"))
        };
        let all = format!("{config:?} {config:#?} {layout:?} {layout:#?}");
        assert!(all.contains("keyring.json") && !all.contains("planted"), "{all}");
        assert_eq!(config.metadata, "postgres://u:planted@h/d");
    }
}
