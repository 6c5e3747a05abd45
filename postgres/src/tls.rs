//! TLS with rustls, verified as `sslmode` says.

mod binding;
mod files;
mod verifier;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use strongroom_backend::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::client::TlsStream as Stream;

use crate::settings::{Host, SslMode, TlsSettings};
use crate::socket::Socket;

/// Makes TLS connections; nothing where none are wanted.
#[derive(Clone)]
pub(crate) struct Tls(Option<Arc<ClientConfig>>);

impl Tls {
    /// Reads the files that the settings name.
    pub(crate) fn new(settings: &TlsSettings) -> Result<Tls> {
        if settings.mode == SslMode::Disable {
            return Ok(Tls(None));
        }
        // Named here, so that the process-wide choice of a host program is neither needed nor made.
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable("TLS cannot be set up", e))?;
        let builder =
            builder.dangerous().with_custom_certificate_verifier(verifier(settings, provider)?);
        let config = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(files::certificates(certificate)?, files::private_key(key)?)
                .map_err(|e| unusable("the client certificate does not fit its key", e))?,
            _ => builder.with_no_client_auth(),
        };
        Ok(Tls(Some(Arc::new(config))))
    }

    /// Whether TLS is wanted at all.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn connector(&self, host: &Host) -> Connector {
        let name = ServerName::try_from(host.name.clone()).ok();
        Connector { config: self.0.clone(), name }
    }
}

fn verifier(
    settings: &TlsSettings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>> {
    let Some(root) = &settings.root else {
        return Ok(verifier::anyone(provider));
    };
    let roots = files::authorities(root)?;
    let by_name = settings.mode == SslMode::VerifyFull;
    verifier::known(roots, by_name, provider)
        .map_err(|e| unusable("the authorities cannot be used", e))
}

fn unusable(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("{what}: {error}"),
        "check `sslrootcert`, `sslcert` and `sslkey` in the connection string",
    )
}

/// Makes one TLS connection.
pub(crate) struct Connector {
    config: Option<Arc<ClientConfig>>,
    name: Option<ServerName<'static>>,
}

impl TlsConnect<Socket> for Connector {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let (Some(config), Some(name)) = (self.config, self.name) else {
                return Err(io::Error::other("TLS is not possible with this host"));
            };
            let connector = tokio_rustls::TlsConnector::from(config);
            connector.connect(name, socket).await.map(|stream| Encrypted(Box::new(stream)))
        })
    }
}

/// An encrypted connection.
pub(crate) struct Encrypted(Box<Stream<Socket>>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        match certificates.and_then(|all| binding::of_server(all.first()?)) {
            Some(hash) => ChannelBinding::tls_server_end_point(hash),
            None => ChannelBinding::none(),
        }
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(context)
    }
}
