//! Frames as they are on the air: which signal, which rate, which bytes, and how long they last
//! (ISO/IEC 14443-3, 6.2 and 7.1).

use std::time::Duration;

/// A number of periods of the carrier, 13.56 MHz.
#[must_use]
pub const fn carrier(periods: u64) -> Duration {
    // 1 / 13.56 MHz is 25,000 / 339 ns.
    Duration::from_nanos(periods * 25_000 / 339)
}

/// How the carrier is modulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// ISO/IEC 14443 Type A.
    TypeA,
    /// ISO/IEC 14443 Type B.
    TypeB,
    /// FeliCa (JIS X 6319-4): nothing here answers it.
    Felica,
}

/// Bits per second in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BitRate {
    /// 106 kbit/s: fc/128.
    #[default]
    Kbps106,
    /// 212 kbit/s: fc/64.
    Kbps212,
    /// 424 kbit/s: fc/32.
    Kbps424,
    /// 848 kbit/s: fc/16.
    Kbps848,
}

impl BitRate {
    /// All of them, the slowest first.
    pub const ALL: [Self; 4] = [Self::Kbps106, Self::Kbps212, Self::Kbps424, Self::Kbps848];

    /// The rate with this code of ATTRIB and PPS: 0 to 3 (ISO/IEC 14443-3, 7.10.4).
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code & 0x03 {
            0 => Self::Kbps106,
            1 => Self::Kbps212,
            2 => Self::Kbps424,
            _ => Self::Kbps848,
        }
    }

    /// 0 to 3.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Kbps106 => 0,
            Self::Kbps212 => 1,
            Self::Kbps424 => 2,
            Self::Kbps848 => 3,
        }
    }

    /// This many elementary time units.
    #[must_use]
    pub const fn etu(self, count: u64) -> Duration {
        carrier(count * (128 >> self.code()))
    }
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the reader (PCD) to the card (PICC).
    ToCard,
    /// From the card to the reader.
    ToReader,
}

/// One frame. Its bytes are all that is between the marks of its beginning and its end, CRC
/// included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How it is modulated.
    pub signal: Signal,
    /// At which rate.
    pub rate: BitRate,
    /// What it carries.
    pub bytes: Vec<u8>,
    /// Type A: bits of the last byte that are sent; 0 for all. 7 in a short frame.
    pub last_bits: u8,
    /// Type A: low bits of the first byte that are not sent, since the reader sent them in the
    /// anticollision (ISO/IEC 14443-3, 6.5.3.2).
    pub skipped_bits: u8,
    /// Type B: extra guard time after each character in etu: 0 to 6 (ISO/IEC 14443-3, 7.1.2).
    pub extra_guard_time: u8,
}

impl Frame {
    /// A frame of whole bytes, as they are.
    #[must_use]
    pub const fn raw(signal: Signal, rate: BitRate, bytes: Vec<u8>) -> Self {
        Self { signal, rate, bytes, last_bits: 0, skipped_bits: 0, extra_guard_time: 0 }
    }

    /// A frame of these bytes and their CRC.
    #[must_use]
    pub fn with_crc(signal: Signal, rate: BitRate, mut bytes: Vec<u8>) -> Self {
        let crc = match signal {
            Signal::TypeB => crc_b(&bytes),
            Signal::TypeA | Signal::Felica => crc_a(&bytes),
        };
        bytes.extend(crc);
        Self::raw(signal, rate, bytes)
    }

    /// A short frame of Type A: seven bits (REQA, WUPA).
    #[must_use]
    pub fn short(byte: u8) -> Self {
        let mut frame = Self::raw(Signal::TypeA, BitRate::Kbps106, vec![byte & 0x7F]);
        frame.last_bits = 7;
        frame
    }

    /// Bits of data, parity and marks not counted.
    #[must_use]
    pub fn data_bits(&self) -> usize {
        let whole = self.bytes.len() * 8;
        let missing = if self.last_bits == 0 { 0 } else { 8 - usize::from(self.last_bits.min(8)) };
        whole.saturating_sub(missing).saturating_sub(usize::from(self.skipped_bits))
    }

