//! What a store should hold, for tests that interrupt it.

mod action;
mod check;
pub mod contents;

pub use action::{Action, layout_of};
pub use check::{check_beside, check_store};
pub use contents::Contents;
