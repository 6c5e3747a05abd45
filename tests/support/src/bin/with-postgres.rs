//! Runs a program beside a throw-away PostgreSQL server, on which the tests in it lay their stores:
//!
//! ```text
//! with-postgres cargo test --test store
//! ```
//!
//! It fails where they laid none there: tests that do not see the server pass on files.

#![allow(clippy::print_stderr)] // A program says what went wrong.

use std::process::{Command, ExitCode};

use strongroom_test_support::postgres::{Cluster, SHARED_SERVER};

/// How many databases and shelves of stores there are.
const OWN_SCHEMAS: &str = "SELECT count(*) FROM pg_tables WHERE tablename = 'schema_migrations'";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let Some((program, arguments)) = words.split_first() else {
        eprintln!("usage: with-postgres PROGRAM [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let cluster = Cluster::start_with(&["max_connections=400"], |_| {});
    let ended =
        Command::new(program).args(arguments).env(SHARED_SERVER, cluster.admin_dsn()).status();
    match ended {
        Ok(status) if status.success() => was_used(&cluster),
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("with-postgres: {}: {error}", program.display());
            ExitCode::from(126)
        }
    }
}

fn was_used(cluster: &Cluster) -> ExitCode {
    let schemas = cluster.sql(OWN_SCHEMAS);
    if schemas == "0" {
        eprintln!("with-postgres: no store was made on the server: is {SHARED_SERVER} passed on?");
        return ExitCode::FAILURE;
    }
    eprintln!("with-postgres: {schemas} schemas were made on the server");
    ExitCode::SUCCESS
}
