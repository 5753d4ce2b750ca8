//! The whole check-in: the certificate judged before the PIN goes out, and the signature verified,
//! by the RSA back end without a heap.

#![no_std]
#![no_main]

use kazasu_pki::{Anchors, Judged, Kind, Permit, Scheme, Time, Validator};

probe::entry!(main);

fn main() {
    let mut nonce = [0; 32];
    probe::unknown_bytes(&mut nonce);
    let now = Time::from_unix(i64::from(probe::unknown_number() as u32));
    let anchors = Anchors::production();
    let validator = Validator::new(&anchors);
    let mut certificate = [0; 2048];
    let mut judged: Option<Judged<'_>> = None;
    let judge = |certificate| {
        judged = validator.validate(certificate, Kind::Auth, now).ok();
        judged.as_ref().is_some_and(|judged| judged.permit() == Permit::Everything)
    };
    let digest = kazasu_pki::sha256(&nonce);
    let Some(answer) = probe::check_in(&mut certificate, &digest, judge) else { return };
    let Some(judged) = judged else { return };
    let scheme = Scheme::from_p1(answer.p1()).unwrap_or(Scheme::Pkcs1v15Sha256);
    let signature = validator.verify_challenge(&judged, scheme, &nonce, answer.unverified_bytes());
    if let Ok(signature) = signature {
        probe::keep(u32::from(signature.certificate_sha256().iter().fold(0, |a, b| a ^ b)));
    }
}
