//! The certificates of a real JPKI test card: accepted under the test roots, refused otherwise,
//! and refused when a single bit of them is different.

mod common;

use common::{backends, generated, now, test_card};
use kazasu_pki::{
    Anchor, Anchors, Certificate, Era, Error, Gender, Hierarchy, Kind, Permit, Phase, PhaseRules,
    Time, Validator,
};

const HOLDERS: [(&str, Kind); 2] = [("jpki-auth-cert", Kind::Auth), ("jpki-sign-cert", Kind::Sign)];

#[test]
fn every_certificate_parses() {
    for (name, serial, not_before, not_after) in [
        ("jpki-auth-cert", &[0x22, 0x7B, 0x13], "2025-10-27T01:35:42Z", "2030-02-17T14:59:59Z"),
        ("jpki-auth-ca-cert", &[0x21, 0x88, 0x87], "2023-03-23T02:05:02Z", "2033-03-22T14:59:59Z"),
        ("jpki-sign-cert", &[0x1E, 0xE6, 0x07], "2025-10-27T01:35:57Z", "2030-02-17T14:59:59Z"),
        ("jpki-sign-ca-cert", &[0x1E, 0xA8, 0xA8], "2024-08-28T22:23:39Z", "2034-08-28T14:59:59Z"),
    ] {
        let der = test_card(name);
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!(certificate.raw(), der, "{name}");
        assert_eq!(certificate.serial(), serial, "{name}");
        assert_eq!(certificate.not_before().to_string(), not_before, "{name}");
        assert_eq!(certificate.not_after().to_string(), not_after, "{name}");
        let key = certificate.public_key().unwrap();
        let key = key.rsa().unwrap();
        assert_eq!((key.bits(), key.exponent()), (2048, 65_537), "{name}");
        assert_eq!(certificate.basic_constraints().unwrap().authority, name.contains("-ca-"));
    }
}

#[test]
fn holders_are_accepted_under_the_test_roots_only() {
    let with_test = Anchors::production().with_test();
    for (name, kind) in HOLDERS {
        let der = test_card(name);
        for (backend_name, backend) in backends() {
            let validator = Validator::new(&with_test).with_backend(backend);
            let judged = validator.validate(&der, kind, now()).unwrap();
            assert_eq!(judged.hierarchy(), Hierarchy::Test, "{name} {backend_name}");
            assert_eq!((judged.phase(), judged.permit()), (Phase::Valid, Permit::Everything));
            assert_eq!((judged.kind(), judged.certificate().raw()), (kind, &der[..]));
            let root = test_card(&name.replace("-cert", "-ca-cert"));
            assert_eq!(judged.anchor_sha256(), kazasu_pki::sha256(&root));

            for anchors in [Anchors::production(), Anchors::default(), Anchors::none()] {
                let validator = Validator::new(&anchors).with_backend(backend);
                assert_eq!(validator.validate(&der, kind, now()), Err(Error::UnknownIssuer));
            }
        }
    }
}

#[test]
fn one_kind_is_not_the_other() {
    let anchors = Anchors::none().with_test();
    for (name, kind) in HOLDERS {
        let other = if kind == Kind::Auth { Kind::Sign } else { Kind::Auth };
        let der = test_card(name);
        let result = Validator::new(&anchors).validate(&der, other, now());
        assert_eq!(result, Err(Error::WrongKind), "{name}");
    }
}

#[test]
fn roots_are_no_holders() {
    let anchors = Anchors::production().with_test();
    for anchor in anchors.iter() {
        for kind in [Kind::Auth, Kind::Sign] {
            let result = Validator::new(&anchors).validate(anchor.der(), kind, now());
            // They name no authority key, because they signed themselves.
            assert_eq!(result, Err(Error::UnknownIssuer));
        }
    }
}

