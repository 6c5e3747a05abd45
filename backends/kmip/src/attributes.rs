//! Attributes of managed objects (KMIP 1.4 section 3).
//!
//! Up to 1.4 an attribute is a pair of its name as text and its value; from 2.0 on it is an item with
//! a tag of its own.

use strongroom_backend::Result;

use crate::enumerations::{AES, ObjectType, State, UNINTERPRETED_TEXT_STRING};
use crate::namespace::APPLICATION;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// An attribute that we set or look objects up by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute<'a> {
    Name(&'a str),
    ObjectGroup(&'a str),
    ApplicationSpecificInformation { namespace: &'a str, data: &'a str },
    ObjectType(ObjectType),
    AesKey { bits: i32 },
    CryptographicUsageMask(i32),
    Sensitive(bool),
    Extractable(bool),
}

impl Attribute<'_> {
    /// The items of its value, each with the attribute's tag and name.
    fn encode(
        self,
        to: &mut Encoder,
        write: impl Fn(&mut Encoder, Tag, &dyn Fn(&mut Encoder, Tag)),
    ) {
        match self {
            Attribute::Name(name) => write(to, Tag::NAME, &|to, tag| {
                to.structure(tag, |to| {
                    to.text(Tag::NAME_VALUE, name);
                    to.enumeration(Tag::NAME_TYPE, UNINTERPRETED_TEXT_STRING);
                });
            }),
            Attribute::ObjectGroup(group) => {
                write(to, Tag::OBJECT_GROUP, &|to, tag| to.text(tag, group));
            }
            Attribute::ApplicationSpecificInformation { namespace, data } => {
                write(to, Tag::APPLICATION_SPECIFIC_INFORMATION, &|to, tag| {
                    to.structure(tag, |to| {
                        to.text(Tag::APPLICATION_NAMESPACE, namespace);
                        to.text(Tag::APPLICATION_DATA, data);
                    });
                });
            }
            Attribute::ObjectType(object_type) => {
                write(to, Tag::OBJECT_TYPE, &|to, tag| to.enumeration(tag, object_type as u32));
            }
            Attribute::AesKey { bits } => {
                write(to, Tag::CRYPTOGRAPHIC_ALGORITHM, &|to, tag| to.enumeration(tag, AES));
                write(to, Tag::CRYPTOGRAPHIC_LENGTH, &|to, tag| to.integer(tag, bits));
            }
            Attribute::Sensitive(yes) => {
                write(to, Tag::SENSITIVE, &|to, tag| to.boolean(tag, yes));
            }
            Attribute::Extractable(yes) => {
                write(to, Tag::EXTRACTABLE, &|to, tag| to.boolean(tag, yes));
            }
            Attribute::CryptographicUsageMask(mask) => {
                write(to, Tag::CRYPTOGRAPHIC_USAGE_MASK, &|to, tag| to.integer(tag, mask));
            }
        }
    }
}

