//! Whether what a power cut left is good.

use strongroom_pkcs11::harness::SoftHsm;
use strongroom_test_support::{Victim, hear, tell};

use crate::model::{Action, Contents, World, adopt, check_beside, check_store};
use crate::script::{Line, lines};

/// What must hold when so many of the lines were acknowledged.
pub(crate) fn judge(world: &World, acknowledged: usize, thorough: bool) -> Result<(), String> {
    let lines = lines(world.shape);
    let (done, rest) = lines.split_at(acknowledged);
    if !world.config().exists() {
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
    // The files of an image are new ones, so that the store takes itself for a copy, which it is.
    adopt(world)?;
    check_store(world, &possible)?;
    for (Line { action, .. }, before) in done.iter().zip(&before) {
        let quick = matches!(action, Action::AddRootKey { .. });
        let slow = matches!(action, Action::Backup { .. } | Action::Restore { .. });
        if (quick || slow && thorough) && !check_beside(world, action, before)? {
            return Err(format!("{action} was acknowledged and is gone"));
        }
    }
    Ok(())
}

/// The same in a process of its own, which finds the token in its new folder. It is not needed where
/// there is no store yet.
pub(crate) fn elsewhere(world: &World, acknowledged: usize, thorough: bool) -> Result<(), String> {
    if !world.config().exists() {
        return judge(world, acknowledged, thorough);
    }
    SoftHsm::copied_to(&world.token());
    let mut process = Victim::start_test("judge_process", &world.environment());
    process.order(&format!("{acknowledged} {thorough}"));
    match process.answer() {
        Some(answer) if answer == "good" => Ok(()),
        answer => Err(answer.unwrap_or("the judge ended by itself".into())),
    }
}

/// That process.
pub(crate) fn serve() {
    let Some((world, order)) = World::of_parent().zip(hear()) else { return };
    let (acknowledged, thorough) = order.split_once(' ').expect("two words");
    match judge(&world, acknowledged.parse().unwrap(), thorough.parse().unwrap()) {
        Ok(()) => tell("good"),
        // As one line.
        Err(complaint) => tell(&format!("{complaint:?}")),
    }
}
