//! Protocol and parameters selection, the card's end (ISO/IEC 7816-3, 9).
//!
//! A wrong request is never answered.

use super::answer_to_reset::{Offer, rate};
use super::settings::PpsAnswer;

/// A request that is coming in.
#[derive(Debug)]
pub(super) struct Request {
    bytes: Vec<u8>,
}

/// A request that is right in itself.
#[derive(Debug)]
pub(super) struct Agreement {
    bytes: Vec<u8>,
    protocol: u8,
    rate: Option<u8>,
}

/// The response, and what holds after it: the protocol and F and D, if they change.
pub(super) type Answer = (Vec<u8>, Option<(u8, Option<(u32, u32)>)>);

impl Request {
    /// PPSS is still to come.
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// `Some` when it is whole: what it asks for, or `None` if it is wrong.
    pub(super) fn receive(&mut self, byte: u8) -> Option<Option<Agreement>> {
        self.bytes.push(byte);
        let format = *self.bytes.get(1)?;
        let optional = (format >> 4 & 0b111).count_ones() as usize;
        if self.bytes.len() < 3 + optional {
            return None;
        }
        let right = self.bytes.iter().fold(0, |sum, byte| sum ^ byte) == 0;
        let rate = if format & 0x10 == 0 { None } else { self.bytes.get(2).copied() };
        let bytes = std::mem::take(&mut self.bytes);
        Some(right.then_some(Agreement { bytes, protocol: format & 0x0F, rate }))
    }
}

impl Agreement {
    /// `None`: no answer. Then nothing holds, and only a reset helps.
    pub(super) fn answer(self, how: PpsAnswer, offer: &Offer) -> Option<Answer> {
        let offered = offer.protocols.contains(&self.protocol);
        let integers = match self.rate {
            None => None,
            Some(asked) => Some(rate(asked).filter(|_| is_offered(asked, offer.ta1))?),
        };
        if !offered {
            return None;
        }
        let holds = Some((self.protocol, integers));
        let format = 0x10 | self.protocol;
        match how {
            PpsAnswer::Accept => Some((self.bytes, holds)),
            PpsAnswer::WithoutRate => {
                let format = format & 0x0F;
                Some((vec![0xFF, format, 0xFF ^ format], Some((self.protocol, None))))
            }
            PpsAnswer::Silence => None,
            PpsAnswer::OtherProtocol => {
                let format = self.protocol ^ 1;
                Some((vec![0xFF, format, 0xFF ^ format], None))
            }
            PpsAnswer::WrongCheck => {
                let mut bytes = self.bytes;
                if let Some(check) = bytes.last_mut() {
                    *check ^= 0x5A;
                }
                Some((bytes, None))
            }
        }
    }
}

/// F is the one at reset or the one of TA1; D is at most that of TA1 (9.2).
fn is_offered(asked: u8, ta1: u8) -> bool {
    let (Some((f, d)), Some((most_f, most_d))) = (rate(asked), rate(ta1)) else { return false };
    (f == 372 || f == most_f) && d <= most_d
}
