//! What a chip must do for this crate: four small traits, of which a driver implements one.
//!
//! * [`FrontEnd`]: a raw radio that blocks. [`crate::Link`] makes a
//!   [`kazasu_apdu::Transport`] of it.
//! * [`PolledFrontEnd`] (feature `nb`): a raw radio that is polled. [`crate::PolledLink`] makes a
//!   [`kazasu_apdu::PolledTransport`] of it.
//! * `AsyncFrontEnd` (feature `async`): a raw radio whose calls are futures. `AsyncLink` makes a
//!   [`kazasu_apdu::AsyncTransport`] of it; with the feature `nb` too, `Paced` makes it of a
//!   `PolledFrontEnd`.
//! * [`CardFrontEnd`]: a chip that does the block protocol itself. [`crate::CardLink`] makes a
//!   [`kazasu_apdu::Transport`] of it.
//!
//! # For implementers
//! * Send each frame exactly once. Repetitions are the engine's: it alone knows what may be
//!   repeated.
//! * Frames carry their checksum. Switch the chip's own off, or put it back on what is received
//!   ([`crate::frame::seal`]) and strip it from what is sent.
//! * What arrives outside an exchange is dropped.
//! * A card at work disturbs the field (electromagnetic disturbance, EMD, ISO/IEC 14443-3 clause 8).
//!   What is damaged and **shorter than a frame of three bytes** ([`Exchange::shortest`]) is such a
//!   disturbance: go on listening for what is left of the waiting time, if the chip can, and report
//!   [`Reception::Garbled`] else. Measure how long the signal lasts, and do not count what was
//!   decoded of it: two cards that speak at once break the first character, so that nothing is
//!   decoded of a signal of 14 bytes. Passed over, they would be [`Reception::Silence`], and two
//!   cards none.
//! * [`Reception::Silence`] is a statement about the air, an error one about the chip. Never report
//!   a chip that fell silent as a card that did.

use crate::field::{Capabilities, Exchange, Reception};
#[cfg(feature = "async")]
use core::future::Future;
use kazasu_apdu::time::{Duration, Instant};
use kazasu_apdu::transport;

/// A raw radio. Every method returns when it is done.
pub trait FrontEnd {
    /// The chip's own error, or that of its bus.
    type Error: transport::Error;

    /// What it can do. The same every time.
    fn capabilities(&self) -> Capabilities;

    /// The moment that is now. Never runs backwards.
    fn now(&mut self) -> Instant;

    /// Returns when the moment has come. Earlier does no harm.
    fn wait(&mut self, until: Instant);

    /// Switches the field on or off.
    ///
    /// # Errors
    /// When the chip did not do it.
    fn switch(&mut self, on: bool) -> Result<(), Self::Error>;

    /// Sends the frame that is at the beginning of `frame`, once, and puts the answer there.
    ///
    /// # Errors
    /// When the chip failed. Nothing is known of the card then.
    fn exchange(&mut self, exchange: &Exchange, frame: &mut [u8])
    -> Result<Reception, Self::Error>;
}

/// A raw radio whose calls are futures.
#[cfg(feature = "async")]
pub trait AsyncFrontEnd {
    /// The chip's own error, or that of its bus.
    type Error: transport::Error;

    /// What it can do. The same every time.
    fn capabilities(&self) -> Capabilities;

    /// The moment that is now. Never runs backwards.
    fn now(&mut self) -> Instant;

    /// Ends when the moment has come. Earlier does no harm.
    fn wait(&mut self, until: Instant) -> impl Future<Output = ()>;

    /// Switches the field on or off.
    ///
    /// # Errors
    /// When the chip did not do it.
    fn switch(&mut self, on: bool) -> impl Future<Output = Result<(), Self::Error>>;

    /// Sends the frame that is at the beginning of `frame`, once and not before
    /// [`Exchange::not_before`], and puts the answer there. After a future that was dropped, any
    /// other call may come: what was under way is given up then.
    ///
    /// # Errors
    /// When the chip failed. Nothing is known of the card then.
    fn exchange(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> impl Future<Output = Result<Reception, Self::Error>>;

    /// Switches the field off at once, where nobody can wait any more: a link was dropped with the
    /// field on. Best effort; a chip that cannot do it without waiting does nothing.
    fn switch_off(&mut self) {}
}

/// A raw radio that is polled: every method returns at once.
#[cfg(feature = "nb")]
pub trait PolledFrontEnd {
    /// The chip's own error, or that of its bus.
    type Error: transport::Error;

