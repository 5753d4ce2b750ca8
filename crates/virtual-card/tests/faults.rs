//! Faults and the in-process link.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use common::{PIN, demonstration, select_command, sign_command, verify_command};
use kazasu_apdu::transport::{Error as _, ErrorKind};
use kazasu_apdu::{PowerOff, Status, Transport};
use kazasu_virtual_card::{
    ApplicationName, Card, CertificateDefect, CertificateKind, Effect, Fault, Issue, Link,
    LinkError, OnReconnect, Reference, SignatureDefect, When,
};

const READ_ALL: [u8; 7] = [0x00, 0xB0, 0x8A, 0x00, 0x00, 0x00, 0x00];
const QUERY: [u8; 4] = [0x00, 0x20, 0x00, 0x98];

fn send(link: &mut Link, command: &[u8]) -> Result<Vec<u8>, LinkError> {
    let mut response = vec![0; 65_538];
    let length = link.transmit(command, &mut response)?;
    response.truncate(length);
    Ok(response)
}

fn kind(result: Result<Vec<u8>, LinkError>) -> ErrorKind {
    result.expect_err("an error").kind()
}

fn with_status(result: Result<Vec<u8>, LinkError>) -> (Vec<u8>, u16) {
    let response = result.expect("an answer");
    let (data, status) = response.split_last_chunk::<2>().expect("a status word");
    (data.to_vec(), u16::from_be_bytes(*status))
}

fn tries(link: &Link) -> u8 {
    link.card().and_then(|card| card.tries(Reference::Auth)).unwrap()
}

/// A link whose application is selected: one command.
fn selected(card: Card) -> Link {
    let mut link = Link::new(card);
    send(&mut link, &select_command(ApplicationName::Jpki)).unwrap();
    link
}

fn with_fault(fault: Fault) -> Link {
    let mut link = selected(demonstration());
    link.faults_mut().push(fault);
    link
}

#[test]
fn a_link_that_drops_before_costs_no_try_and_after_costs_one() {
    for (effect, left) in [(Effect::drop_before(), 3), (Effect::drop_after(), 2)] {
        let mut link = with_fault(Fault::once(When::Command(2), effect));
        let verify = verify_command(0x98, b"0000");
        assert_eq!(kind(send(&mut link, &verify)), ErrorKind::LinkBroken);
        assert_eq!(tries(&link), left);
        // Nothing passes until a new presence.
        assert_eq!(kind(send(&mut link, &QUERY)), ErrorKind::LinkBroken);
        assert!(matches!(link.power_off(), Err(LinkError::Broken(ErrorKind::LinkBroken))));
        assert_eq!((link.commands(), tries(&link)), (2, left));
        link.reconnect().unwrap();
        assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x6986, "a power cycle");
        assert_eq!(link.faults_mut().armed(), []);
    }
}

#[test]
fn a_new_presence_may_keep_the_security_status_or_everything() {
    for (what, query, after_select) in [
        (OnReconnect::PowerCycle, 0x6986, 0x6982),
        (OnReconnect::WarmReset, 0x6986, 0x9000),
        (OnReconnect::Nothing, 0x63C3, 0x9000),
    ] {
        let mut link = selected(demonstration()).on_reconnect(what);
        send(&mut link, &verify_command(0x98, PIN)).unwrap();
        link.faults_mut().push(Fault::once(When::Any, Effect::no_answer()));
        assert_eq!(kind(send(&mut link, &QUERY)), ErrorKind::TimedOut);
        link.reconnect().unwrap();
        assert_eq!(with_status(send(&mut link, &QUERY)).1, query, "{what:?}");
        send(&mut link, &select_command(ApplicationName::Jpki)).unwrap();
        let signed = with_status(send(&mut link, &sign_command(0x00, 0x97, &[1; 51])));
        assert_eq!(signed.1, after_select, "{what:?}");
        assert_eq!(link.reconnects(), 1);
    }
}

