//! A revocation list that arrives in pieces, checked for the certificate on the card, by the back
//! end without a heap.

#![no_std]
#![no_main]

use kazasu_pki::revocation::{CrlStream, Revocation, RevocationRules};
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
    let rules = RevocationRules::new();
    let Ok(mut stream) = CrlStream::new(Fixed::new(), &judged, rules, now) else { return };
    let mut piece = [0; 64];
    for _ in 0..probe::unknown_number() {
        probe::unknown_bytes(&mut piece);
        if stream.feed(&piece).is_err() {
            return;
        }
    }
    if let Ok(checked) = stream.finish() {
        probe::keep(u32::from(matches!(checked.revocation(), Revocation::Good(_))));
    }
}
