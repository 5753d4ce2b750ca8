//! The one loop under all three styles, and the blocking style.
//!
//! It carries out one action of the slot at a time and never waits by itself: [`Link::poll`] does
//! what can be done now and says until when there is nothing to do.

use super::{Contacts, Error, Line, Received, SerialFault, Time};
use crate::slot::{Action, Contact, Event, Slot, State};
use crate::time::{Duration, Instant};
use crate::timing::LONGEST_BLOCK;
use kazasu_apdu::{Capabilities, PowerOff, Transport};

/// Does what the UART sends come back to its receiver?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Echo {
    /// No: the UART is made for smart cards, or its receiver is off while it sends.
    #[default]
    Off,
    /// Yes: transmitter and receiver hang on one wire. What comes back is dropped. In T=0 each
    /// character is compared with what was sent before the next one goes out. In T=1 they are only
    /// counted, because the block itself tells the card whether it is whole: so a queue fills here
    /// too, and the receiver must hold what comes back of it between two calls of [`Link::poll`].
    On,
}

/// How often a character is sent again in T=0 when its echo says that the card wants it again.
const REPETITIONS: u8 = 3;
/// A character is 12 etu long; its echo is there by then, or there is none. Shorter than the way to
/// the end of the first character that the card sends.
const ECHO_WITHIN: u32 = 16;

/// How long a UART has room for nothing, or has not sent all, at most: a queue of a whole block of
/// characters of 12 etu, each of them sent four times.
const LEAVES_WITHIN: u32 = LONGEST_BLOCK as u32 * 12 * 4;
/// More characters than any receiver holds: a block, and its echo.
const RECEIVER: u16 = 2 * LONGEST_BLOCK;

/// What went over the line since the link was made. Characters, not APDUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counts {
    /// Characters sent, repetitions included.
    pub sent: u32,
    /// Characters received, without echoes, damaged ones included.
    pub received: u32,
    /// Characters received damaged.
    pub garbled: u32,
    /// Echoes in T=0 that were not what was sent.
    pub wrong_echoes: u32,
    /// Characters sent again in T=0, because the echo showed the error signal of the card.
    pub repeated: u32,
}

/// What [`Link::poll`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// What was ordered has ended.
    Done(Outcome),
    /// Nothing to do before this moment, unless a character comes or the card leaves.
    Wait(Instant),
}

/// How what was ordered has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// The card is active and takes commands.
    Activated,
    /// The answer is in the buffer, so many bytes, status word included.
    Answered(usize),
    /// The contacts have no power.
    Deactivated,
    /// It failed.
    Failed(Error),
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Tell the slot.
    Tell(Event),
    /// Wait for the moment, then hand the character to the UART.
    Send { byte: u8, not_before: Instant, last: bool, left: u8 },
    /// Wait for the echo, or for all those of a block.
    Echo { byte: u8, until: Instant, last: bool, left: u8 },
    /// Wait until the UART has sent everything.
    Drain,
    /// Wait for a character.
    Listen { until: Instant },
}

/// A slot with its board: a link to the card in it.
///
/// ```
/// use kazasu_contact::driver::{Contacts, Line, Link, Time};
/// use kazasu_contact::{Settings, Slot, slot::Class};
///
/// fn link<L: Line, C: Contacts, T: Time>(line: L, contacts: C, time: T) -> Link<L, C, T> {
///     // A clock of 4 MHz on CLK, 5 V on VCC.
///     Link::new(Slot::new(Settings::new(4_000_000, &[Class::A])), line, contacts, time)
/// }
/// ```
///
/// No card is active yet: begin with [`Transport::reconnect`], [`Link::begin_activation`] or their
/// asynchronous sibling. Who drops a link takes the card's power by it; whether the board did so is
/// told by [`Transport::power_off`] only.
#[derive(Debug)]
pub struct Link<L: Line, C: Contacts, T: Time> {
    slot: Slot,
    line: L,
    contacts: C,
    time: T,
    echo: Echo,
    extended_length: Option<bool>,
    next: Next,
    /// Does the card signal wrong parity now? So it is in T=0.
    error_signal: bool,
    /// Echoes that are still to come.
    echoes: u16,
    /// Was the last echo of a block, or of a character, another than what was sent?
    wrong_echo: bool,
    /// How long to wait for an echo.
    echo_within: Duration,
    /// How long to wait for the UART to send.
    leaves_within: Duration,
    /// And until when, once it was waited for.
    leaves_until: Instant,
    /// What failed on the board, while the slot shuts the contacts down.
    fault: Option<Error>,
    /// Was the slot told that the card is gone, since the last order?
    removed: bool,
    counts: Counts,
}