#[test]
fn another_card_after_the_break_has_its_own_counter_and_certificate() {
    let issue = Issue::demonstration().seed(2).tries_left(Reference::Auth, 1);
    let mut link = with_fault(Fault::once(When::InsWithData(0x20), Effect::drop_after()));
    let first = send(&mut link, &READ_ALL).unwrap();
    link.swap_at_reconnect(Card::issue(issue).unwrap());
    assert!(send(&mut link, &verify_command(0x98, b"0000")).is_err());
    link.reconnect().unwrap();
    send(&mut link, &select_command(ApplicationName::Jpki)).unwrap();
    // A client that asked here and said "one try left" would speak of somebody else's card.
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C1);
    assert_ne!(send(&mut link, &READ_ALL).unwrap(), first);
    let before = link.removed_card().and_then(|card| card.tries(Reference::Auth));
    assert_eq!((before, tries(&link)), (Some(2), 1));
}

#[test]
fn every_error_kind_can_be_had() {
    for wanted in [
        ErrorKind::CardRemoved,
        ErrorKind::CardReset,
        ErrorKind::InUse,
        ErrorKind::ReaderLost,
        ErrorKind::ServiceDown,
        ErrorKind::TimedOut,
    ] {
        let effect = Effect::Break { acted: false, kind: wanted };
        let mut link = with_fault(Fault::always(When::InsP2(0x20, 0x98), effect));
        assert_eq!(with_status(send(&mut link, &[0x00, 0x20, 0x00, 0x9B])).1, 0x63C5);
        assert_eq!(kind(send(&mut link, &QUERY)), wanted);
        link.reconnect().unwrap();
        assert_eq!(kind(send(&mut link, &QUERY)), wanted, "always");
    }
}

#[test]
fn a_card_is_taken_away_and_put_back() {
    let mut link = selected(demonstration());
    let card = link.remove().unwrap();
    assert_eq!(kind(send(&mut link, &QUERY)), ErrorKind::CardRemoved);
    assert!(matches!(link.reconnect(), Err(LinkError::Broken(ErrorKind::NoCard))));
    link.insert(card);
    assert_eq!(kind(send(&mut link, &QUERY)), ErrorKind::CardRemoved);
    link.reconnect().unwrap();
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x6986);
}

#[test]
fn answers_are_cut_at_every_byte_and_lengthened() {
    let whole = send(&mut selected(demonstration()), &QUERY).unwrap();
    for length in 0..=whole.len() {
        let mut link = with_fault(Fault::once(When::Ins(0x20), Effect::Cut(length)));
        assert_eq!(Some(&send(&mut link, &QUERY).unwrap()[..]), whole.get(..length));
        assert_eq!(send(&mut link, &QUERY).unwrap(), whole);
    }
    let fault = Fault::once(When::Ins(0xB0), Effect::Lengthen(vec![0xAA; 3]));
    let mut link = with_fault(fault);
    let longer = with_status(send(&mut link, &[0x00, 0xB0, 0x88, 0x00, 0x03]));
    assert_eq!(longer, (vec![0x8F, 0x8F, 0x00, 0xAA, 0xAA, 0xAA], 0x9000));
}

#[test]
fn a_wrong_status_word_comes_with_or_without_the_deed() {
    for (acted, left) in [(false, 3), (true, 2)] {
        let effect = Effect::Status { acted, status: Status(0x6F00) };
        let mut link = with_fault(Fault::once(When::InsWithData(0x20), effect));
        assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C3, "no data, no fault");
        let answer = with_status(send(&mut link, &verify_command(0x98, b"0000")));
        assert_eq!((answer, tries(&link)), ((vec![], 0x6F00), left));
    }
}

#[test]
fn the_first_command_of_each_presence_fails() {
    let mut link = Link::new(demonstration()).with_fault(Fault::first_command_fails());
    let select = select_command(ApplicationName::Jpki);
    for _ in 0..2 {
        assert_eq!(with_status(send(&mut link, &select)).1, 0x6F00);
        assert_eq!(with_status(send(&mut link, &select)).1, 0x9000);
        link.reconnect().unwrap();
    }
}

