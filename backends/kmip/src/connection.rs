//! One connection to one server.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use strongroom_backend::{Error, ErrorKind, Result, spawn_without_signals};
use zeroize::Zeroizing;

use crate::deadline::DeadlineStream;
use crate::failure::Failure;
use crate::message::Response;
use crate::settings::ServerAddress;
use crate::tls_error;
use crate::ttlv::{HEADER, Tag, item_type};

/// The longest answer that is read, in bytes.
pub(crate) const RESPONSE_LIMIT: usize = 16 << 20;

/// A connection whose TLS handshake is done.
///
/// What it sends and receives also passes through the buffers of the TLS library, which are not wiped.
pub(crate) struct Connection {
    stream: StreamOwned<ClientConnection, DeadlineStream>,
    address: ServerAddress,
    since: Instant,
    /// Whether it has brought an answer yet.
    has_answered: bool,
}

impl Connection {
    /// Connects, until `deadline` at most.
    pub(crate) fn open(
        address: &ServerAddress,
        config: Arc<ClientConfig>,
        deadline: Instant,
    ) -> Result<Connection, Failure> {
        let name = address.server_name.as_ref().unwrap_or(&address.host);
        let name = ServerName::try_from(name.clone()).map_err(|e| {
            Failure::Refused(
                Error::new(
                    ErrorKind::Config,
                    format!("{name:?} is no name that a certificate can have"),
                    "set server_name to one that is in the server's certificate",
                )
                .with_native(e.to_string()),
            )
        })?;
        let tcp = connect(address, deadline).map_err(|e| not_reached(address, &e))?;
        let stream = DeadlineStream::new(tcp, deadline);
        let client = ClientConnection::new(config, name)
            .map_err(|e| tls_error::handshake(address, &io::Error::other(e)))?;
        let mut stream = StreamOwned::new(client, stream);
        while stream.conn.is_handshaking() {
            let done = stream.conn.complete_io(&mut stream.sock);
            done.map_err(|e| tls_error::handshake(address, &e))?;
        }
        let since = Instant::now();
        Ok(Connection { stream, address: address.clone(), since, has_answered: false })
    }

    /// When it was made.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// Whether it looks as if the server would still answer.
    pub(crate) fn is_usable(&mut self) -> bool {
        // What was decrypted already and not read belongs to no request that is still to come.
        let unread = self.stream.conn.process_new_packets();
        unread.is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
            && self.stream.sock.is_quiet()
    }

    /// Sends a request and reads the answer, until `deadline` at most. After a failure, the connection
    /// is of no more use.
    pub(crate) fn exchange(
        &mut self,
        request: &[u8],
        deadline: Instant,
    ) -> Result<Response, Failure> {
        self.stream.sock.until(deadline);
        let sent = self.stream.write_all(request).and_then(|()| self.stream.flush());
        let answer = sent.and_then(|()| self.read_message());
        let is_first = !self.has_answered;
        let bytes = answer.map_err(|e| tls_error::exchange(&self.address, is_first, &e))?;
        self.has_answered = true;
        Response::new(bytes).map_err(|e| self.not_understood(&e))
    }

    /// The failure when an answer came that makes no sense.
    pub(crate) fn not_understood(&self, error: &Error) -> Failure {
        let damaged = io::Error::new(io::ErrorKind::InvalidData, error.what());
        tls_error::exchange(&self.address, false, &damaged)
    }

    fn read_message(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header)?;
        let expected = Tag::RESPONSE_MESSAGE.number().to_be_bytes();
        let [t0, t1, t2, kind, len @ ..] = header;
        if [0, t0, t1, t2] != expected || kind != item_type::STRUCTURE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no KMIP message"));
        }
        let len = u32::from_be_bytes(len);
        let fits = usize::try_from(len).ok().filter(|len| *len <= RESPONSE_LIMIT);
        let Some(len) = fits else {
            let why = format!("it claims {len} bytes, the limit is {RESPONSE_LIMIT}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        };
        // Of its whole length at once: a vector that grows leaves its old memory as it is.
        let mut bytes = Zeroizing::new(vec![0; HEADER + len]);
        bytes[..HEADER].copy_from_slice(&header);
        self.stream.read_exact(&mut bytes[HEADER..])?;
        Ok(bytes)
    }
}

fn connect(address: &ServerAddress, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in resolve(address, deadline)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a host. The system's resolver knows no deadline, so it gets a thread.
fn resolve(address: &ServerAddress, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = address.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, address.port)]);
    }
    let (found, wait) = mpsc::sync_channel(1);
    let host = (address.host.clone(), address.port);
    spawn_without_signals("strongroom-resolve", move || {
        let addresses = host.to_socket_addrs().map(|all| all.collect::<Vec<_>>());
        let _ = found.send(addresses);
    })?;
    let left = deadline.saturating_duration_since(Instant::now());
    wait.recv_timeout(left).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn not_reached(address: &ServerAddress, error: &io::Error) -> Failure {
    Failure::NotSent(
        Error::new(
            ErrorKind::Unavailable,
            format!("the KMIP server {address} cannot be reached"),
            "check that it runs, and that the address is right",
        )
        .with_native(error.to_string()),
    )
}
