//! How the chip behaves where its manual is silent, and its bad manners when a test wants them.

use std::time::Duration;

use crate::Times;
use crate::radio::BitRate;

/// The behaviour of a [`Pn532`](super::Pn532).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pn532Settings {
    /// IC, version, revision and support of GetFirmwareVersion: `32 01 06 07` is version 1.6.
    pub firmware: [u8; 4],
    /// How long one byte takes on the serial line. 115,200 baud: 86.8 µs.
    pub byte_time: Duration,
    /// From a frame of the host to ACK.
    pub acknowledge_delay: Duration,
    /// From the end of a command to its answer, in addition to what happens on the air.
    pub answer_delay: Duration,
    /// From the first byte on the line to a chip that is awake: the start of its oscillator.
    pub wake_time: Duration,
    /// After reset the field stays off until SAMConfiguration was sent (a public note, SINGLE).
    pub needs_sam_configuration: bool,
    /// The code of the largest frame that the chip takes from a card: FSDI. The manual does not say
    /// which; 5 is 64 bytes.
    pub frame_size_code: u8,
    /// The highest rate, both by InPSL and by register. The manual has codes up to 424 kbit/s.
    pub highest_rate: BitRate,
    /// Does InPSL change the rate of a card of Type B? It would need another activation, and the
    /// manual does not speak of one.
    pub changes_rate_of_type_b: bool,
    /// Slots of the second attempt, as an exponent of 2, when the first of Type B was a collision.
    /// The manual says "timeslot" and not how many.
    pub slots: u8,
    /// Does it ask for halted cards too (WUPA, WUPB)? The manual does not say.
    pub wakes_cards: bool,
    /// Between two attempts of InListPassiveTarget.
    pub poll_pause: Duration,
    /// How often it asks for a block again that did not come.
    pub block_repetitions: u8,
    /// Its answers come in pieces.
    pub pieces: Option<Pieces>,
}

impl Default for Pn532Settings {
    fn default() -> Self {
        Self {
            firmware: [0x32, 0x01, 0x06, 0x07],
            byte_time: Duration::from_nanos(86_806),
            acknowledge_delay: Duration::from_micros(300),
            answer_delay: Duration::from_micros(500),
            wake_time: Duration::from_millis(1),
            needs_sam_configuration: true,
            frame_size_code: 5,
            highest_rate: BitRate::Kbps424,
            changes_rate_of_type_b: false,
            slots: 2,
            wakes_cards: true,
            poll_pause: Duration::from_millis(1),
            block_repetitions: 2,
            pieces: None,
        }
    }
}

/// Answers in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// Bytes of one piece.
    pub size: usize,
    /// Between two pieces.
    pub pause: Duration,
}

/// What the chip does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChipEffect {
    /// The command is executed, and its ACK does not come.
    LoseAck,
    /// The command is executed, and its answer does not come. NACK brings it.
    LoseAnswer,
    /// The command is not heard.
    LoseCommand,
    /// The checksum of the answer is wrong. NACK brings a right one.
    WrongChecksum,
    /// These bytes come before the preamble of the answer.
    Garbage(Vec<u8>),
    /// The answer comes so much later.
    Delay(Duration),
    /// The chip falls silent: from this command on it hears nothing.
    Stop(Until),
}

/// What wakes a chip that fell silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The wake-up sequence, or a reset.
    WakeUp,
    /// A reset.
    Reset,
}

/// A fault of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipFault {
    /// The command that it meets, counted from 1 since the chip was made.
    pub at: u64,
    /// What goes wrong.
    pub effect: ChipEffect,
    /// [`Times::Once`]: with that command. [`Times::Always`]: with every one from there on.
    pub times: Times,
}

impl ChipFault {
    /// A fault of one command.
    #[must_use]
    pub const fn once(at: u64, effect: ChipEffect) -> Self {
        Self { at, effect, times: Times::Once }
    }

    /// A fault of every command from one on.
    #[must_use]
    pub const fn always(at: u64, effect: ChipEffect) -> Self {
        Self { at, effect, times: Times::Always }
    }

    pub(super) const fn meets(&self, number: u64) -> bool {
        match self.times {
            Times::Once => number == self.at,
            Times::Always => number >= self.at,
        }
    }
}
