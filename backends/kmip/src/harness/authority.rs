//! A certificate authority of its own for each test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Now.
    Now,
    /// Until some years ago.
    Past,
}

/// An authority that issues certificates for servers and clients.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: PathBuf,
}

/// A certificate and its key, in PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, for its owner alone.
    pub key: PathBuf,
}

impl Authority {
    /// Makes an authority, and writes its certificate to `NAME.crt` in `folder`.
    pub fn new(folder: &Path, name: &str) -> Authority {
        let mut params = params(name, &[], Validity::Now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = new_key();
        let signed = params.self_signed(&key).expect("the certificate of an authority");
        let certificate = folder.join(format!("{name}.crt"));
        write(&certificate, &signed.pem(), 0o644);
        Authority { issuer: Issuer::new(params, key), certificate }
    }

    /// The file with the authority's own certificate.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Issues a certificate for a server on this machine: `localhost`, 127.0.0.1.
    pub fn server(&self, folder: &Path, name: &str, validity: Validity) -> Issued {
        let mut params = params(name, &["localhost", "127.0.0.1"], validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, folder, name)
    }

    /// Issues a certificate for a client, whose identity is `name`.
    pub fn client(&self, folder: &Path, name: &str, validity: Validity) -> Issued {
        let mut params = params(name, &[], validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, folder, name)
    }

    fn issue(&self, mut params: CertificateParams, folder: &Path, name: &str) -> Issued {
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        let key = new_key();
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        let issued = Issued {
            certificate: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
        };
        write(&issued.certificate, &signed.pem(), 0o644);
        write(&issued.key, &key.serialize_pem(), 0o600);
        issued
    }
}

/// Whatever the umask is.
fn write(path: &Path, pem: &str, mode: u32) {
    fs::write(path, pem).expect("a file for PEM");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights of a file");
}

/// On an elliptic curve: the ciphers that PyKMIP shares with rustls want one.
fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn params(name: &str, hosts: &[&str], validity: Validity) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_string()).collect();
    let mut params = CertificateParams::new(hosts).expect("names of hosts");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = match validity {
        Validity::Now => date_time_ymd(2099, 1, 1),
        Validity::Past => date_time_ymd(2021, 1, 1),
    };
    params
}
