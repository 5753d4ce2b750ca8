//! Every object that the judgement reads, in encodings that are BER and not DER (X.690 clause 10),
//! inside a certificate that is signed as it stands: two encodings of one certificate would be two
//! certificates to whoever keeps a list of them.

use std::rc::Rc;

use anyhow::{Context as _, Result};
use kazasu_pki::Error;
use kazasu_tlv::ErrorKind;

use crate::{
    case::{Cases, Expected, certificate, malformed_at},
    der,
    draft::Draft,
    tree::{Form, Node},
    world::{World, Worlds},
};

/// Objects by their path, and the part of a case's name.
const OBJECTS: &[(&[usize], &str)] = &[
    (&[], "certificate"),
    (&[0], "tbs"),
    (&[0, 0], "version"),
    (&[0, 0, 0], "version-number"),
    (&[0, 1], "serial"),
    (&[0, 2], "inner-algorithm"),
    (&[0, 3], "issuer"),
    (&[0, 3, 1], "issuer-part"),
    (&[0, 3, 1, 0], "issuer-attribute"),
    (&[0, 3, 1, 0, 0], "issuer-attribute-type"),
    (&[0, 3, 1, 0, 1], "issuer-attribute-value"),
    (&[0, 4], "validity"),
    (&[0, 4, 0], "not-before"),
    (&[0, 4, 1], "not-after"),
    (&[0, 5], "subject"),
    (&[0, 5, 1], "subject-part"),
    (&[0, 5, 1, 0], "subject-attribute"),
    (&[0, 5, 1, 0, 1], "subject-attribute-value"),
    (&[0, 6], "key-info"),
    (&[0, 6, 0], "key-algorithm"),
    (&[0, 6, 0, 0], "key-algorithm-identifier"),
    (&[0, 6, 0, 1], "key-algorithm-parameters"),
    (&[0, 6, 1], "key-string"),
    (&[0, 6, 1, 0], "key"),
    (&[0, 6, 1, 0, 0], "modulus"),
    (&[0, 6, 1, 0, 1], "exponent"),
    (&[0, 7], "extensions-tag"),
    (&[0, 7, 0], "extensions"),
    (&[0, 7, 0, 0], "key-usage"),
    (&[0, 7, 0, 0, 0], "key-usage-identifier"),
    (&[0, 7, 0, 0, 1], "key-usage-criticality"),
    (&[0, 7, 0, 0, 2], "key-usage-octets"),
    (&[0, 7, 0, 0, 2, 0], "key-usage-bits"),
    (&[0, 7, 0, 1, 1, 0], "purposes"),
    (&[0, 7, 0, 1, 1, 0, 0], "purpose"),
    (&[0, 7, 0, 2, 2, 0], "policies"),
    (&[0, 7, 0, 2, 2, 0, 0], "policy"),
    (&[0, 7, 0, 2, 2, 0, 0, 0], "policy-identifier"),
    (&[0, 7, 0, 4, 1, 0], "authority"),
    (&[0, 7, 0, 4, 1, 0, 0], "authority-key"),
    (&[0, 7, 0, 4, 1, 0, 1], "authority-name"),
    (&[0, 7, 0, 4, 1, 0, 2], "authority-serial"),
    (&[1], "outer-algorithm"),
    (&[2], "signature"),
];

