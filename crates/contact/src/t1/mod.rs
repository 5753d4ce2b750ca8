//! T=1, the block protocol (ISO/IEC 7816-3 clause 11), on the reader's side.
//!
//! Moves one command APDU to the card and one response APDU back, in blocks. A block that the card
//! did not get whole is sent again under its own number, at most twice in a row; after that
//! S(RESYNCH request) sets both sides to the beginning and the exchange ends in
//! [`Error::Resynchronised`]. The command is never sent anew by itself.
//!
//! Nothing may come behind a block for BGT. A block that grew by a character on its way is right by
//! its LRC one time in 256, and so may be one of a babbling line: the character too many tells.
//!
//! No block is ever held whole: its bytes are taken from the command as they go out, and put into
//! the response as they come in.

mod block;
mod edc;

pub use edc::{Crc, Edc};

use crate::atr::Atr;
use crate::slot::Event;
use crate::time::{Duration, Instant, Rate};
use crate::timing::{Blocks, LONGEST_BLOCK};
use crate::turn::{Due, Turn, driven};
use crate::{Error, Settings};
use block::{Block, Control, Damage, Incoming, Outgoing, Progress};

/// IFSC and IFSD before anybody announces another (clause 11.4.2).
const INITIAL_SIZE: u8 = 32;
/// Attempts to get an error-free block before S(RESYNCH), and to get S(RESYNCH response)
/// (clause 11.6.3.2, rules 7.4 and 6.4): one and two repetitions.
const ATTEMPTS: u8 = 3;
/// Characters without a silence of CWT after which the line is given up: twice what the longest
/// block has.
const BABBLE: u16 = 2 * LONGEST_BLOCK;

/// What the reader waits for. Decides what a block means and what is repeated after a damaged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    /// The answer to an I-block of the command, or its acknowledgement.
    Command,
    /// The next I-block of the card's chain.
    Chain,
    /// The response to a request of the reader.
    Response(Control),
    /// Whatever the card sends after S(ABORT response).
    AfterAbort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Idle,
    Sending,
    Receiving,
    /// After a whole block, and whether it fits its buffer: nothing may come behind it.
    Settling(Block, bool),
    /// After a damaged block: wait until the line is silent, then repeat. So many characters came.
    Draining(Damage, u16),
    /// This is the end.
    Ending(Turn),
}

/// The state of T=1 between two resets of a card.
///
/// Driven like [`crate::Slot`], with characters in the direct reading; gives only
/// [`Action::Send`], [`Action::Listen`], [`Action::Answered`], [`Action::Failed`] and
/// [`Action::Idle`]. After every error but [`Error::BufferTooSmall`], [`Error::Cancelled`] and
/// [`Error::Resynchronised`] the card has to be reset.
///
/// [`Action::Answered`]: crate::Action::Answered
/// [`Action::Failed`]: crate::Action::Failed
/// [`Action::Idle`]: crate::Action::Idle
/// [`Action::Listen`]: crate::Action::Listen
/// [`Action::Send`]: crate::Action::Send
#[derive(Clone, Debug)]
pub struct Engine {
    times: Blocks,
    latency: Duration,
    extension_limit: Duration,
    edc: Edc,
    initial_ifsc: u8,
    wanted_ifsd: u8,

    ifsc: u8,
    ifsd: u8,
    /// N(S) of the next new I-block of the reader.
    number: bool,
    /// N(S) of the next I-block of the card.
    expected: bool,
    /// No error-free block has come since the reset.
    fresh: bool,

    mode: Mode,
    outgoing: Outgoing,
    incoming: Incoming,
    due: Due,
    awaiting: Awaiting,
    /// A command waits for the S(IFS response).
    queued: bool,
    cancelled: bool,
    /// The response does not fit its buffer. It is taken to its end all the same, so that both
    /// sides stay in step.
    overflow: bool,
    attempts: u8,
    /// Multiplier of BWT until the next block comes.
    multiplier: u8,
    extended: Duration,
    /// Bytes of the command in blocks that the card has, and in the block under way.
    sent: usize,
    sending: u8,
    /// Bytes of the response in blocks that came whole.
    received: usize,
}

driven!(Engine, command: &[u8], response: &mut [u8]);

