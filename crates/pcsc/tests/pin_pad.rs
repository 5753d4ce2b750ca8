//! PIN pads over the stand-in: the guard decides, the pad types, and the PIN never enters the host.

mod common;

use common::{End, PIN, Person, READER, check_in_with, open, stand_in};
use kazasu::apdu::{Channel, PinPadEnd, Session};
use kazasu::mynacard::{
    Application, Change, ChangeError, LastTry, Pin, Reference, Secret, SelectApplication,
    VerifyError,
};
use kazasu::{Failure, Outcome};
use kazasu_pcsc::Settings;
use kazasu_pcsc::stand_in::{MODIFY_PIN_DIRECT, StandIn, Typed, VERIFY_PIN_DIRECT};

fn check_in(service: &StandIn) -> End {
    let mut meanwhile = || {};
    let person = Person { on_pin_pad: true, meanwhile: &mut meanwhile };
    check_in_with(service, Settings::default(), person)
}

#[test]
fn a_pin_typed_at_the_reader_is_verified() {
    for settings in [Settings::default(), Settings::default().shared()] {
        let (service, card) = stand_in();
        service.set_pin_pad(READER, Typed::Digits(PIN.to_vec()));
        let mut meanwhile = || {};
        let person = Person { on_pin_pad: true, meanwhile: &mut meanwhile };
        let end = check_in_with(&service, settings, person);
        assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
        assert_eq!(card.verifies(), 1);
        assert_eq!(
            service.pin_pad_blocks(READER),
            [(
                VERIFY_PIN_DIRECT,
                vec![
                    30, 30, 0x82, 0x04, 0x00, 0x04, 0x04, 0x02, 0x01, 0x11, 0x04, 0x00, 0x00, 0x00,
                    0x00, 0x09, 0x00, 0x00, 0x00, // the header, then the template
                    0x00, 0x20, 0x00, 0x98, 0x04, 0x00, 0x00, 0x00, 0x00,
                ]
            )]
        );
    }
}

#[test]
fn a_wrong_pin_typed_at_the_reader_costs_one_try() {
    let (service, card) = stand_in();
    service.set_pin_pad(READER, Typed::Digits(b"9999".to_vec()));
    let end = check_in(&service);
    assert_eq!((end.outcome, end.tries_left), (Outcome::PinWrong, Some(2)), "{end:?}");
    assert_eq!(card.verifies(), 1);
    check_in(&service);
    // The last try is not used without the holder's word.
    let end = check_in(&service);
    assert_eq!((end.outcome, end.tries_left), (Outcome::LastTryRefused, Some(1)), "{end:?}");
    assert_eq!(card.verifies(), 2);
}

#[test]
fn what_ends_the_entry_is_named_and_costs_no_try() {
    for (status, pad, outcome) in [
        (0x6400, PinPadEnd::TimedOut, Outcome::TimedOut),
        (0x6401, PinPadEnd::Cancelled, Outcome::Cancelled),
        (0x6402, PinPadEnd::Mismatch, Outcome::Cancelled),
        (0x6403, PinPadEnd::WrongLength, Outcome::Cancelled),
    ] {
        let (service, card) = stand_in();
        service.set_pin_pad(READER, Typed::Ends(status));
        let end = check_in(&service);
        let failure = Failure::Verify(VerifyError::NotEntered { end: pad, left: 3 });
        assert_eq!(end.failure, Some(failure));
        assert_eq!((end.outcome, end.tries_left), (outcome, Some(3)), "{end:?}");
        assert_eq!(card.verifies(), 0);
        // The presence went on: the counter was read again.
        let queries = card.seen().commands.iter().filter(|(header, _)| header[1] == 0x20).count();
        assert_eq!(queries, 2);
    }
}

#[test]
fn without_a_pin_pad_nothing_is_sent_and_nobody_is_asked() {
    let (service, card) = stand_in();
    let end = check_in(&service);
    assert!(matches!(end.failure, Some(Failure::Verify(VerifyError::NotSent(_)))), "{end:?}");
    assert_eq!(end.tries_left, Some(3));
    assert_eq!(card.verifies(), 0);
    // One that cannot take four digits is none for this.
    let (service, card) = stand_in();
    service.set_pin_pad(READER, Typed::Digits(PIN.to_vec()));
    service.set_properties(READER, &[0x06, 0x01, 6]);
    let end = check_in(&service);
    assert!(matches!(end.failure, Some(Failure::Verify(VerifyError::NotSent(_)))), "{end:?}");
    assert!(service.pin_pad_blocks(READER).is_empty());
    assert_eq!(card.verifies(), 0);
}

#[test]
fn a_new_pin_is_typed_at_the_reader() {
    let (service, card) = stand_in();
    service.set_pin_pad(READER, Typed::Digits(b"7777".to_vec()));
    let change = |current: &Pin| {
        let (mut commands, mut answers) = ([0; 262], [0; 258]);
        let link = open(&service, Settings::default()).unwrap();
        let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
        session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
        let mut change = Change::new(Reference::Auth, current, Secret::OnPinPad, LastTry::Keep);
        session.run(&mut change)
    };
    let old = Pin::new(PIN).unwrap();
    assert_eq!(change(&old), Ok(()));
    let blocks = service.pin_pad_blocks(READER);
    assert_eq!(
        blocks,
        [(
            MODIFY_PIN_DIRECT,
            vec![
                30, 30, 0x82, 0x04, 0x00, 0x00, 0x00, 0x04, 0x04, 0x01, 0x02, 0x02, 0x11, 0x04,
                0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00,
                0x00, // then the template
                0x00, 0x24, 0x01, 0x80, 0x04, 0x00, 0x00, 0x00, 0x00,
            ]
        )]
    );
    // It is the valid one now.
    let new = Pin::new(b"7777").unwrap();
    service.set_pin_pad(READER, Typed::Ends(0x6402));
    assert_eq!(change(&new), Err(ChangeError::NotEntered(PinPadEnd::Mismatch)));
    assert_eq!(card.verifies(), 2);
}
