//! Certificates and keys in PEM files.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use strongroom_backend::{Error, ErrorKind, Result, file_error};

/// Where systems keep the authorities that they trust.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The authorities in a file; `system` stands for those that the system trusts.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore> {
    let path = match path.to_str() {
        Some("system") => {
            Path::new(SYSTEM.iter().find(|file| Path::new(file).exists()).unwrap_or(&SYSTEM[0]))
        }
        _ => path,
    };
    let mut roots = RootCertStore::empty();
    // A bundle of a system may hold some that rustls does not read.
    let (added, _) = roots.add_parsable_certificates(certificates(path)?);
    if added == 0 {
        return Err(nothing_in(path, "certificate of an authority"));
    }
    Ok(roots)
}

/// A chain of certificates.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(|all| all.collect());
    match all {
        Ok(all) if all.is_empty() => Err(nothing_in(path, "certificate")),
        Ok(all) => Ok(all),
        Err(error) => Err(unreadable(path, error, "certificate")),
    }
}

/// A private key, which others must not be able to read.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let found = std::fs::metadata(path).map_err(|e| file_error("read", path, e))?;
    // As libpq: root may let a group read it.
    let allowed = if found.uid() == 0 { 0o740 } else { 0o700 };
    if found.mode() & 0o777 & !allowed != 0 {
        return Err(Error::new(
            ErrorKind::Denied,
            format!("others can read the private key {}", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    PrivateKeyDer::from_pem_file(path).map_err(|e| unreadable(path, e, "private key"))
}

fn unreadable(path: &Path, error: pem::Error, what: &str) -> Error {
    match error {
        pem::Error::Io(error) => file_error("read", path, error),
        _ => nothing_in(path, what),
    }
}

fn nothing_in(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("{} holds no {what} in PEM form", path.display()),
        "check the file that the connection string names",
    )
}
