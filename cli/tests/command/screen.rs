//! A terminal with a person at it, who reads and types.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a person sees and types on a real pseudo-terminal.
pub(crate) struct Screen {
    controller: File,
    seen: String,
    child: Child,
}

impl Screen {
    /// Starts a command with the terminal as its three standard streams and as its controlling
    /// terminal. Streams that the command has already keep what they are.
    ///
    /// `arrange` says which streams those are.
    pub(crate) fn start(mut command: Command, arrange: Streams) -> Screen {
        let controller =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
        let device = File::options().read(true).write(true).open(name).unwrap();
        command.stderr(device.try_clone().unwrap());
        if arrange != Streams::NotInput {
            command.stdin(device.try_clone().unwrap());
        }
        if arrange != Streams::NotOutput {
            command.stdout(device);
        }
        let child = command.spawn().unwrap();
        Screen { controller: controller.into(), seen: String::new(), child }
    }

    /// Waits until this text is seen.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.seen.contains(text) {
            assert!(self.read_some(deadline), "no {text:?} in {:?}", self.seen);
        }
    }

    /// Types this; a line ends with `\n`.
    pub(crate) fn types(&mut self, text: &str) {
        self.controller.write_all(text.as_bytes()).unwrap();
    }

    /// Whether the terminal shows what is typed.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.controller).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits until the terminal shows again what is typed.
    #[track_caller]
    pub(crate) fn expect_echo(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.echoes() {
            assert!(Instant::now() < deadline, "no echo, seen {:?}", self.seen);
            self.read_some(Instant::now() + Duration::from_millis(20));
        }
    }

    /// The process at the terminal.
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Waits for the end; answers everything that was seen, and how it ended.
    pub(crate) fn ends(mut self) -> (String, ExitStatus) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "still running, seen {:?}", self.seen);
            self.read_some(Instant::now() + Duration::from_millis(20));
        };
        while self.read_some(Instant::now() + Duration::from_millis(20)) {}
        (self.seen, status)
    }

    /// Waits for the end; answers the exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> String {
        let (seen, status) = self.ends();
        assert_eq!(status.code(), Some(code), "{seen:?} {:?}", status.signal());
        seen
    }

    fn read_some(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap();
        let mut watched = [PollFd::from_borrowed_fd(self.controller.as_fd(), PollFlags::IN)];
        if poll(&mut watched, Some(&timeout)).unwrap() == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        match self.controller.read(&mut buffer) {
            Ok(count) if count > 0 => {
                self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
                true
            }
            _ => false,
        }
    }
}

/// Which standard streams are the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// All three.
    All,
    /// All but standard input.
    NotInput,
    /// All but standard output.
    NotOutput,
}
