//! The field, and what the chip is told before it: what it is, its mode, its retries.

use crate::board::{Reset, Time};
use crate::bus::Bus;
use crate::chip::{Firmware, Pn532};
use crate::command::{self, Order};
use crate::error::Error;
use core::task::{Poll, ready};

/// Items of RFConfiguration (UM0701-02, 7.3.1).
const RF_FIELD: u8 = 0x01;
const MAX_RTY_COM: u8 = 0x04;
const MAX_RETRIES: u8 = 0x05;

/// IC of a PN532.
const PN532: u8 = 0x32;

impl<B: Bus, T: Time, R: Reset> Pn532<B, T, R> {
    /// Switches the field on or off, and wakes the chip and sets it up before if that is to be done.
    /// The same until it is done.
    pub(crate) fn poll_field(&mut self, on: bool) -> Poll<Result<(), Error>> {
        let result = ready!(self.poll_set_field(on));
        self.restarts = 0;
        Poll::Ready(result)
    }

    fn poll_set_field(&mut self, on: bool) -> Poll<Result<(), Error>> {
        // An exchange that was under way has been given up.
        (self.in_thru, self.confirming) = (false, false);
        loop {
            let limit = self.settings.answer_limit;
            let known = &self.known;
            if known.firmware.is_none() {
                let order = Order::new(command::FIRMWARE_VERSION, &[], limit);
                let length = ready!(self.poll_order(&order));
                self.is_lost();
                self.learn_firmware(length?.unwrap_or_default())?;
            } else if !known.normal_mode {
                // Normal mode, no time limit of the virtual card, and IRQ is driven.
                let order = Order::new(command::SAM_CONFIGURATION, &[0x01, 0x00, 0x01], limit);
                ready!(self.poll_set(&order, |known| known.normal_mode = true))?;
            } else if !known.no_repetition {
                // InCommunicateThru sends each frame once: repetitions are the engine's.
                let order = Order::new(command::RF_CONFIGURATION, &[MAX_RTY_COM, 0x00], limit);
                ready!(self.poll_set(&order, |known| known.no_repetition = true))?;
            } else if !known.retries {
                // The default for NFCIP-1; InListPassiveTarget tries once more, and then says so.
                let retries = [MAX_RETRIES, 0xFF, 0x01, 0x01];
                let order = Order::new(command::RF_CONFIGURATION, &retries, limit);
                ready!(self.poll_set(&order, |known| known.retries = true))?;
            } else if known.field != Some(on) {
                let field = [RF_FIELD, u8::from(on)];
                let order = Order::new(command::RF_CONFIGURATION, &field, limit);
                ready!(self.poll_set(&order, |known| known.field = Some(on)))?;
                // A field that goes on begins with registers of its own.
                self.known.radio = None;
                self.known.transmitter = None;
            } else {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn learn_firmware(&mut self, length: usize) -> Result<(), Error> {
        match *self.answer(length) {
            [PN532, version, revision, support] => {
                self.known.firmware = Some(Firmware { version, revision, support });
                Ok(())
            }
            [ic, _, _, _] => Err(Error::WrongChip(ic)),
            _ => Err(Error::Answer),
        }
    }

    /// After a failure: the field goes off, and then the error is told.
    pub(crate) fn poll_end(&mut self) -> Poll<Error> {
        // What becomes of it changes nothing: an error it is.
        let _ = ready!(self.poll_field(false));
        self.active = false;
        Poll::Ready(self.ending.take().unwrap_or(Error::NoAnswer))
    }
}
