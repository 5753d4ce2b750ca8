//! The card of 2028 in a synthetic hierarchy (ECDSA P-384 with SHA-384), through the same calls as
//! today's; and a build that is without the feature `p384`, which says so.
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

mod common;

use common::{backends, now};
use kazasu_pki::{Anchor, Anchors, Error, Kind, Validator};
use kazasu_virtual_card::{
    CertificateKind,
    synthetic::{Draft, SYNTHETIC_NAME, SyntheticKey},
};

/// A root, and a holder's certificate and key of a kind under it.
struct Card {
    root: Vec<u8>,
    certificate: Vec<u8>,
    key: SyntheticKey,
}

fn card(kind: CertificateKind) -> Card {
    let (root_key, key) =
        (SyntheticKey::p384("root").unwrap(), SyntheticKey::p384("card").unwrap());
    let root = Draft::authority("ROOT", &root_key, "ROOT", &root_key).unwrap();
    let holder = Draft::holder(kind, &key, "ROOT", &root_key).unwrap();
    Card { root: root.sign(&root_key).unwrap(), certificate: holder.sign(&root_key).unwrap(), key }
}

#[test]
fn everything_says_that_it_is_synthetic() {
    let card = card(CertificateKind::Auth);
    for der in [&card.root, &card.certificate] {
        let certificate = kazasu_pki::Certificate::parse(der).unwrap();
        assert!(certificate.issuer().to_string().contains("NOT A REAL CARD"));
        assert!(certificate.subject().to_string().contains(SYNTHETIC_NAME));
    }
}

/// The root cannot be brought, and the certificate is not mistaken for one of an unknown root.
#[cfg(not(feature = "p384"))]
#[test]
fn without_the_feature_it_is_refused_by_that_name() {
    let card = card(CertificateKind::Auth);
    assert_eq!(Anchor::custom(&card.root).err(), Some(Error::P384Disabled));
    let anchors = Anchors::production();
    for (_, backend) in backends() {
        let validator = Validator::new(&anchors).with_backend(backend);
        let result = validator.validate(&card.certificate, Kind::Auth, now());
        assert_eq!(result.err(), Some(Error::P384Disabled));
    }
    assert!(Error::P384Disabled.to_string().contains("feature `p384`"));
    // A key on P-384 under an authority of today.
    let today = SyntheticKey::rsa(0).unwrap();
    let root = Draft::authority("ROOT", &today, "ROOT", &today).unwrap().sign(&today).unwrap();
    let mixed = Draft::holder(CertificateKind::Auth, &card.key, "ROOT", &today).unwrap();
    let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
    let der = mixed.sign(&today).unwrap();
    let result = Validator::new(&anchors).validate(&der, Kind::Auth, now());
    assert_eq!(result.err(), Some(Error::P384Disabled));
}

#[cfg(feature = "p384")]
mod with_the_feature {
    use super::*;
    use kazasu_pki::{
        Certificate, Digest, HashAlgorithm, PublicKey, Scheme, SignatureAlgorithm, SignatureError,
    };

    const CHALLENGE: &[u8] = b"a challenge of no card";

