//! Extensions as such: duplicates, criticality, structure (RFC 5280 section 4.2), and the
//! identifiers of keys (4.2.1.1).

use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Where, certificate},
    der,
    draft::Extension,
    oid,
    world::{Worlds, attributes},
};

const EXTENSIONS: &str = "RFC 5280 4.2";
const AUTHORITY: &str = "RFC 5280 4.2.1.1";

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) {
    duplicates(cases, worlds);
    critical(cases, worlds);
    structure(cases, worlds);
    authority_key_identifier(cases, worlds);
}

fn duplicates(cases: &mut Cases, worlds: &Worlds) {
    let ca = der::sequence(&[&der::boolean(0xFF)]);
    for (name, hope, extension) in [
        (
            "key-usage",
            "the first is checked and the last believed",
            Extension::new(oid::KEY_USAGE, true, der::element(3, &[1, 0x86])),
        ),
        (
            "extended-key-usage",
            "the first is checked and the last believed",
            Extension::new(
                oid::EXTENDED_KEY_USAGE,
                false,
                crate::world::purposes(&[oid::ANY_PURPOSE]),
            ),
        ),
        (
            "policies",
            "policies add up",
            Extension::new(
                oid::CERTIFICATE_POLICIES,
                true,
                crate::world::policies(&[oid::SIGN_POLICY]),
            ),
        ),
        (
            "authority-key-identifier",
            "two issuers to choose from",
            Extension::new(
                oid::AUTHORITY_KEY_IDENTIFIER,
                false,
                der::sequence(&[&der::element(0x80, &[7; 20])]),
            ),
        ),
        (
            "subject-key-identifier",
            "two names of one key",
            Extension::new(oid::SUBJECT_KEY_IDENTIFIER, false, der::octets(&[7; 20])),
        ),
        (
            "key-usage-not-critical",
            "criticality makes it another",
            Extension::new(oid::KEY_USAGE, false, der::element(3, &[7, 0x80])),
        ),
    ] {
        let expected = certificate(Error::DuplicateExtension);
        cases.add(format!("duplicate-{name}"), hope, EXTENSIONS, &worlds.auth, expected, |w| {
            w.leaf.extensions.push(extension);
        });
    }
    let extension =
        Extension::new(oid::SUBJECT_ALT_NAME, false, der::sequence(&[&attributes().concat()]));
    cases.add(
        "duplicate-subject-alt-name",
        "one holder is shown and the other registered",
        EXTENSIONS,
        &worlds.sign,
        certificate(Error::DuplicateExtension),
        |w| w.leaf.extensions.push(extension),
    );
    for (name, identifier, value) in [
        ("unknown", "1.2.3.4.5.6.7", der::null()),
        ("basic-constraints", oid::BASIC_CONSTRAINTS, ca),
    ] {
        let expected = certificate(Error::DuplicateExtension);
        cases.add(
            format!("duplicate-{name}"),
            "the second is passed over",
            EXTENSIONS,
            &worlds.auth,
            expected,
            |w| {
                let (first, second) = (
                    Extension::new(identifier, false, der::sequence(&[])),
                    Extension::new(identifier, false, value),
                );
                w.leaf.extensions.extend([first, second]);
            },
        );
    }
}

fn critical(cases: &mut Cases, worlds: &Worlds) {
    let names =
        der::sequence(&[&der::explicit(0, &der::sequence(&[&der::element(0x82, b"example.jp")]))]);
    let constraints = der::sequence(&[&der::element(0x80, &[0])]);
    for (name, identifier, value) in [
        ("unknown", "1.2.3.4.5.6.7", der::null()),
        ("private", "1.2.392.200149.8.5.9.9", der::null()),
        ("precertificate", "1.3.6.1.4.1.11129.2.4.3", der::null()),
        ("name-constraints", oid::NAME_CONSTRAINTS, names),
        ("policy-constraints", oid::POLICY_CONSTRAINTS, constraints),
        ("policy-mappings", oid::POLICY_MAPPINGS, der::sequence(&[])),
        ("inhibit-any-policy", oid::INHIBIT_ANY_POLICY, der::integer(&[0])),
        ("authority-information", oid::AUTHORITY_INFORMATION, der::sequence(&[])),
    ] {
        let extension = Extension::new(identifier, true, value);
        let expected = Expected::At(Where::UnknownCriticalExtension, extension.encode());
        let hope = "what is not understood is passed over";
        cases.add(format!("critical-{name}"), hope, EXTENSIONS, &worlds.auth, expected, |w| {
            w.leaf.extensions.push(extension);
        });
    }
}

