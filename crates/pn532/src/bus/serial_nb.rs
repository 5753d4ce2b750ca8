//! The high speed UART over `embedded-hal-nb`.

use super::{Bus, LONG_PREAMBLE};
use crate::error::BusFault;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{Error as _, ErrorKind, Read, Write};

/// A UART with the traits of `embedded-hal-nb`: 8 data bits, no parity, 1 stop bit, 115,200 baud.
#[derive(Debug)]
pub struct SerialNb<U> {
    uart: U,
}

impl<U: Read<u8> + Write<u8>> SerialNb<U> {
    /// Of a UART that is set up.
    pub const fn new(uart: U) -> Self {
        Self { uart }
    }

    /// The UART.
    pub const fn uart_mut(&mut self) -> &mut U {
        &mut self.uart
    }
}

impl<U: Read<u8> + Write<u8>> Bus for SerialNb<U> {
    const WAKE: &'static [u8] = LONG_PREAMBLE;
    const WAKE_SOURCE: u8 = 0x10;

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        let mut sent = 0_usize;
        for byte in bytes {
            match self.uart.write(*byte) {
                Ok(()) => sent = sent.saturating_add(1),
                Err(nb::Error::WouldBlock) => break,
                Err(nb::Error::Other(_)) => return Err(BusFault::Other),
            }
        }
        Ok(sent)
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        let mut came = 0_usize;
        for place in room {
            match self.uart.read() {
                Ok(byte) => *place = byte,
                Err(nb::Error::WouldBlock) => break,
                Err(nb::Error::Other(error)) => match error.kind() {
                    // A damaged byte: its frame is found to be damaged.
                    ErrorKind::Overrun
                    | ErrorKind::FrameFormat
                    | ErrorKind::Parity
                    | ErrorKind::Noise => *place = 0x00,
                    _ => return Err(BusFault::Other),
                },
            }
            came = came.saturating_add(1);
        }
        Ok(came)
    }
}
