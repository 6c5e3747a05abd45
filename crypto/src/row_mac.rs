//! The MAC of a metadata row (`docs/format.md` section 4).

use strongroom_backend::{Result, SecretBytes, StoreId};

use crate::Mac;
use crate::field::{ABSENT, BYTES, INTEGER, TEXT, lead};

const LABEL: &[u8] = b"strongroom/row/1";

/// Builds the MAC of one row, column by column in the order of the format. Nothing is allocated.
///
/// ```
/// use strongroom_backend::{SecretBytes, StoreId};
/// use strongroom_crypto::RowMac;
///
/// let key = SecretBytes::random(32)?;
/// let store = StoreId::random()?;
/// let row = |state| -> strongroom_backend::Result<RowMac> {
///     let mut mac = RowMac::new(&key, store, "projects")?;
///     mac.bytes(&[7; 16]).text("web1").integer(state).absent();
///     Ok(mac)
/// };
/// let stored = row(1)?.finish();
/// assert!(row(1)?.verify(&stored));
/// assert!(!row(2)?.verify(&stored));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub struct RowMac {
    mac: Mac,
    /// Columns are small and many, and feeding them one by one costs more than hashing them.
    waiting: [u8; WAITING],
    used: usize,
}

const WAITING: usize = 512;

impl RowMac {
    /// Starts the MAC of a row of `table` in `store`, under the 32-byte row-mac key.
    pub fn new(key: &SecretBytes, store: StoreId, table: &str) -> Result<RowMac> {
        let mut row = RowMac { mac: Mac::new(key)?, waiting: [0; WAITING], used: 0 };
        row.add(LABEL);
        row.add(store.as_bytes());
        row.text(table);
        Ok(row)
    }

    #[inline]
    fn add(&mut self, bytes: &[u8]) {
        if let Some(room) = self.waiting.get_mut(self.used..self.used + bytes.len()) {
            room.copy_from_slice(bytes);
            self.used += bytes.len();
        } else {
            self.flush();
            self.mac.update(bytes);
        }
    }

    fn flush(&mut self) {
        self.mac.update(&self.waiting[..self.used]);
        self.used = 0;
    }

    /// A column that is NULL.
    #[inline]
    pub fn absent(&mut self) -> &mut RowMac {
        self.add(&[ABSENT]);
        self
    }

    /// An integer column.
    #[inline]
    pub fn integer(&mut self, value: i64) -> &mut RowMac {
        let mut field = [INTEGER; 9];
        field[1..].copy_from_slice(&value.to_be_bytes());
        self.add(&field);
        self
    }

    /// A column of bytes.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) -> &mut RowMac {
        self.add(&lead(BYTES, value.len()));
        self.add(value);
        self
    }

    /// A column of text.
    #[inline]
    pub fn text(&mut self, value: &str) -> &mut RowMac {
        self.add(&lead(TEXT, value.len()));
        self.add(value.as_bytes());
        self
    }

    /// An integer column that may be NULL.
    #[inline]
    pub fn optional_integer(&mut self, value: Option<i64>) -> &mut RowMac {
        match value {
            Some(value) => self.integer(value),
            None => self.absent(),
        }
    }

    /// A column of bytes that may be NULL.
    #[inline]
    pub fn optional_bytes(&mut self, value: Option<&[u8]>) -> &mut RowMac {
        match value {
            Some(value) => self.bytes(value),
            None => self.absent(),
        }
    }

    /// A column of text that may be NULL.
    #[inline]
    pub fn optional_text(&mut self, value: Option<&str>) -> &mut RowMac {
        match value {
            Some(value) => self.text(value),
            None => self.absent(),
        }
    }

    /// The 32 bytes to store with the row.
    pub fn finish(mut self) -> [u8; 32] {
        self.flush();
        self.mac.finish()
    }

    /// Whether `mac` belongs to the row, in constant time.
    pub fn verify(mut self, mac: &[u8]) -> bool {
        self.flush();
        self.mac.verify(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SecretBytes {
        SecretBytes::copy_of(&[9; 32]).unwrap()
    }

    fn row(table: &str, write: impl FnOnce(&mut RowMac)) -> [u8; 32] {
        let mut mac = RowMac::new(&key(), StoreId::from_bytes([1; 16]), table).unwrap();
        write(&mut mac);
        mac.finish()
    }

    #[test]
    fn the_encoding_is_the_one_of_the_format_document() {
        let found = row("keys", |m| {
            m.absent().integer(-2).bytes(&[0xAA, 0xBB]).text("é");
        });
        let mut expected = Mac::new(&key()).unwrap();
        expected.update(b"strongroom/row/1");
        expected.update(&[1; 16]);
        expected.update(b"\x03\x00\x00\x00\x04keys");
        expected.update(b"\x00");
        expected.update(b"\x01\xff\xff\xff\xff\xff\xff\xff\xfe");
        expected.update(b"\x02\x00\x00\x00\x02\xaa\xbb");
        expected.update(b"\x03\x00\x00\x00\x02\xc3\xa9");
        assert_eq!(found, expected.finish());
    }

    #[test]
    fn no_two_rows_share_an_encoding() {
        let rows = [
            row("t", |m| {
                m.text("ab").text("c");
            }),
            row("t", |m| {
                m.text("a").text("bc");
            }),
            row("t", |m| {
                m.bytes(b"ab").text("c");
            }),
            row("t", |m| {
                m.text("abc");
            }),
            row("t", |m| {
                m.text("abc").absent();
            }),
            row("t", |m| {
                m.absent().text("abc");
            }),
            row("t", |m| {
                m.text("abc").text("");
            }),
            row("t", |m| {
                m.text("abc").integer(0);
            }),
            row("tt", |m| {
                m.text("abc");
            }),
        ];
        for (i, one) in rows.iter().enumerate() {
            assert!(rows[i + 1..].iter().all(|other| other != one), "row {i}");
        }
    }
}
