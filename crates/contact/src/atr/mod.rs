//! The answer to reset (ATR, ISO/IEC 7816-3 clause 8): reading and parsing.
//!
//! Says what the card declares. It never judges whether that is wanted, and never recognises a card
//! by it: My Number cards are recognised by SELECT (`docs/card-facts.md` §1.1).
//!
//! ```
//! use kazasu_contact::Protocol;
//! use kazasu_contact::atr::Atr;
//!
//! // docs/card-facts.md §1.1, "JPKI (02)".
//! let atr = Atr::parse(&[
//!     0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73,
//!     0xC6, 0x01, 0xC0, 0x3B,
//! ])?;
//! assert!(atr.offers(Protocol::T1) && !atr.offers(Protocol::T0));
//! let capabilities = atr.historical().capabilities().expect("the object 73 is there");
//! assert_eq!(capabilities.extended_length(), Some(true));
//! # Ok::<(), kazasu_contact::atr::Error>(())
//! ```

mod error;
mod historical;
mod interface;
mod reader;

pub use error::{Error, ErrorKind};
pub use historical::{Capabilities, Historical, Objects};
pub use interface::{
    ClockStop, Group, Groups, IndicatedClasses, SpecificMode, TransmissionFactors,
};
pub use reader::{Progress, Reader, decode_inverse};

use crate::Protocol;
use interface::Interface;

/// Most characters of an answer to reset: TS and at most 32 after it (ISO/IEC 7816-3 clause 8.2.1).
pub const MAX_LENGTH: usize = 33;

/// How levels on I/O stand for bits (ISO/IEC 7816-3 clause 8.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Convention {
    /// TS is `3B`: high is one, the least significant bit comes first.
    #[default]
    Direct,
    /// TS is `3F`: low is one, the most significant bit comes first.
    Inverse,
}

/// An answer to reset whose structure and check byte are right.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Atr {
    bytes: [u8; MAX_LENGTH],
    length: u8,
    /// Where the historical bytes begin, and how many there are.
    historical: u8,
    historical_length: u8,
    interface: Interface,
}

impl Atr {
    /// Parses a whole answer to reset, TS first, in the direct reading (`3B` or `3F`).
    ///
    /// # Errors
    /// When it is not one, ends early, goes on after its end, or its check byte is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new();
        let mut left = bytes.iter();
        for byte in left.by_ref() {
            if let Progress::Complete(atr) = reader.push_decoded(*byte)? {
                return match left.next() {
                    None => Ok(atr),
                    Some(_) => Err(Error::new(ErrorKind::Trailing, atr.bytes().len())),
                };
            }
        }
        Err(Error::new(ErrorKind::Truncated, bytes.len()))
    }

    /// The bytes, TS first.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The convention that TS names.
    #[must_use]
    pub fn convention(&self) -> Convention {
        match self.bytes.first() {
            Some(&reader::TS_INVERSE) => Convention::Inverse,
            _ => Convention::Direct,
        }
    }

    /// The interface bytes, group by group: TA1 to TD1, then TA2 to TD2, and so on.
    #[must_use]
    pub fn groups(&self) -> Groups<'_> {
        Groups::new(self.bytes.get(1..usize::from(self.historical)).unwrap_or_default())
    }

    /// The protocol that a card in negotiable mode speaks when none is chosen: the one that TD1
    /// names, T=0 without TD1 (ISO/IEC 7816-3 clause 8.2.3). `None` if it is neither T=0 nor T=1.
    #[must_use]
    pub const fn first_protocol(&self) -> Option<Protocol> {
        Protocol::from_number(self.interface.first)
    }

    /// Does the card offer this protocol?
    #[must_use]
    pub const fn offers(&self, protocol: Protocol) -> bool {
        self.interface.protocols & 1 << protocol.number() != 0
    }

    /// TA1: the fastest parameters that the card offers, or in specific mode those that it uses.
    /// Without TA1 the default ones.
    #[must_use]
    pub const fn transmission_factors(&self) -> TransmissionFactors {
        TransmissionFactors::new(self.interface.ta1)
    }

    /// TC1: the extra guard time integer N, 0 when it is absent.
    #[must_use]
    pub const fn extra_guard_time(&self) -> u8 {
        self.interface.tc1
    }

    /// TA2: the card is in specific mode. `None`: it is in negotiable mode.
    #[must_use]
    pub fn specific_mode(&self) -> Option<SpecificMode> {
        self.interface.ta2.map(SpecificMode::new)
    }

    /// TC2: the waiting time integer of T=0, WI; 10 when it is absent. 0 is reserved.
    #[must_use]
    pub const fn waiting_time_integer(&self) -> u8 {
        self.interface.tc2
    }

    /// First TA for T=1: the information field size of the card, IFSC; 32 when it is absent.
    /// 0 and 255 are reserved.
    #[must_use]
    pub const fn ifsc(&self) -> u8 {
        self.interface.block.0
    }

    /// First TB for T=1, low nibble: the character waiting time integer, CWI; 13 when it is absent.
    #[must_use]
    pub const fn cwi(&self) -> u8 {
        self.interface.block.1 & 0x0F
    }

    /// First TB for T=1, high nibble: the block waiting time integer, BWI; 4 when it is absent.
    /// Above 9 is reserved.
    #[must_use]
    pub const fn bwi(&self) -> u8 {
        self.interface.block.1 >> 4
    }

    /// First TC for T=1: are blocks checked by the two bytes of a CRC? Else by the one of an LRC.
    #[must_use]
    pub const fn checks_by_crc(&self) -> bool {
        self.interface.block.2 & 0x01 != 0
    }

    /// Are there interface bytes for T=15, which hold for every protocol?
    #[must_use]
    pub const fn has_globals(&self) -> bool {
        self.interface.protocols & 1 << 15 != 0
    }

    /// First TA for T=15: how CLK may be stopped. `None`: it may not.
    #[must_use]
    pub fn clock_stop(&self) -> Option<ClockStop> {
        self.interface.global.0.and_then(ClockStop::new)
    }

    /// First TA for T=15: the classes of operating conditions that the card accepts. `None` when
    /// the card does not say, or says something reserved.
    #[must_use]
    pub fn classes(&self) -> Option<IndicatedClasses> {
        self.interface.global.0.and_then(IndicatedClasses::new)
    }

    /// First TB for T=15: the use of the contact SPU (C6).
    #[must_use]
    pub const fn spu(&self) -> Option<u8> {
        self.interface.global.1
    }

    /// The historical bytes.
    #[must_use]
    pub fn historical(&self) -> Historical<'_> {
        let (start, length) = (usize::from(self.historical), usize::from(self.historical_length));
        Historical::new(self.bytes.get(start..start + length).unwrap_or_default())
    }
}

impl core::fmt::Debug for Atr {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Atr(")?;
        for byte in self.bytes() {
            write!(f, "{byte:02X}")?;
        }
        f.write_str(")")
    }
}
