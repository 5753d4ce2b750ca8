//! The exchange rules between a procedure and a link, without I/O.
//!
//! Follows `61xx` with GET RESPONSE and `6Cxx` with the right Le, and goes from extended to short
//! length, once, when the card refuses it. Never repeats a command that may be sent only once,
//! never passes on as data what is not an answer, never uses a presence that has ended.

use crate::command::{Command, EncodeError, Format};
use crate::procedure::{AnswerError, Event, Fault, Outgoing, Procedure, Queue};
use crate::response::Response;
use crate::running::{Running, Stepped, Turn};
use crate::status::{Meaning, Status};
use crate::trace::{Entry, Trace};
use crate::transport::{Capabilities, ErrorKind, PinEntry, PinPadEnd};
use core::fmt;
use zeroize::Zeroize;

mod room;

/// INS of GET RESPONSE (ISO/IEC 7816-4 clause 11.4.3).
const GET_RESPONSE: u8 = 0xC0;
/// Class bit of command chaining; GET RESPONSE goes without.
const CHAINING: u8 = 0x10;
/// Class bit of proprietary commands. GET RESPONSE is an interindustry command whatever came
/// before it (ISO/IEC 7816-4 clause 5.4.1).
const PROPRIETARY: u8 = 0x80;
/// Room for the status word.
const STATUS_LENGTH: usize = 2;

/// May commands use extended length?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ExtendedLength {
    /// Try it unless the link says that it cannot; learn from the first refusal.
    #[default]
    Auto,
    /// Always; a refusal is the procedure's answer.
    On,
    /// Never.
    Off,
}

/// A number for one card presence. Evidence keeps it and is worthless when it no longer agrees
/// with the channel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Presence(u32);

/// What went over the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counts {
    /// Commands that procedures gave, with one refused for its extended length.
    pub commands: u32,
    /// GET RESPONSE commands and repetitions with the right Le, sent by the exchange rules.
    pub by_rule: u32,
    /// Command bytes, all exchanges.
    pub bytes_sent: u64,
    /// Response bytes, all exchanges, status words included.
    pub bytes_received: u64,
}

/// What is being exchanged now.
#[derive(Clone, Copy, Debug)]
struct Plan {
    header: [u8; 4],
    format: Format,
    /// Bytes of the encoded command.
    length: usize,
    /// Bytes the procedure asked for in all.
    le: u32,
    /// Bytes the command on the link asks for.
    asked: u32,
    /// Answer data gathered over `61xx`.
    gathered: usize,
    has_data: bool,
    once: bool,
    secret: bool,
    by_rule: bool,
    le_corrected: bool,
    shortened: Option<Status>,
    entry: Option<PinEntry>,
    problem: Option<EncodeError>,
}

impl Plan {
    const EMPTY: Self = Self {
        header: [0; 4],
        format: Format::Short,
        length: 0,
        le: 0,
        asked: 0,
        gathered: 0,
        has_data: false,
        once: false,
        secret: false,
        by_rule: false,
        le_corrected: false,
        shortened: None,
        entry: None,
        problem: None,
    };
}

/// The exchange engine over one link.
pub struct Channel<'b> {
    outgoing: &'b mut [u8],
    incoming: &'b mut [u8],
    /// Length of `incoming`, also while it is lent to a procedure.
    room: usize,
    trace: Option<&'b mut (dyn Trace + 'b)>,
    mode: ExtendedLength,
    declared: Option<bool>,
    /// Does the link have a PIN pad?
    pin_pad: bool,
    /// Does the driver know what to do with one?
    pin_pad_driven: bool,
    refused: bool,
    presence: u32,
    ended: Option<ErrorKind>,
    secret_sent: bool,
    wrong_codes: u8,
    counts: Counts,
    plan: Plan,
}

impl<'b> Channel<'b> {
    /// A channel over two buffers: commands are written to the first (262 bytes hold every short
    /// command), answers arrive in the second (258 bytes hold every short answer, 65,538 every
    /// answer; the larger it is, the fewer commands read a file).
    #[must_use]
    pub fn new(outgoing: &'b mut [u8], incoming: &'b mut [u8]) -> Self {
        Self {
            room: incoming.len(),
            outgoing,
            incoming,
            trace: None,
            mode: ExtendedLength::Auto,
            declared: None,
            pin_pad: false,
            pin_pad_driven: false,
            refused: false,
            presence: 0,
            ended: None,
            secret_sent: false,
            wrong_codes: 0,
            counts: Counts::default(),
            plan: Plan::EMPTY,
        }
    }

