//! Whoever stands at the counter of a reader: bytes on UART 2.

use embedded_hal_nb::{nb, serial::Write as _};

use crate::{
    board::{FASTEST, Uart},
    clock,
};

/// Whoever stands at the counter: bytes on UART 2.
#[derive(Debug)]
pub struct Counter(Uart);

impl Counter {
    /// Over UART 2.
    pub fn open() -> Self {
        Self(Uart::open(2, FASTEST))
    }

    /// Takes what is handed in. `false` when it does not come in time.
    pub fn take(&mut self, bytes: &mut [u8]) -> bool {
        clock::receive_all(&mut self.0, bytes)
    }

    /// Hands something out.
    pub fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let Ok(()) = nb::block!(self.0.write(*byte));
        }
    }
}
