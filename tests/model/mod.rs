//! What a store should hold, for tests that interrupt it.

// Each test target uses a part of this.
#![allow(dead_code)]

mod action;
pub(crate) mod check;
pub(crate) mod contents;
mod databases;
mod shape;
mod world;

pub(crate) use action::Action;
pub(crate) use check::{adopt, check_beside, check_store};
pub(crate) use contents::Contents;
pub(crate) use databases::Databases;
pub(crate) use shape::Shape;
pub(crate) use world::World;
