//! Frames: their two checksums and their sizes (ISO/IEC 14443-3 clauses 6.2.4 and 7.2, annexes A and
//! B; 14443-4 clause 5.2.3).

/// A card's type: modulation, framing, activation and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// Type A: phones (スマートフォン).
    A,
    /// Type B: the My Number card.
    B,
}

/// Bytes of a checksum.
pub const CRC: usize = 2;

/// The checksum of a Type A or Type B frame, in the order in which it goes over the air.
#[must_use]
pub fn crc(kind: Kind, bytes: &[u8]) -> [u8; CRC] {
    let (start, end) = match kind {
        Kind::A => (0x6363, 0x0000),
        Kind::B => (0xFFFF, 0xFFFF),
    };
    // ITU-T V.41, the least significant bit first.
    let mut crc: u16 = start;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8408 };
        }
    }
    (crc ^ end).to_le_bytes()
}

/// Puts the checksum behind the first `length` bytes. The length with it; `None` without room.
pub fn seal(kind: Kind, frame: &mut [u8], length: usize) -> Option<usize> {
    let (body, rest) = frame.split_at_mut_checked(length)?;
    *rest.first_chunk_mut::<CRC>()? = crc(kind, body);
    length.checked_add(CRC)
}

/// Writes a frame: these bytes and their checksum. Its length; `None` without room.
pub fn write(kind: Kind, frame: &mut [u8], body: &[u8]) -> Option<usize> {
    for (place, byte) in frame.iter_mut().zip(body) {
        *place = *byte;
    }
    // Where the body did not fit, neither does what follows it.
    seal(kind, frame, body.len())
}

/// What is before the checksum; `None` when it is wrong or missing.
#[must_use]
pub fn open(kind: Kind, frame: &[u8]) -> Option<&[u8]> {
    let (body, received) = frame.split_last_chunk::<CRC>()?;
    (crc(kind, body) == *received).then_some(body)
}

/// Frame sizes by FSCI or FSDI, in bytes, checksum included.
const SIZES: [u16; 13] = [16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1_024, 2_048, 4_096];

/// The size of the largest frame, FSC or FSD, by its index: 16 to 256 bytes for 0 to 8, 512 to 4096
/// for 9 to C. D to F are reserved. Editions differ in what they are taken for: 256, as 9 to F were
/// once, or C. Here it is 256, because a frame that is shorter than allowed is always right.
#[must_use]
pub fn size(index: u8) -> u16 {
    SIZES.get(usize::from(index)).copied().unwrap_or(256)
}

/// The index of the largest size that fits `bytes`; 0 also for less than 16.
#[must_use]
pub fn size_index(bytes: usize) -> u8 {
    let larger = SIZES.iter().skip(1).take_while(|size| usize::from(**size) <= bytes).count();
    // At most 12.
    larger as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 14443-3 annexes A and B.
    #[test]
    fn the_vectors_of_the_standard() {
        assert_eq!(crc(Kind::A, &[0x00, 0x00]), [0xA0, 0x1E]);
        assert_eq!(crc(Kind::A, &[0x12, 0x34]), [0x26, 0xCF]);
        assert_eq!(crc(Kind::B, &[0x00, 0x00, 0x00]), [0xCC, 0xC6]);
        assert_eq!(crc(Kind::B, &[0x0F, 0xAA, 0xFF]), [0xFC, 0xD1]);
        assert_eq!(crc(Kind::B, &[0x0A, 0x12, 0x34, 0x56]), [0x2C, 0xF6]);
    }

    #[test]
    fn sealed_and_opened() {
        let mut frame = [0x05, 0x00, 0x00, 0, 0];
        assert_eq!(seal(Kind::B, &mut frame, 3), Some(5));
        assert_eq!(frame, [0x05, 0x00, 0x00, 0x71, 0xFF]);
        assert_eq!(open(Kind::B, &frame), Some(&[0x05, 0x00, 0x00][..]));
        assert_eq!(open(Kind::A, &frame), None);
        assert_eq!(open(Kind::B, &[0x71]), None);
        assert_eq!(seal(Kind::B, &mut frame, 4), None);
        assert_eq!(seal(Kind::B, &mut frame, 6), None);
    }

    #[test]
    fn sizes() {
        assert_eq!((size(0), size(8), size(9), size(12), size(15)), (16, 256, 512, 4_096, 256));
        for index in 0..13 {
            assert_eq!(size_index(usize::from(size(index))), index);
            assert_eq!(size_index(usize::from(size(index)) - 1), index.saturating_sub(1));
        }
        assert_eq!(size_index(0), 0);
        assert_eq!(size_index(usize::MAX), 12);
    }
}