impl<L: Line, C: Contacts, T: Time> Link<L, C, T> {
    /// A link over a slot that has no power yet, whose UART has no echo.
    pub const fn new(slot: Slot, line: L, contacts: C, time: T) -> Self {
        Self {
            slot,
            line,
            contacts,
            time,
            echo: Echo::Off,
            extended_length: None,
            next: Next::Tell(Event::Ready),
            error_signal: false,
            echoes: 0,
            wrong_echo: false,
            echo_within: Duration::ZERO,
            leaves_within: Duration::ZERO,
            leaves_until: Instant::NEVER,
            fault: None,
            removed: false,
            counts: Counts { sent: 0, received: 0, garbled: 0, wrong_echoes: 0, repeated: 0 },
        }
    }

    /// With or without an echo.
    #[must_use]
    pub const fn with_echo(mut self, echo: Echo) -> Self {
        self.echo = echo;
        self
    }

    /// With a statement whether extended length passes, for [`Transport::capabilities`]. Without
    /// one it is tried.
    #[must_use]
    pub const fn with_extended_length(mut self, passes: Option<bool>) -> Self {
        self.extended_length = passes;
        self
    }

    /// The slot: the answer to reset, the parameters in force.
    pub const fn slot(&self) -> &Slot {
        &self.slot
    }

    /// What went over the line.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The board: line, contacts, clock. What is done with them past the link is not seen by the
    /// slot.
    pub const fn board_mut(&mut self) -> (&mut L, &mut C, &mut T) {
        (&mut self.line, &mut self.contacts, &mut self.time)
    }

    /// What the link says of itself.
    pub(super) fn declared(&self) -> Capabilities {
        Capabilities::default().with_extended_length(self.extended_length)
    }

    /// Orders a cold reset of the card that is there. It ends in [`Outcome::Activated`].
    ///
    /// # Errors
    /// [`Error::NoCard`] when the switch sees none.
    pub fn begin_activation(&mut self) -> Result<(), Error> {
        if !self.contacts.is_present() {
            return Err(Error::NoCard);
        }
        self.slot.activate();
        self.order();
        Ok(())
    }

    /// Orders one exchange. The same command and buffer go to each [`Link::poll`].
    ///
    /// # Errors
    /// The slot's, when it cannot take it; nothing was sent then.
    pub fn begin_exchange(&mut self, command: &[u8]) -> Result<(), Error> {
        self.slot.transmit(command)?;
        self.order();
        // Who left between two commands is not followed by another in the same presence.
        self.look();
        Ok(())
    }

    /// Orders that the card's power be taken. It ends in [`Outcome::Deactivated`], and is possible
    /// at any time.
    pub fn begin_deactivation(&mut self) {
        self.slot.deactivate();
        self.order();
    }

    /// Tells the slot, once, when the card is gone. Is it?
    #[inline(never)]
    fn look(&mut self) -> bool {
        let left = !self.removed && !self.contacts.is_present();
        if left {
            self.removed = true;
            self.next = Next::Tell(Event::Removed);
        }
        left
    }

    fn order(&mut self) {
        self.leaves_until = Instant::NEVER;
        self.next = Next::Tell(Event::Ready);
        self.fault = None;
        self.removed = false;
    }

    /// Goes on with what was ordered, as far as it goes without waiting. `command` and `response`
    /// are those of the exchange, and may be empty else.
    ///
    /// Between two orders it looks whether the card is still there, and takes the power of one that
    /// left: [`Outcome::Failed`] then, though nothing was ordered. A loop that does not come here
    /// while it waits for a person does not see one card exchanged for another.
    pub fn poll(&mut self, command: &[u8], response: &mut [u8]) -> Progress {
        loop {
            let progress = if let Next::Tell(event) = self.next {
                let action = self.slot.step(self.time.now(), event, command, response);
                self.carry_out(action)
            } else {
                self.advance().map(|waits| waits.map(Progress::Wait))
            };
            match progress {
                Ok(None) => {}
                // A card that leaves while nothing is under way loses its power too.
                Ok(Some(Progress::Wait(_))) if self.look() => {}
                Ok(Some(progress)) => return progress,
                Err(fault) => self.board_failed(fault),
            }
        }
    }

