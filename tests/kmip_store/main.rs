//! Whole stores whose root keys, or payloads, are on a real KMIP server (PyKMIP).

mod adopting;
mod away;
mod counting;
mod life;
mod moving;
mod restarts;
mod states;
mod strays;
mod support;
