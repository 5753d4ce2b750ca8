//! ECDSA on P-384 with SHA-384 (FIPS 186-5, RFC 5480, RFC 5758): keys that are no points,
//! signatures out of range or in another encoding, hashes and algorithms that do not belong together.

use std::rc::Rc;

use kazasu_pki::{Error, Scheme, SignatureError};

use crate::{
    case::{Cases, Expected, Refusal, anchor, certificate},
    curve::{self, LENGTH, ORDER, minus, sha384, signature},
    der,
    key::{Keys, Signer as _, sha256},
    oid,
    world::{MESSAGE, Worlds, root_name},
};

const KEY: &str = "RFC 5480 2.1, 2.2";
const RANGE: &str = "FIPS 186-5 6.4.2 step 1";
const ENCODING: &str = "RFC 3279 2.2.3";
const PAIR: &str = "RFC 5758 3.2";

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    points(cases, keys, worlds);
    numbers(cases, keys, worlds);
    encodings(cases, keys, worlds);
    algorithms(cases, keys, worlds);
}

/// Makes a digest of a message.
type Digest = fn(&[u8]) -> Vec<u8>;

fn points(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let good = keys.curve_holder.point();
    let (_, coordinates) = good.split_at(1);
    let (x, y) = coordinates.split_at(LENGTH);
    let mut off = good.clone();
    off.iter_mut().rev().take(1).for_each(|octet| *octet ^= 1);
    let form = |first: u8, rest: &[&[u8]]| [&[first][..], &rest.concat()].concat();
    let beyond = vec![0xFF; LENGTH];
    for (name, hope, point) in [
        ("point-off-the-curve", "a point of a weaker curve", off),
        ("point-zero", "a point with no coordinates", form(4, &[&[0; 2 * LENGTH]])),
        ("point-at-infinity", "the neutral element verifies much", vec![0]),
        (
            "point-compressed",
            "two encodings of one key",
            form(2 + (y.last().copied().unwrap_or(0) & 1), &[x]),
        ),
        (
            "point-hybrid",
            "two encodings of one key",
            form(6 + (y.last().copied().unwrap_or(0) & 1), &[x, y]),
        ),
        ("point-x-beyond-the-prime", "a number that is reduced", form(4, &[&beyond, y])),
        ("point-y-beyond-the-prime", "a number that is reduced", form(4, &[x, &beyond])),
        ("point-swapped", "a point on the other side of the diagonal", form(4, &[y, x])),
        (
            "point-short",
            "a coordinate with a zero in front",
            form(4, &[x, y.get(1..).unwrap_or_default()]),
        ),
        ("point-long", "what follows is not read", form(4, &[x, y, &[0]])),
        ("point-of-p-256", "a point of another curve", form(4, &[&[0x11; 64]])),
        ("point-empty", "nothing is the neutral element", vec![]),
        ("point-without-form", "the first octet does not count", form(5, &[x, y])),
    ] {
        let info = curve::info(&point);
        cases.add(
            format!("curve-{name}"),
            hope,
            KEY,
            &worlds.curve,
            certificate(Error::Point),
            |w| {
                w.leaf.key_info = info.clone();
            },
        );
        cases.add(
            format!("curve-root-{name}"),
            hope,
            KEY,
            &worlds.curve,
            anchor(Error::Point),
            |w| {
                w.root(|draft| draft.key_info = info);
            },
        );
    }

    let explicit = der::sequence(&[&der::integer(&[1]), &der::sequence(&[])]);
    for (name, hope, parameters, error) in [
        (
            "p-256",
            "a curve that is not in the profile",
            der::oid(oid::P256),
            Error::UnsupportedCurve,
        ),
        (
            "p-521",
            "a curve that is not in the profile",
            der::oid(oid::P521),
            Error::UnsupportedCurve,
        ),
        ("unknown", "a curve of its own", der::oid("1.2.3.4.5.6.7"), Error::UnsupportedCurve),
        ("explicit", "a generator of its own (CVE-2020-0601)", explicit, Error::ExplicitCurve),
        ("inherited", "the issuer's curve, whichever that is", der::null(), Error::ExplicitCurve),
    ] {
        let algorithm = der::algorithm(oid::EC_PUBLIC_KEY, &parameters);
        let info = der::sequence(&[&algorithm, &der::bits(&good)]);
        cases.add(
            format!("curve-named-{name}"),
            hope,
            KEY,
            &worlds.curve,
            certificate(error),
            |w| {
                w.leaf.key_info = info;
            },
        );
    }
    let agreement = der::algorithm(oid::EC_DH, &der::oid(oid::P384));
    let info = der::sequence(&[&agreement, &der::bits(&good)]);
    cases.add(
        "curve-key-to-agree-with",
        "a key to agree with signs",
        "RFC 5480 2.1.2",
        &worlds.curve,
        certificate(Error::UnsupportedKey),
        |w| {
            w.leaf.key_info = info;
        },
    );
}

