//! What the reader did that the standard forbids.

use std::time::Duration;

/// What a card saw its reader do against ISO/IEC 14443.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A frame began before the card may be spoken to again (14443-3, 6.2.1.2 and 7.1.6), or before
    /// the start-up frame guard time was over (14443-4, 5.2.5).
    TooEarly,
    /// A frame came though the card still had time to answer.
    Impatient,
    /// A frame was longer than the card said it takes.
    FrameTooLong,
    /// A new I-block had the number of the one before it (14443-4, 7.5.4.2).
    BlockNumber,
    /// An R-block that asks for nothing, or an S(WTX) response that nobody asked for.
    UnexpectedBlock,
    /// The response to S(WTX) names another multiplier than was asked for (14443-4, 7.3).
    WrongMultiplier,
    /// A new command before the one before it was answered.
    OutOfTurn,
    /// A bit rate, or a combination of two, that the card did not declare.
    UndeclaredRate,
    /// Type B: the protocol type of ATTRIB is not that of ATQB; reserved bits are set.
    WrongParameter,
    /// The field was off for less than 5 ms (14443-3, 5.3).
    ShortFieldOff,
}

/// A list that somebody looks at; a hostile reader must not fill the memory.
const MOST: usize = 1000;

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Rules {
    noted: Vec<Violation>,
    /// No frame may begin before.
    pub(super) quiet_until: Duration,
    /// The guard time after the next frame of the card, if it is longer than usual: the start-up
    /// frame guard time.
    pub(super) start_up_guard: Duration,
}

impl Rules {
    pub(super) fn note(&mut self, violation: Violation) {
        if self.noted.len() < MOST {
            self.noted.push(violation);
        }
    }

    pub(super) fn noted(&self) -> &[Violation] {
        &self.noted
    }
}
