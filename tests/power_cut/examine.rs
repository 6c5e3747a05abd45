//! Opens what a disk may hold after each prefix of a recorded run.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use strongroom::{DoctorOptions, Store};
use strongroom_test_support::powercut::{Disk, Image, Op, Survival};
use strongroom_test_support::{Random, fast_folder};

use crate::model::{Action, Contents, check_beside, check_store, layout_of};
use crate::script::{Line, Run, lines};

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// At every prefix.
    Everything,
    /// Until an acknowledged put is found to be lost: for runs that must lose something.
    FirstLostPut,
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
pub(crate) fn examine(run: &Run, extent: Extent) -> Found {
    let examination = Examination {
        run,
        extent,
        lines: lines(),
        cuts: number("STRONGROOM_CUTS").unwrap_or(2),
        seed: number("STRONGROOM_SEED").unwrap_or(1),
        seen: Mutex::default(),
        losses: Mutex::default(),
        images: AtomicUsize::new(0),
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
        images: examination.images.into_inner(),
        losses: examination.losses.into_inner().unwrap(),
    }
}

struct Examination<'a> {
    run: &'a Run,
    extent: Extent,
    lines: Vec<Line>,
    cuts: u64,
    seed: u64,
    /// Images that were opened before, with what had been acknowledged.
    seen: Mutex<HashSet<(u64, usize)>>,
    losses: Mutex<Vec<Loss>>,
    images: AtomicUsize,
    enough: AtomicBool,
}

impl Examination<'_> {
    /// Takes every n-th prefix. Each thread replays the log for itself.
    fn run_part(&self, part: usize, parts: usize) {
        let mut disk = Disk::new(&self.run.log);
        let mut acknowledged = 0;
        self.cut(&disk, 0, 0);
        for (position, op) in self.run.log.ops.iter().enumerate() {
            disk.apply(op);
            acknowledged += usize::from(matches!(op, Op::Mark(_)));
            if position % parts == part {
                self.cut(&disk, position + 1, acknowledged);
            }
            if self.enough.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn cut(&self, disk: &Disk, position: usize, acknowledged: usize) {
        let mut random = Random::new(self.seed ^ ((position as u64) << 20));
        let mut survivals = vec![
            Survival::Nothing,
            Survival::Everything,
            Survival::NamesOnly,
            Survival::ContentsOnly,
            Survival::UpTo(random.below(position + 1)),
        ];
        survivals.extend((0..self.cuts).map(|_| Survival::Some(random.bits())));
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
        // Looking at backups takes long: only on the worst disk.
        let thorough = survival == Survival::Nothing;
        if let Err(what) = check(folder.path(), acknowledged, &self.lines, thorough) {
            let loss = Loss { position, survival, acknowledged, what };
            if self.extent == Extent::FirstLostPut && acknowledged > 1 {
                self.enough.store(true, Ordering::Relaxed);
            }
            self.losses.lock().unwrap().push(loss);
        }
    }
}

/// What must hold in `root` when so many of the lines were acknowledged.
pub(crate) fn check(
    root: &Path,
    acknowledged: usize,
    lines: &[Line],
    thorough: bool,
) -> Result<(), String> {
    let (done, rest) = lines.split_at(acknowledged);
    if !layout_of(&root.join("store")).config.exists() {
        return match done {
            [] => Ok(()),
            _ => Err("the store is gone".into()),
        };
    }
    let mut contents = Contents::default();
    let mut before = Vec::new();
    for line in done {
        before.push(contents.clone());
        contents = line.after(&contents);
    }
    let possible = match rest.first() {
        Some(next) => next.around(&contents),
        None => vec![contents],
    };
    adopt(root)?;
    check_store(root, &possible)?;
    for (Line { action, .. }, before) in done.iter().zip(&before) {
        let quick = matches!(action, Action::AddRootKey { .. });
        let slow = matches!(action, Action::Backup { .. } | Action::Restore { .. });
        if (quick || slow && thorough) && !check_beside(root, action, before)? {
            return Err(format!("{action} was acknowledged and is gone"));
        }
    }
    Ok(())
}

/// The files of an image are new ones, so that the store takes itself for a copy, which it is.
fn adopt(root: &Path) -> Result<(), String> {
    let options = DoctorOptions { adopt: true, ..Default::default() };
    Store::open(&layout_of(&root.join("store")).config)
        .and_then(|store| store.doctor(&options, &mut |_| {}))
        .map(drop)
        .map_err(|e| format!("adopting: {e:?}"))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
