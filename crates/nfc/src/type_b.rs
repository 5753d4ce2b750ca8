//! Commands and answers of Type B: REQB, WUPB, Slot-MARKER, ATQB, ATTRIB, HLTB (ISO/IEC 14443-3
//! clause 7).
//!
//! Bytes only: [`crate::Field`] says when each one goes.

use crate::frame::{self, Kind};
use crate::rate::{BitRate, Rates};
use core::fmt;

/// Slots of an anticollision round, N.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slots {
    /// Every card answers at once.
    #[default]
    One,
    /// 2 slots.
    Two,
    /// 4 slots.
    Four,
    /// 8 slots.
    Eight,
    /// 16 slots.
    Sixteen,
}

impl Slots {
    /// How many.
    #[must_use]
    pub const fn count(self) -> u8 {
        1 << self as u8
    }
}

/// Which cards answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Request {
    /// REQA, REQB: those that were not halted.
    Idle,
    /// WUPA, WUPB: the halted ones too.
    All,
}

/// REQB or WUPB. `afi`: the application family, 0 for all. `extended`: the reader takes an extended
/// ATQB. The length of the frame; `None` without room.
pub fn request(
    frame: &mut [u8],
    request: Request,
    afi: u8,
    extended: bool,
    slots: Slots,
) -> Option<usize> {
    let wake_up = if matches!(request, Request::All) { 0x08 } else { 0x00 };
    let extended = if extended { 0x10 } else { 0x00 };
    frame::write(Kind::B, frame, &[0x05, afi, extended | wake_up | slots as u8])
}

/// Slot-MARKER of slot 2 to 16.
pub fn slot_marker(frame: &mut [u8], slot: u8) -> Option<usize> {
    frame::write(Kind::B, frame, &[slot.wrapping_sub(1) << 4 | 0x05])
}

/// HLTB. Answered by one byte 00.
pub fn hltb(frame: &mut [u8], pupi: [u8; 4]) -> Option<usize> {
    let [a, b, c, d] = pupi;
    frame::write(Kind::B, frame, &[0x50, a, b, c, d])
}

/// The answer to HLTB.
pub const HALTED: [u8; 1] = [0x00];

/// Answer to request, Type B (clause 7.9). Parsed, not judged.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Atqb {
    /// Pseudo-unique PICC identifier. Names the card for ATTRIB and HLTB; a My Number card draws it
    /// anew each time (`docs/card-facts.md` §1.2).
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pupi: Pupi,
    /// Application data, as they came.
    pub application_data: [u8; 4],
    /// Protocol info, bytes 1 to 3, as they came.
    pub protocol_info: [u8; 3],
    /// Start-up frame guard time integer of an extended ATQB; 0 of a basic one.
    pub sfgi: u8,
}

/// Not shown: some cards have a fixed one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pupi([u8; 4]);

impl fmt::Debug for Pupi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pupi")
    }
}

impl fmt::Debug for Atqb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Atqb")
            .field("application_data", &self.application_data)
            .field("protocol_info", &self.protocol_info)
            .field("sfgi", &self.sfgi)
            .finish_non_exhaustive()
    }
}

impl Atqb {
    /// An ATQB without its checksum: 12 bytes, or 13 when it is extended. Nothing else is one.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (&[0x50, a, b, c, d, e, f, g, h, rates, size, times], rest) =
            body.split_first_chunk::<12>()?
        else {
            return None;
        };
        let sfgi = match rest {
            [] => 0,
            [byte] => byte >> 4,
            _ => return None,
        };
        Some(Self {
            pupi: Pupi([a, b, c, d]),
            application_data: [e, f, g, h],
            protocol_info: [rates, size, times],
            sfgi,
        })
    }

    /// The pseudo-unique PICC identifier.
    #[must_use]
    pub const fn pupi(&self) -> [u8; 4] {
        self.pupi.0
    }

    /// The bit rates that the card declares.
    #[must_use]
    pub const fn rates(&self) -> Rates {
        let [rates, _, _] = self.protocol_info;
        Rates::from_byte(rates)
    }

    /// FSCI: the index of the largest frame that the card takes ([`frame::size`]).
    #[must_use]
    pub const fn fsci(&self) -> u8 {
        let [_, size, _] = self.protocol_info;
        size >> 4
    }

    /// The protocol type: b1 ISO/IEC 14443-4, b3 and b2 minimum TR2, b4 reserved.
    #[must_use]
    pub const fn protocol_type(&self) -> u8 {
        let [_, size, _] = self.protocol_info;
        size & 0x0F
    }

    /// Does the card speak ISO/IEC 14443-4? Not if it sets the reserved bit of the protocol type.
    #[must_use]
    pub const fn has_blocks(&self) -> bool {
        self.protocol_type() & 0x09 == 0x01
    }

    /// The code of the minimum TR2 ([`crate::timing::tr2`]).
    #[must_use]
    pub const fn tr2(&self) -> u8 {
        self.protocol_type() >> 1 & 0x03
    }

    /// Frame waiting time integer ([`crate::timing::fwt`]).
    #[must_use]
    pub const fn fwi(&self) -> u8 {
        let [_, _, times] = self.protocol_info;
        times >> 4
    }

    /// Application data coding: 1 when the application data are coded as clause 7.9.3 says.
    #[must_use]
    pub const fn adc(&self) -> u8 {
        let [_, _, times] = self.protocol_info;
        times >> 2 & 0x03
    }

    /// Does the card support a CID?
    #[must_use]
    pub const fn has_cid(&self) -> bool {
        let [_, _, times] = self.protocol_info;
        times & 0x01 != 0
    }

    /// Does the card support a NAD? This crate never uses one.
    #[must_use]
    pub const fn has_nad(&self) -> bool {
        let [_, _, times] = self.protocol_info;
        times & 0x02 != 0
    }
}

/// ATTRIB (clause 7.10). Param 1 is 00: TR0 and TR1 as the standard has them, SOF and EOF needed.
/// Param 3 repeats the card's protocol type.
pub fn attrib(
    frame: &mut [u8],
    atqb: &Atqb,
    fsdi: u8,
    rates: (BitRate, BitRate),
    cid: u8,
) -> Option<usize> {
    let [a, b, c, d] = atqb.pupi();
    let (to_card, from_card) = rates;
    let param2 = from_card.code() << 6 | to_card.code() << 4 | fsdi & 0x0F;
    let body = [0x1D, a, b, c, d, 0x00, param2, atqb.protocol_type(), cid & 0x0F];
    frame::write(Kind::B, frame, &body)
}

/// Answer to ATTRIB (clause 7.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AttribAnswer {
    /// Maximum buffer length index: a chain to the card may have FSC · 2^(MBLI − 1) bytes. 0: not
    /// said.
    pub mbli: u8,
    /// The CID that the card took; 0 when it supports none.
    pub cid: u8,
}

impl AttribAnswer {
    /// An answer without its checksum. What follows the first byte is a higher layer response,
    /// which nobody asked for, and is passed over.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let first = body.first()?;
        Some(Self { mbli: first >> 4, cid: first & 0x0F })
    }
}
