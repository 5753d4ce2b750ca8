//! What is wrong with an answer to reset.

use core::fmt;

/// What is wrong, and at which byte; TS is byte 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Error {
    /// What.
    pub kind: ErrorKind,
    /// Where: the index of the byte, TS is 0.
    pub position: u8,
}

/// What is wrong with an answer to reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The exclusive or of T0 to TCK is not zero.
    CheckByte,
    /// A character had wrong parity or framing.
    Garbled,
    /// The first character is neither `3B` nor `3F`.
    InitialCharacter,
    /// TD1 names T=15, which is no protocol.
    NoProtocol,
    /// It would have more than 32 characters after TS.
    TooLong,
    /// There are bytes after its end.
    Trailing,
    /// It ends before its end.
    Truncated,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, position: usize) -> Self {
        Self { kind, position: u8::try_from(position).unwrap_or(u8::MAX) }
    }
}

impl ErrorKind {
    /// What it is and what to do, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::CheckByte => "the check byte is wrong; clean the contacts and insert again",
            Self::Garbled => "a character was damaged; clean the contacts and insert again",
            Self::InitialCharacter => {
                "the first character is neither 3B nor 3F; check clock, rate and parity, and how \
                 the card lies"
            }
            Self::NoProtocol => {
                "the first protocol is T=15, which is none; this card is not usable"
            }
            Self::TooLong => "more than 32 characters follow the first; this card is not usable",
            Self::Trailing => "there are bytes after its end; check the line for echoes",
            Self::Truncated => "it ends early; clean the contacts and insert again",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answer to reset, byte {}: {}", self.position, self.kind.describe())
    }
}

impl core::error::Error for Error {}