    /// The board does not work: the contacts are shut down, then this is reported.
    fn board_failed(&mut self, fault: Error) {
        if self.fault.is_none() {
            self.slot.deactivate();
        }
        self.fault = Some(fault);
        self.next = Next::Tell(Event::Ready);
    }

    /// Carries out what can be done at once and notes what cannot.
    fn carry_out(&mut self, action: Action) -> Result<Option<Progress>, Error> {
        let mut event = Event::Ready;
        let ended = match action {
            Action::Set(contact) => {
                if self.contacts.set(contact).is_err() {
                    // Only a voltage may be one that the board does not have. Whatever else is
                    // refused is a fault of the board, above all that the power stays on.
                    if !matches!(contact, Contact::Vcc(Some(_))) {
                        return Err(Error::Contacts);
                    }
                    event = Event::Unsupported;
                }
                None
            }
            Action::Configure(serial) => {
                self.error_signal = serial.error_signal;
                self.echo_within = serial.rate.etu(ECHO_WITHIN).plus(self.slot.settings().latency);
                self.leaves_within = serial.rate.etu(LEAVES_WITHIN);
                self.line.configure(&serial)?;
                self.drop_received()?;
                self.echoes = 0;
                None
            }
            Action::Send { byte, not_before, last } => {
                self.next = Next::Send { byte, not_before, last, left: REPETITIONS };
                return Ok(None);
            }
            Action::Listen { until } => {
                self.next = Next::Listen { until };
                return Ok(None);
            }
            Action::Idle => Some(Progress::Wait(Instant::NEVER)),
            Action::Activated => Some(Progress::Done(Outcome::Activated)),
            Action::Answered(length) => Some(Progress::Done(Outcome::Answered(length))),
            Action::Deactivated => Some(Progress::Done(match self.fault.take() {
                None => Outcome::Deactivated,
                Some(fault) => Outcome::Failed(fault),
            })),
            Action::Failed(error) => {
                let error = match error {
                    // A loop that is late takes the answer of the card for the echo that does not
                    // come.
                    crate::Error::Unresponsive if self.wrong_echo => Error::Echo,
                    error => Error::Slot(error),
                };
                Some(Progress::Done(Outcome::Failed(self.fault.take().unwrap_or(error))))
            }
        };
        self.next = Next::Tell(event);
        Ok(ended)
    }

    /// Goes on with what waits. The moment when it is over, if it still waits.
    fn advance(&mut self) -> Result<Option<Instant>, Error> {
        // The clock before the line: what comes in between lies in the receiver, and is not too late
        // however long the program was interrupted here.
        let now = self.time.now();
        match self.next {
            Next::Tell(_) => {}
            Next::Send { byte, not_before, last, left } => {
                if now < not_before {
                    return Ok(Some(not_before));
                }
                // What came until now is the echo of the block so far, or came too late. What comes
                // from now on is an echo or the answer, which may be quick.
                self.drop_received()?;
                if !self.line.send(byte)? {
                    return self.not_left(now);
                }
                self.leaves_until = Instant::NEVER;
                self.counts.sent = self.counts.sent.saturating_add(1);
                self.next = Self::sent(last);
                if self.echo == Echo::On {
                    self.echoes = self.echoes.saturating_add(1);
                    // The characters of a block do not wait for each other's echo: a slow loop would
                    // be too late for the card.
                    if last || self.error_signal {
                        let until = now.after(self.echo_within);
                        self.next = Next::Echo { byte, until, last, left };
                    }
                }
            }
            Next::Echo { byte, until, last, left } => {
                let Some(received) = self.line.receive()? else {
                    return if now < until { Ok(Some(until)) } else { Err(Error::Echo) };
                };
                self.echoes = self.echoes.saturating_sub(1);
                // Longer than any echo takes, from the last one on.
                let later = now.after(self.echo_within);
                if self.echoes > 0 {
                    self.next = Next::Echo { byte, until: later, last, left };
                    return Ok(None);
                }
                self.next = Self::sent(last);
                self.wrong_echo = received != Received::Character(byte);
                if self.error_signal && self.wrong_echo {
                    self.counts.wrong_echoes = self.counts.wrong_echoes.saturating_add(1);
                    // The error signal of the card falls into the stop bits of the echo. After
                    // anything else the card may have taken what was not meant, and a repetition
                    // would shift all that follows: no byte more goes to it.
                    if received != Received::Framing || left == 0 {
                        return Err(Error::Slot(crate::Error::ParityError));
                    }
                    self.counts.repeated = self.counts.repeated.saturating_add(1);
                    // Two etu after the error was seen at the earliest (ISO/IEC 7816-3 clause 7.3);
                    // this is more.
                    let left = left.saturating_sub(1);
                    self.next = Next::Send { byte, not_before: later, last, left };
                }
            }
            Next::Drain => {
                if !self.line.is_sent()? {
                    return self.not_left(now);
                }
                self.leaves_until = Instant::NEVER;
                self.next = Next::Tell(Event::Ready);
            }
            Next::Listen { until } => {
                let event = match self.line.receive()? {
                    Some(Received::Character(byte)) => Event::Received(byte),
                    Some(Received::Garbled | Received::Framing) => {
                        self.counts.garbled = self.counts.garbled.saturating_add(1);
                        Event::Garbled
                    }
                    None if now < until => return Ok(Some(until)),
                    None => Event::Ready,
                };
                if event != Event::Ready {
                    self.counts.received = self.counts.received.saturating_add(1);
                }
                self.next = Next::Tell(event);
            }
        }
        Ok(None)
    }

