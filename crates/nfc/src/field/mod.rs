//! The life of the field: polling, activation, exchanges, presence, deactivation.

mod types;

pub use types::{Action, Capabilities, Event, Exchange, Reception, State};

use crate::card::Card;
use crate::{Error, Instant, Settings};

/// A field and the card in it.
///
/// # The contract with a driver
/// * [`Field::step`] gives one [`Action`]. The driver carries it out exactly once and calls again.
/// * [`Action::Switch`]: do it, then [`Event::Ready`].
/// * [`Action::Exchange`]: not before [`Exchange::not_before`], send the bits that are at the
///   beginning of `frame`; wait for the answer; put it into the same buffer; then
///   [`Event::Received`]. What arrives at any other time is dropped.
/// * [`Action::Wait`]: [`Event::Ready`] when the moment has come. Earlier does no harm.
/// * [`Action::Idle`]: nothing to do. [`Action::Activated`], [`Action::Answered`],
///   [`Action::Present`], [`Action::Deactivated`] and [`Action::Failed`] end what was ordered,
///   once; call again, at once or after the next order. While a card is ready, keep calling: it is
///   then that its removal is noticed, and told by [`Action::Failed`].
/// * [`Event::Lost`] at any time when the front end failed.
///
/// `frame` is the buffer for frames, the same at every call, as large as the largest frame that is
/// to be used, 16 bytes at least; 256 suit a My Number card. `now` must not run backwards.
#[derive(Clone, Debug)]
pub struct Field {
    settings: Settings,
    capabilities: Capabilities,
}

impl Field {
    /// A field that is off.
    #[must_use]
    pub const fn new(settings: Settings, capabilities: Capabilities) -> Self {
        Self { settings, capabilities }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change them. What concerns polling and activation holds from the next
    /// [`Field::activate`] on.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// What the front end can do.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Orders a new presence: the field is switched off, so that every card forgets, and on; cards
    /// are polled for, and one is activated. Ends in [`Action::Activated`] or [`Action::Failed`].
    pub fn activate(&mut self) {}

    /// Orders the next card of several: the active one is halted, those that have not been active
    /// yet are polled for once. A presence of its own. Ends as [`Field::activate`] does, in
    /// [`Error::NoCard`] when there is no further card.
    pub fn next(&mut self) {}

    /// Orders the end: S(DESELECT) if a card is active and idle, then the field is switched off.
    /// Ends in [`Action::Deactivated`].
    pub fn deactivate(&mut self) {}

    /// Orders an exchange. The same `command`, and a buffer for the answer, go to every
    /// [`Field::step`] until [`Action::Answered`] or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`] and [`Error::CommandLength`]; nothing was sent then, and nothing has
    /// changed.
    pub fn transmit(&mut self, command: &[u8]) -> Result<(), Error> {
        let _ = command;
        Err(Error::NotReady)
    }

    /// Orders a presence check now. Ends in [`Action::Present`], or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`].
    pub fn check(&mut self) -> Result<(), Error> {
        Err(Error::NotReady)
    }

    /// Gives up what is under way; the field is switched off. Ends in [`Action::Failed`] with
    /// [`Error::Cancelled`].
    pub fn cancel(&mut self) {}

    /// What the field is doing.
    #[must_use]
    pub fn state(&self) -> State {
        State::Off
    }

    /// The card, while it is active.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        None
    }

    /// Takes one event and says what to do next. `command` and `response` are looked at during an
    /// exchange only, and may be empty else.
    pub fn step(
        &mut self,
        now: Instant,
        event: Event,
        frame: &mut [u8],
        command: &[u8],
        response: &mut [u8],
    ) -> Action {
        let _ = (now, event, frame, command, response);
        Action::Idle
    }
}
