//! A connection of the operating system: TCP or Unix.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;

use crate::forks::{Registered, register};
use crate::settings::Host;

/// A socket that a forked child does not keep. Its entry goes first.
pub(crate) struct Socket {
    _registered: Registered,
    stream: Stream,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Connects to the first address of the host that answers, each of which has its share of the time.
    pub(crate) async fn connect(host: &Host, limit: Duration) -> io::Result<Socket> {
        if let Some(path) = host.socket() {
            let stream = UnixStream::connect(path).await?;
            let _registered = register(stream.as_raw_fd());
            return Ok(Socket { _registered, stream: Stream::Unix(stream) });
        }
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        let found = lookup_host((host.name.as_str(), host.port)).await;
        // An error of no kind, which may well pass.
        let found = found.map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
        let addresses: Vec<_> = found.collect();
        let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
        for address in addresses {
            match timeout(share, Socket::connect_to(address)).await {
                Ok(Ok(socket)) => return Ok(socket),
                Ok(Err(error)) => failed = error,
                Err(late) => failed = late.into(),
            }
        }
        Err(failed)
    }

    async fn connect_to(address: SocketAddr) -> io::Result<Socket> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        let _registered = register(socket.as_raw_fd());
        socket.set_keepalive(true)?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Socket { _registered, stream: Stream::Tcp(stream) })
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
