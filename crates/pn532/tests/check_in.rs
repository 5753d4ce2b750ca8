//! Whole check-ins through the chip in software, over each of its interfaces, of either type of
//! card, by raw frames and by the chip's own block protocol.

mod common;

use common::{Met, Setup, WAYS, WIRES, Way, Wire, check_in, phone, type_b};
use kazasu::Cleared;
use kazasu_nfc::Rates;
use kazasu_virtual_card::radio::{PiccSettings, TypeASettings, TypeBSettings, WorkTimes};

fn verifies(wire: Wire, way: Way, setup: &Setup, name: &str) -> Met {
    let met = check_in(wire, way, setup);
    assert!(met.verified(), "{name}, {wire:?}, {way:?}: {met:?}");
    assert_eq!(met.cleared, Some(Cleared::PowerOff), "{name}");
    assert_eq!((met.verify_commands, met.tries_left), (1, 3), "{name}: {met:?}");
    assert_eq!(met.violations, 0, "{name}, {wire:?}, {way:?}: {met:?}");
    assert!(!met.field_is_on, "{name}");
    println!(
        "{name}, {wire:?}, {way:?}: {} commands of the chip, {} frames, {:?}",
        met.commands, met.frames, met.time
    );
    met
}

#[test]
fn over_each_wire_with_each_card_both_ways() {
    for (name, card) in [("Type B", type_b()), ("Type A", phone())] {
        for wire in WIRES {
            for way in WAYS {
                verifies(wire, way, &Setup::new(card.clone()), name);
            }
        }
    }
}

#[test]
fn with_the_wire_from_irq() {
    for wire in [Wire::I2c, Wire::Spi] {
        for way in WAYS {
            let setup = Setup { irq: true, reset: true, ..Setup::new(type_b()) };
            verifies(wire, way, &setup, "IRQ");
        }
    }
}

#[test]
fn with_the_known_cards_at_their_own_pace() {
    for card in TypeBSettings::REAL.into_iter().chain([TypeBSettings::SYNTHETIC_SMALL]) {
        for way in WAYS {
            let mut card = PiccSettings::type_b(card.clone());
            card.work = WorkTimes::OBSERVED;
            verifies(Wire::UartIo, way, &Setup::new(card), "a known card");
        }
    }
    for phone in [TypeASettings::PHONE, TypeASettings::PHONE_106] {
        let card = PiccSettings::type_a(phone);
        for way in WAYS {
            let mut setup = Setup::new(card.clone());
            setup.driver.highest = kazasu_nfc::BitRate::Kbps424;
            verifies(Wire::Spi, way, &setup, "a phone");
        }
    }
}

#[test]
fn faster_where_the_board_is_said_to_do_it() {
    let mut setup = Setup::new(type_b());
    let slow = verifies(Wire::Spi, Way::Raw, &setup, "106 kbit/s");
    setup.driver.rates_b = Rates::up_to(kazasu_nfc::BitRate::Kbps424, kazasu_nfc::BitRate::Kbps424);
    let fast = verifies(Wire::Spi, Way::Raw, &setup, "424 kbit/s");
    assert!(fast.time < slow.time, "{:?} {:?}", fast.time, slow.time);
}
