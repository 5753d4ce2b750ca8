//! Type B until the block protocol begins (ISO/IEC 14443-3, 7).

use super::block::{Agreement, frame_size, frame_waiting_time};
use super::frame::BitRate;
use super::picc::{Answer, Picc, State};
use super::settings::{Identifier, Interface, TypeBSettings};
use super::violation::Violation;
use crate::Responder;

/// Are cards of this family meant (14443-3, 7.7.3)?
const fn is_meant(asked: u8, family: u8) -> bool {
    match (asked >> 4, asked & 0x0F) {
        (0, 0) => true,
        (high, 0) => family >> 4 == high,
        (0, low) => family & 0x0F == low,
        _ => asked == family,
    }
}

/// Does ATQB declare this rate? `code` is 0 to 3, `high` the half of the byte.
const fn declares(rates: u8, code: u8, to_reader: bool) -> bool {
    let half = if to_reader { rates >> 4 } else { rates };
    code == 0 || half >> (code - 1) & 1 == 1
}

impl<R: Responder> Picc<R> {
    fn type_b(&self) -> Option<&TypeBSettings> {
        match &self.settings.interface {
            Interface::TypeB(settings) => Some(settings),
            Interface::TypeA(_) => None,
        }
    }

    /// A frame with a right CRC, which is no longer there.
    pub(super) fn receive_type_b(&mut self, bytes: &[u8]) -> Option<Answer> {
        match *bytes {
            [0x05, afi, parameter] => self.request(afi, parameter),
            [marker] if marker & 0x0F == 0x05 && marker != 0x05 => {
                let State::Requested(slot) = self.state else { return None };
                (slot == (marker >> 4) + 1).then(|| self.declare(false))
            }
            [0x1D, a, b, c, d, one, two, three, four, ..] if self.is_me(&[a, b, c, d]) => {
                self.attrib(one, two, three, four)
            }
            [0x50, a, b, c, d] if self.is_me(&[a, b, c, d]) => {
                matches!(self.state, State::Ready(_)).then(|| {
                    self.state = State::Halt;
                    self.answer(vec![0x00])
                })
            }
            _ => None,
        }
    }

    fn is_me(&self, pupi: &[u8]) -> bool {
        matches!(self.state, State::Ready(_)) && self.identifier == pupi
    }

    /// REQB and WUPB.
    fn request(&mut self, afi: u8, parameter: u8) -> Option<Answer> {
        let wakes = parameter & 0x08 != 0;
        let settings = self.type_b()?;
        let (family, slot, pupi) = (settings.afi, settings.slot, settings.pupi);
        if matches!(self.state, State::Halt) && !wakes {
            return None;
        }
        if !is_meant(afi, family) {
            if !matches!(self.state, State::Halt) {
                self.state = State::Idle;
            }
            return None;
        }
        if pupi == Identifier::RandomPerRequest {
            self.identifier = self.draw.bytes().to_vec();
        }
        let slots = 1_u8 << (parameter & 0x07).min(4);
        let drawn = 1 + u8::try_from(self.draw.below(slots.into())).unwrap_or(0);
        let slot = slot.map_or(drawn, |slot| slot.clamp(1, slots));
        if slot > 1 {
            self.state = State::Requested(slot);
            return None;
        }
        Some(self.declare(parameter & 0x10 != 0))
    }

    /// ATQB.
    fn declare(&mut self, extended: bool) -> Answer {
        self.state = State::Ready(0);
        let mut bytes = vec![0x50];
        bytes.extend_from_slice(&self.identifier);
        if let Some(settings) = self.type_b() {
            bytes.extend(settings.application_data);
            bytes.extend(settings.protocol_info);
            bytes.extend(settings.extended.filter(|_| extended));
        }
        self.answer(bytes)
    }

    fn attrib(&mut self, one: u8, two: u8, three: u8, four: u8) -> Option<Answer> {
        let settings = self.type_b()?;
        if settings.refuses_attrib {
            return None;
        }
        let [rates, frame, options] = settings.protocol_info;
        let (mbli, higher) = (settings.mbli, settings.higher_layer_response);
        let cid_supported = options & 0x01 == 1;
        let cid = if cid_supported { four & 0x0F } else { 0 };
        let to_reader = two >> 6;
        let to_card = two >> 4 & 0x03;
        if one & 0x03 != 0 || three & 0x0F != frame & 0x0F || four & 0xF0 != 0 {
            self.rules.note(Violation::WrongParameter);
        }
        let same = rates & 0x80 == 0 || to_reader == to_card;
        if !same || !declares(rates, to_reader, true) || !declares(rates, to_card, false) {
            // Reserved for no answer: a card cannot speak at a rate that it does not have.
            self.rules.note(Violation::UndeclaredRate);
            return None;
        }
        if cid != four & 0x0F {
            self.rules.note(Violation::WrongParameter);
        }
        let mut bytes = vec![mbli << 4 | cid];
        bytes.extend_from_slice(higher);
        let answer = self.answer(bytes);
        self.rates = (BitRate::from_code(to_card), BitRate::from_code(to_reader));
        self.activate(Agreement {
            fsd: frame_size(two & 0x0F),
            fsc: frame_size(frame >> 4),
            fwt: frame_waiting_time(options >> 4),
            cid_supported,
            cid,
        });
        Some(answer)
    }
}
