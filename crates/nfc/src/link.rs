//! Links over front ends: [`kazasu_apdu::Transport`] for what blocks, `PolledTransport` for super
//! loops.
//!
//! A link moves frames between a [`Field`] and a front end and decides nothing.

use crate::Error;
use crate::card::Card;
use crate::field::{Action, Event, Field};
use crate::front_end::{CardFrontEnd, FrontEnd};
use crate::settings::Settings;
use core::fmt;
use kazasu_apdu::time::Duration;
use kazasu_apdu::transport::{self, ErrorKind};
use kazasu_apdu::{Capabilities, PowerOff, Transport};

/// Why a link failed: on the air, or in the front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LinkError<E> {
    /// Between reader and card.
    Field(Error),
    /// The chip or its bus. The field is taken for switched off.
    FrontEnd(E),
}

impl<E> LinkError<E> {
    /// The error on the air; [`Error::FrontEnd`] for one of the chip.
    pub const fn field(&self) -> Error {
        match self {
            Self::Field(error) => *error,
            Self::FrontEnd(_) => Error::FrontEnd,
        }
    }
}

impl<E: fmt::Display> fmt::Display for LinkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(error) => error.fmt(f),
            Self::FrontEnd(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for LinkError<E> {}

impl<E: transport::Error> transport::Error for LinkError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Field(error) => error.kind(),
            Self::FrontEnd(error) => error.kind(),
        }
    }
}

/// A link over a raw radio that blocks.
#[derive(Debug)]
pub struct Link<'b, F: FrontEnd> {
    front_end: F,
    field: Field,
    frame: &'b mut [u8],
}

impl<'b, F: FrontEnd> Link<'b, F> {
    /// A link without a card: call [`Transport::reconnect`] first. `frame` holds one frame; 256
    /// bytes suit a My Number card.
    pub fn new(front_end: F, settings: Settings, frame: &'b mut [u8]) -> Self {
        let field = Field::new(settings, front_end.capabilities());
        Self { front_end, field, frame }
    }

    /// Goes on to the next card of several ([`Field::next`]).
    ///
    /// # Errors
    /// As [`Transport::reconnect`]; [`Error::NoCard`] when there is no further one.
    pub fn next_card(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.next();
        self.run(&[], &mut []).map(drop)
    }

    /// Is the card still there? Does not disturb it. To be called every 100 ms or so while a card
    /// is active and no command is sent.
    ///
    /// # Errors
    /// [`Error::CardRemoved`] when it is gone.
    pub fn check(&mut self) -> Result<(), LinkError<F::Error>> {
        self.field.check().map_err(LinkError::Field)?;
        self.run(&[], &mut []).map(drop)
    }

    /// The field.
    pub const fn field(&self) -> &Field {
        &self.field
    }

    /// The field, to change its settings. Orders are the link's.
    pub const fn field_mut(&mut self) -> &mut Field {
        &mut self.field
    }

    /// The active card.
    pub fn card(&self) -> Option<&Card> {
        self.field.card()
    }

    /// The front end.
    pub const fn front_end(&self) -> &F {
        &self.front_end
    }

    /// The front end, to change it.
    pub const fn front_end_mut(&mut self) -> &mut F {
        &mut self.front_end
    }

