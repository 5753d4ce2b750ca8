//! A link to the card on one reader: [`Transport`] over PC/SC.
//!
//! Every PC/SC call runs on a thread of the link's own, with a limit in time. A command is sent at
//! most once. When the presence has ended, nothing is sent until [`Transport::reconnect`]. At the
//! end the card loses its power, so that nobody else can use a PIN that was verified here.

use crate::cancel::Canceller;
use crate::connection::{Answer, Connected, Connection, NOTICE};
use crate::error::{Error, Operation};
use crate::features::{Feature, Features};
use crate::pin_pad::{PinFormat, modify_block, verify_block};
use crate::quirks;
use crate::service::{Code, Protocol, ReaderName, Service, ShareMode};
use crate::worker::{Finishing, Lost, Worker};
use kazasu_apdu::{
    Capabilities, PinEntry, PinPad, PinPadEnd, PowerOff, Response, Status, Transport,
};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::{Zeroize, Zeroizing};

/// How a link behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Who else may use the card meanwhile. Exclusive: nobody. Shared: others may, between two of
    /// this link's commands, and what they do without a reset is not seen; not for PINs.
    pub share: ShareMode,
    /// Longest time for connecting, power-up of the card included.
    pub connect: Duration,
    /// Longest time for one command.
    pub command: Duration,
    /// Longest time that taking the power and dropping the link wait, in all, for a call that was
    /// given up. When a PIN may have been presented since the card got its power, they wait until
    /// the call's own limit has passed too: a card that is left with its power could be used with
    /// that PIN.
    pub close: Duration,
    /// How long another program may hold the card before this link gives up. Services look at a
    /// card that has just come.
    pub in_use: Duration,
    /// How long the holder may take at a PIN pad; whole seconds up to 255.
    pub pin_pad: Duration,
    /// Makes whatever waits return.
    pub canceller: Canceller,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            share: ShareMode::Exclusive,
            connect: Duration::from_secs(5),
            command: Duration::from_secs(10),
            close: Duration::from_millis(1500),
            in_use: Duration::from_secs(1),
            pin_pad: Duration::from_secs(30),
            canceller: Canceller::new(),
        }
    }
}

impl Settings {
    /// Others may use the card between two commands.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.share = ShareMode::Shared;
        self
    }

    /// With this limit for one command.
    #[must_use]
    pub const fn with_command_limit(mut self, limit: Duration) -> Self {
        self.command = limit;
        self
    }

    /// With this limit for connecting.
    #[must_use]
    pub const fn with_connect_limit(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// With this much patience for another program that holds the card.
    #[must_use]
    pub const fn with_in_use_limit(mut self, limit: Duration) -> Self {
        self.in_use = limit;
        self
    }

    /// Given up by this canceller.
    #[must_use]
    pub fn cancelled_by(mut self, canceller: &Canceller) -> Self {
        self.canceller = canceller.clone();
        self
    }
}

/// Which side of the card is used, as far as PC/SC tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interface {
    /// The answer to reset has the form that PC/SC part 3 has contactless readers make up. A
    /// contact card could have it too.
    Contactless,
    /// The answer to reset says nothing about it.
    NotKnown,
}

impl Interface {
    pub(crate) const fn of(atr: &[u8]) -> Self {
        match atr {
            [0x3B, 0x80..=0x8F, 0x80, 0x01, ..] => Self::Contactless,
            _ => Self::NotKnown,
        }
    }
}

/// What PC/SC says of the card on a link. A hint: which card it is, SELECT decides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardInformation {
    /// Answer to reset, 2 to 33 bytes. Contactless readers make it up, some with a random number in
    /// it (docs/card-facts.md §1.2).
    pub atr: Vec<u8>,
    /// T=0 or T=1.
    pub protocol: Protocol,
    /// Contactless, as far as can be told.
    pub interface: Interface,
}

/// Does the presence go on?
#[derive(Clone, Copy, Debug)]
enum Presence {
    Here,
    Ended(Error),
}

