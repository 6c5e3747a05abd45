//! One of the processes: its threads do a bit of everything until time is up.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use strongroom::{
    Error, ErrorKind, Expect, PutOptions, Result, RotateOptions, Session, State, Store,
};
use strongroom_test_support::{Random, Victim, hear, tell};

use crate::common::{open, path, put, secret};
use crate::report::Report;

pub(crate) const COUNTERS: usize = 3;
pub(crate) const SHARED: usize = 6;

const VARIABLE: &str = "STRONGROOM_WORKER";

/// The counter with this number.
pub(crate) fn counter(n: usize) -> String {
    format!("counters/{n}")
}

/// The secret with this number that all put into.
pub(crate) fn shared(n: usize) -> String {
    format!("shared/{n}")
}

pub(crate) fn report_file(folder: &Path, process: usize) -> PathBuf {
    folder.join(format!("report-{process}"))
}

/// Starts a process that says `ready`, works after `go`, and says `done`.
pub(crate) fn start(folder: &Path, process: usize, threads: usize, seconds: u64) -> Victim {
    let order = format!("{process} {threads} {seconds} {}", folder.display());
    Victim::start_test("worker_process", &[(VARIABLE, &order)])
}

/// In the process.
pub(crate) fn work() {
    let Ok(order) = std::env::var(VARIABLE) else { return };
    let mut words = order.splitn(4, ' ');
    let mut number = || words.next().unwrap().parse::<usize>().unwrap();
    let (process, threads, seconds) = (number(), number(), number());
    let folder = PathBuf::from(words.next().unwrap());
    let store = open(&folder).unwrap();
    tell("ready");
    assert_eq!(hear().as_deref(), Some("go"));
    let until = Instant::now() + Duration::from_secs(seconds as u64);
    let mut report = Report::default();
    std::thread::scope(|scope| {
        let work = |thread| {
            let store = store.clone();
            scope.spawn(move || Worker::new(store, process, thread).work(until))
        };
        let all: Vec<_> = (0..threads).map(work).collect();
        // The parent sees that this process lives.
        while Instant::now() < until && !all.iter().all(|thread| thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(500));
            tell("working");
        }
        all.into_iter().for_each(|thread| report.add(thread.join().unwrap()));
    });
    report.write(&report_file(&folder, process));
    tell("done");
}

struct Worker {
    store: Store,
    session: Session,
    name: String,
    random: Random,
    report: Report,
}

impl Worker {
    fn new(store: Store, process: usize, thread: usize) -> Worker {
        let session = store.session();
        let random = Random::new((process * 100 + thread) as u64);
        let name = format!("process-{process}-thread-{thread}");
        Worker { store, session, name, random, report: Report::default() }
    }

    fn work(mut self, until: Instant) -> Report {
        for round in 0.. {
            if Instant::now() >= until {
                break;
            }
            match self.random.below(100) {
                0..30 => self.increment(),
                30..60 => self.put_shared(round),
                60..90 => self.get_shared(),
                90..96 => self.replace_own(round),
                96 => self.rotate(),
                _ => self.erase_own(round),
            }
        }
        self.report
    }

    /// Runs and times one operation; an error that is not expected is a failure.
    fn timed<T>(
        &mut self,
        what: &str,
        expected: &[ErrorKind],
        work: impl FnOnce(&Session) -> Result<T>,
    ) -> Result<T> {
        let started = Instant::now();
        let result = work(&self.session);
        let took = started.elapsed();
        self.report.longest = self.report.longest.max(took);
        if let Err(e) = &result {
            self.judge(what, expected, e, took);
        }
        result
    }

    fn judge(&mut self, what: &str, expected: &[ErrorKind], error: &Error, took: Duration) {
        let text = error.to_string();
        let complains = ["busy", "locked"].iter().any(|word| text.contains(word));
        if complains || !expected.contains(&error.kind()) {
            self.report.failures.push(format!("{what} of {} after {took:?}: {text}", self.name));
        }
    }

