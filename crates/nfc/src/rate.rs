//! Bit rates, who declares which, and the choice between them (ISO/IEC 14443-3 clause 7.9.4.4,
//! 14443-4 clause 5.2.4).

use core::fmt;

/// A bit rate between reader and card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BitRate {
    /// fc/128, about 106 kbit/s. Every card and every reader has it; every card begins with it.
    #[default]
    Kbps106,
    /// fc/64, about 212 kbit/s.
    Kbps212,
    /// fc/32, about 424 kbit/s.
    Kbps424,
    /// fc/16, about 848 kbit/s.
    Kbps848,
}

impl BitRate {
    /// All of them, the slowest first.
    pub const ALL: [Self; 4] = [Self::Kbps106, Self::Kbps212, Self::Kbps424, Self::Kbps848];

    /// The divisor as the standard codes it in two bits (DSI, DRI): 0 to 3.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Cycles of the carrier in one elementary time unit (etu): 128, 64, 32 or 16.
    #[must_use]
    pub const fn etu(self) -> u32 {
        128 >> self.code()
    }

    /// kbit/s as they are usually named.
    #[must_use]
    pub const fn kbps(self) -> u16 {
        106 << self.code()
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.kbps())
    }
}

/// The bit rates that one side declares, beyond 106 kbit/s, which all have.
///
/// Coded as the bit rate byte of ATQB and as TA(1) of an ATS: b8 same rate in both directions
/// only; b7 to b5 848, 424, 212 from the card; b3 to b1 848, 424, 212 to the card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rates(u8);

impl Rates {
    const SAME: u8 = 0x80;

    /// 106 kbit/s and nothing else.
    pub const ONLY_106: Self = Self(0x00);
    /// All four, each direction by itself.
    pub const ALL: Self = Self(0x77);

    /// From the byte that a card sends. b4 is reserved: with it, the card counts as one that has
    /// 106 kbit/s only (ISO/IEC 14443-3 clause 7.9.4.4).
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        if byte & 0x08 == 0 { Self(byte) } else { Self::ONLY_106 }
    }

    /// All rates up to one, each direction by itself.
    #[must_use]
    pub const fn up_to(to_card: BitRate, from_card: BitRate) -> Self {
        // 0, 1, 3, 7: as many ones as the code says.
        Self(((1 << to_card.code()) - 1) | (((1 << from_card.code()) - 1) << 4))
    }

    /// None of those above one.
    #[must_use]
    pub const fn limited(self, highest: BitRate) -> Self {
        Self(self.0 & (Self::up_to(highest, highest).0 | Self::SAME))
    }

    /// With the same rate in both directions only.
    #[must_use]
    pub const fn same(self) -> Self {
        Self(self.0 | Self::SAME)
    }

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The fastest rates that both sides declare: to the card, and from the card. The same rate
    /// for both directions where one side wants that.
    #[must_use]
    pub const fn choose(self, other: Self) -> (BitRate, BitRate) {
        let both = self.0 & other.0;
        let (mut to_card, mut from_card) = (both & 0x07, both >> 4 & 0x07);
        if (self.0 | other.0) & Self::SAME != 0 {
            to_card &= from_card;
            from_card = to_card;
        }
        (fastest(to_card), fastest(from_card))
    }
}

const fn fastest(bits: u8) -> BitRate {
    match bits {
        0 => BitRate::Kbps106,
        1 => BitRate::Kbps212,
        2 | 3 => BitRate::Kbps424,
        _ => BitRate::Kbps848,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BitRate::{Kbps106, Kbps212, Kbps424, Kbps848};

    #[test]
    fn both_sides_must_have_it() {
        // docs/card-facts.md §1.2: B3 is 212 and 424 in both directions, the same in both.
        let card = Rates::from_byte(0xB3);
        assert_eq!(card.choose(Rates::ALL), (Kbps424, Kbps424));
        assert_eq!(Rates::ALL.choose(card), (Kbps424, Kbps424));
        assert_eq!(card.choose(Rates::ONLY_106), (Kbps106, Kbps106));
        assert_eq!(card.choose(Rates::up_to(Kbps848, Kbps212)), (Kbps212, Kbps212));
        assert_eq!(Rates::from_byte(0x00).choose(Rates::ALL), (Kbps106, Kbps106));
        assert_eq!(Rates::from_byte(0x71).choose(Rates::ALL), (Kbps212, Kbps848));
        // A gap: 848 and 212, the reader has 424 at most.
        assert_eq!(
            Rates::from_byte(0x55).choose(Rates::up_to(Kbps424, Kbps848)),
            (Kbps212, Kbps848)
        );
        assert_eq!(Rates::from_byte(0x54).choose(Rates::ALL.same()), (Kbps848, Kbps848));
        assert_eq!(Rates::from_byte(0xB4).choose(Rates::ALL), (Kbps106, Kbps106));
    }

    #[test]
    fn the_reserved_bit_leaves_106() {
        assert_eq!(Rates::from_byte(0x7F), Rates::ONLY_106);
    }

    #[test]
    fn etu_and_names() {
        assert_eq!(BitRate::ALL.map(BitRate::etu), [128, 64, 32, 16]);
        assert_eq!(BitRate::ALL.map(BitRate::kbps), [106, 212, 424, 848]);
        assert_eq!(Rates::up_to(Kbps848, Kbps848), Rates::ALL);
    }
}
