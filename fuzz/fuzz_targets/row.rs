//! Rows of the metadata database: the input is a table and the columns in their canonical encoding
//! (`docs/format.md` section 4).

#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom::fuzzing::{Column, reread_labels, reread_row};
use strongroom_backend::{ErrorKind, SecretBytes, StoreId};
use strongroom_crypto::{Mac, RowMac, hkdf_expand};
use strongroom_fuzz::assert_kind;

const TABLES: [&str; 8] =
    ["store", "clock", "root_keys", "keys", "projects", "secrets", "versions", "erasures"];

const STORE: StoreId = StoreId::from_bytes([0x11; 16]);

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    labels_decode_to_what_they_encode(input);
    let Some((table, encoded)) = input.split_first() else { return };
    let table = TABLES[usize::from(*table) % TABLES.len()];
    let Some(columns) = decode(encoded) else { return };
    for column in &columns {
        if let Column::Bytes(bytes) = column {
            labels_decode_to_what_they_encode(bytes);
        }
    }
    let mac = the_mac_is_that_of_the_canonical_encoding(table, &columns, encoded);
    a_row_reads_as_it_was_written(table, &columns, mac);
});

/// Labels that somebody else has written may come in any order and twice; ours do not.
fn labels_decode_to_what_they_encode(bytes: &[u8]) {
    match reread_labels(bytes) {
        Ok(ours) => assert_eq!(reread_labels(&ours).unwrap(), ours),
        Err(error) => assert_kind(&error, &[ErrorKind::Corrupt, ErrorKind::Quota]),
    }
}

/// The library feeds its MAC column by column; here the encoding is hashed in one piece.
fn the_mac_is_that_of_the_canonical_encoding(
    table: &str,
    columns: &[Column],
    encoded: &[u8],
) -> [u8; 32] {
    let key = row_mac_key();
    let mut row = RowMac::new(&key, STORE, table).unwrap();
    for column in columns {
        match column {
            Column::Null => row.absent(),
            Column::Integer(number) => row.integer(*number),
            Column::Bytes(bytes) => row.bytes(bytes),
            Column::Text(text) => row.text(text),
        };
    }
    let mut whole = Mac::new(&key).unwrap();
    whole.update(b"strongroom/row/1");
    whole.update(STORE.as_bytes());
    whole.update(&[3, 0, 0, 0, table.len() as u8]);
    whole.update(table.as_bytes());
    whole.update(encoded);
    let mac = whole.finish();
    assert_eq!(row.finish(), mac);
    mac
}

fn a_row_reads_as_it_was_written(table: &str, columns: &[Column], mac: [u8; 32]) {
    let row = |mac: [u8; 32]| {
        let end = [Column::Integer(1), Column::Bytes(mac.to_vec())];
        [columns, &end].concat()
    };
    match reread_row(table, STORE, &store_key(), &row(mac)) {
        Ok(again) => assert_eq!(again, columns),
        Err(error) => assert_kind(&error, &[ErrorKind::Corrupt, ErrorKind::Unsupported]),
    }
    let mut other = mac;
    other[usize::from(mac[0]) % 32] ^= 1;
    let error = reread_row(table, STORE, &store_key(), &row(other)).unwrap_err();
    assert_kind(&error, &[ErrorKind::Corrupt, ErrorKind::Unsupported]);
}

/// Reads fields as section 4 has them; nothing when the bytes are something else.
fn decode(mut bytes: &[u8]) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        bytes = rest;
        columns.push(match kind {
            0 => Column::Null,
            1 => Column::Integer(i64::from_be_bytes(take(&mut bytes, 8)?.try_into().ok()?)),
            2 => Column::Bytes(sized(&mut bytes)?.to_vec()),
            3 => Column::Text(String::from_utf8(sized(&mut bytes)?.to_vec()).ok()?),
            _ => return None,
        });
    }
    Some(columns)
}

fn sized<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
    take(bytes, length as usize)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn store_key() -> SecretBytes {
    SecretBytes::copy_of(&[0x55; 32]).unwrap()
}

fn row_mac_key() -> SecretBytes {
    hkdf_expand(&store_key(), &[b"strongroom/store/1/row-mac"], 32).unwrap()
}
