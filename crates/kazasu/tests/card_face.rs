//! The flows over what stands on the card: how many commands they cost, what they verify, and what a
//! wrong code costs.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::{Setup, instructions, issue, link, session, verifies};
use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::{Reference, VerifyError};
use kazasu::pki::Hierarchy;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::{
    AttributesCode, Cleared, Failure, Memory, Nonce, Outcome, RecordChecks, age_record, attributes,
    card_face, card_information,
};
use kazasu_virtual_card::{Card, Issue, Link, Reference as OfCard};

const SELECT: u8 = 0xA4;
const READ: u8 = 0xB0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x2A;

fn nonce() -> Nonce {
    Nonce::given(b"nobody has seen these 32 octets.").unwrap()
}

#[test]
fn the_card_face_costs_four_commands_and_two_more_for_authenticity() {
    let anchors = authorities();
    let (signature, card) =
        (RecordChecks::signature(&anchors), RecordChecks::card(&anchors, nonce()));
    for (checks, expected) in [
        (None, &[SELECT, VERIFY, VERIFY, READ][..]),
        (Some(signature), &[SELECT, READ, VERIFY, VERIFY, READ]),
        (Some(card), &[SELECT, READ, VERIFY, VERIFY, READ, SIGN]),
    ] {
        let mut link = link();
        let mut holder = Codes::of(link.card().unwrap());
        let is_checked = checks.is_some();
        let mut bytes = [0; 8192];
        let mut memory = Memory::new(&mut bytes);
        session(&mut link, &Setup { room: 8192, ..Setup::new() }, |session| {
            let report = card_face(session, checks, &mut holder, &mut memory);
            assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
            assert_eq!((report.tries_left, report.cleared), (Some(10), Cleared::PowerOff));
            assert_eq!(report.unverified.is_some(), !is_checked);
            assert_eq!(report.verified.is_some(), is_checked);
            assert_eq!(report.authentic.is_some(), expected.len() == 6);
            if let Some(face) = report.verified {
                assert_eq!(
                    (face.hierarchy(), face.birth().digits()),
                    (Hierarchy::Virtual, "19850615")
                );
                assert!(face.photo().starts_with(b"\0\0\0\x0CjP  "));
                assert!(report.authentic.is_none_or(|proof| proof.is_of(&face)));
            }
            if let Some(face) = report.unverified {
                assert_eq!(face.unverified_birth().digits(), "19850615");
                assert!(face.unverified_photo().starts_with(b"\0\0\0\x0CjP  "));
            }
        });
        assert_eq!(instructions(&link), expected);
        assert_eq!(holder.asked, [(Reference::CardFaceNumberB, 10)]);
    }
}

#[test]
fn the_attributes_cost_four_commands_by_either_code() {
    let anchors = authorities();
    for code in [AttributesCode::Pin, AttributesCode::NumberB] {
        for (trusted, expected) in [
            (None, &[SELECT, VERIFY, VERIFY, READ][..]),
            (Some(&anchors), &[SELECT, READ, VERIFY, VERIFY, READ, READ]),
        ] {
            let mut link = link();
            let mut holder = Codes::of(link.card().unwrap());
            let owner = link.card().unwrap().holder().unwrap().clone();
            let mut bytes = [0; 4096];
            let mut memory = Memory::new(&mut bytes);
            session(&mut link, &Setup::new(), |session| {
                let report = attributes(session, code, trusted, &mut holder, &mut memory);
                assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
                let (name, address) = match (report.unverified, report.verified) {
                    (Some(it), None) => (it.unverified_name(), it.unverified_address()),
                    (None, Some(it)) => (it.name(), it.address()),
                    _ => panic!("verified and not"),
                };
                assert_eq!((name, address), (&*owner.name, &*owner.address));
            });
            assert_eq!(instructions(&link), expected, "{code:?}");
            assert_eq!(holder.asked, [(code.reference(), code.reference().tries())]);
        }
    }
}

#[test]
fn the_birth_date_alone_proves_the_card() {
    let anchors = authorities();
    for (copied, expected) in [(false, Outcome::Verified), (true, Outcome::RecordNotGenuine)] {
        let mut issue = issue();
        issue.copied = copied;
        let mut link = Link::new(Card::issue(issue).unwrap());
        let mut holder = Codes::of(link.card().unwrap());
        let mut bytes = [0; 640];
        let mut memory = Memory::new(&mut bytes);
        session(&mut link, &Setup::new(), |session| {
            let checks = RecordChecks::card(&anchors, nonce());
            let report = age_record(session, Some(checks), &mut holder, &mut memory);
            assert_eq!(report.outcome, expected);
            assert_eq!(report.authentic.is_some(), !copied);
            assert_eq!(report.verified.is_some(), !copied, "a copy shows nothing");
            match report.failure {
                None => assert_eq!(report.verified.unwrap().birth().digits(), "19850615"),
                Some(failure) => assert!(matches!(failure, Failure::Authenticity(_))),
            }
        });
        // After a failure the counter is read once more.
        let expected = [SELECT, READ, VERIFY, VERIFY, READ, SIGN, VERIFY];
        assert_eq!(instructions(&link), expected.get(..6 + usize::from(copied)).unwrap());
        assert_eq!(verifies(link.log()), 1);
        assert_eq!(holder.asked, [(Reference::BirthDate, 10)]);
    }
}

