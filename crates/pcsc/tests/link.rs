//! Limits in time, cancelling, power and what a link says of itself, over the stand-in.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{READER, SharedCard, open, stand_in};
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{PinEntry, PowerOff, Transport};
use kazasu_pcsc::service::{Code, Protocol};
use kazasu_pcsc::stand_in::{StandIn, Trouble, Typed};
use kazasu_pcsc::{Error, Interface, Operation, Settings};
use std::time::{Duration, Instant};

const CHALLENGE: [u8; 5] = [0x00, 0x84, 0x00, 0x00, 0x08];

const SELECT_JPKI: [u8; 15] = *b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";

fn quick() -> Settings {
    let mut settings = Settings::default();
    settings.command = Duration::from_millis(50);
    settings.connect = Duration::from_millis(50);
    settings.close = Duration::from_millis(50);
    settings
}

#[test]
fn a_card_that_never_answers_is_a_time_out_and_the_link_is_dead_until_it_does() {
    let (service, card) = stand_in();
    let mut link = open(&service, quick()).unwrap();
    service.trouble(Operation::Transmit, 1, Trouble::Hang);
    let mut answer = [0xEE; 258];
    let begun = Instant::now();
    let error = link.transmit(&CHALLENGE, &mut answer).unwrap_err();
    assert_eq!(error, Error::TimedOut { operation: Operation::Transmit });
    assert!(begun.elapsed() < Duration::from_secs(2));
    // Every transmit fails, nothing is sent, and nothing hangs.
    assert_eq!(link.transmit(&CHALLENGE, &mut answer).unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(link.power_off(), Err(Error::StillBlocked));
    assert_eq!(link.reconnect(), Err(Error::StillBlocked));
    assert!(answer.iter().all(|byte| *byte == 0xEE), "the caller's buffer is the caller's");

    service.release();
    // The thread that was given up comes back, drops the answer, and takes the card's power.
    let until = Instant::now() + Duration::from_secs(10);
    while link.power_off().is_err() && Instant::now() < until {}
    assert!(!service.is_powered(READER));
    assert_eq!(service.open(), (0, 0));
    assert!(answer.iter().all(|byte| *byte == 0xEE), "the caller's buffer is the caller's");
    link.reconnect().unwrap();
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(10));
    assert_eq!(card.seen().commands.len(), 2);
}

#[test]
fn every_call_that_hangs_is_given_up_and_dropping_never_does() {
    for operation in [
        Operation::Establish,
        Operation::Connect,
        Operation::Status,
        Operation::StatusChange,
        Operation::Control,
        Operation::Disconnect,
    ] {
        let (service, _) = stand_in();
        service.trouble(operation, 1, Trouble::Hang);
        let begun = Instant::now();
        let mut settings = quick();
        settings.in_use = Duration::ZERO;
        match open(&service, settings) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "{operation:?}"),
            Ok(link) => {
                assert_eq!(operation, Operation::Disconnect);
                drop(link);
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{operation:?}");
        service.release();
    }
}

#[test]
fn another_thread_can_cancel_and_the_card_loses_its_power_when_the_call_returns() {
    let (service, _) = stand_in();
    let mut link = open(&service, Settings::default()).unwrap();
    service.trouble(Operation::Transmit, 1, Trouble::Hang);
    let canceller = link.canceller();
    let other = service.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
        std::thread::sleep(Duration::from_millis(30));
        other.release();
    });
    let begun = Instant::now();
    let mut answer = [0; 258];
    let error = link.transmit(&CHALLENGE, &mut answer).unwrap_err();
    assert_eq!(error, Error::Cancelled { operation: Operation::Transmit });
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Taking the power is done all the same, and waits for the call.
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    assert!(!service.is_powered(READER));
    thread.join().unwrap();
    // It stays cancelled until somebody says otherwise.
    assert_eq!(link.reconnect().unwrap_err().kind(), ErrorKind::Cancelled);
    link.canceller().clear();
    link.reconnect().unwrap();
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(10));
}

/// Gives up a command that the card works at for another 300 ms, with a limit for closing that is
/// shorter, and lets the link go.
fn given_up(commands: &[&[u8]]) -> (StandIn, SharedCard, Duration) {
    let (service, card) = stand_in();
    let mut settings = quick();
    settings.command = Duration::from_secs(20);
    let mut link = open(&service, settings).unwrap();
    let (last, before) = commands.split_last().unwrap();
    for command in before {
        link.transmit(command, &mut [0; 258]).unwrap();
    }
    service.trouble(Operation::Transmit, 1, Trouble::Hang);
    let canceller = link.canceller();
    let other = service.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
        std::thread::sleep(Duration::from_millis(300));
        other.release();
    });
    let error = link.transmit(last, &mut [0; 258]).unwrap_err();
    assert_eq!(error, Error::Cancelled { operation: Operation::Transmit });
    let begun = Instant::now();
    drop(link);
    let time = begun.elapsed();
    let powered = service.is_powered(READER);
    thread.join().unwrap();
    assert_eq!(powered, time < Duration::from_millis(200), "{time:?}");
    (service, card, time)
}

