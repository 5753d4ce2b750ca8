//! A check-in on a counter: the flow of this example, apart from its console. It opens no device,
//! reads no clock and holds no PIN; `main.rs` brings those.

mod advice;
mod pin_pad;
mod reader;

pub use advice::advice;
pub use pin_pad::PinPad;
pub use reader::Logging;

use kazasu::apdu::{Channel, Session, Transport};
use kazasu::pki::{Anchors, Time, Validator};
use kazasu::{Job, Nonce, NonceError, Outcome, authenticate};
use std::io::{BufRead, Write};

/// Checks in until it is decided: a wrong PIN may be entered again, as a new check-in.
///
/// # Errors
/// When the operating system has no random numbers.
pub fn check_in<T: Transport>(
    reader: T,
    anchors: &Anchors<'_>,
    clock: impl Fn() -> Time,
    pin_pad: &mut PinPad<impl BufRead, impl Write>,
) -> Result<Outcome, NonceError> {
    // Buffers are the caller's: for short commands, and for answers as long as a certificate. With
    // 258 bytes instead of 4,096 the same works with more commands.
    let (mut commands, mut answers, mut certificate) = ([0; 262], [0; 4096], [0; 3072]);
    let mut session = Session::new(reader, Channel::new(&mut commands, &mut answers));
    let validator = Validator::new(anchors);
    loop {
        // A nonce is for one check-in. Where a service judges the evidence, it is the service's:
        // `Nonce::given`.
        let job = Job::check_in(&Nonce::fresh()?);
        let report =
            authenticate(&mut session, &validator, clock(), &job, pin_pad, &mut certificate);

        pin_pad.show(advice(report.outcome));
        if let Some(failure) = report.failure {
            pin_pad.show(&format!("  {failure}"));
        }
        // There is a proof exactly when the identity is proven. What it says may be kept; the
        // holder's name is in the certificate, and better not in a log.
        if let Some(proof) = &report.proof {
            let (hierarchy, phase) = (proof.hierarchy().as_str(), proof.phase().as_str());
            pin_pad.show(&format!("  {hierarchy} hierarchy, certificate {phase}"));
        }
        // `authenticate` has ended the session: the card has forgotten the PIN. To go on is a new
        // presence of the card.
        if report.outcome != Outcome::PinWrong || session.reconnect().is_err() {
            return Ok(report.outcome);
        }
    }
}
