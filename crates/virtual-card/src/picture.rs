//! The 1-bit pictures of the card face and of the number: PNG, greyscale (`docs/card-facts.md` §2.3),
//! written here and never compressed.
//!
//! A small font of capital letters and digits writes what they say; it has no other characters.

/// Height of every text picture on a card, in pixels.
const HEIGHT: usize = 12;
/// Columns of one character, its gap included.
const PITCH: usize = 6;
/// Rows above the characters, which have seven.
const TOP: usize = 2;

/// Rows of five pixels each, the highest bit left.
const FONT: [(char, [u8; 7]); 27] = [
    ('0', [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E]),
    ('1', [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E]),
    ('2', [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F]),
    ('3', [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E]),
    ('4', [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02]),
    ('5', [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E]),
    ('6', [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E]),
    ('7', [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08]),
    ('8', [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E]),
    ('9', [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C]),
    ('A', [0x0E, 0x11, 0x11, 0x11, 0x1F, 0x11, 0x11]),
    ('B', [0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E]),
    ('C', [0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E]),
    ('D', [0x1C, 0x12, 0x11, 0x11, 0x11, 0x12, 0x1C]),
    ('E', [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F]),
    ('F', [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10]),
    ('I', [0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E]),
    ('L', [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F]),
    ('M', [0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11]),
    ('N', [0x11, 0x11, 0x19, 0x15, 0x13, 0x11, 0x11]),
    ('O', [0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E]),
    ('R', [0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11]),
    ('S', [0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E]),
    ('T', [0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
    ('U', [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E]),
    ('V', [0x11, 0x11, 0x11, 0x11, 0x11, 0x0A, 0x04]),
    (' ', [0x00; 7]),
];

/// Black text on white, `width` pixels wide and twelve high. Text beyond the width is cut off, and a
/// character that the font has not is a gap.
pub(crate) fn text(text: &str, width: u16) -> Vec<u8> {
    let columns = usize::from(width);
    let glyphs: Vec<[u8; 7]> = text
        .chars()
        .map(|letter| FONT.iter().find(|(one, _)| *one == letter).map_or([0; 7], |(_, rows)| *rows))
        .collect();
    let is_black = |x: usize, y: usize| {
        let row = glyphs.get(x / PITCH).and_then(|rows| rows.get(y.checked_sub(TOP)?));
        row.is_some_and(|bits| x % PITCH < 5 && bits >> (4 - x % PITCH) & 1 == 1)
    };
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        // The filter of the row: none.
        rows.push(0x00);
        for first in (0..columns).step_by(8) {
            let bit = |x: usize| x < columns && !is_black(x, y);
            rows.push((first..first + 8).fold(0, |byte, x| byte << 1 | u8::from(bit(x))));
        }
    }
    png(width, &rows)
}

/// ISO/IEC 15948: signature, IHDR (depth 1, greyscale), IDAT, IEND.
fn png(width: u16, rows: &[u8]) -> Vec<u8> {
    let mut header = u32::from(width).to_be_bytes().to_vec();
    header.extend((HEIGHT as u32).to_be_bytes());
    header.extend([0x01, 0x00, 0x00, 0x00, 0x00]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib(rows)), (b"IEND", Vec::new())] {
        file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
        let chunk = [&name[..], &data].concat();
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

/// RFC 1950 around one stored block of RFC 1951, which holds up to 65,535 bytes.
fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    // Adler-32.
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

/// CRC-32 as ISO/IEC 15948 has it, bit by bit.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // RFC 1950's sum of "Wikipedia", the usual example.
        assert_eq!(zlib(b"Wikipedia").last_chunk(), Some(&0x11E6_0398_u32.to_be_bytes()));
    }

    #[test]
    fn the_end_of_a_picture_is_that_of_every_png() {
        let picture = text("0000", 24);
        assert!(picture.ends_with(b"\0\0\0\0IEND\xAE\x42\x60\x82"));
        // The header as on the test card, but for the width: EF 0002, DF25.
        let real = include_bytes!("../data/test-card/surface-0002.bin");
        let name = real.get(0x13C..0x13C + 29).unwrap();
        assert_eq!(Some(name), text("", 216).get(..29));
    }

    #[test]
    fn what_it_says_can_be_read() {
        let picture = text("1", 8);
        let rows = picture.windows(4).position(|at| at == b"IDAT").unwrap() + 4 + 7;
        let pixels: Vec<u8> = picture.get(rows..).unwrap().iter().copied().take(24).collect();
        let black = |y: usize| !pixels.get(2 * y + 1).unwrap();
        assert_eq!([0, 1, 2, 3, 8, 9].map(black), [0x00, 0x00, 0x20, 0x60, 0x70, 0x00]);
    }
}
