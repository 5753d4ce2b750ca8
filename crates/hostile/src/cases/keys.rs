//! The subject's key (RFC 5280 section 4.1.2.7, RFC 3279 section 2.3.1, RFC 8017 section 3.1).

use kazasu_pki::{Error, SignatureError};
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Refusal, Where, certificate, malformed},
    der,
    key::{self, Keys},
    oid,
    world::Worlds,
};

const KEY: &str = "RFC 8017 3.1";
const LENGTH: &str = "docs/card-facts.md 4.1 (RSA-2048)";
const STRUCTURE: &str = "RFC 3279 2.3.1";

/// The exponent of every key of the JPKI.
const E: &[u8] = &[1, 0, 1];

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    numbers(cases, keys, worlds);
    encodings(cases, keys, worlds);
    algorithms(cases, keys, worlds);
}

/// An odd number of so many bits.
fn odd(bits: usize) -> Vec<u8> {
    let mut number = vec![0xA5; bits.div_ceil(8)];
    let above = number.len() * 8 - bits;
    number.iter_mut().take(1).for_each(|octet| *octet = 0xFF >> above);
    number
}

fn put(
    cases: &mut Cases,
    worlds: &Worlds,
    name: &str,
    hope: &str,
    clause: &'static str,
    info: Vec<u8>,
    expected: Expected,
) {
    cases.add(name, hope, clause, &worlds.auth, expected, |w| w.leaf.key_info = info);
}

fn numbers(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    for bits in [1, 512, 768, 1024, 1536, 2047] {
        let name = format!("modulus-of-{bits}-bits");
        let expected = certificate(Error::WeakKey { bits });
        put(
            cases,
            worlds,
            &name,
            "a key that can be factored",
            LENGTH,
            key::info(&odd(bits), 65_537),
            expected,
        );
    }
    let zero = certificate(Error::WeakKey { bits: 0 });
    put(cases, worlds, "modulus-zero", "a division by zero", KEY, key::info(&[], 65_537), zero);
    let long = key::info(&odd(16_384), 65_537);
    let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Key(Error::KeyTooLong {
        bits: 16_384,
    })));
    put(
        cases,
        worlds,
        "modulus-of-16384-bits",
        "a check that takes minutes",
        "bounded work",
        long,
        expected,
    );

    let unsupported = || certificate(Error::UnsupportedKey);
    let mut even = keys.holder.modulus();
    if let Some(last) = even.last_mut() {
        *last &= 0xFE;
    }
    put(
        cases,
        worlds,
        "modulus-even",
        "arithmetic that needs an odd number",
        KEY,
        key::info(&even, 65_537),
        unsupported(),
    );
    for (name, hope, exponent) in [
        ("exponent-0", "every signature is 1", 0),
        ("exponent-1", "every signature is its own block", 1),
        ("exponent-2", "a square root is easy to some", 2),
        ("exponent-65536", "no key has it", 65_536),
    ] {
        let info = key::info(&keys.holder.modulus(), exponent);
        put(cases, worlds, name, hope, KEY, info, unsupported());
    }
    for (name, exponent) in [
        ("exponent-of-33-bits", vec![1, 0, 0, 0, 1]),
        ("exponent-wraps-to-65537", vec![1, 0, 1, 0, 1, 0, 1]),
        ("exponent-as-long-as-the-modulus", odd(2047)),
    ] {
        let modulus = der::unsigned(&keys.holder.modulus());
        let info = key::info_of(&der::sequence(&[&modulus, &der::unsigned(&exponent)]));
        put(
            cases,
            worlds,
            name,
            "a check that takes minutes, or a number that is cut",
            KEY,
            info,
            unsupported(),
        );
    }
}

