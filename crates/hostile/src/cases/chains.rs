//! Paths with authorities between root and holder (RFC 5280 section 6.1): lengths, constraints,
//! names, policies, dates, and what a search could be led astray by.

use std::rc::Rc;

use kazasu_pki::{Error, Kind, MAX_INTERMEDIATES};
use kazasu_tlv::ErrorKind;

use crate::{
    case::{Cases, Expected, Where, authority, certificate},
    der,
    draft::{Draft, Extension},
    key::{self, Keys, Signer as _},
    oid,
    world::{
        Worlds, auth_leaf, authority_key, authority_name, intermediate, name, policies, purposes,
        root_name, sign_root_name, subject_key_identifier,
    },
};

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    lengths(cases, worlds);
    authorities(cases, keys, worlds);
    policy(cases, worlds);
    links(cases, keys, worlds);
    critical(cases, worlds);
    searches(cases, keys, worlds);
}

/// A case that changes the authority that issued the holder's certificate.
fn lower(
    cases: &mut Cases,
    worlds: &Worlds,
    (name, hope, clause): (&str, &str, &'static str),
    error: Error,
    change: impl FnOnce(&mut Draft),
) {
    let expected = authority(1, error);
    cases.add(format!("chain-{name}"), hope, clause, &worlds.chain, expected, |w| {
        w.authority(0, change);
    });
}

fn lengths(cases: &mut Cases, worlds: &Worlds) {
    let length = |length| der::sequence(&[&der::boolean(0xFF), &der::integer(&[length])]);
    let (clause, hope) =
        ("RFC 5280 6.1.4 (l), (m)", "a limit is not counted, or from the wrong end");
    let (chain, deep) = (&worlds.chain, &worlds.deep);
    let exceeded = |position| authority(position, Error::PathLength);
    cases.add("chain-length-of-an-authority", hope, clause, deep, exceeded(2), |w| {
        w.authority(1, |it| it.value(oid::BASIC_CONSTRAINTS, length(0)));
    });
    cases.add("chain-length-of-the-root", hope, clause, chain, exceeded(2), |w| {
        w.root(|it| it.value(oid::BASIC_CONSTRAINTS, length(0)));
    });
    cases.add("chain-length-of-the-root-1", hope, clause, deep, exceeded(3), |w| {
        w.root(|it| it.value(oid::BASIC_CONSTRAINTS, length(1)));
    });
    let too_many = certificate(Error::TooManyIntermediates);
    let hope = "a search that takes for ever";
    cases.add("chain-of-too-many", hope, "bounded work", chain, too_many, |w| {
        let last = w.intermediates.last().cloned();
        w.intermediates.extend(std::iter::repeat_n(last, MAX_INTERMEDIATES).flatten());
    });
}

/// What the authority must be by itself.
fn authorities(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let (constraints, usage) = ("RFC 5280 6.1.4 (k)", "RFC 5280 6.1.4 (n)");
    let whoever = "whoever was certified certifies";
    let no_authority = Error::BasicConstraints;
    lower(cases, worlds, ("without-constraints", whoever, constraints), no_authority, |it| {
        it.remove(oid::BASIC_CONSTRAINTS);
    });
    lower(cases, worlds, ("no-authority", whoever, constraints), no_authority, |it| {
        it.value(oid::BASIC_CONSTRAINTS, der::sequence(&[]));
    });
    lower(cases, worlds, ("constraints-not-critical", whoever, constraints), no_authority, |it| {
        it.change(oid::BASIC_CONSTRAINTS, |it| it.critical.clear());
    });
    lower(cases, worlds, ("without-key-usage", whoever, usage), Error::KeyUsage, |it| {
        it.remove(oid::KEY_USAGE);
    });
    for (name, bits) in [
        ("signs-lists-only", [1, 0x02]),
        ("signs-messages-only", [7, 0x80]),
        ("signs-messages-and-lists", [1, 0x82]),
    ] {
        lower(cases, worlds, (name, whoever, usage), Error::KeyUsage, |it| {
            it.value(oid::KEY_USAGE, der::element(3, &bits));
        });
    }
    let (hope, clause) = ("an authority for another purpose", "RFC 5280 4.2.1.12");
    for (name, purpose) in
        [("purpose-server", oid::SERVER_AUTH), ("purpose-ocsp", oid::OCSP_SIGNING)]
    {
        lower(cases, worlds, (name, hope, clause), Error::ExtendedKeyUsage, |it| {
            it.put(Extension::new(oid::EXTENDED_KEY_USAGE, true, purposes(&[purpose])));
        });
    }
    let (hope, clause) = ("an authority that is not there now", "RFC 5280 6.1.3 (a)(2)");
    lower(cases, worlds, ("over", hope, clause), Error::AuthorityValidity, |it| {
        it.not_after = der::utc_time("261121002959Z");
    });
    lower(cases, worlds, ("not-yet", hope, clause), Error::AuthorityValidity, |it| {
        it.not_before = der::utc_time("261121003001Z");
    });
    let clause = "docs/architecture.md, crates/pki";
    let outside = Error::IssuedOutsideAnchorValidity;
    lower(cases, worlds, ("older-than-the-root", hope, clause), outside, |it| {
        it.not_before = der::utc_time("191231235959Z");
    });

    let clause = "RFC 8017 3.1, docs/card-facts.md 5.1";
    let weak = key::info(&[0xA5; 128], 65_537);
    let error = Error::WeakKey { bits: 1024 };
    lower(cases, worlds, ("key-of-1024-bits", "a key that can be factored", clause), error, |it| {
        it.key_info = weak;
    });
    let one = key::info(&keys.lower.modulus(), 1);
    let (hope, error) = ("every signature is its own block", Error::UnsupportedKey);
    lower(cases, worlds, ("key-exponent-1", hope, clause), error, |it| it.key_info = one);
    let clause = "RFC 5280 4.1.1.2";
    let sha1 = der::algorithm(oid::SHA1_WITH_RSA, &der::null());
    let (hope, error) = ("a chosen-prefix collision", Error::UnsupportedAlgorithm);
    lower(cases, worlds, ("algorithm-sha-1", hope, clause), error, |it| it.algorithms(sha1));
    let sha512 = der::algorithm(oid::SHA512_WITH_RSA, &der::null());
    let (hope, error) = ("the one outside is not signed", Error::AlgorithmMismatch);
    lower(cases, worlds, ("outer-algorithm", hope, clause), error, |it| {
        it.outer_algorithm = sha512
    });
    let (hope, clause) = ("an old authority has no limits", "RFC 5280 4.1.2.1");
    lower(cases, worlds, ("version-1", hope, clause), Error::Version, |it| it.version.clear());
    let (hope, clause) = ("the first is checked and the last believed", "RFC 5280 4.2");
    let error = Error::DuplicateExtension;
    lower(cases, worlds, ("duplicate-constraints", hope, clause), error, |it| {
        it.extensions.push(Extension::new(oid::BASIC_CONSTRAINTS, true, der::sequence(&[])));
    });
    let cut = Error::Malformed(kazasu_tlv::Error { kind: ErrorKind::Truncated, offset: 200 });
    lower(cases, worlds, ("cut", "a beginning is enough", "RFC 5280 4.1"), cut, |it| {
        it.edit_whole = Some(Rc::new(|whole| whole.iter().take(200).copied().collect()));
    });
}

fn policy(cases: &mut Cases, worlds: &Worlds) {
    let clause = "RFC 5280 6.1.3 (d), (e)";
    let hope = "an authority for another policy";
    lower(cases, worlds, ("policy-missing", hope, clause), Error::Policy, |it| {
        it.remove(oid::CERTIFICATE_POLICIES);
    });
    for (name, policy) in [
        ("policy-another", "1.2.3.4"),
        ("policy-of-sign", oid::SIGN_POLICY),
        ("policy-for-tests", oid::AUTH_TEST_POLICY),
    ] {
        lower(cases, worlds, (name, hope, clause), Error::Policy, |it| {
            it.value(oid::CERTIFICATE_POLICIES, policies(&[policy]));
        });
    }
    let upper = authority(2, Error::Policy);
    cases.add("chain-policy-of-the-upper", hope, clause, &worlds.deep, upper, |w| {
        w.authority(1, |it| it.value(oid::CERTIFICATE_POLICIES, policies(&[oid::SIGN_POLICY])));
    });
    // Without the inhibition anyPolicy is a control.
    let mut any = worlds.deep.clone();
    any.authority(0, |it| it.value(oid::CERTIFICATE_POLICIES, policies(&[oid::ANY_POLICY])));
    let (hope, clause) = ("anyPolicy where it counts no more", "RFC 5280 6.1.3 (d)(2)");
    let inhibited = authority(1, Error::Policy);
    cases.add("chain-any-policy-inhibited", hope, clause, &any, inhibited, |w| {
        let inhibit = Extension::new(oid::INHIBIT_ANY_POLICY, true, der::integer(&[0]));
        w.authority(1, |it| it.put(inhibit));
    });
}

/// What ties one certificate to the next.
fn links(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let chain = &worlds.chain;
    let clause = "RFC 5280 6.1.3 (a)(4)";
    let hope = "the key is right";
    let named = certificate(Error::IssuerName);
    cases.add("chain-holder-names-another", hope, clause, chain, named, |w| {
        w.leaf.issuer = root_name();
    });
    lower(cases, worlds, ("names-another", hope, clause), Error::IssuerName, |it| {
        it.issuer = sign_root_name();
    });

    let clause = "RFC 5280 6.1.3 (a)(1)";
    let hope = "whoever is in between is not checked";
    for (name, signer) in [("by-an-attacker", &keys.attacker), ("by-itself", &keys.lower)] {
        lower(cases, worlds, (name, hope, clause), Error::BadSignature, |it| it.sign_with(signer));
    }
    for (name, hope, signer) in [
        ("the-root", "the root may, so its authority may", &keys.root_auth),
        ("an-attacker", "a valid signature, of nobody", &keys.attacker),
    ] {
        let bad = certificate(Error::BadSignature);
        cases.add(format!("chain-holder-by-{name}"), hope, clause, chain, bad, |w| {
            w.leaf.sign_with(signer);
        });
    }
    let unknown = || certificate(Error::UnknownIssuer);
    let hope = "the root may, so its authority may";
    cases.add("chain-authority-missing", hope, clause, chain, unknown(), |w| {
        w.intermediates.clear();
    });

    let clause = "RFC 5280 4.2.1.1, 4.2.1.2";
    let hope = "the name is right";
    cases.add("chain-subject-key-another", hope, clause, chain, unknown(), |w| {
        w.authority(0, |it| it.value(oid::SUBJECT_KEY_IDENTIFIER, der::octets(&[7; 20])));
    });
    cases.add("chain-subject-key-missing", hope, clause, chain, unknown(), |w| {
        w.authority(0, |it| it.remove(oid::SUBJECT_KEY_IDENTIFIER));
    });
    cases.add("chain-authority-key-another", hope, clause, chain, unknown(), |w| {
        let another = authority_key(&keys.attacker);
        w.authority(0, |it| it.value(oid::AUTHORITY_KEY_IDENTIFIER, another));
    });
    let (hope, number) = ("the key is right, the certificate another", &[0x21, 0x44]);
    let another = der::sequence(&[
        &der::element(0x80, &keys.lower.identifier()),
        &der::explicit(1, &der::explicit(4, &root_name())),
        &der::element(0x82, number),
    ]);
    let expected = certificate(Error::AuthorityKeyIdentifier);
    cases.add("chain-authority-of-another-number", hope, clause, chain, expected, |w| {
        w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, another);
    });
}

