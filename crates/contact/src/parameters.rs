//! The choice of protocol and rate, and the PPS exchange (ISO/IEC 7816-3 clauses 6.3 and 9).

use crate::time::Rate;

/// A transmission protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Protocol {
    /// T=0: half-duplex, character by character.
    T0,
    /// T=1: half-duplex, block by block.
    T1,
}

impl Protocol {
    /// T.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::T0 => 0,
            Self::T1 => 1,
        }
    }

    /// The protocol of this T; `None` for those that this crate does not speak.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::T0),
            1 => Some(Self::T1),
            _ => None,
        }
    }
}

/// What is in force between reader and card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Parameters {
    /// The protocol.
    pub protocol: Protocol,
    /// Clock, F and D.
    pub rate: Rate,
}
