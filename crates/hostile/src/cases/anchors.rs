//! Who issued it: roots that are none, roots that only look like one, roots of the other kind, the
//! other generation and the other hierarchy (RFC 5280 sections 6.1.1 and 6.1.3).

use anyhow::Result;
use kazasu_pki::{Anchors, Certificate, Error, Hierarchy, Kind, MAX_CALLER_ANCHORS};
use kazasu_tlv::ErrorKind;

use crate::{
    case::{Cases, Expected, Refusal, Where, anchor, certificate},
    der,
    draft::Extension,
    key::{self, Keys},
    oid,
    world::{
        Root, World, Worlds, auth_leaf, name, policies, purposes, root, root_name, sign_leaf,
        sign_root_name,
    },
};

const TRUST: &str = "RFC 5280 6.1.1 (d)";
const SIGNATURE: &str = "RFC 5280 6.1.3 (a)(1)";
const KINDS: &str = "docs/card-facts.md 5.1";

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) -> Result<()> {
    pretenders(cases, keys, worlds)?;
    kinds(cases, keys, worlds);
    holders(cases, keys, worlds);
    no_roots(cases, worlds);
    Ok(())
}

fn pretenders(cases: &mut Cases, keys: &Keys, worlds: &Worlds) -> Result<()> {
    // The trusted root's name and key identifier, and another key.
    let mut same = worlds.auth.clone();
    same.leaf = auth_leaf(keys, &root_name(), &keys.root_auth);
    cases.add(
        "root-with-the-same-name-and-identifier",
        "the identifier of a key is its proof",
        SIGNATURE,
        &same,
        certificate(Error::BadSignature),
        |w| {
            w.leaf.sign_with(&keys.attacker);
        },
    );
    cases.add(
        "root-with-the-same-name",
        "the name of a root is its proof",
        SIGNATURE,
        &same,
        certificate(Error::UnknownIssuer),
        |w| {
            w.leaf = auth_leaf(keys, &root_name(), &keys.attacker);
        },
    );
    // Both generations are trusted.
    let mut generations = worlds.auth.clone();
    generations
        .roots
        .push(Root { draft: root(&root_name(), &keys.root_next), only: Some(Kind::Auth) });
    cases.add(
        "generation-of-the-other-key",
        "any generation of a root will do",
        SIGNATURE,
        &generations,
        certificate(Error::BadSignature),
        |w| {
            w.leaf.sign_with(&keys.root_next);
        },
    );
    cases.add(
        "generation-not-trusted",
        "the next generation is trusted by its name",
        TRUST,
        &generations,
        certificate(Error::UnknownIssuer),
        |w| {
            w.leaf = auth_leaf(keys, &root_name(), &keys.root_next);
            w.roots.pop();
        },
    );
    cases.add(
        "root-not-trusted",
        "whoever is named is trusted",
        TRUST,
        &worlds.auth,
        certificate(Error::UnknownIssuer),
        |w| w.roots.clear(),
    );

    // The roots of the JPKI, whose private keys nobody has: everything but the signature is right.
    let anchors = Anchors::production().with_test();
    for (number, anchor) in anchors.iter().enumerate() {
        let issuer = Certificate::parse(anchor.der())?;
        let names = issuer.subject().to_string();
        let kind = if names.contains("authentication") { Kind::Auth } else { Kind::Sign };
        let template = if kind == Kind::Auth { &worlds.real_auth } else { &worlds.real_sign };
        let identifier = anchor.key_identifier().to_vec();
        let policy = match (anchor.hierarchy(), kind) {
            (Hierarchy::Test, Kind::Auth) => oid::AUTH_TEST_POLICY,
            (Hierarchy::Test, Kind::Sign) => oid::SIGN_TEST_POLICY,
            (_, Kind::Auth) => oid::AUTH_POLICY,
            (_, Kind::Sign) => oid::SIGN_POLICY,
        };
        let name = format!(
            "forged-under-{}-{}-{}",
            anchor.hierarchy().as_str(),
            kind.as_str(),
            number + 1
        );
        let subject = issuer.subject().raw();
        cases.add(
            name,
            "everything is right but the signature",
            SIGNATURE,
            template,
            certificate(Error::BadSignature),
            |w| {
                w.leaf = match kind {
                    Kind::Auth => auth_leaf(keys, subject, &keys.attacker),
                    Kind::Sign => sign_leaf(keys, subject, &keys.attacker),
                };
                w.leaf.value(oid::CERTIFICATE_POLICIES, policies(&[policy]));
                w.leaf.value(
                    oid::AUTHORITY_KEY_IDENTIFIER,
                    der::sequence(&[&der::element(0x80, &identifier)]),
                );
            },
        );
    }
    for (kind, template) in [("auth", &worlds.real_auth), ("sign", &worlds.real_sign)] {
        let name = format!("test-card-{kind}-in-production");
        cases.add(
            name,
            "a test card is a card",
            TRUST,
            template,
            certificate(Error::UnknownIssuer),
            |w| w.test = false,
        );
    }
    Ok(())
}

