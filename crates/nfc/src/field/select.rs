//! The activation of Type A (ISO/IEC 14443-3 clause 6, 14443-4 clause 5).

use super::poll::{Stage, received};
use super::{Action, Exchange, Field, Reception};
use crate::card::Identity;
use crate::frame::{self, Kind};
use crate::rate::BitRate;
use crate::settings::Several;
use crate::type_a::{self, Ats, CASCADE_TAG, Sak, Uid};
use crate::type_b::Request;
use crate::{Error, timing};
use kazasu_apdu::time::Instant;

/// Bits of a cascade level: four bytes of UID, and BCC.
const LEVEL: u8 = 40;

impl Field {
    pub(super) fn request_a(&mut self, request: Request, frame: &mut [u8]) -> Action {
        if let Some(first) = frame.first_mut() {
            *first = type_a::request(request);
        }
        self.ask_bits(Stage::RequestA, type_a::SHORT, 0)
    }

    /// Sends a frame of bits without checksum.
    fn ask_bits(&mut self, stage: Stage, bits: u16, align: u8) -> Action {
        let action = self.ask(stage, Kind::A, None, timing::ATQA);
        let Action::Exchange(exchange) = action else { return action };
        Action::Exchange(Exchange { bits, align, ..exchange })
    }

    /// What came of a frame of Type A.
    pub(super) fn polled_a(
        &mut self,
        now: Instant,
        stage: Stage,
        reception: Reception,
        frame: &mut [u8],
    ) -> Action {
        let body = received(Kind::A, reception, frame);
        match stage {
            Stage::RequestA if reception == Reception::Silence => self.nothing(now, Kind::A),
            // Whatever answers is there; what an ATQA says is found out anyway.
            Stage::RequestA => {
                self.polling.uid = Uid::NONE;
                self.polling.level = 0;
                self.anticollision(0, frame)
            }
            Stage::Anticollision => self.collided(now, reception, frame),
            Stage::Select => match body {
                Some([sak]) => self.selected(now, Sak(*sak), frame),
                _ => self.again(now, Error::Unreadable),
            },
            Stage::Rats => match body.and_then(Ats::parse) {
                Some(ats) => self.answered_to_select(now, ats, frame),
                None => self.again(now, Error::Activation),
            },
            _ => match (body, self.polling.pps.take()) {
                (Some([start]), Some(rates)) if *start == self.pps_start() => {
                    self.agreed(rates);
                    self.settled(now, frame)
                }
                _ => self.again(now, Error::Activation),
            },
        }
    }

    /// ANTICOLLISION with so many bits known of this level.
    fn anticollision(&mut self, known: u8, frame: &mut [u8]) -> Action {
        self.polling.known = known;
        let (bytes, bits) = (known / 8, known % 8);
        // SEL and NVB count in the upper half.
        let head = [type_a::sel(self.polling.level), 0x20_u8.wrapping_add(bytes << 4 | bits)];
        let known = head.iter().chain(&self.polling.part);
        for (place, byte) in frame.iter_mut().zip(known) {
            *place = *byte;
        }
        self.ask_bits(Stage::Anticollision, 16 + u16::from(self.polling.known), bits)
    }

    /// What came of it: the rest of this level's UID, or of several.
    fn collided(&mut self, now: Instant, reception: Reception, frame: &mut [u8]) -> Action {
        let known = self.polling.known;
        let wanted = u16::from(LEVEL.saturating_sub(known));
        let (bits, collision) = match reception {
            Reception::Frame { bits } if bits == wanted => (bits, false),
            Reception::Collision { bits } if bits < wanted => (bits, true),
            Reception::Silence => return self.again(now, Error::Activation),
            _ => return self.again(now, Error::Unreadable),
        };
        // The first byte of the answer may go on in the middle of one that is known in part.
        let low = (1_u8 << (known % 8)).wrapping_sub(1);
        let places = self.polling.part.iter_mut().skip(usize::from(known / 8));
        for (at, (place, byte)) in places.zip(frame.iter()).enumerate() {
            let low = if at == 0 { low } else { 0 };
            *place = *place & low | byte & !low;
        }
        if collision {
            return self.choose(now, known.saturating_add(bits as u8), frame);
        }
        let [a, b, c, d, bcc] = self.polling.part;
        if a ^ b ^ c ^ d != bcc {
            return self.again(now, Error::Unreadable);
        }
        let body = [type_a::sel(self.polling.level), 0x70, a, b, c, d, bcc];
        let length = frame::write(Kind::A, frame, &body);
        self.ask(Stage::Select, Kind::A, length, timing::ATQA)
    }

    /// Two cards differ in this bit of the level.
    fn choose(&mut self, now: Instant, bit: u8, frame: &mut [u8]) -> Action {
        if self.settings.several == Several::Report {
            // Noise can look like it; twice it does not.
            if self.polling.collisions > 0 {
                return self.fail(Error::TwoCards);
            }
            self.polling.collisions = 1;
            return self.again(now, Error::Unreadable);
        }
        match self.polling.part.get_mut(usize::from(bit / 8)) {
            // BCC follows from the UID: cards do not differ in it alone.
            Some(place) if bit < 32 => *place |= 1 << (bit % 8),
            _ => return self.again(now, Error::Unreadable),
        }
        self.anticollision(bit.saturating_add(1), frame)
    }

    fn selected(&mut self, now: Instant, sak: Sak, frame: &mut [u8]) -> Action {
        let [a, b, c, d, _] = self.polling.part;
        self.polling.sak = sak;
        if sak.goes_on() {
            if a != CASCADE_TAG || self.polling.level >= 2 {
                return self.again(now, Error::Unreadable);
            }
            self.polling.uid.push(&[b, c, d]);
            self.polling.level = self.polling.level.saturating_add(1);
            return self.anticollision(0, frame);
        }
        self.polling.uid.push(&[a, b, c, d]);
        if !sak.has_blocks() {
            return self.unsupported(Kind::A, frame);
        }
        let fsdi = frame::size_index(self.largest(frame.len()));
        let length = type_a::rats(frame, fsdi, self.cid(true));
        self.ask(Stage::Rats, Kind::A, length, timing::ACTIVATION)
    }

    fn answered_to_select(&mut self, now: Instant, ats: Ats, frame: &mut [u8]) -> Action {
        let rates = self.rates(Kind::A, ats.rates);
        let slowest = (BitRate::Kbps106, BitRate::Kbps106);
        self.polling.pps = (rates != slowest).then_some(rates);
        let identity = Identity::A { uid: self.polling.uid, sak: self.polling.sak, ats };
        self.take(identity, ats.fsci, ats.fwi, ats.has_cid, frame.len());
        self.settle(now, ats.sfgi, frame)
    }

    pub(super) fn pps(&mut self, rates: (BitRate, BitRate), frame: &mut [u8]) -> Action {
        let cid = self.card.as_ref().and_then(|card| card.cid).unwrap_or(0);
        let length = type_a::pps(frame, cid, rates);
        self.ask(Stage::Pps, Kind::A, length, timing::ACTIVATION)
    }

    fn pps_start(&self) -> u8 {
        type_a::pps_start(self.card.as_ref().and_then(|card| card.cid).unwrap_or(0))
    }
}