    /// What it can do. The same every time.
    fn capabilities(&self) -> Capabilities;

    /// The moment that is now. Never runs backwards.
    fn now(&mut self) -> Instant;

    /// Switches the field on or off. Called with the same `on` until it is done.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] while it is not done.
    fn switch(&mut self, on: bool) -> nb::Result<(), Self::Error>;

    /// Begins to send the frame that is at the beginning of `frame`. The bytes are to be copied, or
    /// taken from the same buffer in [`PolledFrontEnd::poll`].
    ///
    /// # Errors
    /// When the chip failed.
    fn begin(&mut self, exchange: &Exchange, frame: &[u8]) -> Result<(), Self::Error>;

    /// Goes on with it, and puts the answer into `frame`.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] until there is an answer or the waiting time is over.
    fn poll(&mut self, exchange: &Exchange, frame: &mut [u8])
    -> nb::Result<Reception, Self::Error>;
}

impl<F: FrontEnd + ?Sized> FrontEnd for &mut F {
    type Error = F::Error;

    fn capabilities(&self) -> Capabilities {
        F::capabilities(self)
    }
    fn now(&mut self) -> Instant {
        F::now(self)
    }
    fn wait(&mut self, until: Instant) {
        F::wait(self, until);
    }
    fn switch(&mut self, on: bool) -> Result<(), Self::Error> {
        F::switch(self, on)
    }
    fn exchange(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> Result<Reception, Self::Error> {
        F::exchange(self, exchange, frame)
    }
}

#[cfg(feature = "nb")]
impl<F: PolledFrontEnd + ?Sized> PolledFrontEnd for &mut F {
    type Error = F::Error;

    fn capabilities(&self) -> Capabilities {
        F::capabilities(self)
    }
    fn now(&mut self) -> Instant {
        F::now(self)
    }
    fn switch(&mut self, on: bool) -> nb::Result<(), Self::Error> {
        F::switch(self, on)
    }
    fn begin(&mut self, exchange: &Exchange, frame: &[u8]) -> Result<(), Self::Error> {
        F::begin(self, exchange, frame)
    }
    fn poll(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> nb::Result<Reception, Self::Error> {
        F::poll(self, exchange, frame)
    }
}

/// A chip that activates cards and does ISO/IEC 14443-4 itself: whole APDUs go in and out.
pub trait CardFrontEnd {
    /// The chip's own error, or that of its bus.
    type Error: transport::Error;

    /// Resets the field and activates the card that is there, looking for one at most so long.
    ///
    /// # Errors
    /// Of [`transport::ErrorKind::NoCard`] when there is none.
    fn activate(&mut self, limit: Duration) -> Result<(), Self::Error>;

    /// Sends one command APDU, at most once, and receives the whole response APDU. Its length.
    ///
    /// # Errors
    /// When no whole answer came. The card may have acted all the same.
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error>;

    /// Is the card that was activated still there? Does not disturb it.
    ///
    /// # Errors
    /// When the chip failed.
    fn is_present(&mut self) -> Result<bool, Self::Error>;

    /// Switches the field off.
    ///
    /// # Errors
    /// When the chip did not do it.
    fn deactivate(&mut self) -> Result<(), Self::Error>;

    /// Does extended length pass the chip? `None`: not known.
    fn extended_length(&self) -> Option<bool> {
        None
    }
}

impl<F: CardFrontEnd + ?Sized> CardFrontEnd for &mut F {
    type Error = F::Error;

    fn activate(&mut self, limit: Duration) -> Result<(), Self::Error> {
        F::activate(self, limit)
    }
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        F::transmit(self, command, response)
    }
    fn is_present(&mut self) -> Result<bool, Self::Error> {
        F::is_present(self)
    }
    fn deactivate(&mut self) -> Result<(), Self::Error> {
        F::deactivate(self)
    }
    fn extended_length(&self) -> Option<bool> {
        F::extended_length(self)
    }
}
