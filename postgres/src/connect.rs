//! From settings to a session with the right server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::poll_fn;
use strongroom_backend::{Error, ErrorKind, Result, random_bytes};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{ChannelBinding, SslMode as Mode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config, SimpleQueryMessage};

use crate::errors::server_error;
use crate::pooler;
use crate::runtime::Spawner;
use crate::session::{Facts, Session};
use crate::settings::{self, Host, Password, Settings, SslMode, Target};
use crate::socket::Socket;
use crate::tls::Tls;

/// How long to wait before a server that may be starting is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// The oldest server that is supported.
const OLDEST: i64 = 130_000;

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) settings: Arc<Settings>,
    pub(crate) tls: Tls,
    pub(crate) statement_timeout: Duration,
    /// The host that was reached last, which the next connection tries first: one before it that never answers
    /// would cost each of them its share of the time.
    pub(crate) reached: Arc<AtomicUsize>,
}

/// A server that could not be used.
struct Refusal {
    error: Error,
    /// It may well work in a moment.
    passing: bool,
}

/// What is known before an attempt to connect.
pub(crate) struct Known {
    /// For each host. The thread that connects everybody must not wait for a file.
    pub(crate) passwords: Vec<Password>,
    /// Whether the sessions that there are came to a primary.
    pub(crate) on_primary: bool,
}

/// An attempt to connect, with all its tries.
struct Attempt {
    known: Known,
    /// Until then, a primary is looked for where any server will do in the end.
    primary_until: Option<Instant>,
    /// Of each host, whether it has refused us for good.
    refused: Vec<bool>,
    /// The most telling of the refusals, and the host's number.
    told: Option<(usize, Refusal)>,
}

impl Attempt {
    fn note(&mut self, host: usize, refusal: Refusal) {
        self.refused[host] = !refusal.passing;
        // What does not pass by itself tells more.
        let tells_more =
            |(by, told): &(usize, Refusal)| told.passing && (!refusal.passing || *by == host);
        if self.told.as_ref().is_none_or(tells_more) {
            self.told = Some((host, refusal));
        }
    }
}

