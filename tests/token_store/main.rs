//! Whole stores whose root keys, or payloads, are in a real token (SoftHSM2).

mod away;
mod life;
mod moving;
mod neighbours;
mod objects;
mod promises;
mod reaching;
mod restoring;
mod rsa;
mod support;
mod traffic;
