//! A process that a test talks to, stops and kills.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Starts each line that is meant for the other side, because a test program prints others too.
const SIGN: &str = "@";

/// The running program itself, also when a build has replaced its file meanwhile.
pub const THIS_PROGRAM: &str = "/proc/self/exe";

/// How long a silent victim counts as busy. Nothing that is tested takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child process that speaks in lines. It is killed and reaped when the value is dropped, so also
/// when the test panics.
pub struct Victim {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

impl Victim {
    /// Starts `command` with pipes to its standard input and output.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut command: Command) -> Victim {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the victim can be started");
        let orders = child.stdin.take().expect("stdin is piped");
        let output = child.stdout.take().expect("stdout is piped");
        let (sender, answers) = channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(SIGN)
                    && sender.send(said.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        Victim { child, orders, answers, reader: Some(reader) }
    }

    /// Starts this test program again, to run only its test `name`, with these variables set.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_test(name: &str, variables: &[(&str, impl AsRef<OsStr>)]) -> Victim {
        let mut command = Command::new(THIS_PROGRAM);
        command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Victim::start(command)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a line. A victim that is gone does not get it, and [`Victim::answer`] will tell.
    pub fn order(&mut self, line: &str) {
        let _ = self.orders.write_all(format!("{line}\n").as_bytes());
    }

    /// The next line that it says; `None` when it has ended.
    ///
    /// # Panics
    /// When it stays silent for a minute: it hangs.
    pub fn answer(&self) -> Option<String> {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("process {} hangs", self.child.id()),
        }
    }

    /// The next line, if it comes within this time.
    pub fn answer_within(&self, time: Duration) -> Option<String> {
        self.answers.recv_timeout(time).ok()
    }

    /// Sends SIGKILL, waits for the end, and returns what it had said before.
    pub fn kill(&mut self) -> Vec<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.answers.try_iter().collect()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.kill();
    }
}

/// In the victim: says a line to the test.
pub fn tell(line: &str) {
    let mut out = io::stdout().lock();
    // One write, so that lines of several threads stay whole. A test that is gone hears nothing.
    let _ = out.write_all(format!("\n{SIGN}{line}\n").as_bytes()).and_then(|()| out.flush());
}

/// In the victim: the next line from the test; `None` when the test is gone.
pub fn hear() -> Option<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(n) if n > 0 => Some(line.trim_end_matches('\n').to_owned()),
        _ => None,
    }
}
