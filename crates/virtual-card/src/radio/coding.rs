//! The bits of a frame between its marks and its bytes, so that noise meets bits and collisions
//! overlap (ISO/IEC 14443-3, 6.2.3 and 7.1).
//!
//! Clean frames pass as bytes; these bits exist only where something went wrong with them.

use super::frame::{Frame, Signal};

/// What a receiver has of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its bytes, as far as they came; CRC included and not checked.
    pub frame: Frame,
    /// A character without its stop bit, a parity that is wrong, or a mark where none should be.
    pub error: Option<ReceiveError>,
    /// Type A: the first bit in which cards differed that sent at once, counted from 0 over the
    /// data bits of the frame.
    pub collision: Option<usize>,
}

/// What is wrong with a frame before its CRC is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveError {
    /// A start bit, a stop bit or a mark is not where it should be.
    Framing,
    /// Type A: a parity bit is wrong.
    Parity,
}

impl From<Frame> for Received {
    fn from(frame: Frame) -> Self {
        Self { frame, error: None, collision: None }
    }
}

/// The levels of a frame, one for each etu.
pub(super) fn encode(frame: &Frame) -> Vec<bool> {
    match frame.signal {
        Signal::TypeB => {
            let mut bits = vec![false; 10];
            bits.extend([true; 2]);
            for byte in &frame.bytes {
                bits.push(false);
                bits.extend((0..8).map(|bit| byte >> bit & 1 == 1));
                bits.push(true);
                bits.extend((0..frame.extra_guard_time).map(|_| true));
            }
            bits.extend([false; 10]);
            bits
        }
        Signal::TypeA | Signal::Felica => {
            let mut bits = Vec::with_capacity(frame.bytes.len() * 9);
            let last = frame.bytes.len().saturating_sub(1);
            for (at, byte) in frame.bytes.iter().enumerate() {
                let from = if at == 0 { frame.skipped_bits } else { 0 };
                let whole = at != last || frame.last_bits == 0;
                let to = if whole { 8 } else { frame.last_bits };
                bits.extend((from..to).map(|bit| byte >> bit & 1 == 1));
                if whole {
                    bits.push(byte.count_ones() % 2 == 0);
                }
            }
            bits
        }
    }
}

/// What a receiver makes of these levels, if `sent` was meant.
pub(super) fn decode(levels: &[bool], sent: &Frame) -> Received {
    match sent.signal {
        Signal::TypeB => decode_type_b(levels, sent),
        Signal::TypeA | Signal::Felica => decode_type_a(levels, sent),
    }
}

fn decode_type_b(levels: &[bool], sent: &Frame) -> Received {
    let mut bytes = Vec::new();
    let mut at = 0;
    let run = |from: usize, level: bool| {
        levels.iter().skip(from).take_while(|one| **one == level).count()
    };
    let mut error = Some(ReceiveError::Framing);
    let mark = run(0, false);
    let rest = run(mark, true);
    if (10..=11).contains(&mark) && rest >= 2 {
        at += mark + rest;
        loop {
            // A character begins at a falling edge; ten low ones are the end.
            let low = run(at, false);
            if low >= 10 {
                error = None;
                break;
            }
            let Some(character) = levels.get(at..at + 10) else { break };
            if character.first() != Some(&false) || character.last() != Some(&true) {
                break;
            }
            let byte = character.iter().skip(1).take(8).rev();
            bytes.push(byte.fold(0, |byte, bit| byte << 1 | u8::from(*bit)));
            at += 10;
            at += run(at, true);
        }
    }
    let frame = Frame { bytes, ..sent.clone() };
    Received { frame, error, collision: None }
}

fn decode_type_a(levels: &[bool], sent: &Frame) -> Received {
    let mut frame = sent.clone();
    let mut error = None;
    let mut at = 0;
    let last = frame.bytes.len().saturating_sub(1);
    let mut came = 0;
    for (index, byte) in frame.bytes.iter_mut().enumerate() {
        let from = if index == 0 { sent.skipped_bits } else { 0 };
        let whole = index != last || sent.last_bits == 0;
        let to = if whole { 8 } else { sent.last_bits };
        let needed = usize::from(to.saturating_sub(from)) + usize::from(whole);
        let Some(part) = levels.get(at..at + needed) else {
            error = Some(ReceiveError::Framing);
            break;
        };
        at += needed;
        let mut value = 0;
        for (bit, level) in (from..to).zip(part) {
            value |= u8::from(*level) << bit;
        }
        // The parity of a byte that was split is that of the whole byte; only its sender knows it.
        if whole && from == 0 && part.last() != Some(&(value.count_ones() % 2 == 0)) {
            error = error.or(Some(ReceiveError::Parity));
        }
        *byte = value;
        came = index + 1;
    }
    frame.bytes.truncate(came);
    Received { frame, error, collision: None }
}