fn numbers(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let bad = certificate(Error::BadSignature);
    let root = &keys.curve_root;
    let (zero, one) = (vec![0; LENGTH], [&[0; LENGTH - 1][..], &[1]].concat());
    let ones = vec![0xFF; LENGTH];
    let order = ORDER.to_vec();
    type Change = Box<dyn Fn(Vec<u8>, Vec<u8>) -> (Vec<u8>, Vec<u8>)>;
    let fixed = |r: &Vec<u8>, s: &Vec<u8>| -> Change {
        let (r, s) = (r.clone(), s.clone());
        Box::new(move |_, _| (r.clone(), s.clone()))
    };
    let table: Vec<(&str, &str, Change)> = vec![
        ("zero-zero", "both are zero (CVE-2022-21449)", fixed(&zero, &zero)),
        (
            "zero-r",
            "a point at infinity",
            Box::new({
                let zero = zero.clone();
                move |_, s| (zero.clone(), s)
            }),
        ),
        ("zero-s", "a division by zero", Box::new(move |r, _| (r, zero.clone()))),
        ("one-one", "the smallest of all", fixed(&one, &one)),
        ("order-order", "zero in another form", fixed(&order, &order)),
        (
            "order-r",
            "zero in another form",
            Box::new({
                let order = order.clone();
                move |_, s| (order.clone(), s)
            }),
        ),
        ("order-s", "zero in another form", Box::new(move |r, _| (r, order.clone()))),
        ("all-ones", "numbers beyond the order", fixed(&ones, &ones)),
        ("swapped", "order does not matter", Box::new(|r, s| (s, r))),
        ("negative-r", "the other point", Box::new(|r, s| (minus(&ORDER, &r), s))),
        ("r-for-s", "one number will do", Box::new(|r, _| (r.clone(), r))),
    ];
    for (name, hope, change) in table {
        let change = Rc::new(change);
        let (signer, with) = (Rc::clone(root), Rc::clone(&change));
        cases.add(
            format!("curve-signature-{name}"),
            hope,
            RANGE,
            &worlds.curve,
            bad.clone(),
            |w| {
                w.leaf.sign = Rc::new(move |tbs| {
                    let (r, s) = signer.numbers(&sha384(tbs));
                    let (r, s) = with(r, s);
                    signature(&r, &s)
                });
            },
        );
        let (r, s) = keys.curve_holder.numbers(&sha384(MESSAGE));
        let (r, s) = change(r, s);
        let mismatch = Expected::Exactly(Refusal::Challenge(SignatureError::Mismatch));
        cases.add(
            format!("curve-challenge-{name}"),
            hope,
            RANGE,
            &worlds.curve,
            mismatch.clone(),
            |w| {
                w.challenge.signature = Some(signature(&r, &s));
            },
        );
        let mut plain = worlds.curve.clone();
        plain.challenge.scheme = Scheme::EcdsaP384Sha384Plain;
        let (good_r, good_s) = keys.curve_holder.numbers(&sha384(MESSAGE));
        plain.challenge.signature = Some([good_r, good_s].concat());
        cases.add(format!("curve-plain-challenge-{name}"), hope, RANGE, &plain, mismatch, |w| {
            w.challenge.signature = Some([r, s].concat());
        });
    }
    let digests: [(&str, &str, Digest); 4] = [
        ("sha-256", "a shorter digest is padded", sha256),
        ("digest-of-nothing", "a digest that was never finished", |_| sha384(&[])),
        ("digest-zero", "a digest of zeros", |_| vec![0; LENGTH]),
        ("twice-hashed", "one digest too many", |message| sha384(&sha384(message))),
    ];
    for (name, hope, digest) in digests {
        let signer = Rc::clone(root);
        cases.add(
            format!("curve-signature-of-{name}"),
            hope,
            PAIR,
            &worlds.curve,
            bad.clone(),
            |w| {
                w.leaf.sign = Rc::new(move |tbs| {
                    let (r, s) = signer.numbers(&digest(tbs));
                    signature(&r, &s)
                });
            },
        );
    }
    for (name, hope, signer) in [
        ("an-attacker", "a valid signature, of nobody", &keys.curve_attacker),
        ("the-holder", "whoever is certified certifies", &keys.curve_holder),
    ] {
        cases.add(
            format!("curve-signed-by-{name}"),
            hope,
            "RFC 5280 6.1.3 (a)(1)",
            &worlds.curve,
            bad.clone(),
            |w| {
                w.leaf.sign_with(signer);
            },
        );
    }
}