fn kinds(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let wrong = || certificate(Error::WrongKind);
    cases.add(
        "auth-root-issues-sign",
        "a root of the JPKI is a root of the JPKI",
        KINDS,
        &worlds.sign,
        wrong(),
        |w| {
            w.leaf = sign_leaf(keys, &root_name(), &keys.root_auth);
        },
    );
    cases.add(
        "sign-root-issues-auth",
        "a root of the JPKI is a root of the JPKI",
        KINDS,
        &worlds.auth,
        wrong(),
        |w| {
            w.leaf = auth_leaf(keys, &sign_root_name(), &keys.root_sign);
        },
    );
    for (name, template, kind) in [
        ("auth-as-sign", &worlds.auth, Kind::Sign),
        ("sign-as-auth", &worlds.sign, Kind::Auth),
        ("test-card-auth-as-sign", &worlds.real_auth, Kind::Sign),
        ("test-card-sign-as-auth", &worlds.real_sign, Kind::Auth),
    ] {
        cases.add(name, "one certificate for two purposes", KINDS, template, wrong(), |w| {
            w.kind = kind
        });
    }
    // A root that speaks for both kinds leaves it to the certificate.
    for (name, template, kind) in [
        ("auth-as-sign-under-one-root", &worlds.auth, Kind::Sign),
        ("sign-as-auth-under-one-root", &worlds.sign, Kind::Auth),
    ] {
        let mut template = template.clone();
        template.roots.iter_mut().for_each(|root| root.only = None);
        cases.add(
            name,
            "one certificate for two purposes",
            "docs/card-facts.md 5.2",
            &template,
            certificate(Error::KeyUsage),
            |w| w.kind = kind,
        );
    }
}

/// Certificates of holders, and roots, in each other's place.
fn holders(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let auth = &worlds.auth;
    let unknown = || certificate(Error::UnknownIssuer);
    let other = name(&[(oid::COMMON_NAME, "ANOTHER HOLDER")]);
    cases.add(
        "issued-by-a-holder",
        "whoever is certified certifies",
        SIGNATURE,
        auth,
        unknown(),
        |w| {
            w.leaf = auth_leaf(keys, &other, &keys.other_holder);
        },
    );
    cases.add("issued-by-itself", "whoever signs is trusted", SIGNATURE, auth, unknown(), |w| {
        w.leaf = auth_leaf(keys, &w.leaf.subject, &keys.holder);
    });
    cases.add(
        "issued-by-itself-as-the-root",
        "the name of a root is its proof",
        SIGNATURE,
        auth,
        unknown(),
        |w| {
            w.leaf = auth_leaf(keys, &root_name(), &keys.holder);
            w.leaf.subject = root_name();
        },
    );
    cases.add("root-as-holder", "a root logs in", "RFC 5280 6.1.3", auth, unknown(), |w| {
        w.leaf = root(&root_name(), &keys.root_auth);
    });
    cases.add(
        "root-as-holder-with-an-authority",
        "a root logs in",
        "RFC 5280 4.2.1.9",
        auth,
        certificate(Error::BasicConstraints),
        |w| {
            let authority = w
                .leaf
                .extensions
                .iter()
                .find(|it| it.identifier == oid::AUTHORITY_KEY_IDENTIFIER)
                .cloned();
            w.leaf = root(&root_name(), &keys.root_auth);
            w.leaf.extensions.extend(authority);
        },
    );
}

