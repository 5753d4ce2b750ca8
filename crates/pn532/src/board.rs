//! What a board brings besides the bus: a clock, and perhaps a reset pin.

use kazasu_nfc::Instant;

/// A clock to read. Its microseconds never run backwards, and always forwards.
pub trait Time {
    /// The moment that is now.
    fn now(&mut self) -> Instant;

    /// Nothing is to be done before `until`, unless the chip says something. A board may let the
    /// processor sleep here and wake it by the UART or the pin IRQ, or come back after a short
    /// while; returning at once is always right. Called by the blocking style only.
    fn idle(&mut self, until: Instant) {
        let _ = until;
    }
}

/// A function that reads a clock, in microseconds.
impl<F: FnMut() -> u64> Time for F {
    fn now(&mut self) -> Instant {
        Instant::from_micros(self())
    }
}

/// The pin RSTPDN.
pub trait Reset {
    /// Is there a wire to it?
    const WIRED: bool;

    /// Holds the chip in reset, or lets it go.
    fn hold(&mut self, held: bool);
}

/// There is no wire to RSTPDN: a chip that hangs for good is reset by taking its power.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReset;

impl Reset for NoReset {
    const WIRED: bool = false;

    fn hold(&mut self, _: bool) {}
}

/// The pin RSTPDN, which is low in reset.
#[cfg(feature = "embedded-hal")]
#[derive(Debug)]
pub struct ResetPin<P>(pub P);

#[cfg(feature = "embedded-hal")]
impl<P: embedded_hal::digital::OutputPin> Reset for ResetPin<P> {
    const WIRED: bool = true;

    fn hold(&mut self, held: bool) {
        // A pin that does not do it is found out by a chip that does not answer.
        let _ = self.0.set_state((!held).into());
    }
}
