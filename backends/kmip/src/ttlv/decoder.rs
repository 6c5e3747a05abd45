//! Reading. [`decode`] checks a message from end to end; after that items are looked up where they
//! lie, whatever else a server put beside them.

use strongroom_backend::{Error, ErrorKind, Result};

use super::{HEADER, Tag, item_type, padded};

/// What a message may be made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How deep structures may lie in each other.
    pub(crate) depth: usize,
    /// How many items there may be.
    pub(crate) items: usize,
}

impl Limits {
    /// No message of the specification comes near these.
    pub(crate) const RESPONSE: Limits = Limits { depth: 24, items: 1 << 18 };
}

/// Reads a message that is one structure with this tag and nothing after it.
pub(crate) fn decode(bytes: &[u8], tag: Tag, limits: Limits) -> Result<Structure<'_>> {
    let (item, rest) = split(bytes)?;
    if !rest.is_empty() {
        return Err(damaged(format!("{} bytes follow it", rest.len())));
    }
    if item.tag != tag {
        return Err(damaged(format!("it is a {} instead of a {tag}", item.tag)));
    }
    let mut items = limits.items;
    check(item, limits.depth, &mut items)?;
    item.structure()
}

/// Checks an item, and every item in it.
fn check(item: Item<'_>, depth: usize, items: &mut usize) -> Result<()> {
    *items = items.checked_sub(1).ok_or_else(|| damaged("it has too many items".into()))?;
    if item.item_type != item_type::STRUCTURE {
        return item.check_value();
    }
    let depth = depth.checked_sub(1).ok_or_else(|| damaged("it is nested too deep".into()))?;
    let mut rest = item.value;
    while !rest.is_empty() {
        let (inner, after) = split(rest)?;
        check(inner, depth, items)?;
        rest = after;
    }
    Ok(())
}

/// The first item, and what follows it.
fn split(bytes: &[u8]) -> Result<(Item<'_>, &[u8])> {
    let cut = || damaged("it ends in the middle of an item".into());
    let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or_else(cut)?;
    let [t0, t1, t2, item_type, l0, l1, l2, l3] = *header;
    let tag = Tag::new(u32::from_be_bytes([0, t0, t1, t2]));
    let len = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).map_err(|_| cut())?;
    if len > rest.len() || padded(len) > rest.len() {
        return Err(damaged(format!("{tag} claims {len} bytes where {} are left", rest.len())));
    }
    Ok((Item { tag, item_type, value: &rest[..len] }, &rest[padded(len)..]))
}

/// One item of a message.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    tag: Tag,
    item_type: u8,
    value: &'a [u8],
}

impl<'a> Item<'a> {
    pub(crate) fn tag(self) -> Tag {
        self.tag
    }

    pub(crate) fn structure(self) -> Result<Structure<'a>> {
        self.of(item_type::STRUCTURE).map(Structure)
    }

    pub(crate) fn integer(self) -> Result<i32> {
        self.fixed(item_type::INTEGER).map(i32::from_be_bytes)
    }

    pub(crate) fn enumeration(self) -> Result<u32> {
        self.fixed(item_type::ENUMERATION).map(u32::from_be_bytes)
    }

    pub(crate) fn boolean(self) -> Result<bool> {
        self.fixed(item_type::BOOLEAN).map(|value| value != [0; 8])
    }

    /// Seconds since the start of 1970.
    pub(crate) fn date_time(self) -> Result<i64> {
        self.fixed(item_type::DATE_TIME).map(i64::from_be_bytes)
    }

    pub(crate) fn text(self) -> Result<&'a str> {
        let bytes = self.of(item_type::TEXT_STRING)?;
        std::str::from_utf8(bytes).map_err(|_| damaged(format!("{} is not UTF-8", self.tag)))
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8]> {
        self.of(item_type::BYTE_STRING)
    }

    fn of(self, item_type: u8) -> Result<&'a [u8]> {
        if self.item_type != item_type {
            return Err(damaged(format!(
                "{} is of type {} instead of {item_type}",
                self.tag, self.item_type
            )));
        }
        Ok(self.value)
    }

    fn fixed<const N: usize>(self, item_type: u8) -> Result<[u8; N]> {
        let wrong = |_| damaged(format!("{} has {} bytes", self.tag, self.value.len()));
        self.of(item_type)?.try_into().map_err(wrong)
    }

    /// Whether the value is as long as its type wants. A type that we do not know may be anything.
    fn check_value(self) -> Result<()> {
        let fits = match self.item_type {
            item_type::INTEGER | item_type::ENUMERATION | item_type::INTERVAL => {
                self.value.len() == 4
            }
            item_type::LONG_INTEGER
            | item_type::BOOLEAN
            | item_type::DATE_TIME
            | item_type::DATE_TIME_EXTENDED => self.value.len() == 8,
            item_type::BIG_INTEGER => self.value.len().is_multiple_of(8),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        Err(damaged(format!(
            "{} of type {} has {} bytes",
            self.tag,
            self.item_type,
            self.value.len()
        )))
    }
}

/// The items of a structure. Those with tags that nobody asks for are passed over.
#[derive(Clone, Copy)]
pub(crate) struct Structure<'a>(&'a [u8]);

impl<'a> Structure<'a> {
    /// Of nothing.
    pub(crate) const EMPTY: Structure<'static> = Structure(&[]);

    /// Every item.
    pub(crate) fn items(self) -> impl Iterator<Item = Item<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (item, after) = split(rest).ok()?;
            rest = after;
            Some(item)
        })
    }

    /// Every item with this tag.
    pub(crate) fn all(self, tag: Tag) -> impl Iterator<Item = Item<'a>> {
        self.items().filter(move |item| item.tag == tag)
    }

    /// The first item with this tag, if there is one.
    pub(crate) fn find(self, tag: Tag) -> Option<Item<'a>> {
        self.all(tag).next()
    }

    /// The first item with this tag.
    pub(crate) fn get(self, tag: Tag) -> Result<Item<'a>> {
        self.find(tag).ok_or_else(|| damaged(format!("it has no {tag}")))
    }
}

/// A message that is not what the specification says. No bytes of it are shown.
pub(crate) fn damaged(how: String) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the server's answer cannot be understood: {how}"),
        "check that the server speaks KMIP, and its version",
    )
}
