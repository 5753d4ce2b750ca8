//! Type A until the block protocol begins (ISO/IEC 14443-3, 6, and 14443-4, 5).

use std::time::Duration;

use super::block::{Agreement, frame_size, frame_waiting_time};
use super::frame::{BitRate, Frame, Signal, carrier, checked};
use super::picc::{Answer, Picc, State};
use super::settings::{Interface, TypeASettings};
use super::violation::Violation;
use crate::Responder;

/// The cascade tag: more bytes of the identifier follow at the next level.
const CASCADE_TAG: u8 = 0x88;

/// The answer to select, as the card itself reads it.
#[derive(Clone, Copy, Debug)]
struct AnswerToSelect {
    fsc: usize,
    rates: u8,
    fwi: u8,
    sfgi: u8,
    cid: bool,
}

impl AnswerToSelect {
    fn of(ats: &[u8]) -> Self {
        let format = ats.get(1).copied().unwrap_or(0x02);
        let mut rest = ats.iter().skip(2).copied();
        let mut take = |present: bool, default| {
            if present { rest.next().unwrap_or(default) } else { default }
        };
        let rates = take(format & 0x10 != 0, 0x00);
        let times = take(format & 0x20 != 0, 0x40);
        let options = take(format & 0x40 != 0, 0x02);
        Self {
            fsc: frame_size(format & 0x0F),
            rates,
            fwi: times >> 4,
            sfgi: times & 0x0F,
            cid: options & 0x02 != 0,
        }
    }

    fn agreement(&self, fsd: usize, cid: u8) -> Agreement {
        Agreement {
            fsd,
            fsc: self.fsc,
            fwt: frame_waiting_time(self.fwi),
            cid_supported: self.cid,
            // One that knows no CID is meant by blocks without one, whatever RATS gave it
            // (14443-4, 7.1.2.2).
            cid: if self.cid { cid } else { 0 },
        }
    }

    fn start_up_guard(&self) -> Duration {
        if matches!(self.sfgi, 1..=14) { carrier(4096 << self.sfgi) } else { Duration::ZERO }
    }
}

impl<R: Responder> Picc<R> {
    fn type_a(&self) -> Option<&TypeASettings> {
        match &self.settings.interface {
            Interface::TypeA(settings) => Some(settings),
            Interface::TypeB(_) => None,
        }
    }

    pub(super) fn receive_type_a(&mut self, frame: &Frame, now: Duration) -> Option<Answer> {
        if frame.last_bits == 7 {
            return self.request_type_a(frame.bytes.first().copied()?);
        }
        match self.state {
            State::Ready(level) => self.anticollision(level, frame),
            State::Active => self.active(frame, now),
            _ => None,
        }
    }

    /// REQA and WUPA.
    fn request_type_a(&mut self, command: u8) -> Option<Answer> {
        let atqa = self.type_a()?.atqa;
        match (command, &self.state) {
            (0x26 | 0x52, State::Idle) => self.woken = false,
            (0x52, State::Halt) => self.woken = true,
            _ => {
                self.nonsense();
                return None;
            }
        }
        self.state = State::Ready(0);
        Some(self.bare(Frame::raw(Signal::TypeA, BitRate::Kbps106, atqa.to_vec())))
    }

    /// Without a CRC, and exactly when the standard says (14443-3, 6.2.1.1).
    fn bare(&self, frame: Frame) -> Answer {
        Answer { frame, after: carrier(1172) }
    }

    /// The four bytes of a cascade level and their check byte.
    fn level(&self, level: u8) -> [u8; 5] {
        let levels = (self.identifier.len().saturating_sub(1)) / 3;
        let mut four = [0; 4];
        let from = usize::from(level) * 3;
        let rest = self.identifier.get(from..).unwrap_or_default();
        if usize::from(level) + 1 < levels {
            let tagged = std::iter::once(&CASCADE_TAG).chain(rest);
            four.iter_mut().zip(tagged).for_each(|(to, from)| *to = *from);
        } else {
            four.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        }
        let [a, b, c, d] = four;
        [a, b, c, d, a ^ b ^ c ^ d]
    }