#[test]
fn a_card_that_may_have_taken_a_pin_is_waited_for_until_it_has_no_power() {
    let select = SELECT_JPKI.as_slice();
    let verify = b"\x00\x20\x00\x98\x041234".as_slice();
    // The PIN went through before, and the PIN is under way.
    for commands in [&[select, verify, &CHALLENGE][..], &[select, verify]] {
        let (service, card, time) = given_up(commands);
        assert!(time >= Duration::from_millis(200), "{time:?}");
        assert!(!service.is_powered(READER));
        assert_eq!(card.verifies(), 1);
        assert!(!card.signs_without_pin());
    }
    // Without data it asks for the tries, and then nothing is waited for.
    let tries = b"\x00\x20\x00\x98".as_slice();
    for commands in [&[select, tries, &CHALLENGE][..], &[select]] {
        let (_, _, time) = given_up(commands);
        assert!(time < Duration::from_millis(200), "{time:?}");
    }
}

#[test]
fn a_pin_pad_that_is_given_up_is_waited_for_too() {
    let (service, card) = stand_in();
    service.set_pin_pad(READER, Typed::Digits(b"1234".to_vec()));
    let mut settings = quick();
    settings.pin_pad = Duration::from_secs(20);
    let mut link = open(&service, settings).unwrap();
    link.transmit(&SELECT_JPKI, &mut [0; 258]).unwrap();
    service.trouble(Operation::Control, 1, Trouble::Hang);
    let canceller = link.canceller();
    let other = service.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
        // Somebody types the PIN after the program was told to end.
        std::thread::sleep(Duration::from_millis(300));
        other.release();
    });
    let template = b"\x00\x20\x00\x98\x04\x00\x00\x00\x00";
    let entry = PinEntry::Current { digits: 4 };
    let error = link.transmit_with_pin_pad(template, entry, &mut [0; 258]).unwrap_err();
    assert_eq!(error, Error::Cancelled { operation: Operation::Control });
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    assert!(!service.is_powered(READER));
    assert_eq!(card.verifies(), 1);
    assert!(!card.signs_without_pin());
    thread.join().unwrap();
}

#[test]
fn a_pin_that_went_with_the_power_is_not_waited_for() {
    let (service, _) = stand_in();
    let mut settings = quick();
    settings.command = Duration::from_secs(20);
    let mut link = open(&service, settings).unwrap();
    link.transmit(&SELECT_JPKI, &mut [0; 258]).unwrap();
    link.transmit(b"\x00\x20\x00\x98\x041234", &mut [0; 258]).unwrap();
    link.reconnect().unwrap();
    service.trouble(Operation::Transmit, 1, Trouble::Hang);
    let canceller = link.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        canceller.cancel();
    });
    let begun = Instant::now();
    assert!(link.transmit(&CHALLENGE, &mut [0; 258]).is_err());
    drop(link);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    thread.join().unwrap();
    service.release();
}

#[test]
fn limits_without_end_are_limits() {
    let (service, _) = stand_in();
    let mut settings = Settings::default();
    settings.command = Duration::MAX;
    settings.connect = Duration::MAX;
    settings.close = Duration::MAX;
    settings.in_use = Duration::MAX;
    let mut link = open(&service, settings).unwrap();
    service.trouble(Operation::Transmit, 1, Trouble::Hang);
    let canceller = link.canceller();
    let other = service.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
        std::thread::sleep(Duration::from_millis(30));
        other.release();
    });
    assert!(link.transmit(&CHALLENGE, &mut [0; 258]).is_err());
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    assert!(!service.is_powered(READER));
    thread.join().unwrap();
}

