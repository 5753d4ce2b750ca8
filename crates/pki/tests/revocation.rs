//! Lists, requests and responses that the openssl program wrote, judged by both back ends. Which
//! rules refuse what is tested in `crates/virtual-card/tests/revocation`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use std::sync::OnceLock;

use common::backends;
use kazasu_pki::revocation::{
    Allow, Basis, CertIdHash, Checked, CrlStream, Decision, Error, Material, NoSource, OcspNonce,
    OcspRequest, Reason, Refused, Revocation, RevocationPolicy, RevocationRules, Unknown,
    check_crl, check_ocsp,
};
use kazasu_pki::{Anchor, Anchors, Certificate, Judged, Kind, Time, Validator};

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("data/revocation/", $name, ".der")).as_slice()
    };
}

/// Within the days of the lists and responses: `data/revocation/README.md`.
fn now() -> Time {
    Time::parse_rfc3339("2026-11-22T12:00:00+09:00").unwrap()
}

fn anchors() -> &'static Anchors<'static> {
    static ANCHORS: OnceLock<Anchors<'static>> = OnceLock::new();
    ANCHORS.get_or_init(|| Anchors::none().with(Anchor::custom(data!("root")).unwrap()).unwrap())
}

fn judged(certificate: &'static [u8]) -> Judged<'static> {
    Validator::new(anchors()).validate(certificate, Kind::Auth, now()).unwrap()
}

fn holder() -> Judged<'static> {
    judged(data!("holder"))
}

fn lost() -> Judged<'static> {
    judged(data!("lost"))
}

/// A list by every back end, whole and in pieces: one answer.
fn crl(judged: &Judged<'_>, list: &[u8]) -> Result<Checked, Error> {
    let rules = RevocationRules::new();
    let mut answers = Vec::new();
    for (_, backend) in backends() {
        answers.push(check_crl(backend, judged, list, rules, now()));
        for size in [1, 7, 256] {
            let mut stream = CrlStream::new(backend, judged, rules, now()).unwrap();
            let fed = list.chunks(size).try_for_each(|piece| stream.feed(piece));
            answers.push(fed.and_then(|()| stream.finish()));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers[0]
}

/// The nonce is what the request ends with; the openssl program makes 16 octets.
fn nonce(request: &[u8]) -> OcspNonce<'_> {
    OcspNonce::new(&request[request.len() - 16..]).unwrap()
}

fn ocsp(
    judged: &Judged<'_>,
    request: &OcspRequest<'_>,
    response: &[u8],
    rules: RevocationRules,
) -> Result<Checked, Error> {
    let answers: Vec<_> = backends()
        .into_iter()
        .map(|(_, backend)| check_ocsp(backend, judged, request, response, rules, now()))
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers[0]
}

#[test]
fn a_list_says_who_is_revoked_and_who_is_not() {
    let good = crl(&holder(), data!("crl")).unwrap();
    let Revocation::Good(good) = good.revocation() else { panic!("{good:?}") };
    assert_eq!(good.this_update.to_string(), "2026-11-20T15:00:00Z");
    assert_eq!(good.next_update.unwrap().to_string(), "2026-12-22T15:00:00Z");
    assert_eq!(good.number.unwrap().to_string(), "a");

    let revoked = crl(&lost(), data!("crl")).unwrap();
    let Revocation::Revoked(revoked) = revoked.revocation() else { panic!("{revoked:?}") };
    assert_eq!(revoked.reason, Some(Reason::KeyCompromise));
    assert_eq!(revoked.invalidity_date.unwrap().to_string(), "2026-09-30T12:00:00Z");

    // A list of everything covers both.
    assert_eq!(crl(&holder(), data!("crl-whole")).unwrap().revocation().as_str(), "good");
    assert_eq!(crl(&lost(), data!("crl-whole")).unwrap().revocation().as_str(), "revoked");
}

#[test]
fn a_list_for_others_says_nothing() {
    for (list, error) in [
        (data!("crl-other-point"), Error::DistributionPoint),
        (data!("crl-authorities"), Error::Scope),
        (data!("crl-indirect"), Error::IndirectCrl),
        (data!("crl-reasons"), Error::SomeReasons),
    ] {
        assert_eq!(crl(&holder(), list), Err(error));
        assert_eq!(crl(&lost(), list), Err(error));
    }
    // By an authority that shares nothing with this one.
    let real = Anchors::none().with_test();
    let card = common::test_card("jpki-auth-cert");
    let judged = Validator::new(&real).validate(&card, Kind::Auth, now()).unwrap();
    assert_eq!(crl(&judged, data!("crl")), Err(Error::IssuerName));
}

#[test]
fn no_flipped_byte_of_a_list_is_accepted() {
    let (holder, list) = (holder(), data!("crl"));
    let rules = RevocationRules::new();
    for (_, backend) in backends() {
        for at in 0..list.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut list = list.to_vec();
                list[at] ^= bit;
                let answer = check_crl(backend, &holder, &list, rules, now());
                assert!(answer.is_err(), "octet {at} bit {bit:02x}");
            }
        }
    }
}

