//! Signatures that openssl made, right and wrong, through both back ends.
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

mod common;

use common::{backends, generated, message, now, signature};
use kazasu_pki::{
    Anchor, Anchors, Backend, BackendError, Certificate, Digest, HashAlgorithm, Hierarchy, Kind,
    Phase, Scheme, SignatureError, Time, Validator, digest_info,
    rsa::{Fixed, Fixed4096},
    sha256, verify_signature_only,
};
use proptest::prelude::*;

const SCHEMES: [Scheme; 3] =
    [Scheme::Pkcs1v15Sha256, Scheme::Pkcs1v15Sha256Bare, Scheme::PssSha256];

/// The digest of what the files sign.
fn digest() -> Digest {
    Digest::of(HashAlgorithm::Sha256, &message())
}

/// Checks a file by the key in a certificate.
fn check(
    backend: &dyn Backend,
    certificate: &str,
    scheme: Scheme,
    octets: &[u8],
) -> Result<(), SignatureError> {
    let der = generated(certificate);
    let certificate = Certificate::parse(&der).unwrap();
    verify_signature_only(&backend, &certificate, scheme, &digest(), octets)
}

#[test]
fn each_scheme_accepts_its_own_signatures_and_no_others() {
    let table = [
        ("pkcs1", Scheme::Pkcs1v15Sha256),
        ("good-block", Scheme::Pkcs1v15Sha256),
        ("bare", Scheme::Pkcs1v15Sha256Bare),
        ("pss-0", Scheme::PssSha256),
        ("pss-1", Scheme::PssSha256),
        ("pss-20", Scheme::PssSha256),
        ("pss-32", Scheme::PssSha256),
        ("pss-max", Scheme::PssSha256),
    ];
    for (backend_name, backend) in backends() {
        for (name, made_with) in table {
            for scheme in SCHEMES {
                let result = check(backend, "auth", scheme, &signature(name));
                let expected =
                    if scheme == made_with { Ok(()) } else { Err(SignatureError::Mismatch) };
                assert_eq!(result, expected, "{backend_name} {name} {scheme:?}");
            }
        }
    }
}

#[test]
fn blocks_that_are_not_exactly_right_are_refused() {
    for (backend_name, backend) in backends() {
        for name in [
            "bad-trailing",
            "bad-short-padding",
            "bad-type-2",
            "bad-type-0",
            "bad-padding-octet",
            "bad-separator",
            "bad-no-null",
            "bad-sha1",
            "bad-sha512",
            "bad-pss-mgf1-sha1",
        ] {
            for scheme in SCHEMES {
                let result = check(backend, "auth", scheme, &signature(name));
                let expected = Err(SignatureError::Mismatch);
                assert_eq!(result, expected, "{backend_name} {name} {scheme:?}");
            }
        }
    }
}

