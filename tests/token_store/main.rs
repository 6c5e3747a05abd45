//! Whole stores whose root keys, or payloads, are in a real token (SoftHSM2).

mod away;
mod life;
mod moving;
mod objects;
mod restoring;
mod support;