/// pcscd still tells of a card that has left, and cannot give it power.
#[test]
fn a_card_that_gets_no_power_while_connecting_is_no_card_or_one_that_is_coming() {
    let (service, _) = stand_in();
    let unpowered = || Trouble::Code(Code::UnpoweredCard);
    service.trouble(Operation::Connect, 1, unpowered());
    let mut link = open(&service, Settings::default()).unwrap();
    assert_eq!(link.transmit(&CHALLENGE, &mut [0; 258]), Ok(10));
    drop(link);
    (1..=50).for_each(|nth| service.trouble(Operation::Connect, nth, unpowered()));
    let begun = Instant::now();
    let error = open(&service, Settings::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoCard, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn what_was_cancelled_before_it_began_is_never_sent() {
    let (service, card) = stand_in();
    let mut link = open(&service, Settings::default()).unwrap();
    link.canceller().cancel();
    let error = link.transmit(&CHALLENGE, &mut [0; 258]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    drop(link);
    assert!(card.seen().commands.is_empty());
    assert!(!service.is_powered(READER));
}

#[test]
fn power_is_taken_and_given_and_a_dropped_link_takes_it() {
    let (service, _) = stand_in();
    let mut link = open(&service, Settings::default()).unwrap();
    assert!(service.is_powered(READER));
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    assert!(!service.is_powered(READER));
    assert_eq!(link.transmit(&CHALLENGE, &mut [0; 258]), Err(Error::Off));
    link.reconnect().unwrap();
    assert!(service.is_powered(READER));
    drop(link);
    assert!(!service.is_powered(READER));
    assert_eq!(service.open(), (0, 0));
}

#[test]
fn a_panicking_program_takes_the_power_too() {
    let (service, _) = stand_in();
    let theirs = service.clone();
    let thread = std::thread::spawn(move || {
        let _link = open(&theirs, Settings::default()).unwrap();
        std::panic::resume_unwind(Box::new("ends"));
    });
    assert!(thread.join().is_err());
    assert!(!service.is_powered(READER));
    assert_eq!(service.open(), (0, 0));
}

#[test]
fn after_the_presence_has_ended_nothing_is_sent_until_reconnect() {
    for code in [Code::ResetCard, Code::RemovedCard, Code::ReaderUnavailable, Code::NoService] {
        let (service, card) = stand_in();
        let mut link = open(&service, Settings::default()).unwrap();
        service.trouble(Operation::Transmit, 1, Trouble::Code(code));
        let error = link.transmit(&CHALLENGE, &mut [0; 258]).unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert_eq!(link.transmit(&CHALLENGE, &mut [0; 258]), Err(error));
        assert!(card.seen().commands.is_empty());
        link.reconnect().unwrap();
        assert_eq!(link.transmit(&CHALLENGE, &mut [0; 258]), Ok(10));
    }
}

#[test]
fn a_buffer_that_is_too_small_does_not_end_the_presence() {
    let (service, _) = stand_in();
    let mut link = open(&service, Settings::default()).unwrap();
    let error = link.transmit(&CHALLENGE, &mut [0; 9]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BufferTooSmall);
    assert_eq!(link.transmit(&CHALLENGE, &mut [0; 10]), Ok(10));
}

#[test]
fn an_answer_cut_in_the_middle_ends_the_presence_unless_it_looks_whole() {
    let (service, _) = stand_in();
    let mut link = open(&service, Settings::default()).unwrap();
    let mut answer = [0; 258];
    service.trouble(Operation::Transmit, 1, Trouble::Answer(vec![1, 2, 3, 0x00, 0x01]));
    // Handed up as it came: the exchange rules name it.
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(5));
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Err(Error::AnswerCut { length: 5 }));
    link.reconnect().unwrap();
    // What ends like a status word cannot be told from one here.
    service.trouble(Operation::Transmit, 1, Trouble::Answer(vec![1, 0x90, 0x00]));
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(3));
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(10));
}

#[test]
fn extended_length_is_what_the_reader_says_and_never_with_t_0() {
    let (service, _) = stand_in();
    let link = open(&service, Settings::default()).unwrap();
    assert_eq!(link.capabilities().extended_length, None);
    assert!(!link.capabilities().pin_pad);
    let card = link.card().unwrap();
    assert_eq!((card.protocol, card.interface), (Protocol::T1, Interface::NotKnown));
    drop(link);
    for (properties, passes) in
        [([0x0A, 4, 0, 0, 1, 0], Some(true)), ([0x0A, 4, 0, 0, 0, 0], Some(false))]
    {
        service.set_properties(READER, &properties);
        let link = open(&service, Settings::default()).unwrap();
        assert_eq!(link.capabilities().extended_length, passes);
    }
    service.set_properties(READER, &[0x0A, 4, 0, 0, 1, 0]);
    service.set_protocol(READER, Protocol::T0);
    let link = open(&service, Settings::default()).unwrap();
    assert_eq!(link.capabilities().extended_length, Some(false));
}
