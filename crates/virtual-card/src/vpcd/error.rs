//! What can go wrong between a card and vpcd. A card's answer is never an error here.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a card is not, or no longer, in a slot of vpcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The answer of the card does not fit the protocol, which announces at most 65,535 bytes.
    AnswerTooLong {
        /// Bytes of the answer, status word included.
        length: usize,
    },
    /// The text is no address of the form `HOST:PORT`, or the host has none.
    BadAddress,
    /// vpcd closed the connection: its pcscd ended, or it threw the card out, as it does when a client
    /// sends a command of 65,536 bytes.
    Closed,
    /// The connection broke.
    Connection {
        /// What the operating system says.
        kind: io::ErrorKind,
    },
    /// A message of 0 bytes, which the protocol does not have: this is not vpcd.
    EmptyMessage,
    /// Nobody listens there.
    Refused {
        /// The address that was tried last.
        address: SocketAddr,
    },
    /// The connection was closed in the middle of a message.
    Truncated,
    /// A message of one byte that is no control of the protocol: this is not vpcd.
    UnknownControl(u8),
    /// The address cannot be reached.
    Unreachable {
        /// The address that was tried last.
        address: SocketAddr,
        /// What the operating system says.
        kind: io::ErrorKind,
    },
}

impl Error {
    pub(super) fn of_connection(source: &io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected => Self::Closed,
            kind => Self::Connection { kind },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerTooLong { length } => {
                write!(f, "an answer of {length} bytes does not pass through vpcd (65535 at most)")
            }
            Self::BadAddress => f.write_str("the address of vpcd is no HOST:PORT that exists"),
            Self::Closed => f.write_str(
                "vpcd closed the connection; see whether its pcscd still runs and no command was \
                 longer than 65535 bytes, and insert the card again",
            ),
            Self::Connection { kind } => {
                write!(f, "the connection to vpcd broke ({kind}); insert the card again")
            }
            Self::EmptyMessage => f.write_str(
                "a message of 0 bytes is not of vpcd's protocol; check that vpcd listens there",
            ),
            Self::Refused { address } => write!(
                f,
                "nothing listens at {address}; start pcscd with the vpcd driver on that port",
            ),
            Self::Truncated => f.write_str(
                "vpcd closed the connection in the middle of a message; see whether its pcscd \
                 still runs, and insert the card again",
            ),
            Self::UnknownControl(control) => write!(
                f,
                "control {control:02X} is not of vpcd's protocol; check that vpcd listens there",
            ),
            Self::Unreachable { address, kind } => {
                write!(f, "{address} cannot be reached ({kind})")
            }
        }
    }
}

impl std::error::Error for Error {}