#[test]
fn the_card_information_costs_two_commands_and_no_code() {
    let mut link = link();
    session(&mut link, &Setup::new(), |session| {
        let report = card_information(session);
        assert_eq!((report.outcome, report.cleared), (Outcome::Verified, Cleared::NotNeeded));
        let information = report.information.unwrap();
        assert_eq!(information.unsigned_municipality(), "99999");
        assert!(information.unsigned_expiry().ends_with("0615"));
        assert!(information.unsigned_serial().starts_with('9'));
    });
    assert_eq!(instructions(&link), [SELECT, 0xB2]);
}

#[test]
fn nobody_is_asked_for_a_code_where_nobody_vouches_for_the_card() {
    let anchors = CvcAnchors::production().with_test();
    let checks = RecordChecks::signature(&anchors);
    let mut link = link();
    let mut holder = Codes::of(link.card().unwrap());
    let mut bytes = [0; 8192];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        let report = card_face(session, Some(checks), &mut holder, &mut memory);
        assert_eq!((report.outcome, report.tries_left), (Outcome::NotTrusted, None));
        assert!(report.verified.is_none() && report.unverified.is_none());
    });
    assert!(holder.asked.is_empty());
    assert_eq!((instructions(&link), verifies(link.log())), (vec![SELECT, READ], 0));
}

#[test]
fn a_wrong_number_b_costs_one_of_ten_and_two_stop_the_session() {
    let mut link = link();
    let mut holder = Codes::wrong();
    let mut bytes = [0; 8192];
    session(&mut link, &Setup::new(), |session| {
        for left in [9, 8] {
            let mut memory = Memory::new(&mut bytes);
            let report = card_face(session, None, &mut holder, &mut memory);
            let failure = Failure::Code(VerifyError::Wrong { left });
            assert_eq!((report.outcome, report.failure), (Outcome::CodeWrong, Some(failure)));
            assert_eq!(report.tries_left, Some(left));
            session.reconnect().unwrap();
        }
        // From now on nobody is asked, for this code and for every other one.
        let asked = holder.asked.len();
        let mut memory = Memory::new(&mut bytes);
        let report = card_face(session, None, &mut holder, &mut memory);
        let failure = Failure::Code(VerifyError::SessionStopped { left: 8 });
        assert_eq!((report.outcome, report.failure), (Outcome::CodesStopped, Some(failure)));
        assert_eq!(report.tries_left, Some(8));
        session.reconnect().unwrap();
        let report = age_record(session, None, &mut holder, &mut memory);
        assert_eq!((report.outcome, report.tries_left), (Outcome::CodesStopped, Some(10)));
        assert_eq!(holder.asked.len(), asked);
        session.reconnect().unwrap();
        // A PIN is not an access code.
        let report = attributes(session, AttributesCode::Pin, None, &mut holder, &mut memory);
        assert_eq!((report.outcome, report.tries_left), (Outcome::PinWrong, Some(2)));
        session.reconnect().unwrap();
        // The next holder begins anew.
        session.channel_mut().begin_session();
        let report = card_face(session, None, &mut holder, &mut memory);
        assert_eq!((report.outcome, report.tries_left), (Outcome::CodeWrong, Some(7)));
    });
    let card = link.card().unwrap();
    assert_eq!(
        (card.tries(OfCard::SurfaceNumberB), card.tries(OfCard::TextNumberB)),
        (Some(7), Some(10))
    );
    assert_eq!(card.verify_commands_seen(), 4);
}

#[test]
fn the_reserve_of_two_is_the_holders() {
    for (confirms, left, outcome) in [
        (false, 2, Outcome::LastTryRefused),
        (false, 1, Outcome::LastTryRefused),
        (true, 2, Outcome::Verified),
        (true, 0, Outcome::CodeBlocked),
        (false, 3, Outcome::Verified),
    ] {
        let issue = Issue::demonstration().seed(1).tries_left(OfCard::SurfaceNumberB, left);
        let mut link = Link::new(Card::issue(issue).unwrap());
        let mut holder = Codes { confirms, ..Codes::of(link.card().unwrap()) };
        let mut bytes = [0; 8192];
        let mut memory = Memory::new(&mut bytes);
        let report = session(&mut link, &Setup::new(), |session| {
            card_face(session, None, &mut holder, &mut memory).outcome
        });
        assert_eq!(report, outcome, "{confirms} {left}");
        let verified = usize::from(outcome == Outcome::Verified);
        assert_eq!((verifies(link.log()), holder.asked.len()), (verified, verified));
    }
}

#[test]
fn a_flow_leaves_nothing_in_the_buffers_of_a_channel_that_lives_on() {
    let mut link = link();
    let mut holder = Codes::of(link.card().unwrap());
    let (mut outgoing, mut incoming, mut bytes) = ([0xEE; 300], [0xEE; 8192], [0xEE; 8192]);
    let mut session = Session::new(&mut link, Channel::new(&mut outgoing, &mut incoming));
    let mut memory = Memory::new(&mut bytes);
    let report = card_face(&mut session, None, &mut holder, &mut memory);
    let photo = report.unverified.unwrap().unverified_photo().to_vec();
    let (command, answer) = session.channel_mut().exchange();
    assert!(command.iter().chain(answer.iter()).all(|byte| *byte == 0));
    drop((memory, session));
    assert!(photo.len() > 2000);
    assert!(bytes.iter().chain(&incoming).chain(&outgoing).all(|byte| *byte == 0));
}
