//! What the key may be used for: key usage, extended key usage, basic constraints, policies (RFC
//! 5280 sections 4.2.1.3, 4.2.1.12, 4.2.1.9 and 4.2.1.4; `docs/card-facts.md` §5.2).

use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Where, certificate},
    der,
    draft::Extension,
    key::Keys,
    oid,
    world::{World, Worlds, policies, purposes},
};

const KEY_USAGE: &str = "RFC 5280 4.2.1.3";
const PURPOSE: &str = "RFC 5280 4.2.1.12";
const CONSTRAINTS: &str = "RFC 5280 4.2.1.9";
const POLICY: &str = "RFC 5280 4.2.1.4";

pub(crate) fn add(cases: &mut Cases, _keys: &Keys, worlds: &Worlds) {
    key_usage(cases, worlds);
    purpose(cases, worlds);
    basic_constraints(cases, worlds);
    policy(cases, worlds);
}

/// Values of one extension that cannot be read: name, hope, value, what is wrong and where in it.
fn broken(
    cases: &mut Cases,
    template: &World,
    clause: &'static str,
    identifier: &str,
    table: &[(&str, &str, Vec<u8>, ErrorKind, usize)],
) {
    for (name, hope, value, kind, further) in table {
        let critical = identifier != oid::EXTENDED_KEY_USAGE;
        let extension = Extension::new(identifier, critical, value.clone());
        let encoded = extension.encode();
        let place = Where::MalformedAfter(*kind, encoded.len() - value.len() + further);
        cases.add(*name, *hope, clause, template, Expected::At(place, encoded), |w| {
            w.leaf.put(extension)
        });
    }
}

fn key_usage(cases: &mut Cases, worlds: &Worlds) {
    let wrong = || certificate(Error::KeyUsage);
    let (auth, sign) = (&worlds.auth, &worlds.sign);
    let usage = |unused, octet| der::element(3, &[unused, octet]);
    cases.add("key-usage-missing", "no limits are stated", KEY_USAGE, auth, wrong(), |w| {
        w.leaf.remove(oid::KEY_USAGE);
    });
    cases.add(
        "key-usage-not-critical",
        "a limit that may be passed over",
        KEY_USAGE,
        auth,
        wrong(),
        |w| {
            w.leaf.change(oid::KEY_USAGE, |it| it.critical.clear());
        },
    );
    for (name, hope, template, value) in [
        ("key-usage-encipherment", "a key to decrypt with signs", auth, usage(5, 0x20)),
        ("key-usage-agreement", "a key to agree with signs", auth, usage(3, 0x08)),
        (
            "key-usage-decipher-only",
            "the ninth bit is cut off",
            auth,
            der::element(3, &[7, 0, 0x80]),
        ),
        ("key-usage-certificates", "a holder issues certificates", auth, usage(2, 0x84)),
        ("key-usage-lists", "a holder issues revocation lists", auth, usage(1, 0x82)),
        ("key-usage-certificates-alone", "an authority logs in", auth, usage(2, 0x04)),
        ("key-usage-auth-binds", "a login that binds like a signature", auth, usage(6, 0xC0)),
        ("key-usage-sign-does-not-bind", "a signature that binds nobody", sign, usage(7, 0x80)),
        (
            "key-usage-sign-binds-alone",
            "nonRepudiation without digitalSignature",
            sign,
            usage(6, 0x40),
        ),
        ("key-usage-sign-certificates", "a holder issues certificates", sign, usage(2, 0xC4)),
    ] {
        cases
            .add(name, hope, KEY_USAGE, template, wrong(), |w| w.leaf.value(oid::KEY_USAGE, value));
    }
    let unexpected = |found| ErrorKind::UnexpectedTag { expected: tags::BIT_STRING, found };
    broken(
        cases,
        auth,
        "X.690 11.2",
        oid::KEY_USAGE,
        &[
            (
                "key-usage-no-bits",
                "no limits are stated",
                der::element(3, &[0]),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-no-octets",
                "no limits are stated",
                der::element(3, &[]),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-zero-bits-at-the-end",
                "two encodings of one set",
                usage(0, 0x80),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-bits-that-are-unused",
                "bits that some read and some do not",
                usage(7, 0xC0),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-eight-unused-bits",
                "a number out of range",
                usage(8, 0x80),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-too-long",
                "bits that nobody defined",
                der::element(3, &[7, 0x80, 0, 0x80]),
                ErrorKind::InvalidContent,
                0,
            ),
            (
                "key-usage-as-number",
                "bits are bits",
                der::integer(&[0x80]),
                unexpected(tags::INTEGER),
                0,
            ),
            (
                "key-usage-twice",
                "two sets to choose from",
                [usage(7, 0x80), usage(1, 0x06)].concat(),
                ErrorKind::TrailingBytes,
                4,
            ),
            ("key-usage-no-value", "nothing to read", vec![], ErrorKind::Overrun, 0),
        ],
    );
}

