//! The closing table: each figure, its floor, and the bound that it is held to.

use std::time::Duration;

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

struct Line {
    what: String,
    measured: String,
    floor: String,
    value: f64,
    bound: Bound,
}

/// What a value must be.
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Report {
    /// A figure as a multiple of its floor, from the same run.
    pub(crate) fn ratio(&mut self, what: &str, measured: Duration, floor: Duration, most: f64) {
        self.lines.push(Line {
            what: what.into(),
            measured: format!("{measured:.2?}"),
            floor: format!("{floor:.2?}"),
            value: measured.as_secs_f64() / floor.as_secs_f64(),
            bound: Bound::AtMost(most),
        });
    }

    /// A figure on its own.
    pub(crate) fn value(&mut self, what: &str, value: f64, bound: Bound) {
        let measured = format!("{value:.1}");
        self.lines.push(Line { what: what.into(), measured, floor: "-".into(), value, bound });
    }

    pub(crate) fn print(&self) {
        println!("\n{:<52} {:>12} {:>12} {:>10}  bound", "", "measured", "floor", "ratio");
        for line in &self.lines {
            let (met, bound) = match line.bound {
                Bound::AtMost(most) => (line.value <= most, format!("at most {most}")),
                Bound::AtLeast(least) => (line.value >= least, format!("at least {least}")),
            };
            let verdict = if met { "met" } else { "MISSED" };
            println!(
                "{:<52} {:>12} {:>12} {:>10.2}  {bound}: {verdict}",
                line.what, line.measured, line.floor, line.value
            );
        }
    }
}

/// The median time of one round of `work`, from a criterion benchmark of that name.
pub(crate) fn median(
    criterion: &mut criterion::Criterion,
    name: &str,
    mut work: impl FnMut(),
) -> Duration {
    use std::cell::RefCell;
    let samples = RefCell::new(Vec::new());
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let started = std::time::Instant::now();
            for _ in 0..rounds {
                work();
            }
            let elapsed = started.elapsed();
            samples.borrow_mut().push(elapsed / u32::try_from(rounds).unwrap());
            elapsed
        });
    });
    middle(samples.into_inner())
}

pub(crate) fn middle(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
