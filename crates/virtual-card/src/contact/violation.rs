//! What a reader does against ISO/IEC 7816-3, as the card sees it.

use std::fmt;

/// A rule that the reader broke. The card goes on as well as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Two characters are nearer to each other than 12 etu and the extra guard time of TC1 (8.3).
    GuardTime,
    /// A block of T=1 begins less than 22 etu after the last start bit of the card (11.4.3).
    BlockGuardTime,
    /// A character begins less than 16 etu after the last start bit of the card (10.2).
    TurnAroundTime,
    /// Two characters of one block are further apart than CWT (11.4.3).
    CharacterWaitingTime,
    /// The reader sends while it is the card's turn.
    OutOfTurn,
    /// RST was low for less than 400 clock cycles (6.2.2, 6.2.3).
    ShortReset,
    /// The supply went before RST was low and CLK stopped (6.4).
    DeactivationOrder,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GuardTime => "characters follow each other too closely",
            Self::BlockGuardTime => "a block came sooner than 22 etu after the card's",
            Self::TurnAroundTime => "a character came sooner than 16 etu after the card's",
            Self::CharacterWaitingTime => "the characters of a block are too far apart",
            Self::OutOfTurn => "a character came while it was the card's turn",
            Self::ShortReset => "RST was low for less than 400 clock cycles",
            Self::DeactivationOrder => "VCC went off before RST was low and CLK stopped",
        })
    }
}
