//! Where the database is, and as whom to go there.

mod environment;
mod key_value;
mod passfile;
mod url;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

pub use environment::Environment;

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A day, in seconds.
const LONGEST_CONNECT_TIMEOUT: u64 = 24 * 60 * 60;
/// The longest identifier of PostgreSQL, in bytes.
const IDENTIFIER: usize = 63;

/// How to reach a PostgreSQL database, read from a connection string.
///
/// Both forms of libpq are understood: a URL and `key=value`. The keys are `host`, `port`, `user`,
/// `password`, `passfile`, `dbname`, `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `channel_binding`,
/// `target_session_attrs`, `connect_timeout`, `application_name`, `options`, and our own `schema`,
/// `environment`, which is `yes` where variables of the process complete the rest, and `pooler`, which is
/// `session` where one is in between that gives each client a session to its end.
/// A host that begins with `/` is the folder of a Unix socket. Several hosts are tried in their order.
///
/// ```
/// use strongroom_postgres::{Environment, Settings};
///
/// let settings = Settings::parse(
///     "postgres://strongroom:hunter2@db1,db2:5433/store?target_session_attrs=read-write",
///     Environment::Ignored,
/// )?;
/// assert_eq!(settings.to_string(), "postgres://strongroom@db1:5432,db2:5433/store");
/// assert!(!format!("{settings:?}").contains("hunter2"));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) schema: Option<String>,
    pub(crate) tls: TlsSettings,
    pub(crate) target: Target,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) connect_timeout: Duration,
    pub(crate) application_name: String,
    pub(crate) options: Option<String>,
    /// Whether a pooler that we find between us and the server is known to be a good one.
    pub(crate) pooler_keeps_sessions: bool,
    password: Option<Arc<SecretBytes>>,
    passfile: Option<PathBuf>,
    /// In the connection string, so it must be there; `~/.pgpass` need not.
    passfile_is_named: bool,
}

/// What a role proves itself with, if it has to.
pub(crate) type Password = Option<Arc<SecretBytes>>;

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl Host {
    /// The socket file, if this is the folder of one.
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        let folder = Path::new(&self.name);
        folder.is_absolute().then(|| folder.join(format!(".s.PGSQL.{}", self.port)))
    }
}

/// Which server of several is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// What the server has to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// No TLS.
    Disable,
    /// TLS with any certificate, or none where the server has none.
    Prefer,
    /// TLS with any certificate.
    Require,
    /// A certificate of our authority.
    VerifyCa,
    /// A certificate of our authority for this host.
    VerifyFull,
}

