//! What went wrong on a connection, in words that help.

use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError};
use strongroom_backend::{Error, ErrorKind};

use crate::failure::Failure;
use crate::settings::ServerAddress;

/// A handshake failed: nothing of a request was sent.
pub(crate) fn handshake(address: &ServerAddress, error: &io::Error) -> Failure {
    match told(address, error) {
        Some(clear) => Failure::Refused(clear),
        None => Failure::NotSent(broken(address, "did not finish the TLS handshake", error)),
    }
}

/// A request was sent, or a part of it, and no whole answer came. `is_first`: nothing was ever answered
/// on this connection.
pub(crate) fn exchange(address: &ServerAddress, is_first: bool, error: &io::Error) -> Failure {
    // From TLS 1.3 on, a server refuses the client certificate after our side of the handshake. Whatever
    // else breaks now, and whenever later, the request may have been carried out.
    if is_first
        && let Some(clear) = told(address, error)
        && clear.kind() == ErrorKind::Unauthenticated
    {
        return Failure::Refused(clear);
    }
    let how = match error.kind() {
        io::ErrorKind::TimedOut => "did not answer in time",
        io::ErrorKind::UnexpectedEof => "closed the connection without a whole answer",
        io::ErrorKind::InvalidData => "gave an answer that cannot be understood",
        _ => "broke the connection",
    };
    Failure::Unknown(broken(address, how, error))
}

fn broken(address: &ServerAddress, how: &str, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the KMIP server {address} {how}"),
        "check the server and its log, and that its port is the one for KMIP",
    )
    .with_native(error.to_string())
}

/// What TLS tells about certificates, which waiting does not mend.
fn told(address: &ServerAddress, error: &io::Error) -> Option<Error> {
    let tls = error.get_ref()?.downcast_ref::<TlsError>()?;
    let (kind, what, next) = match tls {
        TlsError::InvalidCertificate(why) => (
            ErrorKind::Config,
            format!("the certificate of the KMIP server {address} {}", bad(why)),
            NEXT_SERVER,
        ),
        TlsError::AlertReceived(alert) if is_about_us(*alert) => (
            ErrorKind::Unauthenticated,
            format!("the KMIP server {address} refused the client certificate"),
            "check that it is valid, and that the server trusts the authority that issued it",
        ),
        TlsError::InvalidMessage(_) => (
            ErrorKind::Config,
            format!("{address} does not speak TLS"),
            "check the port, which is 5696 for most KMIP servers",
        ),
        TlsError::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion,
        )
        | TlsError::PeerIncompatible(_) => (
            ErrorKind::Config,
            format!("the KMIP server {address} shares no version or cipher of TLS with us"),
            "let it speak TLS 1.2 or 1.3 with a certificate on an elliptic curve, or AES-GCM with RSA",
        ),
        _ => return None,
    };
    Some(Error::new(kind, what, next).with_native(tls.to_string()))
}

const NEXT_SERVER: &str = "check the CA file, the server's name and certificate, and the clocks";

fn bad(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet"
        }
        CertificateError::Revoked => "was revoked",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name"
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "was not issued by an authority of the CA file"
        }
        _ => "cannot be trusted",
    }
}

/// Alerts by which a server refuses our certificate.
fn is_about_us(alert: AlertDescription) -> bool {
    use AlertDescription as A;
    matches!(
        alert,
        A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::CertificateRequired
            | A::DecryptError
    )
}
