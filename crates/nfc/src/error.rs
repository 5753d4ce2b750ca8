//! What can go wrong between a reader and a card, and what to tell the patient.

use core::fmt;
use kazasu_apdu::transport::{self, ErrorKind};

/// Why there is no answer.
///
/// After every one but [`Error::BufferTooSmall`], [`Error::CommandLength`] and [`Error::NotReady`]
/// the field is off and the card has forgotten everything; begin again with
/// [`crate::Field::activate`]. The outcome of the command that was under way is unknown then: it is
/// never sent again by itself, and a PIN counter has to be read before another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A card answered and could not be activated, whatever was repeated.
    Activation,
    /// The answer is larger than the buffer for it. The card is still active and ready.
    BufferTooSmall,
    /// The caller gave up.
    Cancelled,
    /// The card is gone: it was active and answers nothing any more.
    CardRemoved,
    /// The command is empty or longer than the card takes. It was not sent.
    CommandLength,
    /// The card asked for more time than [`crate::Settings::extension_limit`] in one command.
    ExtensionLimit,
    /// The command took longer than [`crate::Settings::exchange_limit`].
    ExchangeLimit,
    /// The front end has failed. It keeps its own error.
    FrontEnd,
    /// No card came into the field within [`crate::Settings::poll_limit`], or there is no further
    /// one.
    NoCard,
    /// There is no active card, or something is under way. Nothing was sent.
    NotReady,
    /// The card answers, undamaged, what the protocol does not allow.
    Protocol,
    /// The buffer for frames is smaller than 16 bytes, or CID is above 14.
    Settings,
    /// More than one card is in the field.
    TwoCards,
    /// Something answers and is damaged, whatever was repeated: the card is at the edge of the
    /// field or moves, or there are several.
    Unreadable,
    /// There is a card and it does not speak ISO/IEC 14443-4.
    UnsupportedCard,
}

/// What to tell the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Advice {
    /// Place the card.
    Place,
    /// Put the card back and leave it there.
    PutBack,
    /// Hold the card still, flat on the reader.
    HoldStill,
    /// One card only: take it out of the wallet.
    OneCard,
    /// This is not the card that is wanted.
    OtherCard,
}

impl Error {
    /// What happened and what to do, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Activation => "the card cannot be activated; hold it still on the reader",
            Self::BufferTooSmall => "the answer is larger than the buffer; use a larger one",
            Self::Cancelled => "cancelled",
            Self::CardRemoved => "the card was taken away; put it back and leave it there",
            Self::CommandLength => "this is no command that the card takes; correct the caller",
            Self::ExtensionLimit => "the card asks for more time without end; place it again",
            Self::ExchangeLimit => "the command took too long; place the card again",
            Self::FrontEnd => "the reader's radio reports a fault; see its own error",
            Self::NoCard => "there is no card on the reader; place one",
            Self::NotReady => "no card is active or a command is under way; activate first",
            Self::Protocol => "the card left the protocol; place it again",
            Self::Settings => "the settings of the field make no sense; correct them",
            Self::TwoCards => "there is more than one card; place one only, without a wallet",
            Self::Unreadable => "what the card sends is damaged; hold it still on the reader",
            Self::UnsupportedCard => "this card is of another kind; place the My Number card",
        }
    }

    /// What to tell the patient; `None` when it is nothing that a patient can change.
    #[must_use]
    pub const fn advice(self) -> Option<Advice> {
        match self {
            Self::NoCard => Some(Advice::Place),
            Self::CardRemoved => Some(Advice::PutBack),
            Self::Activation | Self::Unreadable => Some(Advice::HoldStill),
            Self::TwoCards => Some(Advice::OneCard),
            Self::UnsupportedCard => Some(Advice::OtherCard),
            _ => None,
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
            Self::Cancelled => ErrorKind::Cancelled,
            Self::CardRemoved => ErrorKind::CardRemoved,
            Self::NoCard | Self::TwoCards | Self::UnsupportedCard => ErrorKind::NoCard,
            Self::ExtensionLimit | Self::ExchangeLimit => ErrorKind::TimedOut,
            Self::Activation | Self::Protocol | Self::Unreadable => ErrorKind::LinkBroken,
            Self::CommandLength | Self::FrontEnd | Self::NotReady | Self::Settings => {
                ErrorKind::Other
            }
        }
    }
}