/// The thread of the PC/SC calls.
enum Thread {
    At(Worker<Connection, Result<(), Error>>),
    /// A call was given up; the thread ends when it returns. Until then it is waited for, once for
    /// all that may want to.
    Leaving(Finishing<Result<(), Error>>, Until),
    None,
}

/// How long to wait; without a moment for ever, because the limit is that long.
#[derive(Clone, Copy)]
struct Until(Option<Instant>);

impl Until {
    fn after(limit: Duration) -> Self {
        Self(Instant::now().checked_add(limit))
    }

    fn left(self) -> Duration {
        self.0.map_or(Duration::MAX, |moment| moment.saturating_duration_since(Instant::now()))
    }
}

/// A link to the card on one reader.
///
/// Exclusive by default: then no other program can reach the card while the link is connected, and
/// no transaction is needed. When dropped, the card loses its power; that waits at most
/// [`Settings::close`], or for a command that is under way up to its limit if a PIN may have been
/// presented.
pub struct Link {
    service: Arc<dyn Service>,
    reader: ReaderName,
    settings: Settings,
    thread: Thread,
    presence: Presence,
    /// Why the power of the card that was connected last could not be taken.
    powered: Option<Error>,
    /// May the card have taken a PIN since its power was last taken?
    presented: bool,
    information: Option<CardInformation>,
    features: Features,
    /// Lent to the thread for each exchange, and wiped after it.
    buffers: (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>),
}

impl Link {
    /// Connects to the card on `reader`.
    ///
    /// # Errors
    /// [`Error`]; its kind tells whether there is no card, it is in use, the reader is gone, …
    pub fn open(
        service: Arc<dyn Service>,
        reader: &ReaderName,
        settings: Settings,
    ) -> Result<Self, Error> {
        let mut link = Self {
            service,
            reader: reader.clone(),
            settings,
            thread: Thread::None,
            presence: Presence::Ended(Error::Off),
            powered: None,
            presented: false,
            information: None,
            features: Features::default(),
            buffers: Default::default(),
        };
        link.reconnect()?;
        Ok(link)
    }

    /// The reader.
    #[must_use]
    pub const fn reader(&self) -> &ReaderName {
        &self.reader
    }

    /// What PC/SC says of the card, from the last time it was connected.
    #[must_use]
    pub const fn card(&self) -> Option<&CardInformation> {
        self.information.as_ref()
    }

    /// What the reader says of itself.
    #[must_use]
    pub const fn features(&self) -> &Features {
        &self.features
    }

