//! What can go wrong between a host and its readers: which PC/SC call, which code, what to do.
//! Never holds a byte of a command or an answer.

use crate::service::Code;
use kazasu_apdu::transport::{self, ErrorKind};
use std::fmt;

/// A PC/SC call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// SCardGetAttrib.
    Attribute,
    /// SCardBeginTransaction.
    Begin,
    /// SCardCancel.
    Cancel,
    /// SCardConnect.
    Connect,
    /// SCardControl.
    Control,
    /// SCardDisconnect.
    Disconnect,
    /// SCardEndTransaction.
    End,
    /// SCardEstablishContext.
    Establish,
    /// SCardListReaders.
    ListReaders,
    /// SCardReconnect.
    Reconnect,
    /// SCardStatus.
    Status,
    /// SCardGetStatusChange.
    StatusChange,
    /// SCardTransmit.
    Transmit,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Attribute,
        Self::Begin,
        Self::Cancel,
        Self::Connect,
        Self::Control,
        Self::Disconnect,
        Self::End,
        Self::Establish,
        Self::ListReaders,
        Self::Reconnect,
        Self::Status,
        Self::StatusChange,
        Self::Transmit,
    ];

    /// The name in the PC/SC interface, to search for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attribute => "SCardGetAttrib",
            Self::Begin => "SCardBeginTransaction",
            Self::Cancel => "SCardCancel",
            Self::Connect => "SCardConnect",
            Self::Control => "SCardControl",
            Self::Disconnect => "SCardDisconnect",
            Self::End => "SCardEndTransaction",
            Self::Establish => "SCardEstablishContext",
            Self::ListReaders => "SCardListReaders",
            Self::Reconnect => "SCardReconnect",
            Self::Status => "SCardStatus",
            Self::StatusChange => "SCardGetStatusChange",
            Self::Transmit => "SCardTransmit",
        }
    }
}

/// Why a reader or a link could not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The last answer was no whole response APDU, and the card seems to be there: it may have
    /// left and come back unseen. Nothing is sent until [`kazasu_apdu::Transport::reconnect`].
    AnswerCut {
        /// Bytes that came.
        length: usize,
    },
    /// The caller gave up. A call that was under way goes on alone and its result is dropped; then
    /// the card loses its power.
    Cancelled {
        /// During which call.
        operation: Operation,
    },
    /// A call was answered with an error.
    Code {
        /// Which call.
        operation: Operation,
        /// What the service answered.
        code: Code,
    },
    /// The card has no power, because this link took it. Reconnect first.
    Off,
    /// The thread of the PC/SC calls ended unexpectedly.
    Panicked {
        /// During which call.
        operation: Operation,
    },
    /// An earlier call that was given up is still blocked in the service.
    StillBlocked,
    /// The system gave no thread for the PC/SC calls.
    Thread,
    /// A call did not return in time. It goes on alone, and its result is dropped; then the card
    /// loses its power.
    TimedOut {
        /// Which call.
        operation: Operation,
    },
}

impl Error {
    /// The PC/SC code, when a call was answered with one.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Code { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The PC/SC call that failed, if one did.
    #[must_use]
    pub const fn operation(&self) -> Option<Operation> {
        match self {
            Self::Cancelled { operation }
            | Self::Code { operation, .. }
            | Self::Panicked { operation }
            | Self::TimedOut { operation } => Some(*operation),
            _ => None,
        }
    }

    /// The kind, for generic code.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::AnswerCut { .. } => ErrorKind::LinkBroken,
            Self::Cancelled { .. } => ErrorKind::Cancelled,
            // No card is in these calls: what broke is the way to the service. pcsc-lite says of a
            // connection that the service has closed that this user may not use it.
            Self::Code {
                operation: Operation::Establish | Operation::ListReaders | Operation::StatusChange,
                code:
                    Code::CommError | Code::CommDataLost | Code::InvalidHandle | Code::SecurityViolation,
            } => ErrorKind::ServiceDown,
            Self::Code { code, .. } => kind_of(*code),
            Self::Off => ErrorKind::NoCard,
            Self::StillBlocked | Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::Panicked { .. } | Self::Thread => ErrorKind::Other,
        }
    }
}