/// Each octet with its lowest, its highest and all of its bits different.
#[test]
fn every_flipped_octet_is_refused() {
    let anchors = Anchors::production().with_test();
    for (name, kind) in HOLDERS {
        let der = test_card(name);
        for (backend_name, backend) in backends() {
            let validator = Validator::new(&anchors).with_backend(backend);
            for index in 0..der.len() {
                for mask in [0x01, 0x80, 0xFF] {
                    let mut damaged = der.clone();
                    damaged[index] ^= mask;
                    let result = validator.validate(&damaged, kind, now());
                    assert!(result.is_err(), "{name} {backend_name}: octet {index} ^ {mask:02x}");
                }
            }
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let anchors = Anchors::production().with_test();
    for (name, kind) in HOLDERS {
        let der = test_card(name);
        for length in 0..der.len() {
            let result = Validator::new(&anchors).validate(&der[..length], kind, now());
            assert!(result.is_err_and(|error| error.is_malformed()), "{name}: {length}");
        }
        for octet in [0x00, 0x30, 0xFF] {
            let longer = [&der[..], &[octet]].concat();
            let result = Validator::new(&anchors).validate(&longer, kind, now());
            assert!(result.is_err_and(|error| error.is_malformed()), "{name}: {octet:02x}");
        }
    }
}

#[test]
fn a_root_of_the_same_name_vouches_for_nobody() {
    let real = Anchors::production().with_test();
    let holder = test_card("jpki-auth-cert");
    for (name, refusal) in
        [("same-name", Error::UnknownIssuer), ("same-identifier", Error::BadSignature)]
    {
        let root = generated(&format!("{name}-root"));
        let forged = generated(&format!("{name}-holder"));
        let brought = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
        assert_eq!(
            Certificate::parse(&root).unwrap().subject(),
            Certificate::parse(&common::root("test/authca-test-2023")).unwrap().subject(),
        );
        for (_, backend) in backends() {
            // The real card under the wrong root, and a forged card under the real one.
            let validator = Validator::new(&brought).with_backend(backend);
            assert_eq!(validator.validate(&holder, Kind::Auth, now()), Err(refusal), "{name}");
            let validator = Validator::new(&real).with_backend(backend);
            assert_eq!(validator.validate(&forged, Kind::Auth, now()), Err(refusal), "{name}");
            // Nothing but the root is wrong with the forged card.
            let validator = Validator::new(&brought).with_backend(backend);
            let judged = validator.validate(&forged, Kind::Auth, now()).unwrap();
            assert_eq!(judged.hierarchy(), Hierarchy::Custom);
        }
    }
}

/// A false root that has the real one's identifier does not stand in its way.
#[test]
fn the_signature_decides_between_roots_of_one_identifier() {
    let false_root = generated("same-identifier-root");
    let anchors = Anchors::none().with(Anchor::custom(&false_root).unwrap()).unwrap().with_test();
    let real_root = common::root("test/authca-test-2023");
    let brought = Anchors::none()
        .with(Anchor::custom(&false_root).unwrap())
        .and_then(|anchors| anchors.with(Anchor::custom(&real_root).unwrap()))
        .unwrap();
    let holder = test_card("jpki-auth-cert");
    for (anchors, hierarchy) in [(anchors, Hierarchy::Test), (brought, Hierarchy::Custom)] {
        let judged = Validator::new(&anchors).validate(&holder, Kind::Auth, now()).unwrap();
        assert_eq!(judged.hierarchy(), hierarchy);
        assert_eq!(judged.anchor_sha256(), kazasu_pki::sha256(&real_root));
    }
}

#[test]
fn the_phase_is_that_of_the_clock() {
    let anchors = Anchors::none().with_test();
    let der = test_card("jpki-auth-cert");
    for (now, phase, without_grace) in [
        ("2025-10-27T01:35:41Z", Phase::NotYet, Phase::NotYet),
        ("2025-10-27T01:35:42Z", Phase::Valid, Phase::Valid),
        ("2029-11-16T14:59:59Z", Phase::Valid, Phase::Valid),
        ("2029-11-16T15:00:00Z", Phase::Expiring, Phase::Expiring),
        ("2030-02-17T14:59:59Z", Phase::Expiring, Phase::Expiring),
        ("2030-02-17T15:00:00Z", Phase::Grace, Phase::Over),
        ("2030-05-17T14:59:59Z", Phase::Grace, Phase::Over),
        ("2030-05-17T15:00:00Z", Phase::Over, Phase::Over),
    ] {
        let now = Time::parse_rfc3339(now).unwrap();
        let validator = Validator::new(&anchors);
        assert_eq!(validator.validate(&der, Kind::Auth, now).unwrap().phase(), phase, "{now}");
        let validator = validator.with_rules(PhaseRules::new().without_grace());
        assert_eq!(validator.validate(&der, Kind::Auth, now).unwrap().phase(), without_grace);
    }
}

#[test]
fn the_holder_of_the_test_card() {
    let der = test_card("jpki-sign-cert");
    let anchors = Anchors::none().with_test();
    let judged = Validator::new(&anchors).validate(&der, Kind::Sign, now()).unwrap();
    let attributes = judged.attributes().unwrap().unwrap();
    assert_eq!(attributes.name(), "黒桐　幹也");
    assert_eq!(attributes.address(), "東京都清瀬市観布子南１２－７－２０２");
    assert!(attributes.gender() == Gender::Male);
    assert!(attributes.birth().era() == Era::Showa);
    assert_eq!(attributes.birth().digits(), "319800217");
    assert_eq!(attributes.birth().date().unwrap().to_string(), "1980-02-17");
    assert_eq!(attributes.name_substitutes().iter().collect::<Vec<_>>(), [false; 5]);
    assert_eq!(attributes.address_substitutes().iter().collect::<Vec<_>>(), [false; 18]);
    assert!(!attributes.name_substitutes().any());
    assert_eq!(
        judged.certificate().subject().to_string(),
        "CN=202510161726000013413221003A,L=Kiyose-shi,L=Tokyo-to,C=JP"
    );

    let auth = test_card("jpki-auth-cert");
    let judged = Validator::new(&anchors).validate(&auth, Kind::Auth, now()).unwrap();
    assert_eq!(judged.attributes(), Ok(None));
    assert_eq!(judged.certificate().subject().common_name(), Some("997794E9AGCIEG13221003A"));
}

#[test]
fn debug_texts_say_nothing_about_the_holder() {
    let der = test_card("jpki-sign-cert");
    let anchors = Anchors::none().with_test();
    let judged = Validator::new(&anchors).validate(&der, Kind::Sign, now()).unwrap();
    let attributes = judged.attributes().unwrap().unwrap();
    let certificate = judged.certificate();
    let extensions: Vec<_> = certificate.extensions().collect();
    let text = format!(
        "{judged:?} {judged:#?} {attributes:?} {:?} {:?} {:?} {:?} {extensions:?} {:?} {:?}",
        attributes.birth(),
        attributes.birth().era(),
        attributes.gender(),
        attributes.name_substitutes(),
        certificate.subject(),
        certificate.public_key(),
    );
    let modulus = certificate.public_key().unwrap().rsa().unwrap().modulus();
    let first_octets = format!("{:?}", &modulus[..4]);
    for secret in [
        "黒桐",
        "幹也",
        "清瀬",
        "Kiyose",
        "2025101617",
        "1980",
        "Showa",
        "Male",
        "00000",
        first_octets.trim_matches(['[', ']']),
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for index in 0..der.len() {
        let mut damaged = der.clone();
        damaged[index] ^= 0x15;
        // Without the roots, so that no signature is computed and every structure is reached.
        let error = match Certificate::parse(&damaged) {
            Ok(certificate) => certificate.attributes().err(),
            Err(error) => Some(error),
        };
        let text = error.map(|error| format!("{error} {error:?}")).unwrap_or_default();
        assert!(!text.contains("黒桐") && !text.contains("1980") && !text.contains("Kiyose"));
    }
}
