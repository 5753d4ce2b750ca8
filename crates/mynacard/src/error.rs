//! What can go wrong with a procedure. Errors carry the operation, the status word and lengths;
//! never a data field.

use crate::application::Application;
use crate::counter::Reference;
use core::fmt;
use kazasu_apdu::{Fault, Status};

/// The command that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Operation {
    /// CHANGE REFERENCE DATA.
    Change,
    /// GET DATA.
    GetData,
    /// 特定機関認証: `80 A2`, or what a provider sends after it.
    InstitutionAuthentication,
    /// INTERNAL AUTHENTICATE.
    InternalAuthenticate,
    /// READ BINARY.
    ReadBinary,
    /// READ RECORD.
    ReadRecord,
    /// VERIFY without data: the counter.
    ReadTries,
    /// SELECT by application identifier.
    SelectApplication,
    /// SELECT by file identifier.
    SelectFile,
    /// COMPUTE DIGITAL SIGNATURE.
    Sign,
    /// VERIFY.
    Verify,
}

impl Operation {
    /// The standard's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "CHANGE REFERENCE DATA",
            Self::GetData => "GET DATA",
            Self::InstitutionAuthentication => "institution authentication (80 A2)",
            Self::InternalAuthenticate => "INTERNAL AUTHENTICATE",
            Self::ReadBinary => "READ BINARY",
            Self::ReadRecord => "READ RECORD",
            Self::ReadTries => "VERIFY (tries left)",
            Self::SelectApplication | Self::SelectFile => "SELECT",
            Self::Sign => "COMPUTE DIGITAL SIGNATURE",
            Self::Verify => "VERIFY",
        }
    }
}

/// Why a procedure without a secret ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A PIN is still verified from an earlier session and the card does not let it go, so the
    /// counter cannot be read.
    AlreadyVerified,
    /// The presence in which the evidence was won has ended.
    EvidenceExpired,
    /// The exchange failed.
    Exchange {
        /// Which command.
        operation: Operation,
        /// How.
        fault: Fault,
    },
    /// The file is not what it should be.
    File(FileError),
    /// The card says that more tries are left than a fresh counter has, so this is not the counter.
    ImpossibleTries {
        /// Whose.
        reference: Reference,
        /// What the card said.
        left: u8,
    },
    /// The answer is longer than a short Le can ask for, and the card, the link or the channel's buffer
    /// takes nothing longer.
    NeedsExtendedLength {
        /// Which command.
        operation: Operation,
    },
    /// The card has no such application.
    NoApplication {
        /// Which.
        application: Application,
    },
    /// The card answered with a status word that refuses the command.
    Status {
        /// Which command.
        operation: Operation,
        /// Its answer.
        status: Status,
    },
    /// The signature does not have 256 bytes.
    WrongSignatureLength {
        /// Bytes received.
        length: usize,
    },
}

impl Error {
    /// The status word, when the card gave one.
    #[must_use]
    pub const fn status(&self) -> Option<Status> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The fault of the exchange, when there was one.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        match self {
            Self::Exchange { fault, .. } => Some(*fault),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyVerified => f.write_str(
                "a PIN is still verified from an earlier session; take the card away and place it \
                 again",
            ),
            Self::EvidenceExpired => {
                f.write_str("the card left or was reset in between; start again from the beginning")
            }
            Self::Exchange { operation, fault } => write!(f, "{}: {fault}", operation.name()),
            Self::File(error) => error.fmt(f),
            Self::NeedsExtendedLength { operation } => write!(
                f,
                "{}: the answer needs extended length, which the card, the link or the answer \
                 buffer does not have; nothing else gives it",
                operation.name()
            ),
            Self::NoApplication { application: Application::Jpki } => f.write_str(
                "this is not a My Number card: it has no JPKI application; place another card",
            ),
            Self::ImpossibleTries { reference, left } => write!(
                f,
                "the card says that {left} tries are left where there are never more than {}; no \
                 try was used, do not use this card or this link",
                reference.tries()
            ),
            Self::NoApplication { application } => write!(
                f,
                "the card does not have the application {}; a phone has that of the JPKI only, so use the \
                 card itself",
                application.name()
            ),
            Self::Status { operation: Operation::SelectFile, status: Status::NOT_FOUND } => {
                f.write_str(
                    "SELECT: the card answered 6A82: it does not have this file; test cards and phones \
                     lack some, use another card",
                )
            }
            Self::Status { operation, status } => {
                write!(f, "{}: the card answered {status:?}", operation.name())
            }
            Self::WrongSignatureLength { length } => write!(
                f,
                "the card's signature has {length} bytes where an RSA-2048 key gives 256; \
                 place the card again"
            ),
        }
    }
}

impl core::error::Error for Error {}

/// Why a file could not be read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FileError {
    /// It does not begin with the object that belongs there: nothing was written to it, or the
    /// answer is corrupt.
    Content,
    /// It ends before its object does.
    Ended {
        /// Bytes read.
        at: usize,
        /// Bytes that its object has.
        expected: usize,
    },
    /// Its object is longer than a file can be (32,768 bytes).
    TooLong {
        /// Bytes that the object claims.
        length: usize,
    },
    /// The sink cannot hold it.
    SinkFull {
        /// Bytes that the object has.
        needed: usize,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content => f.write_str(
                "the file on the card does not hold what belongs there; if it happens again, the \
                 card has no such certificate or record",
            ),
            Self::Ended { at, expected } => write!(
                f,
                "the file on the card ends after {at} of {expected} bytes; place the card again"
            ),
            Self::TooLong { length } => write!(
                f,
                "the file on the card claims {length} bytes, more than a file can have; \
                 place the card again"
            ),
            Self::SinkFull { needed } => {
                write!(f, "the file on the card has {needed} bytes, more than the buffer given")
            }
        }
    }
}

impl core::error::Error for FileError {}
