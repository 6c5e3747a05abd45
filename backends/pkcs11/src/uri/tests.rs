use super::*;

fn parse(uri: &str) -> Pkcs11Uri {
    uri.parse().unwrap_or_else(|e| panic!("{uri}: {e}"))
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    for uri in [
        "pkcs11:",
        "pkcs11:object=my-pubkey;type=public",
        "pkcs11:object=my-key;type=private?pin-source=file:/etc/token",
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
         object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
        "pkcs11:object=my-sign-key;type=private?module-name=mypkcs11",
        "pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1",
        "pkcs11:slot-description=Sun%20Metaslot",
        "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;\
         library-version=1.23",
        "pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe%04%05%06",
        "pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert",
        "pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=my-certificate;type=cert",
        "pkcs11:token=my-token;object=my-certificate;type=cert;vendor-aaa=value-a\
         ?pin-source=file:/etc/token_pin&vendor-bbb=value-b",
    ] {
        parse(uri);
    }
}

#[test]
fn every_attribute_is_found_again() {
    let uri = parse(
        "PKCS11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;\
         model=1.0;serial=;slot-id=327;object=a%3Bb;type=secret-key;id=%69%95%00\
         ?module-path=/mnt/lib%20x.so&module-name=x&pin-source=file:/etc/token_pin&vendor-b=1&vendor-b=2",
    );
    let token = TokenChoice {
        label: Some("The Software PKCS#11 Softtoken".into()),
        serial: Some(String::new()),
        manufacturer: Some("Snake Oil, Inc.".into()),
        model: Some("1.0".into()),
        slot: Some(327),
    };
    assert_eq!(uri.token().unwrap(), token);
    assert_eq!(uri.object(), Some("a;b"));
    assert_eq!(uri.object_type(), Some("secret-key"));
    assert_eq!(uri.id(), Some(&[0x69, 0x95, 0][..]));
    assert_eq!(uri.module_path(), Some(Path::new("/mnt/lib x.so")));
    assert_eq!(uri.module_name(), Some("x"));
    assert_eq!(uri.pin_source(), Some(&PinSource::File("/etc/token_pin".into())));
    assert_eq!(uri.attribute("vendor-b"), Some("1"));
}

#[test]
fn a_pin_source_is_a_file() {
    for (source, path) in [
        ("file:/run/pin", "/run/pin"),
        ("file:///run/pin", "/run/pin"),
        ("file://localhost/run/pin", "/run/pin"),
        ("file:/run/a%2520pin", "/run/a pin"),
        ("/run/a%20pin", "/run/a pin"),
    ] {
        let uri = parse(&format!("pkcs11:?pin-source={source}"));
        assert_eq!(uri.pin_source(), Some(&PinSource::File(path.into())), "{source}");
    }
}

#[test]
fn what_is_wrong_is_refused() {
    for uri in [
        "",
        "pkcs11",
        "pkcs12:token=a",
        "token=a",
        "pkcs11:token",
        "pkcs11:=a",
        "pkcs11:token=a;",
        "pkcs11:;token=a",
        "pkcs11:token=a;token=a",
        "pkcs11:id=%01;id=%01",
        "pkcs11:slot-id=1;slot-id=1",
        "pkcs11:vendor-a=1;vendor-a=2",
        "pkcs11:?pin-source=/a&pin-source=/a",
        "pkcs11:?module-path=/a&module-path=/b",
        "pkcs11:lable=a",
        "pkcs11:Token=a",
        "pkcs11:module-path=/a",
        "pkcs11:?token=a",
        "pkcs11:?module=/a",
        "pkcs11:token=a b",
        "pkcs11:token=a#b",
        "pkcs11:token=a/b",
        "pkcs11:token=ä",
        "pkcs11:token=%",
        "pkcs11:token=%2",
        "pkcs11:token=%+1",
        "pkcs11:token=%zz",
        "pkcs11:token=%ff",
        "pkcs11:type=key",
        "pkcs11:slot-id=",
        "pkcs11:slot-id=+1",
        "pkcs11:slot-id=99999999999999999999",
        "pkcs11:library-version=1.",
        "pkcs11:library-version=1.2.3",
        "pkcs11:?module-path=lib.so",
        "pkcs11:?module-name=a/b",
        "pkcs11:?pin-source=run/pin",
        "pkcs11:?pin-source=file:run/pin",
        "pkcs11:?pin-source=file://elsewhere/run/pin",
        "pkcs11:?pin-source=https:/run/pin",
    ] {
        let error = uri.parse::<Pkcs11Uri>().expect_err(uri);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{uri}");
    }
    let command = Pkcs11Uri::parse("pkcs11:?pin-source=|/usr/lib/pinomatic").unwrap_err();
    assert_eq!(command.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_pin_is_refused_and_never_repeated() {
    for uri in [
        "pkcs11:token=a?pin-value=87654321",
        "pkcs11:token=a?pin-value=%387654321",
        "pkcs11:token=a;pin-value=87654321",
        "pkcs11:token=a?pin_value=87654321",
        "pkcs11:token=a?pin-value:87654321",
        "pkcs11:token=a?87654321",
        "pkcs11:token=a?pin-source=87654321",
        "pkcs11:token=a?pin-source=file:87654321",
        "pkcs11:token=a?pin-source=|echo%2087654321",
        "pkcs11:slot-id=87654321x",
        "pkcs11:type=87654321",
    ] {
        let error = format!("{0:?} {0}", Pkcs11Uri::parse(uri).unwrap_err());
        assert!(!error.contains("7654321"), "{error}");
    }
    let error = Pkcs11Uri::parse("pkcs11:?pin-value=1").unwrap_err();
    for place in ["file", "descriptor", "environment", "command", "credential"] {
        assert!(error.next().contains(place), "{error}");
    }
}

#[test]
fn what_cannot_choose_a_token_is_not_left_out() {
    for attribute in ["slot-description=a", "library-version=1", "vendor-a=1", "x-a=1"] {
        let error = parse(&format!("pkcs11:token=a;{attribute}")).token().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{attribute}");
    }
    assert!(parse("pkcs11:token=a?vendor-a=1").token().is_ok());
}
