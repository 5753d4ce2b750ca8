//! Orders that are given up half-way, as by a link that is dropped: what comes next is what counts.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::wires::{Clock, Shared, Uart};
use common::{Setup, Wire, type_b, world};
use kazasu_nfc::{Duration, Exchange, Kind, PolledFrontEnd, Reception, frame};
use kazasu_pn532::bus::SerialNb;
use kazasu_pn532::{Error, Pn532, Settings};
use kazasu_virtual_card::pn532::{ChipEffect, ChipFault, Until};
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

type Chip = Pn532<SerialNb<Uart<Nobody>>, Clock<Nobody>>;

fn chip(setup: &Setup) -> (Chip, Shared<Nobody>) {
    let world = world(Nobody, Wire::UartNb, setup);
    let bus = SerialNb::new(Uart::new(&world));
    (Pn532::new(bus, Clock(world.clone()), Settings::default()), world)
}

/// Switching the field on is given up after each number of turns, and it is switched off.
#[test]
fn a_field_that_was_going_on_goes_off() {
    let mut turns = 0;
    loop {
        turns += 5;
        let (mut chip, world) = chip(&Setup::new(type_b()));
        let switched = (0..turns).any(|_| PolledFrontEnd::switch(&mut chip, true).is_ok());
        while PolledFrontEnd::switch(&mut chip, false).is_err() {}
        assert!(!world.borrow().chip.field().is_on(), "after {turns} turns");
        if switched {
            assert!(turns > 100);
            return;
        }
    }
}

fn switch(chip: &mut Chip, on: bool) {
    while PolledFrontEnd::switch(chip, on).is_err() {}
}

/// So many turns of a request to cards of Type B, each of some 50 µs.
fn ask(chip: &mut Chip, world: &Shared<Nobody>, turns: usize) -> Option<Result<Reception, Error>> {
    let mut buffer = [0; 256];
    let length = frame::write(Kind::B, &mut buffer, &[0x05, 0x00, 0x08]).unwrap();
    let exchange = Exchange::new(Kind::B, length as u16 * 8, Duration::from_millis(2));
    for _ in 0..turns {
        match PolledFrontEnd::poll(chip, &exchange, &mut buffer) {
            Err(nb::Error::WouldBlock) => {
                world.borrow_mut().now += std::time::Duration::from_micros(50);
            }
            Err(nb::Error::Other(error)) => return Some(Err(error)),
            Ok(reception) => return Some(Ok(reception)),
        }
    }
    None
}

/// A chip that fell silent in an exchange, which is given up after each number of turns: what is asked
/// next has an answer of its own.
#[test]
fn no_error_outlives_what_was_given_up() {
    let mut setup = Setup::new(type_b());
    let (mut well, world) = chip(&setup);
    switch(&mut well, true);
    assert!(matches!(ask(&mut well, &world, usize::MAX), Some(Ok(Reception::Frame { .. }))));
    let exchange = world.borrow().chip.commands();
    setup.faults = vec![ChipFault::once(exchange, ChipEffect::Stop(Until::WakeUp))];
    let mut turns = 0;
    loop {
        turns += 29;
        let (mut chip, world) = chip(&setup);
        switch(&mut chip, true);
        let ended = ask(&mut chip, &world, turns);
        assert!(matches!(ended, None | Some(Err(Error::NoAnswer))), "{ended:?}");
        switch(&mut chip, false);
        assert!(!world.borrow().chip.field().is_on(), "after {turns} turns");
        switch(&mut chip, true);
        let next = ask(&mut chip, &world, usize::MAX);
        assert!(matches!(next, Some(Ok(Reception::Frame { .. }))), "{turns} turns: {next:?}");
        if ended.is_some() {
            assert!(turns > 1_000);
            return;
        }
    }
}
