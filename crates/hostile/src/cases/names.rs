//! Issuer and subject (RFC 5280 sections 4.1.2.4, 4.1.2.6 and 6.1.3): names are compared byte by
//! byte, because the roots of the JPKI write their own name the same way every time.

use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Where, anchor, certificate},
    der, oid,
    world::{Worlds, relative},
};

const CHAINING: &str = "RFC 5280 6.1.3 (a)(4)";
const STRUCTURE: &str = "RFC 5280 4.1.2.4";

const ORGANIZATION: &str = "KAZASU HOSTILE TESTS";
const UNIT: &str = "NOT A REAL ROOT AUTH";

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) {
    chaining(cases, worlds);
    structure(cases, worlds);
}

/// The name of the root with other parts.
fn issuer(parts: &[Vec<u8>]) -> Vec<u8> {
    der::sequence(&[&parts.concat()])
}

fn chaining(cases: &mut Cases, worlds: &Worlds) {
    let country = || relative(oid::COUNTRY, &der::printable("JP"));
    let organization = || relative(oid::ORGANIZATION, &der::utf8(ORGANIZATION));
    let unit = |text: &str| relative(oid::UNIT, &der::utf8(text));
    let as_type = |tag| relative(oid::UNIT, &der::element(tag, UNIT.as_bytes()));
    let wide: Vec<u8> = UNIT.bytes().flat_map(|octet| [0, octet]).collect();
    let attribute = |kind, value: &str| der::sequence(&[&der::oid(kind), &der::utf8(value)]);
    for (name, hope, parts) in [
        (
            "issuer-one-octet",
            "one letter is not noticed",
            vec![country(), organization(), unit("NOT A REAL ROOT AUTI")],
        ),
        (
            "issuer-case",
            "case is folded",
            vec![country(), organization(), unit("Not A Real Root Auth")],
        ),
        (
            "issuer-space-at-the-end",
            "spaces are cut off",
            vec![country(), organization(), unit("NOT A REAL ROOT AUTH ")],
        ),
        (
            "issuer-two-spaces",
            "spaces are joined",
            vec![country(), organization(), unit("NOT A  REAL ROOT AUTH")],
        ),
        (
            "issuer-look-alike",
            "a Cyrillic letter looks the same",
            vec![country(), organization(), unit("NOT А REAL ROOT AUTH")],
        ),
        (
            "issuer-null-octet",
            "the text ends at the NUL",
            vec![country(), organization(), unit("NOT A REAL ROOT AUTH\0.EVIL")],
        ),
        (
            "issuer-printable",
            "types of strings are converted",
            vec![country(), organization(), as_type(0x13)],
        ),
        (
            "issuer-teletex",
            "types of strings are converted",
            vec![country(), organization(), as_type(0x14)],
        ),
        (
            "issuer-wide",
            "types of strings are converted",
            vec![country(), organization(), relative(oid::UNIT, &der::element(0x1E, &wide))],
        ),
        ("issuer-other-order", "parts are a set", vec![country(), unit(UNIT), organization()]),
        ("issuer-part-missing", "a prefix is enough", vec![country(), organization()]),
        (
            "issuer-part-more",
            "a prefix is enough",
            vec![country(), organization(), unit(UNIT), unit("TOKYO")],
        ),
        ("issuer-first-part-missing", "a suffix is enough", vec![organization(), unit(UNIT)]),
        (
            "issuer-parts-joined",
            "one part with two values is two parts",
            vec![
                country(),
                der::set(&[
                    &attribute(oid::ORGANIZATION, ORGANIZATION),
                    &attribute(oid::UNIT, UNIT),
                ]),
            ],
        ),
        (
            "issuer-other-attribute",
            "only the texts are compared",
            vec![country(), organization(), relative(oid::COMMON_NAME, &der::utf8(UNIT))],
        ),
    ] {
        let expected = certificate(Error::IssuerName);
        cases.add(name, hope, CHAINING, &worlds.auth, expected, |w| w.leaf.issuer = issuer(&parts));
    }
    cases.add(
        "issuer-and-subject-swapped",
        "it is about the root and by the holder",
        CHAINING,
        &worlds.auth,
        certificate(Error::IssuerName),
        |w| std::mem::swap(&mut w.leaf.issuer, &mut w.leaf.subject),
    );
    cases.add(
        "issuer-of-the-other-kind",
        "the key of one root and the name of the other",
        CHAINING,
        &worlds.auth,
        certificate(Error::IssuerName),
        |w| w.leaf.issuer = crate::world::sign_root_name(),
    );
}