impl Engine {
    /// T=1 with a card that was just reset, at a rate.
    ///
    /// # Errors
    /// [`Error::ReservedParameter`] when the card declares an IFSC of 0 or 255;
    /// [`Error::Settings`] when the settings have such an IFSD.
    pub fn new(atr: &Atr, rate: Rate, settings: &Settings) -> Result<Self, Error> {
        let initial_ifsc = atr.ifsc();
        if matches!(initial_ifsc, 0 | u8::MAX) {
            return Err(Error::ReservedParameter);
        }
        if matches!(settings.ifsd, 0 | u8::MAX) {
            return Err(Error::Settings);
        }
        let edc = if atr.checks_by_crc() { Edc::Crc(settings.crc) } else { Edc::Lrc };
        Ok(Self {
            times: Blocks::new(atr, rate),
            latency: settings.latency,
            extension_limit: settings.extension_limit,
            edc,
            initial_ifsc,
            wanted_ifsd: settings.ifsd,
            ifsc: initial_ifsc,
            ifsd: INITIAL_SIZE,
            number: false,
            expected: false,
            fresh: true,
            mode: Mode::Idle,
            outgoing: Outgoing::resynch(edc),
            incoming: Incoming::new(edc),
            due: Due::NOTHING,
            awaiting: Awaiting::AfterAbort,
            queued: false,
            cancelled: false,
            overflow: false,
            attempts: 0,
            multiplier: 1,
            extended: Duration::ZERO,
            sent: 0,
            sending: 0,
            received: 0,
        })
    }

    /// Announces the reader's information field size by S(IFS request); ends in
    /// [`Action::Answered`](crate::Action::Answered) with no bytes. False when it is in force
    /// already: nothing is to be done.
    pub fn announce(&mut self, now: Instant) -> bool {
        self.begin(now);
        self.queued = false;
        let due = self.ifsd != self.wanted_ifsd;
        if due {
            self.request(Control::Ifs);
        }
        due
    }

    /// Begins an exchange. The information field size is announced first if that is due, as after
    /// a resynchronisation. `command` must be the same in each [`Engine::step`] that follows.
    pub fn transmit(&mut self, now: Instant, command: &[u8]) {
        if self.announce(now) {
            self.queued = true;
        } else {
            self.send_command(command);
        }
    }

    /// Gives up the exchange at the next block of the card's chain, by S(ABORT request). Ends in
    /// [`Error::Cancelled`]; or, when the card sends no chain, as if nothing had been said.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Is the card sending a chain, so that [`Engine::cancel`] has an effect?
    #[must_use]
    pub fn in_chain(&self) -> bool {
        self.awaiting == Awaiting::Chain && self.mode != Mode::Idle
    }

    /// IFSC and IFSD in force.
    #[must_use]
    pub const fn sizes(&self) -> (u8, u8) {
        (self.ifsc, self.ifsd)
    }

    /// The times in force.
    #[must_use]
    pub const fn times(&self) -> &Blocks {
        &self.times
    }

