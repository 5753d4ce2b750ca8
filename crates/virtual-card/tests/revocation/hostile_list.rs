//! Lists with one thing wrong each, and the reason that each must be refused for.

use kazasu_pki::revocation::Error;

use crate::make::{
    List, OTHER, RESPONDER, authority_key, entry, extension, generalized, holder, integer,
    issuing_point, number, oid, point_name, reason, sequence, sha256_with_rsa, tlv, utc,
};
use crate::{crl, crl_whole};

/// How an error is expected: exactly, or as damage wherever it is.
enum Why {
    Is(Error),
    Malformed,
    TooLarge,
    DuplicateExtension,
    UnknownCritical,
}

use Why::{DuplicateExtension, Is, Malformed, TooLarge, UnknownCritical};

impl Why {
    fn fits(&self, error: Error) -> bool {
        match self {
            Is(expected) => error == *expected,
            Malformed => matches!(error, Error::Malformed { .. }),
            TooLarge => matches!(error, Error::TooLarge { .. }),
            DuplicateExtension => matches!(error, Error::DuplicateExtension { .. }),
            UnknownCritical => matches!(error, Error::UnknownCriticalExtension { .. }),
        }
    }
}

fn changed(change: impl FnOnce(&mut List)) -> Vec<u8> {
    let mut list = List::new();
    change(&mut list);
    list.der()
}

/// With these extensions besides the usual ones.
fn with(extension: Vec<u8>) -> Vec<u8> {
    changed(|list| list.extensions.push(extension))
}

/// With this as the only scope.
fn scoped(fields: &[&[u8]]) -> Vec<u8> {
    changed(|list| list.extensions[2] = issuing_point(fields))
}

/// With such an entry about somebody else.
fn listing(entry: Vec<u8>) -> Vec<u8> {
    changed(|list| list.entries.as_mut().unwrap().push(entry))
}

fn other_name() -> Vec<u8> {
    let name = sequence(&[&tlv(0x31, &sequence(&[&oid("2.5.4.3"), &tlv(0x0C, b"ELSEWHERE")]))]);
    tlv(0xA0, &tlv(0xA0, &tlv(0xA4, &name)))
}