#[test]
fn no_part_of_a_list_is_accepted() {
    let list = data!("crl");
    for length in 0..list.len() {
        assert!(
            matches!(crl(&holder(), &list[..length]), Err(Error::Malformed { .. })),
            "{length}"
        );
    }
    let longer = [list, &[0x05, 0x00]].concat();
    assert_eq!(crl(&holder(), &longer), Err(Error::Malformed { offset: list.len() }));
}

#[cfg(feature = "ocsp-sha1")]
#[test]
fn requests_are_the_ones_that_openssl_writes() {
    let mut buffer = [0; 512];
    for (request, hash, with_nonce) in [
        (data!("ocsp-good-request"), CertIdHash::Sha1, true),
        (data!("ocsp-no-nonce-request"), CertIdHash::Sha1, false),
        (data!("ocsp-sha256-request"), CertIdHash::Sha256, true),
    ] {
        let mut ours = OcspRequest::new(hash);
        if with_nonce {
            ours = ours.with_nonce(nonce(request));
        }
        assert_eq!(ours.write(&holder(), &mut buffer).unwrap(), request);
    }
}

#[test]
fn a_request_by_sha256_is_the_one_that_openssl_writes() {
    let request = data!("ocsp-sha256-request");
    let ours = OcspRequest::new(CertIdHash::Sha256).with_nonce(nonce(request));
    assert_eq!(ours.write(&holder(), &mut [0; 512]).unwrap(), request);
    for room in 0..request.len() {
        assert!(ours.write(&holder(), &mut vec![0; room]).is_err(), "{room}");
    }
    assert!(OcspNonce::new(&[]).is_err() && OcspNonce::new(&[7; 129]).is_err());
}

#[cfg(feature = "ocsp-sha1")]
#[test]
fn responses_say_what_the_responder_knows() {
    let strict = RevocationRules::new();
    for (certificate, request, response, word) in [
        (holder(), data!("ocsp-good-request"), data!("ocsp-good-response"), "good"),
        (lost(), data!("ocsp-revoked-request"), data!("ocsp-revoked-response"), "revoked"),
        (holder(), data!("ocsp-unknown-request"), data!("ocsp-unknown-response"), "unknown"),
        (holder(), data!("ocsp-by-root-request"), data!("ocsp-by-root-response"), "good"),
        (holder(), data!("ocsp-by-root-key-request"), data!("ocsp-by-root-key-response"), "good"),
    ] {
        let request = OcspRequest::new(CertIdHash::Sha1).with_nonce(nonce(request));
        let answer = ocsp(&certificate, &request, response, strict).unwrap().revocation();
        assert_eq!(answer.as_str(), word);
        match answer {
            Revocation::Good(good) => assert!(good.number.is_none() && good.next_update.is_some()),
            Revocation::Revoked(revoked) => assert_eq!(revoked.reason, Some(Reason::KeyCompromise)),
            Revocation::Unknown(unknown) => assert_eq!(unknown, Unknown::NotKnownToResponder),
        }
    }
}

#[cfg(feature = "ocsp-sha1")]
#[test]
fn a_response_answers_its_own_request() {
    let (strict, lax) = (RevocationRules::new(), RevocationRules::new().without_nonce());
    let plain = OcspRequest::new(CertIdHash::Sha1);
    let asked = plain.with_nonce(nonce(data!("ocsp-good-request")));
    let other = plain.with_nonce(nonce(data!("ocsp-revoked-request")));
    let (with, without) = (data!("ocsp-good-response"), data!("ocsp-no-nonce-response"));
    assert!(ocsp(&holder(), &asked, with, strict).is_ok());
    assert_eq!(ocsp(&holder(), &other, with, strict), Err(Error::NonceMismatch));
    assert_eq!(ocsp(&holder(), &other, with, lax), Err(Error::NonceMismatch));
    assert_eq!(ocsp(&holder(), &asked, without, strict), Err(Error::NonceMissing));
    assert!(ocsp(&holder(), &asked, without, lax).is_ok());
    assert!(ocsp(&holder(), &plain, without, strict).is_ok());
    assert!(ocsp(&holder(), &plain, with, strict).is_ok());
    // Of another certificate, or named by another hash.
    assert_eq!(ocsp(&lost(), &asked, with, strict), Err(Error::NoSingleResponse));
    let sha256 = OcspRequest::new(CertIdHash::Sha256).with_nonce(nonce(data!("ocsp-good-request")));
    assert_eq!(ocsp(&holder(), &sha256, with, strict), Err(Error::NoSingleResponse));
}