    /// Reads a counter and puts the next number, if nobody else did meanwhile.
    fn increment(&mut self) {
        let n = self.random.below(COUNTERS);
        let at = path(&counter(n));
        let got = self.timed("get", &[], |s| s.get_with(&at, &Default::default()));
        let Ok(got) = got else { return };
        let value: u64 = std::str::from_utf8(&got.payload).unwrap().parse().unwrap();
        let expect = Expect::Version(got.version);
        let options = PutOptions { expect, ..Default::default() };
        let next = secret((value + 1).to_string().as_bytes());
        match self.timed("put", &[ErrorKind::Conflict], |s| s.put(&at, &next, &options)) {
            Ok(_) => self.report.increments[n] += 1,
            Err(_) => self.report.overtaken += 1,
        }
    }

    fn put_shared(&mut self, round: usize) {
        let n = self.random.below(SHARED);
        let payload = format!("{}-round-{round}", self.name);
        if let Ok(version) = self.timed("put", &[], |s| put(s, &shared(n), payload.as_bytes())) {
            self.report.acknowledged.push((n, version, payload));
        }
    }

    fn get_shared(&mut self) {
        let at = path(&shared(self.random.below(SHARED)));
        if let Ok(payload) = self.timed("get", &[], |s| s.get(&at)) {
            let whole = payload.starts_with(b"process-") || payload.equals(b"first");
            if !whole {
                self.report.failures.push(format!("{at} has a payload that nobody put"));
            }
            self.report.gets += 1;
        }
    }

    /// Puts two versions of a secret of its own and destroys the first.
    fn replace_own(&mut self, round: usize) {
        let at = format!("{}/replaced-{round}", self.name);
        for number in 1..=2 {
            let put = self.timed("put", &[], |s| put(s, &at, at.as_bytes()));
            if put.as_ref().is_ok_and(|version| *version != number) {
                self.report.failures.push(format!("{at} got version {put:?} for {number}"));
            }
            self.report.own += usize::from(put.is_ok());
        }
        let at = path(&at);
        let _ = self.timed("set state", &[], |s| s.set_state(&at, 1, State::Deactivated));
        let destroyed = self.timed("destroy", &[ErrorKind::Pending], |s| s.destroy(&at, 1));
        self.report.pending += u64::from(destroyed.is_err());
        let newest = self.timed("get", &[], |s| s.get(&at));
        if newest.is_ok_and(|payload| !payload.equals(at.to_string().as_bytes())) {
            self.report.failures.push(format!("{at} has another payload"));
        }
    }

    /// Replaces the root key, under everybody's feet.
    fn rotate(&mut self) {
        let started = Instant::now();
        // Many operations, one after the other, so that it does not count for the longest of one.
        match self.store.rotate_keys(&RotateOptions::default(), &mut |_| {}) {
            Err(error) => self.judge("rotate", &[], &error, started.elapsed()),
            Ok(report) if report.resumed => self.report.resumed += 1,
            Ok(report) => {
                let damaged = report.damaged.iter().map(|finding| finding.what.clone());
                self.report.failures.extend(damaged);
                self.report.rotated.push(report.id);
            }
        }
    }

    fn erase_own(&mut self, round: usize) {
        let at = path(&format!("{}/erased-{round}", self.name));
        let put = self.timed("put", &[], |s| put(s, &at.to_string(), b"to be erased"));
        self.report.own += usize::from(put.is_ok());
        match self.timed("erase", &[ErrorKind::Pending], |s| s.erase(&at)) {
            Ok(()) => self.report.erased += 1,
            Err(_) => self.report.pending += 1,
        }
        let gone = self.timed("get", &[ErrorKind::NotFound], |s| s.get(&at));
        if gone.is_ok() {
            self.report.failures.push(format!("{at} is there after its erase"));
        }
    }
}