fn purpose(cases: &mut Cases, worlds: &Worlds) {
    let wrong = || certificate(Error::ExtendedKeyUsage);
    let (auth, sign) = (&worlds.auth, &worlds.sign);
    cases.add("purpose-missing", "no purpose is every purpose", PURPOSE, auth, wrong(), |w| {
        w.leaf.remove(oid::EXTENDED_KEY_USAGE);
    });
    for (name, hope, identifiers) in [
        ("purpose-any", "any purpose is this purpose", vec![oid::ANY_PURPOSE]),
        ("purpose-server", "a server logs in as a person", vec![oid::SERVER_AUTH]),
        ("purpose-mail", "mail is read as a login", vec![oid::EMAIL_PROTECTION]),
        ("purpose-ocsp", "a responder logs in", vec![oid::OCSP_SIGNING]),
        (
            "purpose-several-others",
            "one of many will be right",
            vec![oid::SERVER_AUTH, oid::EMAIL_PROTECTION, oid::ANY_PURPOSE],
        ),
        ("purpose-with-another-arc", "a prefix is enough", vec!["1.3.6.1.5.5.7.3.2.1"]),
        ("purpose-cut", "a prefix is enough", vec!["1.3.6.1.5.5.7.3"]),
    ] {
        cases.add(name, hope, PURPOSE, auth, wrong(), |w| {
            w.leaf.value(oid::EXTENDED_KEY_USAGE, purposes(&identifiers));
        });
    }
    for (name, identifier) in
        [("client", oid::CLIENT_AUTH), ("mail", oid::EMAIL_PROTECTION), ("any", oid::ANY_PURPOSE)]
    {
        let hope = "one certificate for two purposes";
        cases.add(
            format!("purpose-{name}-to-sign"),
            hope,
            "docs/card-facts.md 5.2",
            sign,
            wrong(),
            |w| {
                w.leaf.put(Extension::new(oid::EXTENDED_KEY_USAGE, false, purposes(&[identifier])));
            },
        );
    }
    let client = der::oid(oid::CLIENT_AUTH);
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    broken(
        cases,
        auth,
        PURPOSE,
        oid::EXTENDED_KEY_USAGE,
        &[
            (
                "purpose-empty",
                "no purpose is every purpose",
                der::sequence(&[]),
                ErrorKind::Overrun,
                2,
            ),
            (
                "purpose-not-a-sequence",
                "the identifier alone will do",
                client.clone(),
                unexpected(tags::SEQUENCE, tags::OBJECT_IDENTIFIER),
                0,
            ),
            (
                "purpose-text",
                "a name is an identifier",
                der::sequence(&[&client, &der::utf8("clientAuth")]),
                unexpected(tags::OBJECT_IDENTIFIER, tags::UTF8_STRING),
                2 + client.len(),
            ),
            (
                "purpose-with-trailing-octets",
                "room for a collision",
                [der::sequence(&[&client]), der::null()].concat(),
                ErrorKind::TrailingBytes,
                2 + client.len(),
            ),
        ],
    );
}

fn basic_constraints(cases: &mut Cases, worlds: &Worlds) {
    let (yes, no) = (der::boolean(0xFF), der::boolean(0));
    for (name, template) in [("auth", &worlds.auth), ("sign", &worlds.sign)] {
        for (what, value) in [
            ("authority", der::sequence(&[&yes])),
            ("authority-of-length-0", der::sequence(&[&yes, &der::integer(&[0])])),
        ] {
            let hope = "a holder becomes an authority";
            let expected = certificate(Error::BasicConstraints);
            cases.add(format!("{name}-{what}"), hope, CONSTRAINTS, template, expected, |w| {
                w.leaf.put(Extension::new(oid::BASIC_CONSTRAINTS, true, value));
            });
        }
    }
    let zero = der::integer(&[0]);
    broken(
        cases,
        &worlds.auth,
        CONSTRAINTS,
        oid::BASIC_CONSTRAINTS,
        &[
            (
                "constraints-false",
                "DEFAULT values are written out",
                der::sequence(&[&no]),
                ErrorKind::InvalidContent,
                2,
            ),
            (
                "constraints-1",
                "what is not FF is false",
                der::sequence(&[&der::boolean(1)]),
                ErrorKind::InvalidContent,
                2,
            ),
            (
                "constraints-length-of-no-authority",
                "a length that means nothing",
                der::sequence(&[&zero]),
                ErrorKind::InvalidContent,
                2,
            ),
            (
                "constraints-length-negative",
                "minus one is no limit",
                der::sequence(&[&yes, &der::integer(&[0xFF])]),
                ErrorKind::Negative,
                5,
            ),
            (
                "constraints-length-huge",
                "a length that wraps",
                der::sequence(&[&yes, &der::integer(&[1, 0, 0, 0, 0])]),
                ErrorKind::IntegerTooLarge,
                5,
            ),
            (
                "constraints-length-padded",
                "two encodings of one length",
                der::sequence(&[&yes, &der::integer(&[0, 1])]),
                ErrorKind::InvalidContent,
                5,
            ),
            (
                "constraints-other-order",
                "order does not matter",
                der::sequence(&[&zero, &yes]),
                ErrorKind::InvalidContent,
                2,
            ),
            (
                "constraints-with-more-inside",
                "room for a collision",
                der::sequence(&[&der::null()]),
                ErrorKind::TrailingBytes,
                2,
            ),
            (
                "constraints-with-trailing-octets",
                "room for a collision",
                [der::sequence(&[]), der::null()].concat(),
                ErrorKind::TrailingBytes,
                2,
            ),
        ],
    );
}