/// Constructed objects behind whose last part an object too much is refused at its place. The
/// others are lists, where it is another part, or strings that hold one object.
const CLOSED: &[&str] = &[
    "certificate",
    "tbs",
    "version",
    "issuer-attribute",
    "validity",
    "subject-attribute",
    "key-info",
    "key-algorithm",
    "key-string",
    "key",
    "extensions-tag",
    "key-usage",
    "key-usage-octets",
    "authority",
];

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) -> Result<()> {
    let template = &worlds.auth;
    let tree = Node::parse(&template.leaf.encode()).context("the template is no DER")?;
    for (path, name) in OBJECTS {
        let node = tree.at(path).with_context(|| format!("the template has no {name}"))?;
        for (form, what, hope) in [
            (Form::LongLength, "long-length", "a length in more octets than needed"),
            (Form::Indefinite, "indefinite-length", "a length that is found by searching"),
        ] {
            let (kind, further) = match form {
                Form::Indefinite => (ErrorKind::IndefiniteLength, 1),
                _ => (ErrorKind::NonMinimalLength, 1),
            };
            let octets = node.in_form(form);
            one(
                cases,
                template,
                &tree,
                path,
                &format!("{name}-{what}"),
                hope,
                "X.690 10.1",
                &octets,
                |place| malformed_at(kind, place + further),
            )?;
        }
        if CLOSED.contains(name) {
            let more = der::element(node.tag, &[node.content(), der::null()].concat());
            let end = more.len() - 2;
            one(
                cases,
                template,
                &tree,
                path,
                &format!("{name}-with-one-more"),
                "what follows is not read",
                "RFC 5280 4.1",
                &more,
                |place| malformed_at(ErrorKind::TrailingBytes, place + end),
            )?;
        }
    }
    strings_in_pieces(cases, template, &tree)?;
    around(cases, template);
    Ok(())
}

/// One object of the template in other octets. The signature is made over what results.
#[allow(clippy::too_many_arguments, reason = "the columns of a table")]
fn one(
    cases: &mut Cases,
    template: &World,
    tree: &Node,
    path: &[usize],
    name: &str,
    hope: &str,
    clause: &'static str,
    octets: &[u8],
    expected: impl FnOnce(usize) -> Expected,
) -> Result<()> {
    let (_, place) = tree.encode_with(path, octets).context("no such object")?;
    cases.add(format!("encoding-{name}"), hope, clause, template, expected(place), |w| {
        edit(&mut w.leaf, path, octets);
    });
    Ok(())
}

/// Lets a draft have other octets at a path: inside the signed part before it is signed, elsewhere
/// afterwards.
fn edit(draft: &mut Draft, path: &[usize], octets: &[u8]) {
    let (inside, path) = match path.split_first() {
        Some((0, rest)) => (true, rest.to_vec()),
        _ => (false, path.to_vec()),
    };
    let octets = octets.to_vec();
    let edit = move |whole: &[u8]| {
        let tree = Node::parse(whole);
        tree.and_then(|tree| tree.encode_with(&path, &octets))
            .map(|(whole, _)| whole)
            .unwrap_or_default()
    };
    if inside {
        draft.edit_tbs = Some(Rc::new(edit));
    } else {
        draft.edit_whole = Some(Rc::new(edit));
    }
}

/// Strings in the constructed form, which DER has not (X.690, 10.2).
fn strings_in_pieces(cases: &mut Cases, template: &World, tree: &Node) -> Result<()> {
    use kazasu_tlv::{Tag, tags};
    let unexpected = |expected, tag: u8| ErrorKind::UnexpectedTag {
        expected,
        found: Tag::new(u32::from(tag) | 0x20),
    };
    for (path, name, expected) in [
        (&[2][..], "signature", tags::BIT_STRING),
        (&[0, 6, 1], "key-string", tags::BIT_STRING),
        (&[0, 7, 0, 0, 2], "key-usage-octets", tags::OCTET_STRING),
        (&[0, 7, 0, 0, 2, 0], "key-usage-bits", tags::BIT_STRING),
        (&[0, 1], "serial", tags::INTEGER),
    ] {
        let node = tree.at(path).with_context(|| format!("the template has no {name}"))?;
        let octets = der::element(node.tag | 0x20, &node.encode());
        let kind = unexpected(expected, node.tag);
        one(
            cases,
            template,
            tree,
            path,
            &format!("{name}-in-pieces"),
            "the pieces are joined",
            "X.690 10.2",
            &octets,
            |place| malformed_at(kind, place),
        )?;
    }
    for (path, name) in [(&[0, 4, 0][..], "not-before"), (&[0, 4, 1], "not-after")] {
        let node = tree.at(path).with_context(|| format!("the template has no {name}"))?;
        let octets = der::element(node.tag | 0x20, &node.encode());
        one(
            cases,
            template,
            tree,
            path,
            &format!("{name}-in-pieces"),
            "the pieces are joined",
            "X.690 10.2",
            &octets,
            |offset| certificate(Error::ValidityDate { offset }),
        )?;
    }
    // The name of the issuer is compared as it stands, so that another encoding is another name.
    let path = [0, 3, 1, 0, 1];
    let node = tree.at(&path).context("the template's issuer has no attribute")?;
    let octets = der::element(node.tag | 0x20, &node.encode());
    one(
        cases,
        template,
        tree,
        &path,
        "issuer-attribute-value-in-pieces",
        "the pieces are joined",
        "X.690 10.2",
        &octets,
        |_| certificate(Error::IssuerName),
    )?;
    // The two AlgorithmIdentifiers are compared as they stand.
    for (path, name) in
        [(&[0, 2, 0][..], "inner-algorithm-identifier"), (&[1, 0], "outer-algorithm-identifier")]
    {
        let node = tree.at(path).with_context(|| format!("the template has no {name}"))?;
        let octets = node.in_form(Form::LongLength);
        one(
            cases,
            template,
            tree,
            path,
            &format!("{name}-long-length"),
            "a length in more octets than needed",
            "X.690 10.1",
            &octets,
            |_| certificate(Error::AlgorithmMismatch),
        )?;
    }
    Ok(())
}

