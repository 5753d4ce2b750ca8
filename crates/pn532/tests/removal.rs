//! How soon it is told that a card was taken off the chip's antenna, by raw frames over each bus.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use common::wires::{Clock, Shared, Uart, i2c, spi};
use common::{Setup, Wire, phone, type_b, world};
use kazasu::apdu::Transport;
use kazasu_nfc::{Error, FrontEnd as _, Link};
use kazasu_pn532::bus::SerialNb;
use kazasu_pn532::{Bus, Pn532};
use kazasu_virtual_card::radio::{PiccSettings, TypeBSettings};
use kazasu_virtual_card::{Reply, Responder};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Works for so long over each command.
#[derive(Debug)]
struct Works(Duration);

impl Responder for Works {
    fn respond(&mut self, _: &[u8]) -> Reply {
        Reply { response: Some(vec![0x90, 0x00]), work: self.0 }
    }
    fn power_on(&mut self) {}
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

/// Cards, and the exponent of their waiting time.
fn cards() -> [(&'static str, PiccSettings, u32); 3] {
    let slow = PiccSettings::type_b(TypeBSettings::JPKI_08);
    [("FWI 8", phone(), 8), ("FWI 10", type_b(), 10), ("FWI 13", slow, 13)]
}

fn frame_waiting_time(fwi: u32) -> Duration {
    Duration::from_nanos((4096_u64 << fwi) * 25_000 / 339)
}

/// What `docs/nfc-reader.md` says, in the row with this beginning.
fn documented(row: &str) -> Duration {
    let page = include_str!("../../../docs/nfc-reader.md");
    let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {row} | "))).unwrap();
    let time = row.split(" ms").next().unwrap().rsplit(' ').next().unwrap();
    Duration::from_millis(time.parse().unwrap())
}

/// An active card that leaves `late` after now; how long after that it is told, in an exchange or
/// between two.
fn told(
    bus: impl Bus,
    chip: &Shared<Works>,
    setup: &Setup,
    late: Duration,
    command: bool,
) -> Duration {
    let mut frame = [0; 256];
    let driver = Pn532::new(bus, Clock(chip.clone()), setup.driver);
    let mut link = Link::new(driver, kazasu_nfc::Settings::default(), &mut frame);
    link.reconnect().unwrap();
    let leaves = chip.borrow().now + late;
    chip.borrow_mut().chip.field_mut().leave_at(0, leaves);
    let error = loop {
        let ended = match command {
            true => link.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x00], &mut [0; 16]).map(drop),
            false => {
                let next = chip.borrow().now + 100 * MILLISECOND;
                let next = kazasu_nfc::Instant::from_micros(next.as_micros() as u64);
                link.front_end_mut().wait(next);
                link.check()
            }
        };
        if let Err(error) = ended {
            break error;
        }
    };
    assert_eq!(error.field(), Error::CardRemoved);
    assert!(!chip.borrow().chip.field().is_on());
    chip.borrow().now - leaves
}

fn over(wire: Wire, setup: &Setup, work: Duration, late: Duration, command: bool) -> Duration {
    let chip = world(Works(work), wire, setup);
    match wire {
        Wire::I2c => told(i2c(&chip), &chip, setup, late, command),
        Wire::Spi => told(spi(&chip), &chip, setup, late, command),
        _ => told(SerialNb::new(Uart::new(&chip)), &chip, setup, late, command),
    }
}

const BUSES: [Wire; 3] = [Wire::UartNb, Wire::I2c, Wire::Spi];

#[test]
fn between_commands_within_300_ms() {
    for (name, card, _) in cards() {
        for wire in BUSES {
            let setup = Setup::new(card.clone());
            let all = (0..160).step_by(7);
            let longest =
                all.map(|late| over(wire, &setup, Duration::ZERO, late * MILLISECOND, false));
            let longest = longest.max().unwrap();
            println!("{name}, {wire:?}: told {longest:?} after it at the latest");
            assert!(longest <= documented("removal between commands"), "{name}, {wire:?}");
            assert!(longest <= 300 * MILLISECOND, "{name}, {wire:?}: {longest:?}");
        }
    }
}

#[test]
fn during_a_command_within_its_waiting_time_and_100_ms() {
    for (name, card, fwi) in cards() {
        let waiting = frame_waiting_time(fwi);
        for wire in BUSES {
            let setup = Setup::new(card.clone());
            let all = (0..10).map(|tenth| waiting * 8 / 10 * tenth / 10);
            let longest = all.map(|late| over(wire, &setup, waiting * 8 / 10, late, true));
            let longest = longest.max().unwrap();
            println!("{name}, {wire:?}: told {longest:?} after it, waiting time {waiting:?}");
            let beyond = longest - waiting;
            assert!(beyond <= documented("removal during a command"), "{name}, {wire:?}");
            assert!(beyond <= 100 * MILLISECOND, "{name}, {wire:?}: {longest:?}");
        }
    }
}
