//! Responses that are right.

use kazasu_pki::revocation::{Error, Reason, Revocation, RevocationRules, Unknown};

use crate::make::{
    Delegate, RESPONDER, Response, Single, extension, generalized, holder, in_grace, integer, root,
    sequence, signer, time, tlv,
};
use crate::{ocsp, ocsp_at};

#[test]
fn a_responder_says_good_revoked_or_unknown() {
    let Ok(Revocation::Good(good)) = ocsp(&holder(), &Response::new().der()) else { panic!() };
    assert_eq!(good.this_update, time("2026-11-20T15:00:00Z"));
    assert_eq!(good.next_update, Some(time("2026-11-21T15:00:00Z")));

    let when = generalized("20261001000000");
    let reason = tlv(0xA0, &[0x0A, 1, 6]);
    for (status, why) in [
        (tlv(0xA1, &when), None),
        (tlv(0xA1, &[when.clone(), reason].concat()), Some(Reason::CertificateHold)),
    ] {
        let mut response = Response::new();
        response.singles[0].status = status;
        let answer = ocsp(&holder(), &response.der()).unwrap();
        let Revocation::Revoked(revoked) = answer else { panic!("{answer:?}") };
        assert_eq!((revoked.reason, revoked.date), (why, time("2026-10-01T00:00:00Z")));
    }

    let mut response = Response::new();
    response.singles[0].status = vec![0x82, 0];
    let unknown = Revocation::Unknown(Unknown::NotKnownToResponder);
    assert_eq!(ocsp(&holder(), &response.der()), Ok(unknown));
}

#[test]
fn responders_that_may_answer() {
    let by_key = |identifier: &[u8]| tlv(0xA2, &tlv(0x04, identifier));
    let identifier = root().subject_key_identifier().unwrap().unwrap();
    for response in [
        Response::by_root(),
        Response { responder: by_key(identifier), ..Response::by_root() },
        Response { responder: by_key(&RESPONDER.identifier()), ..Response::new() },
        // Certificates that nobody needs do no harm.
        Response {
            certificates: vec![root().raw().to_vec(), Delegate::new().der()],
            ..Response::new()
        },
    ] {
        assert!(matches!(ocsp(&holder(), &response.der()), Ok(Revocation::Good(_))));
    }
}

#[test]
fn certificates_that_nothing_needs_decide_nothing() {
    // No signature covers them, so whatever stands there the answer is the same.
    let mut response = Response::by_root();
    response.certificates = vec![sequence(&[&integer(&[1])])];
    let one = ocsp(&holder(), &response.der());
    response.certificates = vec![Delegate::new().der()];
    assert_eq!(one, ocsp(&holder(), &response.der()));
    assert!(one.is_ok());
}

#[test]
fn other_answers_in_the_same_response_are_skipped() {
    let mut response = Response::new();
    let mut other = Single::new(&holder());
    other.serial = vec![0x7F, 1, 2, 3];
    other.status = vec![0x82, 0];
    response.singles.insert(0, other);
    assert!(matches!(ocsp(&holder(), &response.der()), Ok(Revocation::Good(_))));
}

#[test]
fn the_times_of_a_response_are_exact_to_the_second() {
    let strict = RevocationRules::new();
    let mut response = Response::new();
    response.produced_at = generalized("20261120150000");
    let der = response.der();
    for (rules, at, expected) in [
        (strict, "2026-11-20T14:59:59Z", Err(Error::NotYet)),
        (strict, "2026-11-20T15:00:00Z", Ok(())),
        (strict, "2026-11-21T15:00:00Z", Ok(())),
        (strict, "2026-11-21T15:00:01Z", Err(Error::Stale)),
        (strict.with_tolerance(1), "2026-11-20T14:59:59Z", Ok(())),
        (strict.with_tolerance(1), "2026-11-21T15:00:01Z", Ok(())),
        (strict.with_tolerance(1), "2026-11-21T15:00:02Z", Err(Error::Stale)),
    ] {
        assert_eq!(ocsp_at(&holder(), &der, rules, time(at)).map(drop), expected, "{at}");
    }
    // Without nextUpdate, as long as the caller says and not by default.
    response.singles[0].next_update = Vec::new();
    let der = response.der();
    let hour = strict.with_age_without_next_update(3_600);
    for (rules, at, expected) in [
        (strict, "2026-11-20T15:00:00Z", Err(Error::NextUpdateMissing)),
        (hour, "2026-11-20T16:00:00Z", Ok(())),
        (hour, "2026-11-20T16:00:01Z", Err(Error::Stale)),
    ] {
        assert_eq!(ocsp_at(&holder(), &der, rules, time(at)).map(drop), expected, "{at}");
    }
}

#[test]
fn good_about_an_expired_certificate_means_nothing() {
    let expired = in_grace();
    let mut response = Response::about(&expired);
    let unknown = Ok(Revocation::Unknown(Unknown::Expired));
    assert_eq!(ocsp(&expired, &response.der()), unknown);
    for (cutoff, kept) in [("20261101000000", true), ("20261111000000", false)] {
        let cutoff = extension("1.3.6.1.5.5.7.48.1.6", false, &generalized(cutoff));
        response.singles[0].extensions = vec![cutoff];
        let answer = ocsp(&expired, &response.der()).unwrap();
        assert_eq!(matches!(answer, Revocation::Good(_)), kept);
    }
}

#[test]
fn each_kind_has_its_own_responder() {
    assert!(ocsp(&signer(), &Response::new().der()).is_err());
    assert_eq!(ocsp(&signer(), &Response::by_root().der()), Err(Error::UnknownResponder));
}

#[test]
fn a_delegate_without_no_check_is_the_callers_choice() {
    let mut delegate = Delegate::new();
    delegate.extensions.remove(2);
    let der = Response::with_delegate(&delegate).der();
    let (strict, now) = (RevocationRules::new(), crate::make::now());
    assert_eq!(ocsp_at(&holder(), &der, strict, now), Err(Error::ResponderNoCheck));
    assert!(ocsp_at(&holder(), &der, strict.without_no_check(), now).is_ok());
}
