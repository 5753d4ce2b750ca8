//! APDUs of any length through the chip, both ways: nothing wraps at 253, 255 or 262 bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::wires::{Clock, Shared, World, spi};
use common::{Setup, Wire, phone, type_b, world};
use kazasu::apdu::Transport;
use kazasu_nfc::{CardLink, Duration, Link};
use kazasu_pn532::{Error, Pn532};
use kazasu_virtual_card::{Reply, Responder};
use proptest::prelude::*;

/// Checks the pattern of a command, and answers with as many bytes of another as it asks for.
#[derive(Debug, Default)]
struct Echo {
    seen: Vec<usize>,
}

fn pattern(length: usize, seed: u8) -> impl Iterator<Item = u8> {
    (0..length).map(move |at| (at as u8).wrapping_mul(31).wrapping_add((at >> 8) as u8 ^ seed))
}

fn command(length: usize, answer: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = pattern(length, 0x5A).collect();
    for (place, byte) in bytes.iter_mut().zip((answer as u32).to_be_bytes()) {
        *place = byte;
    }
    bytes
}

impl Responder for Echo {
    fn respond(&mut self, command: &[u8]) -> Reply {
        self.seen.push(command.len());
        let whole = command.iter().skip(4).copied().eq(pattern(command.len(), 0x5A).skip(4));
        let answer = command.first_chunk::<4>().map_or(0, |head| u32::from_be_bytes(*head));
        let mut response: Vec<u8> = pattern(answer as usize, 0xA5).collect();
        response.extend(if whole { [0x90, 0x00] } else { [0x6F, 0x00] });
        Reply { response: Some(response), work: std::time::Duration::ZERO }
    }
    fn power_on(&mut self) {}
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

fn passes(link: &mut impl Transport, chip: &Shared<Echo>, length: usize, answer: usize) {
    let mut response = vec![0; 65_538];
    let count = link.transmit(&command(length, answer), &mut response).unwrap();
    assert_eq!(count, answer + 2, "{length} bytes");
    assert_eq!(response[answer..count], [0x90, 0x00], "{length} bytes");
    assert!(response[..answer].iter().copied().eq(pattern(answer, 0xA5)), "{answer} bytes");
    let world: std::cell::Ref<'_, World<Echo>> = chip.borrow();
    let card = world.chip.field().card(0).unwrap();
    assert_eq!(card.responder().seen.last(), Some(&length));
    assert_eq!(card.violations(), []);
}

fn chip_driven(
    setup: &Setup,
) -> (CardLink<Pn532<impl kazasu_pn532::Bus + use<>, Clock<Echo>>>, Shared<Echo>) {
    let world = world(Echo::default(), Wire::Spi, setup);
    let driver = Pn532::new(spi(&world), Clock(world.clone()), setup.driver);
    let mut link = CardLink::new(driver, Duration::from_millis(100));
    link.reconnect().unwrap();
    (link, world)
}

#[test]
fn at_the_edges_of_frames_and_parts() {
    let edges = [
        4, 5, 14, 59, 60, 61, 64, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262, 263,
        264, 265, 266, 507, 523, 524, 525, 526, 785, 786, 787, 4_000, 65_535,
    ];
    for card in [type_b(), phone()] {
        let setup = Setup::new(card);
        let (mut link, chip) = chip_driven(&setup);
        for length in edges {
            passes(&mut link, &chip, length, 0);
            passes(&mut link, &chip, 4, length);
        }
        let chip = world(Echo::default(), Wire::Spi, &setup);
        let driver = Pn532::new(spi(&chip), Clock(chip.clone()), setup.driver);
        let mut frame = [0; 262];
        let mut link = Link::new(driver, kazasu_nfc::Settings::default(), &mut frame);
        link.reconnect().unwrap();
        for length in edges {
            passes(&mut link, &chip, length, 0);
            passes(&mut link, &chip, 4, length);
        }
    }
}

#[test]
fn an_answer_too_large_for_its_buffer_leaves_the_card_active() {
    let (mut link, chip) = chip_driven(&Setup::new(type_b()));
    for room in [0, 1, 100, 261, 262, 600] {
        let error = link.transmit(&command(4, 600), &mut vec![0; room]).unwrap_err();
        assert!(
            format!("{error:?}").contains(&format!("{:?}", Error::BufferTooSmall)),
            "{error:?}"
        );
        passes(&mut link, &chip, 20, 30);
    }
    assert!(link.transmit(&[], &mut [0; 9]).is_err());
}

#[test]
fn the_card_that_leaves_is_told_from_one_that_is_there() {
    let (mut link, chip) = chip_driven(&Setup::new(type_b()));
    link.check().unwrap();
    passes(&mut link, &chip, 20, 30);
    let now = chip.borrow().now;
    chip.borrow_mut().chip.field_mut().leave_at(0, now);
    let error = link.transmit(&command(4, 4), &mut [0; 64]).unwrap_err();
    assert!(format!("{error:?}").contains("CardRemoved"), "{error:?}");
    assert!(!chip.borrow().chip.field().is_on());
    assert!(format!("{:?}", link.transmit(&command(4, 4), &mut [0; 64])).contains("NotReady"));
    assert!(format!("{:?}", link.reconnect()).contains("NoCard"));
    let now = chip.borrow().now;
    chip.borrow_mut().chip.field_mut().enter_at(0, now);
    link.reconnect().unwrap();
    let now = chip.borrow().now;
    chip.borrow_mut().chip.field_mut().leave_at(0, now);
    assert!(format!("{:?}", link.check()).contains("CardRemoved"));
    assert!(!chip.borrow().chip.field().is_on());
}

#[test]
fn it_sleeps_and_wakes_and_says_what_it_is() {
    let setup = Setup::new(type_b());
    let chip = world(Echo::default(), Wire::Spi, &setup);
    let mut driver = Pn532::new(spi(&chip), Clock(chip.clone()), setup.driver);
    for _ in 0..3 {
        let firmware = driver.wake().unwrap();
        assert_eq!((firmware.version, firmware.revision, firmware.support), (1, 6, 7));
        driver.sleep().unwrap();
        assert!(chip.borrow().chip.is_silent());
        assert!(!chip.borrow().chip.field().is_on());
    }
}

#[test]
fn a_super_loop_polls_it() {
    use kazasu::apdu::PolledTransport as _;
    use kazasu_pn532::Time as _;
    let setup = Setup::new(type_b());
    let chip = world(Echo::default(), Wire::UartNb, &setup);
    let bus = kazasu_pn532::bus::SerialNb::new(common::wires::Uart::new(&chip));
    let driver = Pn532::new(bus, Clock(chip.clone()), setup.driver);
    let mut frame = [0; 256];
    let mut link = kazasu_nfc::PolledLink::new(driver, kazasu_nfc::Settings::default(), &mut frame);
    let mut clock = Clock(chip.clone());
    let mut turns = 0;
    while let Err(error) = link.activate() {
        assert!(format!("{error:?}").contains("WouldBlock"), "{error:?}");
        // The rest of the loop takes a while.
        let later = clock.now().after(Duration::from_micros(200));
        clock.idle(later);
        turns += 1;
    }
    let (command, mut response) = (command(600, 700), [0; 702]);
    link.begin(&command).unwrap();
    let count = loop {
        match link.poll(&command, &mut response) {
            Ok(count) => break count,
            Err(error) => assert!(format!("{error:?}").contains("WouldBlock"), "{error:?}"),
        }
        let later = clock.now().after(Duration::from_micros(200));
        clock.idle(later);
        turns += 1;
    };
    assert_eq!((count, &response[700..]), (702, &[0x90, 0x00][..]));
    assert_eq!(chip.borrow().chip.field().card(0).unwrap().responder().seen, [600]);
    assert!(turns > 20, "{turns}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_length_passes(length in 4_usize..=65_535, answer in 0_usize..=65_535) {
        let (mut link, chip) = chip_driven(&Setup::new(type_b()));
        passes(&mut link, &chip, length, answer);
    }
}
