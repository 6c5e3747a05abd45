//! Opens what a disk may hold after each prefix of a recorded run.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use strongroom_test_support::powercut::{Disk, Image, Op, Survival};
use strongroom_test_support::{Random, fast_folder};

use crate::judge::{self, judge};
use crate::model::{Shape, World};
use crate::script::Run;

/// Of so many prefixes of a run with a token, one is tried: each image is opened by a process of its own,
/// which takes long. Four are where STRONGROOM_CUTS is set.
const SAMPLE: usize = 16;

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// At every prefix.
    Everything,
    /// Until an acknowledged put is found to be lost: for runs that must lose something.
    FirstLostPut,
}

/// What the power cut does to the files of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// They are as they were written: the token is a device, which answers when it is done.
    Kept,
    /// The same as to all others.
    Cut,
    /// They are as they were in the middle of what the token does, and all others too: this is what a
    /// kill leaves there.
    Interrupted,
}

/// A power cut after which something was wrong.
#[derive(Debug)]
#[expect(dead_code, reason = "printed when a test fails")]
pub(crate) struct Loss {
    /// How many calls of the log had happened.
    pub position: usize,
    /// What survived of the unsynced rest; with the position it repeats the cut.
    pub survival: Survival,
    /// How many lines had been acknowledged.
    pub acknowledged: usize,
    /// What was wrong.
    pub what: String,
}

/// What an examination saw.
#[derive(Debug)]
pub(crate) struct Found {
    pub prefixes: usize,
    /// Prefixes after which the power was cut.
    pub cuts: usize,
    /// Different disk contents that were opened.
    pub images: usize,
    pub losses: Vec<Loss>,
}

impl Found {
    pub(crate) fn summary(&self) -> String {
        let (losses, prefixes) = (self.losses.len(), self.prefixes);
        format!("{losses} losses in {} disk images after {prefixes} prefixes", self.images)
    }
}

/// Cuts the power after every prefix of the log, several times.
pub(crate) fn examine(run: &Run, extent: Extent, token: Token) -> Found {
    let examination = Examination {
        run,
        extent,
        token,
        cuts: number("STRONGROOM_CUTS").unwrap_or(2),
        seed: number("STRONGROOM_SEED").unwrap_or(1),
        every: match number("STRONGROOM_CUTS") {
            _ if !run.shape.needs_token() => 1,
            None => SAMPLE,
            Some(_) => SAMPLE / 4,
        },
        seen: Mutex::default(),
        losses: Mutex::default(),
        images: AtomicUsize::new(0),
        tried: AtomicUsize::new(0),
        enough: AtomicBool::new(false),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for part in 0..threads {
            let examination = &examination;
            scope.spawn(move || examination.run_part(part, threads));
        }
    });
    Found {
        prefixes: run.log.ops.len() + 1,
        cuts: examination.tried.into_inner(),
        images: examination.images.into_inner(),
        losses: examination.losses.into_inner().unwrap(),
    }
}

struct Examination<'a> {
    run: &'a Run,
    extent: Extent,
    token: Token,
    cuts: u64,
    seed: u64,
    /// The power is cut after every n-th prefix.
    every: usize,
    /// Images that were opened before, with what had been acknowledged.
    seen: Mutex<HashSet<(u64, usize)>>,
    losses: Mutex<Vec<Loss>>,
    images: AtomicUsize,
    tried: AtomicUsize,
    enough: AtomicBool,
}

impl Examination<'_> {
    /// Takes every n-th prefix. Each thread replays the log for itself.
    fn run_part(&self, part: usize, parts: usize) {
        let mut disk = Disk::new(&self.run.log);
        if self.token != Token::Cut {
            disk = disk.sparing(Path::new("token"));
        }
        let (mut acknowledged, mut turn) = (0, self.seed as usize);
        self.cut(&disk, 0, 0);
        let ops = &self.run.log.ops;
        for (position, op) in ops.iter().enumerate() {
            disk.apply(op);
            acknowledged += usize::from(matches!(op, Op::Mark(_)));
            let next = ops.get(position + 1);
            let in_device = disk.spares(op) && next.is_some_and(|next| disk.spares(next));
            if in_device != (self.token == Token::Interrupted) {
                continue;
            }
            turn += 1;
            if turn % self.every == 0 && turn / self.every % parts == part {
                self.cut(&disk, position + 1, acknowledged);
            }
            if self.enough.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn cut(&self, disk: &Disk, position: usize, acknowledged: usize) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        let mut random = Random::new(self.seed ^ ((position as u64) << 20));
        let mut survivals = vec![
            Survival::Nothing,
            Survival::Everything,
            Survival::NamesOnly,
            Survival::ContentsOnly,
            Survival::UpTo(random.below(position + 1)),
        ];
        let mut cuts = self.cuts;
        if self.token == Token::Interrupted {
            (survivals, cuts) = (vec![Survival::Everything], 0);
        }
        survivals.extend((0..cuts).map(|_| Survival::Some(random.bits())));
        for survival in survivals {
            let image = disk.after_cut(survival);
            let print = image.fingerprint();
            if self.seen.lock().unwrap().insert((print, acknowledged)) {
                self.images.fetch_add(1, Ordering::Relaxed);
                self.open(&image, position, survival, acknowledged);
            }
        }
    }

    fn open(&self, image: &Image, position: usize, survival: Survival, acknowledged: usize) {
        let folder = fast_folder();
        image.write(folder.path());
        let world = World::at(folder.path(), self.run.shape);
        if self.token == Token::Interrupted && world.has_lost_its_token() {
            return;
        }
        // Looking at backups takes long: only on the worst disk.
        let thorough = survival == Survival::Nothing;
        let judged = match self.run.shape {
            Shape::Software => judge(&world, acknowledged, thorough),
            _ => judge::elsewhere(&world, acknowledged, thorough),
        };
        if let Err(what) = judged {
            let loss = Loss { position, survival, acknowledged, what };
            if self.extent == Extent::FirstLostPut && acknowledged > 1 {
                self.enough.store(true, Ordering::Relaxed);
            }
            self.losses.lock().unwrap().push(loss);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