/// Whether the password's proof is tied to the TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) root: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl Settings {
    /// Reads a connection string. `Config` when it cannot be read, without any part of it in the message.
    pub fn parse(text: &str, environment: Environment) -> Result<Settings> {
        let text = text.trim();
        let mut pairs = match url::without_scheme(text) {
            Some(rest) => url::parse(rest)?,
            None => key_value::parse(text)?,
        };
        let passfile_is_named = pairs.has("passfile");
        let asked = pairs.word("environment", &ENVIRONMENT)?.unwrap_or(environment);
        if asked == Environment::Used {
            environment::fill(&mut pairs)?;
        }
        Ok(Settings { passfile_is_named, ..Settings::from_pairs(pairs)? })
    }

    fn from_pairs(mut pairs: Pairs) -> Result<Settings> {
        let user = pairs.take("user").ok_or_else(|| missing("user"))?;
        let root = file(&mut pairs, "sslrootcert")?;
        let mode = pairs.word("sslmode", &SSL_MODES)?;
        let tls = TlsSettings {
            // Whoever names an authority means it to be asked.
            mode: mode.unwrap_or(if root.is_some() {
                SslMode::VerifyFull
            } else {
                SslMode::Prefer
            }),
            root,
            certificate: file(&mut pairs, "sslcert")?,
            key: file(&mut pairs, "sslkey")?,
        };
        let settings = Settings {
            hosts: hosts(pairs.take("host"), pairs.take("port"))?,
            database: pairs.take("dbname").unwrap_or_else(|| user.clone()),
            user,
            schema: pairs.take("schema").map(schema_name).transpose()?,
            tls: tls.completed()?,
            target: pairs.word("target_session_attrs", &TARGETS)?.unwrap_or(Target::Any),
            channel_binding: pairs
                .word("channel_binding", &CHANNEL_BINDINGS)?
                .unwrap_or(ChannelBinding::Prefer),
            connect_timeout: pairs.seconds("connect_timeout")?.unwrap_or(DEFAULT_CONNECT_TIMEOUT),
            application_name: pairs.take("application_name").unwrap_or_else(|| "strongroom".into()),
            options: pairs.take("options"),
            pooler_keeps_sessions: pairs.word("pooler", &POOLERS)?.unwrap_or(false),
            password: pairs.password()?.map(Arc::new),
            passfile: file(&mut pairs, "passfile")?,
            passfile_is_named: false,
        };
        pairs.refuse_the_rest()?;
        Ok(settings)
    }

    /// Uses this schema where the connection string names none.
    pub fn or_schema(mut self, schema: &str) -> Settings {
        self.schema.get_or_insert_with(|| schema.to_owned());
        self
    }

    /// The role.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Whether both lead to the same servers.
    pub fn is_same_server(&self, other: &Settings) -> bool {
        self.hosts == other.hosts
    }

    /// The schema that holds the tables.
    pub fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or("public")
    }

    /// Whether both lead to the same schema of the same servers.
    pub fn is_same_place(&self, other: &Settings) -> bool {
        self.hosts == other.hosts
            && self.database == other.database
            && self.schema() == other.schema()
    }

    /// The password for each of the hosts. Reads the password file, which may take its time.
    pub(crate) fn passwords(&self) -> Result<Vec<Password>> {
        self.hosts.iter().map(|host| self.password_for(host)).collect()
    }

    fn password_for(&self, host: &Host) -> Result<Password> {
        if let Some(password) = &self.password {
            return Ok(Some(password.clone()));
        }
        let Some(path) = self.passfile.as_ref().filter(|p| self.passfile_is_named || p.exists())
        else {
            return Ok(None);
        };
        let name = if host.socket().is_some() { "localhost" } else { host.name.as_str() };
        let (database, user) = (self.database.as_str(), self.user.as_str());
        let wanted = passfile::Wanted { host: name, port: host.port, database, user };
        if let Some(password) = passfile::look_up(path, &wanted)? {
            return Ok(Some(Arc::new(password)));
        }
        let wanted = passfile::Wanted { host: &host.name, ..wanted };
        Ok(passfile::look_up(path, &wanted)?.map(Arc::new))
    }
}

/// A file, by its whole path: what a path is relative to is not the same for everybody who opens a store.
fn file(pairs: &mut Pairs, key: &str) -> Result<Option<PathBuf>> {
    let Some(path) = pairs.take(key).map(PathBuf::from) else { return Ok(None) };
    if path.is_absolute() || (key == "sslrootcert" && path == Path::new("system")) {
        return Ok(Some(path));
    }
    Err(Error::new(
        ErrorKind::Config,
        format!("{key} is not the whole path of a file"),
        "write a path that begins with / into the connection string",
    ))
}

/// As a URL without the password.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@", self.user)?;
        for (number, host) in self.hosts.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{}:{}", host.name.replace('/', "%2F"), host.port)?;
        }
        write!(f, "/{}", self.database)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({self}, {:?}, {:?})", self.tls.mode, self.target)
    }
}

const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Prefer),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const TARGETS: [(&str, Target); 6] = [
    ("any", Target::Any),
    ("read-write", Target::ReadWrite),
    ("read-only", Target::ReadOnly),
    ("primary", Target::Primary),
    ("standby", Target::Standby),
    ("prefer-standby", Target::PreferStandby),
];

const ENVIRONMENT: [(&str, Environment); 2] =
    [("yes", Environment::Used), ("no", Environment::Ignored)];

const POOLERS: [(&str, bool); 2] = [("none", false), ("session", true)];

const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

impl TlsSettings {
    /// As libpq: `require` with an authority verifies it, and authorities that vouch for everybody are
    /// only good for the host's name.
    fn completed(mut self) -> Result<TlsSettings> {
        if self.mode == SslMode::Require && self.root.is_some() {
            self.mode = SslMode::VerifyCa;
        }
        let system = self.root.as_deref() == Some(Path::new("system"));
        if system && self.mode != SslMode::VerifyFull {
            return Err(wrong_value("sslmode", "is verify-full with sslrootcert=system"));
        }
        if self.mode == SslMode::Prefer && self.root.is_some() {
            // A server without TLS, or with any certificate, would do: the authority would never be asked.
            return Err(wrong_value("sslmode", "is verify-ca or verify-full with sslrootcert"));
        }
        let verifies = matches!(self.mode, SslMode::VerifyCa | SslMode::VerifyFull);
        if verifies && self.root.is_none() {
            return Err(Error::new(
                ErrorKind::Config,
                "sslmode asks for the server's certificate to be verified, and no authority is named",
                "add `sslrootcert=FILE`, or `sslrootcert=system` for those that the system trusts",
            ));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Err(Error::new(
                ErrorKind::Config,
                "a client certificate needs both `sslcert` and `sslkey`",
                "name both files, or none",
            ));
        }
        Ok(self)
    }
}

