//! The link of a session, whichever reader it belongs to.

use kazasu::apdu::transport::{self, ErrorKind};
use kazasu::apdu::{Capabilities, PinEntry, PinPad, PowerOff, Transport};
use kazasu::virtual_card;
use std::fmt;

/// A link to a card.
pub(crate) enum Link {
    /// A virtual card in this process.
    Virtual(Box<virtual_card::Link>),
    /// A reader over PC/SC.
    #[cfg(any(feature = "pcsc", windows))]
    Pcsc(Box<kazasu_pcsc::Link>),
}

/// The link's own error.
#[derive(Debug)]
pub(crate) enum Error {
    Virtual(virtual_card::LinkError),
    #[cfg(any(feature = "pcsc", windows))]
    Pcsc(kazasu_pcsc::Error),
}

macro_rules! each {
    ($self:expr, $link:ident => $call:expr) => {
        match $self {
            Link::Virtual($link) => $call.map_err(Error::Virtual),
            #[cfg(any(feature = "pcsc", windows))]
            Link::Pcsc($link) => $call.map_err(Error::Pcsc),
        }
    };
}

impl Transport for Link {
    type Error = Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        each!(self, link => link.transmit(command, response))
    }

    fn transmit_with_pin_pad(
        &mut self,
        command: &[u8],
        entry: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, Error> {
        each!(self, link => link.transmit_with_pin_pad(command, entry, response))
    }

    fn capabilities(&self) -> Capabilities {
        match self {
            Self::Virtual(link) => link.capabilities(),
            #[cfg(any(feature = "pcsc", windows))]
            Self::Pcsc(link) => link.capabilities(),
        }
    }

    fn power_off(&mut self) -> Result<PowerOff, Error> {
        each!(self, link => link.power_off())
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        each!(self, link => link.reconnect())
    }
}

impl transport::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Virtual(error) => error.kind(),
            #[cfg(any(feature = "pcsc", windows))]
            Self::Pcsc(error) => error.kind(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Virtual(error) => error.fmt(f),
            #[cfg(any(feature = "pcsc", windows))]
            Self::Pcsc(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
