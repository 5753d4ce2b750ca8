//! The card's end of the block protocol (ISO/IEC 14443-4, 7): from frames to APDUs and back.
//!
//! The card never starts: each block it sends answers one of the reader's. A block that makes no
//! sense is not answered, and the reader has to ask again.

use std::time::Duration;

use super::frame::carrier;
use super::settings::{PiccSettings, WaitingTime};
use super::violation::{Rules, Violation};
use crate::Responder;

/// Frame sizes by their code: FSDI and FSCI (ISO/IEC 14443-4, 5.1, and 14443-3, 7.9.4.4).
const FRAME_SIZES: [usize; 13] = [16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096];

/// The frame size of this code; codes to come are taken as 256, as codes to come were.
pub(super) fn frame_size(code: u8) -> usize {
    FRAME_SIZES.get(usize::from(code)).copied().unwrap_or(256)
}

/// FWT = 4096 / fc × 2^FWI (ISO/IEC 14443-4, 7.2).
pub(super) const fn frame_waiting_time(fwi: u8) -> Duration {
    // 15 is reserved and taken as 4.
    let fwi = if fwi > 14 { 4 } else { fwi };
    carrier(4096 << fwi)
}

/// No waiting time is longer, extended or not.
const LONGEST: Duration = frame_waiting_time(14);

/// What the card does about a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Silent,
    /// It sends this block so long after the reader's.
    Answer(Vec<u8>, Duration),
    /// It sends this block and is in the state HALT.
    Deselected(Vec<u8>),
}

/// What was agreed when the card was activated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreement {
    /// The longest frame that the reader takes.
    pub(super) fsd: usize,
    /// The longest frame that the card takes.
    pub(super) fsc: usize,
    /// Frame waiting time.
    pub(super) fwt: Duration,
    /// Does the card know CID?
    pub(super) cid_supported: bool,
    /// The CID it was given; 0 if none.
    pub(super) cid: u8,
}

#[derive(Debug)]
struct Work {
    /// When the response is there.
    ready: Duration,
    response: Vec<u8>,
    /// S(WTX) that come needed or not.
    forced: u8,
    /// The multiplier that was asked for and not yet granted.
    asked: Option<u8>,
}

/// One activation.
#[derive(Debug)]
pub(super) struct Protocol {
    agreement: Agreement,
    number: u8,
    command: Vec<u8>,
    /// What of the response was not sent yet, if the last block promised more.
    rest: Option<Vec<u8>>,
    /// Did the last block have a CID?
    with_cid: bool,
    last: Option<Vec<u8>>,
    work: Option<Work>,
    hung: bool,
}

impl Protocol {
    pub(super) const fn new(agreement: Agreement) -> Self {
        Self {
            agreement,
            // Rule C.
            number: 1,
            command: Vec::new(),
            rest: None,
            with_cid: false,
            last: None,
            work: None,
            hung: false,
        }
    }

    /// Is this PPS for this card, and nothing was said yet?
    pub(super) fn takes_pps(&self, block: &[u8]) -> bool {
        self.last.is_none() && block.first() == Some(&(0xD0 | self.agreement.cid))
    }

    /// Takes a block of the reader, CRC checked and removed, whose frame ended now.
    pub(super) fn receive<R: Responder>(
        &mut self,
        block: &[u8],
        now: Duration,
        settings: &PiccSettings,
        inside: &mut Inside<'_, R>,
    ) -> Outcome {
        if block.len() + 2 > self.agreement.fsc {
            inside.rules.note(Violation::FrameTooLong);
            return Outcome::Silent;
        }
        let Some((pcb, rest)) = block.split_first() else { return Outcome::Silent };
        if self.hung {
            return Outcome::Silent;
        }
        let with_cid = pcb & 0x08 != 0;
        let information = match (with_cid, rest.split_first()) {
            (true, Some((cid, information)))
                if self.agreement.cid_supported && cid & 0x0F == self.agreement.cid =>
            {
                information
            }
            // Without a CID a block is for the card that has none, or 0.
            (false, _) if self.agreement.cid == 0 => rest,
            _ => return Outcome::Silent,
        };
        self.with_cid = with_cid;
        match pcb {
            // I-block without NAD, which no card here knows.
            _ if pcb & 0xE6 == 0x02 => self.information(*pcb, information, now, settings, inside),
            _ if pcb & 0xE6 == 0xA2 && information.is_empty() => {
                self.ready(*pcb, settings, inside.rules)
            }
            _ if pcb & 0xF7 == 0xC2 && information.is_empty() => {
                Outcome::Deselected(self.head(0xC2))
            }
            _ if pcb & 0xF7 == 0xF2 => self.granted(information, now, settings, inside.rules),
            _ => Outcome::Silent,
        }
    }

    /// A protocol control byte, with the CID if the reader's block had one.
    fn head(&self, pcb: u8) -> Vec<u8> {
        if self.with_cid { vec![pcb | 0x08, self.agreement.cid] } else { vec![pcb] }
    }

    fn answer(&mut self, block: Vec<u8>, after: Duration) -> Outcome {
        self.last = Some(block.clone());
        Outcome::Answer(block, after)
    }

