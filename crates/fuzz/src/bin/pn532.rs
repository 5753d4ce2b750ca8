#![no_main]
//! A PN532 that sends anything: every order ends within its times, and a command that may reach a
//! card goes out once.
//!
//! The first byte says who does the block protocol: even the chip, odd the engine, by raw frames. The
//! rest is what the bus brings: each step takes as many bytes as its first one says.

use kazasu_apdu::Transport as _;
use kazasu_nfc::{CardFrontEnd as _, Duration, Link, Settings as FieldSettings};
use kazasu_pn532::{Bus, BusFault, Pn532, Settings};
use libfuzzer_sys::fuzz_target;
use std::{cell::Cell, rc::Rc};

/// VERIFY with a PIN that occurs nowhere else.
const COMMAND: [u8; 9] = [0x00, 0x20, 0x00, 0x80, 0x04, 0xD1, 0xD2, 0xD3, 0xD4];

struct Wire<'i> {
    input: &'i [u8],
    /// How often the command went out; a repeated block has the same number.
    sent: Rc<Cell<u32>>,
}

impl Bus for Wire<'_> {
    const WAKE: &'static [u8] = &[0x55, 0x55, 0x00];
    const WAKE_SOURCE: u8 = 0x10;

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        if bytes.windows(COMMAND.len()).any(|part| part == COMMAND) {
            self.sent.set(self.sent.get() + 1);
        }
        Ok(bytes.len())
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        let Some((count, rest)) = self.input.split_first() else { return Ok(0) };
        if *count == 0xFF {
            self.input = rest;
            return Err(BusFault::Other);
        }
        let count = usize::from(*count).min(rest.len()).min(room.len());
        let (came, rest) = rest.split_at(count);
        room[..count].copy_from_slice(came);
        self.input = rest;
        Ok(count)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let sent = Rc::new(Cell::new(0));
    let time = Rc::new(Cell::new(0_u64));
    let clock = Rc::clone(&time);
    let now = move || {
        clock.set(clock.get() + 500);
        clock.get()
    };
    let wire = Wire { input: bytes, sent: Rc::clone(&sent) };
    let mut chip = Pn532::new(wire, now, Settings::default());
    let mut response = [0; 300];
    if first % 2 == 0 {
        if chip.activate(Duration::from_millis(200)).is_ok() {
            if let Ok(length) = chip.transmit(&COMMAND, &mut response) {
                assert!(length <= response.len());
            }
            assert!(sent.get() <= 1, "a command went out {} times", sent.get());
            let _ = chip.is_present();
        }
        let _ = chip.deactivate();
    } else {
        let mut settings = FieldSettings::default();
        settings.poll_limit = Duration::from_millis(200);
        let mut frame = [0; 256];
        let mut link = Link::new(chip, settings, &mut frame);
        if link.reconnect().is_ok() {
            // The block protocol may repeat an I-block when the card says that it has not got it.
            let most = 1 + u32::from(link.field().settings().repetitions);
            if let Ok(length) = link.transmit(&COMMAND, &mut response) {
                assert!(length <= response.len());
            }
            assert!(sent.get() <= most, "a command went out {} times", sent.get());
            let _ = link.check();
        }
    }
    assert!(time.get() < 3_600_000_000, "{} µs", time.get());
});
