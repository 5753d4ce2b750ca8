//! Version, serial number, unique identifiers and the list of extensions as a whole (RFC 5280
//! sections 4.1.2.1, 4.1.2.2, 4.1.2.8 and 4.1.2.9).

use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Where, certificate, malformed, malformed_at},
    der,
    draft::Extension,
    world::Worlds,
};

const VERSION: &str = "RFC 5280 4.1.2.1";
const SERIAL: &str = "RFC 5280 4.1.2.2";

/// Where version and serial number stand in every template: behind two headers of four octets.
const VERSION_AT: usize = 8;
const SERIAL_AT: usize = 13;

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) {
    versions(cases, worlds);
    serials(cases, worlds);
    identifiers_and_lists(cases, worlds);
}

fn versions(cases: &mut Cases, worlds: &Worlds) {
    for (name, hope, version, expected) in [
        (
            "version-absent",
            "extensions are skipped in version 1",
            vec![],
            certificate(Error::Version),
        ),
        ("version-1", "version 1, written out", integer(&[0]), certificate(Error::Version)),
        (
            "version-2",
            "version 2 has no extensions to check",
            integer(&[1]),
            certificate(Error::Version),
        ),
        ("version-4", "a later version is taken for 3", integer(&[3]), certificate(Error::Version)),
        (
            "version-negative",
            "a sign is dropped",
            integer(&[0xFE]),
            malformed_at(ErrorKind::Negative, VERSION_AT + 2),
        ),
        (
            "version-wraps",
            "2 to the 32 and 2 is cut to 2",
            integer(&[1, 0, 0, 0, 2]),
            malformed_at(ErrorKind::IntegerTooLarge, VERSION_AT + 2),
        ),
        (
            "version-not-minimal",
            "two encodings of one certificate",
            integer(&[0, 2]),
            malformed_at(ErrorKind::InvalidContent, VERSION_AT + 2),
        ),
        (
            "version-empty",
            "an empty number is zero",
            integer(&[]),
            malformed_at(ErrorKind::InvalidContent, VERSION_AT + 2),
        ),
        (
            "version-twice",
            "two parsers read two versions",
            der::explicit(0, &[der::integer(&[2]), der::integer(&[0])].concat()),
            malformed_at(ErrorKind::TrailingBytes, VERSION_AT + 5),
        ),
        (
            "version-implicit",
            "the explicit tag is optional",
            der::element(0x80, &[2]),
            certificate(Error::Version),
        ),
        (
            "version-untagged",
            "the tag is optional",
            der::integer(&[2]),
            certificate(Error::Version),
        ),
        (
            "version-of-another-type",
            "any octet 02 will do",
            der::explicit(0, &der::element(0x0A, &[2])),
            malformed_at(
                ErrorKind::UnexpectedTag { expected: tags::INTEGER, found: tags::ENUMERATED },
                VERSION_AT + 2,
            ),
        ),
    ] {
        cases.add(name, hope, VERSION, &worlds.auth, expected, |w| w.leaf.version = version);
    }
}

fn integer(content: &[u8]) -> Vec<u8> {
    der::explicit(0, &der::integer(content))
}

