//! Decoding: the real photo and text images of a test card, and thousands of damaged ones.
#![cfg(feature = "decode")]
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

use kazasu_face::decode::{DecodeError, MOST_BYTES, Picture};
use kazasu_face::{Photo, PhotoKind};

/// The card face of a public test card (`docs/card-facts.md` §2.3).
const CARD_FACE: &[u8] = include_bytes!("../../pki/tests/data/test-card/surface-0002.bin");
/// The photo of every virtual card: nobody.
const VIRTUAL: &[u8] = include_bytes!("../../virtual-card/data/photo/virtual-photo.jp2");

fn find(needle: &[u8], from: usize) -> usize {
    from + CARD_FACE[from..].windows(needle.len()).position(|part| part == needle).unwrap()
}

/// The photo on the test card: 1,854 bytes, as the length before it says.
fn photo() -> &'static [u8] {
    let start = find(b"\0\0\0\x0CjP  ", 0);
    assert_eq!(CARD_FACE[start - 2..start], 1_854_u16.to_be_bytes());
    &CARD_FACE[start..start + 1_854]
}

/// Its images of name, address and security code.
fn texts() -> [&'static [u8]; 3] {
    let mut from = 0;
    [(); 3].map(|()| {
        let start = find(b"\x89PNG", from);
        from = find(b"IEND", start) + 8;
        &CARD_FACE[start..from]
    })
}

fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    Picture::decode(&Photo::new(bytes).map_err(|_| DecodeError::Malformed)?)
}

#[test]
fn the_photo_of_a_test_card() {
    let photo = Photo::new(photo()).unwrap();
    assert_eq!(photo.kind(), PhotoKind::Jp2);
    let picture = Picture::decode(&photo).unwrap();
    assert_eq!((picture.width(), picture.height(), picture.grey().len()), (378, 472, 378 * 472));
    // A picture, and not one colour.
    let mean = picture.grey().iter().map(|grey| u64::from(*grey)).sum::<u64>() / (378 * 472);
    assert!((20..=235).contains(&mean), "{mean}");
    let distinct: std::collections::BTreeSet<u8> = picture.grey().iter().copied().collect();
    assert!(distinct.len() > 16, "{}", distinct.len());
    // The same without the file around it.
    let start = photo.bytes().windows(4).position(|part| part == [0xFF, 0x4F, 0xFF, 0x51]).unwrap();
    let codestream = Photo::new(&photo.bytes()[start..]).unwrap();
    assert_eq!(codestream.kind(), PhotoKind::Jpeg2000Codestream);
    assert_eq!(Picture::decode(&codestream).unwrap().grey(), picture.grey());
    // And written as PNG.
    let png = picture.to_png().unwrap();
    assert_eq!(decode(&png).unwrap().grey(), picture.grey());
    assert_eq!(format!("{picture:?}"), "Picture(378 x 472)");
    let frame = picture.frame().unwrap();
    assert_eq!((frame.width(), frame.height()), (378, 472));
    assert_eq!(picture.pixel(377, 471), picture.grey()[378 * 472 - 1]);
    assert_eq!((picture.pixel(378, 0), picture.pixel(0, 472)), (0, 0));
}

#[test]
fn the_texts_of_a_test_card() {
    for (bytes, width) in texts().into_iter().zip([216, 288, 24]) {
        let picture = decode(bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (width, 12));
        // One bit: black and white, and both.
        assert!(picture.grey().iter().all(|grey| matches!(grey, 0 | 255)));
        assert!(picture.grey().contains(&0) && picture.grey().contains(&255));
    }
}

#[test]
fn the_photo_of_a_virtual_card() {
    let picture = decode(VIRTUAL).unwrap();
    assert_eq!((picture.width(), picture.height()), (378, 472));
}

#[test]
fn what_is_cut_short_is_damaged() {
    for whole in [photo(), VIRTUAL, texts()[0], texts()[1]] {
        assert!(decode(whole).is_ok());
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "{length} of {}", whole.len());
        }
    }
}

