//! How many commands a check-in costs.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Person, Setup, card, check_in, instructions, issue, link, verifies};
use kazasu::Outcome;
use kazasu::apdu::ExtendedLength;
use kazasu_virtual_card::{Card, Link};

const SELECT: u8 = 0xA4;
const READ: u8 = 0xB0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x2A;

fn short_only() -> Card {
    let mut issue = issue();
    issue.settings.extended_length = false;
    Card::issue(issue).unwrap()
}

#[test]
fn five_with_extended_length() {
    for setup in [Setup::new(), Setup { mode: ExtendedLength::On, ..Setup::new() }] {
        for declared in [None, Some(true)] {
            let mut link = link().declare_extended_length(declared);
            let ended = check_in(&mut link, &setup, &mut Person::right());
            assert_eq!(ended.outcome, Outcome::Verified, "{ended:?}");
            assert_eq!(instructions(&link), [SELECT, READ, VERIFY, VERIFY, SIGN]);
            assert_eq!((ended.counts.commands, ended.counts.by_rule), (5, 0));
            assert_eq!(ended.counts.bytes_sent, link.bytes_sent());
            assert_eq!(ended.counts.bytes_received, link.bytes_received());
        }
    }
}

#[test]
fn twelve_when_the_card_refuses_it_and_eleven_from_then_on() {
    let mut link = Link::new(short_only());
    let ended = check_in(&mut link, &Setup::new(), &mut Person::right());
    assert_eq!(ended.outcome, Outcome::Verified, "{ended:?}");
    assert_eq!((ended.counts.commands, link.commands()), (12, 12));
    let refused = link.log().iter().filter(|entry| entry.status.unwrap().0 == 0x6700).count();
    assert_eq!(refused, 1);
    assert!(ended.learned);

    link.clear_log();
    let setup = Setup { learned: ended.learned, ..Setup::new() };
    let ended = check_in(&mut link, &setup, &mut Person::right());
    assert_eq!(ended.outcome, Outcome::Verified, "{ended:?}");
    assert_eq!((ended.counts.commands, link.commands()), (11, 11));
}

#[test]
fn a_session_learns_once_for_all_its_presences() {
    use kazasu::pki::Validator;
    use kazasu::{Job, authenticate};

    let mut link = Link::new(short_only());
    common::session(&mut link, &Setup::new(), |session| {
        let anchors = common::anchors();
        let validator = Validator::new(&anchors);
        let mut before = 0;
        for expected in [12, 11] {
            let mut certificate = [0; 3072];
            let job = Job::check_in(&common::nonce());
            let now = common::now();
            let mut person = Person::right();
            let report =
                authenticate(session, &validator, now, &job, &mut person, &mut certificate);
            assert_eq!(report.outcome, Outcome::Verified);
            let commands = session.channel().counts().commands;
            assert_eq!(commands - before, expected);
            before = commands;
            session.reconnect().unwrap();
        }
    });
}

#[test]
fn eleven_where_it_is_known_not_to_pass() {
    let declared = |card| Link::new(card).declare_extended_length(Some(false));
    for (mut link, setup) in [
        (declared(short_only()), Setup::new()),
        (declared(card()), Setup::new()),
        (Link::new(short_only()), Setup { learned: true, ..Setup::new() }),
        (Link::new(short_only()), Setup { mode: ExtendedLength::Off, ..Setup::new() }),
        (link(), Setup::short()),
    ] {
        let ended = check_in(&mut link, &setup, &mut Person::right());
        assert_eq!(ended.outcome, Outcome::Verified, "{ended:?}");
        assert_eq!((ended.counts.commands, link.commands()), (11, 11));
    }
}

#[test]
fn repetitions_below_the_procedures_are_counted_apart() {
    use kazasu_virtual_card::{Effect, Fault, When};

    for effect in [Effect::WrongLe, Effect::GetResponse(100), Effect::GetResponse(256)] {
        let mut link = link().with_fault(Fault::always(When::Any, effect.clone()));
        let ended = check_in(&mut link, &Setup::short(), &mut Person::right());
        assert_eq!(ended.outcome, Outcome::Verified, "{effect:?} {ended:?}");
        assert_eq!(ended.counts.commands, 11, "{effect:?}");
        let below = u32::try_from(link.commands()).unwrap() - 11;
        assert_eq!(ended.counts.by_rule, below, "{effect:?}");
        assert_eq!(verifies(link.log()), 1);
    }
}
