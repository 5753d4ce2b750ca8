//! Frames between the host and the chip (UM0701-02, 6.2.1): written whole, and found in whatever
//! comes. Nothing here knows time or buses.

/// Bytes of an information frame at most, identifier included (UM0701-02, 6.2.1.2).
pub const LONGEST: usize = 265;

/// Bytes of the buffer that holds any frame, with what stands before and behind it: 8 before an
/// extended one, checksum and postamble, and a byte or two that a bus puts in front.
pub const BUFFER: usize = 280;

/// From the host to the chip: the answer came, or what is under way is given up.
pub const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];

/// From the host to the chip: the last answer once more.
pub const NACK: [u8; 6] = [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00];

const TO_CHIP: u8 = 0xD4;
const TO_HOST: u8 = 0xD5;
/// In place of the identifier, in the frame that says "syntax error".
const SYNTAX_ERROR: u8 = 0x7F;

const fn negative(sum: u8) -> u8 {
    0_u8.wrapping_sub(sum)
}

fn sum<'b>(bytes: impl Iterator<Item = &'b u8>) -> u8 {
    bytes.fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Writes the frame of a command: its code, and its parameters in two parts. Its length; `None` when
/// the parts are more than 263 bytes together or the buffer is too small.
#[must_use]
pub fn write(buffer: &mut [u8], code: u8, head: &[u8], data: &[u8]) -> Option<usize> {
    let body = [TO_CHIP, code];
    let length = body.len().checked_add(head.len())?.checked_add(data.len())?;
    if length > LONGEST {
        return None;
    }
    let [high, low] = (length as u16).to_be_bytes();
    let normal = [0x00, 0x00, 0xFF, low, negative(low)];
    let check = negative(high.wrapping_add(low));
    let extended = [0x00, 0x00, 0xFF, 0xFF, 0xFF, high, low, check];
    let start: &[u8] = if high == 0 { &normal } else { &extended };
    let check = sum(body.iter().chain(head).chain(data));
    let end = [negative(check), 0x00];
    let mut written = 0_usize;
    for part in [start, &body, head, data, &end] {
        let next = written.checked_add(part.len())?;
        copy(buffer.get_mut(written..next)?, part);
        written = next;
    }
    Some(written)
}

/// Copies as much as both hold. `copy_from_slice` looks at the lengths again where the compiler is to
/// save room, and panics.
#[inline(never)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (place, byte) in to.iter_mut().zip(from) {
        *place = *byte;
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Found {
    /// The chip has got the command.
    Ack,
    /// It has not.
    Nack,
    /// It has, and does not know it or its parameters.
    SyntaxError,
    /// An answer. It is at the beginning of the buffer, so many bytes: D5, the code of the command
    /// plus one, and what follows.
    Answer(usize),
    /// An answer whose checksum is wrong. NACK brings it again.
    Damaged,
}

/// Finds frames, whatever stands before, between and after them. The contents go to the beginning of
/// a buffer as they come.
#[derive(Clone, Debug)]
pub struct Finder {
    /// The last seven bytes, the latest in the lowest place: as many as a header has.
    seen: u64,
    body: Option<Body>,
}

#[derive(Clone, Copy, Debug)]
struct Body {
    length: u16,
    taken: u16,
    sum: u8,
}

impl Default for Finder {
    fn default() -> Self {
        Self::new()
    }
}

impl Finder {
    /// One that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        // No byte of a header is hidden in what was not seen.
        Self { seen: 0x0055_5555_5555_5555, body: None }
    }

    /// Bytes of the frame that is coming that are in the buffer: what comes next may be put behind
    /// them.
    #[must_use]
    pub fn held(&self) -> usize {
        self.body.map_or(0, |body| usize::from(body.taken))
    }

    /// Bytes of the frame that is coming, from its start to its postamble; `None` while there is
    /// none.
    #[must_use]
    pub fn whole(&self) -> Option<usize> {
        self.body.map(|body| usize::from(body.length).saturating_add(10))
    }

    /// Takes a byte.
    pub fn take(&mut self, byte: u8, buffer: &mut [u8]) -> Option<Found> {
        let Some(body) = &mut self.body else {
            self.seen = self.seen << 8 & 0x00FF_FFFF_FFFF_FFFF | u64::from(byte);
            return self.header();
        };
        body.sum = body.sum.wrapping_add(byte);
        if body.taken < body.length {
            if let Some(place) = buffer.get_mut(usize::from(body.taken)) {
                *place = byte;
            }
            body.taken = body.taken.saturating_add(1);
            return None;
        }
        let Body { length, sum, .. } = *body;
        *self = Self::new();
        match (sum, buffer.first(), length) {
            (0, Some(&TO_HOST), 2..) => Some(Found::Answer(usize::from(length))),
            (0, Some(&SYNTAX_ERROR), 1) => Some(Found::SyntaxError),
            // Not for the host: its own echo, perhaps.
            (0, _, _) => None,
            _ => Some(Found::Damaged),
        }
    }

    /// Is a header complete with the last byte?
    fn header(&mut self) -> Option<Found> {
        let [_, first, start, extended, marker, high_or_start, low_or_code, check_high] =
            self.seen.to_be_bytes();
        // The last four of a short header, by their own names.
        let (a, b, length, check) = (marker, high_or_start, low_or_code, check_high);
        let found = match (a, b, length, check) {
            (0x00, 0xFF, 0x00, 0xFF) => Some(Found::Ack),
            (0x00, 0xFF, 0xFF, 0x00) => Some(Found::Nack),
            _ => None,
        };
        if found.is_some() {
            *self = Self::new();
            return found;
        }
        let long = [first, start, extended, marker] == [0x00, 0xFF, 0xFF, 0xFF];
        let length = if (a, b) == (0x00, 0xFF) && length != 0 && length.wrapping_add(check) == 0 {
            u16::from(length)
        } else if long && b.wrapping_add(length).wrapping_add(check) == 0 {
            u16::from_be_bytes([b, length])
        } else {
            0
        };
        if (1..=LONGEST).contains(&usize::from(length)) {
            self.body = Some(Body { length, taken: 0, sum: 0 });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use std::{vec, vec::Vec};

    fn find(bytes: &[u8]) -> (Vec<Found>, [u8; BUFFER]) {
        let mut finder = Finder::new();
        let mut buffer = [0; BUFFER];
        let found = bytes.iter().filter_map(|byte| finder.take(*byte, &mut buffer)).collect();
        (found, buffer)
    }

    /// As the chip makes them.
    fn answer(data: &[u8]) -> Vec<u8> {
        let mut frame = [0; BUFFER];
        let (code, rest) = data.split_first().unwrap();
        let length = write(&mut frame, *code, rest, &[]).unwrap();
        let mut frame = frame[..length].to_vec();
        let at = if data.len() < 255 { 5 } else { 8 };
        frame[at] = TO_HOST;
        frame[length - 2] = frame[length - 2].wrapping_sub(1);
        frame
    }

    #[test]
    fn commands_have_the_form_of_the_manual() {
        let mut frame = [0; BUFFER];
        let length = write(&mut frame, 0x02, &[], &[]).unwrap();
        assert_eq!(frame[..length], [0, 0, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0]);
        let length = write(&mut frame, 0x4A, &[0x01], &[0x00]).unwrap();
        assert_eq!(frame[..length], [0, 0, 0xFF, 0x04, 0xFC, 0xD4, 0x4A, 0x01, 0x00, 0xE1, 0]);
        // 255 bytes are the last in a normal frame, 256 the first in an extended one.
        let length = write(&mut frame, 0x40, &[1], &[0; 252]).unwrap();
        assert_eq!((length, &frame[..5]), (262, &[0, 0, 0xFF, 0xFF, 0x01][..]));
        let length = write(&mut frame, 0x40, &[1], &[0; 253]).unwrap();
        assert_eq!(frame[..9], [0, 0, 0xFF, 0xFF, 0xFF, 0x01, 0x00, 0xFF, 0xD4]);
        assert_eq!(length, 266);
        assert_eq!(write(&mut frame, 0x40, &[1], &[0; 262]), Some(275));
        assert_eq!(write(&mut frame, 0x40, &[1], &[0; 263]), None);
        assert_eq!(write(&mut frame[..274], 0x40, &[1], &[0; 262]), None);
    }

    #[test]
    fn frames_are_found_in_noise() {
        let mut bytes = vec![0x55, 0x00, 0x00, 0xFF, 0x00, 0x00, 0xFF, 0x55];
        bytes.extend(ACK);
        bytes.extend([0x00, 0xFF, 0x05]);
        bytes.extend(answer(&[0x03, 0x32, 0x01, 0x06, 0x07]));
        bytes.extend([0xFF, 0x55, 0xFF]);
        bytes.extend([0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00]);
        bytes.extend(NACK);
        let (found, buffer) = find(&bytes);
        assert_eq!(found, [Found::Ack, Found::Answer(6), Found::SyntaxError, Found::Nack]);
        assert_eq!(buffer[1..6], [0x03, 0x32, 0x01, 0x06, 0x07]);
        let long: Vec<u8> = (0..264).map(|at| at as u8).collect();
        let (found, buffer) = find(&answer(&long));
        assert_eq!((found, &buffer[1..265]), (vec![Found::Answer(265)], long.as_slice()));
    }

    #[test]
    fn a_flipped_bit_never_makes_another_answer() {
        let right = answer(&[0x41, 0x00, 0x90, 0x00]);
        for at in 0..right.len() * 8 {
            let mut bytes = right.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let (found, buffer) = find(&bytes);
            for one in found {
                if let Found::Answer(length) = one {
                    assert_eq!(buffer[..length], [0xD5, 0x41, 0x00, 0x90, 0x00], "bit {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_told() {
        let whole = answer(&[0x41, 0x00, 0x01, 0x02, 0x90, 0x00]);
        let mut finder = Finder::new();
        let mut buffer = [0; BUFFER];
        for byte in &whole[..8] {
            assert_eq!(finder.take(*byte, &mut buffer), None);
        }
        assert_eq!(finder.held(), 3);
        assert!(finder.whole().unwrap() >= whole.len());
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_before_a_frame_it_is_found(
            noise in proptest::collection::vec(0x01_u8..=0xFE, 0..40),
            data in proptest::collection::vec(proptest::num::u8::ANY, 1..264),
        ) {
            let mut bytes = noise;
            bytes.extend(answer(&data));
            let (found, buffer) = find(&bytes);
            proptest::prop_assert_eq!(found, vec![Found::Answer(data.len() + 1)]);
            proptest::prop_assert_eq!(&buffer[1..=data.len()], data.as_slice());
        }

        #[test]
        fn anything_may_come(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let (found, _) = find(&bytes);
            for one in found {
                if let Found::Answer(length) = one {
                    proptest::prop_assert!(length <= LONGEST);
                }
            }
        }
    }
}
