//! What one process has done, as a small text file.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::worker::COUNTERS;

/// The number of a shared secret, the version that a put was given, and its payload.
pub(crate) type Acknowledged = (usize, u32, String);

#[derive(Debug, Default, Clone)]
pub(crate) struct Report {
    /// Acknowledged increments of each counter.
    pub(crate) increments: [u64; COUNTERS],
    /// How often somebody else had incremented a counter in between.
    pub(crate) overtaken: u64,
    /// Acknowledged puts into shared secrets.
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Puts into secrets of its own.
    pub(crate) own: usize,
    pub(crate) gets: u64,
    /// The root keys that rotations made.
    pub(crate) rotated: Vec<String>,
    /// Rotations that found one of somebody else to finish.
    pub(crate) resumed: u64,
    pub(crate) erased: u64,
    /// Erases that had to wait for a reader.
    pub(crate) pending: u64,
    pub(crate) longest: Duration,
    /// Whatever should not have happened.
    pub(crate) failures: Vec<String>,
}

impl Report {
    /// All that was put.
    pub(crate) fn puts(&self) -> usize {
        self.increments.iter().sum::<u64>() as usize + self.acknowledged.len() + self.own
    }

    /// Adds what another thread of the process has done.
    pub(crate) fn add(&mut self, other: Report) {
        for (sum, more) in self.increments.iter_mut().zip(other.increments) {
            *sum += more;
        }
        self.overtaken += other.overtaken;
        self.acknowledged.extend(other.acknowledged);
        self.own += other.own;
        self.gets += other.gets;
        self.rotated.extend(other.rotated);
        self.resumed += other.resumed;
        self.erased += other.erased;
        self.pending += other.pending;
        self.longest = self.longest.max(other.longest);
        self.failures.extend(other.failures);
    }

    pub(crate) fn write(&self, file: &Path) {
        let mut lines = vec![
            format!("increments {}", self.increments.map(|n| n.to_string()).join(" ")),
            format!("overtaken {}", self.overtaken),
            format!("own {}", self.own),
            format!("gets {}", self.gets),
            format!("resumed {}", self.resumed),
            format!("erased {}", self.erased),
            format!("pending {}", self.pending),
            format!("longest {}", self.longest.as_micros()),
        ];
        let acknowledged = self.acknowledged.iter();
        lines.extend(acknowledged.map(|(n, version, text)| format!("put {n} {version} {text}")));
        lines.extend(self.rotated.iter().map(|id| format!("rotated {id}")));
        lines.extend(self.failures.iter().map(|f| format!("failure {}", f.replace('\n', " "))));
        std::fs::write(file, lines.join("\n")).unwrap();
    }

    pub(crate) fn read(file: &Path) -> Report {
        let mut report = Report::default();
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let (word, rest) = line.split_once(' ').unwrap();
            let number = || rest.parse().unwrap();
            match word {
                "increments" => {
                    for (to, from) in report.increments.iter_mut().zip(rest.split(' ')) {
                        *to = from.parse().unwrap();
                    }
                }
                "overtaken" => report.overtaken = number(),
                "own" => report.own = number() as usize,
                "gets" => report.gets = number(),
                "resumed" => report.resumed = number(),
                "rotated" => report.rotated.push(rest.to_owned()),
                "erased" => report.erased = number(),
                "pending" => report.pending = number(),
                "longest" => report.longest = Duration::from_micros(number()),
                "put" => {
                    let mut words = rest.splitn(3, ' ');
                    let mut next = || words.next().unwrap();
                    let (n, version) = (next().parse().unwrap(), next().parse().unwrap());
                    report.acknowledged.push((n, version, next().to_owned()));
                }
                "failure" => report.failures.push(rest.to_owned()),
                _ => panic!("{line}"),
            }
        }
        report
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} puts ({} increments, overtaken {} times), {} gets, {} erased ({} waited for \
             readers), {} rotations ({} finished those of others), longest wait {:?}",
            self.puts(),
            self.increments.iter().sum::<u64>(),
            self.overtaken,
            self.gets,
            self.erased,
            self.pending,
            self.rotated.len() as u64 + self.resumed,
            self.resumed,
            self.longest
        )
    }
}