fn structure(cases: &mut Cases, worlds: &Worlds) {
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    let usage = der::oid(oid::KEY_USAGE);
    let value = der::octets(&der::element(3, &[7, 0x80]));
    for (name, hope, clause, extension, kind, further) in [
        (
            "critical-false",
            "DEFAULT values are written out",
            "X.690 11.5",
            [&usage[..], &der::boolean(0), &value].concat(),
            ErrorKind::InvalidContent,
            7,
        ),
        (
            "critical-1",
            "what is not 0 is true",
            "X.690 11.1",
            [&usage[..], &der::boolean(1), &value].concat(),
            ErrorKind::InvalidContent,
            7,
        ),
        (
            "critical-empty",
            "nothing is false",
            "X.690 8.2",
            [&usage[..], &der::element(1, &[]), &value].concat(),
            ErrorKind::InvalidContent,
            7,
        ),
        (
            "critical-two-octets",
            "the first octet counts, or the last",
            "X.690 8.2",
            [&usage[..], &der::element(1, &[0, 0xFF]), &value].concat(),
            ErrorKind::InvalidContent,
            7,
        ),
        (
            "critical-as-number",
            "1 is true",
            EXTENSIONS,
            [&usage[..], &der::integer(&[1]), &value].concat(),
            unexpected(tags::OCTET_STRING, tags::INTEGER),
            7,
        ),
        (
            "critical-after-value",
            "order does not matter",
            EXTENSIONS,
            [&usage[..], &value, &der::boolean(0xFF)].concat(),
            ErrorKind::TrailingBytes,
            13,
        ),
        (
            "extension-value-missing",
            "no value, nothing to check",
            EXTENSIONS,
            [&usage[..], &der::boolean(0xFF)].concat(),
            ErrorKind::Missing { expected: tags::OCTET_STRING },
            10,
        ),
        (
            "extension-value-twice",
            "two values to choose from",
            EXTENSIONS,
            [&usage[..], &der::boolean(0xFF), &value, &value].concat(),
            ErrorKind::TrailingBytes,
            16,
        ),
        (
            "extension-value-in-bits",
            "a string is a string",
            EXTENSIONS,
            [&usage[..], &der::boolean(0xFF), &der::bits(&[3, 2, 7, 0x80])].concat(),
            unexpected(tags::OCTET_STRING, tags::BIT_STRING),
            10,
        ),
        (
            "extension-identifier-missing",
            "a value without a name",
            EXTENSIONS,
            [&der::boolean(0xFF)[..], &value].concat(),
            unexpected(tags::OBJECT_IDENTIFIER, tags::BOOLEAN),
            2,
        ),
        (
            "extension-identifier-empty",
            "no identifier, unknown, passed over",
            "X.690 8.19",
            [&der::element(6, &[])[..], &value].concat(),
            ErrorKind::InvalidContent,
            2,
        ),
        (
            "extension-identifier-padded",
            "the same number in another form is another name",
            "X.690 8.19.2",
            [&der::element(6, &[0x55, 0x1D, 0x80, 0x0F])[..], &value].concat(),
            ErrorKind::InvalidContent,
            2,
        ),
        (
            "extension-identifier-cut",
            "a number that never ends",
            "X.690 8.19",
            [&der::element(6, &[0x55, 0x1D, 0x8F])[..], &value].concat(),
            ErrorKind::InvalidContent,
            2,
        ),
    ] {
        let broken = der::sequence(&[&extension]);
        let expected = Expected::At(Where::MalformedAfter(kind, further), broken.clone());
        cases.add(name, hope, clause, &worlds.auth, expected, |w| {
            w.leaf.remove(oid::KEY_USAGE);
            insert_raw(w, broken);
        });
    }
    let set = der::set(&[&usage, &der::boolean(0xFF), &value]);
    let place = Where::Malformed(unexpected(tags::SEQUENCE, tags::SET));
    cases.add(
        "extension-a-set",
        "any list is an extension",
        EXTENSIONS,
        &worlds.auth,
        Expected::At(place, set.clone()),
        |w| {
            w.leaf.remove(oid::KEY_USAGE);
            insert_raw(w, set);
        },
    );
}

/// Puts octets in front of the list of extensions, which then stands written out.
fn insert_raw(world: &mut crate::world::World, octets: Vec<u8>) {
    let rest: Vec<u8> = world.leaf.extensions.drain(..).flat_map(|it| it.encode()).collect();
    world.leaf.unique_identifiers = der::explicit(3, &der::sequence(&[&octets, &rest]));
}

