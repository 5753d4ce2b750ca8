//! T=0, the character protocol (ISO/IEC 7816-3 clauses 10 and 12.2), on the reader's side.
//!
//! Moves one command APDU to the card and one response APDU back. `61xx` is followed by GET
//! RESPONSE and `6Cxx` by the command with the right Le, both here, below the APDUs; more than 255
//! bytes go by ENVELOPE. A command with data is never sent twice: only one without (case 2) is sent
//! again with another Le, and once.

mod command;

use crate::atr::Atr;
use crate::slot::Event;
use crate::time::{Duration, Instant, Rate};
use crate::timing::Characters;
use crate::turn::{Due, Turn, driven};
use crate::{Error, Settings};
use command::Shape;

/// INS of ENVELOPE.
const ENVELOPE: u8 = 0xC2;
/// INS of GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;
/// Most data bytes of one command TPDU.
const MOST_OUT: usize = 255;
/// The procedure byte that asks for more time.
const NULL: u8 = 0x60;
/// The status word of success.
const SUCCESS: [u8; 2] = [0x90, 0x00];

/// Which command TPDU is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The command itself.
    Command,
    /// A part of it, in an ENVELOPE.
    Envelope,
    /// GET RESPONSE after `61xx`, and after `9000` to a command that asked for data (clause 12.2.4).
    Response,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Idle,
    /// The header, so many bytes of it gone.
    Header(u8),
    /// Data to the card, so many bytes until a procedure byte is due.
    Out(u16),
    /// A procedure byte or SW1.
    Procedure,
    /// Data from the card, so many bytes until a procedure byte is due.
    In(u16),
    /// SW2, after this SW1.
    Status(u8),
    /// This is the end.
    Ending(Turn),
}

/// The state of T=0. Driven like [`crate::t1::Engine`]; after every error but
/// [`Error::BufferTooSmall`] the card has to be reset.
#[derive(Clone, Debug)]
pub struct Engine {
    times: Characters,
    latency: Duration,
    null_limit: u16,

    mode: Mode,
    stage: Stage,
    shape: Shape,
    header: [u8; 5],
    /// Data bytes of this TPDU that are still to go out or to come in.
    left: u16,
    /// Where the next data byte is in the command.
    offset: usize,
    /// Le was corrected already.
    corrected: bool,
    nulls: u16,
    /// Data bytes of the response, and of those that this TPDU brought.
    received: u32,
    brought: u16,
    /// The last byte was the reader's: the next follows after the guard time.
    sending: bool,
    due: Due,
}

driven!(Engine, command: &[u8], response: &mut [u8]);

impl Engine {
    /// T=0 with a card at a rate.
    #[must_use]
    pub fn new(atr: &Atr, rate: Rate, settings: &Settings) -> Self {
        Self {
            times: Characters::new(atr, rate),
            latency: settings.latency,
            null_limit: settings.null_limit,
            mode: Mode::Idle,
            stage: Stage::Command,
            shape: Shape::NOTHING,
            header: [0; 5],
            left: 0,
            offset: 0,
            corrected: false,
            nulls: 0,
            received: 0,
            brought: 0,
            sending: false,
            due: Due::NOTHING,
        }
    }

    /// The times in force.
    #[must_use]
    pub const fn times(&self) -> &Characters {
        &self.times
    }

    /// The first byte goes out no earlier than this: the guard time after the answer to reset or
    /// the PPS response.
    pub const fn rest_until(&mut self, moment: Instant) {
        self.due.not_before = moment;
    }

    /// Begins an exchange. `command` must be the same in each [`Engine::step`] that follows.
    ///
    /// # Errors
    /// [`Error::InvalidCommand`] when it is no command APDU, or its INS is `6x` or `9x`, which
    /// T=0 cannot carry (clause 10.3.2); [`Error::LongCommand`] for more than 255 bytes of data
    /// without Le.
    pub fn transmit(&mut self, now: Instant, command: &[u8]) -> Result<(), Error> {
        self.shape = Shape::of(command).ok_or(Error::InvalidCommand)?;
        self.due.not_before = self.due.not_before.max(now);
        self.nulls = 0;
        self.received = 0;
        self.corrected = false;
        let [class, instruction, p1, p2] = self.shape.header;
        if self.shape.data_length > MOST_OUT {
            if self.shape.expected == 0 {
                return Err(Error::LongCommand);
            }
            self.offset = 0;
            self.envelope(command);
        } else {
            let p3 = match self.shape.data_length {
                0 => self.asked(),
                length => length as u8,
            };
            self.offset = self.shape.data_offset;
            self.begin(Stage::Command, [class, instruction, p1, p2, p3]);
        }
        Ok(())
    }

