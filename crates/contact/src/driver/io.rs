//! I/O over a UART of `embedded-io`.

use super::{Configure, Line, Received, SerialFault};
use crate::slot::Serial;
use embedded_io::{Error as _, ErrorKind, Read, ReadReady, Write, WriteReady};

/// A UART with the traits of `embedded-io`, and what sets it up.
///
/// Those traits have no word for "not yet sent", so [`Line::is_sent`] waits until it is: at most as
/// long as the UART's buffer takes. A super loop that may not wait so long takes `embedded-hal-nb`.
///
/// What spoils a character is [`ErrorKind::InvalidData`] or [`ErrorKind::Other`] there; it cannot
/// be told more closely. So with [`super::Echo::On`] in T=0 the card's error signal ends the
/// exchange; nothing is sent again.
#[derive(Debug)]
pub struct SerialIo<U, F> {
    uart: U,
    configure: F,
}

impl<U, F> SerialIo<U, F>
where
    U: Read + ReadReady + Write + WriteReady,
    F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>,
{
    /// Of a UART and a function that sets rate and parity.
    pub const fn new(uart: U, configure: F) -> Self {
        Self { uart, configure }
    }

    /// The UART.
    pub const fn uart_mut(&mut self) -> &mut U {
        &mut self.uart
    }
}

impl<U, F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>> Configure for SerialIo<U, F> {
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault> {
        (self.configure)(&mut self.uart, serial)
    }
}

impl<U, F> Line for SerialIo<U, F>
where
    U: Read + ReadReady + Write + WriteReady,
    F: FnMut(&mut U, &Serial) -> Result<(), SerialFault>,
{
    fn receive(&mut self) -> Result<Option<Received>, SerialFault> {
        if !self.uart.read_ready().map_err(|_| SerialFault)? {
            return Ok(None);
        }
        let mut byte = [0];
        match self.uart.read(&mut byte) {
            Ok(0) => Err(SerialFault),
            Ok(_) => {
                let [byte] = byte;
                Ok(Some(Received::Character(byte)))
            }
            Err(error) => match error.kind() {
                ErrorKind::InvalidData | ErrorKind::Other => Ok(Some(Received::Garbled)),
                ErrorKind::Interrupted => Ok(None),
                _ => Err(SerialFault),
            },
        }
    }

    fn send(&mut self, byte: u8) -> Result<bool, SerialFault> {
        if !self.uart.write_ready().map_err(|_| SerialFault)? {
            return Ok(false);
        }
        match self.uart.write(&[byte]) {
            Ok(written) => Ok(written == 1),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            Err(_) => Err(SerialFault),
        }
    }

    fn is_sent(&mut self) -> Result<bool, SerialFault> {
        self.uart.flush().map(|()| true).map_err(|_| SerialFault)
    }
}