fn authority_key_identifier(cases: &mut Cases, worlds: &Worlds) {
    let unknown = || certificate(Error::UnknownIssuer);
    let keys = worlds
        .auth
        .leaf
        .extensions
        .iter()
        .find(|it| it.identifier == oid::AUTHORITY_KEY_IDENTIFIER);
    let value = keys.map(|it| it.value.clone()).unwrap_or_default();
    // SEQUENCE, then [0] of 20 octets.
    let start = value.windows(2).position(|it| it == [0x80, 20]).unwrap_or(0);
    let identifier: Vec<u8> = value.iter().skip(start + 2).take(20).copied().collect();
    let rest: Vec<u8> = value.iter().skip(start + 22).copied().collect();
    let with = |identifier: &[u8]| der::sequence(&[&der::element(0x80, identifier), &rest]);
    let mut other = identifier.clone();
    other.iter_mut().rev().take(1).for_each(|octet| *octet ^= 1);
    cases.add(
        "authority-missing",
        "no issuer is named, so any will do",
        AUTHORITY,
        &worlds.auth,
        unknown(),
        |w| {
            w.leaf.remove(oid::AUTHORITY_KEY_IDENTIFIER);
        },
    );
    for (name, hope, value) in [
        (
            "authority-without-key",
            "the issuer's name and serial number are enough",
            der::sequence(&[&rest]),
        ),
        ("authority-empty", "no issuer is named, so any will do", der::sequence(&[])),
        ("authority-one-bit", "nearly the same is the same", with(&other)),
        ("authority-short", "a prefix is enough", with(identifier.get(..19).unwrap_or_default())),
        ("authority-long", "a prefix is enough", with(&[&identifier[..], &[0]].concat())),
        ("authority-empty-key", "an empty prefix is in all", with(&[])),
        ("authority-zeros", "an identifier that nobody set", with(&[0; 20])),
    ] {
        cases.add(name, hope, AUTHORITY, &worlds.auth, unknown(), |w| {
            w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, value);
        });
    }
    let mut serial = value.clone();
    serial.iter_mut().rev().take(1).for_each(|octet| *octet ^= 1);
    let lone = der::sequence(&[&der::element(0x80, &identifier), &der::element(0x82, &[5])]);
    for (name, hope, value) in [
        ("authority-of-another-serial", "only the key identifier is looked at", serial),
        ("authority-serial-alone", "a serial number without its issuer is ignored", lone),
    ] {
        let reason = certificate(Error::AuthorityKeyIdentifier);
        cases.add(name, hope, AUTHORITY, &worlds.auth, reason, |w| {
            w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, value);
        });
    }
    let key = der::element(0x80, &identifier);
    let mut numbered = value.clone();
    numbered.iter_mut().rev().take(1).for_each(|octet| *octet ^= 1);
    let name = der::explicit(1, &der::explicit(4, &crate::world::sign_root_name()));
    let number = der::element(0x82, &[0x4B, 0x5A]);
    let (hope, half) = ("the key is right, the certificate another", "half a name is none");
    for (what, hope, value) in [
        ("of-another-number", hope, numbered),
        ("of-another-name", hope, der::sequence(&[&key, &name, &number])),
        ("number-alone", half, der::sequence(&[&key, &number])),
        ("name-alone", half, der::sequence(&[&key, &name])),
    ] {
        let expected = certificate(Error::AuthorityKeyIdentifier);
        cases.add(format!("authority-{what}"), hope, AUTHORITY, &worlds.auth, expected, |w| {
            w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, value);
        });
    }
    let unexpected = |found| ErrorKind::UnexpectedTag { expected: tags::SEQUENCE, found };
    let constructed = der::element(0xA0, &der::octets(&identifier));
    let negative = der::element(0x82, &[0x80]);
    for (name, hope, value, kind, further) in [
        (
            "authority-constructed",
            "a string in pieces",
            der::sequence(&[&constructed]),
            ErrorKind::TrailingBytes,
            2,
        ),
        (
            "authority-other-order",
            "order does not matter",
            der::sequence(&[&der::element(0x82, &[5]), &key]),
            ErrorKind::TrailingBytes,
            5,
        ),
        (
            "authority-key-twice",
            "two issuers to choose from",
            der::sequence(&[&key, &key]),
            ErrorKind::TrailingBytes,
            24,
        ),
        (
            "authority-serial-negative",
            "a sign is dropped",
            der::sequence(&[&key, &negative]),
            ErrorKind::Negative,
            24,
        ),
        (
            "authority-not-a-sequence",
            "the identifier alone will do",
            der::octets(&identifier),
            unexpected(tags::OCTET_STRING),
            0,
        ),
        (
            "authority-with-trailing-octets",
            "room for a collision",
            [der::sequence(&[&key]), der::null()].concat(),
            ErrorKind::TrailingBytes,
            24,
        ),
        (
            "authority-no-octets",
            "nothing to read",
            vec![],
            ErrorKind::Missing { expected: tags::SEQUENCE },
            0,
        ),
        (
            "authority-tag-8",
            "an unknown field is passed over",
            der::sequence(&[&der::element(0x88, &identifier)]),
            ErrorKind::TrailingBytes,
            2,
        ),
    ] {
        let octets = der::octets(&value);
        let expected = Expected::At(Where::MalformedAfter(kind, further + 2), octets);
        cases.add(name, hope, AUTHORITY, &worlds.auth, expected, |w| {
            w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, value);
        });
    }
}