/// Two cards send at once, the second so many etu after the first. The reader sees a mixture.
pub(super) fn collide(first: &Frame, second: &Frame, offset: usize) -> Received {
    let (a, b) = (encode(first), encode(second));
    if first.signal == Signal::TypeA && second.signal == Signal::TypeA && offset == 0 {
        // Where both agree the bit is seen; where not, both halves of the bit are modulated.
        let differs = a.iter().zip(&b).position(|(a, b)| a != b);
        let mut received = Received::from(first.clone());
        let at = differs.unwrap_or_else(|| a.len().min(b.len()));
        if a.len() == b.len() && differs.is_none() {
            return received;
        }
        // The place among data bits: one parity for each whole byte before it.
        let from = usize::from(first.skipped_bits);
        let first_byte = 9 - from;
        let data = if at < first_byte { at } else { at - 1 - (at - first_byte) / 9 };
        received.collision = Some(data);
        return received;
    }
    let length = a.len().max(b.len() + offset);
    let mixed: Vec<bool> = (0..length)
        .map(|at| {
            let other = at.checked_sub(offset).and_then(|at| b.get(at)).copied();
            match (a.get(at).copied(), other) {
                (Some(a), Some(b)) => a ^ b,
                (one, other) => one.or(other).unwrap_or(true),
            }
        })
        .collect();
    decode(&mixed, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radio::frame::BitRate;

    fn frames() -> Vec<Frame> {
        let mut guarded = Frame::with_crc(Signal::TypeB, BitRate::Kbps106, vec![5, 0, 8]);
        guarded.extra_guard_time = 3;
        let mut split = Frame::raw(Signal::TypeA, BitRate::Kbps106, vec![0xA8, 1, 2]);
        split.skipped_bits = 3;
        vec![
            guarded,
            split,
            Frame::short(0x52),
            Frame::raw(Signal::TypeA, BitRate::Kbps106, vec![4, 0]),
            Frame::with_crc(Signal::TypeA, BitRate::Kbps424, (0..200).collect()),
            Frame::with_crc(Signal::TypeB, BitRate::Kbps424, (0..254).collect()),
        ]
    }

    #[test]
    fn every_frame_comes_out_as_it_went_in() {
        for frame in frames() {
            assert_eq!(decode(&encode(&frame), &frame), Received::from(frame));
        }
    }

    #[test]
    fn a_flipped_bit_never_passes_unseen() {
        for frame in frames() {
            let sent = encode(&frame);
            for at in 0..sent.len() {
                let mut levels = sent.clone();
                levels[at] = !levels[at];
                let received = decode(&levels, &frame);
                // A parity that only the sender knows, a longer end, a shorter guard time.
                if received == Received::from(frame.clone()) {
                    let mark = frame.signal == Signal::TypeB;
                    assert!(mark || frame.skipped_bits > 0 && at == 5, "{at} of {frame:?}");
                }
            }
        }
    }

    #[test]
    fn a_frame_that_breaks_off_is_wrong() {
        for frame in frames().iter().filter(|frame| frame.last_bits == 0) {
            let sent = encode(frame);
            for length in 0..sent.len() {
                assert!(decode(&sent[..length], frame).error.is_some(), "{length} of {frame:?}");
            }
        }
    }

    #[test]
    fn two_cards_of_type_a_collide_where_they_differ() {
        let uid = |bytes: [u8; 5]| Frame::raw(Signal::TypeA, BitRate::Kbps106, bytes.to_vec());
        let at = |a, b| collide(&uid(a), &uid(b), 0).collision;
        assert_eq!(at([1, 2, 3, 4, 4], [1, 2, 3, 4, 4]), None);
        assert_eq!(at([0b0001, 2, 3, 4, 4], [0b0101, 2, 3, 4, 0]), Some(2));
        assert_eq!(at([1, 2, 3, 4, 4], [1, 0, 3, 4, 6]), Some(9));
        assert_eq!(at([1, 2, 3, 0x84, 4], [1, 2, 3, 4, 0x84]), Some(31));
    }

    #[test]
    fn two_cards_of_type_b_give_neither() {
        let card = |byte| Frame::with_crc(Signal::TypeB, BitRate::Kbps106, vec![byte; 12]);
        for offset in 0..30 {
            let received = collide(&card(0x50), &card(0x31), offset);
            let bytes = &received.frame.bytes;
            assert!(
                received.error.is_some()
                    || super::super::frame::checked(Signal::TypeB, bytes).is_none()
            );
        }
    }
}
