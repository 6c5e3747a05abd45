//! From a token in the config to what the PKCS#11 backend needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use strongroom_pkcs11::{PinSource, Pkcs11Uri, TokenChoice, TokenSettings};

use crate::config::{PinConfig, TokenConfig, check_trusted};
use crate::{Error, ErrorKind, Result};

/// How the token is reached. The module and the program of a PIN command run with our rights, so
/// neither may be writable by others.
pub(crate) fn settings(config: &TokenConfig) -> Result<TokenSettings> {
    let uri = config.uri.as_deref().map(Pkcs11Uri::parse).transpose().map_err(as_config)?;
    let uri = uri.as_ref();
    uri.map_or(Ok(()), refuse_what_chooses_no_token)?;
    let module = match (&config.module, uri.and_then(Pkcs11Uri::module_path)) {
        (Some(module), _) => PathBuf::from(module),
        (None, Some(module)) => module.to_path_buf(),
        (None, None) => {
            return Err(Error::new(
                ErrorKind::Config,
                "no PKCS#11 module is named",
                "add module = \"/path/to/the/module.so\", or a module-path to the URI",
            ));
        }
    };
    if module.components().count() > 1 {
        check_program(&module, "module")?;
    }
    let pin = match (&config.pin, uri.and_then(Pkcs11Uri::pin_source)) {
        (Some(pin), _) => pin_source(pin),
        (None, Some(pin)) => pin.clone(),
        (None, None) => PinSource::None,
    };
    if let PinSource::Command(words) = &pin
        && let Some(program) = words.first()
    {
        check_program(Path::new(program), "PIN command")?;
    }
    Ok(TokenSettings {
        module,
        initialization: config.initialization.clone(),
        token: choice(config, uri)?,
        pin,
        timeout: config
            .call_timeout
            .map_or(TokenSettings::TIMEOUT, |seconds| Duration::from_secs(seconds.into())),
        sessions: config.sessions.map_or(TokenSettings::SESSIONS, usize::from),
    })
}

/// What a URI may say beside a module, a token and a PIN source, none of which has a meaning here. Left
/// out in silence, it would let somebody think that it counted.
fn refuse_what_chooses_no_token(uri: &Pkcs11Uri) -> Result<()> {
    let objects =
        "leave it out: Strongroom makes its objects itself, and finds them by its own ids";
    let refused = [
        ("object", uri.object().is_some(), objects),
        ("type", uri.object_type().is_some(), objects),
        ("id", uri.id().is_some(), objects),
        ("module-name", uri.module_name().is_some(), "name the module's file: module-path=/FILE"),
    ];
    match refused.into_iter().find(|(_, is_there, _)| *is_there) {
        None => Ok(()),
        Some((name, _, next)) => {
            let what = format!("uri: the PKCS#11 URI has {name}, which does not choose a token");
            Err(Error::new(ErrorKind::Config, what, next))
        }
    }
}

/// What the table says goes before what the URI says; where they differ, that is a mistake.
fn choice(config: &TokenConfig, uri: Option<&Pkcs11Uri>) -> Result<TokenChoice> {
    let said = uri.map(Pkcs11Uri::token).transpose().map_err(as_config)?.unwrap_or_default();
    Ok(TokenChoice {
        label: both("token", &config.token, said.label)?,
        serial: both("serial", &config.serial, said.serial)?,
        manufacturer: both("manufacturer", &config.manufacturer, said.manufacturer)?,
        model: both("model", &config.model, said.model)?,
        slot: both("slot", &config.slot, said.slot)?,
    })
}

fn both<T: Clone + PartialEq>(name: &str, table: &Option<T>, uri: Option<T>) -> Result<Option<T>> {
    match (table, uri) {
        (Some(one), Some(other)) if *one != other => Err(Error::new(
            ErrorKind::Config,
            format!("`{name}` and the URI name different tokens"),
            "leave one of them out",
        )),
        (one, other) => Ok(one.clone().or(other)),
    }
}

fn pin_source(pin: &PinConfig) -> PinSource {
    match pin {
        PinConfig::File(path) => PinSource::File(path.into()),
        PinConfig::Descriptor(number) => PinSource::Descriptor(*number),
        PinConfig::Environment(name) => PinSource::Environment(name.clone()),
        PinConfig::Command(words) => PinSource::Command(words.clone()),
        PinConfig::Credential(name) => PinSource::Credential(name.clone()),
    }
}

fn check_program(path: &Path, what: &str) -> Result<()> {
    check_trusted(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::new(
            ErrorKind::Config,
            format!("the {what} {} is not there", path.display()),
            "correct its path in the config, or install it",
        )
        .with_source(e),
        _ => e,
    })
}

/// A slip in the URI is one in the config.
fn as_config(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidArgument => {
            Error::new(ErrorKind::Config, format!("uri: {}", error.what()), error.next().to_owned())
        }
        _ => error,
    }
}
