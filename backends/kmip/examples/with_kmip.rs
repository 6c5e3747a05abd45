//! Runs a program beside a PyKMIP server of its own, for tests that are not in Rust:
//!
//! ```text
//! with_kmip scripts/c-tests kmip
//! ```
//!
//! The program finds in its environment `STRONGROOM_TEST_KMIP`, how a config describes the server, but for the
//! namespace, as lines of TOML; `STRONGROOM_TEST_OPTIONS`, the same as options of `strongroom init`; and
//! `STRONGROOM_TEST_OBJECT`, the Unique Identifier of Secret Data with the
//! bytes `correct horse`, which PyKMIP's own client made.

#![allow(clippy::print_stderr)] // A program says what went wrong.

use std::process::{Command, ExitCode};

use strongroom_kmip::harness::PyKmip;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let Some((program, arguments)) = words.split_first() else {
        eprintln!("usage: with_kmip PROGRAM [ARGUMENT]...");
        return ExitCode::from(2);
    };
    let server = PyKmip::start();
    let object = match made_by_another(&server) {
        Ok(object) => object,
        Err(error) => {
            eprintln!("with_kmip: PyKMIP's client: {error}");
            return ExitCode::from(1);
        }
    };
    let ended = Command::new(program)
        .args(arguments)
        .env("STRONGROOM_TEST_KMIP", described(&server))
        .env("STRONGROOM_TEST_OPTIONS", options(&server))
        .env("STRONGROOM_TEST_OBJECT", object)
        .status();
    match ended {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("with_kmip: {}: {error}", program.display());
            ExitCode::from(126)
        }
    }
}

fn described(server: &PyKmip) -> String {
    let tls = server.settings().tls;
    format!(
        "servers = ['{}']\nca = '{}'\ncertificate = '{}'\nprivate_key = '{}'\ncall_timeout = 60\n",
        server.address(),
        tls.ca.display(),
        tls.certificate.display(),
        tls.key.display(),
    )
}

fn options(server: &PyKmip) -> String {
    let tls = server.settings().tls;
    format!(
        "--kmip {} --ca {} --certificate {} --private-key {}",
        server.address(),
        tls.ca.display(),
        tls.certificate.display(),
        tls.key.display(),
    )
}

fn made_by_another(server: &PyKmip) -> Result<String, String> {
    let tls = server.settings().tls;
    let program = format!(
        "from kmip import enums\n\
         from kmip.pie import client, objects\n\
         with client.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
         \x20       ssl_version='PROTOCOL_TLSv1_2') as kmip:\n\
         \x20   print(kmip.register(objects.SecretData(b'correct horse', enums.SecretDataType.PASSWORD)))\n",
        server.address().port,
        tls.certificate,
        tls.key,
        tls.ca,
    );
    let made = Command::new(server.python()).arg("-c").arg(program).output();
    let made = made.map_err(|error| error.to_string())?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&made.stdout).trim().to_owned())
}
