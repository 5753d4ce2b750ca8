//! The high speed UART over `embedded-io`.

use super::{Bus, LONG_PREAMBLE};
use crate::error::BusFault;
use embedded_io::{Error as _, ErrorKind, Read, ReadReady, Write, WriteReady};

/// A UART with the traits of `embedded-io`: 8 data bits, no parity, 1 stop bit, 115,200 baud.
#[derive(Debug)]
pub struct SerialIo<U> {
    uart: U,
}

impl<U: Read + ReadReady + Write + WriteReady> SerialIo<U> {
    /// Of a UART that is set up.
    pub const fn new(uart: U) -> Self {
        Self { uart }
    }

    /// The UART.
    pub const fn uart_mut(&mut self) -> &mut U {
        &mut self.uart
    }
}

impl<U: Read + ReadReady + Write + WriteReady> Bus for SerialIo<U> {
    const WAKE: &'static [u8] = LONG_PREAMBLE;
    const WAKE_SOURCE: u8 = 0x10;

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        if !self.uart.write_ready().map_err(|_| BusFault::Other)? {
            return Ok(0);
        }
        match self.uart.write(bytes) {
            Ok(written) => Ok(written),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
            Err(_) => Err(BusFault::Other),
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        if !self.uart.read_ready().map_err(|_| BusFault::Other)? {
            return Ok(0);
        }
        match self.uart.read(room) {
            Ok(0) => Err(BusFault::Other),
            Ok(count) => Ok(count),
            Err(error) => match error.kind() {
                // A damaged byte: its frame is found to be damaged.
                ErrorKind::InvalidData | ErrorKind::Other | ErrorKind::Interrupted => Ok(0),
                _ => Err(BusFault::Other),
            },
        }
    }
}
