//! Progress of long operations, on standard error, once they have taken a second.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use strongroom::Progress;

const QUIET: Duration = Duration::from_secs(1);
const ON_A_TERMINAL: Duration = Duration::from_millis(200);
const IN_A_LOG: Duration = Duration::from_secs(10);

/// Shows the progress of one operation: one line that changes on a terminal, a line now and then
/// in a log.
pub(crate) struct Reporter {
    next: Instant,
    terminal: bool,
    shown: bool,
}

impl Reporter {
    /// A reporter of an operation that begins now.
    pub(crate) fn new() -> Reporter {
        let terminal = std::io::stderr().is_terminal();
        Reporter { next: Instant::now() + QUIET, terminal, shown: false }
    }

    /// Shows how far the operation has come, when it is time to.
    pub(crate) fn show(&mut self, progress: Progress) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + if self.terminal { ON_A_TERMINAL } else { IN_A_LOG };
        self.shown = true;
        let line = line(&progress);
        let mut stderr = std::io::stderr();
        let _ = if self.terminal {
            write!(stderr, "\r\x1b[K{line}")
        } else {
            writeln!(stderr, "strongroom: {line}")
        };
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if self.terminal && self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(progress: &Progress) -> String {
    match progress.total {
        Some(total) => format!("{}: {} of {total}", progress.what, progress.done),
        None => format!("{}: {}", progress.what, progress.done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_in_the_first_second() {
        let mut reporter = Reporter::new();
        reporter.show(Progress { what: "payloads", done: 1, total: None });
        assert!(!reporter.shown);
        reporter.next = Instant::now();
        reporter.show(Progress { what: "payloads", done: 2, total: None });
        assert!(reporter.shown && reporter.next > Instant::now());
    }

    #[test]
    fn a_line_names_the_work_and_how_much_is_done() {
        assert_eq!(
            line(&Progress { what: "payloads", done: 3, total: Some(9) }),
            "payloads: 3 of 9"
        );
        assert_eq!(line(&Progress { what: "payloads", done: 3, total: None }), "payloads: 3");
    }
}
