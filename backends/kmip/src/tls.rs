//! TLS: our certificates, and whose word about a server counts.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes, file_error};

use crate::settings::TlsFiles;
use crate::trusted_file::{check_secret, check_trusted};

/// No PEM file or password that we want is longer.
const FILE_LIMIT: usize = 1 << 20;

/// The TLS configuration, as the files have it now.
pub(crate) struct Tls {
    files: TlsFiles,
    read: Mutex<Option<Reading>>,
}

#[derive(Clone)]
struct Reading {
    stamps: [Stamp; 3],
    config: Arc<ClientConfig>,
}

/// What changes when a file does.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Tls {
    pub(crate) fn new(files: TlsFiles) -> Tls {
        Tls { files, read: Mutex::new(None) }
    }

    /// The configuration for a new connection. While a certificate and a key that were just replaced do
    /// not fit together yet, the last ones that did are used; but never with other authorities than
    /// those that the file names now.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = self.stamps().and_then(|stamps| match &*read {
            Some(known) if known.stamps == stamps => Ok(known.clone()),
            _ => Ok(Reading { stamps, config: Arc::new(self.build()?) }),
        });
        match (fresh, &*read) {
            (Ok(reading), _) => Ok(read.insert(reading).config.clone()),
            (Err(_), Some(known)) if self.has_the_authorities_of(known) => Ok(known.config.clone()),
            (Err(error), _) => Err(error),
        }
    }

    /// Why the files cannot be used as they are now, while what they held before is. None as well when
    /// nothing was ever read: then every connection says why.
    pub(crate) fn trouble(&self) -> Option<Error> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.as_ref()?;
        match self.stamps() {
            Ok(stamps) if stamps == known.stamps => None,
            Ok(_) => self.build().err(),
            Err(error) => Some(error),
        }
    }

    fn stamps(&self) -> Result<[Stamp; 3]> {
        let TlsFiles { ca, certificate, key } = &self.files;
        Ok([stamp(ca)?, stamp(certificate)?, stamp(key)?])
    }

    fn has_the_authorities_of(&self, known: &Reading) -> bool {
        let [ca, ..] = known.stamps;
        stamp(&self.files.ca).is_ok_and(|now| now == ca)
    }

    fn build(&self) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.files.ca)? {
            let taken = roots.add(certificate);
            taken.map_err(|e| unusable(&self.files.ca, "is no usable authority", e))?;
        }
        let chain = certificates(&self.files.certificate)?;
        let key = self.private_key()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(&self.files.ca, "cannot be used", e))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|e| unusable(&self.files.key, "does not fit the client certificate", e))?;
        // A resumed session would live on after its certificate was replaced.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }

    /// The key. A copy stays in the memory of the TLS library, which does not lock it.
    fn private_key(&self) -> Result<PrivateKeyDer<'static>> {
        let path = &self.files.key;
        let text = read_secret(path)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|e| unusable(path, "holds no private key", e))
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn stamp(path: &Path) -> Result<Stamp> {
    let metadata = fs::metadata(path).map_err(|e| unreadable(path, e))?;
    Ok(Stamp::of(&metadata))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let mut file = File::open(path).map_err(|e| unreadable(path, e))?;
    check_trusted(path, &file.metadata().map_err(|e| unreadable(path, e))?)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(|e| unreadable(path, e))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|e| unusable(path, "is no PEM file", e))?;
    if found.is_empty() {
        return Err(Error::new(
            ErrorKind::Config,
            format!("{} holds no certificate", path.display()),
            "name a PEM file with one",
        ));
    }
    Ok(found)
}

/// The content of a file that others must not be able to read.
pub(crate) fn read_secret(path: &Path) -> Result<SecretBytes> {
    let mut file = File::open(path).map_err(|e| unreadable(path, e))?;
    check_secret(path, &file.metadata().map_err(|e| unreadable(path, e))?)?;
    SecretBytes::read_from(&mut file, FILE_LIMIT)
        .map_err(|e| unusable(path, "cannot be used", e.what()).with_source(e))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return unusable(path, "is not there", error);
    }
    file_error("read", path, error)
}

fn unusable(path: &Path, how: &str, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Config, format!("{} {how}", path.display()), "put the right file there")
        .with_native(error.to_string())
}
