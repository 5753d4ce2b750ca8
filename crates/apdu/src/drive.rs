//! The drivers: blocking, asynchronous and (feature `nb`) polled. One channel and one set of
//! procedures serve all three.
//!
//! A driver moves bytes between the channel and the link and nothing else. It never repeats a
//! transmission.

use crate::channel::{Channel, Presence};
use crate::procedure::Procedure;
use crate::running::{Running, Stepped, Turn};
use crate::transport::{Capabilities, Error as _, ErrorKind, PinPad, PowerOff, Transport};
use core::fmt;
use core::future::{Future, ready};
use core::pin::pin;
use core::task::{Context, Waker};

/// Drives procedures over a blocking link.
///
/// When it is dropped after a secret went out, the card's power is taken if the link can, so that
/// a verified PIN does not wait for the next program. To see whether that worked, call
/// [`Session::power_off`].
pub struct Session<'b, T: Transport> {
    transport: T,
    channel: Channel<'b>,
    last_error: Option<T::Error>,
}

impl<'b, T: Transport> Session<'b, T> {
    /// A session over a link that is connected to a card.
    pub fn new(transport: T, mut channel: Channel<'b>) -> Self {
        channel.declare(transport.capabilities());
        channel.drive_pin_pad();
        Self { transport, channel, last_error: None }
    }

    /// Runs a procedure to its end.
    pub fn run<P: Procedure + ?Sized>(&mut self, procedure: &mut P) -> P::Output {
        let mut running = Running::new(procedure);
        // It has its output when it has ended, so there is no second turn.
        loop {
            self.drive(&mut running);
            if let Some(output) = running.output {
                return output;
            }
        }
    }

    /// Runs a procedure to its end, whatever its output.
    fn drive(&mut self, running: &mut dyn Stepped) {
        let mut ended = self.channel.begin_running(running);
        while !ended {
            let entry = self.channel.pin_entry();
            let (command, answer) = self.channel.exchange();
            let result = match entry {
                None => self.transport.transmit(command, answer),
                Some(entry) => match self.transport.transmit_with_pin_pad(command, entry, answer) {
                    Ok(PinPad::Answered(length)) => Ok(length),
                    Ok(PinPad::Ended(end)) => {
                        ended = self.channel.pin_pad_ended_running(running, end);
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            let result = result.map_err(|error| {
                let kind = error.kind();
                self.last_error = Some(error);
                kind
            });
            ended = self.channel.answered_running(running, result);
        }
    }

    /// Begins a new card presence.
    ///
    /// # Errors
    /// The link's, when there is no card or no reader.
    pub fn reconnect(&mut self) -> Result<(), T::Error> {
        self.transport.reconnect()?;
        self.channel.begin_presence(self.transport.capabilities());
        Ok(())
    }

    /// Takes the card's power. The presence ends when the link can do it.
    ///
    /// # Errors
    /// The link's; the presence ends all the same, because nothing is known of it any more.
    pub fn power_off(&mut self) -> Result<PowerOff, T::Error> {
        let result = self.transport.power_off();
        ended(&mut self.channel, &result);
        result
    }

    /// The link's last error in its own words, when a procedure ended in a link fault.
    pub fn last_error(&self) -> Option<&T::Error> {
        self.last_error.as_ref()
    }

    /// The channel.
    pub fn channel(&self) -> &Channel<'b> {
        &self.channel
    }

    /// The channel, to change it.
    pub fn channel_mut(&mut self) -> &mut Channel<'b> {
        &mut self.channel
    }

    /// The link.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// The link, to change it. Commands sent past the channel are not counted, traced or guarded.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: Transport> Drop for Session<'_, T> {
    fn drop(&mut self) {
        if self.channel.secret_sent() {
            // Best effort: a drop cannot report.
            let _ = self.transport.power_off();
        }
    }
}

impl<T: Transport + fmt::Debug> fmt::Debug for Session<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("transport", &self.transport)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// What a link made of the wish to take the card's power.
fn ended<E: crate::transport::Error>(channel: &mut Channel<'_>, result: &Result<PowerOff, E>) {
    match result {
        Ok(PowerOff::Done) => channel.powered_off(),
        Ok(PowerOff::Unsupported) => {}
        Err(error) => channel.end_presence(error.kind()),
    }
}

/// A link whose exchange is a future.
///
/// Same contract as [`Transport`]. A future that is dropped before it ends leaves the outcome of
/// its command unknown: end the presence then.
pub trait AsyncTransport {
    /// The link's error.
    type Error: crate::transport::Error;

    /// Sends one command APDU, at most once, and receives the whole response APDU.
    fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> impl Future<Output = Result<usize, Self::Error>>;

