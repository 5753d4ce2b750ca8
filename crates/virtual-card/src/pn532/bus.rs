//! The same chip on SPI and I2C: what a host reads and when it is ready (UM0701-02, 6.2.4, 6.2.5).

use std::time::Duration;

use super::chip::Pn532;
use crate::Responder;

impl<R: Responder> Pn532<R> {
    /// One transfer on SPI with NSS low: what the chip sends while these bytes come in, as many.
    ///
    /// The first byte says what it is: 01 data from the host, 02 status, 03 data for the host. All
    /// bytes are least significant bit first on the wire; here they are in their natural order. A
    /// data read takes one frame, whole or not; the manual does not say what becomes of the rest.
    pub fn spi(&mut self, sent: &[u8], now: Duration) -> Vec<u8> {
        let mut came = vec![0x00; sent.len()];
        let rest = came.len().saturating_sub(1);
        match sent.split_first() {
            Some((0x01, data)) => self.receive(data, now),
            // NSS low alone wakes it.
            Some((0x02, _)) => {
                let ready = self.is_ready(now);
                came.iter_mut().skip(1).for_each(|byte| *byte = u8::from(ready));
            }
            Some((0x03, _)) if rest > 0 && self.is_ready(now) => {
                let frame = self.take_waiting().unwrap_or_default();
                came.iter_mut().skip(1).zip(frame).for_each(|(to, from)| *to = from);
            }
            _ => self.receive(&[0x00], now),
        }
        came
    }

    /// The host writes to the address 24 on I2C. `false`: the chip sleeps, and does not acknowledge
    /// its address.
    pub fn i2c_write(&mut self, bytes: &[u8], now: Duration) -> bool {
        let awake = !self.is_silent();
        self.receive(bytes, now);
        awake
    }

    /// The host reads so many bytes: the ready byte, 01 or 00, and then the frame. Reading the ready
    /// byte alone takes nothing; a longer read takes the frame, whole or not, and NACK brings it
    /// again.
    pub fn i2c_read(&mut self, count: usize, now: Duration) -> Vec<u8> {
        let mut came = vec![0x00; count];
        if !self.is_ready(now) {
            return came;
        }
        if let Some(ready) = came.first_mut() {
            *ready = 0x01;
        }
        if count > 1 {
            let frame = self.take_waiting().unwrap_or_default();
            came.iter_mut().skip(1).zip(frame).for_each(|(to, from)| *to = from);
        }
        came
    }

    /// Has the chip something for its host? On both buses the pin IRQ is low then.
    pub fn is_ready(&mut self, now: Duration) -> bool {
        self.waiting(now).is_some()
    }
}