fn encodings(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let modulus = keys.holder.modulus();
    let (n, e) = (der::unsigned(&modulus), der::unsigned(E));
    let pair = |n: &[u8], e: &[u8]| key::info_of(&der::sequence(&[n, e]));
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    let after = |kind, octets: &[u8], further| {
        Expected::At(Where::MalformedAfter(kind, further), octets.to_vec())
    };

    let negative = der::integer(&modulus);
    let padded = der::integer(&[&[0, 0][..], &modulus].concat());
    let e_negative = der::integer(&[0x81, 0, 1]);
    let e_padded = der::integer(&[0, 1, 0, 1]);
    let e_empty = der::integer(&[]);
    for (name, hope, info, expected) in [
        (
            "modulus-negative",
            "a sign is dropped",
            pair(&negative, &e),
            malformed(ErrorKind::Negative, &negative),
        ),
        (
            "modulus-leading-zeros",
            "a short key looks long",
            pair(&padded, &e),
            malformed(ErrorKind::InvalidContent, &padded),
        ),
        (
            "modulus-of-another-type",
            "octets are octets",
            pair(&der::octets(&modulus), &e),
            malformed(unexpected(tags::INTEGER, tags::OCTET_STRING), &der::octets(&modulus)),
        ),
        (
            "exponent-negative",
            "a sign is dropped",
            pair(&n, &e_negative),
            after(ErrorKind::Negative, &[&n[..], &e_negative].concat(), n.len()),
        ),
        (
            "exponent-leading-zeros",
            "two encodings of one key",
            pair(&n, &e_padded),
            after(ErrorKind::InvalidContent, &[&n[..], &e_padded].concat(), n.len()),
        ),
        (
            "exponent-empty",
            "an empty number is zero",
            pair(&n, &e_empty),
            after(ErrorKind::InvalidContent, &[&n[..], &e_empty].concat(), n.len()),
        ),
        (
            "exponent-missing",
            "an exponent of its choice",
            pair(&n, &[]),
            after(ErrorKind::Overrun, &n, n.len()),
        ),
        (
            "key-of-three-numbers",
            "a private key, or more than one",
            pair(&n, &[&e[..], &e].concat()),
            after(ErrorKind::TrailingBytes, &n, n.len() + e.len()),
        ),
        (
            "key-with-trailing-octets",
            "room for a collision",
            key::info_of(&[der::sequence(&[&n, &e]), der::null()].concat()),
            after(ErrorKind::TrailingBytes, &n, n.len() + e.len()),
        ),
        (
            "key-not-a-sequence",
            "any list is a key",
            key::info_of(&der::set(&[&n, &e])),
            after(unexpected(tags::SEQUENCE, tags::SET), &der::set(&[&n, &e]), 0),
        ),
    ] {
        put(cases, worlds, name, hope, STRUCTURE, info, expected);
    }

    let algorithm = der::algorithm(oid::RSA_ENCRYPTION, &der::null());
    let key = der::sequence(&[&n, &e]);
    let string = |unused: u8| der::element(3, &[&[unused], &key[..]].concat());
    for (name, hope, string, kind) in [
        ("key-unused-bits", "the last bits do not count", string(1), ErrorKind::InvalidContent),
        ("key-eight-unused-bits", "a number out of range", string(8), ErrorKind::InvalidContent),
        (
            "key-without-unused-bits",
            "an empty string",
            der::element(3, &[]),
            ErrorKind::InvalidContent,
        ),
        (
            "key-in-octets",
            "a string is a string",
            der::octets(&[&[0], &key[..]].concat()),
            unexpected(tags::BIT_STRING, tags::OCTET_STRING),
        ),
    ] {
        let info = der::sequence(&[&algorithm, &string]);
        let place = after(kind, &info, info.len() - string.len());
        put(cases, worlds, name, hope, "RFC 5280 4.1.2.7", info, place);
    }
    let more = der::sequence(&[&algorithm, &der::bits(&key), &der::null()]);
    let place = after(ErrorKind::TrailingBytes, &more, more.len() - 2);
    put(
        cases,
        worlds,
        "key-info-with-trailing-octets",
        "room for a collision",
        "RFC 5280 4.1.2.7",
        more,
        place,
    );
    let octets = der::octets(&der::sequence(&[&algorithm, &der::bits(&key)]));
    let place = malformed(unexpected(tags::SEQUENCE, tags::OCTET_STRING), &octets);
    put(
        cases,
        worlds,
        "key-info-in-octets",
        "what is wrapped is not checked",
        "RFC 5280 4.1.2.7",
        octets,
        place,
    );
    let alone = der::sequence(&[&algorithm]);
    let place = after(ErrorKind::Overrun, &alone, alone.len());
    put(cases, worlds, "key-missing", "no key, nothing to check", "RFC 5280 4.1.2.7", alone, place);
}

fn algorithms(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let (n, e) = (der::unsigned(&keys.holder.modulus()), der::unsigned(E));
    let key = der::bits(&der::sequence(&[&n, &e]));
    let info = |algorithm: &[u8]| der::sequence(&[algorithm, &key]);
    let unsupported = || certificate(Error::UnsupportedKey);
    for (name, hope, info) in [
        ("key-rsa-pss", "a key for another scheme", info(&der::algorithm(oid::RSA_PSS, &[]))),
        (
            "key-ed25519",
            "a kind that is passed over",
            der::sequence(&[&der::algorithm(oid::ED25519, &[]), &der::bits(&[0x11; 32])]),
        ),
        (
            "key-unknown",
            "a kind that is passed over",
            info(&der::algorithm("1.2.3.4.5.6.7", &der::null())),
        ),
        (
            "key-with-a-signature-algorithm",
            "a prefix is enough",
            info(&der::algorithm(oid::SHA256_WITH_RSA, &der::null())),
        ),
    ] {
        put(cases, worlds, name, hope, "RFC 5280 4.1.2.7", info, unsupported());
    }
    let unexpected = |found| ErrorKind::UnexpectedTag { expected: tags::NULL, found };
    let none = der::algorithm(oid::RSA_ENCRYPTION, &[]);
    let other = der::algorithm(oid::RSA_ENCRYPTION, &der::octets(&[]));
    let content = der::algorithm(oid::RSA_ENCRYPTION, &der::element(5, &[0]));
    let twice = der::algorithm(oid::RSA_ENCRYPTION, &[der::null(), der::null()].concat());
    for (name, algorithm, kind, back) in [
        ("absent", none, ErrorKind::Overrun, 0),
        ("octets", other, unexpected(tags::OCTET_STRING), 2),
        ("null-with-content", content, ErrorKind::InvalidContent, 3),
        ("twice", twice, ErrorKind::TrailingBytes, 2),
    ] {
        let place = Where::MalformedAfter(kind, algorithm.len() - back);
        let expected = Expected::At(place, algorithm.clone());
        let name = format!("key-parameters-{name}");
        put(
            cases,
            worlds,
            &name,
            "two encodings of one key",
            STRUCTURE,
            info(&algorithm),
            expected,
        );
    }
}