fn cases() -> Vec<(&'static str, Vec<u8>, Why)> {
    let sha384 = || sequence(&[&oid("1.2.840.113549.1.1.12"), &[5, 0]]);
    let no_null = || sequence(&[&oid("1.2.840.113549.1.1.11")]);
    let issuer_name = tlv(0xA0, &tlv(0xA0, &tlv(0xA4, &List::new().issuer)));
    vec![
        // The signature, and what it was made with.
        ("signed by another root", changed(|it| it.key = OTHER), Is(Error::BadSignature)),
        ("signed by a holder's key", changed(|it| it.key = RESPONDER), Is(Error::BadSignature)),
        (
            "another algorithm outside",
            changed(|it| it.outer = no_null()),
            Is(Error::AlgorithmMismatch),
        ),
        (
            "another algorithm inside",
            changed(|it| it.inner = no_null()),
            Is(Error::UnsupportedAlgorithm),
        ),
        (
            "SHA-1",
            changed(|it| {
                it.inner = sequence(&[&oid("1.2.840.113549.1.1.5"), &[5, 0]]);
                it.outer = it.inner.clone();
            }),
            Is(Error::UnsupportedAlgorithm),
        ),
        (
            "an algorithm that was not signed with",
            changed(|it| it.outer = sha384()),
            Is(Error::AlgorithmMismatch),
        ),
        // Head.
        ("no version", changed(|it| it.version.clear()), Is(Error::Version)),
        ("version 1", changed(|it| it.version = integer(&[0])), Is(Error::Version)),
        ("version 3", changed(|it| it.version = integer(&[2])), Is(Error::Version)),
        (
            "another issuer",
            changed(|it| it.issuer = crate::make::responder_name()),
            Is(Error::IssuerName),
        ),
        ("no issuer", changed(|it| it.issuer = sequence(&[])), Is(Error::IssuerName)),
        // Times.
        ("from the future", changed(|it| it.this_update = utc("261121003001")), Is(Error::NotYet)),
        ("stale", changed(|it| it.next_update = utc("261121002959")), Is(Error::Stale)),
        ("without an end", changed(|it| it.next_update.clear()), Is(Error::NextUpdateMissing)),
        (
            "without an end and without entries",
            changed(|it| {
                it.next_update.clear();
                it.entries = None;
            }),
            Is(Error::NextUpdateMissing),
        ),
        (
            "an end before the beginning",
            changed(|it| it.next_update = utc("261120145959")),
            Is(Error::DatesOutOfOrder),
        ),
        (
            "GeneralizedTime before 2050",
            changed(|it| it.this_update = generalized("20261120150000")),
            Malformed,
        ),
        ("a day that is none", changed(|it| it.this_update = utc("261131000000")), Malformed),
        (
            "a time without seconds",
            changed(|it| it.this_update = tlv(0x17, b"2611201500Z")),
            Malformed,
        ),
        // The list's extensions.
        ("no extensions", changed(|it| it.extensions.clear()), Is(Error::AuthorityKeyIdentifier)),
        (
            "no authority key identifier",
            changed(|it| drop(it.extensions.remove(0))),
            Is(Error::AuthorityKeyIdentifier),
        ),
        (
            "another authority key identifier",
            changed(|it| {
                it.extensions[0] =
                    extension("2.5.29.35", false, &sequence(&[&tlv(0x80, &[7; 20])]));
            }),
            Is(Error::AuthorityKeyIdentifier),
        ),
        (
            "an authority key identifier without a key",
            changed(|it| it.extensions[0] = extension("2.5.29.35", false, &sequence(&[]))),
            Is(Error::AuthorityKeyIdentifier),
        ),
        ("no number", changed(|it| drop(it.extensions.remove(1))), Is(Error::NumberMissing)),
        ("a number of 21 octets", changed(|it| it.extensions[1] = number(&[1; 21])), TooLarge),
        (
            "a negative number",
            changed(|it| it.extensions[1] = extension("2.5.29.20", false, &[2, 1, 0x80])),
            Malformed,
        ),
        ("a number twice", with(number(&[9])), DuplicateExtension),
        ("a key identifier twice", with(authority_key()), DuplicateExtension),
        (
            "an unknown critical extension",
            with(extension("1.2.3.4", true, &[5, 0])),
            UnknownCritical,
        ),
        (
            "a critical extension of certificates",
            with(extension("2.5.29.19", true, &sequence(&[]))),
            UnknownCritical,
        ),
        ("changes only", with(extension("2.5.29.27", true, &integer(&[1]))), Is(Error::DeltaCrl)),
        (
            "changes only, and not critical",
            with(extension("2.5.29.27", false, &integer(&[1]))),
            Is(Error::DeltaCrl),
        ),
        (
            "critical FALSE written out",
            with(sequence(&[&oid("1.2.3.4"), &[1, 1, 0], &tlv(0x04, &[5, 0])])),
            Malformed,
        ),
        (
            "a TRUE that is not FF",
            with(sequence(&[&oid("1.2.3.4"), &[1, 1, 1], &tlv(0x04, &[5, 0])])),
            Malformed,
        ),
        (
            "extensions that are too long",
            with(extension("1.2.3.4", false, &tlv(0x04, &[0; 2048]))),
            TooLarge,
        ),
        // Scope.
        ("for another distribution point", scoped(&[&other_name()]), Is(Error::DistributionPoint)),
        ("for the issuer's own point", scoped(&[&issuer_name]), Is(Error::DistributionPoint)),
        (
            "for a relative name of another point",
            scoped(&[&tlv(
                0xA0,
                &tlv(0xA1, &sequence(&[&oid("2.5.4.3"), &tlv(0x0C, b"ELSEWHERE")])),
            )]),
            Is(Error::DistributionPoint),
        ),
        ("for authorities", scoped(&[&point_name(), &tlv(0x82, &[0xFF])]), Is(Error::Scope)),
        (
            "for attribute certificates",
            scoped(&[&point_name(), &tlv(0x85, &[0xFF])]),
            Is(Error::Scope),
        ),
        (
            "of some reasons",
            scoped(&[&point_name(), &tlv(0x83, &[1, 0x40])]),
            Is(Error::SomeReasons),
        ),
        ("indirect", scoped(&[&point_name(), &tlv(0x84, &[0xFF])]), Is(Error::IndirectCrl)),
        ("a scope with FALSE written out", scoped(&[&point_name(), &tlv(0x81, &[0])]), Malformed),
        ("a scope in the wrong order", scoped(&[&tlv(0x81, &[0xFF]), &point_name()]), Malformed),
        // Entries. They are about somebody else, and yet nothing of the list may be used.
        (
            "an entry with an unknown critical extension",
            listing(entry(&[1, 2], &[extension("1.2.3.4", true, &[5, 0])])),
            UnknownCritical,
        ),
        (
            "an entry of another authority",
            listing(entry(&[1, 2], &[extension("2.5.29.29", true, &sequence(&[]))])),
            Is(Error::IndirectCrl),
        ),
        (
            "an entry that is taken back",
            listing(entry(&[1, 2], &[reason(8)])),
            Is(Error::RemoveFromCrl),
        ),
        ("a reason that is none", listing(entry(&[1, 2], &[reason(7)])), Malformed),
        ("a reason beyond all", listing(entry(&[1, 2], &[reason(11)])), Malformed),
        ("a reason twice", listing(entry(&[1, 2], &[reason(1), reason(4)])), DuplicateExtension),
        (
            "an invalidity date as UTCTime",
            listing(entry(&[1, 2], &[extension("2.5.29.24", false, &utc("261001000000"))])),
            Malformed,
        ),
        (
            "a negative serial",
            listing(sequence(&[&tlv(0x02, &[0x80]), &utc("261001000000")])),
            Malformed,
        ),
        (
            "a serial with a zero in front",
            listing(sequence(&[&tlv(0x02, &[0, 1]), &utc("261001000000")])),
            Malformed,
        ),
        ("an entry without a date", listing(sequence(&[&integer(&[1])])), Malformed),
        (
            "an entry with more",
            listing(sequence(&[&integer(&[1]), &utc("261001000000"), &[5, 0]])),
            Malformed,
        ),
        (
            "an entry with empty extensions",
            listing(sequence(&[&integer(&[1]), &utc("261001000000"), &sequence(&[])])),
            Malformed,
        ),
        ("an entry that is too long", listing(entry(&[1; 2048], &[])), TooLarge),
        ("an entry that is no sequence", listing(vec![0x31, 0]), Malformed),
        // Structure.
        ("something after the list", [List::new().der(), vec![0]].concat(), Malformed),
        ("a list and another", [List::new().der(), List::new().der()].concat(), Malformed),
        (
            "something after the extensions",
            changed(|it| it.extensions[2] = [issuing_point(&[]), vec![5, 0]].concat()),
            Malformed,
        ),
        ("no list", tlv(0x31, &[]), Malformed),
        ("an empty list", sequence(&[]), Malformed),
        ("indefinite length", vec![0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0], Malformed),
        ("a length with a zero in front", vec![0x30, 0x82, 0, 3, 2, 1, 1], Malformed),
        ("a length of five octets", vec![0x30, 0x85, 0, 0, 0, 0, 3, 2, 1, 1], Malformed),
        (
            "nothing but an algorithm",
            sequence(&[&sequence(&[]), &sha256_with_rsa(), &tlv(0x03, &[0])]),
            Malformed,
        ),
    ]
}

#[test]
fn every_broken_rule_is_refused_for_its_reason() {
    let cases = cases();
    for (name, der, why) in &cases {
        let answer = crl(&holder(), der);
        let error = answer.expect_err(name);
        assert!(why.fits(error), "{name}: {error:?}");
        assert!(!error.to_string().is_empty());
    }
    assert!(cases.len() >= 60, "{}", cases.len());
}

#[test]
fn no_flipped_byte_is_accepted() {
    let mut list = List::revoking(&[reason(1)]).der();
    for at in 0..list.len() {
        for bit in [0x01, 0x10, 0x80] {
            list[at] ^= bit;
            assert!(crl_whole(&holder(), &list).is_err(), "octet {at}");
            list[at] ^= bit;
        }
    }
}
