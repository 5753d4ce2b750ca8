//! The life of a slot: activation, answer to reset, parameters, exchanges, deactivation
//! (ISO/IEC 7816-3 clause 6).

mod activation;
mod types;

pub use types::{Action, Class, Contact, Event, Level, Parity, Serial, State};

use crate::atr::{self, Atr};
use crate::parameters::{Parameters, pps};
use crate::time::{Instant, Rate};
use crate::{Error, Settings, t0, t1};
use activation::{Down, Up};

/// A slot and the card in it. About half a kilobyte; the answer goes straight into the caller's
/// buffer, and the command is sent straight out of it.
///
/// # The contract with a driver
/// * [`Slot::step`] gives one [`Action`]. The driver carries it out exactly once and calls again.
/// * [`Action::Set`] and [`Action::Configure`]: do it, then [`Event::Ready`].
/// * [`Action::Send`]: wait until `not_before`, send the character, then [`Event::Ready`] when it
///   has left or the UART will space what follows by itself; after the `last` one only when it has
///   left wholly. **Drop whatever was received until then**: it is the echo of a half-duplex line,
///   or came too late.
/// * [`Action::Listen`]: give the first character that comes as [`Event::Received`], or
///   [`Event::Garbled`] when parity, framing or an overrun spoiled it. **Look at the line before
///   the clock**: a character that is there is never too late. Without one, [`Event::Ready`] when
///   `until` has come; earlier does no harm.
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
    /// What the phase works with.
    work: Work,
    atr: Option<Atr>,
    parameters: Option<Parameters>,
    /// The command under way must have ended.
    limit: Instant,
    /// Which of [`Settings::classes`] is on.
    class: u8,
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

#[derive(Clone, Copy, Debug)]
enum Phase {
    Inactive,
    /// The contacts are coming up.
    Up(Up),
    /// The answer to reset, the PPS exchange or S(IFS), by what is in `work`.
    Answer,
    Pps,
    Configure,
    Announce,
    Ready,
    Exchange,
    /// The contacts are going down; then this.
    Down(Down, After),
}

/// What follows the deactivation.
#[derive(Clone, Copy, Debug)]
enum After {
    Report(Action),
    /// Another activation.
    Again,
}

#[derive(Clone, Debug)]
enum Work {
    Nothing,
    Answer { reader: atr::Reader, until: Instant, limit: Instant },
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
            work: Work::Nothing,
            atr: None,
            parameters: None,
            limit: Instant::NEVER,
            class: 0,
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
    /// [`Error::NotReady`] and [`Error::InvalidCommand`]; nothing was sent then, and nothing
    /// has changed.
    pub fn transmit(&mut self, command: &[u8]) -> Result<(), Error> {
        if self.state() != State::Ready {
            return Err(Error::NotReady);
        }
        match &mut self.work {
            Work::T0(engine) => engine.transmit(self.now, command)?,
            // CLA, INS, P1 and P2 at least; what else T=1 carries is not its business.
            Work::T1(engine) if command.len() >= 4 => engine.transmit(self.now, command),
            Work::T1(_) => return Err(Error::InvalidCommand),
            Work::Nothing | Work::Answer { .. } | Work::Pps(_) => return Err(Error::NotReady),
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
        match (self.order.take(), event) {
            (order, Event::Removed) => return self.removed(order),
            (Some(Order::Activate), _) => {
                self.begin_activation();
                return match self.phase {
                    Phase::Inactive => self.up(),
                    _ => self.shut_down(After::Again),
                };
            }
            (Some(Order::Deactivate), _) => {
                return self.shut_down(After::Report(Action::Deactivated));
            }
            (Some(Order::Cancel), _) => return self.fail(Error::Cancelled),
            (None, _) => {}
        }
        match self.phase {
            Phase::Inactive | Phase::Ready => Action::Idle,
            Phase::Up(up) => self.continue_up(up, event),
            Phase::Answer => self.continue_answer(event),
            Phase::Pps => self.continue_pps(event),
            Phase::Configure => self.start_protocol(),
            Phase::Announce | Phase::Exchange => self.continue_exchange(event, command, response),
            Phase::Down(down, after) => self.continue_down(down, after),
        }
    }

    /// The card is gone.
    fn removed(&mut self, order: Option<Order>) -> Action {
        match (self.phase, order) {
            (Phase::Inactive, None) => Action::Idle,
            (Phase::Inactive, Some(_)) => Action::Failed(Error::NoCard),
            // The rest of the deactivation goes on as it was.
            (Phase::Down(down, After::Again), _) => {
                self.continue_down(down, After::Report(Action::Failed(Error::CardRemoved)))
            }
            (Phase::Down(down, after), _) => self.continue_down(down, after),
            _ => self.fail(Error::CardRemoved),
        }
    }

    fn fail(&mut self, error: Error) -> Action {
        self.shut_down(After::Report(Action::Failed(error)))
    }

    /// An exchange of blocks or characters: the protocol decides, the limit holds.
    fn continue_exchange(&mut self, event: Event, command: &[u8], response: &mut [u8]) -> Action {
        let now = self.now;
        if self.limit == Instant::NEVER {
            self.limit = now.after(self.settings.exchange_limit);
        }
        let event = self.decoded(event);
        let action = match &mut self.work {
            Work::T0(engine) => engine.step(now, event, command, response),
            Work::T1(engine) => engine.step(now, event, command, response),
            Work::Nothing | Work::Answer { .. } | Work::Pps(_) => Action::Failed(Error::NotReady),
        };
        match action {
            Action::Send { .. } | Action::Listen { .. } if now >= self.limit => {
                self.fail(Error::ExchangeLimit)
            }
            Action::Listen { until } => Action::Listen { until: until.min(self.limit) },
            Action::Answered(_) if matches!(self.phase, Phase::Announce) => {
                self.phase = Phase::Ready;
                Action::Activated
            }
            // By S(ABORT) only: everything else that is cancelled is shut down before it gets here.
            Action::Answered(_) | Action::Failed(Error::BufferTooSmall | Error::Cancelled) => {
                self.phase = Phase::Ready;
                action
            }
            Action::Failed(error) => self.fail(error),
            action => self.encoded(action),
        }
    }

    /// A character as the protocol reads it.
    fn decoded(&self, event: Event) -> Event {
        match event {
            Event::Received(byte) if self.decode => Event::Received(atr::decode_inverse(byte)),
            event => event,
        }
    }

    /// A character as the UART sends it.
    fn encoded(&self, action: Action) -> Action {
        match action {
            Action::Send { byte, not_before, last } if self.decode => {
                Action::Send { byte: atr::decode_inverse(byte), not_before, last }
            }
            action => action,
        }
    }

    /// The line as it runs before any choice.
    fn initial_line(&self) -> Serial {
        Serial {
            rate: Rate::initial(self.settings.clock),
            parity: self.parity,
            character: 12,
            error_signal: false,
        }
    }
}
