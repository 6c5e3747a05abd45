//! The subcommands, one file for each group.

pub(crate) mod adopt;
pub(crate) mod backup;
pub(crate) mod change;
pub(crate) mod current;
pub(crate) mod exec;
pub(crate) mod generate;
pub(crate) mod get;
pub(crate) mod health;
pub(crate) mod hsm;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod kmip;
pub(crate) mod project;
pub(crate) mod put;
pub(crate) mod remove;
