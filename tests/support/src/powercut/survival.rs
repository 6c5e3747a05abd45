//! Which of the unsynced changes reached the disk.

use crate::Random;

/// A choice of the changes that survive although nothing had made them durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// None: only what was synced is there.
    Nothing,
    /// All: the disk was quick.
    Everything,
    /// All changes of names, none of contents.
    NamesOnly,
    /// All changes of contents, none of names.
    ContentsOnly,
    /// All changes up to this position in the log, as on a disk that keeps their order.
    UpTo(usize),
    /// Each change or not, and a write also torn between its sectors, as this seed decides.
    Some(u64),
}

/// What becomes of one unsynced write.
pub(super) enum Fate {
    Lost,
    Kept,
    /// Each sector is kept or lost for itself; the size grows or does not.
    Torn,
}

/// Answers for each change in turn.
pub(super) struct Chooser {
    survival: Survival,
    pub(super) random: Random,
    /// How many of a hundred changes survive in this image: few, many, or about half.
    percent: usize,
}

impl Chooser {
    pub(super) fn new(survival: Survival) -> Chooser {
        let mut random = Random::new(match survival {
            Survival::Some(seed) => seed,
            _ => 0,
        });
        let percent = *random.pick(&[10, 50, 90]);
        Chooser { survival, random, percent }
    }

    /// Whether a change of names survives that stands at `position` in the log.
    pub(super) fn keeps_name(&mut self, position: usize) -> bool {
        match self.survival {
            Survival::Nothing | Survival::ContentsOnly => false,
            Survival::Everything | Survival::NamesOnly => true,
            Survival::UpTo(last) => position <= last,
            Survival::Some(_) => self.random.chance(self.percent),
        }
    }

    /// What becomes of a change of contents that stands at `position` in the log.
    pub(super) fn content(&mut self, position: usize) -> Fate {
        let kept = match self.survival {
            Survival::Nothing | Survival::NamesOnly => false,
            Survival::Everything | Survival::ContentsOnly => true,
            Survival::UpTo(last) => position <= last,
            Survival::Some(_) if self.random.chance(25) => return Fate::Torn,
            Survival::Some(_) => self.random.chance(self.percent),
        };
        if kept { Fate::Kept } else { Fate::Lost }
    }
}