/// The attributes of an object to be made.
pub(crate) fn of_new_object(to: &mut Encoder, version: ProtocolVersion, all: &[Attribute<'_>]) {
    let container = if is_by_tag(version) { Tag::ATTRIBUTES } else { Tag::TEMPLATE_ATTRIBUTE };
    to.structure(container, |to| each(to, version, all));
}

/// The attributes that an object must have to be found.
pub(crate) fn to_locate(to: &mut Encoder, version: ProtocolVersion, all: &[Attribute<'_>]) {
    if is_by_tag(version) {
        to.structure(Tag::ATTRIBUTES, |to| each(to, version, all));
    } else {
        each(to, version, all);
    }
}

fn each(to: &mut Encoder, version: ProtocolVersion, all: &[Attribute<'_>]) {
    for attribute in all {
        attribute.encode(to, |to, tag, value| {
            if is_by_tag(version) {
                return value(to, tag);
            }
            to.structure(Tag::ATTRIBUTE, |to| {
                // In 1.x, an attribute is called what its tag is called.
                to.text(Tag::ATTRIBUTE_NAME, &tag.to_string());
                value(to, Tag::ATTRIBUTE_VALUE);
            });
        });
    }
}

/// Asks for attributes.
pub(crate) fn wanted(to: &mut Encoder, version: ProtocolVersion, tags: &[Tag]) {
    for tag in tags {
        if is_by_tag(version) {
            to.enumeration(Tag::ATTRIBUTE_REFERENCE, tag.number());
        } else {
            to.text(Tag::ATTRIBUTE_NAME, &tag.to_string());
        }
    }
}

/// What a server told about an object. Attributes that we did not ask for are passed over.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) names: Vec<String>,
    pub(crate) state: Option<State>,
    pub(crate) object_type: Option<u32>,
    pub(crate) algorithm: Option<u32>,
    pub(crate) bits: Option<i32>,
    pub(crate) usage_mask: Option<i32>,
    pub(crate) sensitive: Option<bool>,
    pub(crate) extractable: Option<bool>,
    /// When the server made the object; it never changes.
    pub(crate) initial_date: Option<i64>,
    /// Application Specific Information in our application namespace.
    pub(crate) application_data: Vec<String>,
}

impl Found {
    /// The attributes in the answer to Get Attributes.
    pub(crate) fn decode(payload: Structure<'_>) -> Result<Found> {
        let mut found = Found::default();
        for attribute in payload.all(Tag::ATTRIBUTE) {
            let attribute = attribute.structure()?;
            let name = attribute.get(Tag::ATTRIBUTE_NAME)?.text()?;
            let value = attribute.find(Tag::ATTRIBUTE_VALUE);
            let known = READ.into_iter().find(|tag| tag.to_string() == name);
            if let (Some(tag), Some(value)) = (known, value) {
                found.take(tag, value)?;
            }
        }
        if let Some(attributes) = payload.find(Tag::ATTRIBUTES) {
            for value in attributes.structure()?.items() {
                found.take(value.tag(), value)?;
            }
        }
        Ok(found)
    }

    fn take(&mut self, tag: Tag, value: crate::ttlv::Item<'_>) -> Result<()> {
        match tag {
            Tag::NAME => {
                let name = value.structure()?.get(Tag::NAME_VALUE)?.text()?;
                self.names.push(name.to_string());
            }
            Tag::STATE => self.state = State::from_number(value.enumeration()?),
            Tag::OBJECT_TYPE => self.object_type = Some(value.enumeration()?),
            Tag::CRYPTOGRAPHIC_ALGORITHM => self.algorithm = Some(value.enumeration()?),
            Tag::CRYPTOGRAPHIC_LENGTH => self.bits = Some(value.integer()?),
            Tag::CRYPTOGRAPHIC_USAGE_MASK => self.usage_mask = Some(value.integer()?),
            Tag::SENSITIVE => self.sensitive = Some(value.boolean()?),
            Tag::EXTRACTABLE => self.extractable = Some(value.boolean()?),
            Tag::INITIAL_DATE => self.initial_date = Some(value.date_time()?),
            Tag::APPLICATION_SPECIFIC_INFORMATION => {
                let value = value.structure()?;
                let data = value.find(Tag::APPLICATION_DATA).map(|data| data.text()).transpose()?;
                if value.get(Tag::APPLICATION_NAMESPACE)?.text()? == APPLICATION {
                    self.application_data.extend(data.map(str::to_string));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The attributes that [`Found`] reads.
const READ: [Tag; 10] = [
    Tag::NAME,
    Tag::STATE,
    Tag::OBJECT_TYPE,
    Tag::CRYPTOGRAPHIC_ALGORITHM,
    Tag::CRYPTOGRAPHIC_LENGTH,
    Tag::CRYPTOGRAPHIC_USAGE_MASK,
    Tag::SENSITIVE,
    Tag::EXTRACTABLE,
    Tag::INITIAL_DATE,
    Tag::APPLICATION_SPECIFIC_INFORMATION,
];

fn is_by_tag(version: ProtocolVersion) -> bool {
    version >= ProtocolVersion::V2_0
}
