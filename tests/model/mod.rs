//! What a store should hold, for tests that interrupt it.

mod action;
pub(crate) mod check;
pub(crate) mod contents;

pub(crate) use action::{Action, layout_of};
pub(crate) use check::{check_beside, check_store};
pub(crate) use contents::Contents;
