//! The style of a super loop: every call returns at once.

use super::LinkError;
use crate::card::Card;
use crate::field::{Action, Event, Field, State};
use crate::front_end::PolledFrontEnd;
use crate::settings::Settings;
use kazasu_apdu::time::Duration;
use kazasu_apdu::{PolledTransport, PowerOff};

/// How long a link that is dropped waits for the field to go off.
const LAST_RESORT: Duration = Duration::from_millis(100);

/// Switches the field off, where nobody can wait for it any more.
pub(super) fn switch_off<F: PolledFrontEnd>(front_end: &mut F) {
    let end = front_end.now().after(LAST_RESORT);
    while let Err(nb::Error::WouldBlock) = front_end.switch(false) {
        if front_end.now() >= end {
            return;
        }
    }
}

/// A link over a raw radio that is polled.
///
/// The field is on from [`PolledLink::activate`] until [`PolledTransport::power_off`] is done: call it
/// on every way out, or that of the session. Dropped with the field on,
/// the link switches it off as a last resort, which takes 100 ms at most, and cannot say whether the
/// front end did so.
#[derive(Debug)]
pub struct PolledLink<'b, F: PolledFrontEnd> {
    front_end: F,
    field: Field,
    frame: &'b mut [u8],
    action: Action,
    begun: bool,
    /// The field is being switched off.
    ending: bool,
}

impl<'b, F: PolledFrontEnd> PolledLink<'b, F> {
    /// A link without a card: call [`PolledLink::activate`] until it is done. `frame` holds one
    /// frame; 256 bytes suit a My Number card.
    pub fn new(front_end: F, settings: Settings, frame: &'b mut [u8]) -> Self {
        let field = Field::new(settings, front_end.capabilities());
        Self { front_end, field, frame, action: Action::Idle, begun: false, ending: false }
    }

    /// The field: give it orders, then call [`PolledLink::poll_field`] until they are done.
    pub const fn field_mut(&mut self) -> &mut Field {
        &mut self.field
    }

    /// The active card.
    pub fn card(&self) -> Option<&Card> {
        self.field.card()
    }

    /// The front end, to change it.
    pub const fn front_end_mut(&mut self) -> &mut F {
        &mut self.front_end
    }

    /// Goes on with the activation, and begins it when nothing is under way.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] while it is not done; else why there is no card.
    pub fn activate(&mut self) -> nb::Result<(), LinkError<F::Error>> {
        if self.field.state() != State::Busy {
            self.field.activate();
        }
        loop {
            if let Action::Activated = self.poll_field(&[], &mut [])? {
                return Ok(());
            }
        }
    }

    /// Goes on with what the field has to do. Ends with what ends an order; in between, and
    /// while an idle card is watched, it blocks.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] while there is nothing to tell; else why an order failed, or
    /// that the card is gone.
    pub fn poll_field(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> nb::Result<Action, LinkError<F::Error>> {
        loop {
            let now = self.front_end.now();
            let done = match self.action {
                Action::Switch(on) => self.front_end.switch(on).map(|()| Event::Ready),
                Action::Exchange(exchange) => {
                    if now < exchange.not_before {
                        return Err(nb::Error::WouldBlock);
                    }
                    let begun = match core::mem::replace(&mut self.begun, true) {
                        true => Ok(()),
                        false => self.front_end.begin(&exchange, self.frame),
                    };
                    begun.map_err(nb::Error::Other).and_then(|()| {
                        self.front_end.poll(&exchange, self.frame).map(Event::Received)
                    })
                }
                _ => Ok(Event::Ready),
            };
            let event = match done {
                Ok(event) => event,
                Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                Err(nb::Error::Other(error)) => {
                    (self.action, self.begun) = (Action::Idle, false);
                    self.field.step(now, Event::Lost, self.frame, &[], &mut []);
                    return Err(nb::Error::Other(LinkError::FrontEnd(error)));
                }
            };
            self.begun = false;
            // The moment is taken anew: an exchange lasts.
            let now = self.front_end.now();
            self.action = self.field.step(now, event, self.frame, command, response);
            match self.action {
                Action::Switch(_) | Action::Exchange(_) => {}
                Action::Wait { .. } | Action::Idle => return Err(nb::Error::WouldBlock),
                Action::Failed(error) => {
                    return Err(nb::Error::Other(LinkError::Field(error)));
                }
                action => return Ok(action),
            }
        }
    }
}

impl<F: PolledFrontEnd> PolledTransport for PolledLink<'_, F> {
    type Error = LinkError<F::Error>;

    fn begin(&mut self, command: &[u8]) -> Result<(), Self::Error> {
        self.field.transmit(command).map_err(LinkError::Field)
    }

    fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, Self::Error> {
        loop {
            if let Action::Answered(length) = self.poll_field(command, response)? {
                return Ok(length);
            }
        }
    }

    /// The field goes off: no card keeps anything over that. A frame that is under way is waited
    /// for.
    fn power_off(&mut self) -> nb::Result<PowerOff, Self::Error> {
        if !core::mem::replace(&mut self.ending, true) {
            self.field.deactivate();
        }
        let ended = loop {
            match self.poll_field(&[], &mut []) {
                Ok(Action::Deactivated) => break Ok(PowerOff::Done),
                Ok(_) => {}
                Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                Err(error) => break Err(error),
            }
        };
        self.ending = false;
        ended
    }
}

impl<F: PolledFrontEnd> Drop for PolledLink<'_, F> {
    fn drop(&mut self) {
        if self.field.is_on() {
            switch_off(&mut self.front_end);
        }
    }
}
