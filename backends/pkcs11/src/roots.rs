//! Root keys as objects of the token: how they are named, found and made.

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{Error, ErrorKind, RootKeyId};

use crate::failure::Failure;
use crate::held::Held;
use crate::sight;

const PREFIX: &[u8] = b"strongroom/";
const AES_256: u64 = 32;
/// 65537, the only public exponent that every token takes.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// What a key of Strongroom is for, which its class and its CKA_ID say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Encrypts and decrypts: the root key itself, of AES.
    Root,
    /// Wraps and unwraps project keys that stay in the device. A key of its own, because whoever may
    /// decrypt with a key that also wraps can read what it wrapped.
    Wrapping,
    /// The half of an RSA root key that decrypts.
    Private,
    /// The half of an RSA root key that encrypts.
    Public,
}

impl Role {
    fn class(self) -> ObjectClass {
        match self {
            Role::Root | Role::Wrapping => ObjectClass::SECRET_KEY,
            Role::Private => ObjectClass::PRIVATE_KEY,
            Role::Public => ObjectClass::PUBLIC_KEY,
        }
    }

    /// The CKA_ID.
    fn id(self, root: &RootKeyId) -> Vec<u8> {
        let suffix: &[u8] = if self == Role::Wrapping { b"/wrap" } else { b"" };
        [PREFIX, root.as_str().as_bytes(), suffix].concat()
    }

    fn label(self, root: &RootKeyId) -> Vec<u8> {
        let noun = if self == Role::Wrapping { "wrapping" } else { "root" };
        format!("strongroom {noun} key {root}").into_bytes()
    }

    /// What a session calls the key among the handles that it remembers.
    fn name(self, root: &RootKeyId) -> Vec<u8> {
        format!("{self:?}/{root}").into_bytes()
    }
}

/// The root key that a CKA_ID names, if it names one.
fn named(id: &[u8]) -> Option<RootKeyId> {
    RootKeyId::new(std::str::from_utf8(id.strip_prefix(PREFIX)?).ok()?).ok()
}

/// The key in this role, as this session remembers it or else by a search. `NotFound` when the token
/// does not have it.
pub(crate) fn key(held: &mut Held, role: Role, root: &RootKeyId) -> Result<ObjectHandle, Failure> {
    let found = held.cached(&role.name(root), |session| match find(session, role, root)?[..] {
        [] => Err(Failure::Ours(missing(role, root))),
        [one] => Ok(one),
        // Nobody knows which one wrapped what.
        [..] => Err(Failure::Ours(Error::new(
            ErrorKind::Config,
            format!("the token has several keys that call themselves root key {root}"),
            "remove what is not Strongroom's, with the tools of the token's maker",
        ))),
    });
    if is_missing(&found) {
        sight::is_clear(held)?;
    }
    found
}

/// Every key of the token in this role.
pub(crate) fn find(
    session: &Session,
    role: Role,
    root: &RootKeyId,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut template = vec![Attribute::Class(role.class()), Attribute::Token(true)];
    if role != Role::Public {
        // Anybody can put a public object there, without a PIN.
        template.push(Attribute::Private(true));
    }
    template.push(Attribute::Id(role.id(root)));
    session.find_objects(&template)
}

/// Whether the token was searched and does not have it.
pub(crate) fn is_missing<T>(found: &Result<T, Failure>) -> bool {
    matches!(found, Err(Failure::Ours(e)) if e.kind() == ErrorKind::NotFound)
}

fn missing(role: Role, root: &RootKeyId) -> Error {
    if role == Role::Wrapping {
        return Error::new(
            ErrorKind::NotFound,
            format!("the token has root key {root}, but not its wrapping key"),
            "`strongroom keys rotate` makes a root key for `key_location = \"device\"`",
        );
    }
    Error::new(
        ErrorKind::NotFound,
        format!("the token has no root key {root}"),
        "check that it is the right token; see `strongroom keys list`",
    )
}

/// The root keys of the token, sorted.
pub(crate) fn list(held: &mut Held) -> Result<Vec<RootKeyId>, Failure> {
    let mut roots = Vec::new();
    for class in [ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY] {
        roots.extend(of_class(held, class)?);
    }
    sight::is_clear(held)?;
    roots.sort();
    roots.dedup();
    Ok(roots)
}

/// Whether a root key of the token is an RSA key.
pub(crate) fn any_rsa(held: &mut Held) -> Result<bool, Failure> {
    let found = of_class(held, ObjectClass::PRIVATE_KEY)?;
    sight::is_clear(held)?;
    Ok(!found.is_empty())
}