/// The task that serves a connection, which ends with an attempt that is given up.
struct AbortOnDrop(Option<AbortHandle>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Connector {
    /// Tries every host in turn, and again those that may be about to start.
    pub(crate) async fn connect(
        self,
        known: Known,
        spawner: impl Fn() -> Spawner,
    ) -> Result<Session> {
        let limit = self.settings.connect_timeout;
        let hosts = self.settings.hosts.len();
        // Sessions on a primary and on a standby beside it would not show the same.
        let prefers_primary = known.on_primary && hosts > 1 && self.settings.target == Target::Any;
        let mut attempt = Attempt {
            known,
            primary_until: prefers_primary.then(|| Instant::now() + limit / 2),
            refused: vec![false; hosts],
            told: None,
        };
        let tries = async {
            while attempt.refused.contains(&false) {
                if let Some(session) = self.try_every_host(&mut attempt, &spawner).await {
                    return Some(session);
                }
                sleep(PAUSE).await;
            }
            None
        };
        if let Ok(Some(session)) = timeout(limit, tries).await {
            return Ok(session);
        }
        Err(attempt.told.map_or_else(|| self.no_answer(), |(_, refusal)| refusal.error))
    }

    async fn try_every_host(
        &self,
        attempt: &mut Attempt,
        spawner: &impl Fn() -> Spawner,
    ) -> Option<Session> {
        let wanted = self.settings.target;
        let (first, then) = match (wanted, attempt.primary_until) {
            (Target::PreferStandby, _) => (Target::Standby, Some(Target::Any)),
            (Target::Any, Some(until)) if Instant::now() < until => (Target::Primary, None),
            _ => (wanted, None),
        };
        let hosts = &self.settings.hosts;
        // One that never answers leaves time for the others, and for looking at all of them again.
        let rounds = if then.is_some() || attempt.primary_until.is_some() { 2 } else { 1 };
        let tries = u32::try_from(rounds * hosts.len()).unwrap_or(u32::MAX);
        let share = self.settings.connect_timeout / tries.max(1);
        let reached = self.reached.load(Ordering::Relaxed);
        for target in std::iter::once(first).chain(then) {
            for (number, host) in hosts.iter().enumerate().cycle().skip(reached).take(hosts.len()) {
                if attempt.refused[number] {
                    continue;
                }
                let password = attempt.known.passwords.get(number).cloned().flatten();
                let tried = self.try_host(host, target, password, share, spawner());
                let tried = timeout(share, tried).await;
                match tried.unwrap_or_else(|late| Err(unreachable_host(host, late.into()))) {
                    Ok(session) => {
                        // A standby does where any server will, and the primary is looked for again.
                        let settles = target != Target::Any || !session.facts.in_recovery;
                        self.reached.store(if settles { number } else { 0 }, Ordering::Relaxed);
                        return Some(session);
                    }
                    Err(refusal) => attempt.note(number, refusal),
                }
            }
        }
        None
    }

    async fn try_host(
        &self,
        host: &Host,
        target: Target,
        password: Password,
        share: Duration,
        spawner: Spawner,
    ) -> Result<Session, Refusal> {
        let lasting = |error| Refusal { error, passing: false };
        let socket = Socket::connect(host, share).await.map_err(|e| unreachable_host(host, e))?;
        let config = self.config(host, password);
        let (client, mut connection) = config
            .connect_raw(socket, self.tls.connector(host))
            .await
            .map_err(|e| self.refused(host, e))?;
        let unreplicated = Arc::new(AtomicBool::new(false));
        let noticed = unreplicated.clone();
        let serve = async move {
            while let Some(Ok(message)) = poll_fn(|c| connection.poll_message(c)).await {
                if let AsyncMessage::Notice(notice) = message
                    && notice.routine() == Some("SyncRepWaitForLSN")
                {
                    noticed.store(true, Ordering::Release);
                }
            }
        };
        let mut serving = AbortOnDrop(Some(spawner.spawn(serve)));
        let greeted_by =
            pooler::greeted_by(&client).await.map_err(|e| unreachable_host(host, e))?;
        let facts = self.greet(&client, greeted_by).await.map_err(|e| match e.code() {
            Some(&SqlState::DIVISION_BY_ZERO) => lasting(pooler::refusal()),
            _ => self.refused(host, e),
        })?;
        let id = random_bytes().map_err(lasting)?;
        let Some(task) = serving.0.take() else {
            return Err(Refusal { error: self.no_answer(), passing: true });
        };
        let session = Session::new(client, task, facts, id, unreplicated);
        match self.fits(&session.facts, target) {
            Ok(()) => Ok(session),
            Err(refusal) => Err(refusal),
        }
    }

    fn config(&self, host: &Host, password: Password) -> Config {
        let settings = &*self.settings;
        let mut config = Config::new();
        config.user(&settings.user);
        config.dbname(&settings.database);
        config.application_name(&settings.application_name);
        if let Some(options) = &settings.options {
            config.options(options);
        }
        if let Some(password) = password {
            config.password(&password[..]);
        }
        config.channel_binding(match settings.channel_binding {
            settings::ChannelBinding::Disable => ChannelBinding::Disable,
            settings::ChannelBinding::Prefer => ChannelBinding::Prefer,
            settings::ChannelBinding::Require => ChannelBinding::Require,
        });
        // Through a Unix socket there is no TLS, as with libpq.
        let encrypted = self.tls.is_wanted() && host.socket().is_none();
        config.ssl_mode(match settings.tls.mode {
            _ if !encrypted => Mode::Disable,
            SslMode::Prefer => Mode::Prefer,
            _ => Mode::Require,
        });
        config
    }

    /// Sets up the session and asks what the server is, in one round trip. Divides by zero, and sets nothing,
    /// where it was not the server that greeted us: another's session is no place for our settings.
    async fn greet(&self, client: &Client, by: i64) -> Result<Facts, tokio_postgres::Error> {
        let statement = self.statement_timeout.as_millis();
        let no_pooler = match self.settings.pooler_keeps_sessions {
            true => String::new(),
            false => format!("SELECT 1 / (pg_backend_pid() = {by})::int;"),
        };
        // What commits wait for, and that we are told when they did not, must not change with the server's
        // configuration. The planner's choices must not depend on statistics that a small or new table does not have,
        // and a plan is made once for each statement.
        let greeting = format!(
            "{no_pooler} SET statement_timeout = {statement}; SET lock_timeout = {lock};
             SET idle_in_transaction_session_timeout = {idle};
             SET search_path = \"{schema}\"; SET default_transaction_isolation = 'read committed';
             SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;
             SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', CASE WHEN wanted IN ('off', 'local') THEN 'on'
                 ELSE wanted END, false) FROM current_setting('synchronous_commit') AS wanted;
             SELECT current_setting('server_version_num'), pg_is_in_recovery(),
                 current_setting('transaction_read_only'), current_setting('fsync'),
                 pid, (extract(epoch FROM backend_start) * 1000000)::bigint
                 FROM pg_stat_activity WHERE pid = pg_backend_pid()",
            lock = lock_timeout(self.statement_timeout).as_millis(),
            idle = statement * 2,
            schema = self.settings.schema(),
        );
        let answer = client.simple_query(&greeting).await?;
        let row = answer.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |column| row.and_then(|row| row.get(column)).unwrap_or_default();
        Ok(Facts {
            version: text(0).parse().unwrap_or(0),
            in_recovery: text(1) == "t",
            read_only: text(2) == "on",
            syncs: text(3) == "on",
            process: text(4).parse().unwrap_or(0),
            started: text(5).parse().unwrap_or(0),
        })
    }

    fn fits(&self, facts: &Facts, target: Target) -> Result<(), Refusal> {
        if facts.version < OLDEST {
            let error = Error::new(
                ErrorKind::Unsupported,
                "the server is older than PostgreSQL 13",
                "upgrade the server",
            );
            return Err(Refusal { error, passing: false });
        }
        if facts.process == 0 || facts.started == 0 {
            return Err(Refusal { error: hidden_from_itself(), passing: false });
        }
        let fits = match target {
            Target::Any | Target::PreferStandby => true,
            Target::ReadWrite => !facts.read_only,
            Target::ReadOnly => facts.read_only,
            Target::Primary => !facts.in_recovery,
            Target::Standby => facts.in_recovery,
        };
        if fits {
            return Ok(());
        }
        let error = Error::new(
            ErrorKind::Unavailable,
            format!("no server of {} is as target_session_attrs asks for", self.settings),
            "wait until a standby is promoted, or check the hosts",
        );
        Err(Refusal { error, passing: true })
    }

    fn refused(&self, host: &Host, error: tokio_postgres::Error) -> Refusal {
        if let Some(found) = error.as_db_error() {
            let passing = matches!(
                *found.code(),
                SqlState::CANNOT_CONNECT_NOW
                    | SqlState::TOO_MANY_CONNECTIONS
                    | SqlState::ADMIN_SHUTDOWN
                    | SqlState::CRASH_SHUTDOWN
            );
            return Refusal { error: server_error(found), passing };
        }
        let source = std::error::Error::source(&error);
        let network = source.and_then(|source| source.downcast_ref::<io::Error>());
        if error.is_closed() || network.is_some_and(|e| e.kind() != io::ErrorKind::InvalidData) {
            let error = io::Error::other("it closed the connection");
            return unreachable_host(host, error);
        }
        let reason = source.map(ToString::to_string).unwrap_or_else(|| error.to_string());
        let error = Error::new(
            ErrorKind::Denied,
            format!("the connection to {} was not accepted: {reason}", host.name),
            "check user, password, sslmode and certificates in the connection string, and that the passfile, where \
             it names one, has a line for this host, port, database and user",
        );
        Refusal { error, passing: false }
    }

    fn no_answer(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("no answer from {} in time", self.settings),
            "check that the server runs and can be reached",
        )
    }
}

/// A session that is lost is known again by its process and its beginning, and ended. Both are shown to
/// members of the role that logged in.
fn hidden_from_itself() -> Error {
    Error::new(
        ErrorKind::Config,
        "this role may not see its own session in pg_stat_activity, so a lost session could not be ended",
        "leave `role` out of `options` and of the role's settings, or make the role that it names a member of \
         the one that logs in",
    )
}

/// How long a statement may wait for a lock: it ends by that before it ends by its own time.
pub(crate) fn lock_timeout(statement_timeout: Duration) -> Duration {
    statement_timeout * 4 / 5
}

fn unreachable_host(host: &Host, error: io::Error) -> Refusal {
    let passing = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut
            | io::ErrorKind::NotFound
            | io::ErrorKind::Other
    );
    let error = Error::new(
        ErrorKind::Unavailable,
        format!("the database at {}, port {} cannot be reached: {error}", host.name, host.port),
        "check that the server runs, and the host and port in the connection string",
    );
    Refusal { error, passing }
}
