//! The life of a slot: activation, answer to reset, parameters, exchanges, deactivation
//! (ISO/IEC 7816-3 clause 6).

mod activation;
mod types;

pub use types::{Action, Class, Contact, Event, Level, Parity, Serial, State};

use crate::atr::{self, Atr};
use crate::parameters::{Parameters, pps};
use crate::time::Instant;
use crate::turn::{Due, Turn};
use crate::{Error, Settings, t0, t1};
use activation::{Down, Up};

/// A slot and the card in it. About 320 bytes; the answer goes straight into the caller's
/// buffer, and the command is sent straight out of it.
///
/// # The contract with a driver
/// * [`Slot::step`] gives one [`Action`]. The driver carries it out exactly once and calls again.
/// * [`Action::Set`] and [`Action::Configure`]: do it, then [`Event::Ready`].
/// * [`Action::Send`]: wait until `not_before`, drop what was received until then, which came too
///   late, and hand the character to the UART. Then [`Event::Ready`] as soon as the UART has taken
///   it and will space what follows by the length of a character; after the `last` one only when it
///   has left wholly. **Drop the echo** of a half-duplex line, and nothing else: what comes from
///   here on can be a quick answer.
/// * [`Action::Listen`]: give the first character that comes as [`Event::Received`], or
///   [`Event::Garbled`] when parity, framing or an overrun spoiled it. **Read the clock, then
///   the line**: a character that is there is never too late. Without one, [`Event::Ready`] when the
///   moment that was read is not before `until`; earlier does no harm.
/// * [`Action::Idle`]: nothing to do. [`Action::Activated`], [`Action::Answered`],
///   [`Action::Deactivated`] and [`Action::Failed`] end what was ordered, once; call again after the
///   next order.
/// * [`Event::Removed`] at any time, instead of any other event. The contacts are shut down by the
///   actions that follow.
///
/// `now` must not run backwards.
#[derive(Clone, Debug)]
pub struct Slot {
    settings: Settings,
    now: Instant,
    order: Option<Order>,
    phase: Phase,
    outcome: Outcome,
    /// What the phase works with, and what that wants.
    work: Work,
    turn: Turn,
    due: Due,
    atr: Option<Atr>,
    parameters: Option<Parameters>,
    /// The command under way, or the answer to reset, must have ended.
    limit: Instant,
    /// Which of [`Settings::classes`] is on.
    class: u8,
    /// What the class before this one came to.
    refused: Error,
    /// Warm resets since the power came on.
    warm: u8,
    parity: Parity,
    /// Characters are of the inverse convention and the UART does not decode them.
    decode: bool,
    /// A PPS exchange failed: without one this time.
    plain: bool,
}

/// What the caller ordered, until the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Activate,
    Deactivate,
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Inactive,
    /// The contacts are coming up.
    Up(Up),
    Answer,
    Pps,
    /// The line is set up for the protocol.
    Configure,
    /// S(IFS).
    Announce,
    Ready,
    Exchange,
    /// The contacts are going down.
    Down(Down),
}

/// How what was ordered ended, until it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Nothing,
    Activated,
    Answered(usize),
    Deactivated,
    Failed(Error),
    /// Not at all: the contacts come up again.
    Again,
}

#[derive(Clone, Debug)]
enum Work {
    Nothing,
    Answer(atr::Reader),
    Pps(pps::Exchange),
    T0(t0::Engine),
    T1(t1::Engine),
}

impl Slot {
    /// A slot without power.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self {
            settings,
            now: Instant::ORIGIN,
            order: None,
            phase: Phase::Inactive,
            outcome: Outcome::Nothing,
            work: Work::Nothing,
            turn: Turn::Idle,
            // The first activation waits for nothing.
            due: Due { not_before: Instant::ORIGIN, until: Instant::ORIGIN },
            atr: None,
            parameters: None,
            limit: Instant::NEVER,
            class: 0,
            refused: Error::Settings,
            warm: 0,
            parity: Parity::Even,
            decode: false,
            plain: false,
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Orders a cold reset: deactivation first if the contacts are active, then power, clock,
    /// reset, answer to reset, PPS, and S(IFS). Ends in [`Action::Activated`] or [`Action::Failed`].
    pub fn activate(&mut self) {
        self.order = Some(Order::Activate);
    }

