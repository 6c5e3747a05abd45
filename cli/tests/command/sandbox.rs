//! A folder with a store in it, and the command run there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A private home in which the command finds at most what a test put there.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A home without a store.
    pub(crate) fn empty() -> Sandbox {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "config"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Sandbox { folder }
    }

    /// A home with a store in `store/`, which STRONGROOM_CONFIG names.
    pub(crate) fn new() -> Sandbox {
        let sandbox = Sandbox::empty();
        sandbox.run(&["init", sandbox.path("store").to_str().unwrap()]).succeeds();
        sandbox
    }

    /// A path in the sandbox.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.at_home(Command::new(env!("CARGO_BIN_EXE_strongroom")), arguments)
    }

    /// The command behind another program, which gets the first of `words`.
    pub(crate) fn command_under(&self, words: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(env!("CARGO_BIN_EXE_strongroom"));
        self.at_home(command, arguments)
    }

    /// Any program, with these arguments, in this home.
    pub(crate) fn at_home(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .stdin(Stdio::null());
        let config = self.path("store/strongroom.toml");
        if config.exists() {
            command.env("STRONGROOM_CONFIG", config);
        }
        command
    }

    /// Runs the command without input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, b"")
    }

    /// Runs the command with this on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        Outcome::of(self.command(arguments), input)
    }

    /// Stores a secret.
    pub(crate) fn put(&self, path: &str, payload: &[u8]) {
        self.run_with(&["put", path], payload).succeeds();
    }
}

/// Says, past the capture of the test harness, that a test could not run here.
pub(crate) fn skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "SKIP - {reason}");
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Runs a command with this on standard input.
    pub(crate) fn of(mut command: Command, input: &[u8]) -> Outcome {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A command that fails early does not read its input.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        Outcome { code: status.code(), stdout, stderr }
    }

    /// The run succeeded; answers its standard output.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Vec<u8> {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// The run succeeded; answers its standard output as text.
    #[track_caller]
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.succeeds()).unwrap()
    }

    /// The run failed with this code, printed nothing and said why; answers what it said.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(self.stdout.is_empty(), "printed {:?}", String::from_utf8_lossy(&self.stdout));
        assert!(!self.stderr.is_empty(), "failed without a word");
        self.stderr
    }
}