/// Makes other octets of r and s.
type Encode = fn(&[u8], &[u8]) -> Vec<u8>;

const ENCODINGS: &[(&str, &str, Encode)] = &[
    ("empty", "nothing to check", |_, _| vec![]),
    ("empty-sequence", "no numbers, nothing to check", |_, _| der::sequence(&[])),
    ("one-number", "one number will do", |r, _| der::sequence(&[&der::unsigned(r)])),
    ("three-numbers", "what follows is not read", |r, s| {
        der::sequence(&[&der::unsigned(r), &der::unsigned(s), &der::unsigned(s)])
    }),
    ("trailing-octet", "what follows is not read", |r, s| [&signature(r, s)[..], &[0]].concat()),
    ("set", "order does not matter", |r, s| der::set(&[&der::unsigned(r), &der::unsigned(s)])),
    ("plain", "one form is as good as another", |r, s| [r, s].concat()),
    ("long-length", "two encodings of one signature", |r, s| {
        der::long_length(0x30, &[der::unsigned(r), der::unsigned(s)].concat())
    }),
    ("indefinite-length", "two encodings of one signature", |r, s| {
        der::indefinite(0x30, &[der::unsigned(r), der::unsigned(s)].concat())
    }),
    ("padded-r", "two encodings of one signature", |r, s| {
        der::sequence(&[&der::integer(&[&[0, 0], r].concat()), &der::unsigned(s)])
    }),
    ("padded-s", "two encodings of one signature", |r, s| {
        der::sequence(&[&der::unsigned(r), &der::integer(&[&[0, 0], s].concat())])
    }),
    ("negative-s", "a sign is dropped", |r, s| {
        der::sequence(&[&der::unsigned(r), &der::integer(&[&[0x80], s].concat())])
    }),
    ("long-s", "a number that is cut", |r, s| {
        der::sequence(&[&der::unsigned(r), &der::integer(&[&[1], s].concat())])
    }),
    ("empty-r", "an empty number is zero", |_, s| {
        der::sequence(&[&der::integer(&[]), &der::unsigned(s)])
    }),
    ("octets", "octets are octets", |r, s| der::sequence(&[&der::octets(r), &der::octets(s)])),
    ("wrapped", "what is wrapped is unwrapped", |r, s| der::sequence(&[&signature(r, s)])),
];

fn encodings(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    for (name, hope, encode) in ENCODINGS {
        let (signer, encode) = (Rc::clone(&keys.curve_root), *encode);
        let expected = certificate(Error::SignatureEncoding);
        cases.add(
            format!("curve-encoding-{name}"),
            *hope,
            ENCODING,
            &worlds.curve,
            expected,
            |w| {
                w.leaf.sign = Rc::new(move |tbs| {
                    let (r, s) = signer.numbers(&sha384(tbs));
                    encode(&r, &s)
                });
            },
        );
        let (r, s) = keys.curve_holder.numbers(&sha384(MESSAGE));
        let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Encoding));
        cases.add(
            format!("curve-challenge-encoding-{name}"),
            *hope,
            ENCODING,
            &worlds.curve,
            expected,
            |w| {
                w.challenge.signature = Some(encode(&r, &s));
            },
        );
    }
}

