//! What can go wrong in a slot.

use crate::atr;
use core::fmt;
use kazasu_apdu::transport::{self, ErrorKind};

/// Why there is no answer.
///
/// After every one but [`Error::BufferTooSmall`], [`Error::InvalidCommand`], [`Error::LongCommand`]
/// and [`Error::NotReady`] the slot has taken the card's power ([`Error::Cancelled`] leaves it when the
/// card agreed to give up its chain; see [`crate::Slot::state`]). Begin again with
/// [`crate::Slot::activate`]. The outcome of the command that was under way is unknown then: it is
/// never sent again by itself, and a PIN counter has to be read before another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The card gave up the chain of blocks by S(ABORT request).
    Aborted,
    /// The answer to reset was not understood, also after a warm reset.
    AnswerToReset(atr::Error),
    /// The characters do not stop coming.
    Babble,
    /// The answer is larger than the buffer for it. The card is still active and ready.
    BufferTooSmall,
    /// The caller gave up.
    Cancelled,
    /// The card left.
    CardRemoved,
    /// The card asked for more time than [`crate::Settings::extension_limit`] in one command.
    ExtensionLimit,
    /// The command took longer than [`crate::Settings::exchange_limit`].
    ExchangeLimit,
    /// The card is in specific mode with parameters that it does not tell.
    ImplicitParameters,
    /// The command is no command APDU, or has an INS that T=0 cannot carry. It was not sent.
    InvalidCommand,
    /// The card waits less for a character than [`crate::Settings::latency`] is long, so the blocks
    /// of this reader would come too late (T=1). The board's fault and not the card's. Nothing but
    /// the answer to reset was exchanged.
    Latency,
    /// More than 255 bytes of data for a card with T=0, and no answer asked for: cards differ in what
    /// ends such a command, and the `9000` of one that waits for more looks like success. It was not
    /// sent.
    LongCommand,
    /// The card did not answer the reset, with any class of operating conditions.
    Mute,
    /// The driver said that there is no card when one was to be activated.
    NoCard,
    /// The card offers none of the protocols that the settings allow.
    NoProtocol,
    /// There is no active card, or an exchange is under way. Nothing was sent.
    NotReady,
    /// The card sent more NULL bytes than [`crate::Settings::null_limit`] in one command (T=0).
    NullLimit,
    /// A character had wrong parity and was not repeated rightly (T=0).
    ParityError,
    /// This is no procedure byte (T=0).
    ProcedureByte(u8),
    /// The card does not take the parameters of a PPS exchange and offers no protocol without one.
    Pps,
    /// The blocks were out of step and have been set to the beginning by S(RESYNCH): whether the
    /// card has carried the command out is unknown (T=1).
    Resynchronised,
    /// The answer to reset says something that the standard reserves, at the value that is needed;
    /// or that characters must be as far apart as the card waits for one at most (TC1 and CWT).
    ReservedParameter,
    /// The settings make no sense: no class of operating conditions or none that the board has, a
    /// clock outside 1 to 5 MHz, or an information field size of 0 or 255.
    Settings,
    /// No character came in time (T=0).
    TimedOut,
    /// No error-free block came, after all repetitions and S(RESYNCH) (T=1).
    Unresponsive,
    /// The card says that it accepts none of the classes of [`crate::Settings::classes`].
    UnsupportedClass,
    /// The card is in specific mode with a rate or clock above what the settings allow.
    UnsupportedRate,
}

impl Error {
    /// What happened and what to do, in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Aborted => "the card gave up the transfer; insert it again",
            Self::AnswerToReset(error) => error.kind.describe(),
            Self::Babble => "the line does not fall silent; check the contacts and the wiring",
            Self::BufferTooSmall => "the answer is larger than the buffer; use a larger one",
            Self::Cancelled => "cancelled",
            Self::CardRemoved => "the card was removed; insert it again",
            Self::ExtensionLimit => "the card asks for more time without end; insert it again",
            Self::ExchangeLimit => "the command took too long; insert the card again",
            Self::ImplicitParameters => {
                "the card wants parameters that it does not tell; this card is not usable"
            }
            Self::InvalidCommand => "this is no command that can be sent; correct the caller",
            Self::Latency => {
                "the reader is too slow for this card, which is not at fault; shorten the turn of \
                 the loop, or let the UART queue what is sent"
            }
            Self::LongCommand => {
                "so many bytes without an answer cannot be sent to this card; send less at once"
            }
            Self::Mute => {
                "the card does not answer the reset; check how it lies, clean its contacts"
            }
            Self::NoCard => "there is no card in the slot; insert one",
            Self::NoProtocol => "the card speaks no protocol that is allowed; change the settings",
            Self::NotReady => "no card is active or a command is under way; activate first",
            Self::NullLimit => "the card delays without end; insert it again",
            Self::ParityError => "a character was damaged; clean the contacts, insert it again",
            Self::ProcedureByte(_) => "the card left the protocol; insert it again",
            Self::Pps => "the card refuses its own parameters; this card is not usable",
            Self::Resynchronised => {
                "blocks were lost and the outcome of the command is unknown; read the counters \
                 before anything is repeated"
            }
            Self::ReservedParameter => "the card declares what cannot be; it is not usable",
            Self::Settings => "the settings of the slot make no sense; correct them",
            Self::TimedOut => "the card fell silent; insert it again",
            Self::Unresponsive => {
                "no block arrives undamaged; clean the contacts, insert it again; with every card \
                 alike, look at echo and rate of the line"
            }
            Self::UnsupportedClass => "the card does not take the voltage of this reader",
            Self::UnsupportedRate => "the card insists on a rate that this reader does not have",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerToReset(error) => fmt::Display::fmt(error, f),
            Self::ProcedureByte(byte) => write!(f, "{:02X}: {}", byte, self.describe()),
            _ => f.write_str(self.describe()),
        }
    }
}

impl core::error::Error for Error {}

impl transport::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BufferTooSmall => ErrorKind::BufferTooSmall,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::CardRemoved => ErrorKind::CardRemoved,
            Self::Mute | Self::NoCard => ErrorKind::NoCard,
            Self::ExtensionLimit | Self::ExchangeLimit | Self::NullLimit | Self::TimedOut => {
                ErrorKind::TimedOut
            }
            Self::Aborted
            | Self::AnswerToReset(_)
            | Self::Babble
            | Self::ParityError
            | Self::ProcedureByte(_)
            | Self::Resynchronised
            | Self::Unresponsive => ErrorKind::LinkBroken,
            Self::ImplicitParameters
            | Self::InvalidCommand
            | Self::Latency
            | Self::LongCommand
            | Self::NoProtocol
            | Self::NotReady
            | Self::Pps
            | Self::ReservedParameter
            | Self::Settings
            | Self::UnsupportedClass
            | Self::UnsupportedRate => ErrorKind::Other,
        }
    }
}

impl From<atr::Error> for Error {
    fn from(error: atr::Error) -> Self {
        Self::AnswerToReset(error)
    }
}
