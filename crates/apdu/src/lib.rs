//! Command and response APDUs, the status words, the exchange rules and the sans-IO procedure
//! model of kazasu (ISO/IEC 7816-4).
//!
//! This crate is the vocabulary that every layer shares. It never does I/O, never allocates,
//! never sleeps and never prints: bytes go out through a [`Transport`] that a link implements,
//! time and randomness stay with the caller.
//!
//! * [`Command`], [`Response`], [`Status`]: the APDUs, short and extended, in all four cases.
//! * [`Transport`]: what a link offers. One required exchange, error kinds, power.
//! * [`Procedure`]: an operation on the card as a state machine. It writes the next command,
//!   is given the answer, and ends with a typed output.
//! * [`Channel`]: the exchange rules between the two: `61xx`, `6Cxx`, extended length refused.
//!   It counts, it traces without data, and it knows when a card presence has ended.
//! * [`Session`]: the blocking driver. [`AsyncSession`] and (feature `nb`) `PolledSession`
//!   drive the same procedures through the same channel.
//! * [`time`]: moments and spans as values, for links that keep waiting times.
//!
//! ```
//! use kazasu_apdu::{Command, Format, Response, Status};
//!
//! let select = Command::new(0x00, 0xA4, 0x04, 0x0C).with_data(&[0xD3, 0x92]);
//! let mut bytes = [0; 16];
//! let length = select.encode(&mut bytes, Format::Short)?;
//! assert_eq!(bytes.get(..length), Some(&[0x00, 0xA4, 0x04, 0x0C, 0x02, 0xD3, 0x92][..]));
//!
//! let answer = Response::parse(&[0x63, 0xC2])?;
//! assert_eq!(answer.status.tries_left(), Some(2));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod channel;
mod command;
mod drive;
mod procedure;
mod response;
mod running;
mod status;
pub mod time;
mod trace;
pub mod transport;

pub use channel::{Channel, Counts, ExtendedLength, Presence};
pub use command::{Command, EncodeError, Format, ParseError};
#[cfg(feature = "nb")]
pub use drive::polled::{PolledSession, PolledTransport};
pub use drive::{AsyncSession, AsyncTransport, Session};
pub use procedure::{AnswerError, Event, Fault, Outgoing, Procedure, Sent, Step};
pub use response::{Response, ResponseError};
pub use running::Turn;
pub use status::{Meaning, Status};
pub use trace::{Entry, Trace};
pub use transport::{Capabilities, PinEntry, PinPad, PinPadEnd, PowerOff, Transport};
