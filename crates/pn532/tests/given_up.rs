//! Orders that are given up half-way, as by a link that is dropped: what comes next is what counts.

mod common;

use common::wires::{Clock, Uart};
use common::{Setup, Wire, type_b, world};
use kazasu_nfc::PolledFrontEnd;
use kazasu_pn532::bus::SerialNb;
use kazasu_pn532::{Pn532, Settings};
use kazasu_virtual_card::{Reply, Responder};

/// No card that matters.
struct Nobody;

impl Responder for Nobody {
    fn respond(&mut self, _: &[u8]) -> Reply {
        vec![0x6D, 0x00].into()
    }
    fn power_on(&mut self) {}
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

/// Switching the field on is given up after each number of turns, and it is switched off.
#[test]
fn a_field_that_was_going_on_goes_off() {
    let mut turns = 0;
    loop {
        turns += 5;
        let world = world(Nobody, Wire::UartNb, &Setup::new(type_b()));
        let bus = SerialNb::new(Uart::new(&world));
        let mut chip = Pn532::new(bus, Clock(world.clone()), Settings::default());
        let switched = (0..turns).any(|_| PolledFrontEnd::switch(&mut chip, true).is_ok());
        while PolledFrontEnd::switch(&mut chip, false).is_err() {}
        assert!(!world.borrow().chip.field().is_on(), "after {turns} turns");
        if switched {
            assert!(turns > 100);
            return;
        }
    }
}
