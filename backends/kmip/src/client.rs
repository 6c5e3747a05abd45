//! The client: asks the servers, in order of preference, until one answers.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Process, Result, SecretBytes};

use crate::ProtocolVersion;
use crate::connection::{Connection, RESPONSE_LIMIT};
use crate::failure::{Effect, Failure};
use crate::message::{AfterFailure, Credential, Failed, Header, Response, request};
use crate::negotiate::negotiate;
use crate::operations::{Answered, Request};
use crate::server::{Line, Patience, Server};
use crate::settings::KmipSettings;
use crate::tls::{Tls, read_secret};

/// A client of one or several servers that share their objects.
///
/// Safe to call from any thread, many at once; each call uses a connection of its own, and connections
/// are kept. A message is given up after twice [`KmipSettings::timeout`]. In a forked child every call is
/// `Forked`.
pub struct KmipClient {
    settings: KmipSettings,
    tls: Tls,
    servers: Vec<Server>,
    /// How many answers came from another server than the first.
    stand_ins: AtomicU64,
    process: Process,
}

impl KmipClient {
    /// Takes the settings; connects when it is first used. `Config` when there is no server.
    pub fn new(settings: KmipSettings) -> Result<KmipClient> {
        if settings.servers.is_empty() {
            return Err(no_server());
        }
        let server = |address: &_| Server::new(Clone::clone(address), settings.connections);
        Ok(KmipClient {
            servers: settings.servers.iter().map(server).collect(),
            tls: Tls::new(settings.tls.clone()),
            stand_ins: AtomicU64::new(0),
            process: Process::current(),
            settings,
        })
    }

    /// The settings.
    pub fn settings(&self) -> &KmipSettings {
        &self.settings
    }

    /// How many answers have come from another server than the first. Where that grows while something
    /// is looked for and not found, the first may have it: the others may lag behind.
    pub(crate) fn stand_ins(&self) -> u64 {
        self.stand_ins.load(Ordering::Relaxed)
    }

    /// Asks for one thing that changes nothing, or that is the same when it is done twice.
    pub(crate) fn ask<O: Answered>(&self, operation: &O) -> Result<O::Answer, Failed> {
        self.batch(&[operation], AfterFailure::Stop, Effect::Nothing)?.answer::<O>(0)
    }

