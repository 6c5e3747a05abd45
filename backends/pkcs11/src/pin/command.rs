//! A PIN that a program writes to its standard output.

use std::io::{self, ErrorKind as IoKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use super::{LONGEST, too_long, wrong};

/// How long the program may take: a person may have to touch a key.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// How often a program that has closed its output is asked whether it has ended.
const STEP: Duration = Duration::from_millis(2);

/// What the program writes. It runs without a shell and without input, its messages go where those
/// of this process go, and it is killed when it takes longer than `timeout`.
pub(super) fn output(arguments: &[String], timeout: Duration) -> Result<SecretBytes> {
    let (program, rest) = arguments.split_first().ok_or_else(|| {
        wrong("the PIN command is empty", "name a program and its arguments in the config")
    })?;
    check(Path::new(program))?;
    let deadline = Instant::now() + timeout;
    let started = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut running = Running(started.map_err(|e| not_started(program, e))?);
    let pin = match running.0.stdout.take() {
        Some(stdout) => read(Output { stdout, deadline }, program, timeout)?,
        None => return Err(failed(program, "has no output")),
    };
    match running.wait(deadline).map_err(|e| failed(program, &e.to_string()))? {
        None => Err(too_slow(program, timeout)),
        Some(status) if !status.success() => Err(failed(program, &format!("ended with {status}"))),
        Some(_) => Ok(pin),
    }
}

fn read(mut output: Output, program: &str, timeout: Duration) -> Result<SecretBytes> {
    SecretBytes::read_from(&mut output, LONGEST).map_err(|e| {
        if e.kind() == ErrorKind::TooLarge {
            return too_long(&format!("the PIN command {program}"));
        }
        if Instant::now() >= output.deadline {
            return too_slow(program, timeout);
        }
        failed(program, "cannot be read from").with_source(e)
    })
}

/// The program's file decides what is logged in with: it is in nobody else's hands.
fn check(program: &Path) -> Result<()> {
    let name = program.display();
    if !program.is_absolute() {
        return Err(wrong(
            format!("the PIN command {name} is not an absolute path"),
            "write where the program is: it is not looked for",
        ));
    }
    let found = program.metadata().map_err(|e| not_started(&name.to_string(), e))?;
    let user = rustix::process::geteuid().as_raw();
    if found.mode() & 0o022 != 0 {
        return Err(wrong(
            format!("the PIN command {name} can be written by others"),
            format!("run `chmod go-w {name}`"),
        ));
    }
    if found.uid() != user && found.uid() != 0 {
        return Err(wrong(
            format!("the PIN command {name} belongs to user {}", found.uid()),
            "use a program of your own or of root",
        ));
    }
    Ok(())
}

/// A program that does not outlive the wait for it.
struct Running(Child);

impl Running {
    /// `None` when it still runs at the deadline.
    fn wait(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        loop {
            match self.0.try_wait()? {
                None if Instant::now() < deadline => std::thread::sleep(STEP),
                ended => return Ok(ended),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Neither matters when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program's output until the deadline.
struct Output {
    stdout: ChildStdout,
    deadline: Instant,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut ready = [PollFd::new(&self.stdout, PollFlags::IN)];
        match poll(&mut ready, Some(&left))? {
            0 => Err(IoKind::TimedOut.into()),
            _ => self.stdout.read(buffer),
        }
    }
}

fn not_started(program: &str, source: io::Error) -> Error {
    wrong(
        format!("the PIN command {program} cannot be run: {source}"),
        "check the path in the config and that this user may execute it",
    )
    .with_source(source)
}

fn failed(program: &str, how: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the PIN command {program} {how}"),
        "run it by hand to see what is wrong",
    )
}

fn too_slow(program: &str, timeout: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the PIN command {program} took longer than {} ms", timeout.as_millis()),
        "run it by hand; it must neither ask for anything nor wait",
    )
}