fn serials(cases: &mut Cases, worlds: &Worlds) {
    for (name, hope, serial, expected) in [
        (
            "serial-negative",
            "a number that no revocation list can hold",
            der::integer(&[0x80]),
            malformed_at(ErrorKind::Negative, SERIAL_AT),
        ),
        (
            "serial-negative-long",
            "a sign that is lost in a long number",
            der::integer(&[0xA2, 0x7B, 0x13]),
            malformed_at(ErrorKind::Negative, SERIAL_AT),
        ),
        (
            "serial-empty",
            "an empty number is found in no list",
            der::integer(&[]),
            malformed_at(ErrorKind::InvalidContent, SERIAL_AT),
        ),
        (
            "serial-leading-zero",
            "a revoked number in another form",
            der::integer(&[0, 0x22, 0x7B, 0x13]),
            malformed_at(ErrorKind::InvalidContent, SERIAL_AT),
        ),
        (
            "serial-leading-ones",
            "a negative number in another form",
            der::integer(&[0xFF, 0x80]),
            malformed_at(ErrorKind::InvalidContent, SERIAL_AT),
        ),
        (
            "serial-missing",
            "the next field is taken for it",
            vec![],
            malformed_at(
                ErrorKind::UnexpectedTag { expected: tags::INTEGER, found: tags::SEQUENCE },
                SERIAL_AT,
            ),
        ),
        (
            "serial-twice",
            "one number for the list and one for the eye",
            [der::integer(&[5]), der::integer(&[6])].concat(),
            malformed_at(
                ErrorKind::UnexpectedTag { expected: tags::SEQUENCE, found: tags::INTEGER },
                SERIAL_AT + 3,
            ),
        ),
        (
            "serial-of-another-type",
            "octets are octets",
            der::octets(&[0x22, 0x7B, 0x13]),
            malformed_at(
                ErrorKind::UnexpectedTag { expected: tags::INTEGER, found: tags::OCTET_STRING },
                SERIAL_AT,
            ),
        ),
    ] {
        cases.add(name, hope, SERIAL, &worlds.auth, expected, |w| w.leaf.serial = serial);
    }
}

fn identifiers_and_lists(cases: &mut Cases, worlds: &Worlds) {
    let clause = "RFC 5280 4.1.2.8";
    for (name, tag) in [("issuer-unique-identifier", 0x81), ("subject-unique-identifier", 0x82)] {
        let field = der::element(tag, &[0, 0xA5, 0x5A, 0xA5, 0x5A]);
        let expected = malformed(ErrorKind::TrailingBytes, &field);
        let hope = "what stands between key and extensions hides them";
        cases.add(name, hope, clause, &worlds.auth, expected, |w| {
            w.leaf.unique_identifiers = field;
        });
    }

    let clause = "RFC 5280 4.1.2.9";
    let unknown = Extension::new("1.2.3.4.5.6.7", false, der::null()).encode();
    let list = der::explicit(3, &der::sequence(&[&unknown]));
    let after = Where::MalformedAfter(ErrorKind::TrailingBytes, list.len());
    cases.add(
        "extensions-twice",
        "one list is checked and the other believed",
        clause,
        &worlds.auth,
        Expected::At(after, list.clone()),
        |w| w.leaf.unique_identifiers = list,
    );
    let empty = der::explicit(3, &der::sequence(&[]));
    cases.add(
        "extensions-empty",
        "a list without elements ends the checks",
        clause,
        &worlds.auth,
        Expected::At(Where::MalformedAfter(ErrorKind::Overrun, 4), empty.clone()),
        |w| {
            w.leaf.extensions.clear();
            w.leaf.unique_identifiers = empty;
        },
    );
    cases.add(
        "extensions-absent",
        "without extensions there is nothing to check",
        clause,
        &worlds.auth,
        certificate(Error::UnknownIssuer),
        |w| w.leaf.extensions.clear(),
    );
    let bare = der::explicit(3, &unknown);
    let kind =
        ErrorKind::UnexpectedTag { expected: tags::SEQUENCE, found: tags::OBJECT_IDENTIFIER };
    cases.add(
        "extensions-without-their-sequence",
        "one extension is taken for the list of them",
        clause,
        &worlds.auth,
        Expected::At(Where::MalformedAfter(kind, 4), bare.clone()),
        |w| {
            w.leaf.extensions.clear();
            w.leaf.unique_identifiers = bare;
        },
    );
    cases.add(
        "extensions-too-many",
        "a search for duplicates that takes its time",
        "bounded work",
        &worlds.auth,
        certificate(Error::TooLarge),
        |w| {
            for number in 0..64 {
                let identifier = format!("1.2.3.4.5.6.{number}");
                w.leaf.extensions.push(Extension::new(&identifier, false, der::null()));
            }
        },
    );
}