    pub(crate) fn turn(
        &mut self,
        now: Instant,
        event: Event,
        command: &[u8],
        response: &mut [u8],
    ) -> Turn {
        match (self.mode, event) {
            (Mode::Idle | Mode::Ending(_) | Mode::Header(_) | Mode::Out(_), Event::Ready) => {}
            (Mode::Idle, _) => {}
            (_, Event::Removed) => self.fail(Error::CardRemoved),
            (Mode::Procedure | Mode::In(_) | Mode::Status(_), Event::Received(byte)) => {
                self.due.not_before = now.after(self.times.turnaround);
                self.wait(now);
                self.take(byte, command, response);
            }
            (Mode::Procedure | Mode::In(_) | Mode::Status(_), Event::Garbled) => {
                self.fail(Error::ParityError);
            }
            (Mode::Procedure | Mode::In(_) | Mode::Status(_), _) if now >= self.due.until => {
                self.fail(Error::TimedOut);
            }
            _ => {}
        }
        let next = match self.mode {
            Mode::Header(index) => self.header.get(usize::from(index)).map(|byte| {
                self.mode = Mode::Header(index + 1);
                (*byte, index == 4)
            }),
            Mode::Out(count @ 1..) => {
                let byte = command.get(self.offset).copied().unwrap_or(0);
                self.offset = self.offset.saturating_add(1);
                self.left = self.left.saturating_sub(1);
                self.mode = Mode::Out(count - 1);
                Some((byte, count == 1))
            }
            Mode::Out(0) => None,
            Mode::Ending(turn) => {
                self.mode = Mode::Idle;
                return turn;
            }
            Mode::Idle => return Turn::Idle,
            Mode::Procedure | Mode::In(_) | Mode::Status(_) => return Turn::Listen,
        };
        match next {
            Some((byte, last)) => {
                if self.sending {
                    self.due.not_before = now.after(self.times.guard.spacing);
                }
                self.sending = true;
                Turn::Send { byte, last }
            }
            None => {
                self.sending = false;
                self.mode = Mode::Procedure;
                self.wait(now);
                Turn::Listen
            }
        }
    }

    // Once in an image, and not at each of its calls: 148 bytes of a Cortex-M0's.
    #[inline(never)]
    fn wait(&mut self, now: Instant) {
        self.due.until = now.after(self.times.waiting.plus(self.latency));
    }

    /// A byte of the card.
    fn take(&mut self, byte: u8, command: &[u8], response: &mut [u8]) {
        match self.mode {
            Mode::In(count) => {
                self.left = self.left.saturating_sub(1);
                self.brought = self.brought.saturating_add(1);
                // More than was asked for is dropped: La above Le (clause 12.2.2).
                if self.received < self.shape.expected {
                    if let Some(place) = response.get_mut(self.received as usize) {
                        *place = byte;
                    }
                    self.received += 1;
                }
                self.mode = if count > 1 { Mode::In(count - 1) } else { Mode::Procedure };
            }
            Mode::Status(first) => self.status([first, byte], command, response),
            _ => self.procedure(byte),
        }
    }

    fn procedure(&mut self, byte: u8) {
        let [_, instruction, ..] = self.header;
        let incoming = self.is_incoming();
        let go_on = |count| if incoming { Mode::In(count) } else { Mode::Out(count) };
        if byte == NULL || (byte == instruction && self.left == 0) {
            self.nulls = self.nulls.saturating_add(1);
            if self.nulls > self.null_limit {
                self.fail(Error::NullLimit);
            }
        } else if byte == instruction {
            self.mode = go_on(self.left);
        } else if byte == !instruction && self.left > 0 {
            self.mode = go_on(1);
        } else if matches!(byte >> 4, 0x6 | 0x9) {
            self.mode = Mode::Status(byte);
        } else {
            self.fail(Error::ProcedureByte(byte));
        }
    }

