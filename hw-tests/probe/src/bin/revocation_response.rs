//! An OCSP request written and its response checked, by the back end without a heap.

#![no_std]
#![no_main]

use kazasu_pki::revocation::{
    CertIdHash, Checked, OcspNonce, OcspRequest, RevocationPolicy, RevocationRules, check_ocsp,
};
use kazasu_pki::rsa::Fixed;
use kazasu_pki::{Anchors, Kind, Time, Validator};

probe::entry!(main);

fn main() {
    let mut certificate = [0; 2048];
    probe::unknown_bytes(&mut certificate);
    let now = Time::from_unix(i64::from(probe::unknown_number() as u32));
    let anchors = Anchors::production();
    let Ok(judged) = Validator::new(&anchors).validate(&certificate, Kind::Auth, now) else {
        return;
    };
    let (mut nonce, mut buffer) = ([0; 32], [0; 2048]);
    probe::unknown_bytes(&mut nonce);
    let Ok(nonce) = OcspNonce::new(&nonce) else { return };
    let request = OcspRequest::new(CertIdHash::Sha256).with_nonce(nonce);
    let Ok(body) = request.write(&judged, &mut buffer) else { return };
    probe::keep(body.iter().fold(0, |sum, octet| sum ^ u32::from(*octet)));
    probe::unknown_bytes(&mut buffer);
    let rules = RevocationRules::new();
    let checked = check_ocsp(Fixed::new(), &judged, &request, &buffer, rules, now)
        .unwrap_or_else(|error| Checked::not_accepted(&judged, error));
    let decision = judged.with_revocation(&checked, RevocationPolicy::Require);
    probe::keep(u32::from(decision.accepted().is_ok()));
}
