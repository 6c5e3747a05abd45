//! Whether a pooler stands between us and the server.
//!
//! A pooler that gives each transaction another session knows neither of the statements that we have
//! prepared nor of what we have set, and another client's prepared statement may have the name of ours.
//! Nothing tells such a one from one that gives a client its session to the end: so we ask to be told.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::join;
use strongroom_backend::{Error, ErrorKind};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// What a client asks for before TLS, and before a statement is cancelled.
const REQUEST: usize = 8;

/// The server's process that the greeting named. A pooler names one of its own making.
///
/// tokio-postgres tells it to nobody but the server, when a statement is to be cancelled: so we are that
/// server.
pub(crate) async fn greeted_by(client: &Client) -> io::Result<i64> {
    let (ours, mut theirs) = duplex(64);
    let token = client.cancel_token();
    let cancel = token.cancel_query_raw(ours, Plain);
    let listen = async {
        let mut request = [0; REQUEST];
        theirs.read_exact(&mut request).await?;
        // Eight bytes ask for TLS; sixteen cancel.
        if request[3] == 8 {
            theirs.write_all(b"S").await?;
            theirs.read_exact(&mut request).await?;
        }
        let process = theirs.read_i32().await?;
        theirs.read_i32().await?;
        Ok(process.into())
    };
    let (_, process) = join(cancel, listen).await;
    process
}

pub(crate) fn refusal() -> Error {
    Error::new(
        ErrorKind::Config,
        "there is a pooler between this process and the server, and not every pooler will do",
        "go to the server itself; or, where each client of the pooler has a session of the server to its \
         end (`pool_mode = session`), say so with pooler=session in the connection string",
    )
}

/// TLS without any: what goes through is never sent.
struct Plain;

struct PlainStream(DuplexStream);

impl TlsConnect<DuplexStream> for Plain {
    type Stream = PlainStream;
    type Error = io::Error;
    type Future = Ready<io::Result<PlainStream>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(PlainStream(stream)))
    }
}

impl TlsStream for PlainStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for PlainStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
