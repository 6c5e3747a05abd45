//! TTLV: tag, type, length, value (KMIP 1.4 section 9.1).
//!
//! Every message is one structure. Numbers are big-endian, and every value is padded with zeros to a
//! multiple of eight bytes. What is written, is written into memory that is wiped; what is read, is
//! read where it lies.

mod decoder;
mod encoder;
mod tag;

pub(crate) use decoder::{Item, Limits, Structure, damaged, decode};
pub(crate) use encoder::Encoder;
pub(crate) use tag::Tag;

/// How long the tag, type and length before a value are, in bytes.
pub(crate) const HEADER: usize = 8;

/// The item types that we write or look for.
pub(crate) mod item_type {
    pub(crate) const STRUCTURE: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const LONG_INTEGER: u8 = 0x03;
    pub(crate) const BIG_INTEGER: u8 = 0x04;
    pub(crate) const ENUMERATION: u8 = 0x05;
    pub(crate) const BOOLEAN: u8 = 0x06;
    pub(crate) const TEXT_STRING: u8 = 0x07;
    pub(crate) const BYTE_STRING: u8 = 0x08;
    pub(crate) const DATE_TIME: u8 = 0x09;
    pub(crate) const INTERVAL: u8 = 0x0A;
    pub(crate) const DATE_TIME_EXTENDED: u8 = 0x0B;
}

/// A length with its padding.
pub(crate) const fn padded(len: usize) -> usize {
    len.div_ceil(8) * 8
}
