//! Revocation, judged by the project's own verifier: lists and responses that are right, and ones
//! that break one rule each, by both back ends and in pieces of any size. The files that openssl
//! wrote are in `crates/pki/tests/revocation.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod hostile_list;
mod hostile_response;
mod list;
mod make;
mod response;

use kazasu_pki::Backend;
use kazasu_pki::revocation::{
    CertIdHash, CrlStream, Error, OcspNonce, OcspRequest, Revocation, RevocationRules, check_crl,
    check_ocsp,
};
use kazasu_pki::rsa::{Alloc, Fixed};
use kazasu_pki::{Judged, Time};
use make::{NONCE, now};

/// A list by both back ends, whole and in pieces: one answer.
fn crl(judged: &Judged<'_>, list: &[u8]) -> Result<Revocation, Error> {
    crl_at(judged, list, RevocationRules::new(), now())
}

fn crl_at(
    judged: &Judged<'_>,
    list: &[u8],
    rules: RevocationRules,
    now: Time,
) -> Result<Revocation, Error> {
    fn answers<B: Backend + Copy>(
        backend: B,
        judged: &Judged<'_>,
        list: &[u8],
        rules: RevocationRules,
        now: Time,
    ) -> Vec<Result<Revocation, Error>> {
        let mut answers = vec![check_crl(backend, judged, list, rules, now)];
        for size in [1, 7, 256] {
            let mut stream = CrlStream::new(backend, judged, rules, now).unwrap();
            let fed = list.chunks(size).try_for_each(|piece| stream.feed(piece));
            if let Err(error) = fed {
                // Nothing brings it back.
                assert_eq!(stream.feed(&[0]), Err(error));
            }
            answers.push(stream.finish());
        }
        answers.into_iter().map(|answer| answer.map(|checked| checked.revocation())).collect()
    }
    let mut all = answers(Fixed::new(), judged, list, rules, now);
    all.extend(answers(Alloc, judged, list, rules, now));
    assert!(all.iter().all(|answer| *answer == all[0]), "{all:?}");
    all[0]
}

/// The same in one piece only, for tests that flip every bit.
fn crl_whole(judged: &Judged<'_>, list: &[u8]) -> Result<Revocation, Error> {
    let rules = RevocationRules::new();
    let fixed = check_crl(Fixed::new(), judged, list, rules, now());
    assert_eq!(fixed, check_crl(Alloc, judged, list, rules, now()));
    fixed.map(|checked| checked.revocation())
}

fn request() -> OcspRequest<'static> {
    OcspRequest::new(CertIdHash::Sha256).with_nonce(OcspNonce::new(&NONCE).unwrap())
}

/// A response by both back ends: one answer.
fn ocsp(judged: &Judged<'_>, response: &[u8]) -> Result<Revocation, Error> {
    ocsp_at(judged, response, RevocationRules::new(), now())
}

fn ocsp_at(
    judged: &Judged<'_>,
    response: &[u8],
    rules: RevocationRules,
    now: Time,
) -> Result<Revocation, Error> {
    let fixed = check_ocsp(Fixed::new(), judged, &request(), response, rules, now);
    let alloc = check_ocsp(Alloc, judged, &request(), response, rules, now);
    assert_eq!(fixed, alloc);
    fixed.map(|checked| checked.revocation())
}
