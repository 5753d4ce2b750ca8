//! SPI in mode 0: the first byte of each transfer says what it is (UM0701-02, 6.2.5).

use super::{Bus, Irq, NoIrq};
use crate::error::BusFault;
use crate::frame::BUFFER;
use embedded_hal::spi::{Operation, SpiDevice};

const DATA_WRITE: u8 = 0x01;
const STATUS_READ: u8 = 0x02;
const DATA_READ: u8 = 0x03;

/// In which order the bus sends the bits of a byte. The chip wants the least significant one first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BitOrder {
    /// The most significant bit first, as most controllers do: the driver turns each byte round.
    #[default]
    MostSignificantFirst,
    /// The least significant bit first: the controller is set up so.
    LeastSignificantFirst,
}

/// The chip on SPI, up to 5 MHz.
#[derive(Debug)]
pub struct Spi<D, Q = NoIrq> {
    device: D,
    irq: Q,
    order: BitOrder,
}

impl<D: SpiDevice> Spi<D> {
    /// Without a wire from IRQ.
    pub const fn new(device: D, order: BitOrder) -> Self {
        Self { device, irq: NoIrq, order }
    }
}

impl<D: SpiDevice, Q: Irq> Spi<D, Q> {
    /// With a wire from IRQ.
    pub const fn with_irq(device: D, order: BitOrder, irq: Q) -> Self {
        Self { device, irq, order }
    }

    /// The device.
    pub const fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// One byte as the bus wants it.
    const fn turned(&self, byte: u8) -> u8 {
        match self.order {
            BitOrder::MostSignificantFirst => byte.reverse_bits(),
            BitOrder::LeastSignificantFirst => byte,
        }
    }

    fn turn(&self, bytes: &mut [u8]) {
        if self.order == BitOrder::MostSignificantFirst {
            for byte in bytes {
                *byte = byte.reverse_bits();
            }
        }
    }

    fn read(&mut self, what: u8, room: &mut [u8]) -> Result<(), BusFault> {
        let what = [self.turned(what)];
        let mut transfer = [Operation::Write(&what), Operation::Read(room)];
        self.device.transaction(&mut transfer).map_err(|_| BusFault::Other)?;
        self.turn(room);
        Ok(())
    }
}

impl<D: SpiDevice, Q: Irq> Bus for Spi<D, Q> {
    /// Chip select alone wakes it; the byte begins nothing.
    const WAKE: &'static [u8] = &[0x00];
    const WAKE_SOURCE: u8 = 0x20;

    /// A frame is read whole: at 1 MHz the longest takes 2.3 ms.
    fn window(&self) -> Option<usize> {
        Some(BUFFER)
    }

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        self.turn(bytes);
        let what = [self.turned(DATA_WRITE)];
        let mut transfer = [Operation::Write(&what), Operation::Write(bytes)];
        self.device.transaction(&mut transfer).map_err(|_| BusFault::Other)?;
        Ok(bytes.len())
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        let ready = match self.irq.is_raised() {
            Some(raised) => raised,
            None => {
                let mut status = [0];
                self.read(STATUS_READ, &mut status)?;
                matches!(status, [status] if status & 0x01 != 0)
            }
        };
        if !ready {
            return Ok(0);
        }
        self.read(DATA_READ, room)?;
        Ok(room.len())
    }
}
