//! A root key that is not kept as it must be is named, whatever is wrong with it.

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{Health, KeyBackend, RootKeyId, Severity};
use strongroom_pkcs11::harness::{SoftHsm, TestToken, in_own_process};
use strongroom_pkcs11::{KeyLocation, Pkcs11Keys, Token};

/// A token, the root keys in it, and a session of somebody who makes keys by hand.
struct Site {
    keys: Pkcs11Keys,
    session: Session,
    _hsm: SoftHsm,
}

impl Site {
    fn new(location: KeyLocation) -> Site {
        let hsm = SoftHsm::start();
        hsm.enter();
        let keys = Pkcs11Keys::open(Token::open(hsm.settings()).unwrap(), location).unwrap();
        // Logs in, and with it this whole process.
        assert!(keys.root_keys().unwrap().is_empty());
        let module = Pkcs11::new(hsm.settings().module).unwrap();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        Site { keys, session: module.open_rw_session(slot).unwrap(), _hsm: hsm }
    }

    fn make(&self, template: Vec<Attribute>) -> ObjectHandle {
        self.session.generate_key(&Mechanism::AesKeyGen, &template).unwrap()
    }

    /// The severities and messages of a check, but for what is as it must be.
    fn found(&self, root: &str) -> Vec<(Severity, String)> {
        let findings = self.keys.check_root_key(&RootKeyId::new(root).unwrap()).unwrap();
        assert!(!findings.is_empty());
        let wrong = findings.into_iter().filter(|found| found.severity != Severity::Ok);
        wrong.map(|Health { severity, message, .. }| (severity, message)).collect()
    }

    /// Nothing but this was found, and it is said of which key.
    #[track_caller]
    fn finds(&self, root: &str, expected: &[Wrong]) {
        let found = self.found(root);
        assert_eq!(found.len(), expected.len(), "{root}: {found:?}");
        for (severity, part) in expected {
            let named = |(how, said): &&(Severity, String)| {
                how == severity && said.contains(part) && said.contains(root)
            };
            assert_eq!(found.iter().filter(named).count(), 1, "{root}: {part}: {found:?}");
        }
    }
}

/// A key of the token as Strongroom makes it, with these attributes instead.
fn key(suffix: &str, root: &str, encrypts: bool, instead: &[Attribute]) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Id(format!("strongroom/{root}{suffix}").into_bytes()),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::ValueLen(32.into()),
        Attribute::Encrypt(encrypts),
        Attribute::Decrypt(encrypts),
        Attribute::Wrap(!encrypts),
        Attribute::Unwrap(!encrypts),
        Attribute::Derive(false),
        Attribute::Sign(false),
        Attribute::Verify(false),
    ];
    for attribute in instead {
        let kind = attribute.attribute_type();
        template.retain(|other| other.attribute_type() != kind);
        template.push(attribute.clone());
    }
    template
}

fn root_key(root: &str, instead: &[Attribute]) -> Vec<Attribute> {
    key("", root, true, instead)
}

