//! The card that was activated: what it said of itself, and what was agreed.

use crate::frame::Kind;
use crate::rate::BitRate;
use crate::timing;
use crate::type_a::{Ats, Sak, Uid};
use crate::type_b::Atqb;
use kazasu_apdu::time::Duration;

/// What a card said at its activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Identity {
    /// Of Type A.
    A {
        /// The identifier.
        uid: Uid,
        /// Select acknowledge.
        sak: Sak,
        /// Answer to select.
        ats: Ats,
    },
    /// Of Type B.
    B {
        /// Answer to request.
        atqb: Atqb,
        /// Maximum buffer length index, of the answer to ATTRIB.
        mbli: u8,
    },
}

/// An active card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Card {
    /// What it said.
    pub identity: Identity,
    /// The bit rate to the card.
    pub to_card: BitRate,
    /// The bit rate from the card.
    pub from_card: BitRate,
    /// The largest frame to the card, in bytes, checksum included: the least of FSC and what the
    /// front end and the buffer hold.
    pub frame: u16,
    /// The frame waiting time integer: FWT is (256 · 16/fc) · 2^FWI.
    pub fwi: u8,
    /// The card identifier in the blocks, if one is used.
    pub cid: Option<u8>,
    /// Which presence this is: counts up with every activation of this [`crate::Field`].
    pub presence: u32,
}

/// Bytes of the longest answer to reset that [`Card::atr`] builds.
pub const ATR: usize = 20;

impl Card {
    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.identity {
            Identity::A { .. } => Kind::A,
            Identity::B { .. } => Kind::B,
        }
    }

    /// Its frame waiting time.
    #[must_use]
    pub const fn fwt(&self) -> Duration {
        timing::span(timing::fwt(self.fwi))
    }

    /// The answer to reset that a PC/SC reader would make of it (PC/SC part 3 clause 3.1.3.2.3): of
    /// Type A with the historical bytes of the ATS, of Type B with application data, protocol info
    /// and MBLI. For logs and comparisons only: cards are told apart by SELECT.
    pub fn atr<'b>(&self, buffer: &'b mut [u8; ATR]) -> &'b [u8] {
        let historical: &[u8] = match &self.identity {
            Identity::A { ats, .. } => ats.historical(),
            Identity::B { atqb, mbli } => {
                let [a, b, c, d] = atqb.application_data;
                let [rates, size, times] = atqb.protocol_info;
                &[a, b, c, d, rates, size, times, mbli << 4]
            }
        };
        let count = historical.len() as u8;
        let head = [0x3B, 0x80 | count, 0x80, 0x01];
        let mut length = 0_usize;
        let mut check = 0x3B;
        for (place, byte) in buffer.iter_mut().zip(head.iter().chain(historical)) {
            *place = *byte;
            check ^= *byte;
            length = length.saturating_add(1);
        }
        // TCK covers everything after TS.
        if let Some(place) = buffer.get_mut(length) {
            *place = check;
            length = length.saturating_add(1);
        }
        buffer.get(..length).unwrap_or_default()
    }
}
