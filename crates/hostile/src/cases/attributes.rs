//! The four attributes (基本4情報) of a 署名用 certificate: otherNames of the subject alternative
//! name (RFC 5280 section 4.2.1.6, `docs/card-facts.md` §5.2).

use kazasu_tlv::{ErrorKind, Tag, tags};

use crate::{
    case::{Cases, Expected, Where},
    der,
    draft::Extension,
    oid,
    world::{Worlds, attribute, attributes},
};

const CLAUSE: &str = "RFC 5280 4.2.1.6, docs/card-facts.md 5.2";

/// The places of name, birth, gender, address and the flags of the name in [`attributes`].
const NAME: usize = 0;
const BIRTH: usize = 1;
const GENDER: usize = 2;
const ADDRESS: usize = 3;
const FLAGS: usize = 4;

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) {
    for (name, index) in
        [("name", NAME), ("birth", BIRTH), ("gender", GENDER), ("address", ADDRESS)]
    {
        let mut parts = attributes().to_vec();
        parts.remove(index);
        let extension =
            Extension::new(oid::SUBJECT_ALT_NAME, false, der::sequence(&[&parts.concat()]));
        let expected = Expected::At(Where::Attributes, extension.encode());
        cases.add(
            format!("attribute-{name}-missing"),
            "whoever reads on fills it in",
            CLAUSE,
            &worlds.sign,
            expected,
            |w| {
                w.leaf.put(extension);
            },
        );
    }
    for (name, hope, index, value) in [
        ("name-twice", "one is shown and the other registered", NAME, der::utf8("別人　太郎")),
        ("address-twice", "one is shown and the other registered", ADDRESS, der::utf8("別の市")),
    ] {
        let mut parts = attributes().to_vec();
        let number = if index == NAME { 1 } else { 5 };
        parts.push(attribute(number, &value));
        change(cases, worlds, name, hope, parts, &value);
    }
    for (name, hope, index, number, value) in [
        ("birth-of-8-digits", "an era that is guessed", BIRTH, 4, der::utf8("19800217")),
        ("birth-of-10-digits", "a number that is cut", BIRTH, 4, der::utf8("3198002170")),
        ("birth-letters", "letters are digits to some", BIRTH, 4, der::utf8("3198OO217")),
        ("birth-full-width", "other digits", BIRTH, 4, der::utf8("３１９")),
        ("birth-era-9", "an era that is not there yet", BIRTH, 4, der::utf8("919800217")),
        ("gender-0", "a value that nobody defined", GENDER, 3, der::utf8("0")),
        ("gender-long", "only the first digit counts", GENDER, 3, der::utf8("1234")),
        ("gender-full-width", "other digits", GENDER, 3, der::utf8("２")),
        (
            "name-not-utf-8",
            "octets that every reader shows in another way",
            NAME,
            1,
            der::element(0x0C, &[0xE8, 0xA9, 0x28, 0xFF, 0xFE]),
        ),
        (
            "name-overlong-utf-8",
            "a second encoding of a letter",
            NAME,
            1,
            der::element(0x0C, &[0xC1, 0x81, 0xC1, 0x82]),
        ),
        (
            "name-surrogates",
            "half of a character",
            NAME,
            1,
            der::element(0x0C, &[0xED, 0xA0, 0x80, 0x41]),
        ),
        ("flags-2", "a flag that is neither", FLAGS, 2, der::utf8("00200")),
        ("flags-letters", "a flag that is neither", FLAGS, 2, der::utf8("0000 0")),
    ] {
        let mut parts = attributes().to_vec();
        if let Some(part) = parts.get_mut(index) {
            *part = attribute(number, &value);
        }
        change(cases, worlds, name, hope, parts, &value);
    }
    structure(cases, worlds);
}

fn change(
    cases: &mut Cases,
    worlds: &Worlds,
    name: &str,
    hope: &str,
    parts: Vec<Vec<u8>>,
    value: &[u8],
) {
    // With its explicit tag around it: a short value stands in more than one place.
    let wrapped = der::explicit(0, value);
    let header = wrapped.len() - value.len();
    let place = Where::AttributesAfter(header);
    cases.add(
        format!("attribute-{name}"),
        hope,
        CLAUSE,
        &worlds.sign,
        Expected::At(place, wrapped),
        |w| {
            w.leaf.value(oid::SUBJECT_ALT_NAME, der::sequence(&[&parts.concat()]));
        },
    );
}

fn structure(cases: &mut Cases, worlds: &Worlds) {
    let identifier = der::oid(&format!("{}.1", oid::ATTRIBUTES));
    let value = der::utf8("構造");
    let (text, number) = (der::printable("NOBODY AT ALL"), der::integer(&[0x12, 0x34, 0x56]));
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    let explicit = Tag::context_constructed(0);
    let other_name = |content: &[&[u8]]| der::element(0xA0, &content.concat());
    for (name, hope, broken, kind, further) in [
        (
            "without-explicit-tag",
            "the tag is optional",
            other_name(&[&identifier, &value]),
            unexpected(explicit, tags::UTF8_STRING),
            2 + identifier.len(),
        ),
        (
            "without-value",
            "no value, nothing to check",
            other_name(&[&identifier]),
            ErrorKind::Missing { expected: explicit },
            2 + identifier.len(),
        ),
        (
            "without-type",
            "a value without a name",
            other_name(&[&der::explicit(0, &value)]),
            unexpected(tags::OBJECT_IDENTIFIER, explicit),
            2,
        ),
        (
            "with-two-values",
            "two values to choose from",
            other_name(&[&identifier, &der::explicit(0, &[&value[..], &value].concat())]),
            ErrorKind::TrailingBytes,
            4 + identifier.len() + value.len(),
        ),
        (
            "with-more",
            "room for a collision",
            other_name(&[&identifier, &der::explicit(0, &value), &value]),
            ErrorKind::TrailingBytes,
            4 + identifier.len() + value.len(),
        ),
        (
            "name-printable",
            "a type that hides what it says",
            other_name(&[&identifier, &der::explicit(0, &text)]),
            unexpected(tags::UTF8_STRING, tags::PRINTABLE_STRING),
            4 + identifier.len(),
        ),
        (
            "name-as-number",
            "a number is a text",
            other_name(&[&identifier, &der::explicit(0, &number)]),
            unexpected(tags::UTF8_STRING, tags::INTEGER),
            4 + identifier.len(),
        ),
    ] {
        let mut parts = attributes().to_vec();
        if let Some(part) = parts.get_mut(NAME) {
            part.clone_from(&broken);
        }
        let expected = Expected::At(Where::MalformedAttributes(kind, further), broken);
        cases.add(format!("attribute-{name}"), hope, CLAUSE, &worlds.sign, expected, |w| {
            w.leaf.value(oid::SUBJECT_ALT_NAME, der::sequence(&[&parts.concat()]));
        });
    }
}
