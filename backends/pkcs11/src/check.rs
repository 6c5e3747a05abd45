//! Whether a root key is kept as it must be.

use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{ErrorKind, Health, RootKeyId};

use crate::KeyLocation;
use crate::failure::Failure;
use crate::held::Held;
use crate::roots::{self, Role};

const PART: &str = "root key";

/// The findings about a root key. `NotFound` when the token does not have it.
pub(crate) fn root_key(
    held: &mut Held,
    root: &RootKeyId,
    location: KeyLocation,
) -> Result<Vec<Health>, Failure> {
    let aes = roots::key(held, Role::Root, root);
    let (role, key) = match roots::is_missing(&aes) {
        true => (Role::Private, roots::key(held, Role::Private, root)?),
        false => (Role::Root, aes?),
    };
    let mut found = findings(held, &ROOT, key, root.as_str())?;
    if role == Role::Private {
        found.push(warning(format!(
            "{root} is an RSA key, because the token has no AES-GCM: anybody with its public half can wrap \
             keys under it; keep the config's folder safe, where the wrapped store key is pinned"
        )));
    }
    match roots::key(held, Role::Wrapping, root) {
        Ok(key) => {
            let what = format!("the wrapping key of {root}");
            found.extend(findings(held, &WRAPPING, key, &what)?);
        }
        Err(Failure::Ours(e)) if location == KeyLocation::Device => {
            found.push(error(e.to_string()));
        }
        Err(Failure::Ours(e)) if e.kind() == ErrorKind::NotFound => {}
        Err(failure) => return Err(failure),
    }
    Ok(found)
}

/// An attribute, what it must be, and what it means when it is not.
type Rule = (AttributeType, bool, fn(String) -> Health, &'static str);

const ALWAYS: [Rule; 5] = [
    (AttributeType::Sensitive, true, error, "can be read out: it is not sensitive"),
    (AttributeType::Extractable, false, error, "can leave the token: it is extractable"),
    (AttributeType::NeverExtractable, true, error, "could leave the token at some time"),
    (AttributeType::AlwaysSensitive, true, error, "could be read out at some time"),
    (AttributeType::Local, true, warning, "was not made in the token, as the token says"),
];

const ROOT: [Rule; 4] = [
    (AttributeType::Wrap, false, error, "may wrap: with it the token hands out other keys"),
    (AttributeType::Unwrap, false, warning, "may unwrap, which it is not for"),
    (AttributeType::Sign, false, warning, "may sign, which it is not for"),
    (AttributeType::Derive, false, warning, "may derive keys, which it is not for"),
];

const WRAPPING: [Rule; 4] = [
    (AttributeType::Decrypt, false, error, "may decrypt: the keys that it wrapped can be read"),
    (AttributeType::Encrypt, false, warning, "may encrypt, which it is not for"),
    (AttributeType::Sign, false, warning, "may sign, which it is not for"),
    (AttributeType::Derive, false, warning, "may derive keys, which it is not for"),
];

fn error(message: String) -> Health {
    Health::error(PART, message)
}

fn warning(message: String) -> Health {
    Health::warning(PART, message)
}

/// What is not as it must be, or one finding that all is well.
fn findings(
    session: &Session,
    usage: &[Rule],
    key: ObjectHandle,
    what: &str,
) -> Result<Vec<Health>, Failure> {
    let mut findings = Vec::new();
    for (attribute, must, severity, otherwise) in ALWAYS.iter().chain(usage) {
        match flag(session, key, *attribute)? {
            Some(is) if is == *must => {}
            Some(_) => findings.push(severity(format!("{what} {otherwise}"))),
            // A private key has no CKA_WRAP, and so on; but what protects a key must be known.
            None if usage.iter().any(|rule| rule.0 == *attribute) => {}
            None => {
                findings.push(warning(format!("the token does not tell {attribute} of {what}")))
            }
        }
    }
    if findings.is_empty() {
        findings
            .push(Health::ok(PART, format!("{what} is sensitive and can never leave the token")));
    }
    Ok(findings)
}

/// A boolean attribute, if the token tells it. Asked for one by one: some tokens answer nothing at all
/// when one of several is not known to them.
fn flag(
    session: &Session,
    key: ObjectHandle,
    attribute: AttributeType,
) -> Result<Option<bool>, Failure> {
    let found = session.get_attributes(key, &[attribute])?;
    Ok(found.first().and_then(|attribute| match attribute {
        Attribute::Sensitive(is)
        | Attribute::Extractable(is)
        | Attribute::NeverExtractable(is)
        | Attribute::AlwaysSensitive(is)
        | Attribute::Local(is)
        | Attribute::Wrap(is)
        | Attribute::Unwrap(is)
        | Attribute::Encrypt(is)
        | Attribute::Decrypt(is)
        | Attribute::Sign(is)
        | Attribute::Derive(is) => Some(*is),
        _ => None,
    }))
}