    /// With a trace of every exchange.
    #[must_use]
    pub fn with_trace(mut self, trace: &'b mut (dyn Trace + 'b)) -> Self {
        self.trace = Some(trace);
        self
    }

    /// With a rule for extended length.
    #[must_use]
    pub fn with_extended_length(mut self, mode: ExtendedLength) -> Self {
        self.mode = mode;
        self
    }

    /// Takes over what the link says of itself.
    pub fn declare(&mut self, capabilities: Capabilities) {
        self.declared = capabilities.extended_length;
        self.pin_pad = capabilities.pin_pad;
    }

    /// The driver promises to look at [`Channel::pin_entry`] before each transmission. Without
    /// that promise a command whose PIN is typed at the reader is not sent.
    pub const fn drive_pin_pad(&mut self) {
        self.pin_pad_driven = true;
    }

    /// Is the command of [`Channel::exchange`] a template whose PIN the holder types at the
    /// reader? Then it goes to [`crate::Transport::transmit_with_pin_pad`] and nowhere else.
    #[must_use]
    pub const fn pin_entry(&self) -> Option<PinEntry> {
        self.plan.entry
    }

    /// Has the card refused extended length on this channel?
    #[must_use]
    pub const fn extended_length_refused(&self) -> bool {
        self.refused
    }

    /// Tells the channel what an earlier one learned of the same card or reader.
    pub fn learn_extended_length_refused(&mut self) {
        self.refused = true;
    }

    /// What went over the link so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The card presence now.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        Presence(self.presence)
    }

    /// Why the presence has ended, if it has.
    #[must_use]
    pub const fn ended(&self) -> Option<ErrorKind> {
        self.ended
    }

    /// Was a secret sent since the card last had no power? Then it may hold a verified status,
    /// also after a fault ended the presence.
    #[must_use]
    pub const fn secret_sent(&self) -> bool {
        self.secret_sent
    }

    /// How many wrong access codes procedures have counted on this channel since it was made or
    /// [`Channel::begin_session`] was called. It outlives the card's power and every reconnect,
    /// because the same card may lie there again; what it means is for the procedures.
    #[must_use]
    pub const fn wrong_codes(&self) -> u8 {
        self.wrong_codes
    }

    /// Another holder is served from now on: wrong access codes are counted from 0 again. A reader
    /// that keeps its channel says so when the next person has come, and never for the same one.
    pub const fn begin_session(&mut self) {
        self.wrong_codes = 0;
    }

    /// Overwrites both buffers: the last command, and the last answer, which may be a photo. They
    /// are overwritten too when the channel is dropped.
    pub fn wipe(&mut self) {
        self.outgoing.zeroize();
        self.incoming.zeroize();
    }

    /// A new presence has begun: the link was reconnected.
    pub fn begin_presence(&mut self, capabilities: Capabilities) {
        self.presence = self.presence.wrapping_add(1);
        self.ended = None;
        self.declare(capabilities);
    }

    /// The card has no power any more: the presence ends and nothing secret is left.
    pub fn powered_off(&mut self) {
        self.end_presence(ErrorKind::NoCard);
        self.secret_sent = false;
    }

    /// The presence has ended, for a reason that the caller saw.
    pub fn end_presence(&mut self, reason: ErrorKind) {
        if self.ended.is_none() {
            self.presence = self.presence.wrapping_add(1);
            self.ended = Some(reason);
        }
        if self.plan.secret {
            self.outgoing.zeroize();
        }
    }

    /// Begins a procedure.
    pub fn begin<P: Procedure + ?Sized>(&mut self, procedure: &mut P) -> Turn<P::Output> {
        let mut running = Running::new(procedure);
        self.begin_running(&mut running);
        running.turn()
    }

    /// As [`Channel::begin`]. Has the procedure ended? If not, something is to be transmitted.
    pub(crate) fn begin_running(&mut self, running: &mut dyn Stepped) -> bool {
        let ended = running.step(Event::Start, &mut Outgoing { queue: self });
        self.settle(running, ended)
    }

    /// The command to transmit and the buffer for its answer.
    pub fn exchange(&mut self) -> (&[u8], &mut [u8]) {
        (
            self.outgoing.get(..self.plan.length).unwrap_or_default(),
            self.incoming.get_mut(self.plan.gathered..).unwrap_or_default(),
        )
    }

    /// Takes the result of transmitting [`Channel::exchange`]'s command.
    pub fn answered<P: Procedure + ?Sized>(
        &mut self,
        procedure: &mut P,
        result: Result<usize, ErrorKind>,
    ) -> Turn<P::Output> {
        let mut running = Running::new(procedure);
        self.answered_running(&mut running, result);
        running.turn()
    }

    /// As [`Channel::answered`]. Has the procedure ended?
    pub(crate) fn answered_running(
        &mut self,
        running: &mut dyn Stepped,
        result: Result<usize, ErrorKind>,
    ) -> bool {
        self.account(&result);
        if self.plan.secret {
            self.outgoing.zeroize();
        }
        let ended = match self.judge(result) {
            Ok(Next::Again) => {
                self.go();
                return false;
            }
            Ok(Next::Deliver(length, status)) => {
                // The procedure reads the answer while it writes the next command: the incoming
                // buffer is lent out for the step and put back.
                let lent = core::mem::take(&mut self.incoming);
                let data = lent.get(..length).unwrap_or_default();
                let event = Event::Answer(Response { data, status });
                let ended = running.step(event, &mut Outgoing { queue: self });
                self.incoming = lent;
                ended
            }
            Err(fault) => running.step(Event::Failed(fault), &mut Outgoing { queue: self }),
        };
        self.settle(running, ended)
    }

    /// Takes the reader's word that it sent nothing: no PIN was typed.
    pub fn pin_pad_ended<P: Procedure + ?Sized>(
        &mut self,
        procedure: &mut P,
        end: PinPadEnd,
    ) -> Turn<P::Output> {
        let mut running = Running::new(procedure);
        self.pin_pad_ended_running(&mut running, end);
        running.turn()
    }

    /// As [`Channel::pin_pad_ended`]. Has the procedure ended?
    pub(crate) fn pin_pad_ended_running(
        &mut self,
        running: &mut dyn Stepped,
        end: PinPadEnd,
    ) -> bool {
        self.account(&Ok(0));
        self.outgoing.zeroize();
        let event = Event::Failed(Fault::PinPad(end));
        let ended = running.step(event, &mut Outgoing { queue: self });
        self.settle(running, ended)
    }

    /// Hands out what can be sent, and tells the procedure at once what cannot. Has it ended?
    fn settle(&mut self, running: &mut dyn Stepped, mut ended: bool) -> bool {
        while !ended {
            let fault = match (self.ended, self.plan.problem) {
                (Some(kind), _) => Fault::Ended(kind),
                (None, Some(problem)) => Fault::NotSent(problem),
                (None, None) => break,
            };
            if self.plan.secret {
                self.outgoing.zeroize();
            }
            ended = running.step(Event::Failed(fault), &mut Outgoing { queue: self });
        }
        if !ended {
            self.go();
        }
        ended
    }

    fn go(&mut self) {
        if self.plan.by_rule {
            self.counts.by_rule = self.counts.by_rule.saturating_add(1);
        } else {
            self.counts.commands = self.counts.commands.saturating_add(1);
        }
        self.secret_sent |= self.plan.secret;
        self.counts.bytes_sent = self.counts.bytes_sent.saturating_add(self.plan.length as u64);
    }

    /// Counts and traces one exchange.
    fn account(&mut self, result: &Result<usize, ErrorKind>) {
        let received = result.unwrap_or_default();
        self.counts.bytes_received = self.counts.bytes_received.saturating_add(received as u64);
        let Some(trace) = &mut self.trace else { return };
        let end = self.plan.gathered.saturating_add(received);
        let bytes = self.incoming.get(self.plan.gathered..end).unwrap_or_default();
        trace.exchange(&Entry {
            header: self.plan.header,
            sent: self.plan.length,
            le: self.plan.asked,
            secret: self.plan.secret,
            by_rule: self.plan.by_rule,
            received,
            status: Response::parse(bytes).ok().map(|response| response.status),
            fault: result.err(),
        });
    }

    /// Applies the exchange rules to what came.
    fn judge(&mut self, result: Result<usize, ErrorKind>) -> Result<Next, Fault> {
        let length = result.map_err(|kind| {
            if kind.ends_presence() {
                self.end_presence(kind);
            }
            Fault::Link(kind)
        })?;
        let end = self.plan.gathered.saturating_add(length);
        let bytes = self
            .incoming
            .get(self.plan.gathered..end)
            .ok_or(Fault::Answer(AnswerError::BufferOverrun))?;
        let response =
            Response::parse(bytes).map_err(|error| Fault::Answer(AnswerError::Malformed(error)))?;
        let (data_length, status) = (response.data.len(), response.status);
        if data_length > self.plan.asked as usize {
            let (length, asked) = (data_length, self.plan.asked);
            return Err(Fault::Answer(AnswerError::TooLong { length, asked }));
        }
        let gathered = self.plan.gathered.saturating_add(data_length);

        if let Some(refusal) = self.plan.shortened
            && status != refusal
        {
            // The short form was understood, so it was the length that the card refused.
            self.refused = true;
        }
        match status.meaning() {
            Meaning::MoreData(more) => {
                if self.plan.header[1] == GET_RESPONSE && data_length == 0 {
                    return Err(Fault::Answer(AnswerError::Stalled));
                }
                let left = self.plan.le.saturating_sub(gathered as u32);
                let more = if more == 0 { 0x100 } else { u32::from(more) };
                if left == 0 {
                    let (length, asked) = (gathered.saturating_add(1), self.plan.le);
                    return Err(Fault::Answer(AnswerError::TooLong { length, asked }));
                }
                self.plan.gathered = gathered;
                let cla = match self.plan.header[0] {
                    proprietary if proprietary & PROPRIETARY != 0 => 0x00,
                    interindustry => interindustry & !CHAINING,
                };
                let command =
                    Command::new(cla, GET_RESPONSE, 0, 0).with_le(more.min(left).min(0x100));
                self.rewrite(&command)?;
                Ok(Next::Again)
            }
            Meaning::WrongLe(right) if self.may_correct(right) => {
                let right = if right == 0 { 0x100 } else { u32::from(right) };
                self.repeat_with_le(right)?;
                self.plan.le_corrected = true;
                Ok(Next::Again)
            }
            meaning if self.is_length_refusal(meaning) => {
                self.plan.shortened = Some(status);
                self.repeat_with_le(self.plan.le.min(0x100))?;
                // The refused command counts; this one is the command proper.
                self.plan.by_rule = false;
                Ok(Next::Again)
            }
            _ => Ok(Next::Deliver(gathered, status)),
        }
    }

    /// May a `6Cxx` be followed? Once a command, for commands that may be repeated, and only
    /// down: the procedure never gets more than it asked for.
    fn may_correct(&self, right: u8) -> bool {
        let right = if right == 0 { 0x100 } else { u32::from(right) };
        !self.plan.once
            && !self.plan.le_corrected
            && !self.plan.has_data
            && self.plan.asked > 0
            && right <= self.plan.asked
    }

    /// Does the card refuse the extended form of a read? Facts name `6700` only (docs/card-facts.md
    /// §1.3); cards without extended length are free to say so otherwise.
    fn is_length_refusal(&self, meaning: Meaning) -> bool {
        self.mode == ExtendedLength::Auto
            && self.plan.format == Format::Extended
            && !self.plan.once
            && !self.plan.has_data
            && self.plan.gathered == 0
            && matches!(
                meaning,
                Meaning::WrongLength
                    | Meaning::WrongLe(_)
                    | Meaning::WrongData
                    | Meaning::FunctionNotSupported
                    | Meaning::InstructionNotSupported
                    | Meaning::ClassNotSupported
                    | Meaning::Internal
            )
    }

    /// The same command without data, short, with another Le.
    fn repeat_with_le(&mut self, le: u32) -> Result<(), Fault> {
        let [cla, ins, p1, p2] = self.plan.header;
        self.rewrite(&Command::new(cla, ins, p1, p2).with_le(le))
    }

    fn rewrite(&mut self, command: &Command<'_>) -> Result<(), Fault> {
        self.plan.length = command.encode(self.outgoing, Format::Short).map_err(Fault::NotSent)?;
        self.plan.header = [command.cla, command.ins, command.p1, command.p2];
        self.plan.format = Format::Short;
        self.plan.asked = command.le;
        self.plan.entry = None;
        self.plan.by_rule = true;
        Ok(())
    }
}