    /// Makes a waiting call of this link return from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.settings.canceller.clone()
    }

    /// Runs `job` on the thread. A call that is given up ends the presence and the thread.
    fn call<R: Send + 'static>(
        &mut self,
        operation: Operation,
        limit: Duration,
        cancellable: bool,
        job: impl FnOnce(&mut Connection) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let Thread::At(worker) = &self.thread else { return Err(Error::StillBlocked) };
        let begun = Instant::now();
        let canceller = cancellable.then_some(&self.settings.canceller);
        let error = match worker.call(limit, canceller, job) {
            Ok(result) => return result,
            Err(Lost::Cancelled) => Error::Cancelled { operation },
            Err(Lost::Panicked) => Error::Panicked { operation },
            Err(Lost::TimedOut) => Error::TimedOut { operation },
        };
        if let Thread::At(worker) = std::mem::replace(&mut self.thread, Thread::None) {
            // Left alone with its power, the card could be used with the PIN.
            let own =
                if self.presented { limit.saturating_sub(begun.elapsed()) } else { Duration::ZERO };
            let until = Until::after(own.saturating_add(self.settings.close));
            self.thread = Thread::Leaving(worker.finish(), until);
        }
        Err(error)
    }

    /// Starts a thread, unless there is one.
    fn start(&mut self) -> Result<(), Error> {
        match &self.thread {
            Thread::At(_) => return Ok(()),
            Thread::Leaving(finishing, until) => {
                // It may hold the card, and its buffers; it comes first.
                let end = finishing.wait(until.left()).ok_or(Error::StillBlocked)?;
                self.presented &= end.is_err();
                self.powered = end.err();
                self.thread = Thread::None;
            }
            Thread::None => {}
        }
        let connection = Connection::new(
            Arc::clone(&self.service),
            self.reader.clone(),
            self.settings.share,
            self.settings.in_use,
        );
        let worker = Worker::start(connection, |mut connection| connection.unpower());
        self.thread = Thread::At(worker.map_err(|_| Error::Thread)?);
        Ok(())
    }

    /// One exchange: `command` out, at most `response.len()` bytes in.
    fn exchange(
        &mut self,
        operation: Operation,
        limit: Duration,
        command: &[u8],
        response: &mut [u8],
        run: impl FnOnce(&mut Connection, &[u8], &mut [u8]) -> Result<Answer, Error> + Send + 'static,
    ) -> Result<usize, Error> {
        if let Presence::Ended(error) = self.presence {
            return Err(error);
        }
        // The thread gets copies: it may outlive this call.
        let (mut out, mut room) = std::mem::take(&mut self.buffers);
        out.clear();
        out.extend_from_slice(command);
        room.resize(response.len(), 0);
        let result = self.call(operation, limit, true, move |connection| {
            let result = run(connection, &out, &mut room);
            Ok((result, out, room))
        });
        let result = result.and_then(|(result, mut out, mut room)| {
            let result = result.and_then(|answer| {
                let bytes = room.get(..answer.length);
                let to = response.get_mut(..answer.length);
                let (Some(bytes), Some(to)) = (bytes, to) else {
                    return Err(Error::Code { operation, code: Code::InsufficientBuffer });
                };
                to.copy_from_slice(bytes);
                Ok(answer)
            });
            // What came is at the front; without an answer anything may lie there.
            let used = result.as_ref().map_or(room.len(), |answer| answer.length);
            room.iter_mut().take(used).for_each(Zeroize::zeroize);
            out.iter_mut().for_each(Zeroize::zeroize);
            self.buffers = (out, room);
            result
        });
        match result {
            Ok(answer) => {
                if !answer.whole {
                    self.presence = Presence::Ended(Error::AnswerCut { length: answer.length });
                }
                Ok(answer.length)
            }
            Err(error) => {
                if error.kind().ends_presence() {
                    self.presence = Presence::Ended(error);
                }
                Err(error)
            }
        }
    }
}

