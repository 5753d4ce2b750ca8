//! Responses with one thing wrong each, and the reason that each must be refused for.

use kazasu_pki::Error as CertificateError;
use kazasu_pki::revocation::Error;

use crate::make::{
    Delegate, OTHER, RESPONDER, Response, Single, extension, generalized, holder, integer, nonce,
    oid, purpose, responder_name, root, sequence, sha256_with_rsa, tlv, utc,
};
use crate::ocsp;

fn changed(change: impl FnOnce(&mut Response)) -> Vec<u8> {
    let mut response = Response::new();
    change(&mut response);
    response.der()
}

fn single(change: impl FnOnce(&mut Single)) -> Vec<u8> {
    changed(|response| change(&mut response.singles[0]))
}

fn delegate(change: impl FnOnce(&mut Delegate)) -> Vec<u8> {
    let mut delegate = Delegate::new();
    change(&mut delegate);
    Response::with_delegate(&delegate).der()
}

fn status(status: u8) -> Vec<u8> {
    changed(|response| response.status = status)
}

/// Places are not part of a reason.
fn without_place(error: Error) -> Error {
    match error {
        Error::Malformed { .. } => Error::Malformed { offset: 0 },
        Error::UnknownCriticalExtension { .. } => Error::UnknownCriticalExtension { offset: 0 },
        Error::DuplicateExtension { .. } => Error::DuplicateExtension { offset: 0 },
        Error::ResponderCertificate(CertificateError::UnknownCriticalExtension { .. }) => {
            Error::ResponderCertificate(CertificateError::UnknownCriticalExtension { offset: 0 })
        }
        other => other,
    }
}

fn statuses() -> Vec<(&'static str, Vec<u8>, Error)> {
    vec![
        ("malformedRequest", status(1), Error::MalformedRequest),
        ("internalError", status(2), Error::InternalError),
        ("tryLater", status(3), Error::TryLater),
        ("a status that is none", status(4), Error::Malformed { offset: 0 }),
        ("sigRequired", status(5), Error::SignatureRequired),
        ("unauthorized", status(6), Error::Unauthorized),
        ("a status beyond all", status(7), Error::Malformed { offset: 0 }),
        ("successful and nothing", sequence(&[&[0x0A, 1, 0]]), Error::Malformed { offset: 0 }),
        (
            "another type",
            changed(|it| it.kind = "1.3.6.1.5.5.7.48.1.3".to_owned()),
            Error::ResponseType,
        ),
        (
            "a version written out",
            changed(|it| it.version = tlv(0xA0, &integer(&[0]))),
            Error::Version,
        ),
        ("version 2", changed(|it| it.version = tlv(0xA0, &integer(&[1]))), Error::Version),
    ]
}

fn signers() -> Vec<(&'static str, Vec<u8>, Error)> {
    let refuse = Error::ResponderCertificate;
    let (names, by_root) = (CertificateError::UnknownIssuer, Response::by_root);
    vec![
        ("signed by another key", changed(|it| it.key = OTHER), Error::BadSignature),
        (
            "in the authority's name by a responder",
            Response { key: RESPONDER, ..by_root() }.der(),
            Error::BadSignature,
        ),
        (
            "in the authority's name by another root",
            Response { key: OTHER, ..by_root() }.der(),
            Error::BadSignature,
        ),
        (
            "SHA-1",
            changed(|it| it.algorithm = sequence(&[&oid("1.2.840.113549.1.1.5"), &[5, 0]])),
            Error::UnsupportedAlgorithm,
        ),
        ("without the certificate", changed(|it| it.certificates.clear()), Error::UnknownResponder),
        (
            "a responder of another name",
            changed(|it| it.responder = tlv(0xA1, &sequence(&[]))),
            Error::UnknownResponder,
        ),
        (
            "a responder of another key",
            changed(|it| it.responder = tlv(0xA2, &tlv(0x04, &[7; 20]))),
            Error::UnknownResponder,
        ),
        (
            "a responder that is neither",
            changed(|it| it.responder = tlv(0xA3, &responder_name())),
            Error::Malformed { offset: 0 },
        ),
        (
            "certified by itself",
            delegate(|it| it.key = RESPONDER),
            refuse(CertificateError::BadSignature),
        ),
        (
            "certified by another root",
            delegate(|it| it.key = OTHER),
            refuse(CertificateError::BadSignature),
        ),
        ("under another name", delegate(|it| it.issuer = responder_name()), refuse(names)),
        (
            "under another key",
            delegate(|it| {
                it.extensions[3] =
                    extension("2.5.29.35", false, &sequence(&[&tlv(0x80, &[7; 20])]));
            }),
            refuse(names),
        ),
        (
            "algorithms that differ",
            delegate(|it| it.algorithm = sequence(&[&oid("1.2.840.113549.1.1.12"), &[5, 0]])),
            refuse(CertificateError::AlgorithmMismatch),
        ),
        (
            "without a purpose",
            delegate(|it| drop(it.extensions.remove(1))),
            Error::ResponderPurpose,
        ),
        (
            "with a holder's purpose",
            delegate(|it| it.extensions[1] = purpose("1.3.6.1.5.5.7.3.2")),
            Error::ResponderPurpose,
        ),
        (
            "with any purpose",
            delegate(|it| it.extensions[1] = purpose("2.5.29.37.0")),
            Error::ResponderPurpose,
        ),
        (
            "a key for other uses",
            delegate(|it| it.extensions[0] = extension("2.5.29.15", true, &[3, 2, 5, 0x20])),
            refuse(CertificateError::KeyUsage),
        ),
        (
            "an authority itself",
            delegate(|it| {
                let authority = sequence(&[&[1, 1, 0xFF]]);
                it.extensions.push(extension("2.5.29.19", true, &authority));
            }),
            refuse(CertificateError::BasicConstraints),
        ),
        (
            "an unknown critical extension",
            delegate(|it| it.extensions.push(extension("1.2.3.4", true, &[5, 0]))),
            refuse(CertificateError::UnknownCriticalExtension { offset: 0 }),
        ),
        (
            "not yet valid",
            delegate(|it| it.not_before = utc("261121003001")),
            Error::ResponderValidity,
        ),
        ("expired", delegate(|it| it.not_after = utc("261121002959")), Error::ResponderValidity),
        (
            "perhaps revoked itself",
            delegate(|it| drop(it.extensions.remove(2))),
            Error::ResponderNoCheck,
        ),
        (
            "the holder's own certificate as responder",
            changed(|it| {
                it.certificates = vec![holder().certificate().raw().to_vec()];
                it.responder = tlv(0xA1, holder().certificate().subject().raw());
            }),
            Error::ResponderPurpose,
        ),
    ]
}

