//! Certificates with one thing wrong each, under a root that the caller brings: every rule of the
//! path validation refuses what it is there for.

mod common;

use common::{backends, generated, now};
use kazasu_pki::{
    Anchor, Anchors, Backend, Certificate, Error, Gender, Hierarchy, Kind, MAX_CALLER_ANCHORS,
    Validator,
    rsa::{Fixed4096, RsaPublicKey},
};

fn validate(root: &str, name: &str, kind: Kind, backend: &dyn Backend) -> Result<(), Error> {
    let (root, der) = (generated(root), generated(name));
    let anchors = Anchors::production().with_test().with(Anchor::custom(&root)?)?;
    let validator = Validator::new(&anchors).with_backend(backend);
    validator.validate(&der, kind, now()).map(|judged| {
        assert_eq!(judged.hierarchy(), Hierarchy::Custom);
        assert_eq!(judged.anchor_sha256(), kazasu_pki::sha256(&root));
    })
}

#[test]
fn what_is_right_is_accepted() {
    for (_, backend) in backends() {
        for name in ["auth", "auth-test-policy", "auth-2055", "auth-exponent-3"] {
            assert_eq!(validate("root", name, Kind::Auth, backend), Ok(()), "{name}");
        }
        assert_eq!(validate("root", "sign", Kind::Sign, backend), Ok(()));
    }
}

#[test]
fn one_wrong_thing_is_enough() {
    use Kind::{Auth, Sign};
    for (name, kind, expected) in [
        ("bad-key-usage-missing", Auth, Error::KeyUsage),
        ("bad-key-usage-not-critical", Auth, Error::KeyUsage),
        ("bad-key-usage-other", Auth, Error::KeyUsage),
        ("bad-key-usage-binding", Auth, Error::KeyUsage),
        ("bad-key-usage-cert-sign", Auth, Error::KeyUsage),
        ("sign", Auth, Error::KeyUsage),
        ("auth", Sign, Error::KeyUsage),
        ("bad-sign-key-usage", Sign, Error::KeyUsage),
        ("bad-purpose-missing", Auth, Error::ExtendedKeyUsage),
        ("bad-purpose-other", Auth, Error::ExtendedKeyUsage),
        ("bad-purpose-any", Auth, Error::ExtendedKeyUsage),
        ("bad-sign-purpose", Sign, Error::ExtendedKeyUsage),
        ("bad-policy-missing", Auth, Error::Policy),
        ("bad-policy-of-sign", Auth, Error::Policy),
        ("bad-policy-any", Auth, Error::Policy),
        ("bad-sign-policy", Sign, Error::Policy),
        ("bad-authority", Auth, Error::BasicConstraints),
        ("bad-no-authority-key", Auth, Error::UnknownIssuer),
        ("bad-weak", Auth, Error::WeakKey { bits: 1024 }),
        ("bad-sha384", Auth, Error::UnsupportedAlgorithm),
        ("bad-curve", Auth, Error::UnsupportedCurve),
        ("bad-issued-before", Auth, Error::IssuedOutsideAnchorValidity),
        ("bad-issued-after", Auth, Error::IssuedOutsideAnchorValidity),
        ("bad-issuer-name", Auth, Error::IssuerName),
        ("bad-version-1", Auth, Error::Version),
    ] {
        for (_, backend) in backends() {
            assert_eq!(validate("root", name, kind, backend), Err(expected), "{name}");
        }
    }
    for name in ["bad-critical-unknown", "bad-critical-names"] {
        for (_, backend) in backends() {
            let result = validate("root", name, Auth, backend);
            assert!(matches!(result, Err(Error::UnknownCriticalExtension { .. })), "{name}");
        }
    }
}

/// What the refusal of `bad-issuer-name` rests on: the key is right and only the name is not.
#[test]
fn the_root_under_its_other_name_accepts() {
    for (_, backend) in backends() {
        assert_eq!(validate("renamed", "bad-issuer-name", Kind::Auth, backend), Ok(()));
    }
}

#[test]
fn a_root_must_be_one() {
    for (name, expected) in [
        ("root-no-authority", Error::BasicConstraints),
        ("root-not-critical", Error::BasicConstraints),
        ("root-no-cert-sign", Error::KeyUsage),
        ("root-no-identifier", Error::NoKeyIdentifier),
        ("root-weak", Error::WeakKey { bits: 1024 }),
        ("auth", Error::BasicConstraints),
        ("bad-version-1", Error::Version),
    ] {
        assert_eq!(Anchor::custom(&generated(name)).err(), Some(expected), "{name}");
        assert_eq!(Anchor::virtual_card(&generated(name)).err(), Some(expected), "{name}");
    }
    for what in ["unknown", "policy", "purpose", "names"] {
        let root = generated(&format!("root-critical-{what}"));
        assert!(Certificate::parse(&root).is_ok());
        let result = Anchor::custom(&root).err();
        assert!(matches!(result, Some(Error::UnknownCriticalExtension { .. })), "{what}");
    }
    assert!(Anchor::custom(b"").err().is_some_and(|error| error.is_malformed()));
}