fn policy(cases: &mut Cases, worlds: &Worlds) {
    let wrong = || certificate(Error::Policy);
    let (auth, sign) = (&worlds.auth, &worlds.sign);
    for (name, template) in [("auth", auth), ("sign", sign)] {
        cases.add(
            format!("policy-missing-{name}"),
            "no policy is every policy",
            POLICY,
            template,
            wrong(),
            |w| {
                w.leaf.remove(oid::CERTIFICATE_POLICIES);
            },
        );
    }
    for (name, hope, template, identifiers) in [
        ("policy-of-sign", "one kind passes as the other", auth, vec![oid::SIGN_POLICY]),
        (
            "policy-of-sign-for-tests",
            "one kind passes as the other",
            auth,
            vec![oid::SIGN_TEST_POLICY],
        ),
        ("policy-of-auth", "one kind passes as the other", sign, vec![oid::AUTH_POLICY]),
        (
            "policy-of-auth-for-tests",
            "one kind passes as the other",
            sign,
            vec![oid::AUTH_TEST_POLICY],
        ),
        ("policy-any", "any policy is this policy", auth, vec![oid::ANY_POLICY]),
        ("policy-other", "a policy of somebody else", auth, vec!["1.2.392.200149.8.5.1.3.31"]),
        (
            "policy-with-another-arc",
            "a prefix is enough",
            auth,
            vec!["1.2.392.200149.8.5.1.3.30.1"],
        ),
        ("policy-cut", "a prefix is enough", auth, vec!["1.2.392.200149.8.5.1.3"]),
        (
            "policy-several-others",
            "one of many will be right",
            auth,
            vec![oid::ANY_POLICY, oid::SIGN_POLICY, "1.2.3.4"],
        ),
    ] {
        cases.add(name, hope, POLICY, template, wrong(), |w| {
            w.leaf.value(oid::CERTIFICATE_POLICIES, policies(&identifiers));
        });
    }
    let identifier = der::oid(oid::AUTH_POLICY);
    let information = der::sequence(&[&identifier]);
    let unexpected = |expected, found| ErrorKind::UnexpectedTag { expected, found };
    let text = der::sequence(&[&der::utf8("auth")]);
    let flat = der::sequence(&[&identifier, &der::utf8("a qualifier")]);
    broken(
        cases,
        auth,
        POLICY,
        oid::CERTIFICATE_POLICIES,
        &[
            (
                "policy-empty",
                "no policy is every policy",
                der::sequence(&[]),
                ErrorKind::Missing { expected: tags::SEQUENCE },
                2,
            ),
            (
                "policy-without-identifier",
                "a policy without a name",
                der::sequence(&[&der::sequence(&[])]),
                ErrorKind::Overrun,
                4,
            ),
            (
                "policy-text",
                "a name is an identifier",
                der::sequence(&[&information, &text]),
                unexpected(tags::OBJECT_IDENTIFIER, tags::UTF8_STRING),
                4 + information.len(),
            ),
            (
                "policy-not-a-list",
                "one policy is a list of them",
                information.clone(),
                unexpected(tags::SEQUENCE, tags::OBJECT_IDENTIFIER),
                2,
            ),
            (
                "policy-qualifier-not-a-list",
                "room for a collision",
                der::sequence(&[&flat]),
                ErrorKind::TrailingBytes,
                4 + identifier.len(),
            ),
            (
                "policy-with-trailing-octets",
                "room for a collision",
                [der::sequence(&[&information]), der::null()].concat(),
                ErrorKind::TrailingBytes,
                2 + information.len(),
            ),
        ],
    );
}