impl Transport for Link {
    type Error = Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        let limit = self.settings.command.saturating_add(NOTICE);
        // Before it goes out: its answer may never come.
        self.presented |= presents(command);
        self.exchange(Operation::Transmit, limit, command, response, Connection::transmit)
    }

    fn transmit_with_pin_pad(
        &mut self,
        template: &[u8],
        entry: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, Error> {
        let entry_limit = self.settings.pin_pad;
        let (feature, digits) = match entry {
            PinEntry::Current { digits } => (Feature::VerifyPinDirect, digits),
            PinEntry::New { digits } => (Feature::ModifyPinDirect, digits),
            _ => return Ok(PinPad::Ended(PinPadEnd::Unsupported)),
        };
        let format = PinFormat::AsciiDigits(digits);
        let Some(code) = self.features.control_code(feature) else {
            return Ok(PinPad::Ended(PinPadEnd::Unsupported));
        };
        if !self.features.takes_pin_of(digits) {
            return Ok(PinPad::Ended(PinPadEnd::Unsupported));
        }
        let block = match feature {
            Feature::ModifyPinDirect => modify_block(template, format, entry_limit),
            _ => verify_block(template, format, entry_limit),
        };
        let limit = entry_limit.saturating_add(self.settings.command).saturating_add(NOTICE);
        self.presented = true;
        let result = self.exchange(Operation::Control, limit, &block, response, move |c, i, o| {
            c.control(code, i, o)
        });
        let length = match result {
            Ok(length) => length,
            Err(Error::Code { code: Code::CancelledByUser, .. }) => {
                // The reader ended the entry; the card was not met.
                self.presence = Presence::Here;
                return Ok(PinPad::Ended(PinPadEnd::Cancelled));
            }
            Err(error) => return Err(error),
        };
        let bytes = response.get(..length).unwrap_or_default();
        Ok(match Response::parse(bytes).ok().and_then(|answer| end_of(answer.status)) {
            Some(end) => PinPad::Ended(end),
            None => PinPad::Answered(length),
        })
    }

    /// What the reader says of extended length; nothing when it does not. T=0 carries none.
    fn capabilities(&self) -> Capabilities {
        let t0 = self.information.as_ref().is_some_and(|card| card.protocol == Protocol::T0);
        let quirk = quirks::find(&self.reader, self.features.usb()).and_then(|q| q.extended_length);
        let passes = if t0 { Some(false) } else { quirk.or(self.features.extended_length()) };
        Capabilities::default()
            .with_extended_length(passes)
            .with_pin_pad(self.features.has_pin_pad())
    }

    /// Disconnects with SCARD_UNPOWER_CARD. It is also done after a fault and when cancelled: then
    /// it waits up to [`Settings::close`] for the call under way, and longer if a PIN may have been
    /// presented.
    fn power_off(&mut self) -> Result<PowerOff, Error> {
        self.presence = Presence::Ended(Error::Off);
        let limit = self.settings.close;
        let result = match &self.thread {
            Thread::At(_) => self.call(Operation::Disconnect, limit, false, Connection::unpower),
            Thread::Leaving(finishing, until) => match finishing.wait(until.left()) {
                Some(result) => {
                    self.thread = Thread::None;
                    result
                }
                None => return Err(Error::StillBlocked),
            },
            Thread::None => Ok(()),
        };
        match result {
            Ok(()) => self.presented = false,
            Err(error) => self.powered = Some(error),
        }
        // A handle that is gone takes nobody's power.
        self.powered.map_or(Ok(PowerOff::Done), Err)
    }

    /// Takes the card's power and connects anew, in a new PC/SC context.
    fn reconnect(&mut self) -> Result<(), Error> {
        self.presence = Presence::Ended(Error::Off);
        let result = self.start().and_then(|()| {
            let limit = self.settings.connect.saturating_add(self.settings.in_use);
            let (unpowered, result) = self.call(Operation::Connect, limit, true, |connection| {
                let unpowered = connection.unpower();
                Ok((unpowered, connection.connect()))
            })?;
            match unpowered {
                Ok(()) => self.presented = false,
                Err(error) => self.powered = Some(error),
            }
            result
        });
        match result {
            Ok(Connected { information, features }) => {
                self.information = Some(information);
                self.features = features;
                // Now there is a handle that can.
                self.powered = None;
                self.presence = Presence::Here;
                Ok(())
            }
            Err(error) => {
                self.presence = Presence::Ended(error);
                Err(error)
            }
        }
    }
}

/// Does this command carry a PIN or a password: VERIFY (INS 20) or CHANGE REFERENCE DATA (INS 24),
/// with data?
const fn presents(command: &[u8]) -> bool {
    matches!(command, [_, 0x20 | 0x24, _, _, _, _, ..])
}

/// Why a PIN pad sent nothing (PC/SC part 10); `None` when the status word is the card's.
const fn end_of(status: Status) -> Option<PinPadEnd> {
    match status.0 {
        0x6400 => Some(PinPadEnd::TimedOut),
        0x6401 => Some(PinPadEnd::Cancelled),
        0x6402 => Some(PinPadEnd::Mismatch),
        0x6403 => Some(PinPadEnd::WrongLength),
        0x6B80 => Some(PinPadEnd::Unsupported),
        _ => None,
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.thread, Thread::None) {
            // The thread takes the card's power as its last deed.
            Thread::At(worker) => drop(worker.finish().wait(self.settings.close)),
            Thread::Leaving(finishing, until) => drop(finishing.wait(until.left())),
            Thread::None => {}
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("reader", &self.reader)
            .field("presence", &self.presence)
            .finish_non_exhaustive()
    }
}
