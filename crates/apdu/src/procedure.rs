//! Procedures: operations on the card as state machines without I/O.
//!
//! A procedure never transmits, waits or repeats. It is stepped with an [`Event`], asks through
//! [`Outgoing::send`] for one command at a time, and ends with its output.

use crate::channel::Presence;
use crate::command::{Command, EncodeError};
use crate::response::{Response, ResponseError};
use crate::transport::{ErrorKind, PinPadEnd};
use core::fmt;

/// An operation on the card.
///
/// [`crate::Session`], [`crate::AsyncSession`] and `PolledSession` drive any procedure. The first
/// event is [`Event::Start`]; each `Transmit` is followed by exactly one `Answer` or `Failed`;
/// after `Done` the procedure is not stepped again. A procedure must reach `Done` after a
/// bounded number of failures.
pub trait Procedure {
    /// What comes out in the end; mostly a `Result`.
    type Output;

    /// Takes one event and says what to do next.
    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output>;
}

impl<P: Procedure + ?Sized> Procedure for &mut P {
    type Output = P::Output;
    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        P::step(self, event, outgoing)
    }
}

/// What a procedure is told.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Begin.
    Start,
    /// The card answered. At most as many data bytes as the command asked for.
    Answer(Response<'a>),
    /// The exchange failed.
    Failed(Fault),
}

/// What a procedure wants.
#[derive(Debug)]
pub enum Step<T> {
    /// The command given to [`Outgoing::send`] is to be transmitted.
    Transmit(Sent),
    /// The procedure has ended.
    Done(T),
}

/// Proof that a command was given to [`Outgoing::send`].
#[derive(Debug)]
pub struct Sent(pub(crate) ());

/// Where a procedure puts its next command, and what it may know of the channel.
pub struct Outgoing<'c> {
    pub(crate) queue: &'c mut dyn Queue,
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

/// The channel as procedures see it. Without `Debug`: its formatting code would be linked into
/// every firmware.
pub(crate) trait Queue {
    fn put(&mut self, command: &Command<'_>);
    fn most(&self) -> u32;
    fn presence(&self) -> Presence;
    fn wrong_codes(&self) -> u8;
    fn count_wrong_code(&mut self);
}

impl Outgoing<'_> {
    /// Asks for `command` to be transmitted. What keeps it from being written arrives as
    /// [`Event::Failed`] with [`Fault::NotSent`].
    pub fn send<T>(&mut self, command: &Command<'_>) -> Step<T> {
        self.queue.put(command);
        Step::Transmit(Sent(()))
    }

    /// Most data bytes that one answer can bring on this channel, 1 to 65,536.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.queue.most()
    }

    /// The card presence that the next command belongs to.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.queue.presence()
    }

    /// Wrong access codes counted so far: [`crate::Channel::wrong_codes`].
    #[must_use]
    pub fn wrong_codes(&self) -> u8 {
        self.queue.wrong_codes()
    }

    /// Counts one wrong access code.
    pub fn count_wrong_code(&mut self) {
        self.queue.count_wrong_code();
    }
}

/// Why an exchange brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// The bytes that came are no answer to the command. Whether the card acted is unknown.
    Answer(AnswerError),
    /// The link failed. Whether the card acted is unknown.
    Link(ErrorKind),
    /// The presence had already ended, so nothing was sent.
    Ended(ErrorKind),
    /// The command could not be written, so nothing was sent.
    NotSent(EncodeError),
    /// No PIN was typed at the reader, and the reader says that nothing was sent.
    PinPad(PinPadEnd),
}

impl Fault {
    /// Is it certain that the card did not see the command?
    #[must_use]
    pub const fn not_sent(self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Ended(_) | Self::PinPad(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::Link(kind) | Self::Ended(kind) => kind.fmt(f),
            Self::NotSent(error) => error.fmt(f),
            Self::PinPad(end) => end.fmt(f),
        }
    }
}

impl core::error::Error for Fault {}

/// Why bytes are no answer to the command that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AnswerError {
    /// Not a response APDU.
    Malformed(ResponseError),
    /// More data than was asked for.
    TooLong {
        /// Data bytes received.
        length: usize,
        /// Data bytes asked for.
        asked: u32,
    },
    /// The card announces more data (`61xx`) but delivers none.
    Stalled,
    /// The link claims to have written more bytes than the buffer holds.
    BufferOverrun,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::TooLong { length, asked } => write!(
                f,
                "the answer has {length} data bytes where at most {asked} were asked for; \
                 reader or card is faulty, place the card again"
            ),
            Self::Stalled => {
                f.write_str("the card announces more data and delivers none; place the card again")
            }
            Self::BufferOverrun => f.write_str(
                "the link reports more bytes than its buffer holds; its driver is wrong",
            ),
        }
    }
}

impl core::error::Error for AnswerError {}
