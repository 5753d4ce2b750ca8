//! The block protocol (ISO/IEC 14443-4 clause 7), the reader's side: I-blocks, R-blocks and
//! S-blocks, chaining in both directions, waiting time extension, recovery, presence check and
//! DESELECT.
//!
//! Blocks go in and out as whole frames, checksum included. The engine never waits and never sends
//! an I-block again unless the card said that it has not got it.
//!
//! # How long it goes on without a word of the card
//! A card may take its frame waiting time (FWT) over each block that asks for something new. Damaged
//! frames on the way do not begin that time anew: whoever repeats waits for what is left of it. When
//! it is over, R(NAK) or R(ACK) goes out again and again for [`Settings::presence_wait`] times
//! ([`Settings::presence_checks`] - 1), 75 ms by default, whatever noise comes, and then there is no
//! card. Where frames are long or the front end is slow it is asked twice at least.

use crate::frame::{self, Kind};
use crate::{Error, Settings, timing};
use kazasu_apdu::time::{Duration, Instant};

/// Protocol control bytes and their bits (clause 7.1.1.1).
mod pcb {
    pub(super) const I: u8 = 0x02;
    pub(super) const ACK: u8 = 0xA2;
    pub(super) const NAK: u8 = 0xB2;
    pub(super) const DESELECT: u8 = 0xC2;
    pub(super) const WTX: u8 = 0xF2;
    /// Chaining, in an I-block.
    pub(super) const MORE: u8 = 0x10;
    /// A CID follows.
    pub(super) const CID: u8 = 0x08;
    /// The block number, in I-blocks and R-blocks.
    pub(super) const NUMBER: u8 = 0x01;
}

/// What is to be done with an active card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Order {
    /// Send a command, receive its answer.
    Transmit,
    /// See whether the card is there, by R(NAK) (clause 7.5.4, method 2). It changes nothing on
    /// the card.
    Check,
    /// S(DESELECT): the card is halted.
    Deselect,
}

