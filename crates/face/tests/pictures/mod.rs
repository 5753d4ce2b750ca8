//! Pictures for tests: two photos that are in the repository, and persons who were drawn and are
//! nobody.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use kazasu_face::decode::Picture;

/// The photo of a public test card (`docs/card-facts.md` §2.3).
pub(crate) fn test_card_photo() -> Vec<u8> {
    let file = include_bytes!("../../../pki/tests/data/test-card/surface-0002.bin");
    let start = file.windows(8).position(|part| part == b"\0\0\0\x0CjP  ").unwrap();
    file[start..start + 1_854].to_vec()
}

/// The photo of every virtual card.
pub(crate) fn virtual_photo() -> Vec<u8> {
    include_bytes!("../../../virtual-card/data/photo/virtual-photo.jp2").to_vec()
}

/// Head, hair, eyes and shoulders on a background, each of another size and grey: 378 × 472.
pub(crate) fn person(number: u32) -> Picture {
    let bit = |at: u32| (number >> at) & 1 == 1;
    let (width, height) = (378_i32, 472_i32);
    let background = if bit(0) { 225 } else { 90 };
    let hair = if bit(1) { 30 } else { 150 };
    let skin = if bit(2) { 130 } else { 205 };
    let radius = if bit(0) { (95, 125) } else { (120, 150) };
    let clothes = if bit(2) { 240 } else { 40 };
    let (middle, eyes) = (width / 2, if bit(1) { 200 } else { 225 });
    let inside = |x: i32, y: i32, at: (i32, i32), radius: (i32, i32)| {
        let (across, down) = ((x - at.0) * 1_000 / radius.0, (y - at.1) * 1_000 / radius.1);
        across * across + down * down <= 1_000_000
    };
    let mut grey = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let face = inside(x, y, (middle, 220), radius);
            let eye =
                [middle - 40, middle + 40].iter().any(|eye| inside(x, y, (*eye, eyes), (18, 9)));
            let shade = if face && eye {
                20
            } else if face && y > 150 {
                skin
            } else if inside(x, y, (middle, 190), (radius.0 + 25, radius.1 + 20)) {
                hair
            } else if inside(x, y, (middle, 520), (180, 170)) {
                clothes
            } else {
                background
            };
            grey.push(shade);
        }
    }
    Picture::from_grey(378, 472, grey).unwrap()
}
