//! Writing.

use zeroize::Zeroizing;

use super::{HEADER, Tag, item_type, padded};

/// Writes items one after another into memory that is wiped, also when it has to grow.
pub(crate) struct Encoder {
    bytes: Zeroizing<Vec<u8>>,
}

impl Encoder {
    /// With room for a message of usual size.
    pub(crate) fn new() -> Encoder {
        Encoder { bytes: Zeroizing::new(Vec::with_capacity(1024)) }
    }

    /// What was written.
    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// A structure of what `content` writes.
    pub(crate) fn structure(&mut self, tag: Tag, content: impl FnOnce(&mut Encoder)) {
        self.header(tag, item_type::STRUCTURE, 0);
        let start = self.bytes.len();
        content(self);
        // A message that reaches 4 GiB does not fit into memory that could hold it twice.
        let len = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start - 4..start].copy_from_slice(&len.to_be_bytes());
    }

    pub(crate) fn integer(&mut self, tag: Tag, value: i32) {
        self.value(tag, item_type::INTEGER, &value.to_be_bytes());
    }

    pub(crate) fn enumeration(&mut self, tag: Tag, value: u32) {
        self.value(tag, item_type::ENUMERATION, &value.to_be_bytes());
    }

    pub(crate) fn boolean(&mut self, tag: Tag, value: bool) {
        self.value(tag, item_type::BOOLEAN, &u64::from(value).to_be_bytes());
    }

    /// Seconds since 1970.
    pub(crate) fn date_time(&mut self, tag: Tag, value: i64) {
        self.value(tag, item_type::DATE_TIME, &value.to_be_bytes());
    }

    pub(crate) fn text(&mut self, tag: Tag, value: &str) {
        self.value(tag, item_type::TEXT_STRING, value.as_bytes());
    }

    pub(crate) fn bytes(&mut self, tag: Tag, value: &[u8]) {
        self.value(tag, item_type::BYTE_STRING, value);
    }

    fn value(&mut self, tag: Tag, item_type: u8, value: &[u8]) {
        self.header(tag, item_type, u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.room(padded(value.len()));
        self.bytes.extend_from_slice(value);
        let end = padded(self.bytes.len());
        self.bytes.resize(end, 0);
    }

    fn header(&mut self, tag: Tag, item_type: u8, len: u32) {
        self.room(HEADER);
        self.bytes.extend_from_slice(&tag.number().to_be_bytes()[1..]);
        self.bytes.push(item_type);
        self.bytes.extend_from_slice(&len.to_be_bytes());
    }

    /// Makes room for `more` bytes. A vector that grows by itself leaves its old memory as it is.
    fn room(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(needed.max(2 * self.bytes.capacity()));
            larger.extend_from_slice(&self.bytes);
            self.bytes = Zeroizing::new(larger);
        }
    }
}