fn structure(cases: &mut Cases, worlds: &Worlds) {
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    let value = der::utf8("A STRUCTURE");
    let identifier = der::oid(oid::COMMON_NAME);
    let attribute = der::sequence(&[&identifier, &value]);
    let at = |kind, after| Where::MalformedAfter(kind, after);
    let named = |attribute: &[u8]| der::sequence(&[&der::set(&[attribute])]);
    let short = der::sequence(&[&identifier]);
    let long = der::sequence(&[&identifier, &value, &value]);
    let untyped = der::sequence(&[&value, &value]);
    let cut = der::sequence(&[&der::element(6, &[0x55, 0x84]), &value]);
    for (name, hope, broken, place) in [
        (
            "set",
            "any list is a name",
            der::set(&[&der::set(&[&attribute])]),
            at(unexpected(tags::SEQUENCE, tags::SET), 0),
        ),
        (
            "part-not-a-set",
            "a part is skipped",
            der::sequence(&[&attribute]),
            at(unexpected(tags::SET, tags::SEQUENCE), 2),
        ),
        (
            "part-empty",
            "an empty part ends the name",
            der::sequence(&[&der::set(&[]), &der::set(&[&attribute])]),
            at(ErrorKind::Missing { expected: tags::SEQUENCE }, 4),
        ),
        (
            "attribute-not-a-sequence",
            "an attribute is skipped",
            named(&value),
            at(unexpected(tags::SEQUENCE, tags::UTF8_STRING), 4),
        ),
        (
            "value-missing",
            "the next octets are taken for it",
            named(&short),
            at(ErrorKind::Overrun, 6 + identifier.len()),
        ),
        (
            "value-twice",
            "one value for the eye",
            named(&long),
            at(ErrorKind::TrailingBytes, 6 + identifier.len() + value.len()),
        ),
        (
            "type-missing",
            "a value without a type",
            named(&untyped),
            at(unexpected(tags::OBJECT_IDENTIFIER, tags::UTF8_STRING), 6),
        ),
        (
            "type-cut",
            "an identifier that never ends",
            named(&cut),
            at(ErrorKind::InvalidContent, 6),
        ),
    ] {
        for (whose, clause) in [("issuer", STRUCTURE), ("subject", "RFC 5280 4.1.2.6")] {
            let expected = Expected::At(place, broken.clone());
            cases.add(format!("{whose}-{name}"), hope, clause, &worlds.auth, expected, |w| {
                let field =
                    if whose == "issuer" { &mut w.leaf.issuer } else { &mut w.leaf.subject };
                field.clone_from(&broken);
            });
        }
    }
    let missing = |offset| {
        let kind = ErrorKind::Missing { expected: tags::SET };
        Error::Malformed(kazasu_tlv::Error { kind, offset })
    };
    // Behind version, serial number and algorithm.
    let hope = "no name, nothing to compare";
    cases.add("issuer-empty", hope, STRUCTURE, &worlds.auth, certificate(missing(35)), |w| {
        w.leaf.issuer = issuer(&[]);
    });
    // The root's own issuer is itself, behind a shorter number.
    cases.add("root-empty-name", hope, STRUCTURE, &worlds.auth, anchor(missing(34)), |w| {
        w.root(|draft| (draft.issuer, draft.subject) = (issuer(&[]), issuer(&[])));
        w.leaf.issuer = issuer(&[]);
    });
    cases.add(
        "subject-too-long",
        "a name that takes for ever to show",
        "bounded work",
        &worlds.auth,
        certificate(Error::TooLarge),
        |w| w.leaf.subject = issuer(&vec![relative(oid::UNIT, &der::utf8("A")); 64]),
    );
}
