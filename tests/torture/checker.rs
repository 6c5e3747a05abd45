//! A process that looks at a store after a kill: one of its own, because a module reads a token once.

use strongroom_test_support::{Victim, hear, tell};

use crate::model::check::{Found, is_rotated};
use crate::model::{Action, Contents, World, adopt, check_beside, check_store};

/// The process's side: answers until its input ends.
pub(crate) fn serve() {
    let Some(world) = World::of_parent() else { return };
    while let Some(order) = hear() {
        let answer = match order.split_once(' ') {
            Some(("store", possible)) => store(&world, possible),
            Some(("beside", rest)) => beside(&world, rest),
            Some(("rotated", to)) => {
                is_rotated(&world, Some(to).filter(|to| !to.is_empty())).map(|is| is.to_string())
            }
            None if order == "adopt" => adopt(&world).map(|()| String::new()),
            _ => panic!("an unknown order: {order}"),
        };
        match answer {
            Ok(found) => tell(&format!("found {found}")),
            // As one line.
            Err(complaint) => tell(&format!("complaint {complaint:?}")),
        }
    }
}

fn store(world: &World, possible: &str) -> Result<String, String> {
    let possible: Vec<_> = possible.split('\t').map(Contents::from_json).collect();
    check_store(world, &possible)
        .map(|found| format!("{}\t{}", found.strays, found.contents.to_json()))
}

fn beside(world: &World, order: &str) -> Result<String, String> {
    let (action, contents) = order.split_once('\t').expect("an action and contents");
    let action: Action = action.parse()?;
    check_beside(world, &action, &Contents::from_json(contents)).map(|whole| whole.to_string())
}

/// The test's side.
pub(crate) struct Checker(Victim);

impl Checker {
    /// Starts the process.
    pub(crate) fn start(world: &World) -> Checker {
        Checker(Victim::start_test("checker", &world.environment()))
    }

    /// What the store holds, which must be one of these.
    pub(crate) fn store(&mut self, possible: &[Contents]) -> Result<Found, String> {
        let possible: Vec<_> = possible.iter().map(Contents::to_json).collect();
        let found = self.ask(&format!("store {}", possible.join("\t")))?;
        let (strays, contents) = found.split_once('\t').expect("a number and contents");
        let strays = strays.parse().expect("a number");
        Ok(Found { strays, contents: Contents::from_json(contents) })
    }

    /// Makes the store count that takes itself for a copy.
    pub(crate) fn adopt(&mut self) -> Result<(), String> {
        self.ask("adopt").map(drop)
    }

    /// Whether what an action leaves beside the store is whole, and holds this.
    pub(crate) fn beside(&mut self, action: &Action, contents: &Contents) -> Result<bool, String> {
        let whole = self.ask(&format!("beside {action}\t{}", contents.to_json()))?;
        Ok(whole == "true")
    }

    /// Whether one active root key wraps everything, in this key backend.
    pub(crate) fn is_rotated(&mut self, to: Option<&str>) -> Result<bool, String> {
        Ok(self.ask(&format!("rotated {}", to.unwrap_or_default()))? == "true")
    }

    fn ask(&mut self, order: &str) -> Result<String, String> {
        self.0.order(order);
        let answer = self.0.answer().expect("the checker ended by itself");
        match answer.split_once(' ') {
            Some(("found", found)) => Ok(found.to_owned()),
            _ => Err(answer),
        }
    }
}
