//! Runs a program beside a throw-away PostgreSQL server, on which the tests in it lay their stores:
//!
//! ```text
//! with-postgres cargo test --test store
//! ```

#![allow(clippy::print_stderr)] // A program says what went wrong.

use std::process::{Command, ExitCode};

use strongroom_test_support::postgres::{Cluster, SHARED_SERVER};

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
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("with-postgres: {}: {error}", program.display());
            ExitCode::from(126)
        }
    }
}