#[test]
fn reads_are_short() {
    for status in [0x9000, 0x6282] {
        let effect = Effect::ShortRead { length: 7, status: Status(status) };
        let mut link = with_fault(Fault::always(When::Ins(0xB0), effect));
        let (data, answered) = with_status(send(&mut link, &READ_ALL));
        assert_eq!((data.len(), answered), (7, status));
        // What is no longer than that comes as it is.
        assert_eq!(with_status(send(&mut link, &[0x00, 0xB0, 0x88, 0x00, 0x03])).1, 0x9000);
    }
    let mut link = with_fault(Fault::always(When::Ins(0xB0), Effect::WrongLe));
    assert_eq!(with_status(send(&mut link, &[0x00, 0xB0, 0x88, 0x00, 0x00])), (vec![], 0x6C03));
    assert_eq!(with_status(send(&mut link, &[0x00, 0xB0, 0x88, 0x00, 0x03])).0.len(), 3);
    assert_eq!(with_status(send(&mut link, &READ_ALL)), (vec![], 0x6C00));
    assert_eq!(with_status(send(&mut link, &[0x00, 0xB0, 0x8A, 0x00, 0x00])).0.len(), 256);
}

#[test]
fn get_response_delivers_the_whole_in_pieces() {
    let whole = with_status(send(&mut selected(demonstration()), &READ_ALL)).0;
    let mut link = with_fault(Fault::always(When::Ins(0xB0), Effect::GetResponse(200)));
    let (data, mut status) = with_status(send(&mut link, &READ_ALL));
    assert_eq!((data.len(), status), (0, 0x61C8));
    let mut collected = Vec::new();
    while status >> 8 == 0x61 {
        let [_, available] = status.to_be_bytes();
        let (data, next) = with_status(send(&mut link, &[0x00, 0xC0, 0x00, 0x00, available]));
        collected.extend(data);
        status = next;
    }
    assert_eq!((collected, status), (whole, 0x9000));
    assert_eq!(link.log().iter().filter(|entry| entry.is_get_response()).count(), 8);
    // Any other command drops what is pending.
    send(&mut link, &READ_ALL).unwrap();
    send(&mut link, &QUERY).unwrap();
    assert_eq!(with_status(send(&mut link, &[0x00, 0xC0, 0x00, 0x00, 0x00])).1, 0x6D00);
}

#[test]
fn signatures_are_random_or_anothers() {
    let verify = verify_command(0x98, PIN);
    let sign = sign_command(0x02, 0x97, &[7; 32]);
    let mut honest = selected(demonstration());
    send(&mut honest, &verify).unwrap();
    let right = send(&mut honest, &sign).unwrap();
    for defect in [SignatureDefect::Random, SignatureDefect::Foreign] {
        let mut link = with_fault(Fault::once(When::Ins(0x2A), Effect::Signature(defect)));
        send(&mut link, &verify).unwrap();
        let wrong = send(&mut link, &sign).unwrap();
        assert_eq!(wrong.len(), right.len());
        assert!(wrong.ends_with(&[0x90, 0x00]));
        assert_ne!(wrong, right, "{defect:?}");
        assert_eq!(send(&mut link, &sign).unwrap(), right, "once");
    }
}

#[test]
fn certificates_are_truncated_corrupt_or_anothers() {
    let whole = with_status(send(&mut selected(demonstration()), &READ_ALL)).0;
    let read = |defect| {
        let effect = Effect::Certificate(CertificateKind::Auth, defect);
        let mut link = with_fault(Fault::always(When::Ins(0xB0), effect));
        let long = with_status(send(&mut link, &READ_ALL)).0;
        // In short pieces it is the same.
        let mut pieces = Vec::new();
        while let [high, low] = u16::try_from(pieces.len()).unwrap().to_be_bytes()
            && let (data, 0x9000) = with_status(send(&mut link, &[0x00, 0xB0, high, low, 0x00]))
        {
            pieces.extend(data);
        }
        assert_eq!(long, pieces);
        assert_eq!(with_status(send(&mut link, &[0x00, 0xB0, 0x8B, 0x00, 0x01])).1, 0x9000);
        long
    };
    assert_eq!(Some(&read(CertificateDefect::Truncated(1_000))[..]), whole.get(..1_000));
    let corrupt = read(CertificateDefect::Corrupt(300));
    let differing: Vec<_> =
        (0..whole.len()).filter(|at| corrupt.get(*at) != whole.get(*at)).collect();
    assert_eq!((corrupt.len(), differing), (whole.len(), vec![300]));
    let foreign = read(CertificateDefect::Foreign);
    assert_ne!(foreign, whole);
    assert!(foreign.starts_with(&[0x30, 0x82]));
}