    #[test]
    fn both_kinds_and_their_challenges() {
        for (made, kind) in
            [(CertificateKind::Auth, Kind::Auth), (CertificateKind::Sign, Kind::Sign)]
        {
            let card = card(made);
            let anchors = Anchors::production().with(Anchor::custom(&card.root).unwrap()).unwrap();
            for (name, backend) in backends() {
                let validator = Validator::new(&anchors).with_backend(backend);
                let judged = validator.validate(&card.certificate, kind, now()).unwrap();
                assert!(matches!(judged.public_key(), PublicKey::P384(_)));
                let verify = |scheme, signature: &[u8]| {
                    let result = validator.verify_challenge(&judged, scheme, CHALLENGE, signature);
                    result.map(|verified| {
                        let digest = Digest::of(HashAlgorithm::Sha384, CHALLENGE);
                        assert_eq!((verified.digest(), verified.scheme()), (&digest, scheme));
                    })
                };
                let (value, plain) =
                    (card.key.sign(CHALLENGE).unwrap(), card.key.sign_plain(CHALLENGE).unwrap());
                assert_eq!(verify(Scheme::EcdsaP384Sha384, &value), Ok(()), "{name}");
                assert_eq!(verify(Scheme::EcdsaP384Sha384Plain, &plain), Ok(()), "{name}");
                // Each in the form of the other.
                let encoding = Err(SignatureError::Encoding);
                assert_eq!(verify(Scheme::EcdsaP384Sha384, &plain), encoding);
                assert_eq!(verify(Scheme::EcdsaP384Sha384Plain, &value), encoding);
                // A scheme of the other key.
                for scheme in [Scheme::Pkcs1v15Sha256, Scheme::PssSha256] {
                    assert_eq!(verify(scheme, &value), Err(SignatureError::Scheme));
                }
                for at in 0..96 {
                    let mut damaged = plain.clone();
                    damaged[at] ^= 0x40;
                    let mismatch = Err(SignatureError::Mismatch);
                    assert_eq!(verify(Scheme::EcdsaP384Sha384Plain, &damaged), mismatch);
                }
                // A digest of the other hash function.
                let short = Digest::of(HashAlgorithm::Sha256, CHALLENGE);
                let result =
                    validator.verify_message(&judged, Scheme::EcdsaP384Sha384, &short, &value);
                assert_eq!(result.err(), Some(SignatureError::Scheme));
            }
        }
    }

    /// One pair of numbers has one encoding (X.690): everything else is no signature.
    #[test]
    fn a_signature_has_one_encoding() {
        let card = card(CertificateKind::Auth);
        let certificate = Certificate::parse(&card.certificate).unwrap();
        let digest = Digest::of(HashAlgorithm::Sha384, CHALLENGE);
        let plain = card.key.sign_plain(CHALLENGE).unwrap();
        let (r, s) = plain.split_at(48);
        let number = |number: &[u8], zeros: usize| {
            let content = [&vec![0; zeros][..], number].concat();
            [&[0x02, u8::try_from(content.len()).unwrap()][..], &content].concat()
        };
        let sequence =
            |content: &[u8]| [&[0x30, u8::try_from(content.len()).unwrap()][..], content].concat();
        let needed = |number: &[u8]| usize::from(number[0] >= 0x80);
        let both = [number(r, needed(r)), number(s, needed(s))].concat();
        let check = |signature: &[u8]| {
            let backend = kazasu_pki::rsa::Fixed::new();
            let scheme = Scheme::EcdsaP384Sha384;
            kazasu_pki::verify_signature_only(&backend, &certificate, scheme, &digest, signature)
        };
        let right = sequence(&both);
        assert_eq!(check(&right), Ok(()));
        let length = u8::try_from(both.len()).unwrap();
        for (what, wrong) in [
            (
                "zeros in front",
                sequence(&[number(r, needed(r) + 1), number(s, needed(s))].concat()),
            ),
            ("long length", [&[0x30, 0x81, length][..], &both].concat()),
            ("octets after", [&right[..], &[0]].concat()),
            ("octets after the numbers", sequence(&[&both[..], &[0x05, 0x00]].concat())),
            ("one number", sequence(&number(r, needed(r)))),
            ("too long", sequence(&[number(&[1; 49], 0), number(s, needed(s))].concat())),
            ("negative", sequence(&[number(&[0x80], 0), number(s, needed(s))].concat())),
            ("a set", [&[0x31, length][..], &both].concat()),
            ("nothing", Vec::new()),
            ("unfinished", right[..right.len() - 1].to_vec()),
        ] {
            assert_eq!(check(&wrong), Err(SignatureError::Encoding), "{what}");
        }
        let zero = sequence(&[number(&[0], 0), number(s, needed(s))].concat());
        assert_eq!(check(&zero), Err(SignatureError::Mismatch));
    }

