//! Handing over to the command that can load PKCS#11 modules and reach servers.
//!
//! The command is linked statically, and so starts fast and runs wherever the kernel does; but nothing
//! can be loaded into it: no module, and none of the libraries by which the C library finds a host. What
//! needs a token, a key manager or PostgreSQL is done by the same command, linked dynamically, which is
//! installed with it. What a build has itself it does itself.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{BackendConfig, Config, Error, ErrorKind, KeyConfig, is_postgres};

use crate::arguments::Arguments;

/// The name of the other command.
const OTHER: &str = "strongroom-dynamic";

/// Where it is, seen from the folder of this one.
const PLACES: [&str; 2] = ["", "../lib/strongroom"];

/// What a build may be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Tokens,
    KeyManagers,
    PostgreSql,
}

impl Part {
    const ALL: [Part; 3] = [Part::Tokens, Part::KeyManagers, Part::PostgreSql];

    fn is_missing(self) -> bool {
        !match self {
            Part::Tokens => cfg!(feature = "pkcs11"),
            Part::KeyManagers => cfg!(feature = "kmip"),
            Part::PostgreSql => cfg!(feature = "postgres"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Part::Tokens => "tokens",
            Part::KeyManagers => "key managers",
            Part::PostgreSql => "PostgreSQL",
        }
    }

    /// What a store with this config cannot do without.
    pub(crate) fn of_config(config: &Config) -> Vec<Part> {
        let of_key = |key: &KeyConfig| match key {
            KeyConfig::Pkcs11 { .. } => Some(Part::Tokens),
            KeyConfig::Kmip { .. } => Some(Part::KeyManagers),
            _ => None,
        };
        let of_backend = |backend: &BackendConfig| match backend {
            BackendConfig::Pkcs11Objects { .. } => Some(Part::Tokens),
            BackendConfig::KmipObjects { .. } => Some(Part::KeyManagers),
            _ => None,
        };
        let databases = config.databases().filter(|database| is_postgres(database));
        let keys = config.key_backends();
        keys.values()
            .filter_map(of_key)
            .chain(config.backends.values().filter_map(of_backend))
            .chain(databases.map(|_| Part::PostgreSql))
            .collect()
    }
}

/// Becomes the other command when something is needed that this build is without. Comes back only when
/// nothing is, or with the reason why that could not be.
pub(crate) fn if_needed(arguments: &Arguments) -> Result<(), Error> {
    // A build with all of it does not read the config twice.
    if !Part::ALL.into_iter().any(Part::is_missing) {
        return Ok(());
    }
    let lacks = |parts: Vec<Part>| parts.into_iter().any(Part::is_missing);
    let config = || Config::load(&arguments.place().config().ok()?).ok();
    if !lacks(arguments.parts()) && !config().is_some_and(|config| lacks(Part::of_config(&config)))
    {
        return Ok(());
    }
    let here = std::env::current_exe().ok();
    let here = here.as_deref().and_then(Path::parent).unwrap_or(Path::new("/usr/bin"));
    let places = PLACES.map(|place| here.join(place).join(OTHER));
    let Some(other) = places.iter().find(|place| place.exists()) else {
        return Err(not_installed(&places));
    };
    let mut command = Command::new(other);
    command.args(std::env::args_os().skip(1));
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    let error = command.exec();
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("{} cannot be run: {error}", other.display()),
        "install Strongroom again",
    ))
}

fn not_installed(places: &[PathBuf]) -> Error {
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    let parts = Part::ALL.into_iter().filter(|part| part.is_missing());
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "this build is without {}; the program {OTHER}, which has all, is not in {}",
            parts.map(Part::name).collect::<Vec<_>>().join(", "),
            places.join(" or ")
        ),
        "install it beside this command: `make build` makes both",
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn of_text(metadata: &str, key: &str) -> Vec<Part> {
        let text = format!(
            "metadata = '{metadata}'\ndefault_backend = 'main'\n\
             [backends.main]\nkind = 'enveloped'\nshelf = 'payloads.db'\nkey = {{ {key} }}\n"
        );
        Part::of_config(&Config::from_toml(&text, Path::new("/srv")).unwrap())
    }

    #[test]
    fn a_config_needs_what_it_names_and_no_more() {
        let keyring = "kind = 'software', keyring = 'keyring.json'";
        let server = "kind = 'kmip', servers = ['kmip'], ca = 'a', certificate = 'c', \
                      private_key = 'p', namespace = 'n'";
        let token = "kind = 'pkcs11', module = '/lib/p11.so', token = 't'";
        assert_eq!(of_text("metadata.db", keyring), []);
        assert_eq!(of_text("metadata.db", server), [Part::KeyManagers]);
        assert_eq!(of_text("metadata.db", token), [Part::Tokens]);
        assert_eq!(of_text("postgres://db/store", keyring), [Part::PostgreSql]);
        assert_eq!(of_text("postgres://db/store", token), [Part::Tokens, Part::PostgreSql]);
    }

    #[test]
    fn the_arguments_need_what_they_name_and_no_more() {
        let of = |line: &str| Arguments::try_parse_from(line.split(' ')).unwrap().parts();
        assert_eq!(of("strongroom init /srv"), []);
        assert_eq!(of("strongroom get web1/borg"), []);
        assert_eq!(of("strongroom hsm info"), [Part::Tokens]);
        assert_eq!(of("strongroom kmip info"), [Part::KeyManagers]);
        assert_eq!(of("strongroom init /srv --module p11.so --token t"), [Part::Tokens]);
        assert_eq!(
            of(
                "strongroom init /srv --kmip h --ca a --certificate c --private-key p --namespace n"
            ),
            [Part::KeyManagers]
        );
        assert_eq!(of("strongroom init /srv --metadata postgres://db/s"), [Part::PostgreSql]);
        assert_eq!(of("strongroom init /srv --print-sql"), [Part::PostgreSql]);
    }

    #[test]
    fn a_part_is_missing_only_without_its_own_feature() {
        assert_eq!(Part::Tokens.is_missing(), cfg!(not(feature = "pkcs11")));
        assert_eq!(Part::KeyManagers.is_missing(), cfg!(not(feature = "kmip")));
        assert_eq!(Part::PostgreSql.is_missing(), cfg!(not(feature = "postgres")));
    }
}