    /// How long it is on the air, from its first mark to the end of its last.
    #[must_use]
    pub fn air_time(&self, direction: Direction) -> Duration {
        let bytes = self.bytes.len() as u64;
        let etu = match (self.signal, direction) {
            // SOF 10 + 2, characters of 10 and their guard time, EOF 10.
            (Signal::TypeB, _) => 22 + bytes * (10 + u64::from(self.extra_guard_time)),
            // Start, bits and parities, end: 2 from the reader, 1 from the card.
            (Signal::TypeA, Direction::ToCard) => 3 + self.type_a_bits(),
            (Signal::TypeA, Direction::ToReader) => 2 + self.type_a_bits(),
            // Preamble of 48 bits.
            (Signal::Felica, _) => 48 + bytes * 8,
        };
        self.rate.etu(etu)
    }

    fn type_a_bits(&self) -> u64 {
        let bits = self.data_bits();
        let parities =
            if self.last_bits == 0 { self.bytes.len() } else { self.bytes.len().saturating_sub(1) };
        (bits + parities) as u64
    }
}

/// CRC_A (ISO/IEC 14443-3, annex B): initial value 6363, as it is sent.
#[must_use]
pub fn crc_a(bytes: &[u8]) -> [u8; 2] {
    crc(0x6363, bytes).to_le_bytes()
}

/// CRC_B (ISO/IEC 14443-3, annex B): initial value FFFF, inverted, as it is sent.
#[must_use]
pub fn crc_b(bytes: &[u8]) -> [u8; 2] {
    (!crc(0xFFFF, bytes)).to_le_bytes()
}

/// The polynomial x^16 + x^12 + x^5 + 1, least significant bit first, one byte at a time.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u16;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0x8408 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

fn crc(initial: u16, bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(initial, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

/// The bytes before the CRC, if it is right.
#[must_use]
pub fn checked(signal: Signal, bytes: &[u8]) -> Option<&[u8]> {
    let (data, crc) = bytes.split_last_chunk::<2>()?;
    let right = match signal {
        Signal::TypeB => crc_b(data),
        Signal::TypeA | Signal::Felica => crc_a(data),
    };
    (right == *crc).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crcs_are_those_of_the_examples_of_the_standard() {
        // ISO/IEC 14443-3, annex B.
        assert_eq!(crc_a(&[0x00, 0x00]), [0xA0, 0x1E]);
        assert_eq!(crc_a(&[0x12, 0x34]), [0x26, 0xCF]);
        assert_eq!(crc_b(&[0x00, 0x00, 0x00]), [0xCC, 0xC6]);
        assert_eq!(crc_b(&[0x0F, 0xAA, 0xFF]), [0xFC, 0xD1]);
        assert_eq!(crc_b(&[0x0A, 0x12, 0x34, 0x56]), [0x2C, 0xF6]);
    }

    #[test]
    fn air_time_is_ten_etu_a_byte_in_type_b_and_nine_in_type_a() {
        let air = |signal, rate, count| {
            Frame::raw(signal, rate, vec![0; count]).air_time(Direction::ToCard).as_nanos()
        };
        // 256 bytes at 106 kbit/s: 2,582 etu of 9.44 us.
        assert_eq!(air(Signal::TypeB, BitRate::Kbps106, 256), 2_582 * 128 * 25_000 / 339);
        assert_eq!(air(Signal::TypeB, BitRate::Kbps848, 256), 2_582 * 16 * 25_000 / 339);
        assert_eq!(air(Signal::TypeA, BitRate::Kbps106, 2), 21 * 128 * 25_000 / 339);
        let short = Frame::short(0x26).air_time(Direction::ToCard);
        assert_eq!(short, BitRate::Kbps106.etu(10));
    }
}
