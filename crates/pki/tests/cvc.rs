//! Card-verifiable certificates: those of the real test card, and those that nobody should believe.

mod common;

use common::{
    backends, card_file,
    issuer::{AUTHORITY, Issuer, SIGNER, TestKey, body, certificate, tlv},
};
use kazasu_pki::{
    Error, Hierarchy,
    cvc::{Cvc, CvcAnchor, CvcAnchors, CvcError, CvcRole, KeyIdentifier},
    rsa::RsaPublicKey,
};

const FILES: [(&str, CvcRole, &str); 2] = [
    ("surface-0004", CvcRole::CardFace, "6000023"),
    ("text-0004", CvcRole::InputSupport, "6000033"),
];
const ROLES: [CvcRole; 3] = [CvcRole::CardFace, CvcRole::InputSupport, CvcRole::MasterFile];

/// The keys that are compiled in are those of the text file, which says where they are from.
#[test]
fn the_built_in_authorities_are_those_of_the_list() {
    let list = include_str!("../data/cv-ca-keys/cv-ca-keys.txt");
    let hex = |octets: &[u8]| octets.iter().map(|it| format!("{it:02X}")).collect::<String>();
    let mut listed: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let anchors = CvcAnchors::production().with_test();
    for anchor in anchors.iter() {
        let key = anchor.public_key().unwrap();
        let number = anchor.key_identifier();
        let number = number.number().unwrap();
        let line = format!(
            "{number} {} {} {}",
            anchor.hierarchy().as_str(),
            hex(anchor.key_identifier().octets()),
            hex(key.modulus())
        );
        let place = listed.iter().position(|it| *it == line).unwrap();
        listed.remove(place);
        assert_eq!((key.exponent(), key.bits()), (65_537, 2048));
        let role = match &number[5..] {
            "20" => CvcRole::MasterFile,
            "23" => CvcRole::CardFace,
            "33" => CvcRole::InputSupport,
            _ => panic!("{number}"),
        };
        assert_eq!(anchor.role(), role);
    }
    assert!(listed.is_empty());
    assert_eq!(CvcAnchors::default(), CvcAnchors::production());
}

#[test]
fn real_certificates_verify_under_the_test_authorities_only() {
    let with_test = CvcAnchors::production().with_test();
    for (name, role, issuer) in FILES {
        let file = card_file(name);
        let cvc = Cvc::parse(&file).unwrap();
        assert_eq!(cvc.issuer().number(), Some(issuer));
        for (_, backend) in backends() {
            let key = cvc.verify_with(&with_test, role, &backend).unwrap();
            assert_eq!((key.hierarchy(), key.role()), (Hierarchy::Test, role));
            assert_eq!((key.issuer(), key.subject()), (cvc.issuer(), cvc.subject()));
            for anchors in [CvcAnchors::production(), CvcAnchors::none()] {
                let result = cvc.verify_with(&anchors, role, &backend);
                assert_eq!(result, Err(CvcError::UnknownIssuer));
            }
            for expected in ROLES.into_iter().filter(|it| *it != role) {
                let result = cvc.verify_with(&with_test, expected, &backend);
                assert_eq!(result, Err(CvcError::WrongRole { expected }));
            }
        }
        assert_eq!(
            cvc.verify(&with_test, role),
            cvc.verify_with(&with_test, role, &backends()[0].1)
        );
    }
}

