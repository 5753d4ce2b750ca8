//! Faults of the radio: at a frame that a test chooses, or at random from a seed.
//!
//! Nothing here knows protocols: a fault meets frames, whatever they mean.

use std::time::Duration;

use super::frame::Direction;
use crate::Times;

/// What goes wrong with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameEffect {
    /// These bits of it are inverted, counted in etu from its first mark (Type A: from its first
    /// data bit); counted on from the beginning again if it is shorter.
    Flip(Vec<usize>),
    /// It does not arrive.
    Lose,
    /// It arrives so much later. Until its card has sent its own frame, it does not listen.
    Late(Duration),
    /// It breaks off after so many etu.
    Cut(usize),
}

/// A fault of the radio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameFault {
    /// Which way.
    pub direction: Direction,
    /// The frame that it meets: its number in that direction since the field was made, from 0. A
    /// frame counts whether it arrived or not.
    pub at: u64,
    /// What goes wrong.
    pub effect: FrameEffect,
    /// [`Times::Once`]: with that frame. [`Times::Always`]: with every one from there on.
    pub times: Times,
}

impl FrameFault {
    /// A fault of one frame.
    #[must_use]
    pub const fn once(direction: Direction, at: u64, effect: FrameEffect) -> Self {
        Self { direction, at, effect, times: Times::Once }
    }

    /// A fault of every frame from one on.
    #[must_use]
    pub const fn always(direction: Direction, at: u64, effect: FrameEffect) -> Self {
        Self { direction, at, effect, times: Times::Always }
    }

    pub(super) const fn meets(&self, direction: Direction, number: u64) -> bool {
        matches!(
            (self.direction, direction),
            (Direction::ToCard, Direction::ToCard) | (Direction::ToReader, Direction::ToReader)
        ) && match self.times {
            Times::Once => number == self.at,
            Times::Always => number >= self.at,
        }
    }
}

/// What goes wrong at random. Each figure is a probability; the default is none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// A frame has a bit that is inverted, and perhaps more.
    pub flipped: f64,
    /// A frame does not arrive.
    pub lost: f64,
    /// A frame is late by up to [`Noise::latest`].
    pub late: f64,
    /// How late at most.
    pub latest: Duration,
    /// The reader hears something like a frame when nobody sends.
    pub phantom: f64,
    /// The reader hears less than three bytes before the answer: a card at work disturbs the field
    /// (electromagnetic disturbance, ISO/IEC 14443-3, 8).
    pub disturbance: f64,
}
