use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use super::*;

/// What no error may show.
const PIN: &str = "Pq7-4242";

fn pin_of(source: &PinSource) -> String {
    let pin = read_pin(source).unwrap().expect("a PIN");
    String::from_utf8(pin.to_vec()).unwrap()
}

fn refused(source: &PinSource) -> Error {
    let error = read_pin(source).unwrap_err();
    let shown = format!("{error:?} {:?}", std::error::Error::source(&error).map(|e| e.to_string()));
    assert!(!shown.contains(PIN), "{shown}");
    error
}

fn file(folder: &tempfile::TempDir, name: &str, content: &str, mode: u32) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn shell(script: &str) -> PinSource {
    PinSource::Command(["/bin/sh", "-c", script].map(String::from).to_vec())
}

#[test]
fn a_file_gives_its_text_without_one_newline() {
    let folder = tempfile::tempdir().unwrap();
    for (content, pin) in [
        (PIN.to_string(), PIN.to_string()),
        (format!("{PIN}\n"), PIN.to_string()),
        (format!("{PIN}\n\n"), format!("{PIN}\n")),
        (format!(" {PIN} "), format!(" {PIN} ")),
    ] {
        let path = file(&folder, "pin", &content, 0o600);
        assert_eq!(pin_of(&PinSource::File(path)), pin);
    }
}

#[test]
fn a_file_that_others_can_read_is_refused_behind_a_link_too() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    let path = file(&folder, "pin", PIN, 0o400);
    symlink(&path, &link).unwrap();
    assert_eq!(pin_of(&PinSource::File(link.clone())), PIN);
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&path, &link] {
            let error = refused(&PinSource::File(path.clone()));
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.what().contains("open to others"), "{error}");
        }
    }
}

#[test]
fn what_is_no_pin_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = PIN.repeat(200);
    for content in ["", "\n", "\u{0}1234", &long] {
        let error = refused(&PinSource::File(file(&folder, "pin", content, 0o600)));
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    fs::write(folder.path().join("pin"), b"12\xff34").unwrap();
    refused(&PinSource::File(folder.path().join("pin")));
    refused(&PinSource::File(folder.path().join("absent")));
    refused(&PinSource::File(folder.path().to_path_buf()));
}

#[test]
fn a_named_pipe_without_a_writer_does_not_hang() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg("-m600").arg(&path).status().unwrap();
    assert!(made.success());
    assert!(refused(&PinSource::File(path)).what().contains("is not a file"));
}

#[test]
fn a_descriptor_is_read_to_its_end_and_stays_open() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(format!("{PIN}\n").as_bytes()).unwrap();
    drop(writer);
    let source = PinSource::Descriptor(reader.as_raw_fd());
    assert_eq!(pin_of(&source), PIN);
    // The pipe is empty now, and still a pipe.
    assert!(refused(&source).what().contains("empty"));
    refused(&PinSource::Descriptor(-1));
}

#[test]
fn a_variable_is_taken_as_it_is() {
    // One that every process of the tests has.
    let path = std::env::var("PATH").unwrap();
    assert_eq!(pin_of(&PinSource::Environment("PATH".into())), path);
    for name in ["STRONGROOM_NO_SUCH_VARIABLE", "", "A=B", "A\0"] {
        let error = refused(&PinSource::Environment(name.into()));
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}

#[test]
fn a_command_gives_its_output_without_a_shell_of_ours() {
    assert_eq!(pin_of(&shell(&format!("printf '%s\\n' {PIN}"))), PIN);
    let literal = ["/bin/echo", "$HOME;", "`id`"].map(String::from).to_vec();
    assert_eq!(pin_of(&PinSource::Command(literal)), "$HOME; `id`");
    assert_eq!(pin_of(&shell("read line || echo nothing")), "nothing");
}

#[test]
fn a_command_that_fails_gives_no_pin() {
    for script in [format!("echo {PIN}; exit 3"), format!("echo {PIN}; kill -9 $$")] {
        let error = read_pin(&shell(&script)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(!error.to_string().contains(PIN));
    }
    assert!(refused(&shell("exit 0")).what().contains("empty"));
    assert!(refused(&shell("yes")).what().contains("more than"));
    refused(&PinSource::Command(vec![]));
    refused(&PinSource::Command(vec!["echo".into(), PIN.into()]));
    refused(&PinSource::Command(vec!["/no/such/program".into(), PIN.into()]));
}

#[test]
fn a_command_that_hangs_is_ended_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let left_over = folder.path().join("pid");
    // With its output open, with it closed, and with a child of its own that keeps it open.
    let child = format!("sleep 600 & echo $! >{}; exit 0", left_over.display());
    for script in ["exec sleep 600", "exec >&-; exec sleep 600", &child] {
        let arguments = ["/bin/sh", "-c", script].map(String::from);
        let started = Instant::now();
        let error = command::output(&arguments, Duration::from_millis(500)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{script}: {error}");
        assert!(started.elapsed() < Duration::from_secs(60), "{script}");
    }
    let end = format!("kill $(cat {})", left_over.display());
    assert!(std::process::Command::new("/bin/sh").args(["-c", &end]).status().unwrap().success());
}

#[test]
fn a_command_that_others_can_change_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askpin");
    // Not written by this process: what it has open for writing, a fork of another test has too.
    let make = format!("printf '#!/bin/sh\necho {PIN}\n' >{0}; chmod 755 {0}", path.display());
    assert!(std::process::Command::new("/bin/sh").args(["-c", &make]).status().unwrap().success());
    let source = PinSource::Command(vec![path.display().to_string()]);
    assert_eq!(pin_of(&source), PIN);
    for mode in [0o775, 0o757] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(refused(&source).kind(), ErrorKind::Config);
    }
}

#[test]
fn a_credential_is_a_name_in_the_folder_of_systemd() {
    for name in ["", ".", "..", "a/b", "../pin", "/etc/passwd", "a\0"] {
        let error = refused(&PinSource::Credential(name.into()));
        assert!(error.what().contains("is not the name"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = || Some(folder.path().to_path_buf());
    file(&folder, "hsm.pin", PIN, 0o440);
    assert_eq!(&credential(path(), "hsm.pin").unwrap()[..], PIN.as_bytes());
    for (folder, name) in [(path(), "absent"), (None, "hsm.pin"), (Some("run".into()), "hsm.pin")] {
        assert_eq!(credential(folder, name).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[test]
fn no_pin_is_asked_for_where_the_token_has_a_pad() {
    assert!(read_pin(&PinSource::None).unwrap().is_none());
}