    /// The UART sends still: look again at once, but not for ever. A card can hold up one that
    /// repeats by itself.
    fn not_left(&mut self, now: Instant) -> Result<Option<Instant>, Error> {
        if self.leaves_until == Instant::NEVER {
            self.leaves_until = now.after(self.leaves_within);
        }
        if now < self.leaves_until { Ok(Some(now)) } else { Err(Error::Serial) }
    }

    /// A character was taken by the UART and, where there is an echo, came back.
    const fn sent(last: bool) -> Next {
        if last { Next::Drain } else { Next::Tell(Event::Ready) }
    }

    /// Drops what is in the receiver; at most so much as none holds.
    fn drop_received(&mut self) -> Result<(), SerialFault> {
        for _ in 0..RECEIVER {
            if self.line.receive()?.is_none() {
                break;
            }
            self.echoes = self.echoes.saturating_sub(1);
        }
        Ok(())
    }

    /// Waits until what was ordered has ended.
    fn wait(&mut self, command: &[u8], response: &mut [u8]) -> Outcome {
        loop {
            match self.poll(command, response) {
                Progress::Done(outcome) => return outcome,
                // An order always ends; a slot that has nothing to do has none.
                Progress::Wait(Instant::NEVER) => {
                    return Outcome::Failed(Error::Slot(crate::Error::NotReady));
                }
                Progress::Wait(until) => self.time.idle(until),
            }
        }
    }
}

/// Nobody is left who could take the power later.
impl<L: Line, C: Contacts, T: Time> Drop for Link<L, C, T> {
    fn drop(&mut self) {
        if self.slot.state() != State::Inactive {
            self.begin_deactivation();
            // It has no step that waits.
            self.poll(&[], &mut []);
        }
    }
}

impl Outcome {
    /// As the length of an answer.
    pub(super) const fn answered(self) -> Result<usize, Error> {
        match self {
            Self::Answered(length) => Ok(length),
            other => Err(other.unexpected()),
        }
    }

    /// As the end of an activation.
    pub(super) const fn activated(self) -> Result<(), Error> {
        match self {
            Self::Activated => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    /// As the end of a deactivation.
    pub(super) const fn deactivated(self) -> Result<(), Error> {
        match self {
            Self::Deactivated => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    const fn unexpected(self) -> Error {
        match self {
            Self::Failed(error) => error,
            _ => Error::Slot(crate::Error::NotReady),
        }
    }
}

/// Each call returns when it has ended; [`Time::idle`] is called in between.
impl<L: Line, C: Contacts, T: Time> Transport for Link<L, C, T> {
    type Error = Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        self.begin_exchange(command)?;
        self.wait(command, response).answered()
    }

    fn capabilities(&self) -> Capabilities {
        self.declared()
    }

    /// The contacts are deactivated.
    fn power_off(&mut self) -> Result<PowerOff, Error> {
        self.begin_deactivation();
        self.wait(&[], &mut []).deactivated().map(|()| PowerOff::Done)
    }

    /// A cold reset: the contacts are deactivated first if they are active.
    fn reconnect(&mut self) -> Result<(), Error> {
        self.begin_activation()?;
        self.wait(&[], &mut []).activated()
    }
}