    /// Orders the deactivation of the contacts, whatever is under way. Ends in
    /// [`Action::Deactivated`].
    pub fn deactivate(&mut self) {
        self.order = Some(Order::Deactivate);
    }

    /// Orders an exchange. The same `command`, and a buffer for the answer, go to every
    /// [`Slot::step`] until [`Action::Answered`] or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::InvalidCommand`] and [`Error::LongCommand`]; nothing was sent
    /// then, and nothing has changed.
    pub fn transmit(&mut self, command: &[u8]) -> Result<(), Error> {
        if self.state() != State::Ready {
            return Err(Error::NotReady);
        }
        match &mut self.work {
            Work::T0(engine) => engine.transmit(self.now, command)?,
            // CLA, INS, P1 and P2 at least; what else T=1 carries is not its business.
            Work::T1(engine) if command.len() >= 4 => engine.transmit(self.now, command),
            Work::T1(_) => return Err(Error::InvalidCommand),
            Work::Nothing | Work::Answer(_) | Work::Pps(_) => return Err(Error::NotReady),
        }
        self.phase = Phase::Exchange;
        self.limit = Instant::NEVER;
        Ok(())
    }

    /// Gives up what is under way: a chain of blocks that the card is sending by S(ABORT request),
    /// so that the card stays ready, and everything else by deactivation. Ends in
    /// [`Action::Failed`] with [`Error::Cancelled`], or as it would have ended when that comes
    /// first.
    pub fn cancel(&mut self) {
        if self.state() != State::Busy {
            return;
        }
        match (&self.phase, &mut self.work) {
            (Phase::Exchange, Work::T1(engine)) if engine.in_chain() => engine.cancel(),
            _ => self.order = Some(Order::Cancel),
        }
    }

