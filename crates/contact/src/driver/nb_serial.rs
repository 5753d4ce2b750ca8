//! I/O over a UART of `embedded-hal-nb`.

use super::{Configure, Line, Received, SerialFault};
use crate::slot::Serial;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{Error as _, ErrorKind, Read, Write};

/// A UART with `embedded-hal-nb`'s [`Read`] and [`Write`], and what sets it up.
///
/// ```ignore
/// let line = SerialNb::new(uart, |uart: &mut Uart, serial: &Serial| {
///     uart.set_baud(serial.rate.baud());
///     Ok(())
/// });
/// ```
#[derive(Debug)]
pub struct SerialNb<U, F> {
    uart: U,
    configure: F,
}

impl<U: Read + Write, F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>> SerialNb<U, F> {
    /// Of a UART and a function that sets rate and parity.
    pub const fn new(uart: U, configure: F) -> Self {
        Self { uart, configure }
    }

    /// The UART.
    pub const fn uart_mut(&mut self) -> &mut U {
        &mut self.uart
    }
}

impl<U, F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>> Configure for SerialNb<U, F> {
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault> {
        (self.configure)(&mut self.uart, serial)
    }
}

impl<U: Read + Write, F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>> Line
    for SerialNb<U, F>
{
    fn receive(&mut self) -> Result<Option<Received>, SerialFault> {
        match self.uart.read() {
            Ok(byte) => Ok(Some(Received::Character(byte))),
            Err(nb::Error::WouldBlock) => Ok(None),
            Err(nb::Error::Other(error)) => match error.kind() {
                ErrorKind::FrameFormat => Ok(Some(Received::Framing)),
                ErrorKind::Noise | ErrorKind::Overrun | ErrorKind::Parity => {
                    Ok(Some(Received::Garbled))
                }
                _ => Err(SerialFault),
            },
        }
    }

    fn send(&mut self, byte: u8) -> Result<bool, SerialFault> {
        done(self.uart.write(byte))
    }

    fn is_sent(&mut self) -> Result<bool, SerialFault> {
        done(self.uart.flush())
    }
}

fn done<E>(result: nb::Result<(), E>) -> Result<bool, SerialFault> {
    match result {
        Ok(()) => Ok(true),
        Err(nb::Error::WouldBlock) => Ok(false),
        Err(nb::Error::Other(_)) => Err(SerialFault),
    }
}
