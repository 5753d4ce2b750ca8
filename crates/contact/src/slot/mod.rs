//! The life of a slot: activation, answer to reset, parameters, exchanges, deactivation.

mod types;

pub use types::{Action, Class, Contact, Event, Level, Parity, Serial, State};

use crate::atr::Atr;
use crate::parameters::Parameters;
use crate::{Error, Instant, Settings};

/// A slot and the card in it.
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
}

impl Slot {
    /// A slot without power.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Orders a cold reset: deactivation first if the contacts are active, then power, clock,
    /// reset, answer to reset, PPS, and S(IFS). Ends in [`Action::Activated`] or [`Action::Failed`].
    pub fn activate(&mut self) {}

    /// Orders the deactivation of the contacts, whatever is under way. Ends in
    /// [`Action::Deactivated`].
    pub fn deactivate(&mut self) {}

    /// Orders an exchange. The same `command`, and a buffer for the answer, go to every
    /// [`Slot::step`] until [`Action::Answered`] or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`] and [`Error::InvalidCommand`]; nothing was sent then, and nothing
    /// has changed.
    pub fn transmit(&mut self, command: &[u8]) -> Result<(), Error> {
        let _ = command;
        Err(Error::NotReady)
    }

    /// Gives up the exchange that is under way: a chain that the card is sending by S(ABORT
    /// request), everything else by deactivation. Ends in [`Action::Failed`] with
    /// [`Error::Cancelled`].
    pub fn cancel(&mut self) {}

    /// What the slot is doing.
    #[must_use]
    pub fn state(&self) -> State {
        State::Inactive
    }

    /// The answer to the last reset, while the card is active.
    #[must_use]
    pub fn atr(&self) -> Option<&Atr> {
        None
    }

    /// The protocol and the rate in force, while the card is ready.
    #[must_use]
    pub fn parameters(&self) -> Option<&Parameters> {
        None
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
        let _ = (now, event, command, response);
        Action::Idle
    }
}