enum Next {
    Again,
    Deliver(usize, Status),
}

impl Queue for Channel<'_> {
    fn put(&mut self, command: &Command<'_>) {
        let format = self.format(command);
        let encoded = format.and_then(|format| command.encode(self.outgoing, format));
        self.plan = Plan {
            header: [command.cla, command.ins, command.p1, command.p2],
            format: format.unwrap_or(Format::Short),
            length: encoded.unwrap_or_default(),
            le: command.le,
            asked: command.le,
            has_data: !command.data.is_empty(),
            once: command.once,
            secret: command.secret,
            entry: command.pin_entry,
            problem: encoded.err(),
            ..Plan::EMPTY
        };
    }

    fn most(&self) -> u32 {
        let format = if self.extended_allowed() { 0x1_0000 } else { 0x100 };
        let room = self.room.saturating_sub(STATUS_LENGTH);
        u32::try_from(room).unwrap_or(u32::MAX).clamp(1, format)
    }

    fn presence(&self) -> Presence {
        Presence(self.presence)
    }

    fn wrong_codes(&self) -> u8 {
        self.wrong_codes
    }

    fn count_wrong_code(&mut self) {
        self.wrong_codes = self.wrong_codes.saturating_add(1);
    }
}

impl Drop for Channel<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Channel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("mode", &self.mode)
            .field("refused", &self.refused)
            .field("presence", &self.presence)
            .field("ended", &self.ended)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
