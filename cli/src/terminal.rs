//! Questions to a person at a terminal.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level};
use strongroom::{Error, ErrorKind, Result, SecretBytes};

/// The longest line that the kernel hands over from a terminal.
const LINE: usize = 4096;

/// The terminal of a person who started the command.
pub(crate) struct Terminal {
    device: File,
    interruptions: Interruptions,
}

impl Terminal {
    /// The terminal, or `None` when standard input is something else: then nobody is there to ask.
    pub(crate) fn open() -> Result<Option<Terminal>> {
        if !std::io::stdin().is_terminal() {
            return Ok(None);
        }
        let device = File::options().read(true).write(true).open("/dev/tty").map_err(unusable)?;
        let interruptions = Interruptions::watch().map_err(unusable)?;
        Ok(Some(Terminal { device, interruptions }))
    }

    /// Asks for something that others may see.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String> {
        self.write(question)?;
        let line = self.read_line();
        self.interruptions.obey();
        Ok(String::from_utf8_lossy(&line?).trim().to_owned())
    }

    /// Asks twice without echo, and answers only when both entries are the same.
    pub(crate) fn ask_new_secret(&mut self, question: &str) -> Result<SecretBytes> {
        let first = self.ask_secret(question)?;
        let second = self.ask_secret("Once more: ")?;
        if first.equals(&second) {
            return Ok(first);
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            "the two entries are not the same",
            "nothing was done: repeat the command",
        ))
    }

    /// Asks once without echo.
    pub(crate) fn ask_secret(&mut self, question: &str) -> Result<SecretBytes> {
        let echo = EchoOff::on(&self.device)?;
        let line = self.write(question).and_then(|()| self.read_line());
        drop(echo);
        // The newline that was typed was not echoed either.
        let _ = self.write("\n");
        self.interruptions.obey();
        line
    }

    fn write(&self, text: &str) -> Result<()> {
        (&self.device).write_all(text.as_bytes()).map_err(unusable)
    }

    /// One line without its end, read straight into secret memory.
    fn read_line(&self) -> Result<SecretBytes> {
        let mut line = SecretBytes::zeroed(LINE)?;
        let mut filled = 0;
        while filled < LINE {
            self.wait()?;
            match rustix::io::read(&self.device, &mut line[filled..]) {
                Ok(0) if filled == 0 => return Err(cancelled()),
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(unusable(error.into())),
            }
            if line[filled - 1] == b'\n' {
                filled -= 1;
                break;
            }
        }
        line.truncate(filled);
        Ok(line)
    }

    /// Waits for input or for an interruption.
    fn wait(&self) -> Result<()> {
        loop {
            let mut watched = [
                PollFd::new(&self.device, PollFlags::IN),
                PollFd::new(&self.interruptions.wake, PollFlags::IN),
            ];
            match poll(&mut watched, None) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(unusable(error.into())),
                Ok(_) if !watched[1].revents().is_empty() => return Err(interrupted()),
                Ok(_) => return Ok(()),
            }
        }
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct EchoOff<'a> {
    device: &'a File,
    before: Termios,
}

impl EchoOff<'_> {
    fn on(device: &File) -> Result<EchoOff<'_>> {
        let before = tcgetattr(device).map_err(|error| unusable(error.into()))?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        silent.local_modes |= LocalModes::ICANON | LocalModes::ISIG;
        // A stopped command would leave the shell with a silent terminal: no Ctrl-Z meanwhile.
        silent.special_codes[SpecialCodeIndex::VSUSP] = 0;
        // What was typed before the question is not an answer to it.
        tcsetattr(device, OptionalActions::Flush, &silent).map_err(|e| unusable(e.into()))?;
        Ok(EchoOff { device, before })
    }
}

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        // Forgets the rest of what was pasted: the shell would run it and keep it in its history.
        let _ = tcsetattr(self.device, OptionalActions::Flush, &self.before);
    }
}

/// Ctrl-C and its kin, held back until the terminal is as it was.
struct Interruptions {
    wake: UnixStream,
    signal: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Interruptions {
    fn watch() -> std::io::Result<Interruptions> {
        let (wake, waker) = UnixStream::pair()?;
        let signal = Arc::new(AtomicUsize::new(0));
        let over = Arc::new(AtomicBool::new(false));
        for number in [SIGINT, SIGTERM, SIGQUIT] {
            // Handlers stay for the life of the process; after the questions they do what the
            // system would have done.
            flag::register_conditional_default(number, Arc::clone(&over))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
            low_level::pipe::register(number, waker.try_clone()?)?;
        }
        Ok(Interruptions { wake, signal, over })
    }

    /// Ends the process by the signal that came, if one did.
    fn obey(&self) {
        match self.signal.load(Ordering::SeqCst) as i32 {
            0 => {}
            signal => drop(low_level::emulate_default_handler(signal)),
        }
    }
}

impl Drop for Interruptions {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

fn cancelled() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "cancelled by an end of input",
        "nothing was done: repeat the command",
    )
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Unavailable, "interrupted", "nothing was done: repeat the command")
}

fn unusable(error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the terminal cannot be used: {error}"),
        "give the input on standard input or by an option instead",
    )
    .with_source(error)
}