/// What stands around the certificate.
fn around(cases: &mut Cases, template: &World) {
    let good = template.leaf.encode();
    let length = good.len();
    let mut shorter = good.clone();
    shorter.pop();
    let unexpected =
        |found| ErrorKind::UnexpectedTag { expected: kazasu_tlv::tags::SEQUENCE, found };
    let set = kazasu_tlv::tags::SET;
    let string = kazasu_tlv::tags::OCTET_STRING;
    let mut as_set = good.clone();
    as_set.iter_mut().take(1).for_each(|octet| *octet = 0x31);
    for (name, hope, octets, kind, place) in [
        (
            "nothing",
            "nothing to check",
            vec![],
            ErrorKind::Missing { expected: kazasu_tlv::tags::SEQUENCE },
            0,
        ),
        ("one-octet", "a beginning is enough", vec![0x30], ErrorKind::Truncated, 1),
        (
            "empty-sequence",
            "no part, no check",
            vec![0x30, 0],
            ErrorKind::Missing { expected: kazasu_tlv::tags::SEQUENCE },
            2,
        ),
        (
            "last-octet-missing",
            "the last octet does not count",
            shorter,
            ErrorKind::Truncated,
            length - 1,
        ),
        (
            "octet-after",
            "the fingerprint is another and the certificate the same",
            [&good[..], &[0]].concat(),
            ErrorKind::TrailingBytes,
            length,
        ),
        (
            "certificate-after",
            "the first is checked and the last believed",
            [&good[..], &good].concat(),
            ErrorKind::TrailingBytes,
            length,
        ),
        (
            "octet-before",
            "a beginning is searched",
            [&[0], &good[..]].concat(),
            ErrorKind::EndOfContents,
            0,
        ),
        ("a-set", "any list is a certificate", as_set, unexpected(set), 0),
        ("wrapped", "what is wrapped is unwrapped", der::octets(&good), unexpected(string), 0),
        (
            "huge-length",
            "a length that wraps",
            vec![0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x30],
            ErrorKind::LengthTooLong,
            1,
        ),
        (
            "long-tag",
            "a tag that never ends",
            vec![0x3F, 0xFF, 0xFF, 0xFF, 0x7F, 0x00],
            ErrorKind::TagTooLong,
            0,
        ),
        (
            "pem",
            "text is decoded",
            b"-----BEGIN CERTIFICATE-----".to_vec(),
            unexpected(kazasu_tlv::Tag::new(0x2D)),
            0,
        ),
    ] {
        cases.add(
            format!("encoding-{name}"),
            hope,
            "RFC 5280 4.1",
            template,
            malformed_at(kind, place),
            |w| {
                w.leaf.replace(&octets);
            },
        );
    }
}