/// Roots that the caller should not have brought.
fn no_roots(cases: &mut Cases, worlds: &Worlds) {
    let auth = &worlds.auth;
    let change = |cases: &mut Cases,
                  name: &str,
                  hope: &str,
                  clause: &'static str,
                  error: Error,
                  change: &dyn Fn(&mut crate::draft::Draft)| {
        cases.add(name, hope, clause, auth, anchor(error), |w: &mut World| {
            w.root(|draft| change(draft))
        });
    };
    let (constraints, usage) = ("RFC 5280 4.2.1.9", "RFC 5280 4.2.1.3");
    change(
        cases,
        "root-without-constraints",
        "whoever signs is an authority",
        constraints,
        Error::BasicConstraints,
        &|it| it.remove(oid::BASIC_CONSTRAINTS),
    );
    change(
        cases,
        "root-no-authority",
        "whoever signs is an authority",
        constraints,
        Error::BasicConstraints,
        &|it| it.value(oid::BASIC_CONSTRAINTS, der::sequence(&[])),
    );
    change(
        cases,
        "root-constraints-not-critical",
        "a limit that may be passed over",
        constraints,
        Error::BasicConstraints,
        &|it| it.change(oid::BASIC_CONSTRAINTS, |it| it.critical.clear()),
    );
    change(
        cases,
        "root-without-key-usage",
        "no limits are stated",
        usage,
        Error::KeyUsage,
        &|it| it.remove(oid::KEY_USAGE),
    );
    change(
        cases,
        "root-signs-lists-only",
        "a key for lists signs certificates",
        usage,
        Error::KeyUsage,
        &|it| it.value(oid::KEY_USAGE, der::element(3, &[1, 0x02])),
    );
    change(
        cases,
        "root-signs-messages-only",
        "a key for messages signs certificates",
        usage,
        Error::KeyUsage,
        &|it| it.value(oid::KEY_USAGE, der::element(3, &[6, 0xC0])),
    );
    change(
        cases,
        "root-without-identifier",
        "a root that cannot be pointed at",
        "RFC 5280 4.2.1.2",
        Error::NoKeyIdentifier,
        &|it| it.remove(oid::SUBJECT_KEY_IDENTIFIER),
    );
    for bits in [512, 1024, 2047] {
        let mut modulus = vec![0xA5; bits / 8 + usize::from(bits % 8 > 0)];
        modulus
            .iter_mut()
            .take(1)
            .for_each(|octet| *octet = if bits % 8 > 0 { 0x7F } else { 0xFF });
        let info = key::info(&modulus, 65_537);
        change(
            cases,
            &format!("root-of-{bits}-bits"),
            "a key that can be factored",
            "docs/card-facts.md 5.1",
            Error::WeakKey { bits },
            &|it| it.key_info.clone_from(&info),
        );
    }
    let p256 = der::algorithm(oid::EC_PUBLIC_KEY, &der::oid(oid::P256));
    let p256 = der::sequence(&[&p256, &der::bits(&[&[4][..], &[0x11; 64]].concat())]);
    change(
        cases,
        "root-p-256",
        "a curve that is not in the profile",
        "RFC 5280 4.1.2.7",
        Error::UnsupportedCurve,
        &|it| it.key_info.clone_from(&p256),
    );
    let one = key::info(&[0xA5; 256], 1);
    change(
        cases,
        "root-exponent-1",
        "every signature is its own block",
        "RFC 8017 3.1",
        Error::UnsupportedKey,
        &|it| it.key_info.clone_from(&one),
    );
    change(
        cases,
        "root-version-1",
        "an old root has no limits",
        "RFC 5280 4.1.2.1",
        Error::Version,
        &|it| it.version.clear(),
    );
    change(
        cases,
        "root-key-usage-twice",
        "the first is checked and the last believed",
        "RFC 5280 4.2",
        Error::DuplicateExtension,
        &|it| it.extensions.push(Extension::new(oid::KEY_USAGE, true, der::element(3, &[1, 0x06]))),
    );

    let names =
        der::sequence(&[&der::explicit(0, &der::sequence(&[&der::element(0x82, b"example.jp")]))]);
    for (name, identifier, value) in [
        ("unknown", "1.2.3.4.5.6.7", der::null()),
        ("policies", oid::CERTIFICATE_POLICIES, policies(&[oid::SIGN_POLICY])),
        ("purpose", oid::EXTENDED_KEY_USAGE, purposes(&[oid::EMAIL_PROTECTION])),
        ("name-constraints", oid::NAME_CONSTRAINTS, names),
        (
            "policy-constraints",
            oid::POLICY_CONSTRAINTS,
            der::sequence(&[&der::element(0x80, &[0])]),
        ),
        ("inhibit-any-policy", oid::INHIBIT_ANY_POLICY, der::integer(&[0])),
    ] {
        let extension = Extension::new(identifier, true, value);
        let expected = Expected::At(Where::RootCriticalExtension, extension.encode());
        cases.add(
            format!("root-critical-{name}"),
            "limits of a root are passed over",
            "RFC 5280 4.2, 6.1.1",
            auth,
            expected,
            |w| {
                w.root(|draft| draft.extensions.push(extension));
            },
        );
    }
    cases.add(
        "root-cut",
        "a beginning is enough",
        "RFC 5280 4.1",
        auth,
        anchor(Error::Malformed(kazasu_tlv::Error { kind: ErrorKind::Truncated, offset: 200 })),
        |w| {
            w.root(|draft| {
                let octets = draft.encode();
                draft.replace(octets.get(..200).unwrap_or_default());
            });
        },
    );
    cases.add(
        "holder-as-root",
        "whoever is certified certifies",
        "RFC 5280 4.2.1.9",
        auth,
        anchor(Error::BasicConstraints),
        |w| {
            let leaf = w.leaf.clone();
            w.root(|draft| *draft = leaf);
        },
    );
    cases.add(
        "too-many-roots",
        "the last ones are dropped, or the first",
        "bounded work",
        auth,
        Expected::Exactly(Refusal::Anchor(Error::TooManyAnchors)),
        |w| {
            let last = w.roots.last().cloned();
            w.roots.extend(std::iter::repeat_n(last, MAX_CALLER_ANCHORS).flatten());
        },
    );
}
