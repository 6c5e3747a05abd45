//! The `PG*` variables of libpq.

use std::env;
use std::path::PathBuf;

use strongroom_backend::Result;

use super::Pairs;

/// Whether variables of the process complete a connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// They are not looked at, as befits a library.
    #[default]
    Ignored,
    /// As libpq does: `PGHOST`, `PGPASSFILE` and the like, and `~/.pgpass`.
    Used,
}

const VARIABLES: [(&str, &str); 14] = [
    ("host", "PGHOST"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("dbname", "PGDATABASE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("options", "PGOPTIONS"),
];

/// Adds what the connection string leaves out.
pub(super) fn fill(pairs: &mut Pairs) -> Result<()> {
    for (key, variable) in VARIABLES {
        if let Ok(value) = env::var(variable)
            && !pairs.has(key)
        {
            pairs.add(key, value)?;
        }
    }
    if !pairs.has("passfile")
        && let Some(home) = env::var_os("HOME").map(PathBuf::from)
        && let Ok(path) = home.join(".pgpass").into_os_string().into_string()
    {
        pairs.add("passfile", path)?;
    }
    Ok(())
}
