//! What a board brings besides the bus: a clock, and perhaps a reset pin.

pub use kazasu_apdu::time::Time;

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
