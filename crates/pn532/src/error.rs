//! What can go wrong, named.

use core::fmt;
use kazasu_apdu::transport::{self, ErrorKind};

/// The bus between host and chip failed, and not the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BusFault {
    /// Nobody acknowledged the address on I2C: the chip sleeps, or is not there.
    NoAcknowledge,
    /// Anything else.
    Other,
}

/// The error code that the chip gives with an answer (UM0701-02, 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Status(pub u8);

impl Status {
    /// No error.
    pub const OK: Self = Self(0x00);
    /// The card did not answer in time.
    pub const TIMEOUT: Self = Self(0x01);
    /// Wrong checksum.
    pub const CRC: Self = Self(0x02);
    /// Wrong parity.
    pub const PARITY: Self = Self(0x03);
    /// A wrong number of bits in anticollision.
    pub const BIT_COUNT: Self = Self(0x04);
    /// Wrong framing.
    pub const FRAMING: Self = Self(0x05);
    /// Bits collided.
    pub const COLLISION: Self = Self(0x06);
    /// The chip's buffer for the host is too small.
    pub const BUFFER: Self = Self(0x07);
    /// The chip's buffer for the air is too small.
    pub const RF_BUFFER: Self = Self(0x09);
    /// There is no field.
    pub const NO_FIELD: Self = Self(0x0A);
    /// The card left the protocol.
    pub const PROTOCOL: Self = Self(0x0B);
    /// The command is not acceptable now: for instance there is no such target.
    pub const NOT_ACCEPTABLE: Self = Self(0x27);

    /// Is it damage on the air?
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(
            self,
            Self::CRC
                | Self::PARITY
                | Self::BIT_COUNT
                | Self::FRAMING
                | Self::COLLISION
                | Self::BUFFER
                | Self::RF_BUFFER
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// Why there is no answer.
///
/// After every one but [`Error::BufferTooSmall`] and [`Error::CommandLength`] the driver has done
/// what it could to switch the field off: the card has forgotten everything, or is out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The chip's answer has not the form of the manual.
    Answer,
    /// The answer of the card is larger than the buffer for it. The card is still active.
    BufferTooSmall,
    /// The bus failed, whatever was repeated.
    Bus(BusFault),
    /// The card is gone: it was active and answers nothing any more.
    CardRemoved,
    /// The card and the chip do not understand each other, with the chip's own code.
    Card(Status),
    /// The command is empty. It was not sent.
    CommandLength,
    /// The frame is longer than the chip takes, 262 bytes. It was not sent.
    FrameLength,
    /// The chip does not answer, and could not be woken or reset; or it fell silent in the middle of
    /// an exchange, whose outcome is unknown.
    NoAnswer,
    /// No card came in time.
    NoCard,
    /// No card is active. Nothing was sent.
    NotReady,
    /// The chip does not know the command or its parameters: not the firmware of the manual.
    Refused,
    /// There are two cards (only with [`crate::Settings::report_two`]).
    TwoCards,
    /// There is a card and it does not speak ISO/IEC 14443-4.
    UnsupportedCard,
    /// Another chip answers: its IC is not 32.
    WrongChip(u8),
}

impl Error {
    /// What happened and what to do, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Answer => "the PN532 answers in another form; check its firmware and the bus",
            Self::BufferTooSmall => "the answer is larger than the buffer; use a larger one",
            Self::Bus(BusFault::NoAcknowledge) => {
                "no PN532 acknowledges on I2C; check its switches, wires and pull-ups"
            }
            Self::Bus(BusFault::Other) => "the bus to the PN532 fails; check its set-up and wires",
            Self::CardRemoved => "the card was taken away; put it back and leave it there",
            Self::Card(Status::TIMEOUT) => "the card did not answer in time; place it again",
            Self::Card(_) => "the exchange with the card broke; hold it still on the reader",
            Self::CommandLength => "the command is empty; correct the caller",
            Self::FrameLength => "the frame is longer than a PN532 takes; use smaller frames",
            Self::NoAnswer => "the PN532 does not answer; check power, wires and its reset pin",
            Self::NoCard => "there is no card on the reader; place one",
            Self::NotReady => "no card is active; activate first",
            Self::Refused => "the PN532 refuses a command; check its firmware",
            Self::TwoCards => "there is more than one card; place one only, without a wallet",
            Self::UnsupportedCard => "this card is of another kind; place the My Number card",
            Self::WrongChip(_) => "the chip that answers is no PN532; connect one",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

impl core::error::Error for Error {}

impl transport::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BufferTooSmall => ErrorKind::BufferTooSmall,
            Self::CardRemoved => ErrorKind::CardRemoved,
            Self::Card(Status::TIMEOUT) => ErrorKind::TimedOut,
            Self::Card(_) => ErrorKind::LinkBroken,
            Self::NoCard | Self::TwoCards | Self::UnsupportedCard => ErrorKind::NoCard,
            Self::Bus(_) | Self::NoAnswer => ErrorKind::ReaderLost,
            Self::WrongChip(_) => ErrorKind::NoReader,
            Self::Answer
            | Self::CommandLength
            | Self::FrameLength
            | Self::NotReady
            | Self::Refused => ErrorKind::Other,
        }
    }
}