    pub(crate) fn turn(
        &mut self,
        now: Instant,
        event: Event,
        command: &[u8],
        response: &mut [u8],
    ) -> Turn {
        let character = match event {
            Event::Received(byte) => Some(Some(byte)),
            Event::Garbled => Some(None),
            Event::Removed => {
                self.end(Turn::Failed(Error::CardRemoved));
                None
            }
            Event::Ready | Event::Unsupported => None,
        };
        match (self.mode, character) {
            (Mode::Receiving, Some(byte)) => {
                let room = response.get_mut(self.received..).unwrap_or_default();
                // A card that went back to an earlier size is understood too.
                let ifsd = self.ifsd.max(self.wanted_ifsd);
                match self.incoming.push(self.edc, byte, ifsd, room) {
                    Progress::More => self.wait_for_character(now),
                    Progress::Whole(block) => {
                        let fits = usize::from(self.incoming.length()) <= room.len();
                        self.due.not_before = now.after(self.times.block_guard);
                        self.due.until = self.due.not_before;
                        self.mode = Mode::Settling(block, fits);
                    }
                    Progress::Wrong(damage) => {
                        self.mode = Mode::Draining(damage, 0);
                        self.wait_for_character(now);
                    }
                }
            }
            (Mode::Settling(..), Some(_)) => {
                self.mode = Mode::Draining(Damage::Other, 1);
                self.wait_for_character(now);
            }
            (Mode::Settling(block, fits), None) if now >= self.due.until => {
                self.take(block, fits, command);
            }
            (Mode::Draining(_, BABBLE), Some(_)) => self.end(Turn::Failed(Error::Babble)),
            (Mode::Draining(damage, count), Some(_)) => {
                self.mode = Mode::Draining(damage, count.saturating_add(1));
                self.wait_for_character(now);
            }
            (Mode::Receiving | Mode::Draining(..), None) if now >= self.due.until => {
                self.due.not_before = now;
                self.repeat(match self.mode {
                    Mode::Draining(damage, _) => damage,
                    // Nothing came within BWT, or a block ended early.
                    _ => Damage::Other,
                });
            }
            _ => {}
        }
        if self.mode == Mode::Sending {
            if self.outgoing.begun() {
                self.due.not_before = now.after(self.times.guard.spacing);
            }
            if let Some((byte, last)) = self.outgoing.next(self.edc, command) {
                return Turn::Send { byte, last };
            }
            self.mode = Mode::Receiving;
            self.incoming = Incoming::new(self.edc);
            let waiting = self.times.block_waiting.times(u32::from(self.multiplier));
            self.due.until = now.after(waiting.plus(self.latency));
        }
        match self.mode {
            Mode::Ending(turn) => {
                self.mode = Mode::Idle;
                turn
            }
            Mode::Idle => Turn::Idle,
            _ => Turn::Listen,
        }
    }

    /// The rules for an error-free block (clause 11.6.2), and for one that comes at the wrong time.
    fn take(&mut self, block: Block, fits: bool, command: &[u8]) {
        self.fresh = false;
        self.multiplier = 1;
        match (block, self.awaiting) {
            (_, Awaiting::AfterAbort) => self.end(Turn::Failed(Error::Aborted)),
            (Block::Information { number, more }, Awaiting::Command | Awaiting::Chain)
                if number == self.expected && !self.in_own_chain(command) =>
            {
                if self.awaiting == Awaiting::Command {
                    // It acknowledges the last I-block of the command.
                    self.advance();
                }
                self.expected = !self.expected;
                self.overflow |= !fits;
                self.received = self.received.saturating_add(usize::from(self.incoming.length()));
                if !more {
                    self.end(if self.overflow {
                        Turn::Failed(Error::BufferTooSmall)
                    } else {
                        Turn::Answered(self.received)
                    });
                } else if self.cancelled {
                    self.request(Control::Abort);
                } else {
                    self.awaiting = Awaiting::Chain;
                    self.send(Block::Ready { number: self.expected, damage: Damage::None });
                }
                self.attempts = 0;
            }
            (Block::Ready { number, .. }, Awaiting::Command)
                if number != self.number && self.in_own_chain(command) =>
            {
                self.advance();
                self.attempts = 0;
                self.send_command(command);
            }
            (Block::Ready { number, .. }, Awaiting::Command) if number == self.number => {
                // The card did not get the I-block whole: the same again, under the same number.
                if self.may_repeat() {
                    self.send_information(command);
                }
            }
            (
                Block::Request { about: Control::Wtx, value: multiplier @ 1.. },
                Awaiting::Command | Awaiting::Chain,
            ) => {
                let more = self.times.block_waiting.times(u32::from(multiplier));
                self.extended = self.extended.plus(more);
                if self.extended > self.extension_limit {
                    return self.end(Turn::Failed(Error::ExtensionLimit));
                }
                self.multiplier = multiplier;
                self.respond(Control::Wtx, multiplier);
            }
            (
                Block::Request { about: Control::Ifs, value: size @ 1..=254 },
                Awaiting::Command | Awaiting::Chain,
            ) => {
                self.ifsc = size;
                self.respond(Control::Ifs, size);
            }
            (Block::Request { about: Control::Abort, .. }, Awaiting::Command | Awaiting::Chain) => {
                self.awaiting = Awaiting::AfterAbort;
                self.respond(Control::Abort, 0);
            }
            (Block::Response { about, value }, Awaiting::Response(asked))
                if about == asked && (about != Control::Ifs || value == self.wanted_ifsd) =>
            {
                self.confirmed(about, command);
            }
            _ => self.repeat(Damage::Other),
        }
    }