    fn anticollision(&mut self, level: u8, frame: &Frame) -> Option<Answer> {
        let select = match level {
            0 => 0x93,
            1 => 0x95,
            _ => 0x97,
        };
        let own = self.level(level);
        let (Some(&code), Some(&valid)) = (frame.bytes.first(), frame.bytes.get(1)) else {
            self.nonsense();
            return None;
        };
        if code != select {
            self.nonsense();
            return None;
        }
        if valid == 0x70 {
            let data = checked(Signal::TypeA, &frame.bytes);
            if data.and_then(|data| data.get(2..)) != Some(own.as_slice()) {
                // Another card is meant.
                self.nonsense();
                return None;
            }
            let levels = (self.identifier.len().saturating_sub(1) / 3) as u8;
            let sak = self.type_a()?.sak;
            let last = level + 1 >= levels;
            self.state = if last { State::Active } else { State::Ready(level + 1) };
            let mut answer = self.answer(vec![if last { sak & !0x04 } else { 0x04 }]);
            answer.after = carrier(1236);
            return Some(answer);
        }
        let bytes = usize::from(valid >> 4).saturating_sub(2);
        let bits = usize::from(valid & 0x07);
        let known = bytes * 8 + bits;
        let bit = |of: &[u8], at: usize| of.get(at / 8).map(|byte| byte >> (at % 8) & 1);
        let sent = frame.bytes.get(2..).unwrap_or_default();
        if known >= 40 || (0..known).any(|at| bit(sent, at) != bit(&own, at)) {
            // Another card is meant: this one waits for the next request.
            self.nonsense();
            return None;
        }
        let rest = own.get(bytes..).unwrap_or_default().to_vec();
        let mut answer = Frame::raw(Signal::TypeA, BitRate::Kbps106, rest);
        answer.skipped_bits = bits as u8;
        // The last bit that came decides between the two delays; the reader sees the same.
        Some(self.bare(answer))
    }

    fn active(&mut self, frame: &Frame, _now: Duration) -> Option<Answer> {
        let Some(data) = checked(Signal::TypeA, &frame.bytes) else {
            self.nonsense();
            return None;
        };
        let settings = self.type_a()?;
        let (sak, ats) = (settings.sak, settings.ats);
        match *data {
            [0x50, 0x00] => {
                self.state = State::Halt;
                None
            }
            [0xE0, parameter] if sak & 0x20 != 0 => {
                let cid = parameter & 0x0F;
                let own = AnswerToSelect::of(ats);
                if cid == 15 {
                    self.rules.note(Violation::WrongParameter);
                }
                let answer = self.answer(ats.to_vec());
                self.rules.start_up_guard = own.start_up_guard();
                self.activate(own.agreement(frame_size(parameter >> 4), cid));
                Some(answer)
            }
            _ => {
                self.nonsense();
                None
            }
        }
    }

    /// PPS, the first thing after ATS or never (14443-4, 5.3).
    pub(super) fn pps(&mut self, data: &[u8]) -> Option<Answer> {
        let own = AnswerToSelect::of(self.type_a()?.ats);
        let (start, zero, rest) = match data {
            [start, zero, rest @ ..] => (*start, *zero, rest),
            _ => return None,
        };
        let one = match (zero & 0x10 != 0, rest) {
            (true, [one]) => *one,
            (false, []) => 0,
            _ => return None,
        };
        let (to_reader, to_card) = (one >> 2 & 0x03, one & 0x03);
        let declares = |code: u8, half: u8| code == 0 || half >> (code - 1) & 1 == 1;
        let same = own.rates & 0x80 == 0 || to_reader == to_card;
        if !same || !declares(to_reader, own.rates >> 4) || !declares(to_card, own.rates) {
            self.rules.note(Violation::UndeclaredRate);
            return None;
        }
        let answer = self.answer(vec![start]);
        self.rates = (BitRate::from_code(to_card), BitRate::from_code(to_reader));
        Some(answer)
    }
}
