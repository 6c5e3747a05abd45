//! Payloads as objects of the token: how they are named, found, made and removed.

use std::fmt;

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{Reference, SecretBytes, fill_random};
use zeroize::Zeroize;

use crate::direct::Direct;
use crate::failure::Failure;
use crate::oid;
use crate::roots::fixed;

const APPLICATION: &[u8] = b"strongroom";
const LABEL: &str = "strongroom payload";
const PROBE: &[u8] = b"strongroom probe";

/// What kind of object a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ObjectKind {
    /// A data object (CKO_DATA), which every payload can be. The reference is in CKA_OBJECT_ID.
    #[default]
    Data,
    /// A generic secret key (CKO_SECRET_KEY), for symmetric keys. The reference is in CKA_ID.
    SecretKey,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectKind::Data => "data object",
            ObjectKind::SecretKey => "secret key",
        })
    }
}

impl ObjectKind {
    const ALL: [ObjectKind; 2] = [ObjectKind::Data, ObjectKind::SecretKey];

    /// What is the same in every object of this kind.
    fn common(self) -> Vec<Attribute> {
        let (class, which) = match self {
            ObjectKind::Data => (ObjectClass::DATA, Attribute::Application(APPLICATION.to_vec())),
            ObjectKind::SecretKey => {
                (ObjectClass::SECRET_KEY, Attribute::KeyType(KeyType::GENERIC_SECRET))
            }
        };
        vec![Attribute::Class(class), Attribute::Token(true), Attribute::Private(true), which]
    }

    fn id(self, reference: &Reference) -> Attribute {
        match self {
            ObjectKind::Data => Attribute::ObjectId(oid::encode(reference)),
            ObjectKind::SecretKey => Attribute::Id(reference.as_bytes().to_vec()),
        }
    }

    fn id_type(self) -> AttributeType {
        match self {
            ObjectKind::Data => AttributeType::ObjectId,
            ObjectKind::SecretKey => AttributeType::Id,
        }
    }
}

/// One writing of a payload. A token knows no unique ids, so two writers of one reference are told
/// apart by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writing {
    pub(crate) reference: Reference,
    pub(crate) number: [u8; 8],
}

impl Writing {
    /// The CKA_LABEL.
    pub(crate) fn label(&self) -> Vec<u8> {
        let number = u64::from_be_bytes(self.number);
        format!("{LABEL} {} {number:016x}", self.reference).into_bytes()
    }
}

/// Whether a label is that of a payload under this reference.
pub(crate) fn is_label_of(label: &[u8], reference: &Reference) -> bool {
    label.starts_with(format!("{LABEL} {reference} ").as_bytes())
}

/// Every object under this reference, of either kind.
pub(crate) fn find(
    session: &Session,
    reference: &Reference,
) -> Result<Vec<ObjectHandle>, TokenError> {
    found(session, |kind| vec![kind.id(reference)])
}

/// The objects of one writing: one, or none.
pub(crate) fn find_writing(
    session: &Session,
    writing: &Writing,
) -> Result<Vec<ObjectHandle>, TokenError> {
    found(session, |kind| vec![kind.id(&writing.reference), Attribute::Label(writing.label())])
}

/// Every object of ours with this label, of either kind.
pub(crate) fn labelled(session: &Session, label: &[u8]) -> Result<Vec<ObjectHandle>, TokenError> {
    found(session, |_| vec![Attribute::Label(label.to_vec())])
}

fn found(
    session: &Session,
    names: impl Fn(ObjectKind) -> Vec<Attribute>,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut found = Vec::new();
    for kind in ObjectKind::ALL {
        let template = [kind.common(), names(kind)].concat();
        found.extend(session.find_objects(&template)?);
    }
    Ok(found)
}

/// Makes the object of a payload.
pub(crate) fn create(
    session: &Session,
    kind: ObjectKind,
    writing: &Writing,
    payload: &SecretBytes,
) -> Result<(), TokenError> {
    let names = vec![kind.id(&writing.reference), Attribute::Label(writing.label())];
    create_object(session, kind, names, payload).map(|_| ())
}

/// Makes a private token object with this value.
pub(crate) fn create_object(
    session: &Session,
    kind: ObjectKind,
    names: Vec<Attribute>,
    value: &[u8],
) -> Result<ObjectHandle, TokenError> {
    let mut template = kind.common();
    template.extend(names);
    if kind == ObjectKind::SecretKey {
        // It is a payload, to be read again; and no mechanism is to use it.
        template.extend([
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
            Attribute::Sign(false),
            Attribute::Verify(false),
            Attribute::Derive(false),
        ]);
    }
    template.push(Attribute::Value(value.to_vec()));
    let made = fixed(&mut template, |template| session.create_object(template));
    for attribute in &mut template {
        if let Attribute::Value(copy) = attribute {
            copy.zeroize();
        }
    }
    made
}

/// Removes an object, if it is still there.
pub(crate) fn remove(session: &Session, object: ObjectHandle) -> Result<(), TokenError> {
    match session.destroy_object(object) {
        Err(TokenError::Pkcs11(RvError::ObjectHandleInvalid, _)) => Ok(()),
        removed => removed,
    }
}

/// The references of all payloads, in any order.
pub(crate) fn list(session: &Session) -> Result<Vec<Reference>, TokenError> {
    let mut references = Vec::new();
    for kind in ObjectKind::ALL {
        for object in session.find_objects(&kind.common())? {
            let wanted = [AttributeType::Label, kind.id_type()];
            match session.get_attributes(object, &wanted) {
                Ok(attributes) => references.extend(reference(&attributes)),
                // One that somebody removed meanwhile.
                Err(TokenError::Pkcs11(RvError::ObjectHandleInvalid, _)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(references)
}

/// The reference of an object that is a payload.
fn reference(attributes: &[Attribute]) -> Option<Reference> {
    let reference = attributes.iter().find_map(|attribute| match attribute {
        Attribute::ObjectId(identifier) => oid::decode(identifier),
        Attribute::Id(id) => Reference::from_slice(id).ok(),
        _ => None,
    })?;
    let labelled = |attribute: &Attribute| match attribute {
        Attribute::Label(label) => is_label_of(label, &reference),
        _ => false,
    };
    attributes.iter().any(labelled).then_some(reference)
}

/// Removes what a process left behind that was killed while it tried the token.
pub(crate) fn remove_probes(session: &Session) -> Result<(), TokenError> {
    for object in labelled(session, PROBE)? {
        remove(session, object)?;
    }
    Ok(())
}

/// Makes an object with a value of this length, reads it back and removes it again: whether the token
/// does all of that.
pub(crate) fn tried(
    session: &Session,
    direct: Direct,
    kind: ObjectKind,
    len: usize,
) -> Result<bool, Failure> {
    let mut probe = vec![0; len];
    fill_random(&mut probe)?;
    let names = vec![Attribute::Label(PROBE.to_vec())];
    let object = create_object(session, kind, names, &probe)?;
    let read = direct.read(session, object);
    remove(session, object)?;
    Ok(read?.1.equals(&probe))
}