    /// What a key may look like in a certificate.
    #[test]
    fn keys_that_are_not_exactly_on_p_384() {
        let root_key = SyntheticKey::p384("root").unwrap();
        let root = Draft::authority("ROOT", &root_key, "ROOT", &root_key).unwrap();
        let root = root.sign(&root_key).unwrap();
        let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
        let key = SyntheticKey::p384("card").unwrap();
        let judge = |info: &[u8]| {
            let mut holder = Draft::holder(CertificateKind::Auth, &key, "ROOT", &root_key).unwrap();
            holder.public_key_info = info.to_vec();
            let der = holder.sign(&root_key).unwrap();
            Validator::new(&anchors).validate(&der, Kind::Auth, now()).err()
        };
        let info = key.public_key_info().unwrap();
        assert_eq!(judge(&info), None);
        // SEQUENCE { SEQUENCE { id-ecPublicKey, secp384r1 }, BIT STRING 00 04 x y }.
        let curve = info.windows(5).position(|it| it == [0x2B, 0x81, 0x04, 0x00, 0x22]).unwrap();
        let changed = |at: usize, to: u8| {
            let mut info = info.clone();
            info[at] = to;
            judge(&info)
        };
        // secp521r1, by one octet.
        assert_eq!(changed(curve + 4, 0x23), Some(Error::UnsupportedCurve));
        // The parameters as something other than a name: explicit or inherited.
        assert_eq!(changed(curve - 2, 0x04), Some(Error::ExplicitCurve));
        let point = curve + 5 + 3;
        assert_eq!(info[point], 0x04);
        for form in [0x00, 0x02, 0x03, 0x05, 0x06, 0x07] {
            assert_eq!(changed(point, form), Some(Error::Point), "{form}");
        }
        for (at, octet) in info.iter().enumerate().skip(point + 1) {
            assert_eq!(changed(at, octet ^ 0x01), Some(Error::Point), "{at}");
        }
        let implicit =
            [0x30, 0x10, 0x30, 0x0B, 6, 7, 42, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 5, 0, 3, 1, 0];
        assert_eq!(judge(&implicit), Some(Error::ExplicitCurve));
    }

    /// Parameters where there must be none, and none where there must be NULL.
    #[test]
    fn algorithm_identifiers_are_compared_whole() {
        let with_null = [0x30, 0x0C, 6, 8, 42, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3, 5, 0];
        let sha512 = [0x30, 0x0A, 6, 8, 42, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4];
        let sha256 = [0x30, 0x0A, 6, 8, 42, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
        for wrong in [&with_null[..], &sha512, &sha256, &[]] {
            assert_eq!(SignatureAlgorithm::parse(wrong).err(), Some(Error::UnsupportedAlgorithm));
        }
        for known in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::parse(known.identifier()), Ok(*known));
            let shorter = &known.identifier()[..known.identifier().len() - 1];
            assert!(SignatureAlgorithm::parse(shorter).is_err());
        }
    }

    /// The roots of the JPKI sign by the algorithms of today only; a P-384 key is not theirs.
    #[test]
    fn an_algorithm_and_a_key_that_do_not_fit() {
        let (today, next) = (SyntheticKey::rsa(0).unwrap(), SyntheticKey::p384("root").unwrap());
        let root = Draft::authority("ROOT", &today, "ROOT", &today).unwrap().sign(&today).unwrap();
        let mut holder = Draft::holder(CertificateKind::Auth, &next, "ROOT", &today).unwrap();
        let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
        let judge = |der: &[u8]| Validator::new(&anchors).validate(der, Kind::Auth, now()).err();
        assert_eq!(judge(&holder.sign(&today).unwrap()), None);
        // Signed by P-384 and pointing at an RSA root.
        assert_eq!(judge(&holder.sign(&next).unwrap()), Some(Error::KeyAlgorithm));
        holder.serial = vec![1];
        let profile = kazasu_pki::Profile::new(Kind::Auth)
            .with_algorithms(&[SignatureAlgorithm::SHA256_WITH_RSA]);
        let anchor = Anchor::custom(&root).unwrap().with_profile(Kind::Auth, &profile);
        let anchors = Anchors::none().with(anchor).unwrap();
        let der = holder.sign(&today).unwrap();
        let result = Validator::new(&anchors).validate(&der, Kind::Auth, now());
        assert_eq!(result.err(), Some(Error::UnsupportedKey));
    }
}
