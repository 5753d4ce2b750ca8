//! Each bad manner of the chip, at each of its commands, over each wire, both ways: recovered, or a
//! named error; the field off where that is possible; and never a second VERIFY.

mod common;

use std::time::Duration;

use common::{Met, Setup, WAYS, WIRES, Way, Wire, check_in, phone, type_b};
use kazasu_virtual_card::pn532::{ChipEffect, ChipFault, Pieces, Until};

const LONG: Duration = Duration::from_secs(25);

/// What holds whatever happens.
fn holds(met: &Met, name: &str) {
    assert!(met.verify_commands <= 1, "{name}: {met:?}");
    assert_eq!(met.tries_left, 3, "{name}: {met:?}");
    assert!(met.time < LONG, "{name}: {met:?}");
    assert!(met.activated.as_ref().err().is_none_or(|text| !text.is_empty()), "{name}");
    assert!(met.verified() || met.activated.is_err() || met.failure.is_some(), "{name}: {met:?}");
    assert_eq!(met.violations, 0, "{name}: {met:?}");
}

fn each(effect: &ChipEffect, reset: bool, wires: &[Wire], look: impl Fn(&Met, &str)) {
    for wire in wires {
        for way in WAYS {
            for card in [type_b(), phone()] {
                let mut setup = Setup::new(card);
                setup.reset = reset;
                let commands = check_in(*wire, way, &setup).commands;
                assert!(commands > 15);
                for at in 1..=commands {
                    setup.faults = vec![ChipFault::once(at, effect.clone())];
                    let met = check_in(*wire, way, &setup);
                    let name = format!("{effect:?} at {at}, {wire:?}, {way:?}");
                    holds(&met, &name);
                    look(&met, &name);
                }
            }
        }
    }
}

fn recovered(met: &Met, name: &str) {
    assert!(met.verified() && !met.field_is_on, "{name}: {met:?}");
}

fn off(met: &Met, name: &str) {
    assert!(!met.field_is_on, "{name}: {met:?}");
}

#[test]
fn a_lost_ack_changes_nothing() {
    each(&ChipEffect::LoseAck, false, &WIRES, recovered);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    // Where the host's own limit ends an exchange, the engine repeats what was lost.
    each(&ChipEffect::LoseAnswer, false, &WIRES, recovered);
}

#[test]
fn a_damaged_answer_is_asked_for_again() {
    each(&ChipEffect::WrongChecksum, false, &WIRES, recovered);
}

#[test]
fn garbage_before_an_answer_is_passed_over() {
    for garbage in [vec![0x00, 0xAA, 0x55], vec![0xFF; 9], vec![0x00, 0x00, 0xFF, 0x05]] {
        each(&ChipEffect::Garbage(garbage), false, &[Wire::UartIo, Wire::Spi], recovered);
    }
    // The head of a frame that never comes swallows the one that does.
    let head = vec![0x00, 0x00, 0xFF, 0x20, 0xE0, 0xD5];
    each(&ChipEffect::Garbage(head), false, &[Wire::UartNb, Wire::I2c], recovered);
}

#[test]
fn a_command_that_was_not_heard_ends_well_or_with_the_field_off() {
    each(&ChipEffect::LoseCommand, false, &WIRES, off);
}

#[test]
fn a_slow_answer_is_waited_for_or_given_up() {
    for delay in [100, 700, 3_000] {
        let effect = ChipEffect::Delay(Duration::from_millis(delay));
        each(&effect, false, &[Wire::UartIo, Wire::I2c], off);
    }
}

#[test]
fn a_chip_that_fell_silent_is_woken_or_reset() {
    each(&ChipEffect::Stop(Until::WakeUp), false, &WIRES, off);
    each(&ChipEffect::Stop(Until::Reset), true, &WIRES, off);
    // Without a pin for reset its field cannot be switched off: that is told.
    each(&ChipEffect::Stop(Until::Reset), false, &[Wire::UartIo, Wire::I2c], |met, name| {
        assert!(!met.verified() || met.cleared.is_none() || met.field_is_on, "{name}: {met:?}");
    });
}

#[test]
fn a_dead_chip_is_named_soon() {
    for wire in WIRES {
        for way in WAYS {
            let mut setup = Setup::new(type_b());
            setup.faults = vec![ChipFault::always(1, ChipEffect::Stop(Until::Reset))];
            let met = check_in(wire, way, &setup);
            let error = met.activated.unwrap_err();
            assert!(error.contains("PN532"), "{error}");
            assert!(met.time < Duration::from_secs(2), "{wire:?} {way:?}: {:?}", met.time);
            setup.faults = vec![ChipFault::always(1, ChipEffect::LoseCommand)];
            let met = check_in(wire, way, &setup);
            assert!(met.activated.is_err() && met.time < Duration::from_secs(3), "{:?}", met.time);
        }
    }
}

/// The times of `docs/nfc-reader.md` for a chip that answers nothing any more.
#[test]
fn a_chip_that_died_is_told_in_time() {
    let page = include_str!("../../../docs/nfc-reader.md");
    let row = "* The chip answers nothing any more: `NoAnswer`, or `Bus(NoAcknowledge)` on I2C, within \
               1.5 s by raw frames, and within 11 s in an order to the card by the chip's own blocks";
    assert!(page.contains(row));
    for way in WAYS {
        for wire in WIRES {
            let (order, off) = common::died(wire, way);
            println!("{wire:?} {way:?}: an order {order:?}, power off {off:?}");
            let limit = if way == Way::Raw { 1_500 } else { 11_000 };
            assert!(order < Duration::from_millis(limit), "{wire:?} {way:?}: {order:?}");
            assert!(off < Duration::from_millis(2_500), "{wire:?} {way:?}: {off:?}");
        }
    }
}

#[test]
fn answers_in_pieces_are_put_together() {
    for size in [1, 3, 7] {
        for way in WAYS {
            for wire in [Wire::UartIo, Wire::UartNb] {
                let mut setup = Setup::new(type_b());
                let pause = Duration::from_micros(300);
                setup.chip.pieces = Some(Pieces { size, pause });
                recovered(&check_in(wire, way, &setup), "pieces");
            }
        }
    }
}

#[test]
fn another_chip_is_named() {
    let mut setup = Setup::new(type_b());
    setup.chip.firmware = [0x33, 0x02, 0x07, 0x07];
    let met = check_in(Wire::Spi, Way::Raw, &setup);
    assert!(met.activated.unwrap_err().contains("no PN532"));
}