#[test]
fn other_lengths_of_key() {
    let long_backends: Vec<&dyn Backend> = vec![
        &const { Fixed4096::new() },
        #[cfg(feature = "alloc")]
        &kazasu_pki::rsa::Alloc,
    ];
    for bits in [2050, 3072, 4096] {
        let certificate = format!("key-{bits}");
        let files = [
            (signature(&format!("{certificate}-pkcs1")), Scheme::Pkcs1v15Sha256),
            (signature(&format!("{certificate}-pss")), Scheme::PssSha256),
            (signature(&format!("{certificate}-pss-max")), Scheme::PssSha256),
        ];
        for (octets, scheme) in files {
            for backend in &long_backends {
                assert_eq!(check(*backend, &certificate, scheme, &octets), Ok(()), "{bits}");
                for index in (0..octets.len()).step_by(37) {
                    let mut damaged = octets.clone();
                    damaged[index] ^= 0x10;
                    let result = check(*backend, &certificate, scheme, &damaged);
                    assert_eq!(result, Err(SignatureError::Mismatch), "{bits} {index}");
                }
            }
            let result = check(&Fixed::new(), &certificate, scheme, &octets);
            assert!(matches!(result, Err(SignatureError::Key(_))), "{bits} {result:?}");
        }
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    for (_, backend) in backends() {
        let octets = signature("pkcs1");
        let padded = [&[0][..], &octets].concat();
        for other in [&octets[1..], &octets[..255], &padded, &[], &[0; 256], &[0xFF; 256]] {
            for scheme in SCHEMES {
                let result = check(backend, "auth", scheme, other);
                assert_eq!(result, Err(SignatureError::Mismatch), "{}", other.len());
            }
        }
    }
}

#[test]
fn a_challenge_ends_in_a_signature_that_says_what_it_is_for() {
    let (root, der) = (generated("root"), generated("auth"));
    let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
    let octets = signature("pkcs1");
    for (_, backend) in backends() {
        let validator = Validator::new(&anchors).with_backend(backend);
        let judged = validator.validate(&der, Kind::Auth, now()).unwrap();
        let scheme = Scheme::from_p1(0x00).unwrap();
        let verified = validator.verify_challenge(&judged, scheme, &message(), &octets).unwrap();
        assert_eq!(verified.octets(), octets);
        assert_eq!((verified.scheme(), verified.phase()), (scheme, Phase::Valid));
        assert_eq!(verified.digest(), &digest());
        assert_eq!(verified.certificate_sha256(), &sha256(&der));
        assert_eq!(verified.hierarchy(), Hierarchy::Custom);
        let again = validator.verify_message(&judged, scheme, &digest(), &octets);
        assert_eq!(again, Ok(verified));

        let other = validator.verify_challenge(&judged, scheme, b"another challenge", &octets);
        assert_eq!(other, Err(SignatureError::Mismatch));
        // Another holder's key.
        let der = generated("auth-exponent-3");
        let judged = validator.validate(&der, Kind::Auth, now()).unwrap();
        let other = validator.verify_challenge(&judged, scheme, &message(), &octets);
        assert_eq!(other, Err(SignatureError::Mismatch));
    }
}

#[test]
fn outside_its_validity_a_key_proves_nothing() {
    let (root, der) = (generated("root"), generated("auth"));
    let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
    let octets = signature("pkcs1");
    let validator = Validator::new(&anchors);
    for (now, expected) in [
        ("2019-12-31T23:59:59Z", Err(Phase::NotYet)),
        ("2020-01-01T00:00:00Z", Ok(Phase::Valid)),
        ("2039-12-31T14:59:59Z", Ok(Phase::Expiring)),
        ("2040-03-31T14:59:59Z", Ok(Phase::Grace)),
        ("2040-03-31T15:00:00Z", Err(Phase::Over)),
    ] {
        let now = Time::parse_rfc3339(now).unwrap();
        let judged = validator.validate(&der, Kind::Auth, now).unwrap();
        let scheme = Scheme::Pkcs1v15Sha256;
        let result = validator.verify_challenge(&judged, scheme, &message(), &octets);
        let expected = expected.map_err(SignatureError::Phase);
        assert_eq!(result.map(|signature| signature.phase()), expected, "{now}");
    }
}

#[test]
fn the_digest_info_is_that_of_rfc_8017() {
    let digest = sha256(b"");
    let info = digest_info(&digest);
    assert_eq!(info[..4], [0x30, 0x31, 0x30, 0x0D]);
    assert_eq!(info[17..19], [0x04, 0x20]);
    assert_eq!(info[19..], digest);
    assert_eq!(digest[..4], [0xE3, 0xB0, 0xC4, 0x42]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to a signature, the back ends agree, and they refuse it.
    #[test]
    fn back_ends_agree(
        name in prop_oneof![Just("pkcs1"), Just("bare"), Just("pss-0"), Just("pss-max")],
        changes in proptest::collection::vec((0_usize..256, 1_u8..), 0..3),
        digest_bit in proptest::option::of(0_usize..256),
    ) {
        let der = generated("auth");
        let key = Certificate::parse(&der).unwrap().public_key().unwrap();
        let key = key.rsa().unwrap();
        let mut octets = signature(name);
        let original = octets.clone();
        for (index, change) in &changes {
            octets[*index] ^= change;
        }
        let mut digest = sha256(&message());
        if let Some(bit) = digest_bit {
            digest[bit / 8] ^= 1 << (bit % 8);
        }
        let genuine = octets == original && digest_bit.is_none();
        for (_, backend) in backends() {
            let result = match name {
                "pkcs1" => backend.verify_pkcs1v15(key, &digest_info(&digest), &octets),
                "bare" => backend.verify_pkcs1v15(key, &digest, &octets),
                _ => backend.verify_pss_sha256(key, &digest, &octets),
            };
            prop_assert_eq!(result, if genuine { Ok(()) } else { Err(BackendError::Mismatch) });
        }
    }

    /// Keys that nobody made are still judged alike.
    #[test]
    fn back_ends_agree_on_any_key(
        mut modulus in proptest::collection::vec(any::<u8>(), 256),
        octets in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        modulus[0] |= 0x80;
        modulus[255] |= 1;
        let key = kazasu_pki::rsa::RsaPublicKey::new(&modulus, 65_537).unwrap();
        for (_, backend) in backends() {
            let mismatch = Err(BackendError::Mismatch);
            prop_assert_eq!(backend.verify_pkcs1v15(&key, &[7; 32], &octets), mismatch);
            prop_assert_eq!(backend.verify_pss_sha256(&key, &[7; 32], &octets), mismatch);
        }
    }
}