/// What a code means to generic code.
const fn kind_of(code: Code) -> ErrorKind {
    match code {
        Code::NoService | Code::ServiceStopped | Code::Shutdown | Code::SystemCancelled => {
            ErrorKind::ServiceDown
        }
        Code::NoReadersAvailable => ErrorKind::NoReader,
        Code::UnknownReader | Code::ReaderUnavailable => ErrorKind::ReaderLost,
        Code::SharingViolation => ErrorKind::InUse,
        Code::NoSmartcard => ErrorKind::NoCard,
        Code::RemovedCard => ErrorKind::CardRemoved,
        // Without power it has forgotten as much as after a reset.
        Code::ResetCard | Code::UnpoweredCard => ErrorKind::CardReset,
        Code::Timeout => ErrorKind::TimedOut,
        Code::Cancelled | Code::CancelledByUser => ErrorKind::Cancelled,
        Code::InsufficientBuffer => ErrorKind::BufferTooSmall,
        Code::NotTransacted
        | Code::CommError
        | Code::CommDataLost
        | Code::InvalidHandle
        | Code::UnresponsiveCard => ErrorKind::LinkBroken,
        _ => ErrorKind::Other,
    }
}

/// The code's name in the PC/SC interface, to search for; `None` for the rare ones.
const fn symbol(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::Cancelled => "SCARD_E_CANCELLED",
        Code::CancelledByUser => "SCARD_W_CANCELLED_BY_USER",
        Code::CommDataLost => "SCARD_E_COMM_DATA_LOST",
        Code::CommError => "SCARD_F_COMM_ERROR",
        Code::InsufficientBuffer => "SCARD_E_INSUFFICIENT_BUFFER",
        Code::InternalError => "SCARD_F_INTERNAL_ERROR",
        Code::InvalidHandle => "SCARD_E_INVALID_HANDLE",
        Code::InvalidParameter => "SCARD_E_INVALID_PARAMETER",
        Code::InvalidValue => "SCARD_E_INVALID_VALUE",
        Code::NoAccess => "SCARD_E_NO_ACCESS",
        Code::NoReadersAvailable => "SCARD_E_NO_READERS_AVAILABLE",
        Code::NoService => "SCARD_E_NO_SERVICE",
        Code::NoSmartcard => "SCARD_E_NO_SMARTCARD",
        Code::NotReady => "SCARD_E_NOT_READY",
        Code::NotTransacted => "SCARD_E_NOT_TRANSACTED",
        Code::ProtoMismatch => "SCARD_E_PROTO_MISMATCH",
        Code::ReaderUnavailable => "SCARD_E_READER_UNAVAILABLE",
        Code::RemovedCard => "SCARD_W_REMOVED_CARD",
        Code::ResetCard => "SCARD_W_RESET_CARD",
        Code::SecurityViolation => "SCARD_W_SECURITY_VIOLATION",
        Code::ServiceStopped => "SCARD_E_SERVICE_STOPPED",
        Code::SharingViolation => "SCARD_E_SHARING_VIOLATION",
        Code::Shutdown => "SCARD_P_SHUTDOWN",
        Code::SystemCancelled => "SCARD_E_SYSTEM_CANCELLED",
        Code::Timeout => "SCARD_E_TIMEOUT",
        Code::UnknownReader => "SCARD_E_UNKNOWN_READER",
        Code::UnpoweredCard => "SCARD_W_UNPOWERED_CARD",
        Code::UnresponsiveCard => "SCARD_W_UNRESPONSIVE_CARD",
        Code::UnsupportedCard => "SCARD_W_UNSUPPORTED_CARD",
        Code::UnsupportedFeature => "SCARD_E_UNSUPPORTED_FEATURE",
        _ => return None,
    })
}