/// How bad it is, and a part of what is said.
type Wrong = (Severity, &'static str);
/// A root key, the attribute that it has, and what is found.
type Case<'a> = (&'a str, Attribute, &'a [Wrong]);

const EXTRACTABLE: Wrong = (Severity::Error, "can leave the token: it is extractable");
const ONCE_EXTRACTABLE: Wrong = (Severity::Error, "could leave the token at some time");
const READABLE: Wrong = (Severity::Error, "can be read out: it is not sensitive");
const ONCE_READABLE: Wrong = (Severity::Error, "could be read out at some time");
const BROUGHT_IN: Wrong = (Severity::Warning, "was not made in the token");

#[test]
fn a_root_key_with_a_wrong_attribute_is_named() {
    in_own_process("a_root_key_with_a_wrong_attribute_is_named", || {
        let site = Site::new(KeyLocation::Envelope);
        let may = |what| (Severity::Warning, what);
        let cases: [Case<'_>; 6] = [
            ("extractable", Attribute::Extractable(true), &[EXTRACTABLE, ONCE_EXTRACTABLE]),
            ("readable", Attribute::Sensitive(false), &[READABLE, ONCE_READABLE]),
            ("wraps", Attribute::Wrap(true), &[(Severity::Error, "may wrap: with it")]),
            ("unwraps", Attribute::Unwrap(true), &[may("may unwrap")]),
            ("signs", Attribute::Sign(true), &[may("may sign")]),
            ("derives", Attribute::Derive(true), &[may("may derive")]),
        ];
        for (root, wrong, expected) in cases {
            site.make(root_key(root, &[wrong]));
            site.finds(root, expected);
        }
        site.make(root_key("right", &[]));
        site.finds("right", &[]);
    });
}

#[test]
fn a_root_key_that_was_not_always_kept_is_named() {
    in_own_process("a_root_key_that_was_not_always_kept_is_named", || {
        let site = Site::new(KeyLocation::Envelope);
        let mended = |root, before, after| {
            let key = site.make(root_key(root, &[before]));
            site.session.update_attributes(key, &[after]).unwrap();
        };
        mended("left", Attribute::Extractable(true), Attribute::Extractable(false));
        site.finds("left", &[ONCE_EXTRACTABLE]);
        mended("shown", Attribute::Sensitive(false), Attribute::Sensitive(true));
        site.finds("shown", &[ONCE_READABLE]);

        let mut brought = root_key("brought", &[Attribute::Value(vec![7; 32])]);
        brought.retain(|attribute| !matches!(attribute, Attribute::ValueLen(_)));
        brought
            .extend([Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES)]);
        site.session.create_object(&brought).unwrap();
        site.finds("brought", &[ONCE_EXTRACTABLE, ONCE_READABLE, BROUGHT_IN]);
    });
}

#[test]
fn a_wrapping_key_with_a_wrong_attribute_is_named() {
    in_own_process("a_wrapping_key_with_a_wrong_attribute_is_named", || {
        let site = Site::new(KeyLocation::Device);
        let may = |what| (Severity::Warning, what);
        let cases: [Case<'_>; 6] = [
            ("extractable", Attribute::Extractable(true), &[EXTRACTABLE, ONCE_EXTRACTABLE]),
            ("readable", Attribute::Sensitive(false), &[READABLE, ONCE_READABLE]),
            ("decrypts", Attribute::Decrypt(true), &[(Severity::Error, "may decrypt: the keys")]),
            ("encrypts", Attribute::Encrypt(true), &[may("may encrypt")]),
            ("signs", Attribute::Sign(true), &[may("may sign")]),
            ("derives", Attribute::Derive(true), &[may("may derive")]),
        ];
        for (root, wrong, expected) in cases {
            site.make(root_key(root, &[]));
            site.make(key("/wrap", root, false, &[wrong]));
            site.finds(root, expected);
        }
        site.make(root_key("alone", &[]));
        site.finds("alone", &[(Severity::Error, "not its wrapping key")]);
        site.make(root_key("right", &[]));
        site.make(key("/wrap", "right", false, &[]));
        site.finds("right", &[]);
    });
}

#[test]
fn a_root_key_of_rsa_with_a_wrong_attribute_is_named() {
    in_own_process("a_root_key_of_rsa_with_a_wrong_attribute_is_named", || {
        let site = Site::new(KeyLocation::Envelope);
        let make = |root: &str, extractable, unwraps| {
            let id = Attribute::Id(format!("strongroom/{root}").into_bytes());
            let public = [Attribute::Token(true), id.clone(), Attribute::ModulusBits(2048.into())];
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                id,
                Attribute::Sensitive(true),
                Attribute::Extractable(extractable),
                Attribute::Decrypt(true),
                Attribute::Unwrap(unwraps),
                Attribute::Sign(false),
            ];
            let mechanism = Mechanism::RsaPkcsKeyPairGen;
            site.session.generate_key_pair(&mechanism, &public, &private).unwrap();
        };
        let always = (Severity::Warning, "is an RSA key");
        make("extractable", true, false);
        site.finds("extractable", &[always, EXTRACTABLE, ONCE_EXTRACTABLE]);
        make("unwraps", false, true);
        site.finds("unwraps", &[always, (Severity::Warning, "may unwrap")]);
        make("right", false, false);
        site.finds("right", &[always]);
    });
}
