//! How a token is reached.

use std::path::PathBuf;
use std::time::Duration;

/// One token of one module, and how to log in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// The module: a shared library. A bare name, without a slash, is looked for by the system's loader,
    /// never in the current folder.
    pub module: PathBuf,
    /// What the module wants to be initialised with, for those that need it (NSS).
    pub initialization: Option<String>,
    /// Which token of the module.
    pub token: TokenChoice,
    /// Where the user's PIN comes from.
    pub pin: PinSource,
    /// The longest that one call into the module may take.
    pub timeout: Duration,
    /// The most sessions that are held open, each with a thread of its own. How many of them are in the
    /// module at once is up to the module: four, and as many as want while it answers.
    pub sessions: usize,
}

impl TokenSettings {
    /// What is assumed of one call into the module when nothing else was asked for.
    pub const TIMEOUT: Duration = Duration::from_secs(5);
    /// How many sessions are held when nothing else was asked for: no more than may be stuck at once in
    /// a module that stops answering, even in the middle of much work.
    pub const SESSIONS: usize = 4;
}

/// Which token: every field that is there must match, and exactly one token must be left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenChoice {
    /// CKA label of the token, without the padding.
    pub label: Option<String>,
    /// Its serial number, without the padding.
    pub serial: Option<String>,
    /// Its manufacturer, without the padding.
    pub manufacturer: Option<String>,
    /// Its model, without the padding.
    pub model: Option<String>,
    /// The number of its slot, for tokens that cannot be told apart otherwise.
    pub slot: Option<u64>,
}

/// Where a PIN comes from. Never the config itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinSource {
    /// A file that nobody but its owner can read. One final newline is not part of the PIN.
    File(PathBuf),
    /// An open descriptor, read to its end. What a pipe gave is kept until a token opened with it.
    Descriptor(i32),
    /// An environment variable.
    Environment(String),
    /// The standard output of a program, run without a shell. One final newline is not part of it.
    Command(Vec<String>),
    /// A systemd credential, in the folder that `CREDENTIALS_DIRECTORY` names.
    Credential(String),
    /// No PIN: the token has a pad of its own, or asks for none.
    None,
}