/// What came of the last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Input {
    /// A frame of so many bytes is in the buffer, checksum included.
    Frame(usize),
    /// Something that is no frame.
    Garbled,
    /// Nothing, within the waiting time.
    Silence,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Step {
    /// Send the first bytes of the buffer, and wait so long for the start of an answer.
    Send {
        /// How many bytes.
        length: usize,
        /// How long.
        wait: Duration,
    },
    /// The answer has come, so many bytes.
    Answered(usize),
    /// The card is there.
    Present,
    /// The card is halted, or does not answer S(DESELECT): it may be ignored then (rule 8).
    Deselected,
    /// There will be no answer. After [`Error::BufferTooSmall`] the card is still ready.
    Failed(Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The last block with information came from the reader.
    Command,
    /// The card is sending a chain.
    Answer,
    Check,
    Deselect,
}

/// The state of the protocol between reader and one active card.
#[derive(Clone, Debug)]
pub struct Engine {
    kind: Kind,
    fwi: u8,
    frame: u16,
    cid: Option<u8>,
    phase: Phase,
    /// The block number that holds now: 0 or 1.
    number: u8,
    /// Bytes of the command that the card has acknowledged, and of the block that is out.
    sent: usize,
    out: usize,
    /// Does more of the command follow the block that is out?
    more: bool,
    /// Bytes of the answer that have come, also those that did not fit.
    received: usize,
    overflow: bool,
    /// Damaged or wrong blocks since the last progress.
    errors: u8,
    /// The moment of this step, and when the answer is due at the latest to what asked for one last:
    /// the low half of their microseconds, which is enough for half an hour and small to count with.
    now: u32,
    due: u32,
    /// Repetitions since then.
    tries: u8,
    /// Was there silence since the card's last undamaged block?
    silent: bool,
    /// Was anything repeated in this exchange?
    troubled: bool,
    /// R(ACK)s that earlier blocks of ours may still bring, and how many of them date from before
    /// the I-block that is out. Such a late one says nothing about this I-block.
    owed: u8,
    stale: u8,
    extension: Duration,
}

/// More late answers than this are not reckoned with.
const MOST_OWED: u8 = 3;

/// Repetitions of S(DESELECT).
const DESELECTS: u8 = 1;

/// A card is not given up before so many of its answers are missing, however slow the front end.
const LEAST_TRIES: u8 = 3;

/// Half the circle of the microseconds that are kept: what is further ahead is past.
const HALF: u32 = 1 << 31;

/// The shortest wait, where noise has left less of the time for a last look.
const LAST_WAIT: Duration = Duration::from_millis(5);

impl Engine {
    /// The protocol right after activation. `frame`: the largest frame to the card in bytes,
    /// checksum included, 16 at least. `fwi`: its frame waiting time integer. `cid`: the card
    /// identifier, if blocks carry one.
    #[must_use]
    pub const fn new(kind: Kind, fwi: u8, frame: u16, cid: Option<u8>) -> Self {
        Self {
            kind,
            fwi,
            frame,
            cid,
            phase: Phase::Check,
            number: 0,
            sent: 0,
            out: 0,
            more: false,
            received: 0,
            overflow: false,
            errors: 0,
            now: 0,
            due: 0,
            tries: 0,
            silent: false,
            troubled: false,
            owed: 0,
            stale: 0,
            extension: Duration::ZERO,
        }
    }

    /// Begins an order. `buffer` holds one frame. `command` is looked at by [`Order::Transmit`]
    /// only and must stay the same until its end.
    pub fn start(
        &mut self,
        now: Instant,
        settings: &Settings,
        order: Order,
        buffer: &mut [u8],
        command: &[u8],
    ) -> Step {
        self.now = now.micros() as u32;
        (self.errors, self.silent, self.troubled) = (0, false, false);
        self.extension = Duration::ZERO;
        self.phase = match order {
            Order::Transmit => {
                (self.sent, self.received, self.overflow) = (0, 0, false);
                self.phase = Phase::Command;
                return self.information(settings, buffer, command);
            }
            Order::Check => Phase::Check,
            Order::Deselect => Phase::Deselect,
        };
        let wait = self.anew(self.short(settings));
        self.repeat(buffer, wait)
    }

    /// Takes what came of the last frame and says what to do next.
    pub fn step(
        &mut self,
        now: Instant,
        settings: &Settings,
        input: Input,
        buffer: &mut [u8],
        command: &[u8],
        response: &mut [u8],
    ) -> Step {
        self.now = now.micros() as u32;
        match input {
            Input::Silence => self.silence(settings, buffer),
            Input::Garbled => self.damaged(settings, buffer, Error::Unreadable),
            Input::Frame(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                let Some(body) = frame::open(self.kind, bytes) else {
                    return self.damaged(settings, buffer, Error::Unreadable);
                };
                self.silent = false;
                let step = match self.split(body) {
                    Some((pcb, information)) if pcb & 0xEE == pcb::I => {
                        self.accept(pcb, information, response)
                    }
                    Some((pcb, [])) if pcb & 0xFE == pcb::ACK => self.acknowledged(pcb),
                    Some((pcb::WTX, [extension])) => {
                        let extension = *extension;
                        return self.extend(settings, buffer, extension);
                    }
                    Some((pcb::DESELECT, [])) if self.phase == Phase::Deselect => {
                        return Step::Deselected;
                    }
                    _ => Next::Wrong,
                };
                match step {
                    Next::Step(step) => step,
                    Next::Information => self.information(settings, buffer, command),
                    Next::More => {
                        let wait = self.anew(self.long(settings));
                        self.repeat(buffer, wait)
                    }
                    Next::Wrong => self.damaged(settings, buffer, Error::Protocol),
                }
            }
        }
    }

    /// The PCB without the CID bit, and what follows the prologue; `None` when the CID is not the
    /// one that was agreed. A NAD is never agreed: its bit makes the PCB one that nobody knows.
    fn split<'f>(&self, body: &'f [u8]) -> Option<(u8, &'f [u8])> {
        let (pcb, rest) = body.split_first()?;
        match (pcb & pcb::CID != 0, self.cid) {
            (false, None) => Some((*pcb, rest)),
            (true, Some(cid)) => {
                // The upper half is the power level indication.
                let (first, rest) = rest.split_first()?;
                (first & 0x0F == cid).then_some((pcb & !pcb::CID, rest))
            }
            _ => None,
        }
    }

    /// An I-block.
    fn accept(&mut self, pcb: u8, information: &[u8], response: &mut [u8]) -> Next {
        match self.phase {
            Phase::Check => return Next::Step(Step::Present),
            Phase::Deselect => return Next::Wrong,
            // With part of the command still here, the card cannot have an answer.
            Phase::Command if self.more => return Next::Wrong,
            Phase::Command | Phase::Answer => {}
        }
        if pcb & pcb::NUMBER != self.number {
            return Next::Wrong;
        }
        self.progress();
        let end = self.received.saturating_add(information.len());
        self.overflow |= end > response.len();
        for (place, byte) in response.iter_mut().skip(self.received).zip(information) {
            *place = *byte;
        }
        self.received = end;
        if pcb & pcb::MORE != 0 {
            self.phase = Phase::Answer;
            return Next::More;
        }
        self.owed = if self.troubled { self.owed.min(1) } else { 0 };
        Next::Step(if self.overflow {
            Step::Failed(Error::BufferTooSmall)
        } else {
            Step::Answered(end)
        })
    }

    /// R(ACK).
    fn acknowledged(&mut self, pcb: u8) -> Next {
        self.owed = self.owed.saturating_sub(1);
        let same = pcb & pcb::NUMBER == self.number;
        match self.phase {
            Phase::Check => Next::Step(Step::Present),
            Phase::Deselect | Phase::Answer => Next::Wrong,
            // Rule 7: chaining goes on, if there is anything to go on with.
            Phase::Command if same && !self.more => Next::Wrong,
            Phase::Command if same => {
                self.sent = self.sent.saturating_add(self.out);
                self.progress();
                Next::Information
            }
            // Rule 6: the card has not got the last I-block. Only what it answered to a block that
            // was sent after this I-block can say so.
            Phase::Command if self.stale > 0 => {
                self.stale = self.stale.saturating_sub(1);
                Next::Wrong
            }
            Phase::Command => {
                self.errors = self.errors.saturating_add(1);
                self.troubled = true;
                if self.more {
                    // It will not be acknowledged.
                    self.owed = self.owed.saturating_sub(1);
                }
                Next::Information
            }
        }
    }

    /// S(WTX) request.
    fn extend(&mut self, settings: &Settings, buffer: &mut [u8], information: u8) -> Step {
        // b8 and b7 are the power level indication.
        let wtxm = information & 0x3F;
        if wtxm == 0 || self.phase == Phase::Deselect {
            return self.damaged(settings, buffer, Error::Protocol);
        }
        let time = timing::span(timing::fwt_extended(self.fwi, wtxm));
        self.extension = self.extension.plus(time);
        if self.extension > settings.extension_limit {
            return Step::Failed(Error::ExtensionLimit);
        }
        let wait = self.anew(time.plus(settings.latency));
        self.put(buffer, pcb::WTX, &[wtxm.min(59)], wait)
    }

    /// Nothing came.
    fn silence(&mut self, settings: &Settings, buffer: &mut [u8]) -> Step {
        self.silent = true;
        self.again(settings, buffer, Error::CardRemoved)
    }

    /// Something came and is of no use.
    fn damaged(&mut self, settings: &Settings, buffer: &mut [u8], error: Error) -> Step {
        // Where it was silent too, what came was noise.
        let error = if self.silent { Error::CardRemoved } else { error };
        self.errors = self.errors.saturating_add(1);
        if self.errors > settings.repetitions && self.phase != Phase::Deselect {
            return Step::Failed(error);
        }
        self.again(settings, buffer, error)
    }

    /// Asks the card to speak again, or ends in this error.
    fn again(&mut self, settings: &Settings, buffer: &mut [u8], error: Error) -> Step {
        self.tries = self.tries.saturating_add(1);
        self.troubled = true;
        let short = self.short(settings);
        if self.phase == Phase::Deselect {
            return match self.tries > DESELECTS {
                true => Step::Deselected,
                false => self.repeat(buffer, short),
            };
        }
        let checks = settings.presence_checks;
        let tail = short.times(u32::from(checks.saturating_sub(1))).micros() as u32;
        // What is left of the waiting time, and of the time after it.
        let (wait, rest) = match self.due.wrapping_sub(self.now) {
            left @ 0..HALF => (left, tail),
            late => (0, tail.saturating_sub(late.wrapping_neg())),
        };
        if rest == 0 && self.tries >= checks.min(LEAST_TRIES) {
            return Step::Failed(error);
        }
        // A card that has had its waiting time answers at once, if it is there.
        let rest = Duration::from_micros(rest.into()).min(short).max(LAST_WAIT);
        self.repeat(buffer, rest.max(Duration::from_micros(wait.into())))
    }

    /// The card may take so long from now on.
    const fn anew(&mut self, wait: Duration) -> Duration {
        self.due = self.now.wrapping_add(wait.micros() as u32);
        self.tries = 0;
        wait
    }

    /// The next part of the command, or the same again.
    fn information(&mut self, settings: &Settings, buffer: &mut [u8], command: &[u8]) -> Step {
        if self.errors > settings.repetitions {
            return Step::Failed(Error::Unreadable);
        }
        let rest = command.get(self.sent..).unwrap_or_default();
        let prologue = if self.cid.is_some() { 2 } else { 1 };
        let room = usize::from(self.frame).min(buffer.len());
        let room = room.saturating_sub(prologue + frame::CRC);
        let (part, left) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        self.stale = self.owed;
        (self.out, self.more) = (part.len(), !left.is_empty());
        let mut pcb = pcb::I | self.number;
        if self.more {
            // It is answered by an R(ACK).
            self.owed = self.owed.saturating_add(1).min(MOST_OWED);
            pcb |= pcb::MORE;
        }
        let wait = self.anew(self.long(settings));
        self.put(buffer, pcb, part, wait)
    }

    /// The block that makes the card speak again (rules 4, 5 and 8), or go on with its chain.
    fn repeat(&mut self, buffer: &mut [u8], wait: Duration) -> Step {
        let pcb = match self.phase {
            Phase::Command | Phase::Check => {
                self.owed = self.owed.saturating_add(1).min(MOST_OWED);
                pcb::NAK | self.number
            }
            Phase::Answer => pcb::ACK | self.number,
            Phase::Deselect => pcb::DESELECT,
        };
        self.put(buffer, pcb, &[], wait)
    }

    /// Writes a block.
    fn put(&self, buffer: &mut [u8], pcb: u8, information: &[u8], wait: Duration) -> Step {
        let head = [pcb | if self.cid.is_some() { pcb::CID } else { 0 }, self.cid.unwrap_or(0)];
        let head = head.iter().take(if self.cid.is_some() { 2 } else { 1 });
        let mut length = 0_usize;
        for (place, byte) in buffer.iter_mut().zip(head.chain(information)) {
            *place = *byte;
            length = length.saturating_add(1);
        }
        match frame::seal(self.kind, buffer, length) {
            Some(length) => Step::Send { length, wait },
            None => Step::Failed(Error::Settings),
        }
    }

    /// A block with the number that holds has come: the number toggles.
    fn progress(&mut self) {
        self.number ^= 1;
        self.errors = 0;
    }

    /// The frame waiting time.
    fn long(&self, settings: &Settings) -> Duration {
        timing::span(timing::fwt(self.fwi)).plus(settings.latency)
    }

    /// The wait of a card that is not at work.
    fn short(&self, settings: &Settings) -> Duration {
        self.long(settings).min(settings.presence_wait.plus(settings.latency))
    }
}

/// What a block leads to.
enum Next {
    Step(Step),
    /// An I-block goes out.
    Information,
    /// The card goes on with its chain.
    More,
    /// It does not belong here.
    Wrong,
}
