//! The check-in by face in pieces, for a reader without memory for the card face.

#![no_std]
#![no_main]

use kazasu::apdu::{Channel, Session};
use kazasu::pki::cvc::CvcAnchors;
use kazasu::{Identification, check_in_by_face_stream};
use probe::face::{Desk, Unknown};
use probe::{Anybody, Link};

probe::entry!(main);

fn main() {
    let _ = check_in();
}

fn check_in() -> Option<()> {
    let (mut outgoing, mut incoming) = ([0; 262], [0; 1026]);
    let mut session = Session::new(Link, Channel::new(&mut outgoing, &mut incoming));
    let issuers = CvcAnchors::production();
    let (mut matcher, policy) = Unknown::with_policy()?;
    let identification = Identification::new(&issuers, probe::nonce()?);
    let report = check_in_by_face_stream(
        &mut session,
        identification,
        policy,
        &mut Anybody,
        &mut matcher,
        &mut Desk,
    );
    probe::keep(u32::from(report.outcome.code()));
    let identified = report.identified.as_ref();
    probe::keep(identified.map_or(u32::MAX, |identified| identified.hierarchy() as u32));
    Some(())
}