    fn run(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, LinkError<F::Error>> {
        let mut event = Event::Ready;
        loop {
            let now = self.front_end.now();
            let action = self.field.step(now, event, self.frame, command, response);
            let done = match action {
                Action::Switch(on) => self.front_end.switch(on).map(|()| Event::Ready),
                Action::Exchange(exchange) => {
                    self.front_end.exchange(&exchange, self.frame).map(Event::Received)
                }
                Action::Wait { until } => {
                    self.front_end.wait(until);
                    Ok(Event::Ready)
                }
                Action::Answered(length) => return Ok(length),
                Action::Idle | Action::Activated | Action::Present | Action::Deactivated => {
                    return Ok(0);
                }
                Action::Failed(error) => return Err(LinkError::Field(error)),
            };
            event = match done {
                Ok(event) => event,
                Err(error) => {
                    // The field ends all that it had; what it would still like is moot.
                    let now = self.front_end.now();
                    self.field.step(now, Event::Lost, self.frame, &[], &mut []);
                    return Err(LinkError::FrontEnd(error));
                }
            };
        }
    }
}

impl<F: FrontEnd> Transport for Link<'_, F> {
    type Error = LinkError<F::Error>;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        self.field.transmit(command).map_err(LinkError::Field)?;
        self.run(command, response)
    }

    /// The field goes off: no card keeps anything over that.
    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.field.deactivate();
        self.run(&[], &mut []).map(|_| PowerOff::Done)
    }

    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.field.activate();
        self.run(&[], &mut []).map(drop)
    }
}

/// A link over a chip that does ISO/IEC 14443-4 itself.
#[derive(Debug)]
pub struct CardLink<F: CardFrontEnd> {
    front_end: F,
    limit: Duration,
    active: bool,
}

impl<F: CardFrontEnd> CardLink<F> {
    /// A link without a card: call [`Transport::reconnect`] first, which looks for one so long.
    pub const fn new(front_end: F, limit: Duration) -> Self {
        Self { front_end, limit, active: false }
    }

    /// Is the card still there?
    ///
    /// # Errors
    /// [`Error::CardRemoved`] when it is gone.
    pub fn check(&mut self) -> Result<(), LinkError<F::Error>> {
        if !self.active {
            return Err(LinkError::Field(Error::NotReady));
        }
        match self.front_end.is_present() {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.active = false;
                // Best effort: the card is gone, and that is what is told.
                let _ = self.front_end.deactivate();
                Err(LinkError::Field(Error::CardRemoved))
            }
            Err(error) => {
                self.active = false;
                Err(LinkError::FrontEnd(error))
            }
        }
    }

    /// The front end.
    pub const fn front_end(&self) -> &F {
        &self.front_end
    }

    /// The front end, to change it.
    pub const fn front_end_mut(&mut self) -> &mut F {
        &mut self.front_end
    }
}

impl<F: CardFrontEnd> Transport for CardLink<F> {
    type Error = LinkError<F::Error>;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        if !self.active {
            return Err(LinkError::Field(Error::NotReady));
        }
        let result = self.front_end.transmit(command, response).map_err(LinkError::FrontEnd);
        if let Err(error) = &result {
            self.active = !transport::Error::kind(error).ends_presence();
        }
        result
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_extended_length(self.front_end.extended_length())
    }

    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.active = false;
        self.front_end.deactivate().map(|()| PowerOff::Done).map_err(LinkError::FrontEnd)
    }

    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.active = false;
        self.front_end.activate(self.limit).map_err(LinkError::FrontEnd)?;
        self.active = true;
        Ok(())
    }
}

#[cfg(feature = "nb")]
mod polled {
    use super::{Action, Card, Event, Field, LinkError, Settings};
    use crate::field::State;
    use crate::front_end::PolledFrontEnd;
    use kazasu_apdu::PolledTransport;

    /// A link over a raw radio that is polled.
    #[derive(Debug)]
    pub struct PolledLink<'b, F: PolledFrontEnd> {
        front_end: F,
        field: Field,
        frame: &'b mut [u8],
        action: Action,
        begun: bool,
    }

    impl<'b, F: PolledFrontEnd> PolledLink<'b, F> {
        /// A link without a card: call [`PolledLink::activate`] until it is done. `frame` holds one
        /// frame; 256 bytes suit a My Number card.
        pub fn new(front_end: F, settings: Settings, frame: &'b mut [u8]) -> Self {
            let field = Field::new(settings, front_end.capabilities());
            Self { front_end, field, frame, action: Action::Idle, begun: false }
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
    }
}

#[cfg(feature = "nb")]
pub use polled::PolledLink;
