//! A raw radio before the field: it sends a frame, listens, and tells what it made of what it heard.
//!
//! It knows no protocol: neither checksums nor commands.

use std::time::Duration;

use super::field::{Field, Heard};
use super::frame::{BitRate, Frame, Signal};
use crate::Responder;

/// How a raw radio listens after it has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The rate of the answer.
    pub rate: BitRate,
    /// Where its first bit goes: 0 to 7 of the first byte.
    pub align: u8,
    /// From the end of what was sent to the beginning of the answer.
    pub wait: Duration,
    /// What is damaged and over before that is a disturbance and no answer: it goes on listening.
    pub shortest: Duration,
}

/// What a raw radio makes of what it heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// Nothing began in time.
    Silence,
    /// Something that is no frame, or more than there is room for.
    Garbled,
    /// So many bits, before the first in which two cards of Type A differ.
    Collision(usize),
    /// A frame of so many bits.
    Frame(usize),
}

impl<R: Responder> Field<R> {
    /// Sends a frame at this time and puts what comes into `room`; also, when it is over.
    pub fn exchange(
        &mut self,
        frame: &Frame,
        at: Duration,
        listening: Listening,
        room: &mut [u8],
    ) -> (Caught, Duration) {
        let sent = self.transmit(frame, at);
        let until = sent + listening.wait;
        let mut from = sent;
        loop {
            let Some(heard) = self.listen(from, until) else { return (Caught::Silence, until) };
            // By its length on the air: two cards at once break the first character, and are long.
            let length = heard.ends.saturating_sub(heard.begins);
            if heard.received.error.is_none() || length >= listening.shortest {
                return (catch(&heard, frame.signal, listening, room), heard.ends);
            }
            from = heard.ends;
        }
    }
}

fn catch(heard: &Heard, signal: Signal, listening: Listening, room: &mut [u8]) -> Caught {
    let received = &heard.received;
    let came = &received.frame;
    let expected = came.signal == signal && came.rate == listening.rate;
    let Some(room) = room.get_mut(..came.bytes.len()) else { return Caught::Garbled };
    if received.error.is_some() || !expected {
        return Caught::Garbled;
    }
    // The first bit goes where it was asked for, whatever card thought that it was asked.
    let (from, to) = (usize::from(came.skipped_bits), usize::from(listening.align));
    if from == to {
        room.copy_from_slice(&came.bytes);
    } else {
        room.fill(0);
        for bit in 0..came.data_bits() {
            let level =
                came.bytes.get((from + bit) / 8).map_or(0, |byte| byte >> ((from + bit) % 8) & 1);
            if let Some(byte) = room.get_mut((to + bit) / 8) {
                *byte |= level << ((to + bit) % 8);
            }
        }
    }
    match received.collision {
        Some(bits) => Caught::Collision(bits),
        None => Caught::Frame(came.data_bits()),
    }
}
