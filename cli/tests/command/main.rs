//! The command as its users meet it: the real binary, in folders of its own, one behaviour a test.

mod backup;
mod changing;
mod errors;
mod exec;
mod generated;
mod get;
mod json;
mod keys;
mod places;
mod prompts;
mod put;
mod removing;
mod sandbox;
mod screen;
