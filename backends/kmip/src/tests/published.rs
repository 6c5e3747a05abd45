//! The messages that were published with the specification's test cases: ours are the same bytes, and
//! we understand the answers.

use strongroom_backend::{ErrorKind, SecretBytes};
use zeroize::Zeroizing;

use super::hex;
use crate::ProtocolVersion;
use crate::attributes::Attribute;
use crate::enumerations::{
    ObjectType, QueryFunction, RevocationReasonCode, State, operation_name, usage,
};
use crate::message::{AfterFailure, Credential, Failed, Header, Outcome, Response, request};
use crate::operations::{
    Activate, Create, Destroy, DiscoverVersions, Get, GetAttributes, Locate, Query, Request, Revoke,
};
use crate::ttlv::Tag;

const KEY: &str = "21d28b8a-06df-43c0-b72f-2a161633ada9";

/// The published message with this name.
fn published(name: &str) -> Vec<u8> {
    let all = include_str!("published.txt");
    let (_, after) = all.split_once(&format!("= {name}\n")).expect(name);
    hex(after.split("= ").next().unwrap())
}

fn answer(name: &str) -> Response {
    Response::new(Zeroizing::new(published(name))).unwrap()
}

fn ours(version: ProtocolVersion, operation: &dyn Request) -> Vec<u8> {
    let header = Header { version, credential: None, maximum_response_size: None };
    request(&header, &[operation], AfterFailure::Stop).to_vec()
}

#[test]
fn requests_are_the_published_ones() {
    let create = Create {
        attributes: &[
            Attribute::AesKey { bits: 128 },
            Attribute::Name("Key1"),
            Attribute::CryptographicUsageMask(usage::ENCRYPT),
        ],
    };
    let locate = Locate {
        attributes: &[Attribute::ObjectType(ObjectType::SymmetricKey), Attribute::Name("Key1")],
        offset: 0,
    };
    let all: [(&str, &dyn Request); 6] = [
        ("step 1 create", &create),
        ("step 2 get attributes", &GetAttributes { identifier: KEY, wanted: &[Tag::STATE] }),
        ("step 3 activate", &Activate { identifier: KEY }),
        ("step 5 locate", &locate),
        ("step 6 get", &Get { identifier: KEY }),
        ("step 15 destroy", &Destroy { identifier: KEY }),
    ];
    for (name, operation) in all {
        let published = published(&format!("1.0 4.1 {name} request"));
        assert_eq!(ours(ProtocolVersion::V1_0, operation), published, "{name}");
    }
}

#[test]
fn a_revoke_of_a_compromised_key_is_the_published_one() {
    let expected = published("1.0 4.1 step 7 revoke request");
    let (_, date) = expected.split_last_chunk::<8>().unwrap();
    let revoke = Revoke {
        identifier: KEY,
        reason: RevocationReasonCode::KeyCompromise,
        compromised_at: Some(i64::from_be_bytes(*date)),
    };
    assert_eq!(ours(ProtocolVersion::V1_0, &revoke), expected);
}

#[test]
fn requests_about_the_server_are_the_published_ones() {
    let versions = [ProtocolVersion::V1_0];
    let discover = DiscoverVersions { versions: &versions };
    let published_discover = published("1.1 16.1 discover versions request");
    assert_eq!(ours(ProtocolVersion::V1_1, &discover), published_discover);

    let query = Query { functions: &[QueryFunction::Operations, QueryFunction::Objects] };
    let header = Header {
        version: ProtocolVersion::V1_1,
        credential: None,
        maximum_response_size: Some(256),
    };
    let bytes = request(&header, &[&query], AfterFailure::Stop).to_vec();
    assert_eq!(bytes, published("1.1 12.1 query request"));
}

#[test]
fn a_credential_is_written_as_published() {
    let password = SecretBytes::copy_of(b"password1").unwrap();
    let header = Header {
        version: ProtocolVersion::V1_0,
        credential: Some(Credential { username: "Fred", password: &password }),
        maximum_response_size: None,
    };
    let bytes = request(&header, &[&Get { identifier: KEY }], AfterFailure::Stop);
    let published = published("1.0 11.1 step 1 create request with a credential");
    // The operations differ, the headers do not: 8 bytes of the message's own, then header and length.
    let header = 8..8 + 8 + 0x88;
    assert_eq!(bytes[header.clone()], published[header]);
}

#[test]
fn the_published_answers_are_understood() {
    let step = |name: &str| answer(&format!("1.0 4.1 {name} response"));
    assert_eq!(step("step 1 create").answer::<Create<'_>>(0).ok().unwrap(), KEY);
    for (name, state) in [("step 2", State::PreActive), ("step 4", State::Active)] {
        let found = step(&format!("{name} get attributes"));
        let found = found.answer::<GetAttributes<'_>>(0).ok().unwrap();
        assert_eq!(found.state, Some(state));
    }
    let located = step("step 5 locate").answer::<Locate<'_>>(0).ok().unwrap();
    assert_eq!(located.identifiers, [KEY]);
    let got = step("step 6 get").answer::<Get<'_>>(0).ok().unwrap();
    assert!(got.equals(&hex("EF7833AB15F5A1EE5874BC0D9BBC4BE7")));
    for name in ["step 3 activate", "step 7 revoke", "step 15 destroy"] {
        assert!(matches!(step(name).result(0).unwrap(), Outcome::Done(_)), "{name}");
    }
    // Attributes that we never ask for are passed over.
    let other = answer("1.0 3.1.2 step 3 get attributes response");
    assert!(other.answer::<GetAttributes<'_>>(0).ok().unwrap().names.is_empty());
}

#[test]
fn a_published_batch_is_told_apart_by_its_ids() {
    // The ids in it are not ours.
    let batch = answer("1.0 4.1 step 12 batch response");
    assert!(matches!(batch.result(0).unwrap(), Outcome::Undone));
}

#[test]
fn the_published_refusal_keeps_its_reason_and_message() {
    let refused = answer("1.1 12.1 query refused response");
    let Err(Failed::Refused(refusal)) = refused.answer::<Query<'_>>(0) else { panic!("accepted") };
    let error = refusal.into_error();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let native =
        "Response Too Large: Response size: 648, Maximum Response Size indicated in request: 256";
    assert_eq!(error.native(), Some(native));
}

#[test]
fn what_a_server_can_do_is_understood() {
    let told = answer("1.1 12.1 query response").answer::<Query<'_>>(0).ok().unwrap();
    let operations: Vec<String> = told.operations.iter().map(|n| operation_name(*n)).collect();
    for operation in ["Create", "Register", "Locate", "Get", "Destroy", "Query"] {
        assert!(operations.iter().any(|told| told == operation), "{operation}: {operations:?}");
    }
    assert!(told.object_types.contains(&(ObjectType::SecretData as u32)));

    let versions = answer("1.1 16.1 discover versions response");
    let versions = versions.answer::<DiscoverVersions<'_>>(0).ok().unwrap();
    assert_eq!(versions, [ProtocolVersion::V1_1, ProtocolVersion::V1_0]);
    let none = answer("1.1 16.1 discover versions empty response");
    assert!(none.answer::<DiscoverVersions<'_>>(0).ok().unwrap().is_empty());
}
