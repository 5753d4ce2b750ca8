//! Links over front ends: [`kazasu_apdu::Transport`] for what blocks, `PolledTransport` for super
//! loops, [`kazasu_apdu::AsyncTransport`] for executors.
//!
//! A link moves frames between a [`Field`] and a front end and decides nothing. The field is off at
//! its end, also when it is dropped.

mod card;
#[cfg(feature = "nb")]
mod polled;
#[cfg(feature = "async")]
mod waiting;

pub use card::CardLink;
#[cfg(feature = "nb")]
pub use polled::PolledLink;
#[cfg(feature = "async")]
pub use waiting::AsyncLink;
#[cfg(all(feature = "async", feature = "nb"))]
pub use waiting::Paced;

use crate::Error;
use crate::card::Card;
use crate::field::{Action, Event, Field};
use crate::front_end::FrontEnd;
use crate::settings::Settings;
use core::fmt;
use kazasu_apdu::transport::{self, ErrorKind};
use kazasu_apdu::{PowerOff, Transport};

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

/// A link over a raw radio that blocks. Dropped with the field on, it switches it off as a last
/// resort, and cannot say whether the front end did so.
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
                action => return ended(action),
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

/// What an order came to: the length of the answer, if it has one.
const fn ended<E>(action: Action) -> Result<usize, LinkError<E>> {
    match action {
        Action::Answered(length) => Ok(length),
        Action::Failed(error) => Err(LinkError::Field(error)),
        _ => Ok(0),
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

impl<F: FrontEnd> Drop for Link<'_, F> {
    fn drop(&mut self) {
        if self.field.is_on() {
            let _ = self.front_end.switch(false);
        }
    }
}
