//! Column values, and how our types become them.

use strongroom_backend::{KeyId, ProjectId, RootKeyId, SecretId, StoreId, VersionId};

use crate::{Error, ErrorKind, KeyState, ProjectState, Result, SecretType, State, Timestamp};

/// The value of a column, as it stands in the database and under the row's MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A type that a column can hold.
pub(crate) trait Field: Sized {
    fn value(&self) -> Value<'_>;
    fn from_value(value: Value<'_>) -> Result<Self>;
}

macro_rules! field {
    ($type:ty, |$this:ident| $value:expr, $pattern:pat => $from:expr) => {
        impl Field for $type {
            fn value(&self) -> Value<'_> {
                let $this = self;
                $value
            }

            fn from_value(value: Value<'_>) -> Result<Self> {
                match value {
                    $pattern => $from,
                    _ => Err(unreadable(stringify!($type))),
                }
            }
        }
    };
}

field!(i64, |n| Value::Integer(*n), Value::Integer(n) => Ok(n));
field!(u32, |n| Value::Integer(i64::from(*n)),
    Value::Integer(n) => n.try_into().map_err(|_| unreadable("u32")));
field!(String, |text| Value::Text(text), Value::Text(text) => Ok(text.to_owned()));
field!(Vec<u8>, |bytes| Value::Bytes(bytes), Value::Bytes(bytes) => Ok(bytes.to_vec()));
field!(Timestamp, |time| Value::Integer(time.micros()),
    Value::Integer(n) => Ok(Timestamp::from_micros(n)));
field!(RootKeyId, |id| Value::Text(id.as_str()),
    Value::Text(text) => RootKeyId::new(text).map_err(|_| unreadable("RootKeyId")));

macro_rules! id_fields {
    ($($id:ident)*) => {
        $(field!($id, |id| Value::Bytes(id.as_bytes()), Value::Bytes(b) => $id::from_slice(b));)*
    };
}
id_fields!(StoreId ProjectId KeyId SecretId VersionId);

macro_rules! word_fields {
    ($($word:ident)*) => {
        $(field!($word, |word| Value::Integer(word.number().into()),
            Value::Integer(n) => $word::from_number(n).ok_or_else(|| unreadable(stringify!($word))));)*
    };
}
word_fields!(SecretType State KeyState ProjectState);

impl<T: Field> Field for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Field::value)
    }

    fn from_value(value: Value<'_>) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

fn unreadable(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a metadata column does not hold a {what}"),
        "run `strongroom doctor`; if a newer Strongroom wrote it, upgrade",
    )
}