fn algorithms(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    for (name, hope, algorithm) in [
        ("sha-1", "a chosen-prefix collision", der::algorithm(oid::ECDSA_WITH_SHA1, &[])),
        ("sha-256", "a shorter digest", der::algorithm(oid::ECDSA_WITH_SHA256, &[])),
        ("sha-512", "a digest that is cut", der::algorithm(oid::ECDSA_WITH_SHA512, &[])),
        (
            "null",
            "two encodings of one algorithm",
            der::algorithm(oid::ECDSA_WITH_SHA384, &der::null()),
        ),
        (
            "curve-as-parameters",
            "a curve of its own",
            der::algorithm(oid::ECDSA_WITH_SHA384, &der::oid(oid::P256)),
        ),
    ] {
        let expected = certificate(Error::UnsupportedAlgorithm);
        cases.add(format!("curve-algorithm-{name}"), hope, PAIR, &worlds.curve, expected, |w| {
            w.leaf.algorithms(algorithm)
        });
    }
    let belongs = certificate(Error::KeyAlgorithm);
    let hope = "a key of one kind is used as one of the other";
    let ecdsa = der::algorithm(oid::ECDSA_WITH_SHA384, &[]);
    cases.add("curve-algorithm-with-an-rsa-root", hope, PAIR, &worlds.auth, belongs.clone(), |w| {
        w.leaf.algorithms(ecdsa)
    });
    let rsa = der::algorithm(oid::SHA256_WITH_RSA, &der::null());
    cases.add("rsa-algorithm-with-a-curve-root", hope, PAIR, &worlds.curve, belongs, |w| {
        w.leaf.algorithms(rsa)
    });
    cases.add(
        "curve-leaf-under-the-rsa-root-of-its-name",
        "the name of a root is its proof",
        "RFC 5280 6.1.3",
        &worlds.curve,
        certificate(Error::UnknownIssuer),
        |w| {
            w.roots
                .iter_mut()
                .for_each(|it| it.draft = crate::world::root(&root_name(), &keys.root_auth));
        },
    );

    let scheme = Expected::Exactly(Refusal::Challenge(SignatureError::Scheme));
    for (name, template, other) in [
        ("rsa-scheme-with-a-curve-key", &worlds.curve, Scheme::Pkcs1v15Sha256),
        ("pss-scheme-with-a-curve-key", &worlds.curve, Scheme::PssSha256),
        ("curve-scheme-with-an-rsa-key", &worlds.auth, Scheme::EcdsaP384Sha384),
        ("plain-curve-scheme-with-an-rsa-key", &worlds.auth, Scheme::EcdsaP384Sha384Plain),
    ] {
        cases.add(format!("challenge-{name}"), hope, PAIR, template, scheme.clone(), |w| {
            w.challenge.scheme = other
        });
    }
    let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Encoding));
    cases.add(
        "challenge-der-as-plain",
        "one form is as good as another",
        ENCODING,
        &worlds.curve,
        expected,
        |w| {
            w.challenge.scheme = Scheme::EcdsaP384Sha384Plain;
        },
    );
    let mismatch = Expected::Exactly(Refusal::Challenge(SignatureError::Mismatch));
    for (name, hope, answer) in [
        ("replayed", "an answer to an earlier challenge", keys.curve_holder.sign(b"yesterday")),
        ("of-another-card", "a card of somebody else answers", keys.curve_attacker.sign(MESSAGE)),
        ("of-the-root", "whoever certified it answers", keys.curve_root.sign(MESSAGE)),
    ] {
        cases.add(
            format!("curve-challenge-{name}"),
            hope,
            "FIPS 186-5 6.4.2",
            &worlds.curve,
            mismatch.clone(),
            |w| {
                w.challenge.signature = Some(answer);
            },
        );
    }
}
