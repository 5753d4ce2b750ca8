//! What a field and its driver say to each other.

use crate::air::{Framing, Sender};
use crate::frame::Kind;
use crate::rate::{BitRate, Rates};
use crate::{Error, timing};
use kazasu_apdu::time::{Duration, Instant};

/// One frame to be sent and how to wait for the answer. The frame itself is in the buffer that the
/// driver gave to [`crate::Field::step`], checksum included: the front end adds none and checks
/// none. Start and end, the parity bits of Type A and the guard times of Type B are the front end's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Exchange {
    /// Modulation and framing.
    pub kind: Kind,
    /// Bits to be sent, the least significant of each byte first. Not a multiple of eight in two
    /// cases of Type A only: a short frame (7), and anticollision.
    pub bits: u16,
    /// Where the first bit of the answer goes: bit 0 to 7 of the first byte of the buffer. Not 0 in
    /// anticollision of Type A only, where the answer goes on in the middle of a byte.
    pub align: u8,
    /// Bit rate of this frame.
    pub to_card: BitRate,
    /// Bit rate of the answer.
    pub from_card: BitRate,
    /// The frame must not begin earlier.
    pub not_before: Instant,
    /// From the end of the frame, how long to wait for the **start** of the answer.
    pub wait: Duration,
}

impl Exchange {
    /// A frame of so many bits at 106 kbit/s, at once, with this wait: for tests of front ends. The
    /// rest is set by its fields.
    #[must_use]
    pub const fn new(kind: Kind, bits: u16, wait: Duration) -> Self {
        let (to_card, from_card) = (BitRate::Kbps106, BitRate::Kbps106);
        let not_before = Instant::ORIGIN;
        Self { kind, bits, align: 0, to_card, from_card, not_before, wait }
    }

    /// Bytes to be sent, the last of which may be incomplete.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        (self.bits as usize).div_ceil(8)
    }

    /// How long the shortest answer with a checksum lasts, three bytes. What is damaged and over
    /// before that is a disturbance and no answer ([`crate::FrontEnd`]).
    #[must_use]
    pub fn shortest(&self) -> Duration {
        // Without the subcarrier that a card of Type B sends before it.
        let framing = Framing { tr1: 0, ..Framing::default() };
        timing::span(framing.cycles(self.kind, Sender::Card, 24, self.from_card))
    }

    /// Bits of the last byte to be sent, 1 to 8.
    #[must_use]
    pub const fn last_bits(&self) -> u8 {
        match (self.bits % 8) as u8 {
            0 => 8,
            bits => bits,
        }
    }
}

/// What the air brought after a frame. The bits are in the buffer then, the first one at
/// [`Exchange::align`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reception {
    /// A frame of so many bits, checksum included, without parity bits; start, characters, parity
    /// and end are right. A front end that checks and removes the checksum itself puts it back with
    /// [`crate::frame::seal`].
    Frame {
        /// Bits, from the first one received.
        bits: u16,
    },
    /// A bit collision in a frame of Type A, at 106 kbit/s.
    Collision {
        /// Bits received before the first one that collided.
        bits: u16,
    },
    /// Something that is no frame: wrong parity, wrong characters, no end, more than fits the
    /// buffer, a checksum that the front end found wrong.
    Garbled,
    /// Nothing began in time.
    Silence,
}

/// What a front end can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Capabilities {
    /// The bit rates for Type A.
    pub rates_a: Rates,
    /// The bit rates for Type B.
    pub rates_b: Rates,
    /// The largest frame that it can send and receive, in bytes, checksum included.
    pub frame: u16,
}

impl Capabilities {
    /// 106 kbit/s in both types, and frames of so many bytes.
    #[must_use]
    pub const fn new(frame: u16) -> Self {
        Self { rates_a: Rates::ONLY_106, rates_b: Rates::ONLY_106, frame }
    }

    /// With these bit rates in both types.
    #[must_use]
    pub const fn with_rates(mut self, rates: Rates) -> Self {
        self.rates_a = rates;
        self.rates_b = rates;
        self
    }
}

/// What a driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Switch the field on or off.
    Switch(bool),
    /// Send the frame in the buffer and wait for the answer.
    Exchange(Exchange),
    /// Nothing to do before this moment. Give an order or come back then.
    Wait {
        /// The moment.
        until: Instant,
    },
    /// Nothing to do until the next order.
    Idle,
    /// The card is ready for [`crate::Field::transmit`].
    Activated,
    /// The answer is in the buffer for it, so many bytes, status word included.
    Answered(usize),
    /// The card is there: the end of a [`crate::Field::check`].
    Present,
    /// The field is off.
    Deactivated,
    /// What was ordered has failed, or the card that was ready is gone. See [`Error`] for what
    /// remains.
    Failed(Error),
}

/// What a driver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The action was carried out, or the time is over, or there is nothing to tell.
    Ready,
    /// What came of an [`Action::Exchange`].
    Received(Reception),
    /// The front end has failed; nothing is known of the field or the card.
    Lost,
}

/// What a field is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// No field.
    Off,
    /// Something is under way.
    Busy,
    /// A card is active and waits for a command.
    Ready,
}
