//! What a chip must do for this crate: three small traits, of which a driver implements one.
//!
//! * [`FrontEnd`]: a raw radio that blocks. [`crate::Link`] makes a
//!   [`kazasu_apdu::Transport`] of it.
//! * [`PolledFrontEnd`] (feature `nb`): a raw radio that is polled. [`crate::PolledLink`] makes a
//!   [`kazasu_apdu::PolledTransport`] of it.
//! * [`CardFrontEnd`]: a chip that does the block protocol itself. [`crate::CardLink`] makes a
//!   [`kazasu_apdu::Transport`] of it.
//!
//! # For implementers
//! * Send each frame exactly once. Repetitions are the engine's: it alone knows what may be
//!   repeated.
//! * Frames carry their checksum. Switch the chip's own off, or put it back on what is received
//!   ([`crate::frame::seal`]) and strip it from what is sent.
//! * What arrives outside an exchange is dropped.
//! * A card at work disturbs the field. What has fewer than three bytes and is damaged is such a
//!   disturbance (electromagnetic disturbance, EMD, ISO/IEC 14443-3 clause 8): go on listening for
//!   what is left of the waiting time, if the chip can.
//! * [`Reception::Silence`] is a statement about the air, an error one about the chip. Never report
//!   a chip that fell silent as a card that did.

use crate::field::{Capabilities, Exchange, Reception};
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