/// A generator whose numbers are the same everywhere (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// Damages it in one to four places; two thirds of the mutants in the first 256 bytes, where the
/// headers are.
fn mutant(whole: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let end = if numbers.below(3) < 2 { bytes.len().min(256) } else { bytes.len() };
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(end.min(bytes.len()));
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at] = 0xFF,
            2 => bytes[at] = 0,
            3 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
            4 => drop(bytes.remove(at)),
            _ => bytes.insert(at, u8::try_from(numbers.below(256)).unwrap()),
        }
    }
    bytes
}

/// The most memory that this process ever had, in KiB.
#[cfg(target_os = "linux")]
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn no_mutant_panics_or_takes_much_memory() {
    let mut numbers = Numbers(0x5EED_0001);
    #[cfg(target_os = "linux")]
    let before = most_memory();
    let [name, address, code] = texts();
    let mut decoded = 0;
    for round in 0..4_000 {
        let wholes =
            if round % 4 == 0 { [name, address, code] } else { [photo(), photo(), VIRTUAL] };
        let bytes = mutant(wholes[round % 3], &mut numbers);
        if let Ok(picture) = decode(&bytes) {
            decoded += 1;
            assert_eq!(
                picture.grey().len(),
                usize::from(picture.width()) * usize::from(picture.height())
            );
        }
    }
    // Damage in the coded data is not always seen; if none were decoded, the test would see nothing.
    assert!((100..3_900).contains(&decoded), "{decoded}");
    #[cfg(target_os = "linux")]
    assert!(most_memory() - before < 64 * 1024, "{before} to {} KiB", most_memory());
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let start = photo().windows(2).position(|part| part == [0xFF, 0x51]).unwrap();
    let with = |at: usize, value: &[u8]| {
        let mut bytes = photo().to_vec();
        bytes[start + at..start + at + value.len()].copy_from_slice(value);
        decode(&bytes).err()
    };
    // Width, height, and both just too many pixels.
    let too_large = Some(DecodeError::TooLarge);
    assert_eq!(with(6, &u32::MAX.to_be_bytes()), too_large);
    assert_eq!(with(10, &u32::MAX.to_be_bytes()), too_large);
    assert_eq!(with(6, &[0, 0, 8, 0, 0, 0, 2, 1]), too_large);
    // Tiles of one pixel.
    assert_eq!(with(22, &[0, 0, 0, 1, 0, 0, 0, 1]), too_large);
    // Components.
    assert_eq!(with(38, &[0x40, 0x00]), Some(DecodeError::Unsupported));
    // Layers, levels, precincts of one pixel, the smallest code-blocks with the most layers.
    let style = 2 + 41 + 2 + 2;
    assert_eq!(with(style + 2, &[0xFF, 0xFF]), too_large);
    assert_eq!(with(style + 5, &[32]), too_large);
    assert_eq!(with(style + 2, &[0, 32, 0, 5, 0, 0]), too_large);
    let mut long = photo().to_vec();
    long.resize(MOST_BYTES + 1, 0);
    assert_eq!(decode(&long).err(), too_large);
    // PNG: dimensions.
    let mut png = texts()[0].to_vec();
    png[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    assert!(decode(&png).is_err());
    assert_eq!(decode(&[0xFF, 0xD8, 0xFF, 0xE0]).err(), Some(DecodeError::Unsupported));
}

#[test]
fn a_picture_has_a_byte_for_each_pixel() {
    assert!(Picture::from_grey(2, 2, vec![1, 2, 3, 4]).is_ok());
    assert_eq!(Picture::from_grey(2, 2, vec![1, 2, 3]).err(), Some(DecodeError::Malformed));
    assert_eq!(Picture::from_grey(0, 2, vec![]).err(), Some(DecodeError::Malformed));
    assert_eq!(Picture::from_grey(2_049, 1, vec![0; 2_049]).err(), Some(DecodeError::TooLarge));
}