fn contents() -> Vec<(&'static str, Vec<u8>, Error)> {
    let good_id = Single::new(&holder());
    let critical = Error::UnknownCriticalExtension { offset: 0 };
    let malformed = Error::Malformed { offset: 0 };
    vec![
        ("no nonce", changed(|it| it.extensions.clear()), Error::NonceMissing),
        (
            "another nonce",
            changed(|it| it.extensions = vec![nonce(&[1; 32])]),
            Error::NonceMismatch,
        ),
        (
            "a shorter nonce",
            changed(|it| it.extensions = vec![nonce(&[0xA5; 31])]),
            Error::NonceMismatch,
        ),
        (
            "a bare nonce",
            changed(|it| {
                it.extensions = vec![extension("1.3.6.1.5.5.7.48.1.2", false, &[0xA5; 32])];
            }),
            malformed,
        ),
        (
            "two nonces",
            changed(|it| it.extensions.push(nonce(&[1; 32]))),
            Error::DuplicateExtension { offset: 0 },
        ),
        (
            "an unknown critical extension",
            changed(|it| it.extensions.push(extension("1.2.3.4", true, &[5, 0]))),
            critical,
        ),
        (
            "an unknown critical extension of the answer",
            single(|it| it.extensions = vec![extension("1.2.3.4", true, &[5, 0])]),
            critical,
        ),
        (
            "produced in the future",
            changed(|it| it.produced_at = generalized("20261121003001")),
            Error::NotYet,
        ),
        (
            "from the future",
            single(|it| it.this_update = generalized("20261121003001")),
            Error::NotYet,
        ),
        (
            "stale",
            single(|it| it.next_update = tlv(0xA0, &generalized("20261121002959"))),
            Error::Stale,
        ),
        ("without an end", single(|it| it.next_update.clear()), Error::NextUpdateMissing),
        (
            "an end before the beginning",
            single(|it| it.next_update = tlv(0xA0, &generalized("20261120145959"))),
            Error::DatesOutOfOrder,
        ),
        ("a time as UTCTime", single(|it| it.this_update = utc("261120150000")), malformed),
        ("no answer", changed(|it| it.singles.clear()), Error::NoSingleResponse),
        ("another serial", single(|it| it.serial = vec![1]), Error::NoSingleResponse),
        (
            "a longer serial",
            single(|it| it.serial = [&good_id.serial[..], &[0]].concat()),
            Error::NoSingleResponse,
        ),
        ("another issuer's name", single(|it| it.name[0] ^= 1), Error::NoSingleResponse),
        ("another issuer's key", single(|it| it.key[31] ^= 1), Error::NoSingleResponse),
        ("a hash of a hash's length", single(|it| it.name.truncate(20)), Error::NoSingleResponse),
        (
            "another hash",
            single(|it| it.algorithm = sequence(&[&oid("2.16.840.1.101.3.4.2.2")])),
            Error::NoSingleResponse,
        ),
        (
            "two answers",
            changed(|it| it.singles.push(Single::new(&holder()))),
            Error::SeveralSingleResponses,
        ),
        ("a status that is none", single(|it| it.status = vec![0x83, 0]), malformed),
        ("good with content", single(|it| it.status = vec![0x80, 1, 0]), malformed),
        ("revoked without a time", single(|it| it.status = vec![0xA1, 0]), malformed),
        (
            "revoked for no known reason",
            single(|it| {
                let time = generalized("20261001000000");
                it.status = tlv(0xA1, &[&time[..], &tlv(0xA0, &[0x0A, 1, 7])].concat());
            }),
            malformed,
        ),
        ("something after", [Response::new().der(), vec![5, 0]].concat(), malformed),
        ("a list instead", crate::make::List::new().der(), malformed),
        ("a certificate instead", root().raw().to_vec(), malformed),
        ("an algorithm only", sequence(&[&sha256_with_rsa()]), malformed),
        ("nothing", Vec::new(), malformed),
    ]
}

#[test]
fn every_broken_rule_is_refused_for_its_reason() {
    let cases = [statuses(), signers(), contents()].concat();
    for (name, der, expected) in &cases {
        let error = ocsp(&holder(), der).expect_err(name);
        assert_eq!(without_place(error), *expected, "{name}");
        assert!(!error.to_string().is_empty());
    }
    assert!(cases.len() >= 60, "{}", cases.len());
}

#[test]
fn no_flipped_byte_is_accepted() {
    for response in [Response::new(), Response::by_root()] {
        let response = response.der();
        for at in 0..response.len() {
            for bit in [0x01, 0x10, 0x80] {
                let mut response = response.clone();
                response[at] ^= bit;
                assert!(ocsp(&holder(), &response).is_err(), "octet {at}");
            }
        }
    }
}
