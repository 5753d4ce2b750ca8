//! What a link to a card offers: the [`Transport`] trait and its error kinds.
//!
//! A link moves whole APDUs. It never interprets a status word, never repeats a command, and
//! never hides that the card was reset or exchanged.
//!
//! # For implementers
//! * One call of [`Transport::transmit`] sends the command **at most once**. When it fails, the
//!   card may or may not have acted; say which [`ErrorKind`] it was and leave the rest to the
//!   caller.
//! * After an error that ends the presence ([`ErrorKind::ends_presence`]), refuse every
//!   `transmit` until [`Transport::reconnect`], even if a card is there again: it may be
//!   another one.
//! * Below this trait belong the link's own repetitions (T=1 blocks, 14443-4 blocks); `61xx` and
//!   `6Cxx` are handled above it and may be passed up.

use core::fmt;

/// Why a link could not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The response buffer, or the link's own, is smaller than the answer.
    BufferTooSmall,
    /// The caller gave up.
    Cancelled,
    /// The card left.
    CardRemoved,
    /// The card was reset, by the reader or by another program; its security status is gone.
    CardReset,
    /// Another program holds the card or the reader.
    InUse,
    /// The exchange broke and the link cannot say more.
    LinkBroken,
    /// There is no card.
    NoCard,
    /// There is no reader.
    NoReader,
    /// The reader was there and is gone.
    ReaderLost,
    /// The service that owns the readers is not running.
    ServiceDown,
    /// No answer in time.
    TimedOut,
    /// Something else; the link's own error has the detail.
    Other,
}

impl ErrorKind {
    /// Does this error end the card presence? Only a buffer that was too small does not: there the
    /// card answered and is still selected.
    #[must_use]
    pub const fn ends_presence(self) -> bool {
        !matches!(self, Self::BufferTooSmall)
    }

    /// What happened and what to do, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::BufferTooSmall => "the answer is larger than the buffer; use a larger one",
            Self::Cancelled => "cancelled",
            Self::CardRemoved => "the card was removed; place it again and keep it still",
            Self::CardReset => "the card was reset by the reader or another program; start again",
            Self::InUse => "another program uses the card; close it and try again",
            Self::LinkBroken => "the exchange with the card broke; place the card again",
            Self::NoCard => "there is no card on the reader; place one",
            Self::NoReader => "there is no card reader; connect one",
            Self::ReaderLost => "the card reader disappeared; check its cable",
            Self::ServiceDown => "the smart card service is not running; start it",
            Self::TimedOut => "the card did not answer in time; place it again",
            Self::Other => "the reader reports a fault",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// An error of a link: its kind for generic code, its type for those who know the link.
pub trait Error: core::error::Error {
    /// The kind.
    fn kind(&self) -> ErrorKind;
}

impl Error for core::convert::Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }
}

/// A link that has nothing to add may use the kind as its error.
impl core::error::Error for ErrorKind {}
impl Error for ErrorKind {
    fn kind(&self) -> ErrorKind {
        *self
    }
}

/// What a link says of itself before the first command. `Default` says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Capabilities {
    /// Does extended length pass? `None`: not known, try it.
    pub extended_length: Option<bool>,
    /// Can [`Transport::transmit_with_pin_pad`] let the holder type a PIN at the reader?
    pub pin_pad: bool,
}

impl Capabilities {
    /// With a statement about extended length.
    #[must_use]
    pub const fn with_extended_length(mut self, passes: Option<bool>) -> Self {
        self.extended_length = passes;
        self
    }

    /// With a statement about a PIN pad.
    #[must_use]
    pub const fn with_pin_pad(mut self, there: bool) -> Self {
        self.pin_pad = there;
        self
    }
}

/// What the holder types at a PIN pad, and the reader puts into the command: the host never has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PinEntry {
    /// The PIN that is valid now, once.
    Current {
        /// Digits that it has.
        digits: u8,
    },
    /// A new PIN, twice.
    New {
        /// Digits that it has.
        digits: u8,
    },
}

/// What came of a command whose PIN was typed at the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PinPad {
    /// The card answered with so many bytes, status word included.
    Answered(usize),
    /// The reader says that it sent nothing.
    Ended(PinPadEnd),
}

/// Why a reader sent no PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PinPadEnd {
    /// The holder pressed the cancel key.
    Cancelled,
    /// The new PIN was not typed the same twice.
    Mismatch,
    /// No key was pressed in time.
    TimedOut,
    /// The link has no PIN pad for this; nobody was asked.
    Unsupported,
    /// It had too few or too many digits.
    WrongLength,
}

impl PinPadEnd {
    /// What happened, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled at the PIN pad",
            Self::Mismatch => "the new PIN was not typed the same twice at the PIN pad",
            Self::TimedOut => "no PIN was typed at the PIN pad in time",
            Self::Unsupported => "the reader has no PIN pad for this; type the PIN at the host",
            Self::WrongLength => "the PIN typed at the PIN pad has too few or too many digits",
        }
    }
}

impl fmt::Display for PinPadEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// What became of the wish to take the card's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PowerOff {
    /// The card has no power; its security status is gone.
    Done,
    /// The link cannot; the card is still powered.
    Unsupported,
}

/// A link to a card: whole APDUs out and in.
pub trait Transport {
    /// The link's error.
    type Error: Error;

    /// Sends one command APDU, at most once, and receives the whole response APDU (data, SW1,
    /// SW2) into `response`. Returns its length in bytes.
    ///
    /// # Errors
    /// When no whole answer came. The card may have acted all the same.
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error>;

    /// As [`Transport::transmit`], with a PIN that the holder types at the reader: the reader puts
    /// it into `template`, a command whose data field is as long as the PIN. The template itself
    /// must never reach the card: its data field is a wrong PIN. Called only when
    /// [`Capabilities::pin_pad`] was declared.
    ///
    /// # Errors
    /// When no whole answer came and the reader does not say why. The card may have acted.
    fn transmit_with_pin_pad(
        &mut self,
        template: &[u8],
        entry: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, Self::Error> {
        let _ = (template, entry, response);
        Ok(PinPad::Ended(PinPadEnd::Unsupported))
    }

    /// What the link says of itself.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Takes the card's power, so that its security status is gone. A warm reset does not count:
    /// some cards keep their status over it (docs/card-facts.md §1.3).
    ///
    /// # Errors
    /// When the link failed; then nothing is known of the card.
    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        Ok(PowerOff::Unsupported)
    }

    /// Begins a new presence: powers or resets the card that is there now.
    ///
    /// # Errors
    /// When there is no card or no reader.
    fn reconnect(&mut self) -> Result<(), Self::Error>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    type Error = T::Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        T::transmit(self, command, response)
    }
    fn transmit_with_pin_pad(
        &mut self,
        template: &[u8],
        entry: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, Self::Error> {
        T::transmit_with_pin_pad(self, template, entry, response)
    }
    fn capabilities(&self) -> Capabilities {
        T::capabilities(self)
    }
    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        T::power_off(self)
    }
    fn reconnect(&mut self) -> Result<(), Self::Error> {
        T::reconnect(self)
    }
}