#[test]
fn a_root_speaks_only_for_the_kind_that_it_was_brought_for() {
    let (root, auth, sign) = (generated("root"), generated("auth"), generated("sign"));
    for (only, kind, der, expected) in [
        (Kind::Auth, Kind::Auth, &auth, None),
        (Kind::Sign, Kind::Auth, &auth, Some(Error::WrongKind)),
        (Kind::Sign, Kind::Sign, &sign, None),
        (Kind::Auth, Kind::Sign, &sign, Some(Error::WrongKind)),
    ] {
        let anchor = Anchor::custom(&root).unwrap().for_kind(only);
        let anchors = Anchors::none().with(anchor).unwrap();
        assert_eq!(Validator::new(&anchors).validate(der, kind, now()).err(), expected);
    }
}

#[test]
fn the_virtual_root_is_named_as_such() {
    let (root, auth) = (generated("root"), generated("auth"));
    let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
    let judged = Validator::new(&anchors).validate(&auth, Kind::Auth, now()).unwrap();
    assert_eq!(judged.hierarchy(), Hierarchy::Virtual);
}

#[test]
fn there_is_room_for_some_roots_and_no_more() {
    let root = generated("root");
    let anchor = Anchor::custom(&root).unwrap();
    let mut anchors = Anchors::production();
    for _ in 0..MAX_CALLER_ANCHORS {
        anchors = anchors.with(anchor).unwrap();
    }
    assert_eq!(anchors.iter().count(), 6 + MAX_CALLER_ANCHORS);
    assert_eq!(anchors.with(anchor).err(), Some(Error::TooManyAnchors));
}

#[test]
fn longer_keys_need_their_back_end() {
    let (root, name) = ("root-4096", "holder-of-4096");
    let fixed = kazasu_pki::rsa::Fixed::new();
    let too_long = Err(Error::KeyTooLong { bits: 4096 });
    assert_eq!(validate(root, name, Kind::Auth, &fixed), too_long);
    assert_eq!(validate(root, name, Kind::Auth, &Fixed4096::new()), Ok(()));
    #[cfg(feature = "alloc")]
    assert_eq!(validate(root, name, Kind::Auth, &kazasu_pki::rsa::Alloc), Ok(()));
}

#[test]
fn keys_that_are_unfit() {
    let mut modulus = [0xC1; 256];
    assert!(RsaPublicKey::new(&modulus, 65_537).is_ok());
    for exponent in [0, 1, 2, 65_536] {
        assert_eq!(RsaPublicKey::new(&modulus, exponent).err(), Some(Error::UnsupportedKey));
    }
    assert_eq!(RsaPublicKey::new(&[], 3).err(), Some(Error::UnsupportedKey));
    assert_eq!(RsaPublicKey::new(&[1], 3).err(), Some(Error::WeakKey { bits: 1 }));
    let weak = Some(Error::WeakKey { bits: 2040 });
    assert_eq!(RsaPublicKey::new(&modulus[1..], 3).err(), weak);
    modulus[0] = 0x7F;
    assert_eq!(RsaPublicKey::new(&modulus, 3).err(), Some(Error::WeakKey { bits: 2047 }));
    modulus[0] = 0x80;
    modulus[255] = 0xC0;
    assert_eq!(RsaPublicKey::new(&modulus, 3).err(), Some(Error::UnsupportedKey));
    assert_eq!(RsaPublicKey::new(&[0; 300], 3).err(), Some(Error::UnsupportedKey));
}

#[test]
fn attributes_with_substitutes() {
    let der = generated("attributes");
    let attributes = Certificate::parse(&der).unwrap().attributes().unwrap().unwrap();
    assert_eq!((attributes.name(), attributes.address()), ("名無＿", "どこか＿"));
    assert!(attributes.gender() == Gender::Unknown);
    assert_eq!((attributes.birth().digits(), attributes.birth().date()), ("500000000", None));
    let flags: Vec<_> = attributes.name_substitutes().iter().collect();
    assert_eq!(flags, [false, false, true]);
    let flags: Vec<_> = attributes.address_substitutes().iter().collect();
    assert_eq!(flags, [false, false, false, true]);
    assert!(attributes.name_substitutes().any() && attributes.address_substitutes().any());
}

#[test]
fn attributes_that_are_wrong() {
    for name in ["no-address", "birth", "gender", "flags", "twice"] {
        let der = generated(&format!("attributes-bad-{name}"));
        let result = Certificate::parse(&der).unwrap().attributes();
        assert!(matches!(result, Err(Error::Attributes { .. })), "{name}: {result:?}");
    }
    for name in ["attributes-none", "auth"] {
        assert_eq!(Certificate::parse(&generated(name)).unwrap().attributes(), Ok(None));
    }
}
