//! What can go wrong between a slot and its board.

use core::fmt;
use kazasu_apdu::transport::{self, ErrorKind};

/// The UART failed, and not the card: no damaged character, but a device that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SerialFault;

/// The board does not have this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unsupported;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The board could not set RST, CLK or I/O, or could not take the power from VCC. All the way
    /// down was tried; whether the card still has power is not known.
    Contacts,
    /// What was sent did not come back, or not all of it, though [`super::Echo::On`] says that it
    /// does.
    Echo,
    /// There is no card in the slot.
    NoCard,
    /// The UART failed.
    Serial,
    /// The slot's, which is nearly always the card's.
    Slot(crate::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contacts => {
                "the board could not set a contact, so the card may still have power; take the \
                 card out, and check the switch of VCC and the pins of RST and CLK"
            }
            Self::Echo => {
                "what was sent did not come back; check the wiring of I/O and what the receiver \
                 holds, or set no echo for a board without one"
            }
            Self::NoCard => "there is no card in the slot; insert one",
            Self::Serial => "the UART of the slot failed; check how it is set up",
            Self::Slot(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for Error {}

impl transport::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Contacts | Self::Echo | Self::Serial => ErrorKind::Other,
            Self::NoCard => ErrorKind::NoCard,
            Self::Slot(error) => error.kind(),
        }
    }
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Slot(error)
    }
}

impl From<SerialFault> for Error {
    fn from(SerialFault: SerialFault) -> Self {
        Self::Serial
    }
}
