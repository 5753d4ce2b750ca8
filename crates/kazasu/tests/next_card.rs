//! Evidence of the next card (feature `p384`), from a synthetic hierarchy, judged as evidence of
//! today's: the digest of the challenge is by the hash function of the scheme.
#![cfg(feature = "p384")]

use kazasu::pki::{Anchor, Anchors, HashAlgorithm, Scheme, SignatureError, Time, Validator};
use kazasu::{Evidence, Failure, Job, Nonce, Outcome, judge_again};
use kazasu_virtual_card::{
    CertificateKind,
    synthetic::{Draft, SyntheticKey},
};

#[test]
fn evidence_of_the_next_card_is_judged_by_the_same_call() {
    let (root_key, key) =
        (SyntheticKey::p384("root").unwrap(), SyntheticKey::p384("card").unwrap());
    let root = Draft::authority("ROOT", &root_key, "ROOT", &root_key).unwrap();
    let root = root.sign(&root_key).unwrap();
    let holder = Draft::holder(CertificateKind::Auth, &key, "ROOT", &root_key).unwrap();
    let certificate = holder.sign(&root_key).unwrap();
    let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
    let validator = Validator::new(&anchors);
    let now = Time::parse_rfc3339("2026-11-21T09:30:00+09:00").unwrap();
    let nonce = Nonce::given(&[0x5A; 32]).unwrap();
    let judge = |nonce: &Nonce, scheme, signature: &[u8]| {
        let evidence = Evidence { certificate: &certificate, scheme, signature, token: None };
        let judgement = judge_again(&validator, now, &Job::check_in(nonce), &evidence);
        if let Some(verified) = judgement.signature {
            assert_eq!(verified.digest().algorithm(), HashAlgorithm::Sha384);
        }
        (judgement.outcome, judgement.failure)
    };
    let value = key.sign(nonce.as_bytes()).unwrap();
    let plain = key.sign_plain(nonce.as_bytes()).unwrap();
    let verified = (Outcome::Verified, None);
    assert_eq!(judge(&nonce, Scheme::EcdsaP384Sha384, &value), verified);
    assert_eq!(judge(&nonce, Scheme::EcdsaP384Sha384Plain, &plain), verified);

    let why = |(_, failure)| failure;
    let refused = |error| Some(Failure::Signature(error));
    let other = Nonce::given(&[0x5B; 32]).unwrap();
    let result = why(judge(&other, Scheme::EcdsaP384Sha384, &value));
    assert_eq!(result, refused(SignatureError::Mismatch));
    let result = why(judge(&nonce, Scheme::Pkcs1v15Sha256, &value));
    assert_eq!(result, refused(SignatureError::Scheme));
    let result = why(judge(&nonce, Scheme::EcdsaP384Sha384Plain, &value));
    assert_eq!(result, refused(SignatureError::Encoding));
}