fn critical(cases: &mut Cases, worlds: &Worlds) {
    let names = der::explicit(0, &der::sequence(&[&der::element(0x82, b"example.jp")]));
    let names = der::sequence(&[&names]);
    let (hope, clause) = ("limits of an authority are passed over", "RFC 5280 6.1.4 (g), (o)");
    for (name, critical, identifier, value) in [
        ("critical-unknown", true, "1.2.3.4.5.6.7", der::null()),
        ("critical-name-constraints", true, oid::NAME_CONSTRAINTS, names.clone()),
        ("name-constraints", false, oid::NAME_CONSTRAINTS, names),
        ("critical-policy-mappings", true, oid::POLICY_MAPPINGS, der::sequence(&[])),
        ("policy-mappings", false, oid::POLICY_MAPPINGS, der::sequence(&[])),
        ("critical-distribution-points", true, oid::CRL_DISTRIBUTION_POINTS, der::sequence(&[])),
    ] {
        let extension = Extension::new(identifier, critical, value);
        let expected = Expected::At(Where::AuthorityCriticalExtension, extension.encode());
        cases.add(format!("chain-{name}"), hope, clause, &worlds.chain, expected, |w| {
            w.authority(0, |it| it.extensions.push(extension));
        });
    }
    let empty = Extension::new(oid::POLICY_CONSTRAINTS, true, der::sequence(&[]));
    let encoded = empty.encode();
    // The OCTET STRING around an empty SEQUENCE.
    let place = Where::AuthorityMalformedAfter(ErrorKind::InvalidContent, encoded.len() - 4);
    let (hope, clause) = ("a limit that says nothing", "RFC 5280 4.2.1.11");
    let expected = Expected::At(place, encoded);
    cases.add("chain-policy-constraints-empty", hope, clause, &worlds.chain, expected, |w| {
        w.authority(0, |it| it.extensions.push(empty));
    });
}

