//! A reader with a PN532 on a serial line: activation of either type by raw frames, one command,
//! presence check and deactivation, over a UART that the compiler knows nothing of.

#![no_std]
#![no_main]

use kazasu_apdu::Transport;
use kazasu_apdu::transport::Error as _;
use kazasu_nfc::{Instant, Link, Settings};
use kazasu_pn532::{Bus, BusFault, Pn532, Reset, Time};

probe::entry!(main);

struct Uart;

impl Bus for Uart {
    const WAKE: &'static [u8] = &[0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const WAKE_SOURCE: u8 = 0x10;

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        for byte in bytes.iter() {
            probe::keep(u32::from(*byte));
        }
        if probe::unknown_byte() == 0 { Err(BusFault::Other) } else { Ok(bytes.len()) }
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        probe::unknown_bytes(room);
        Ok(probe::unknown_number().min(room.len()))
    }
}

struct Clock;

impl Time for Clock {
    fn now(&mut self) -> Instant {
        Instant::from_micros(probe::unknown_number() as u64)
    }
}

struct Pin;

impl Reset for Pin {
    const WIRED: bool = true;

    fn hold(&mut self, held: bool) {
        probe::keep(u32::from(held));
    }
}

fn main() {
    let mut frame = [0; 256];
    let chip = Pn532::with_reset(Uart, Clock, Pin, kazasu_pn532::Settings::default());
    let mut link = Link::new(chip, Settings::default(), &mut frame);
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
    let _ = link.check();
    let _ = link.power_off();
    let _ = link.front_end_mut().sleep();
}
