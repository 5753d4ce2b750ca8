//! A field alone: activation of either type, one command, the next card, and deactivation, over a
//! radio behind registers.

#![no_std]
#![no_main]

use kazasu_apdu::Transport;
use kazasu_apdu::transport::{Error as _, ErrorKind};
use kazasu_nfc::{Capabilities, Exchange, FrontEnd, Instant, Link, Rates, Reception, Settings};

probe::entry!(main);

/// A radio that the compiler knows nothing of.
struct Registers;

impl FrontEnd for Registers {
    type Error = ErrorKind;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(256).with_rates(Rates::from_byte(probe::unknown_byte()))
    }
    fn now(&mut self) -> Instant {
        Instant::from_micros(probe::unknown_number() as u64)
    }
    fn wait(&mut self, until: Instant) {
        probe::keep(until.micros() as u32);
    }
    fn switch(&mut self, on: bool) -> Result<(), ErrorKind> {
        probe::keep(u32::from(on));
        Ok(())
    }
    fn exchange(&mut self, exchange: &Exchange, frame: &mut [u8]) -> Result<Reception, ErrorKind> {
        probe::keep(u32::from(exchange.bits) + exchange.wait.micros() as u32);
        probe::keep(exchange.to_card as u32 + exchange.kind as u32);
        probe::unknown_bytes(frame);
        let bits = probe::unknown_number() as u16;
        Ok(match probe::unknown_byte() {
            0 => Reception::Silence,
            1 => Reception::Garbled,
            2 => Reception::Collision { bits },
            3 => return Err(ErrorKind::ReaderLost),
            _ => Reception::Frame { bits },
        })
    }
}

fn main() {
    let mut frame = [0; 256];
    let mut link = Link::new(Registers, Settings::default(), &mut frame);
    let (mut command, mut response) = ([0; 262], [0; 258]);
    probe::unknown_bytes(&mut command);
    let command = command.get(..probe::unknown_number()).unwrap_or_default();
    let kind = match link.reconnect() {
        Ok(()) => match link.transmit(command, &mut response) {
            Ok(length) => length as u32,
            Err(error) => error.kind() as u32,
        },
        Err(error) => error.kind() as u32,
    };
    probe::keep(kind);
    if link.check().is_ok() {
        let _ = link.next_card();
    }
    let _ = link.power_off();
}