    /// Takes the card's power, as [`Transport::power_off`] does: also after an exchange whose future
    /// was dropped. A session that is dropped polls this future once and no more, so a link that can
    /// takes the power before anything that waits.
    fn power_off(&mut self) -> impl Future<Output = Result<PowerOff, Self::Error>> {
        ready(Ok(PowerOff::Unsupported))
    }

    /// What the link says of itself.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }
}

/// Drives procedures over an asynchronous link.
///
/// When a future of [`AsyncSession::run`] is dropped before it ends, the next `run` finds the
/// presence ended: the outcome of the interrupted command is unknown.
///
/// When the session is dropped after a secret went out, the card's power is taken if the link can
/// do it without waiting. Call [`AsyncSession::power_off`] to wait for it, and to see whether it
/// worked.
pub struct AsyncSession<'b, T: AsyncTransport> {
    transport: T,
    channel: Channel<'b>,
    last_error: Option<T::Error>,
    /// The presence in which a command is under way.
    in_flight: Option<Presence>,
}

impl<'b, T: AsyncTransport> AsyncSession<'b, T> {
    /// A session over a link that is connected to a card.
    pub fn new(transport: T, mut channel: Channel<'b>) -> Self {
        channel.declare(transport.capabilities());
        Self { transport, channel, last_error: None, in_flight: None }
    }

    /// Runs a procedure to its end.
    pub async fn run<P: Procedure + ?Sized>(&mut self, procedure: &mut P) -> P::Output {
        // A new presence knows nothing of a command that was given up in an earlier one.
        if self.in_flight.take() == Some(self.channel.presence()) {
            self.channel.end_presence(ErrorKind::Cancelled);
        }
        let mut turn = self.channel.begin(procedure);
        loop {
            match turn {
                Turn::Done(output) => return output,
                Turn::Transmit => {
                    self.in_flight = Some(self.channel.presence());
                    let (command, answer) = self.channel.exchange();
                    let result = self.transport.transmit(command, answer).await;
                    self.in_flight = None;
                    let result = result.map_err(|error| {
                        let kind = crate::transport::Error::kind(&error);
                        self.last_error = Some(error);
                        kind
                    });
                    turn = self.channel.answered(procedure, result);
                }
            }
        }
    }

    /// Takes the card's power. The presence ends when the link can do it.
    ///
    /// # Errors
    /// The link's; the presence ends all the same, because nothing is known of it any more.
    pub async fn power_off(&mut self) -> Result<PowerOff, T::Error> {
        let result = self.transport.power_off().await;
        ended(&mut self.channel, &result);
        result
    }

    /// The link's last error in its own words.
    pub fn last_error(&self) -> Option<&T::Error> {
        self.last_error.as_ref()
    }

    /// The channel.
    pub fn channel(&self) -> &Channel<'b> {
        &self.channel
    }

    /// The channel, to change it: after the link was reconnected, call
    /// [`Channel::begin_presence`].
    pub fn channel_mut(&mut self) -> &mut Channel<'b> {
        &mut self.channel
    }

    /// The link, to change it.
    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }
}