    /// The card agreed to a request of the reader.
    fn confirmed(&mut self, about: Control, command: &[u8]) {
        self.attempts = 0;
        match about {
            Control::Ifs => {
                self.ifsd = self.wanted_ifsd;
                if self.queued {
                    self.send_command(command);
                } else {
                    self.end(Turn::Answered(0));
                }
            }
            Control::Resynch => {
                self.number = false;
                self.expected = false;
                self.ifsc = self.initial_ifsc;
                self.ifsd = INITIAL_SIZE;
                self.end(Turn::Failed(Error::Resynchronised));
            }
            // The reader asks for no time.
            Control::Abort | Control::Wtx => self.end(Turn::Failed(Error::Cancelled)),
        }
    }

    /// The rules for a damaged block, for silence, and for a block that is not expected
    /// (clause 11.6.3).
    fn repeat(&mut self, damage: Damage) {
        self.multiplier = 1;
        if self.awaiting == Awaiting::AfterAbort {
            self.end(Turn::Failed(Error::Aborted));
        } else if self.may_repeat() {
            match self.awaiting {
                Awaiting::Response(about) => self.request(about),
                _ => self.send(Block::Ready { number: self.expected, damage }),
            }
        }
    }

    /// Counts an attempt. False when that was the last of its kind: S(RESYNCH request) goes out now,
    /// or nothing any more.
    fn may_repeat(&mut self) -> bool {
        self.attempts = self.attempts.saturating_add(1);
        if self.attempts < ATTEMPTS {
            return true;
        }
        if self.fresh || self.awaiting == Awaiting::Response(Control::Resynch) {
            self.end(Turn::Failed(Error::Unresponsive));
        } else {
            self.attempts = 0;
            self.request(Control::Resynch);
        }
        false
    }

    /// The card has the I-block of the command that was under way.
    fn advance(&mut self) {
        self.sent = self.sent.saturating_add(usize::from(self.sending));
        self.sending = 0;
        self.number = !self.number;
    }

    fn wait_for_character(&mut self, now: Instant) {
        self.due.until = now.after(self.times.character_waiting.plus(self.latency));
    }

    fn begin(&mut self, now: Instant) {
        self.mode = Mode::Idle;
        self.cancelled = false;
        self.overflow = false;
        self.attempts = 0;
        self.multiplier = 1;
        self.extended = Duration::ZERO;
        self.due.not_before = self.due.not_before.max(now);
        self.sent = 0;
        self.sending = 0;
        self.received = 0;
    }

    fn end(&mut self, turn: Turn) {
        self.mode = Mode::Ending(turn);
    }

    /// Is the I-block under way followed by another one of the command?
    fn in_own_chain(&self, command: &[u8]) -> bool {
        self.awaiting == Awaiting::Command
            && self.sent.saturating_add(usize::from(self.sending)) < command.len()
    }

    /// The next I-block of the command.
    fn send_command(&mut self, command: &[u8]) {
        let left = command.len().saturating_sub(self.sent);
        self.sending = u8::try_from(left).unwrap_or(u8::MAX).min(self.ifsc);
        self.send_information(command);
    }

    /// The I-block of the command that is under way.
    fn send_information(&mut self, command: &[u8]) {
        self.awaiting = Awaiting::Command;
        let block = Block::Information { number: self.number, more: self.in_own_chain(command) };
        self.outgoing = Outgoing::information(block, self.edc, self.sent, self.sending);
        self.mode = Mode::Sending;
    }

    /// Asks the card, for the first time or again.
    fn request(&mut self, about: Control) {
        self.awaiting = Awaiting::Response(about);
        let value = if about == Control::Ifs { self.wanted_ifsd } else { 0 };
        self.send(Block::Request { about, value });
    }

    /// Answers a request of the card.
    fn respond(&mut self, about: Control, value: u8) {
        self.attempts = 0;
        self.send(Block::Response { about, value });
    }

    fn send(&mut self, block: Block) {
        self.outgoing = Outgoing::other(block, self.edc);
        self.mode = Mode::Sending;
    }
}
