//! What a connection string means, and that nothing of it is shown.

use std::process::Command;

use strongroom_backend::{ErrorKind, Result};
use strongroom_postgres::{Environment, Settings};

fn parse(text: &str) -> Result<Settings> {
    Settings::parse(text, Environment::Ignored)
}

#[test]
fn both_forms_mean_the_same() {
    let expected = "postgres://user@a:5432,b:6000,%2Frun%2Fpg:5432/da ta";
    for text in [
        "postgres://user:pa%3Ass@a,b:6000,%2Frun%2Fpg/da%20ta?sslmode=require",
        "postgresql://user:pa%3Ass@a:5432,b:6000,%2Frun%2Fpg:5432/da%20ta",
        "postgres:///da%20ta?host=a,b,/run/pg&port=5432,6000,5432&user=user&password=x",
        "host=a,b,/run/pg port=5432,6000, user=user password='pa\\'ss word' dbname = 'da ta'",
        "  host = a,b,/run/pg port=5432,6000,5432 user=user dbname=da\\ ta",
    ] {
        assert_eq!(parse(text).unwrap().to_string(), expected, "{text}");
    }
    assert_eq!(parse("postgres://u@[::1]:7/d").unwrap().to_string(), "postgres://u@::1:7/d");
    assert_eq!(parse("host=h user=u").unwrap().to_string(), "postgres://u@h:5432/u");
    assert_eq!(parse("host=h user=u schema=mine").unwrap().or_schema("theirs").schema(), "mine");
    assert_eq!(parse("host=h user=u").unwrap().or_schema("theirs").schema(), "theirs");
}

#[test]
fn what_cannot_be_read_is_refused_and_never_quoted() {
    for text in [
        "postgres://u:planted%ZZ@h/d",
        "postgres://u:planted?secret@h/d",
        "postgres://u:p@h/d?planted",
        "postgres://u:p@h/d?plantedkey-planted=1",
        "postgres://u:p@[::1/d",
        "postgres://u:p@h:planted/d",
        "postgres://u:p@h:0/d",
        "postgres://u:p@h/d?sslmode=planted",
        "postgres://u:p@h/d?user=planted",
        "postgres://u:p@h/d?sslmode=verify-full",
        "postgres://u:p@h/d?sslrootcert=system&sslmode=require",
        "postgres://u:p@h/d?sslrootcert=system&sslmode=prefer",
        "postgres://u:p@h/d?sslrootcert=planted&sslmode=prefer",
        "postgres://u:p@h/d?sslrootcert=planted&sslmode=allow",
        "postgres://u:p@h/d?pooler=planted",
        "postgres://u:a@b/planted@h/d",
        "postgres://u:a/planted@h/d",
        "postgres://h/d?user=u&password=abc&planted=1",
        "postgres://u:p@h/d?sslcert=planted",
        "postgres://u:p@h/d?connect_timeout=planted",
        "postgres://u:p@h/d?connect_timeout=18446744073709551615&application_name=planted",
        "postgres://u:p@h/d?connect_timeout=86401&application_name=planted",
        "postgres://u:p@h/d?schema=planted\"",
        "postgres://u:p@h/d?schema=pg_temp",
        "postgres://:planted@h/d",
        "host=h user=u password='planted",
        "host=h user=u planted",
        "host=a,b port=1,2,3 user=planted",
        "user=planted",
        "planted",
        "",
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error}");
    }
}

#[test]
fn the_longest_time_to_connect_is_a_day() {
    parse("postgres://u:p@h/d?connect_timeout=86400").unwrap();
    let error = parse("postgres://u:p@h/d?connect_timeout=86401").unwrap_err();
    assert!(error.next().contains("86400"), "{error}");
}

#[test]
fn a_password_is_never_shown() {
    let settings = parse("postgres://u:planted@h/d").unwrap();
    assert!(!format!("{settings} {settings:?} {settings:#?}").contains("planted"));
}

/// Runs this test again with variables, because they belong to the whole process.
#[test]
fn variables_are_read_only_when_asked_for() {
    if std::env::var_os("STRONGROOM_TEST_CHILD").is_some() {
        let short = "user=u dbname=d";
        assert_eq!(parse(short).unwrap_err().kind(), ErrorKind::Config);
        let used = Settings::parse(short, Environment::Used).unwrap();
        assert_eq!(used.to_string(), "postgres://u@from-variable:7777/d");
        assert_eq!(parse("user=u dbname=d environment=yes").unwrap().to_string(), used.to_string());
        let not = Settings::parse("user=u environment=no", Environment::Used).unwrap_err();
        assert_eq!(not.kind(), ErrorKind::Config);
        return;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "variables_are_read_only_when_asked_for"]);
    again.env("STRONGROOM_TEST_CHILD", "1").env("PGHOST", "from-variable").env("PGPORT", "7777");
    let output = again.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