impl<T: AsyncTransport> Drop for AsyncSession<'_, T> {
    fn drop(&mut self) {
        if self.channel.secret_sent() {
            // Best effort: a drop cannot wait and cannot report.
            let power_off = pin!(self.transport.power_off());
            let _ = power_off.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

impl<T: AsyncTransport + fmt::Debug> fmt::Debug for AsyncSession<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSession")
            .field("transport", &self.transport)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// The driver for super loops: every call returns at once.
#[cfg(feature = "nb")]
pub(crate) mod polled {
    use super::{Capabilities, Channel, ErrorKind, PowerOff, Procedure, Turn, ended, fmt};
    use core::convert::Infallible;

    /// A link that is polled.
    pub trait PolledTransport {
        /// The link's error.
        type Error: crate::transport::Error;

        /// Begins to send one command APDU. The bytes are the link's to copy or to keep until
        /// `poll` has answered: they are given again there.
        ///
        /// # Errors
        /// When the link cannot take it.
        fn begin(&mut self, command: &[u8]) -> Result<(), Self::Error>;

        /// Goes on with the exchange. `Ok` with the answer's length when it is complete.
        ///
        /// # Errors
        /// [`nb::Error::WouldBlock`] while it is not.
        fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, Self::Error>;

        /// Takes the card's power, as [`crate::Transport::power_off`] does: at any time, and an
        /// exchange that is under way ends by it. The first call begins, those that follow go on
        /// until it is done. A session that is dropped calls it once and no more, so a link that
        /// can takes the power at the first call.
        ///
        /// # Errors
        /// [`nb::Error::WouldBlock`] while it is not done.
        fn power_off(&mut self) -> nb::Result<PowerOff, Self::Error> {
            Ok(PowerOff::Unsupported)
        }

        /// What the link says of itself.
        fn capabilities(&self) -> Capabilities {
            Capabilities::default()
        }
    }

    /// Drives procedures over a polled link.
    ///
    /// When it is dropped after a secret went out, the card's power is taken if the link can do it
    /// at once. Call [`PolledSession::power_off`] until it is done, and to see whether it worked.
    pub struct PolledSession<'b, T: PolledTransport> {
        transport: T,
        channel: Channel<'b>,
        last_error: Option<T::Error>,
        state: State,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum State {
        Idle,
        Begin,
        Answer,
    }

    impl<'b, T: PolledTransport> PolledSession<'b, T> {
        /// A session over a link that is connected to a card.
        pub fn new(transport: T, mut channel: Channel<'b>) -> Self {
            channel.declare(transport.capabilities());
            Self { transport, channel, last_error: None, state: State::Idle }
        }

        /// Goes on with a procedure. Call it with the same procedure until it returns `Ok`.
        ///
        /// # Errors
        /// Only [`nb::Error::WouldBlock`]; what goes wrong is in the procedure's output.
        pub fn poll<P: Procedure + ?Sized>(
            &mut self,
            procedure: &mut P,
        ) -> nb::Result<P::Output, Infallible> {
            let mut turn = match self.state {
                State::Idle => self.channel.begin(procedure),
                State::Begin | State::Answer => Turn::Transmit,
            };
            loop {
                if let Turn::Done(output) = turn {
                    self.state = State::Idle;
                    return Ok(output);
                }
                if self.state == State::Idle {
                    self.state = State::Begin;
                }
                let (command, answer) = self.channel.exchange();
                let begun = match self.state {
                    State::Begin => self.transport.begin(command),
                    State::Idle | State::Answer => Ok(()),
                };
                let result = match begun {
                    Ok(()) => {
                        self.state = State::Answer;
                        match self.transport.poll(command, answer) {
                            Ok(length) => Ok(length),
                            Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                            Err(nb::Error::Other(error)) => Err(error),
                        }
                    }
                    Err(error) => Err(error),
                };
                let result = result.map_err(|error| {
                    let kind: ErrorKind = crate::transport::Error::kind(&error);
                    self.last_error = Some(error);
                    kind
                });
                self.state = State::Begin;
                turn = self.channel.answered(procedure, result);
            }
        }

        /// The link's last error in its own words.
        pub fn last_error(&self) -> Option<&T::Error> {
            self.last_error.as_ref()
        }

        /// Abandons the running procedure. The outcome of its last command is unknown, so the
        /// presence ends.
        pub fn abandon(&mut self) {
            if self.state != State::Idle {
                self.state = State::Idle;
                self.channel.end_presence(ErrorKind::Cancelled);
            }
        }

        /// Takes the card's power, and abandons a procedure that is running. Call it until it no
        /// longer blocks. The presence ends when the link can do it.
        ///
        /// # Errors
        /// [`nb::Error::WouldBlock`] while it is not done; else the link's. The presence ends all
        /// the same, because nothing is known of it any more.
        pub fn power_off(&mut self) -> nb::Result<PowerOff, T::Error> {
            self.abandon();
            let result = match self.transport.power_off() {
                Ok(done) => Ok(done),
                Err(nb::Error::Other(error)) => Err(error),
                Err(nb::Error::WouldBlock) => {
                    self.channel.end_presence(ErrorKind::Cancelled);
                    return Err(nb::Error::WouldBlock);
                }
            };
            ended(&mut self.channel, &result);
            result.map_err(nb::Error::Other)
        }

        /// The channel.
        pub fn channel(&self) -> &Channel<'b> {
            &self.channel
        }

        /// The channel, to change it: after the link was reconnected, call
        /// [`Channel::begin_presence`].
        pub fn channel_mut(&mut self) -> &mut Channel<'b> {
            &mut self.channel
        }

        /// The link, to change it.
        pub fn transport_mut(&mut self) -> &mut T {
            &mut self.transport
        }
    }

    impl<T: PolledTransport> Drop for PolledSession<'_, T> {
        fn drop(&mut self) {
            if self.channel.secret_sent() {
                // Best effort: a drop cannot wait and cannot report.
                let _ = self.transport.power_off();
            }
        }
    }

    impl<T: PolledTransport + fmt::Debug> fmt::Debug for PolledSession<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("PolledSession")
                .field("transport", &self.transport)
                .field("channel", &self.channel)
                .field("state", &self.state)
                .finish_non_exhaustive()
        }
    }
}