fn of_class(session: &Session, class: ObjectClass) -> Result<Vec<RootKeyId>, Failure> {
    let template = [Attribute::Class(class), Attribute::Token(true), Attribute::Private(true)];
    let mut roots = Vec::new();
    for key in session.find_objects(&template)? {
        let attributes = match session.get_attributes(key, &[AttributeType::Id]) {
            // One that somebody removed meanwhile.
            Err(TokenError::Pkcs11(RvError::ObjectHandleInvalid, _)) => continue,
            read => read?,
        };
        for attribute in attributes {
            if let Attribute::Id(id) = attribute {
                roots.extend(named(&id));
            }
        }
    }
    Ok(roots)
}

/// Makes an AES-256 key in the token that can never leave it.
pub(crate) fn make_aes(
    session: &Session,
    role: Role,
    root: &RootKeyId,
) -> Result<ObjectHandle, TokenError> {
    let encrypts = role == Role::Root;
    let mut template = kept(role, root);
    template.extend([
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::ValueLen(AES_256.into()),
        Attribute::Encrypt(encrypts),
        Attribute::Decrypt(encrypts),
        Attribute::Wrap(!encrypts),
        Attribute::Unwrap(!encrypts),
        Attribute::Derive(false),
        Attribute::Sign(false),
        Attribute::Verify(false),
    ]);
    fixed(&mut template, |template| session.generate_key(&Mechanism::AesKeyGen, template))
}

/// Makes an RSA key pair in the token whose private half can never leave it: public, private.
pub(crate) fn make_rsa(
    session: &Session,
    root: &RootKeyId,
    bits: u64,
) -> Result<(ObjectHandle, ObjectHandle), TokenError> {
    // A TPM makes keys that sign too, and refuses whoever says that they must not.
    rsa_pair(session, root, bits, true).or_else(|error| match error {
        TokenError::Pkcs11(RvError::GeneralError | RvError::TemplateInconsistent, _) => {
            rsa_pair(session, root, bits, false)
        }
        error => Err(error),
    })
}

/// `alone`: for encryption and nothing else.
fn rsa_pair(
    session: &Session,
    root: &RootKeyId,
    bits: u64,
    alone: bool,
) -> Result<(ObjectHandle, ObjectHandle), TokenError> {
    let mut public = vec![
        Attribute::Token(true),
        Attribute::Id(Role::Public.id(root)),
        Attribute::Label(Role::Public.label(root)),
        Attribute::ModulusBits(bits.into()),
        Attribute::PublicExponent(EXPONENT.to_vec()),
        Attribute::Encrypt(true),
        Attribute::Wrap(false),
    ];
    let mut private = kept(Role::Private, root);
    private.extend([
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Decrypt(true),
        Attribute::Unwrap(false),
    ]);
    if alone {
        public.push(Attribute::Verify(false));
        private.push(Attribute::Sign(false));
    }
    let mechanism = Mechanism::RsaPkcsKeyPairGen;
    fixed(&mut private, |private| session.generate_key_pair(&mechanism, &public, private))
}

fn kept(role: Role, root: &RootKeyId) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Id(role.id(root)),
        Attribute::Label(role.label(root)),
    ]
}

/// Makes an object so that its attributes cannot be changed, or, where the token does not know such
/// objects, without that.
pub(crate) fn fixed<T>(
    template: &mut Vec<Attribute>,
    make: impl Fn(&[Attribute]) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    template.push(Attribute::Modifiable(false));
    match make(template) {
        Err(TokenError::Pkcs11(
            RvError::AttributeReadOnly
            | RvError::AttributeTypeInvalid
            | RvError::AttributeValueInvalid
            | RvError::TemplateInconsistent,
            _,
        )) => {
            template.pop();
            make(template)
        }
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_key_is_found_by_the_documented_id_and_nothing_else_is_one() {
        let root = RootKeyId::new("root-1").unwrap();
        assert_eq!(Role::Root.id(&root), b"strongroom/root-1");
        assert_eq!(Role::Private.id(&root), Role::Public.id(&root));
        assert_eq!(Role::Wrapping.id(&root), b"strongroom/root-1/wrap");
        assert_eq!(named(b"strongroom/root-1"), Some(root));
        for other in [&b"strongroom/root-1/wrap"[..], b"strongroom/", b"root-1", b"", b"\xff"] {
            assert_eq!(named(other), None, "{other:?}");
        }
    }
}
