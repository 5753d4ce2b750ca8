#![no_main]
//! Revocation lists and responses: nothing but what the openssl program wrote is ever accepted, a
//! list in pieces is judged as the whole list is, and no bytes make anything panic, also behind a
//! signature that is taken for good.

use std::sync::OnceLock;

use kazasu_pki::revocation::{
    CertIdHash, Checked, CrlStream, Error, Material, OcspNonce, OcspRequest, RevocationPolicy,
    RevocationRules, check_crl, check_ocsp,
};
use kazasu_pki::rsa::{Alloc, Fixed, RsaPublicKey};
use kazasu_pki::{Anchor, Anchors, Judged, Kind, Time, Validator};
use kazasu_pki::{Backend, BackendError};
use libfuzzer_sys::fuzz_target;

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("../../../pki/tests/data/revocation/", $name, ".der")).as_slice()
    };
}

/// What the root of these data signed and what covers the certificate or its kind.
const KNOWN: [&[u8]; 2] = [data!("crl"), data!("crl-whole")];

/// 2026-11-22T03:00:00Z.
const NOW: Time = Time::from_unix(1_795_316_400);

/// Takes every signature for good, so that what stands behind the check is reached.
#[derive(Clone, Copy)]
struct Credulous;

impl Backend for Credulous {
    fn verify_pkcs1v15(
        &self,
        _: &RsaPublicKey<'_>,
        _: &[u8],
        _: &[u8],
    ) -> Result<(), BackendError> {
        Ok(())
    }

    fn verify_pss_sha256(
        &self,
        _: &RsaPublicKey<'_>,
        _: &[u8; 32],
        _: &[u8],
    ) -> Result<(), BackendError> {
        Ok(())
    }
}

fn judged() -> &'static Judged<'static> {
    static JUDGED: OnceLock<Judged<'static>> = OnceLock::new();
    JUDGED.get_or_init(|| {
        let anchors = Anchors::none().with(Anchor::custom(data!("root")).unwrap()).unwrap();
        let anchors: &'static Anchors<'static> = Box::leak(Box::new(anchors));
        Validator::new(anchors).validate(data!("holder"), Kind::Auth, NOW).unwrap()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let judged = judged();
    let credulous = list(Credulous, judged, bytes);
    let strict = list(Fixed::new(), judged, bytes);
    assert_eq!(strict, list(Alloc, judged, bytes));
    match strict {
        Ok(_) => assert!(KNOWN.contains(&bytes), "a list was accepted that nobody signed"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(checked) = credulous {
        let _ = format!("{:?}", judged.with_revocation(&checked, RevocationPolicy::Require));
    }

    // The nonce of the one response that is known.
    let request = data!("ocsp-sha256-request");
    let nonce = OcspNonce::new(&request[request.len() - 16..]).unwrap();
    let asked = OcspRequest::new(CertIdHash::Sha256).with_nonce(nonce);
    let rules = RevocationRules::new();
    let strict = check_ocsp(Fixed::new(), judged, &asked, bytes, rules, NOW);
    assert_eq!(strict, check_ocsp(Alloc, judged, &asked, bytes, rules, NOW));
    if strict.is_ok() {
        assert_eq!(bytes, data!("ocsp-sha256-response"), "a response that nobody signed");
    }
    let lax = rules.without_nonce().without_no_check().with_age_without_next_update(86_400);
    for hash in [CertIdHash::Sha1, CertIdHash::Sha256] {
        let request = OcspRequest::new(hash);
        let _ = check_ocsp(Credulous, judged, &request, bytes, lax, NOW);
        let mut source = Material::Ocsp { request, response: bytes };
        let anchors = Anchors::none();
        let validator = Validator::new(&anchors).with_backend(Credulous);
        let _ = format!("{:?}", validator.check_revocation(judged, &mut source, lax, NOW));
    }
});

/// A list, whole and in pieces whose sizes are taken from it: one answer.
fn list<B: Backend + Copy>(
    backend: B,
    judged: &Judged<'static>,
    bytes: &[u8],
) -> Result<Checked, Error> {
    let rules = RevocationRules::new();
    let whole = check_crl(backend, judged, bytes, rules, NOW);
    let mut stream = CrlStream::new(backend, judged, rules, NOW).unwrap();
    let (mut rest, mut sizes) = (bytes, bytes.iter().rev().cycle());
    let mut fed = Ok(());
    while let (false, Ok(()), Some(size)) = (rest.is_empty(), fed, sizes.next()) {
        let (piece, more) = rest.split_at(usize::from(size % 61 + 1).min(rest.len()));
        fed = stream.feed(piece);
        rest = more;
    }
    let pieces = fed.and_then(|()| stream.finish());
    assert_eq!(whole, pieces);
    whole
}
