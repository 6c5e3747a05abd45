//! The client: asks the servers, in order of preference, until one answers.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Health, Process, Result, SecretBytes};

use crate::ProtocolVersion;
use crate::connection::{Connection, RESPONSE_LIMIT};
use crate::enumerations::QueryFunction;
use crate::failure::{Effect, Failure};
use crate::message::{AfterFailure, Credential, Failed, Header, Response, request};
use crate::negotiate::negotiate;
use crate::operations::{Answered, Queried, Query, Request};
use crate::server::{Line, Patience, Server};
use crate::settings::KmipSettings;
use crate::tls::{Tls, read_secret};

/// An answer, and who gave it.
pub(crate) struct AnsweredBy {
    /// Which of the servers, counted from the preferred one.
    pub(crate) server: usize,
    /// The version that is spoken with it.
    pub(crate) version: ProtocolVersion,
    pub(crate) response: Response,
}

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
        let server = |address: &_| Server::new(Clone::clone(address), &settings);
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

    /// Whether another server than the first has answered since `stand_ins` were counted.
    pub(crate) fn stood_in(&self, stand_ins: u64) -> bool {
        self.stand_ins() != stand_ins
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
        self.batch_from(operations, after_failure, effect).map(|answered| answered.response)
    }

    /// Asks for several things in one message, and tells who answered.
    pub(crate) fn batch_from(
        &self,
        operations: &[&dyn Request],
        after_failure: AfterFailure,
        effect: Effect,
    ) -> Result<AnsweredBy> {
        self.in_own_process()?;
        let give_up = Instant::now() + 2 * self.settings.timeout;
        let mut before = None;
        loop {
            let failure = match self.try_each_server(operations, after_failure, effect, give_up) {
                Ok(answered) => return Ok(answered),
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
    ) -> Result<AnsweredBy, Failure> {
        let mut last = None;
        let mut tried = vec![false; self.servers.len()];
        for patience in [Patience::WhileOthersAnswer, Patience::Needed] {
            for (at, server) in self.servers.iter().enumerate() {
                let paused = server.paused(patience);
                if tried[at] || paused.is_some() {
                    last = last.or(paused.map(|(_, failure)| failure));
                    continue;
                }
                let is_next = |(server, tried): &(&Server, &bool)| {
                    !**tried && server.paused(patience).is_none()
                };
                let next = self.servers.iter().zip(&tried).filter(is_next).count();
                let deadline = Instant::now() + self.share(give_up, next);
                tried[at] = true;
                match self.try_server(server, operations, after_failure, deadline) {
                    Ok((version, response)) => {
                        self.stand_ins.fetch_add(u64::from(at > 0), Ordering::Relaxed);
                        return Ok(AnsweredBy { server: at, version, response });
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

    /// How long one of so many servers that are still to be tried may take: all of them get their turn.
    fn share(&self, give_up: Instant, servers: usize) -> Duration {
        let left = give_up.saturating_duration_since(Instant::now());
        let servers = u32::try_from(servers).unwrap_or(u32::MAX).max(1);
        (left / servers).min(self.settings.timeout)
    }

    fn try_server(
        &self,
        server: &Server,
        operations: &[&dyn Request],
        after_failure: AfterFailure,
        deadline: Instant,
    ) -> Result<(ProtocolVersion, Response), Failure> {
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
                Ok(()) => Ok((line.version, response)),
                Err(error) => Err(line.connection.not_understood(&error)),
            }
        })
    }

    /// The address of the server that answers now, and the version that is spoken with it.
    pub(crate) fn version(&self) -> Result<(String, ProtocolVersion)> {
        let answered = self.query(&Query { functions: &[QueryFunction::Operations] })?;
        Ok((self.address(&answered), answered.version))
    }

    /// The address of the server that gave an answer.
    pub(crate) fn address(&self, answered: &AnsweredBy) -> String {
        self.servers[answered.server].address().to_string()
    }

    /// A finding when the files of TLS cannot be used as they are now, so that the connections of other
    /// processes, and of this one after a restart, fail.
    pub(crate) fn certificate_health(&self) -> Option<Health> {
        let error = self.tls.trouble()?;
        let how = format!("the certificate or key that is on disk now cannot be used: {error}");
        Some(Health::warning("kmip certificate", how))
    }

    /// What the server that is asked next has told of itself, if it has.
    pub(crate) fn told_by_the_next(&self) -> Option<Queried> {
        let is_next = |server: &&Server| server.paused(Patience::WhileOthersAnswer).is_none();
        self.servers.iter().find(is_next)?.told()
    }

    /// Remembers what a server told of itself.
    pub(crate) fn remember(&self, answered: &AnsweredBy, told: &Queried) {
        self.servers[answered.server].remember(told.clone());
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

/// The error of something that another server than the first does not have as it should be: the first may
/// have it. `how` says what is wrong with it.
pub(crate) fn lagging(how: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the first KMIP server did not answer, and another {how}"),
        "try again when the first server answers; name it last in the config if it never will",
    )
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
