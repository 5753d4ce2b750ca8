//! The three interfaces of the chip to its host (UM0701-02, 6.2.3 to 6.2.5; data sheet 8.3).

#[cfg(feature = "embedded-hal")]
mod i2c;
#[cfg(feature = "embedded-io-v0.7")]
mod serial_io;
#[cfg(feature = "embedded-hal-nb")]
mod serial_nb;
#[cfg(feature = "embedded-hal")]
mod spi;

#[cfg(feature = "embedded-hal")]
pub use i2c::{ADDRESS, I2c};
#[cfg(feature = "embedded-io-v0.7")]
pub use serial_io::SerialIo;
#[cfg(feature = "embedded-hal-nb")]
pub use serial_nb::SerialNb;
#[cfg(feature = "embedded-hal")]
pub use spi::{BitOrder, Spi};

use crate::error::BusFault;

/// A bus to the chip. No method waits for the chip.
pub trait Bus {
    /// The bytes that wake the chip.
    const WAKE: &'static [u8];

    /// The bit of PowerDown that lets this bus wake the chip (UM0701-02, 7.2.11).
    const WAKE_SOURCE: u8;

    /// Bytes that the bus puts before each frame that is read.
    const BEFORE: usize = 0;

    /// `None`: a stream of bytes. Else frames, of which so many bytes are read at first.
    fn window(&self) -> Option<usize> {
        None
    }

    /// Takes bytes to send, as many as there is room for; a bus that carries frames takes all. What
    /// is in `bytes` afterwards does not matter.
    ///
    /// # Errors
    /// [`BusFault`] when they will never be sent.
    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault>;

    /// What came, as many bytes as there are, at the beginning of `room`: on a bus that carries
    /// frames one in a piece, at most as long as `room` is. 0: nothing yet.
    ///
    /// # Errors
    /// [`BusFault`] for what is no damaged byte.
    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault>;
}

/// The long preamble that wakes the chip on a serial line (UM0701-02, 7.2.11): two bytes that its
/// UART sees as edges, and time for its oscillator.
#[cfg(any(feature = "embedded-hal-nb", feature = "embedded-io-v0.7"))]
const LONG_PREAMBLE: &[u8] = &[0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The pin IRQ, which is low when the chip has something to say. A board without that wire takes
/// [`NoIrq`].
#[cfg(feature = "embedded-hal")]
pub trait Irq {
    /// Has the chip something to say? `None`: no such pin, ask the chip.
    fn is_raised(&mut self) -> Option<bool>;
}

/// There is no wire from the pin IRQ.
#[cfg(feature = "embedded-hal")]
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIrq;

#[cfg(feature = "embedded-hal")]
impl Irq for NoIrq {
    fn is_raised(&mut self) -> Option<bool> {
        None
    }
}

/// The pin IRQ.
#[cfg(feature = "embedded-hal")]
#[derive(Debug)]
pub struct IrqPin<P>(pub P);

#[cfg(feature = "embedded-hal")]
impl<P: embedded_hal::digital::InputPin> Irq for IrqPin<P> {
    /// A pin that cannot be read is no help: the chip is asked.
    fn is_raised(&mut self) -> Option<bool> {
        self.0.is_low().ok()
    }
}
