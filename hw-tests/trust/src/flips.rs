//! Single bits flipped in what was good. Every one of them has to be refused.

use kazasu_pki::{Judged, Kind, Scheme, Validator};

use crate::{Given, NOW, work::anchors};

/// Room for the largest of the inputs.
const ROOM: usize = 2048;
/// Every octet of a certificate would take a minute in an emulator; the tests on the host flip
/// every bit.
const STEP: usize = 7;

/// How many inputs were damaged, and how many of those were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flips {
    pub(crate) tried: u32,
    pub(crate) refused: u32,
}

/// Damages the certificate of the card, the signature and the challenge, one bit at a time.
#[inline(never)]
pub(crate) fn flips(given: &Given, holder: &Judged<'_>) -> Flips {
    let mut flips = Flips::default();
    let Ok(anchors) = anchors(given.card_root) else { return flips };
    let validator = Validator::new(&anchors);
    let scheme = Scheme::Pkcs1v15Sha256;
    flips.each(given.card, STEP, |card| validator.validate(card, Kind::Auth, NOW).is_err());
    flips.each(given.signature, STEP, |signature| {
        validator.verify_challenge(holder, scheme, given.challenge, signature).is_err()
    });
    flips.each(given.challenge, 1, |challenge| {
        validator.verify_challenge(holder, scheme, challenge, given.signature).is_err()
    });
    flips
}

impl Flips {
    /// Flips one bit in every `step`th octet, another one each time.
    fn each(&mut self, good: &[u8], step: usize, mut refused: impl FnMut(&[u8]) -> bool) {
        let mut room = [0; ROOM];
        let Some(copy) = room.get_mut(..good.len()) else { return };
        for (copy, octet) in copy.iter_mut().zip(good) {
            *copy = *octet;
        }
        for index in (0..good.len()).step_by(step) {
            let mask = 1 << (index / step % 8);
            if let Some(octet) = copy.get_mut(index) {
                *octet ^= mask;
            }
            self.tried += 1;
            self.refused += u32::from(refused(copy));
            if let Some(octet) = copy.get_mut(index) {
                *octet ^= mask;
            }
        }
    }
}