    /// Asks for several things in one message.
    pub(crate) fn batch(
        &self,
        operations: &[&dyn Request],
        after_failure: AfterFailure,
        effect: Effect,
    ) -> Result<Response> {
        self.in_own_process()?;
        let give_up = Instant::now() + 2 * self.settings.timeout;
        let mut before = None;
        loop {
            let failure = match self.try_each_server(operations, after_failure, effect, give_up) {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let is_final = match &failure {
                Failure::Refused(_) => true,
                Failure::Unknown(_) => !effect.may_be_repeated(),
                Failure::NotSent(_) => false,
            };
            if is_final || !self.wait_for_a_server(give_up) {
                // What an earlier try may have done is not forgotten because the last did nothing; and
                // one that had no time left says less than the one before it.
                let says_more = effect != Effect::Nothing || Instant::now() >= give_up;
                return Err(effect.error(before.filter(|_| says_more).unwrap_or(failure)));
            }
            if effect == Effect::Nothing || matches!(failure, Failure::Unknown(_)) {
                before = Some(failure);
            }
        }
    }

    fn try_each_server(
        &self,
        operations: &[&dyn Request],
        after_failure: AfterFailure,
        effect: Effect,
        give_up: Instant,
    ) -> Result<Response, Failure> {
        let mut last = None;
        let mut tried = vec![false; self.servers.len()];
        for patience in [Patience::WhileOthersAnswer, Patience::Needed] {
            for (at, (server, tried)) in self.servers.iter().zip(&mut tried).enumerate() {
                let paused = server.paused(patience);
                if *tried || paused.is_some() {
                    last = last.or(paused.map(|(_, failure)| failure));
                    continue;
                }
                *tried = true;
                let deadline = give_up.min(Instant::now() + self.settings.timeout);
                match self.try_server(server, operations, after_failure, deadline) {
                    Ok(response) => {
                        self.stand_ins.fetch_add(u64::from(at > 0), Ordering::Relaxed);
                        return Ok(response);
                    }
                    Err(Failure::Unknown(error)) if !effect.may_be_repeated() => {
                        return Err(Failure::Unknown(error));
                    }
                    Err(failure) => last = Some(graver(last, failure)),
                }
            }
        }
        Err(last.unwrap_or_else(|| Failure::Refused(no_server())))
    }

    fn try_server(
        &self,
        server: &Server,
        operations: &[&dyn Request],
        after_failure: AfterFailure,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let password = self.password().map_err(Failure::Refused)?;
        let header = |version| Header {
            version,
            credential: self.credential(password.as_ref()),
            maximum_response_size: i32::try_from(RESPONSE_LIMIT).ok(),
        };
        let connect = || {
            let config = self.tls.config().map_err(Failure::Refused)?;
            let mut connection = Connection::open(server.address(), config, deadline)?;
            let version = match self.settings.version {
                Some(pinned) => pinned,
                None => negotiate(&mut connection, deadline, header)?,
            };
            Ok(Line { connection, version })
        };
        server.with_line(deadline, connect, |line| {
            check_version(operations, line.version).map_err(Failure::Refused)?;
            let bytes = request(&header(line.version), operations, after_failure);
            let response = line.connection.exchange(&bytes, deadline)?;
            match response.check_objects(operations) {
                Ok(()) => Ok(response),
                Err(error) => Err(line.connection.not_understood(&error)),
            }
        })
    }

    /// The version that is spoken with the server that answers now.
    pub(crate) fn version(&self) -> Result<(String, ProtocolVersion)> {
        self.in_own_process()?;
        let mut last = None;
        for server in &self.servers {
            match self.version_of(server) {
                Ok(version) => return Ok((server.address().to_string(), version)),
                Err(failure) => last = Some(failure),
            }
        }
        let failure = last.map(|failure| Effect::Nothing.error(failure));
        Err(failure.unwrap_or_else(no_server))
    }

    fn version_of(&self, server: &Server) -> Result<ProtocolVersion, Failure> {
        if let Some(pinned) = self.settings.version {
            return Ok(pinned);
        }
        let deadline = Instant::now() + self.settings.timeout;
        let password = self.password().map_err(Failure::Refused)?;
        let config = self.tls.config().map_err(Failure::Refused)?;
        let mut connection = Connection::open(server.address(), config, deadline)?;
        negotiate(&mut connection, deadline, |version| Header {
            version,
            credential: self.credential(password.as_ref()),
            maximum_response_size: i32::try_from(RESPONSE_LIMIT).ok(),
        })
    }

    /// Waits until a server may be tried again. False when it is too late for that.
    fn wait_for_a_server(&self, give_up: Instant) -> bool {
        let now = Instant::now();
        let again =
            |server: &Server| server.paused(Patience::Needed).map_or(now, |(until, _)| until);
        let pause =
            self.servers.iter().map(again).min().unwrap_or(now).saturating_duration_since(now);
        if now + pause >= give_up {
            return false;
        }
        // A server that lets go of connection after connection is not asked in a busy loop.
        thread::sleep(pause.max(Duration::from_millis(1)));
        true
    }

    fn password(&self) -> Result<Option<SecretBytes>> {
        let Some(source) = &self.settings.credential else { return Ok(None) };
        let mut password = read_secret(&source.password_file)?;
        if password.last() == Some(&b'\n') {
            password.truncate(password.len() - 1);
        }
        if std::str::from_utf8(&password).is_err() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("the password in {} is not UTF-8", source.password_file.display()),
                "KMIP sends passwords as text: set another one",
            ));
        }
        Ok(Some(password))
    }

    fn credential<'a>(&'a self, password: Option<&'a SecretBytes>) -> Option<Credential<'a>> {
        let (source, password) = (self.settings.credential.as_ref()?, password?);
        Some(Credential { username: &source.username, password })
    }

    fn in_own_process(&self) -> Result<()> {
        if self.process == Process::current() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Forked,
            "this KMIP client was opened by the parent of this process",
            "open the store again in the child",
        ))
    }
}

impl fmt::Debug for KmipClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.settings.servers.iter().map(|s| s.to_string()).collect();
        write!(f, "KmipClient({})", servers.join(", "))
    }
}

/// The failure to tell of: what one server may have done is not forgotten because the next is not there,
/// and one that may come back is waited for, whatever is wrong with the others.
fn graver(before: Option<Failure>, now: Failure) -> Failure {
    match (before, &now) {
        (Some(unknown @ Failure::Unknown(_)), _) => unknown,
        (Some(not_sent @ Failure::NotSent(_)), Failure::Refused(_)) => not_sent,
        _ => now,
    }
}

fn no_server() -> Error {
    let next = "name at least one in the config";
    Error::new(ErrorKind::Config, "no KMIP server is named", next)
}

/// Refuses, before anything is sent, what the version cannot say.
fn check_version(operations: &[&dyn Request], version: ProtocolVersion) -> Result<()> {
    for operation in operations {
        if operation.since() > version {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "{:?} as it is needed exists from KMIP {} on, and {version} is spoken",
                    operation.operation(),
                    operation.since()
                ),
                "use a newer server, or pin no version",
            ));
        }
    }
    Ok(())
}
