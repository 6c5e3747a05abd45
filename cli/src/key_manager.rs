//! KMIP servers that are named on the command line.

use std::path::PathBuf;

use clap::Args;
use strongroom::{KmipConfig, Result};

use crate::commands::init::absolute;
use crate::token::text;

/// Which servers, and how to log in to them.
#[derive(Args)]
pub(crate) struct KeyManager {
    /// A KMIP server; again for each that shares its objects, in order of preference.
    #[arg(
        long = "kmip",
        value_name = "HOST[:PORT]",
        requires_all = ["ca", "certificate", "private_key"]
    )]
    pub(crate) servers: Vec<String>,
    /// The certificate of the authority that vouches for the servers, a PEM file.
    #[arg(long, value_name = "FILE", requires = "servers")]
    ca: Option<PathBuf>,
    /// The client certificate, a PEM file.
    #[arg(long, value_name = "FILE", requires = "servers")]
    certificate: Option<PathBuf>,
    /// The private key of the client certificate, a PEM file that others cannot read.
    #[arg(long, value_name = "FILE", requires = "servers")]
    private_key: Option<PathBuf>,
    /// The username, where the servers want one beside the certificate.
    #[arg(long, value_name = "NAME", requires_all = ["servers", "password_file"])]
    kmip_user: Option<String>,
    /// The file with its password, which others cannot read.
    #[arg(long, value_name = "FILE", requires = "kmip_user")]
    password_file: Option<PathBuf>,
}

impl KeyManager {
    /// What the config will say, but for the namespace. Paths are absolute.
    pub(crate) fn config(self) -> Result<Option<KmipConfig>> {
        let path = |file: Option<PathBuf>| file.map(|file| text(&absolute(&file)?)).transpose();
        let (ca, certificate) = (path(self.ca)?, path(self.certificate)?);
        let (Some(ca), Some(certificate), Some(private_key)) =
            (ca, certificate, path(self.private_key)?)
        else {
            return Ok(None);
        };
        Ok(Some(KmipConfig {
            servers: self.servers,
            ca,
            certificate,
            private_key,
            username: self.kmip_user,
            password_file: path(self.password_file)?,
            ..KmipConfig::default()
        }))
    }
}
