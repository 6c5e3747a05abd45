//! Which step of which kind of action was killed how often, and what was found afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use strongroom_test_support::Random;

use crate::kinds::Kind;

/// When the process is killed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// Blocked at a step of this name.
    At(String),
    /// At any time while the action runs, or just after.
    AnyTime,
    /// As soon as the action is acknowledged.
    Acknowledged,
}

/// What a kill showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The action was acknowledged before the kill, and is there.
    Acknowledged,
    /// It was not, and has happened nevertheless.
    Happened,
    /// It was not, and the store is as before.
    Unchanged,
}

/// A kill at a step of this name.
pub(crate) type Origin = (Kind, String);

#[derive(Debug, Default, Clone)]
struct Tally {
    /// How often one action reaches the step at most.
    occurrences: usize,
    attempts: usize,
    /// The kill after which an action reached it last: some steps only tidy up.
    origin: Option<Origin>,
    acknowledged: usize,
    happened: usize,
    unchanged: usize,
}

impl Tally {
    fn kills(&self) -> usize {
        self.acknowledged + self.happened + self.unchanged
    }
}

/// All kills of a run.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    tallies: BTreeMap<(Kind, Moment), Tally>,
    lost_tokens: usize,
}

impl Coverage {
    /// Learns the steps that an action has reached, after a kill that nobody had tidied up.
    pub(crate) fn learn(&mut self, kind: Kind, steps: &[String], after: Option<&Origin>) {
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        for step in steps {
            *counts.entry(step).or_default() += 1;
        }
        for (step, count) in counts {
            let tally = self.tallies.entry((kind, Moment::At(step.clone()))).or_default();
            tally.occurrences = tally.occurrences.max(count);
            if after.is_some() {
                tally.origin = after.cloned();
            }
        }
    }

    /// Of these kinds, the step that was tried least often, and which of its occurrences to take.
    pub(crate) fn neediest(
        &mut self,
        random: &mut Random,
        kinds: &[Kind],
    ) -> Option<(Kind, String, usize)> {
        let is_meant =
            |kind: &Kind, moment: &Moment| kinds.contains(kind) && matches!(moment, Moment::At(_));
        // Every second time one that was never hit, if there is one: the store is not always so that it
        // can be.
        let is_missed = |tally: &Tally| tally.kills() == 0;
        let missed = self.tallies.iter().any(|((k, m), tally)| is_meant(k, m) && is_missed(tally))
            && random.chance(50);
        let ((kind, moment), tally) = self
            .tallies
            .iter_mut()
            .filter(|((kind, moment), tally)| {
                is_meant(kind, moment) && (!missed || is_missed(tally))
            })
            .min_by_key(|(_, tally)| (tally.attempts, tally.kills(), random.bits()))?;
        tally.attempts += 1;
        let Moment::At(step) = moment else { return None };
        // Few actions come as often to a step as the one that came most often.
        let occurrences = if is_missed(tally) { 1 } else { tally.occurrences };
        Some((*kind, step.clone(), 1 + random.below(occurrences)))
    }

    /// After which kill an action of this kind reaches this step.
    pub(crate) fn origin(&self, kind: Kind, step: &str) -> Option<Origin> {
        self.tallies.get(&(kind, Moment::At(step.to_owned())))?.origin.clone()
    }

    /// The steps of one kind that are known so far.
    pub(crate) fn steps_of(&self, kind: Kind) -> Vec<String> {
        let moments = self.tallies.keys().filter(|(other, _)| *other == kind);
        let steps = moments.filter_map(|(_, moment)| match moment {
            Moment::At(step) => Some(step.clone()),
            _ => None,
        });
        steps.collect()
    }

    /// Counts a kill.
    pub(crate) fn count(&mut self, kind: Kind, moment: Moment, finding: Finding) {
        let tally = self.tallies.entry((kind, moment)).or_default();
        match finding {
            Finding::Acknowledged => tally.acknowledged += 1,
            Finding::Happened => tally.happened += 1,
            Finding::Unchanged => tally.unchanged += 1,
        }
    }

    /// Counts a kill after which there was no token, through no doing of the store's.
    pub(crate) fn count_lost_token(&mut self) {
        self.lost_tokens += 1;
    }

    /// How often a process was killed.
    pub(crate) fn kills(&self) -> usize {
        self.tallies.values().map(Tally::kills).sum()
    }

    /// The steps that were reached and never killed.
    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self.tallies.iter().filter(|(_, tally)| tally.kills() == 0);
        missing.map(|((kind, moment), _)| format!("{kind}: {moment:?}")).collect()
    }

    /// The names of all steps that were reached.
    pub(crate) fn steps(&self) -> BTreeSet<String> {
        let names = self.tallies.keys().filter_map(|(_, moment)| match moment {
            Moment::At(step) => Some(step.clone()),
            _ => None,
        });
        names.collect()
    }

    /// The table that the run prints.
    pub(crate) fn report(&self, name: &str, seed: u64) -> String {
        let mut report = format!("{name}: {} kills, seed {seed}\n\n", self.kills());
        let _ = writeln!(
            report,
            "{:20} {:34} {:>6} {:>26} {:>22}",
            "action", "killed at", "kills", "before acknowledgement", "after acknowledgement"
        );
        let _ = writeln!(report, "{:62} {:>12} {:>13}", "", "unchanged", "happened");
        let mut sum = Tally::default();
        for ((kind, moment), tally) in &self.tallies {
            let moment = match moment {
                Moment::At(step) => step,
                Moment::AnyTime => "(any time)",
                Moment::Acknowledged => "(just acknowledged)",
            };
            write_row(&mut report, &kind.to_string(), moment, tally);
            sum.acknowledged += tally.acknowledged;
            sum.happened += tally.happened;
            sum.unchanged += tally.unchanged;
        }
        write_row(&mut report, "all", "", &sum);
        if self.lost_tokens > 0 {
            let _ = writeln!(report, "tokens that SoftHSM lost by itself: {}", self.lost_tokens);
        }
        report
    }
}

fn write_row(report: &mut String, kind: &str, moment: &str, tally: &Tally) {
    let _ = writeln!(
        report,
        "{kind:20} {moment:34} {:>6} {:>12} {:>13} {:>22}",
        tally.kills(),
        tally.unchanged,
        tally.happened,
        tally.acknowledged
    );
}