/// What to do, where the kind alone does not say it.
const fn advice(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::NoAccess => {
            "this user may not use the smart card service; ask its administrator (on Linux: polkit)"
        }
        Code::SecurityViolation => {
            "the smart card service has just ended, or this user may not use it; try again, then \
             ask its administrator (on Linux: polkit)"
        }
        Code::NoService | Code::ServiceStopped if cfg!(windows) => {
            "the smart card service is not running; it stops by itself while no reader is \
             connected, so connect one"
        }
        Code::ProtoMismatch | Code::UnsupportedCard => {
            "the reader and the card have no protocol in common; this is not a My Number card, or \
             it lies the wrong way"
        }
        Code::UnresponsiveCard => {
            "the card does not answer to a reset; turn it, clean its contacts and place it again"
        }
        Code::UnpoweredCard => "the card lost its power; start again",
        _ => return None,
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerCut { length } => write!(
                f,
                "the card's last answer had {length} bytes and was not whole; the card may have \
                 left for a moment, place it again"
            ),
            Self::Cancelled { operation } => write!(f, "{}: cancelled", operation.name()),
            Self::Code { operation, code } => {
                write!(f, "{}: ", operation.name())?;
                match symbol(*code) {
                    Some(symbol) => f.write_str(symbol)?,
                    None => write!(f, "{code:?}")?,
                }
                write!(f, " ({:#010X}): ", *code as u32)?;
                f.write_str(advice(*code).unwrap_or(self.kind().describe()))
            }
            Self::Panicked { operation } => {
                write!(f, "{}: the thread ended unexpectedly; open the reader again", {
                    operation.name()
                })
            }
            Self::StillBlocked => f.write_str(
                "an earlier call is still blocked in the smart card service; take the card away",
            ),
            Self::Thread => f.write_str("the system gave no thread; close other programs"),
            Self::TimedOut { operation } => {
                write!(f, "{}: {}", operation.name(), ErrorKind::TimedOut.describe())
            }
            Self::Off => f.write_str(self.kind().describe()),
        }
    }
}

impl std::error::Error for Error {}

impl transport::Error for Error {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}

/// Names the call that answered with a code.
pub(crate) trait During<T> {
    /// The code, with the call.
    fn during(self, operation: Operation) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, Code> {
    fn during(self, operation: Operation) -> Result<T, Error> {
        self.map_err(|code| Error::Code { operation, code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_call_the_code_and_what_to_do() {
        let error = Error::Code { operation: Operation::Transmit, code: Code::RemovedCard };
        assert_eq!(
            error.to_string(),
            "SCardTransmit: SCARD_W_REMOVED_CARD (0x80100069): the card was removed; place it \
             again and keep it still"
        );
        assert_eq!(error.kind(), ErrorKind::CardRemoved);
    }

    #[test]
    fn a_call_about_readers_loses_the_service_and_not_a_card() {
        for operation in [Operation::Establish, Operation::ListReaders, Operation::StatusChange] {
            let error = Error::Code { operation, code: Code::CommError };
            assert_eq!(error.kind(), ErrorKind::ServiceDown);
            assert!(error.to_string().ends_with(ErrorKind::ServiceDown.describe()), "{error}");
            // Which of the two it is, the code does not say.
            let error = Error::Code { operation, code: Code::SecurityViolation };
            assert_eq!(error.kind(), ErrorKind::ServiceDown);
            let text = error.to_string();
            assert!(text.contains("has just ended") && text.contains("polkit"), "{text}");
        }
        let error = Error::Code { operation: Operation::Transmit, code: Code::CommError };
        assert_eq!(error.kind(), ErrorKind::LinkBroken);
    }

    #[test]
    fn codes_have_the_kinds_that_callers_act_on() {
        for (code, kind) in [
            (Code::NoService, ErrorKind::ServiceDown),
            (Code::ServiceStopped, ErrorKind::ServiceDown),
            (Code::NoReadersAvailable, ErrorKind::NoReader),
            (Code::UnknownReader, ErrorKind::ReaderLost),
            (Code::ReaderUnavailable, ErrorKind::ReaderLost),
            (Code::SharingViolation, ErrorKind::InUse),
            (Code::NoSmartcard, ErrorKind::NoCard),
            (Code::RemovedCard, ErrorKind::CardRemoved),
            (Code::ResetCard, ErrorKind::CardReset),
            (Code::UnpoweredCard, ErrorKind::CardReset),
            (Code::NotTransacted, ErrorKind::LinkBroken),
            (Code::Timeout, ErrorKind::TimedOut),
            (Code::Cancelled, ErrorKind::Cancelled),
            (Code::NoMemory, ErrorKind::Other),
        ] {
            assert_eq!(kind_of(code), kind, "{code:?}");
        }
    }
}