    /// What the slot is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        match (&self.order, &self.phase) {
            (None, Phase::Inactive) => State::Inactive,
            (None, Phase::Ready) => State::Ready,
            _ => State::Busy,
        }
    }

    /// The answer to the last reset, while the card is active.
    #[must_use]
    pub const fn atr(&self) -> Option<&Atr> {
        self.atr.as_ref()
    }

    /// The protocol and the rate in force, while the card is active.
    #[must_use]
    pub const fn parameters(&self) -> Option<&Parameters> {
        self.parameters.as_ref()
    }

    /// Takes one event and says what to do next. `command` and `response` are looked at during an
    /// exchange only, and may be empty else.
    pub fn step(
        &mut self,
        now: Instant,
        event: Event,
        command: &[u8],
        response: &mut [u8],
    ) -> Action {
        self.now = now;
        let removed = event == Event::Removed;
        match self.order.take() {
            Some(Order::Activate) if removed && self.phase == Phase::Inactive => {
                self.outcome = Outcome::Failed(Error::NoCard);
            }
            Some(Order::Activate) if !removed => {
                self.class = 0;
                self.refused = Error::Settings;
                self.plain = false;
                if self.phase == Phase::Inactive {
                    self.up();
                } else {
                    self.shut_down(Outcome::Again);
                }
            }
            Some(Order::Deactivate) => self.shut_down(Outcome::Deactivated),
            Some(Order::Cancel) => self.fail(Error::Cancelled),
            _ if removed && !matches!(self.phase, Phase::Inactive | Phase::Down(_)) => {
                self.fail(Error::CardRemoved);
            }
            _ => {
                if removed && self.outcome == Outcome::Again {
                    self.outcome = Outcome::Failed(Error::CardRemoved);
                }
                self.advance(event, command, response);
            }
        }
        self.action()
    }

    /// Goes on in the phase.
    fn advance(&mut self, event: Event, command: &[u8], response: &mut [u8]) {
        match self.phase {
            Phase::Inactive | Phase::Ready => {}
            Phase::Up(up) => self.continue_up(up, event),
            Phase::Answer => self.continue_answer(event),
            Phase::Pps => self.continue_pps(event),
            Phase::Configure => self.start_protocol(),
            Phase::Announce | Phase::Exchange => self.continue_exchange(event, command, response),
            Phase::Down(down) => self.continue_down(down),
        }
    }

    /// What the phase wants done.
    fn action(&mut self) -> Action {
        match self.phase {
            Phase::Inactive | Phase::Ready => {
                match core::mem::replace(&mut self.outcome, Outcome::Nothing) {
                    Outcome::Nothing | Outcome::Again => Action::Idle,
                    Outcome::Activated => Action::Activated,
                    Outcome::Answered(length) => Action::Answered(length),
                    Outcome::Deactivated => Action::Deactivated,
                    Outcome::Failed(error) => Action::Failed(error),
                }
            }
            Phase::Up(up) => self.up_action(up),
            Phase::Configure => Action::Configure(self.line()),
            Phase::Down(down) => Action::Set(match down {
                Down::Reset => Contact::Rst(Level::Low),
                Down::Clock => Contact::Clk(false),
                Down::Line => Contact::Io(Level::Low),
                Down::Power => Contact::Vcc(None),
            }),
            Phase::Answer | Phase::Pps | Phase::Announce | Phase::Exchange => {
                let turn = match self.turn {
                    Turn::Send { byte, last } if self.decode => {
                        Turn::Send { byte: atr::decode_inverse(byte), last }
                    }
                    turn => turn,
                };
                self.due.action(turn)
            }
        }
    }

    #[inline(never)]
    fn fail(&mut self, error: Error) {
        self.shut_down(Outcome::Failed(error));
    }

    /// An exchange of blocks or characters: the protocol decides, the limit holds.
    fn continue_exchange(&mut self, event: Event, command: &[u8], response: &mut [u8]) {
        let now = self.now;
        if self.limit == Instant::NEVER {
            self.limit = now.after(self.settings.exchange_limit);
        }
        let event = self.decoded(event);
        (self.turn, self.due) = match &mut self.work {
            Work::T0(engine) => (engine.turn(now, event, command, response), engine.due()),
            Work::T1(engine) => (engine.turn(now, event, command, response), engine.due()),
            Work::Nothing | Work::Answer(_) | Work::Pps(_) => {
                (Turn::Failed(Error::NotReady), Due::NOTHING)
            }
        };
        let announcing = self.phase == Phase::Announce;
        match self.turn {
            Turn::Send { .. } | Turn::Listen | Turn::Idle if now >= self.limit => {
                self.fail(Error::ExchangeLimit);
            }
            Turn::Send { .. } | Turn::Listen | Turn::Idle => {
                self.due.until = self.due.until.min(self.limit);
            }
            Turn::Answered(_) if announcing => self.ready(Outcome::Activated),
            Turn::Answered(length) => self.ready(Outcome::Answered(length)),
            // Cancelled by S(ABORT) only: else it is shut down before it gets here.
            Turn::Failed(error @ (Error::BufferTooSmall | Error::Cancelled)) => {
                self.ready(Outcome::Failed(error));
            }
            Turn::Failed(error) => self.fail(error),
        }
    }

    fn ready(&mut self, outcome: Outcome) {
        self.phase = Phase::Ready;
        self.outcome = outcome;
    }

    /// A character as the protocol reads it.
    fn decoded(&self, event: Event) -> Event {
        match event {
            Event::Received(byte) if self.decode => Event::Received(atr::decode_inverse(byte)),
            event => event,
        }
    }
}