    fn information<R: Responder>(
        &mut self,
        pcb: u8,
        information: &[u8],
        now: Duration,
        settings: &PiccSettings,
        inside: &mut Inside<'_, R>,
    ) -> Outcome {
        if self.work.is_some() {
            // It asked for time and was given a command.
            inside.rules.note(Violation::OutOfTurn);
            return Outcome::Silent;
        }
        if pcb & 0x01 == self.number {
            inside.rules.note(Violation::BlockNumber);
        }
        if self.rest.take().is_some() {
            inside.rules.note(Violation::OutOfTurn);
        }
        // Rule D, whatever the number of the block is.
        self.number ^= 1;
        self.command.extend_from_slice(information);
        if pcb & 0x10 != 0 {
            let block = self.head(0xA2 | self.number);
            return self.answer(block, Duration::ZERO);
        }
        if self.command.is_empty() {
            // Nothing to do: it says that the card is there.
            let block = self.head(0x02 | self.number);
            return self.answer(block, Duration::ZERO);
        }
        let command = std::mem::take(&mut self.command);
        *inside.commands += 1;
        let reply = inside.responder.respond(&command);
        let work = settings.work.of(&command) + reply.work;
        let response = match reply.response {
            Some(response) if settings.hang != Some(*inside.commands) => response,
            _ => {
                self.hung = true;
                return Outcome::Silent;
            }
        };
        let forced = settings.waiting_time.forced;
        self.work = Some(Work { ready: now + work, response, forced, asked: None });
        self.go_on(now, self.agreement.fwt, settings)
    }

    /// The card has something to say within this time.
    fn go_on(&mut self, now: Duration, within: Duration, settings: &PiccSettings) -> Outcome {
        let fwt = self.agreement.fwt;
        let Some(work) = &mut self.work else { return Outcome::Silent };
        let left = work.ready.saturating_sub(now);
        // A tenth of the time is left for the answer itself.
        let margin = within - within / 10;
        if work.forced > 0 || left > margin && !settings.waiting_time.never_asks {
            let multiplier = multiplier(left, fwt, &settings.waiting_time);
            let at = if work.forced > 0 { Duration::ZERO } else { margin };
            work.forced = work.forced.saturating_sub(1);
            work.asked = Some(multiplier);
            let mut block = self.head(0xF2);
            block.push(multiplier);
            return self.answer(block, at);
        }
        let response = self.work.take().map(|work| work.response).unwrap_or_default();
        self.rest = Some(response);
        let block = self.next_part(settings);
        self.answer(block, left)
    }

    /// The next I-block of the response.
    fn next_part(&mut self, settings: &PiccSettings) -> Vec<u8> {
        let mut block = self.head(0x02 | self.number);
        let frame = self.agreement.fsd.saturating_sub(block.len() + 2).max(1);
        let room = settings.information_field.map_or(frame, |most| most.clamp(1, frame));
        let mut response = self.rest.take().unwrap_or_default();
        if response.len() > room {
            if let Some(pcb) = block.first_mut() {
                *pcb |= 0x10;
            }
            self.rest = Some(response.split_off(room));
        }
        block.append(&mut response);
        block
    }

    /// An R-block: rules 11 to 13 and E.
    fn ready(&mut self, pcb: u8, settings: &PiccSettings, rules: &mut Rules) -> Outcome {
        let same = pcb & 0x01 == self.number;
        match (same, pcb & 0x10 != 0) {
            (true, _) => match self.last.clone() {
                Some(block) => Outcome::Answer(block, Duration::ZERO),
                None => Outcome::Silent,
            },
            (false, true) => {
                let block = self.head(0xA2 | self.number);
                // It is not the last block: what the reader asks for again is that one.
                Outcome::Answer(block, Duration::ZERO)
            }
            (false, false) if self.rest.is_some() => {
                self.number ^= 1;
                let block = self.next_part(settings);
                self.answer(block, Duration::ZERO)
            }
            (false, false) => {
                rules.note(Violation::UnexpectedBlock);
                Outcome::Silent
            }
        }
    }

    /// S(WTX) response.
    fn granted(
        &mut self,
        information: &[u8],
        now: Duration,
        settings: &PiccSettings,
        rules: &mut Rules,
    ) -> Outcome {
        let Some(asked) = self.work.as_mut().and_then(|work| work.asked.take()) else {
            rules.note(Violation::UnexpectedBlock);
            return Outcome::Silent;
        };
        if information.first().map(|byte| byte & 0x3F) != Some(asked) || information.len() != 1 {
            rules.note(Violation::WrongMultiplier);
            if let Some(work) = &mut self.work {
                work.asked = Some(asked);
            }
            return Outcome::Silent;
        }
        let within = (self.agreement.fwt * u32::from(asked)).min(LONGEST);
        self.go_on(now, within, settings)
    }
}

/// What of the card the protocol reaches.
pub(super) struct Inside<'a, R> {
    pub(super) responder: &'a mut R,
    pub(super) rules: &'a mut Rules,
    pub(super) commands: &'a mut u64,
}

/// The least multiplier that leaves a tenth of the time over.
fn multiplier(left: Duration, fwt: Duration, waiting: &WaitingTime) -> u8 {
    let needed = (left.as_nanos() * 10).div_ceil(fwt.as_nanos().max(1) * 9);
    let most = LONGEST.as_nanos() / fwt.as_nanos().max(1);
    let most = most.min(waiting.largest_multiplier.clamp(1, 59).into()).max(1);
    u8::try_from(needed.clamp(1, most)).unwrap_or(59)
}