fn sha256_request() -> OcspRequest<'static> {
    OcspRequest::new(CertIdHash::Sha256).with_nonce(nonce(data!("ocsp-sha256-request")))
}

#[test]
fn a_responder_named_by_its_key_is_found() {
    let answer =
        ocsp(&holder(), &sha256_request(), data!("ocsp-sha256-response"), RevocationRules::new());
    assert_eq!(answer.unwrap().revocation().as_str(), "good");
}

#[test]
fn no_flipped_byte_of_a_response_is_accepted() {
    let (holder, response) = (holder(), data!("ocsp-sha256-response"));
    let rules = RevocationRules::new();
    for (_, backend) in backends() {
        for at in 0..response.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut response = response.to_vec();
                response[at] ^= bit;
                let answer =
                    check_ocsp(backend, &holder, &sha256_request(), &response, rules, now());
                assert!(answer.is_err(), "octet {at} bit {bit:02x}");
            }
        }
    }
}

#[test]
fn no_part_of_a_response_is_accepted() {
    let response = data!("ocsp-sha256-response");
    for length in 0..response.len() {
        let answer =
            ocsp(&holder(), &sha256_request(), &response[..length], RevocationRules::new());
        assert!(matches!(answer, Err(Error::Malformed { .. })), "{length}: {answer:?}");
    }
    let longer = [response, &[0x05, 0x00]].concat();
    let answer = ocsp(&holder(), &sha256_request(), &longer, RevocationRules::new());
    assert!(matches!(answer, Err(Error::Malformed { .. })), "{answer:?}");
}

#[test]
fn the_policy_decides_and_the_result_says_how() {
    let validator = Validator::new(anchors());
    let rules = RevocationRules::new();
    let (holder, lost) = (holder(), lost());
    let list = data!("crl");
    let check = |judged: &Judged<'static>, mut material: Material<'_>| {
        validator.check_revocation(judged, &mut material, rules, now())
    };
    let require = RevocationPolicy::Require;
    let good = check(&holder, Material::Crl(list));
    let accepted = holder.with_revocation(&good, require).accepted().unwrap();
    assert_eq!((accepted.basis().as_str(), accepted.judged()), ("good", &holder));

    // A revoked one is refused by every policy.
    let all = Allow::none().unavailable().not_accepted().not_known_to_responder().expired();
    let revoked = check(&lost, Material::Crl(list));
    for policy in [require, RevocationPolicy::AllowUnknown(all), RevocationPolicy::NotChecked] {
        let decision = lost.with_revocation(&revoked, policy);
        assert!(matches!(decision, Decision::Refused(Refused::Revoked(_))), "{policy:?}");
    }

    // Unknown is what the policy makes of it, reason by reason.
    let nothing = validator.check_revocation(&holder, &mut NoSource, rules, now());
    let stale = check(&holder, Material::Crl(data!("crl-other-point")));
    let unknown = [
        (nothing, Allow::none().unavailable(), Unknown::Unavailable),
        (stale, Allow::none().not_accepted(), Unknown::NotAccepted(Error::DistributionPoint)),
    ];
    for (index, (checked, allow, why)) in unknown.iter().enumerate() {
        let decide = |policy| holder.with_revocation(checked, policy);
        assert_eq!(decide(require), Decision::Refused(Refused::Unknown(*why)));
        let accepted = decide(RevocationPolicy::AllowUnknown(*allow)).accepted().unwrap();
        assert_eq!(accepted.basis(), Basis::Unknown(*why));
        let other = unknown[1 - index].1;
        assert!(decide(RevocationPolicy::AllowUnknown(other)).accepted().is_err());
        let accepted = decide(RevocationPolicy::NotChecked).accepted().unwrap();
        assert_eq!(accepted.basis(), Basis::NotChecked);
    }
    assert_eq!(holder.without_revocation().basis().as_str(), "not_checked");

    // The answer about one certificate is none about another, whatever is allowed.
    let why = Unknown::NotAccepted(Error::OtherCertificate);
    assert_eq!(
        lost.with_revocation(&good, RevocationPolicy::AllowUnknown(all)),
        Decision::Refused(Refused::Unknown(why))
    );
}

#[test]
fn the_fixtures_are_what_they_say() {
    let serial = |der| Certificate::parse(der).unwrap().serial().to_vec();
    assert_ne!(serial(data!("holder")), serial(data!("lost")));
    let anchors = Anchors::production().with_test();
    let judged = Validator::new(&anchors).validate(data!("holder"), Kind::Auth, now());
    assert!(judged.is_err());
}
