//! One character on the I/O line: nine moments, as ISO/IEC 7816-3, 7.2 and 8.1 have them.
//!
//! Nothing here knows time or protocols.

/// How the levels of a line stand for the bits of a byte (ISO/IEC 7816-3, 8.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// TS is 3B: high is 1, and the least significant bit comes first.
    #[default]
    Direct,
    /// TS is 3F: low is 1, and the most significant bit comes first.
    Inverse,
}

/// The levels of one character, between its start bit and its guard time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Character {
    /// Moment 2 of the character is bit 0, the parity is bit 8; 1 is high.
    levels: u16,
}

const MOMENTS: u16 = 0x01FF;

impl Character {
    /// A byte with the right parity.
    #[must_use]
    pub const fn encode(byte: u8, convention: Convention) -> Self {
        let parity = ((byte.count_ones() as u16) & 1) << 8;
        match convention {
            Convention::Direct => Self { levels: byte as u16 | parity },
            Convention::Inverse => {
                Self { levels: !(byte.reverse_bits() as u16 | parity) & MOMENTS }
            }
        }
    }

    /// The byte; `None` if the parity is wrong in this convention.
    #[must_use]
    pub const fn decode(self, convention: Convention) -> Option<u8> {
        let logical = match convention {
            Convention::Direct => self.levels,
            Convention::Inverse => !self.levels & MOMENTS,
        };
        if logical.count_ones() & 1 == 1 {
            return None;
        }
        let byte = logical.to_le_bytes()[0];
        Some(match convention {
            Convention::Direct => byte,
            Convention::Inverse => byte.reverse_bits(),
        })
    }

    /// What a UART receives that is set to eight data bits, the least significant first, and to no
    /// convention: TS is 3B or 03.
    #[must_use]
    pub const fn levels(self) -> u8 {
        self.levels.to_le_bytes()[0]
    }

    /// The character whose data moments are these, and whose parity is right in this convention.
    #[must_use]
    pub const fn from_levels(levels: u8, convention: Convention) -> Self {
        let byte = match convention {
            Convention::Direct => levels,
            Convention::Inverse => (!levels).reverse_bits(),
        };
        Self::encode(byte, convention)
    }

    /// Is the number of high moments even? It is in the direct convention if the parity is right,
    /// and in the inverse convention it is not.
    #[must_use]
    pub const fn is_even(self) -> bool {
        self.levels.count_ones() & 1 == 0
    }

    /// With these moments inverted: bits 0 to 7 are the data moments in their order, bit 8 is the
    /// parity. Other bits do nothing.
    #[must_use]
    pub const fn flip(self, moments: u16) -> Self {
        Self { levels: self.levels ^ (moments & MOMENTS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_tells_the_convention() {
        let direct = Character::encode(0x3B, Convention::Direct);
        let inverse = Character::encode(0x3F, Convention::Inverse);
        assert_eq!((direct.levels(), direct.is_even()), (0x3B, true));
        assert_eq!((inverse.levels(), inverse.is_even()), (0x03, false));
        // 8.1: (Z)AZZAZZZAAZ and (Z)AZZAAAAAAZ, moments 2 to 10.
        assert_eq!(direct.levels, 0b1_0011_1011);
        assert_eq!(inverse.levels, 0b1_0000_0011);
    }

    #[test]
    fn every_byte_passes_and_every_single_flip_is_noticed() {
        for convention in [Convention::Direct, Convention::Inverse] {
            for byte in 0..=255 {
                let character = Character::encode(byte, convention);
                assert_eq!(character.decode(convention), Some(byte));
                assert_eq!(Character::from_levels(character.levels(), convention), character);
                for moment in 0..9 {
                    assert_eq!(character.flip(1 << moment).decode(convention), None);
                }
                let twice = character.flip(0b11).decode(convention);
                assert!(twice.is_some_and(|other| other != byte));
            }
        }
    }
}
