//! I2C: the chip says in a ready byte, or by its pin, that a frame waits.

use super::{Bus, Irq, NoIrq};
use crate::error::BusFault;
use embedded_hal::i2c::ErrorKind;

/// The chip's address, of seven bits (UM0701-02, 6.2.4).
pub const ADDRESS: u8 = 0x24;

/// Bytes of a frame that are read at first: the answers to nearly all commands, and of those of a
/// card the short ones. At 400 kHz they take 1 ms.
const WINDOW: usize = 40;

/// The chip on I2C. It stretches the clock: the controller must allow that.
#[derive(Debug)]
pub struct I2c<B, Q = NoIrq> {
    bus: B,
    irq: Q,
    window: usize,
}

impl<B: embedded_hal::i2c::I2c> I2c<B> {
    /// Without a wire from IRQ.
    pub const fn new(bus: B) -> Self {
        Self { bus, irq: NoIrq, window: WINDOW }
    }
}

impl<B: embedded_hal::i2c::I2c, Q: Irq> I2c<B, Q> {
    /// With a wire from IRQ.
    pub const fn with_irq(bus: B, irq: Q) -> Self {
        Self { bus, irq, window: WINDOW }
    }

    /// Reads so many bytes of a frame at first. One that is longer is asked for again by NACK, and
    /// read whole; with [`crate::frame::BUFFER`] that is never needed, and each answer takes as long
    /// as the longest.
    #[must_use]
    pub const fn with_window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// The bus.
    pub const fn bus_mut(&mut self) -> &mut B {
        &mut self.bus
    }
}

fn fault<E: embedded_hal::i2c::Error>(error: E) -> BusFault {
    match error.kind() {
        ErrorKind::NoAcknowledge(_) => BusFault::NoAcknowledge,
        _ => BusFault::Other,
    }
}

impl<B: embedded_hal::i2c::I2c, Q: Irq> Bus for I2c<B, Q> {
    /// Its own address, and a byte that begins nothing.
    const WAKE: &'static [u8] = &[0x00];
    const WAKE_SOURCE: u8 = 0x80;
    /// The ready byte.
    const BEFORE: usize = 1;

    fn window(&self) -> Option<usize> {
        Some(self.window)
    }

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        self.bus.write(ADDRESS, bytes).map(|()| bytes.len()).map_err(fault)
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        let ready = match self.irq.is_raised() {
            Some(raised) => raised,
            None => {
                let mut ready = [0];
                self.bus.read(ADDRESS, &mut ready).map_err(fault)?;
                ready == [0x01]
            }
        };
        if !ready {
            return Ok(0);
        }
        // The ready byte stands before the frame here too; it begins none.
        self.bus.read(ADDRESS, room).map_err(fault)?;
        Ok(if room.first() == Some(&0x01) { room.len() } else { 0 })
    }
}
