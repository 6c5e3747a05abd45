//! From a KMIP server in the config to what the KMIP backend needs.

use std::time::Duration;

use strongroom_kmip::{
    CredentialSource, KmipSettings, Namespace, ProtocolVersion, ServerAddress, TlsFiles,
};

use crate::config::KmipConfig;
use crate::{Error, ErrorKind, Result};

/// How the servers are reached.
pub(crate) fn settings(config: &KmipConfig) -> Result<KmipSettings> {
    let server = |text: &String| -> Result<ServerAddress> {
        let address: ServerAddress = text.parse().map_err(as_config)?;
        Ok(ServerAddress { server_name: config.server_name.clone(), ..address })
    };
    let credential = match (&config.username, &config.password_file) {
        (Some(username), Some(file)) => {
            Some(CredentialSource { username: username.clone(), password_file: file.into() })
        }
        _ => None,
    };
    let tls = TlsFiles {
        ca: (&config.ca).into(),
        certificate: (&config.certificate).into(),
        key: (&config.private_key).into(),
    };
    let version = config.version.as_deref().map(str::parse::<ProtocolVersion>).transpose();
    Ok(KmipSettings {
        servers: config.servers.iter().map(server).collect::<Result<_>>()?,
        tls,
        credential,
        version: version.map_err(as_config)?,
        timeout: config
            .call_timeout
            .map_or(KmipSettings::TIMEOUT, |seconds| Duration::from_secs(seconds.into())),
        connections: config.connections.map_or(KmipSettings::CONNECTIONS, usize::from),
    })
}

/// The store's part of the servers.
pub(super) fn namespace(config: &KmipConfig) -> Result<Namespace> {
    Namespace::new(&*config.namespace).map_err(as_config)
}

/// A slip in the config is no slip of the caller.
fn as_config(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidArgument => {
            Error::new(ErrorKind::Config, error.what(), error.next().to_owned())
        }
        _ => error,
    }
}
