//! A process that does as it is told, one thing after the other, with one store that stays open.

use std::path::{Path, PathBuf};

use strongroom::{Result, Session};
use strongroom_test_support::{Victim, hear, tell};

use crate::common::{open, path, put};

const VARIABLE: &str = "STRONGROOM_WATCHER";

pub(crate) struct Watcher(Victim);

impl Watcher {
    pub(crate) fn start(folder: &Path) -> Watcher {
        Watcher(Victim::start_test("watcher_process", &[(VARIABLE, folder)]))
    }

    /// Has it do something without waiting for the answer.
    pub(crate) fn begin(&mut self, order: &str) {
        self.0.order(order);
    }

    /// The answer: what was read, the version that was put, or the kind of the error.
    pub(crate) fn answer(&self) -> String {
        self.0.answer().expect("the process lives")
    }

    /// Its answer to an order.
    pub(crate) fn ask(&mut self, order: &str) -> String {
        self.begin(order);
        self.answer()
    }
}

/// In the process.
pub(crate) fn work() {
    let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
    let store = open(&folder).unwrap();
    while let Some(order) = hear() {
        let words: Vec<_> = order.split(' ').collect();
        let done = match words[..] {
            ["open"] => open(&folder).map(|_| "opened".to_owned()),
            ["get", at] => get(&store.session(), at),
            ["put", at, payload] => {
                put(&store.session(), at, payload.as_bytes()).map(|version| version.to_string())
            }
            _ => panic!("no order {order}"),
        };
        tell(&done.unwrap_or_else(|error| format!("{:?}: {error}", error.kind())));
    }
}

fn get(session: &Session, at: &str) -> Result<String> {
    let payload = session.get(&path(at))?;
    Ok(String::from_utf8_lossy(&payload).into_owned())
}
