//! The examples of the specification for each item type (KMIP 1.4 section 9.1.2), written and read.

use strongroom_backend::ErrorKind;

use super::hex;
use crate::ttlv::{Encoder, HEADER, Limits, Tag, decode};

const INTEGER: &str = "42 00 20 02 00 00 00 04 00 00 00 08 00 00 00 00";
const LONG_INTEGER: &str = "42 00 20 03 00 00 00 08 01 B6 9B 4B A5 74 92 00";
const BIG_INTEGER: &str = "42 00 20 04 00 00 00 10 00 00 00 00 03 FD 35 EB 6B C2 DF 46 18 08 00 00";
const ENUMERATION: &str = "42 00 20 05 00 00 00 04 00 00 00 FF 00 00 00 00";
const BOOLEAN: &str = "42 00 20 06 00 00 00 08 00 00 00 00 00 00 00 01";
const TEXT: &str = "42 00 20 07 00 00 00 0B 48 65 6C 6C 6F 20 57 6F 72 6C 64 00 00 00 00 00";
const BYTES: &str = "42 00 20 08 00 00 00 03 01 02 03 00 00 00 00 00";
const DATE_TIME: &str = "42 00 20 09 00 00 00 08 00 00 00 00 47 DA 67 F8";
const INTERVAL: &str = "42 00 20 0A 00 00 00 04 00 0D 2F 00 00 00 00 00";
const STRUCTURE: &str = "42 00 20 01 00 00 00 20 42 00 04 05 00 00 00 04 00 00 00 FE 00 00 00 00 \
     42 00 05 02 00 00 00 04 00 00 00 FF 00 00 00 00";

const EXAMPLE: Tag = Tag::new(0x42_0020);

fn written(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut to = Encoder::new();
    write(&mut to);
    to.finish().to_vec()
}

/// A structure of these items.
fn around(items: &[&str]) -> Vec<u8> {
    let content = items.concat();
    let len = u32::try_from(hex(&content).len()).unwrap();
    [&[0x42, 0x00, 0x20, 0x01], &len.to_be_bytes()[..], &hex(&content)].concat()
}

#[test]
fn the_examples_are_written_as_the_specification_has_them() {
    assert_eq!(written(|to| to.integer(EXAMPLE, 8)), hex(INTEGER));
    assert_eq!(written(|to| to.enumeration(EXAMPLE, 255)), hex(ENUMERATION));
    assert_eq!(written(|to| to.boolean(EXAMPLE, true)), hex(BOOLEAN));
    assert_eq!(written(|to| to.text(EXAMPLE, "Hello World")), hex(TEXT));
    assert_eq!(written(|to| to.bytes(EXAMPLE, &[1, 2, 3])), hex(BYTES));
    let structure = written(|to| {
        to.structure(EXAMPLE, |to| {
            to.enumeration(Tag::APPLICATION_SPECIFIC_INFORMATION, 254);
            to.integer(Tag::new(0x42_0005), 255);
        });
    });
    assert_eq!(structure, hex(STRUCTURE));
}

#[test]
fn the_examples_are_read_again() {
    let read = |example: &str, check: &dyn Fn(crate::ttlv::Item<'_>)| {
        let bytes = around(&[example]);
        let structure = decode(&bytes, EXAMPLE, Limits::RESPONSE).unwrap();
        check(structure.get(EXAMPLE).unwrap());
    };
    read(INTEGER, &|item| assert_eq!(item.integer().unwrap(), 8));
    read(ENUMERATION, &|item| assert_eq!(item.enumeration().unwrap(), 255));
    read(BOOLEAN, &|item| assert!(item.boolean().unwrap()));
    read(TEXT, &|item| assert_eq!(item.text().unwrap(), "Hello World"));
    read(BYTES, &|item| assert_eq!(item.bytes().unwrap(), [1, 2, 3]));
    // Read past, because no message of ours wants them.
    for example in [LONG_INTEGER, BIG_INTEGER, DATE_TIME, INTERVAL] {
        read(example, &|item| assert_eq!(item.integer().unwrap_err().kind(), ErrorKind::Corrupt));
    }
    let bytes = hex(STRUCTURE);
    let structure = decode(&bytes, EXAMPLE, Limits::RESPONSE).unwrap();
    let found = structure.get(Tag::APPLICATION_SPECIFIC_INFORMATION).unwrap();
    assert_eq!(found.enumeration().unwrap(), 254);
}

#[test]
fn what_nobody_asks_for_is_passed_over_wherever_it_stands() {
    let of_a_vendor = "54 00 01 02 00 00 00 04 00 00 00 07 00 00 00 00";
    let of_a_newer_type = "42 7F FF 0C 00 00 00 03 01 02 03 00 00 00 00 00";
    for items in [[of_a_vendor, of_a_newer_type, BYTES], [BYTES, of_a_newer_type, of_a_vendor]] {
        let bytes = around(&items);
        let structure = decode(&bytes, EXAMPLE, Limits::RESPONSE).unwrap();
        assert_eq!(structure.get(EXAMPLE).unwrap().bytes().unwrap(), [1, 2, 3]);
        assert_eq!(structure.items().count(), 3);
    }
}

#[test]
fn depth_and_number_of_items_are_bounded() {
    let nested = |depth: usize| {
        let nothing = written(|to| to.structure(EXAMPLE, |_| {}));
        (1..depth).fold(nothing, |inner, _| {
            let len = u32::try_from(inner.len()).unwrap().to_be_bytes();
            [&[0x42, 0x00, 0x20, 0x01], &len[..], &inner].concat()
        })
    };
    let limits = Limits { depth: 5, items: 100 };
    assert!(decode(&nested(5), EXAMPLE, limits).is_ok());
    assert_eq!(decode(&nested(6), EXAMPLE, limits).err().unwrap().kind(), ErrorKind::Corrupt);
    assert!(decode(&nested(2_000), EXAMPLE, Limits::RESPONSE).is_err());
    let many = |count: usize| around(&vec![INTEGER; count]);
    assert!(decode(&many(99), EXAMPLE, limits).is_ok());
    assert!(decode(&many(100), EXAMPLE, limits).is_err());
}

#[test]
fn a_length_beyond_the_message_is_refused_before_anything_is_read() {
    for len in [0xFFFF_FFFF_u32, 0x8000_0000, 0x7FFF_FFFF, 9, 12] {
        let mut bytes = around(&[BYTES]);
        bytes[HEADER + 4..2 * HEADER].copy_from_slice(&len.to_be_bytes());
        assert!(decode(&bytes, EXAMPLE, Limits::RESPONSE).is_err(), "{len} bytes");
    }
}

#[test]
fn an_encoder_that_grows_keeps_what_was_written() {
    let long = vec![0xA5; 70_000];
    let bytes = written(|to| {
        to.structure(EXAMPLE, |to| {
            to.text(Tag::NAME_VALUE, "before");
            to.bytes(Tag::DATA, &long);
            to.integer(Tag::BATCH_COUNT, 3);
        });
    });
    let structure = decode(&bytes, EXAMPLE, Limits::RESPONSE).unwrap();
    assert_eq!(structure.get(Tag::NAME_VALUE).unwrap().text().unwrap(), "before");
    assert_eq!(structure.get(Tag::DATA).unwrap().bytes().unwrap(), long);
    assert_eq!(structure.get(Tag::BATCH_COUNT).unwrap().integer().unwrap(), 3);
}