#[test]
fn a_code_is_blocked_on_the_way() {
    let effect = Effect::Block(Reference::Auth);
    let mut link = with_fault(Fault::once(When::InsWithData(0x20), effect));
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C3);
    assert_eq!(with_status(send(&mut link, &verify_command(0x98, PIN))).1, 0x6984);
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C0);
}

#[test]
fn only_slow_waits() {
    let pause = std::time::Duration::from_millis(30);
    let mut link = with_fault(Fault::once(When::Any, Effect::Slow(pause)));
    let begun = std::time::Instant::now();
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C3);
    assert!(begun.elapsed() >= pause);
}

#[test]
fn several_faults_strike_together() {
    let mut link = with_fault(Fault::once(When::Command(2), Effect::Lengthen(vec![1, 2, 3])));
    link.faults_mut().push(Fault::once(When::Command(2), Effect::Cut(4)));
    assert_eq!(send(&mut link, &QUERY).unwrap(), [1, 2, 3, 0x63]);
    link.faults_mut().push(Fault::always(When::Any, Effect::Cut(0)));
    assert!(send(&mut link, &QUERY).unwrap().is_empty());
    link.faults_mut().clear();
    assert_eq!(send(&mut link, &QUERY).unwrap(), [0x63, 0xC3]);
}

#[test]
fn the_link_counts_and_keeps_no_data() {
    let mut link = selected(demonstration());
    send(&mut link, &verify_command(0x98, PIN)).unwrap();
    let entry = *link.log().last().unwrap();
    assert_eq!((entry.cla, entry.ins, entry.p1, entry.p2), (0x00, 0x20, 0x00, 0x98));
    assert_eq!((entry.lc, entry.le, entry.status), (4, 0, Some(Status(0x9000))));
    assert!(entry.is_verify());
    assert_eq!((link.commands(), link.bytes_sent(), link.bytes_received()), (2, 15 + 9, 4));
    assert!(!format!("{link:?}").contains("1234"));
    send(&mut link, &READ_ALL).unwrap();
    let entry = link.log().last().unwrap();
    assert_eq!((entry.lc, entry.le, entry.answered > 1_500), (0, 65_536, true));
    link.clear_log();
    assert_eq!((link.commands(), link.bytes_sent()), (0, 0));
}

#[test]
fn a_small_buffer_does_not_end_the_presence() {
    let mut link = selected(demonstration());
    let mut small = [0; 10];
    let error = link.transmit(&[0x00, 0xB0, 0x8A, 0x00, 0x00], &mut small).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BufferTooSmall);
    assert!(matches!(error, LinkError::BufferTooSmall { needed: 258 }));
    assert_eq!(with_status(send(&mut link, &QUERY)).1, 0x63C3);
}

#[test]
fn the_link_says_of_itself_what_it_was_told() {
    let link = Link::new(demonstration());
    assert_eq!(link.capabilities().extended_length, None);
    let link = link.declare_extended_length(Some(false));
    assert_eq!(link.capabilities().extended_length, Some(false));

    let mut link = selected(demonstration());
    send(&mut link, &verify_command(0x98, PIN)).unwrap();
    assert_eq!(link.power_off().unwrap(), PowerOff::Done);
    assert!(!link.card().unwrap().is_verified(Reference::Auth));
    let mut link = selected(demonstration()).without_power_off();
    send(&mut link, &verify_command(0x98, PIN)).unwrap();
    assert_eq!(link.power_off().unwrap(), PowerOff::Unsupported);
    assert!(link.card().unwrap().is_verified(Reference::Auth));
}