/// Under the production authorities' names the test authorities' signatures are wrong, and the
/// reverse: each key with each certificate.
#[test]
fn every_authority_has_its_own_key() {
    let all = CvcAnchors::production().with_test();
    for (name, role, _) in FILES {
        let file = card_file(name);
        let cvc = Cvc::parse(&file).unwrap();
        for anchor in all.iter() {
            let renamed = CvcAnchor::custom(cvc.issuer(), anchor.public_key().unwrap(), role);
            let anchors = CvcAnchors::none().with(renamed).unwrap();
            let result = cvc.verify(&anchors, role);
            if anchor.key_identifier() == cvc.issuer() {
                assert_eq!(result.unwrap().hierarchy(), Hierarchy::Custom);
            } else {
                assert_eq!(result, Err(CvcError::BadSignature));
            }
        }
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let anchors = CvcAnchors::production().with_test();
    for (name, role, _) in FILES {
        let file = card_file(name);
        for (backend_name, backend) in backends() {
            for bit in 0..file.len() * 8 {
                let mut damaged = file.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                let verified =
                    Cvc::parse(&damaged).and_then(|cvc| cvc.verify_with(&anchors, role, &backend));
                assert!(verified.is_err(), "{name} {backend_name}: bit {bit}");
            }
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    for (name, _, _) in FILES {
        let file = card_file(name);
        for length in 0..file.len() {
            assert!(Cvc::parse(&file[..length]).is_err_and(|it| it.is_malformed()), "{length}");
        }
        for filler in [0x00, 0xFF] {
            assert!(Cvc::parse(&[&file[..], &[filler; 9]].concat()).is_ok());
        }
        assert!(Cvc::parse(&[&file[..], &[0x5F]].concat()).is_err());
        let content = &file[5..];
        for inside in [
            [content, &tlv(0x5F37, &[1; 256])].concat(),
            [&tlv(0x4D, &[0x42, 0x10])[..], content].concat(),
            content[302..].to_vec(),
            [&content[302..], &content[..302]].concat(),
        ] {
            assert!(Cvc::parse(&tlv(0x7F21, &inside)).is_err_and(|it| it.is_malformed()));
        }
        assert!(Cvc::parse(&tlv(0x7F22, content)).is_err_and(|it| it.is_malformed()));
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused_although_they_are_signed() {
    let issuer = Issuer::new(CvcRole::CardFace);
    let good = body(AUTHORITY, SIGNER, &issuer.signer);
    for (place, octet, refusal) in [
        (32, 0x92, Error::UnsupportedKey),
        (33, 0x02, Error::UnsupportedKey),
        (36, 0x00, Error::UnsupportedKey),
        (37, 0x90, Error::UnsupportedKey),
        (40, 0xFF, Error::UnsupportedKey),
        (41, 0x00, Error::WeakKey { bits: 2040 }),
        (296, 0x00, Error::UnsupportedKey),
    ] {
        let mut body = good.clone();
        body[place] = octet;
        if place == 41 {
            body[42] = 0xFF;
        }
        let file = certificate(&body, &issuer.authority);
        assert_eq!(Cvc::parse(&file), Err(CvcError::Key(refusal)), "{place}");
    }
}

#[test]
fn callers_bring_so_many_authorities_and_the_signature_decides_between_them() {
    let issuer = Issuer::new(CvcRole::CardFace);
    let file = issuer.certificate();
    let cvc = Cvc::parse(&file).unwrap();
    let identifier = KeyIdentifier::new(AUTHORITY);
    let others: Vec<_> = (1..8).map(|place| TestKey::load(&format!("card-{place}"))).collect();
    let mut anchors = CvcAnchors::none();
    for other in &others {
        let anchor = CvcAnchor::custom(identifier, other.public(), CvcRole::CardFace);
        anchors = anchors.with(anchor).unwrap();
    }
    assert_eq!(cvc.verify(&anchors, CvcRole::CardFace), Err(CvcError::BadSignature));
    let right = CvcAnchor::virtual_card(identifier, issuer.authority.public(), CvcRole::CardFace);
    let anchors = anchors.with(right).unwrap();
    let key = cvc.verify(&anchors, CvcRole::CardFace).unwrap();
    assert_eq!(key.hierarchy(), Hierarchy::Virtual);
    assert_eq!(anchors.with(right), Err(CvcError::TooManyAnchors));

    // The right key for another part of the card does not count.
    let elsewhere = CvcAnchor::custom(identifier, issuer.authority.public(), CvcRole::InputSupport);
    let anchors = CvcAnchors::none().with(elsewhere).unwrap();
    let refusal = CvcError::WrongRole { expected: CvcRole::CardFace };
    assert_eq!(cvc.verify(&anchors, CvcRole::CardFace), Err(refusal));

    // A key that no back end of that size takes.
    let long = [0xFF; 512];
    let key = RsaPublicKey::new(&long, 3).unwrap();
    let anchors =
        CvcAnchors::none().with(CvcAnchor::custom(identifier, key, CvcRole::CardFace)).unwrap();
    let refusal = CvcError::Key(Error::KeyTooLong { bits: 4096 });
    assert_eq!(cvc.verify(&anchors, CvcRole::CardFace), Err(refusal));
}

#[test]
fn the_card_itself_has_an_upper_and_a_lower_certificate() {
    let issuer = Issuer::new(CvcRole::MasterFile);
    let lower_key = TestKey::load("card-1");
    let (authority, upper_key) = (&issuer.authority, &issuer.signer);
    let lower_name = *b"1322130\x08\x05000\x00\x00\x00\x00";
    let upper_file = certificate(&body(AUTHORITY, SIGNER, upper_key), authority);
    let lower_file = certificate(&body(SIGNER, lower_name, &lower_key), upper_key);
    let description = [0x4D, 0x0A, 0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09];
    let forms = |file: &[u8]| {
        let content = &file[5..];
        let described = [&description[..], content].concat();
        assert_eq!(described.len(), 575);
        [content.to_vec(), tlv(0x7F21, &described), tlv(0xF8, &described), described]
    };
    for (upper, lower) in forms(&upper_file).iter().zip(&forms(&lower_file)) {
        let (upper, lower) =
            (Cvc::parse_data_object(upper).unwrap(), Cvc::parse_data_object(lower).unwrap());
        for (_, backend) in backends() {
            let upper_key =
                upper.verify_with(&issuer.anchors(), CvcRole::MasterFile, &backend).unwrap();
            let key = lower.verify_under_with(&upper_key, &backend).unwrap();
            assert_eq!(key.subject().number(), Some("1322130"));
            assert_eq!((key.role(), key.hierarchy()), (CvcRole::MasterFile, Hierarchy::Custom));
            assert_eq!(Ok(key), lower.verify_under(&upper_key));
            // The lower one stands under no authority, and nothing stands under it.
            let result = lower.verify(&issuer.anchors(), CvcRole::MasterFile);
            assert_eq!(result, Err(CvcError::UnknownIssuer));
            assert_eq!(upper.verify_under(&upper_key), Err(CvcError::UnknownIssuer));
            let refusal = CvcError::WrongRole { expected: CvcRole::MasterFile };
            assert_eq!(lower.verify_under(&key), Err(refusal));
            let face = Issuer::new(CvcRole::CardFace);
            assert_eq!(lower.verify_under(&face.key()), Err(refusal));
        }
    }

    // Signed by another than it says.
    let upper_key = Cvc::parse(&upper_file).unwrap();
    let upper_key = upper_key.verify(&issuer.anchors(), CvcRole::MasterFile).unwrap();
    let forged = certificate(&body(SIGNER, lower_name, &lower_key), &TestKey::load("card-2"));
    let result = Cvc::parse(&forged).unwrap().verify_under(&upper_key);
    assert_eq!(result, Err(CvcError::BadSignature));

    // A description of something else, and octets behind.
    let content = &lower_file[5..];
    for octet in 0..description.len() {
        let mut other = description;
        other[octet] ^= 0x01;
        let answer = [&other[..], content].concat();
        assert!(Cvc::parse_data_object(&answer).is_err(), "{octet}");
    }
    for answer in [
        [content, &[0xFF]].concat(),
        [&lower_file[..], &[0x00]].concat(),
        tlv(0x7F22, content),
        Vec::new(),
    ] {
        assert!(Cvc::parse_data_object(&answer).is_err_and(|it| it.is_malformed()));
    }
}

#[test]
fn debug_texts_do_not_tell_where_the_holder_lives() {
    let file = card_file("surface-0004");
    let cvc = Cvc::parse(&file).unwrap();
    let key = cvc.verify(&CvcAnchors::none().with_test(), CvcRole::CardFace).unwrap();
    let text = format!("{cvc:?} {key:?} {key:#?}");
    let subject = format!("{:?}", cvc.subject());
    assert!(!text.contains(&subject) && !text.contains("31, 33, 32, 32"), "{text}");
    let anchors: Vec<_> = CvcAnchors::production().iter().collect();
    assert!(format!("{anchors:?}").contains("MasterFile"));
}