/// What a search could be led astray by.
fn searches(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let chain = &worlds.chain;
    let unknown = || certificate(Error::UnknownIssuer);
    let (one, other) = (authority_name("LOWER"), authority_name("UPPER"));
    let hope = "a search that goes round for ever";
    cases.add("chain-loop", hope, "RFC 5280 6.1", chain, unknown(), |w| {
        w.intermediates = vec![
            intermediate(&one, &keys.lower, &other, &keys.upper),
            intermediate(&other, &keys.upper, &one, &keys.lower),
        ];
    });
    cases.add("chain-to-itself", hope, "RFC 5280 6.1", chain, unknown(), |w| {
        w.intermediates = vec![intermediate(&one, &keys.lower, &one, &keys.lower)];
    });
    let (hope, clause) = ("whoever comes with it is trusted", "RFC 5280 6.1.1 (d)");
    cases.add("chain-to-a-root-that-came-along", hope, clause, chain, unknown(), |w| {
        let root = w.roots.first().map(|root| root.draft.clone());
        w.intermediates.extend(root);
        w.roots.clear();
    });
    let hope = "a search that takes for ever";
    let bad = certificate(Error::BadSignature);
    cases.add("chain-of-strangers-with-one-identifier", hope, "bounded work", chain, bad, |w| {
        let strangers = [&keys.attacker, &keys.other_holder, &keys.root_next, &keys.upper];
        let strangers = strangers.into_iter().map(|key| {
            let mut stranger = intermediate(&one, key, &root_name(), &keys.root_auth);
            stranger.put(subject_key_identifier(&keys.lower));
            stranger
        });
        w.intermediates = strangers.collect();
    });
    let (hope, clause) = ("whoever was certified certifies", "RFC 5280 6.1.4 (k)");
    let holder_issues = authority(1, Error::BasicConstraints);
    cases.add("chain-through-a-holder", hope, clause, chain, holder_issues, |w| {
        let subject = name(&[(oid::COMMON_NAME, "ANOTHER HOLDER")]);
        let mut holder = auth_leaf(keys, &root_name(), &keys.root_auth);
        holder.subject.clone_from(&subject);
        holder.key_info = keys.other_holder.info();
        holder.put(subject_key_identifier(&keys.other_holder));
        w.leaf = auth_leaf(keys, &subject, &keys.other_holder);
        let key = authority_key(&keys.other_holder);
        w.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, key);
        w.intermediates = vec![holder];
    });
    let (hope, clause) = ("a root of the JPKI is a root of the JPKI", "docs/card-facts.md 5.1");
    let wrong = certificate(Error::WrongKind);
    cases.add("chain-of-the-other-kind", hope, clause, chain, wrong, |w| {
        w.intermediates = vec![intermediate(&one, &keys.lower, &sign_root_name(), &keys.root_sign)];
    });
    let mut both = chain.clone();
    both.roots.iter_mut().for_each(|root| root.only = None);
    let (hope, clause) = ("one certificate for two purposes", "docs/card-facts.md 5.2");
    let usage = certificate(Error::KeyUsage);
    cases.add("chain-as-the-other-kind", hope, clause, &both, usage, |w| w.kind = Kind::Sign);
}
