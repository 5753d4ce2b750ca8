//! The error detection code of a block (ISO/IEC 7816-3 clause 11.3.4).

/// How a CRC is written.
///
/// The standard refers to ISO/IEC 13239 and says no more. Readers in the field differ from it and
/// from each other (public analysis: `doc/T1_CRC.txt` of the card OsEID), and no My Number card is
/// known to use a CRC; so it is a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Crc {
    /// As ISO/IEC 13239 has it: the complement of the register, low byte first.
    #[default]
    Iso13239,
    /// As the CCID driver of Linux has it: the register itself, high byte first.
    PlainHighFirst,
}

/// The error detection code of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Edc {
    /// The exclusive or of all bytes before it, one byte.
    Lrc,
    /// 16 bits of a cyclic redundancy code.
    Crc(Crc),
}

impl Edc {
    /// Bytes that it takes.
    #[must_use]
    pub const fn length(self) -> u8 {
        match self {
            Self::Lrc => 1,
            Self::Crc(_) => 2,
        }
    }

    /// The register before the first byte.
    pub(super) const fn begin(self) -> u16 {
        match self {
            Self::Lrc => 0,
            Self::Crc(_) => 0xFFFF,
        }
    }

    /// The register after one byte more. The polynomial is x^16 + x^12 + x^5 + 1, lowest bit first.
    pub(super) fn update(self, register: u16, byte: u8) -> u16 {
        let register = register ^ u16::from(byte);
        match self {
            Self::Lrc => register,
            Self::Crc(_) => (0..8).fold(register, |register, _| {
                if register & 1 == 0 { register >> 1 } else { register >> 1 ^ 0x8408 }
            }),
        }
    }

    /// The byte of the code that has this index, from the register after all others.
    pub(super) const fn byte(self, register: u16, index: u8) -> u8 {
        let [high, low] = register.to_be_bytes();
        match (self, index) {
            (Self::Lrc, _) | (Self::Crc(Crc::PlainHighFirst), 1) => low,
            (Self::Crc(Crc::PlainHighFirst), _) => high,
            (Self::Crc(Crc::Iso13239), 0) => !low,
            (Self::Crc(Crc::Iso13239), _) => !high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(edc: Edc, bytes: &[u8]) -> [u8; 2] {
        let register = bytes.iter().fold(edc.begin(), |register, byte| edc.update(register, *byte));
        [edc.byte(register, 0), edc.byte(register, 1)]
    }

    #[test]
    fn known_values() {
        // ISO/IEC 13239 (X.25): check value of "123456789" is 906E.
        assert_eq!(code(Edc::Crc(Crc::Iso13239), b"123456789"), [0x6E, 0x90]);
        // A block on the wire between Linux and a card: 00 C1 01 FE 54 4E.
        let block = [0x00, 0xC1, 0x01, 0xFE];
        assert_eq!(code(Edc::Crc(Crc::PlainHighFirst), &block), [0x54, 0x4E]);
        assert_eq!(code(Edc::Lrc, &block)[0], 0x3E);
    }
}