/// Keys and values, each once.
#[derive(Default)]
struct Pairs {
    pairs: Vec<(String, String)>,
}

impl Pairs {
    fn add(&mut self, key: &str, value: String) -> Result<()> {
        if self.has(key) {
            return Err(unreadable("a key appears twice"));
        }
        self.pairs.push((key.to_owned(), value));
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == key)
    }

    /// The value, unless it is empty, which stands for the default.
    fn take(&mut self, key: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(known, _)| known == key)?;
        Some(self.pairs.swap_remove(at).1).filter(|value| !value.is_empty())
    }

    fn password(&mut self) -> Result<Option<SecretBytes>> {
        let text = self.take("password").map(|text| zeroize::Zeroizing::new(text.into_bytes()));
        text.map(|text| SecretBytes::copy_of(&text)).transpose()
    }

    fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == value);
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            wrong_value(key, &format!("is one of {}", words.join(", ")))
        })
    }

    fn seconds(&mut self, key: &str) -> Result<Option<Duration>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let seconds = value.parse().ok().filter(|seconds| *seconds <= LONGEST_CONNECT_TIMEOUT);
        let seconds = seconds.ok_or_else(|| {
            wrong_value(key, &format!("is a number of seconds, {LONGEST_CONNECT_TIMEOUT} at most"))
        })?;
        Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
    }

    /// Keys of ours are all taken by now. A value is never named: it may be a misplaced password.
    fn refuse_the_rest(&self) -> Result<()> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => Err(Error::new(
                ErrorKind::Config,
                format!("the connection string has the unknown key `{}`", shortened(key)),
                "see docs/postgresql.md for the keys; a `%`, `?`, `@` or `/` in a password of a URL \
                 is written as %25, %3F, %40 or %2F",
            )),
        }
    }
}

/// Keys of libpq that are not understood here.
const KEYS_OF_LIBPQ: [&str; 33] = [
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_issuer",
    "oauth_scope",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkeylogfile",
    "sslnegotiation",
    "sslsni",
    "tcp_user_timeout",
];

/// What stands where a key should be, if it is one: it may be a part of a password.
fn shortened(key: &str) -> &str {
    KEYS_OF_LIBPQ.into_iter().find(|known| *known == key).unwrap_or("…")
}

/// Pairs every host with its port.
fn hosts(names: Option<String>, ports: Option<String>) -> Result<Vec<Host>> {
    let names = names.ok_or_else(|| missing("host"))?;
    let ports = ports.unwrap_or_default();
    let names: Vec<&str> = names.split(',').collect();
    let ports: Vec<&str> = ports.split(',').collect();
    if ports.len() != 1 && ports.len() != names.len() {
        return Err(wrong_value("port", "is one port, or as many as there are hosts"));
    }
    let host = |(number, name): (usize, &&str)| {
        let port = ports.get(number).or(ports.first()).copied().unwrap_or_default();
        let port = if port.is_empty() { Some(DEFAULT_PORT) } else { port.parse().ok() };
        let port = port.filter(|port| *port != 0);
        let port = port.ok_or_else(|| wrong_value("port", "is a number from 1 to 65535"))?;
        if name.is_empty() {
            return Err(missing("host"));
        }
        Ok(Host { name: name.to_string(), port })
    };
    names.iter().enumerate().map(host).collect()
}

/// A schema's name goes into statements.
fn schema_name(name: String) -> Result<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() <= IDENTIFIER && name.bytes().all(allowed) && !name.starts_with("pg_") {
        return Ok(name);
    }
    Err(wrong_value("schema", "is of lower-case letters, digits and `_`"))
}

fn missing(key: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the connection string names no {key}"),
        format!("add it: postgres://USER@HOST/DATABASE, or `{key}=…`"),
    )
}

fn wrong_value(key: &str, rule: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("`{key}` in the connection string is not usable"),
        format!("`{key}` {rule}"),
    )
}

fn unreadable(why: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the connection string cannot be read: {why}"),
        "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, or `host=… user=… dbname=…`",
    )
}