    /// A status word ends the command TPDU: what now?
    fn status(&mut self, status: [u8; 2], command: &[u8], response: &mut [u8]) {
        let [first, second] = status;
        let missing = self.shape.expected.saturating_sub(self.received);
        let unfinished = self.stage == Stage::Envelope && self.offset < command.len();
        match (self.stage, first) {
            _ if unfinished && status != SUCCESS => {}
            _ if unfinished => {
                return self.envelope(command);
            }
            // Each GET RESPONSE has to bring something, else there is no end.
            (stage, 0x61)
                if missing > 0
                    && (matches!(stage, Stage::Command | Stage::Envelope) || self.brought > 0) =>
            {
                self.corrected = false;
                return self.get_response(second);
            }
            (_, 0x6C) if self.is_incoming() && self.brought == 0 && !self.corrected => {
                self.corrected = true;
                let [class, instruction, p1, p2, _] = self.header;
                return self.begin(self.stage, [class, instruction, p1, p2, second]);
            }
            // What the card says to this is the answer: a `9000` before it may have been one to an
            // ENVELOPE, of a command that the card does not yet take for whole.
            (Stage::Command | Stage::Envelope, _)
                if status == SUCCESS && missing > 0 && self.shape.data_length > 0 =>
            {
                return self.get_response(0);
            }
            _ => {}
        }
        self.finish(status, response);
    }

    fn finish(&mut self, status: [u8; 2], response: &mut [u8]) {
        let data = self.received as usize;
        match response.get_mut(data..).and_then(|rest| rest.first_chunk_mut::<2>()) {
            Some(place) => {
                *place = status;
                self.mode = Mode::Ending(Turn::Answered(data.saturating_add(2)));
            }
            None => self.fail(Error::BufferTooSmall),
        }
    }

    fn fail(&mut self, error: Error) {
        self.mode = Mode::Ending(Turn::Failed(error));
    }

    /// P3 for the data that are still missing: 0 stands for 256.
    fn asked(&self) -> u8 {
        match self.shape.expected.saturating_sub(self.received) {
            missing @ 0..=255 => missing as u8,
            _ => 0,
        }
    }

    /// GET RESPONSE for what the card has, but not for more than is missing. 0 stands for 256.
    fn get_response(&mut self, available: u8) {
        let p3 = match (self.asked(), available) {
            (0, available) => available,
            (asked, 0) => asked,
            (asked, available) => asked.min(available),
        };
        self.begin(Stage::Response, [self.class(), GET_RESPONSE, 0, 0, p3]);
    }

    /// The next part of the command in an ENVELOPE.
    fn envelope(&mut self, command: &[u8]) {
        let part = command.len().saturating_sub(self.offset).min(MOST_OUT);
        self.begin(Stage::Envelope, [self.class(), ENVELOPE, 0, 0, part as u8]);
    }

    fn begin(&mut self, stage: Stage, header: [u8; 5]) {
        let [.., p3] = header;
        self.stage = stage;
        self.header = header;
        self.brought = 0;
        self.sending = false;
        self.mode = Mode::Header(0);
        self.left = match p3 {
            // Case 1: P3 = 00 and no data in either direction.
            0 if self.stage == Stage::Command && self.shape.is_bare() => 0,
            0 if self.is_incoming() => 256,
            p3 => u16::from(p3),
        };
    }

    /// Do the data of this TPDU come from the card?
    fn is_incoming(&self) -> bool {
        match self.stage {
            Stage::Command => self.shape.data_length == 0 && self.shape.expected > 0,
            Stage::Envelope => false,
            Stage::Response => true,
        }
    }

    /// The class of GET RESPONSE and ENVELOPE: that of the command on its logical channel, without
    /// chaining and secure messaging; a proprietary class has none of them.
    fn class(&self) -> u8 {
        let [class, ..] = self.shape.header;
        match class {
            0x80.. => 0x00,
            0x40.. => class & 0x4F,
            _ => class & 0x03,
        }
    }
}
