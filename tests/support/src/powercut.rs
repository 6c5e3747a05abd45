//! What a disk may hold after the power failed.
//!
//! [`record`] runs a program with a preloaded library under libc's file calls and returns the [`Log`]
//! of what it did to one folder. [`Disk`] replays a prefix of that log and knows what has been made
//! durable. [`Disk::after_cut`] picks, by a [`Survival`], which of the rest reached the disk, and
//! answers an [`Image`] that a test writes to a folder and opens.
//!
//! The model promises no more than POSIX does: fsync and fdatasync of a file make its bytes and its
//! size durable but not its name; names need an fsync of their folder; whatever is not synced is
//! there or not, whole or in part, in any order. A sector of 512 bytes is never torn.

mod disk;
mod image;
mod log;
mod recorder;
mod survival;

pub use disk::Disk;
pub use image::Image;
pub use log::{Log, Op};
pub use recorder::{MARKS, mark, record};
pub use survival::Survival;
