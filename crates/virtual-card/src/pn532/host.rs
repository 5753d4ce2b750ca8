//! Frames between the host and the chip (UM0701-02, 6.2.1).

use std::collections::VecDeque;

/// From the host to the chip.
const TO_CHIP: u8 = 0xD4;
/// From the chip to the host.
const TO_HOST: u8 = 0xD5;
/// Bytes of a frame at most, identifier included (UM0701-02, 6.2.1.2).
const LONGEST: usize = 265;

/// What came from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A command: its code and its parameters.
    Command(Vec<u8>),
    /// ACK: what is under way is given up.
    Ack,
    /// NACK: the last answer once more.
    Nack,
}

/// ACK.
pub(super) const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
/// The syntax error.
pub(super) const ERROR: [u8; 8] = [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00];

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// An information frame of the chip; long ones are extended. Without preamble and postamble if the
/// host has set so (UM0701-02, 7.2.9).
pub(super) fn frame(data: &[u8], bare: bool) -> Vec<u8> {
    let length = data.len() + 1;
    let mut frame = if bare { vec![] } else { vec![0x00] };
    frame.extend([0x00, 0xFF]);
    match u8::try_from(length) {
        Ok(length) => frame.extend([length, 0_u8.wrapping_sub(length)]),
        Err(_) => {
            let [high, low] = (length as u16).to_be_bytes();
            frame.extend([0xFF, 0xFF, high, low, 0_u8.wrapping_sub(high.wrapping_add(low))]);
        }
    }
    frame.push(TO_HOST);
    frame.extend_from_slice(data);
    frame.push(0_u8.wrapping_sub(TO_HOST.wrapping_add(sum(data))));
    if !bare {
        frame.push(0x00);
    }
    frame
}

/// Finds frames in what the host sends, whatever stands before, between and after them.
#[derive(Debug, Default)]
pub(super) struct Finder {
    bytes: VecDeque<u8>,
}

impl Finder {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Takes a byte. A frame with a wrong checksum is dropped, as the chip does: no ACK tells the
    /// host (UM0701-02, 6.2.2).
    pub(super) fn take(&mut self, byte: u8) -> Option<Incoming> {
        self.bytes.push_back(byte);
        loop {
            // The start code: 00 FF.
            while !matches!(
                (self.bytes.front(), self.bytes.get(1)),
                (Some(0x00), None | Some(0xFF))
            ) {
                self.bytes.pop_front()?;
            }
            let bytes = self.bytes.make_contiguous();
            match Shape::of(bytes) {
                Shape::Unfinished => return None,
                Shape::Wrong => {
                    self.bytes.pop_front();
                }
                Shape::Whole(length, incoming) => {
                    self.bytes.drain(..length);
                    return Some(incoming);
                }
            }
        }
    }
}

enum Shape {
    Unfinished,
    Wrong,
    Whole(usize, Incoming),
}

impl Shape {
    fn of(bytes: &[u8]) -> Self {
        let (head, length) = match *bytes {
            [_, _, 0x00, 0xFF, ..] => return Self::Whole(4, Incoming::Ack),
            [_, _, 0xFF, 0x00, ..] => return Self::Whole(4, Incoming::Nack),
            [_, _, 0xFF, 0xFF, high, low, check, ..] => {
                if high.wrapping_add(low).wrapping_add(check) != 0 {
                    return Self::Wrong;
                }
                (7, usize::from(u16::from_be_bytes([high, low])))
            }
            [_, _, 0xFF, 0xFF, ..] => return Self::Unfinished,
            [_, _, length, check, ..] => {
                if length.wrapping_add(check) != 0 {
                    return Self::Wrong;
                }
                (4, usize::from(length))
            }
            _ => return Self::Unfinished,
        };
        if !(2..=LONGEST).contains(&length) {
            return Self::Wrong;
        }
        let Some(body) = bytes.get(head..head + length + 1) else { return Self::Unfinished };
        match body {
            [TO_CHIP, data @ .., _] if sum(body) == 0 => {
                Self::Whole(head + length + 1, Incoming::Command(data.to_vec()))
            }
            _ => Self::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bytes: &[u8]) -> Vec<Incoming> {
        let mut finder = Finder::default();
        bytes.iter().filter_map(|byte| finder.take(*byte)).collect()
    }

    /// As a host makes it.
    fn command(data: &[u8], extended: bool) -> Vec<u8> {
        let length = data.len() + 1;
        let mut frame = vec![0x00, 0x00, 0xFF];
        if extended {
            let [high, low] = (length as u16).to_be_bytes();
            frame.extend([0xFF, 0xFF, high, low, 0_u8.wrapping_sub(high.wrapping_add(low))]);
        } else {
            frame.extend([length as u8, 0_u8.wrapping_sub(length as u8)]);
        }
        frame.push(0xD4);
        frame.extend_from_slice(data);
        frame.extend([0_u8.wrapping_sub(sum(data).wrapping_add(0xD4)), 0x00]);
        frame
    }

    #[test]
    fn frames_are_found_in_noise() {
        let long: Vec<u8> = (0..264).map(|at| at as u8).collect();
        let mut bytes = vec![0x55, 0x55, 0x00, 0x00, 0x00];
        bytes.extend(command(&[0x02], false));
        bytes.extend([0xFF, 0x00]);
        bytes.extend(ACK);
        bytes.extend(command(&long, true));
        bytes.extend(command(&[0x14, 1], true));
        bytes.extend([0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00]);
        assert_eq!(
            find(&bytes),
            [
                Incoming::Command(vec![0x02]),
                Incoming::Ack,
                Incoming::Command(long),
                Incoming::Command(vec![0x14, 1]),
                Incoming::Nack,
            ]
        );
    }

    #[test]
    fn a_flipped_bit_never_makes_another_command() {
        let right = command(&[0x40, 1, 2, 3], false);
        for at in 0..right.len() * 8 {
            let mut bytes = right.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            bytes.extend(command(&[0x02], false));
            let found = find(&bytes);
            let meant = Incoming::Command(vec![0x40, 1, 2, 3]);
            assert!(found.iter().all(|one| {
                *one == meant
                    || *one == Incoming::Command(vec![0x02])
                    || !matches!(one, Incoming::Command(_))
            }));
        }
    }

    #[test]
    fn answers_have_the_form_of_the_manual() {
        assert_eq!(
            frame(&[0x03, 0x32, 0x01, 0x06, 0x07], false),
            [0x00, 0x00, 0xFF, 0x06, 0xFA, 0xD5, 0x03, 0x32, 0x01, 0x06, 0x07, 0xE8, 0x00]
        );
        assert_eq!(frame(&[0x15], true), [0x00, 0xFF, 0x02, 0xFE, 0xD5, 0x15, 0x16]);
        let long = frame(&[0; 255], false);
        assert_eq!(long[..9], [0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x01, 0x00, 0xFF, 0xD5]);
        assert_eq!(long.len(), 1 + 2 + 5 + 256 + 1 + 1);
    }
}
