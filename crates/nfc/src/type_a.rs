//! Commands and answers of Type A: REQA, WUPA, the cascade of UIDs, SAK, HLTA (ISO/IEC 14443-3
//! clause 6), RATS, ATS and PPS (ISO/IEC 14443-4 clause 5).
//!
//! Bytes only: [`crate::Field`] says when each one goes.

use crate::frame::{self, Kind};
use crate::rate::{BitRate, Rates};
use crate::type_b::Request;
use core::fmt;

/// Bits of REQA and WUPA.
pub const SHORT: u16 = 7;

/// REQA or WUPA: one byte of which [`SHORT`] bits go out, without checksum.
#[must_use]
pub const fn request(request: Request) -> u8 {
    match request {
        Request::Idle => 0x26,
        Request::All => 0x52,
    }
}

/// SEL of a cascade level, 0 to 2.
#[must_use]
pub const fn sel(level: u8) -> u8 {
    0x93_u8.wrapping_add(level.wrapping_mul(2))
}

/// The cascade tag CT: instead of a byte of the UID it says that another level follows.
pub const CASCADE_TAG: u8 = 0x88;

/// HLTA. Not answered.
pub fn hlta(frame: &mut [u8]) -> Option<usize> {
    frame::write(Kind::A, frame, &[0x50, 0x00])
}

/// Select acknowledge, SAK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sak(pub u8);

impl Sak {
    /// The UID goes on in another cascade level.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// Does the card speak ISO/IEC 14443-4?
    #[must_use]
    pub const fn has_blocks(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// A unique identifier of 4, 7 or 10 bytes. Phones draw four bytes anew each time, of which the
/// first is 08; other cards have a fixed one, so that it is not shown by Debug.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Uid {
    bytes: [u8; 10],
    length: u8,
}

impl Uid {
    pub(crate) const NONE: Self = Self { bytes: [0; 10], length: 0 };

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Adds bytes of one cascade level; what exceeds ten is left away.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
                *place = *byte;
                self.length = self.length.saturating_add(1);
            }
        }
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({} bytes)", self.length)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Uid {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Uid({} bytes)", self.length);
    }
}

/// RATS. `cid` 0 to 14.
pub fn rats(frame: &mut [u8], fsdi: u8, cid: u8) -> Option<usize> {
    frame::write(Kind::A, frame, &[0xE0, fsdi << 4 | cid & 0x0F])
}

/// PPS request with PPS1: these bit rates, to the card and from it.
pub fn pps(frame: &mut [u8], cid: u8, rates: (BitRate, BitRate)) -> Option<usize> {
    let (to_card, from_card) = rates;
    let pps1 = from_card.code() << 2 | to_card.code();
    frame::write(Kind::A, frame, &[pps_start(cid), 0x11, pps1])
}

/// PPSS: the start of a PPS request, and the whole of its response.
#[must_use]
pub const fn pps_start(cid: u8) -> u8 {
    0xD0 | cid & 0x0F
}

/// Most historical bytes that are kept: a PC/SC answer to reset holds 15.
pub const HISTORICAL: usize = 15;

/// Answer to select (ISO/IEC 14443-4 clause 5.2). Reserved values are taken as the standard says;
/// what is not there has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ats {
    /// FSCI: the index of the largest frame that the card takes ([`frame::size`]).
    pub fsci: u8,
    /// The bit rates that the card declares.
    pub rates: Rates,
    /// Frame waiting time integer ([`crate::timing::fwt`]).
    pub fwi: u8,
    /// Start-up frame guard time integer ([`crate::timing::sfgt`]).
    pub sfgi: u8,
    /// Does the card support a CID?
    pub has_cid: bool,
    historical: [u8; HISTORICAL],
    length: u8,
}

impl Ats {
    /// An ATS without its checksum; `None` when TL is not its length or announced bytes are missing.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut ats = Self {
            fsci: 2,
            rates: Rates::ONLY_106,
            fwi: 4,
            sfgi: 0,
            has_cid: true,
            historical: [0; HISTORICAL],
            length: 0,
        };
        let (length, mut rest) = body.split_first()?;
        if usize::from(*length) != body.len() {
            return None;
        }
        let Some((format, after)) = rest.split_first() else { return Some(ats) };
        rest = after;
        ats.fsci = format & 0x0F;
        if format & 0x10 != 0 {
            ats.rates = Rates::from_byte(take(&mut rest)?);
        }
        if format & 0x20 != 0 {
            let times = take(&mut rest)?;
            (ats.fwi, ats.sfgi) = (times >> 4, times & 0x0F);
        }
        if format & 0x40 != 0 {
            ats.has_cid = take(&mut rest)? & 0x02 != 0;
        }
        for (place, byte) in ats.historical.iter_mut().zip(rest) {
            *place = *byte;
            ats.length = ats.length.saturating_add(1);
        }
        Some(ats)
    }

    /// The historical bytes, the first fifteen at most.
    #[must_use]
    pub fn historical(&self) -> &[u8] {
        self.historical.get(..usize::from(self.length)).unwrap_or_default()
    }
}

fn take(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}
