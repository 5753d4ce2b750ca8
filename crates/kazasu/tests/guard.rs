//! The PIN: when it is asked for, when it is sent, what it costs.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Person, Setup, check_in, instructions, issue, sign, time, verifies};
use kazasu::mynacard::{Application, Error, Pin, Token, VerifyError};
use kazasu::pki::{Anchors, Phase};
use kazasu::{Cleared, Failure, Job, Outcome, Stage};
use kazasu_virtual_card::{Card, Date, Issue, Kind, Link, Reference};

/// Tries left on the card itself.
fn left(link: &Link, reference: Reference) -> u8 {
    link.card().unwrap().tries(reference).unwrap()
}

fn with_tries(tries: u8) -> Link {
    let issue = issue().tries_left(Reference::Auth, tries).tries_left(Reference::Sign, tries);
    Link::new(Card::issue(issue).unwrap())
}

/// Valid from 2021-03-01, last day 2025-06-15.
fn dated(kind: Kind) -> Issue {
    let mut issue = issue();
    issue.kind = kind;
    issue.issued = Date::new(2021, 3, 1).unwrap();
    issue.not_after = Date::new(2025, 6, 15);
    issue
}

/// Nothing was asked of the holder, and no secret left the reader.
fn assert_untouched(link: &Link, person: &Person) {
    assert_eq!((person.asked.len(), person.warned.len()), (0, 0));
    assert_eq!(verifies(link.log()), 0);
    assert_eq!(link.card().unwrap().deeds().verify_commands, 0);
}

#[test]
fn a_wrong_pin_costs_one_try() {
    let mut link = with_tries(3);
    for (expected, confirms) in [(2, false), (1, false), (0, true)] {
        link.clear_log();
        let mut person = Person { confirms, ..Person::wrong() };
        let ended = check_in(&mut link, &Setup::new(), &mut person);
        let (outcome, error) = match expected {
            0 => (Outcome::PinBlocked, VerifyError::WrongAndBlocked),
            left => (Outcome::PinWrong, VerifyError::Wrong { left }),
        };
        assert_eq!((ended.outcome, ended.tries_left), (outcome, Some(expected)), "{ended:?}");
        assert_eq!(ended.failure, Some(Failure::Verify(error)));
        assert_eq!((left(&link, Reference::Auth), verifies(link.log())), (expected, 1));
        assert_eq!(person.asked, [expected + 1]);
        assert!(ended.proof.is_none());
    }
    assert_eq!(link.card().unwrap().deeds().verify_commands, 3);
}

#[test]
fn a_wrong_password_costs_one_try() {
    let mut link = with_tries(3);
    let ended = sign(&mut link, &Setup::new(), &mut Person::wrong());
    assert_eq!((ended.outcome, ended.tries_left), (Outcome::PinWrong, Some(2)));
    assert_eq!((left(&link, Reference::Sign), verifies(link.log())), (2, 1));
    assert_eq!(left(&link, Reference::Auth), 3);
}

#[test]
fn the_last_try_is_kept_unless_confirmed() {
    for flow in [check_in, sign] {
        for mut person in [Person::right(), Person::wrong()] {
            let mut link = with_tries(1);
            let ended = flow(&mut link, &Setup::new(), &mut person);
            assert_eq!((ended.outcome, ended.tries_left), (Outcome::LastTryRefused, Some(1)));
            assert_eq!((person.warned.as_slice(), person.asked.len()), (&[1][..], 0));
            assert_eq!(link.card().unwrap().deeds().verify_commands, 0);
            assert_eq!(left(&link, Reference::Auth), 1);
            assert_eq!(ended.cleared, Cleared::NotNeeded);
        }
    }
    let mut link = with_tries(1);
    let mut person = Person::right().confirming();
    let ended = check_in(&mut link, &Setup::new(), &mut person);
    assert_eq!((ended.outcome, ended.tries_left), (Outcome::Verified, Some(3)));
    assert_eq!((person.warned, person.asked), (vec![1], vec![1]));

    let mut link = with_tries(1);
    let ended = check_in(&mut link, &Setup::new(), &mut Person::wrong().confirming());
    assert_eq!((ended.outcome, ended.tries_left), (Outcome::PinBlocked, Some(0)));
    assert_eq!((left(&link, Reference::Auth), verifies(link.log())), (0, 1));
}

#[test]
fn nobody_is_asked_for_a_blocked_pin() {
    use kazasu_virtual_card::Blocked;

    for blocked in
        [Blocked::NoTriesLeft, Blocked::ReferenceDataLocked, Blocked::AuthenticationMethodBlocked]
    {
        for flow in [check_in, sign] {
            let mut link = with_tries(0);
            link.card_mut().unwrap().settings_mut().blocked = blocked;
            let mut person = Person::right().confirming();
            let ended = flow(&mut link, &Setup::new(), &mut person);
            assert_eq!((ended.outcome, ended.tries_left), (Outcome::PinBlocked, Some(0)));
            assert_untouched(&link, &person);
        }
    }
}

#[test]
fn an_untrusted_certificate_ends_it_before_the_pin() {
    for anchors in [Anchors::production(), Anchors::production().with_test(), Anchors::none()] {
        let mut link = with_tries(3);
        let mut person = Person::right();
        let job = Job::check_in(&common::nonce());
        let ended =
            common::authenticate_with(&mut link, &Setup::new(), &anchors, &job, &mut person);
        assert_eq!((ended.outcome, ended.phase), (Outcome::NotTrusted, None));
        assert_eq!(instructions(&link), [0xA4, 0xB0]);
        assert_untouched(&link, &person);
    }
}

#[test]
fn a_certificate_outside_its_time_ends_it_before_the_pin() {
    for (kind, now, outcome) in [
        (Kind::Card, "2021-02-28T12:00:00+09:00", Outcome::NotYetValid),
        (Kind::Card, "2025-09-16T00:00:00+09:00", Outcome::Over),
        (Kind::Iphone, "2025-06-16T00:00:00+09:00", Outcome::Over),
        (Kind::Iphone, "2025-09-15T12:00:00+09:00", Outcome::Over),
        // The grace is the My Number card's.
        (Kind::Juki, "2025-09-15T12:00:00+09:00", Outcome::Over),
    ] {
        let mut link = Link::new(Card::issue(dated(kind)).unwrap());
        let mut person = Person::right();
        let ended = check_in(&mut link, &Setup::at(time(now)), &mut person);
        assert_eq!(ended.outcome, outcome, "{kind:?} {now} {ended:?}");
        assert_eq!(ended.outcome.code(), 17);
        assert_untouched(&link, &person);
    }
}

#[test]
fn phases_in_which_the_identity_is_proven() {
    for (kind, now, outcome, phase) in [
        (Kind::Card, "2025-03-14T23:59:59+09:00", Outcome::Verified, Phase::Valid),
        (Kind::Card, "2025-03-15T00:00:00+09:00", Outcome::Verified, Phase::Expiring),
        (Kind::Card, "2025-06-15T23:59:59+09:00", Outcome::Verified, Phase::Expiring),
        (Kind::Card, "2025-06-16T00:00:00+09:00", Outcome::VerifiedInGrace, Phase::Grace),
        (Kind::Iphone, "2025-06-15T23:59:59+09:00", Outcome::Verified, Phase::Expiring),
    ] {
        let mut link = Link::new(Card::issue(dated(kind)).unwrap());
        let ended = check_in(&mut link, &Setup::at(time(now)), &mut Person::right());
        assert_eq!((ended.outcome, ended.phase), (outcome, Some(phase)), "{now} {ended:?}");
        assert_eq!(ended.proof.unwrap().phase(), phase);
        // The kind of token is looked at only where it matters.
        assert_eq!(ended.token.is_some(), phase == Phase::Grace);
    }
}

#[test]
fn grace_proves_an_identity_and_signs_nothing() {
    use kazasu::mynacard::Key;

    for key in [Key::Auth, Key::Sign] {
        let mut link = Link::new(Card::issue(dated(Kind::Card)).unwrap());
        let job = Job::sign(key, kazasu::pki::Digest::sha256([0; 32]));
        let setup = Setup::at(time("2025-07-01T12:00:00+09:00"));
        let mut person = Person::right();
        let ended = common::authenticate(&mut link, &setup, &job, &mut person);
        assert_eq!(ended.outcome, Outcome::Over);
        assert_eq!(ended.failure, Some(Failure::Phase(Phase::Grace)));
        assert_eq!(link.card().unwrap().deeds().signatures, 0);
        if key == Key::Auth {
            assert_untouched(&link, &person);
        }
    }
}

#[test]
fn an_android_token_shows_its_certificate_after_the_pin() {
    let mut link = Link::new(Card::issue(dated(Kind::Android)).unwrap());
    let setup = Setup::at(time("2024-06-15T12:00:00+09:00"));
    let mut person = Person::right();
    let ended = check_in(&mut link, &setup, &mut person);
    assert_eq!(ended.outcome, Outcome::Verified, "{ended:?}");
    // SELECT, a READ that is refused, tries, VERIFY, READ, SIGN.
    assert_eq!(instructions(&link), [0xA4, 0xB0, 0x20, 0x20, 0xB0, 0x2A]);
    assert_eq!(
        person.stages,
        [
            Stage::Selected,
            Stage::TriesRead,
            Stage::PinVerified,
            Stage::CertificateRead,
            Stage::CertificateJudged,
            Stage::Signed,
            Stage::SignatureVerified,
        ]
    );
    // No grace for it, and no signature is asked for then.
    link.clear_log();
    let setup = Setup::at(time("2025-06-16T00:00:00+09:00"));
    let ended = check_in(&mut link, &setup, &mut Person::right());
    assert_eq!(
        (ended.outcome, ended.failure, ended.token),
        (Outcome::Over, Some(Failure::PhoneGrace), Some(Token::Android))
    );
    assert!(!instructions(&link).contains(&0x2A));
    assert_eq!(link.card().unwrap().deeds().signatures, 1);
}

#[test]
fn the_files_of_the_test_card_end_in_signature_wrong() {
    let mut link = Link::new(Card::issue(Issue::test_card()).unwrap());
    let setup = Setup::at(time("2026-11-21T12:00:00+09:00"));
    let job = Job::check_in(&common::nonce());
    let anchors = Anchors::production().with_test();
    let ended = common::authenticate_with(&mut link, &setup, &anchors, &job, &mut Person::right());
    assert_eq!((ended.outcome, ended.outcome.code()), (Outcome::SignatureWrong, 19), "{ended:?}");
    assert!(ended.proof.is_none());
    assert_eq!((ended.tries_left, ended.cleared), (Some(3), Cleared::PowerOff));
}

#[test]
fn a_card_without_the_application_is_no_my_number_card() {
    use kazasu_virtual_card::{Fault, When};

    for sw in [0x6A82, 0x6A81, 0x6D00, 0x6E00] {
        let fault = Fault::always(When::Any, common::status(false, sw));
        for flow in [check_in, sign] {
            let mut link = with_tries(3).with_fault(fault.clone());
            let mut person = Person::right();
            let ended = flow(&mut link, &Setup::new(), &mut person);
            assert_eq!(ended.outcome, Outcome::NotAMyNumberCard, "{sw:04X}");
            assert_untouched(&link, &person);
        }
    }
}

#[test]
fn a_phone_without_an_application_is_a_my_number_card_all_the_same() {
    use kazasu::mynacard::Reference;

    let mut link = Link::new(Card::issue(dated(Kind::Iphone)).unwrap());
    let mut person = Person::right();
    let new = Pin::new(b"4321").unwrap().into();
    let report = common::session(&mut link, &Setup::new(), |session| {
        kazasu::change(session, Reference::Text, &mut person, &new)
    });
    let error = Error::NoApplication { application: Application::InputSupport };
    assert_eq!((report.outcome, report.failure), (Outcome::NoApplication, Some(error.into())));
    assert_untouched(&link, &person);
}

#[test]
fn a_counter_that_cannot_be_gets_no_pin() {
    use kazasu::mynacard::Reference;
    use kazasu_virtual_card::{Fault, When};

    for (flow, reference, sw, left) in [
        (check_in as fn(&mut Link, &Setup, &mut Person) -> _, Reference::Auth, 0x63CF, 15),
        (sign, Reference::Sign, 0x63C6, 6),
    ] {
        let fault = Fault::always(When::Ins(0x20), common::status(false, sw));
        let mut link = with_tries(3).with_fault(fault);
        let mut person = Person::right();
        let ended: common::Ended = flow(&mut link, &Setup::new(), &mut person);
        let error = Error::ImpossibleTries { reference, left };
        assert_eq!(
            (ended.outcome, ended.failure, ended.tries_left),
            (Outcome::BadAnswer, Some(error.into()), None)
        );
        assert_eq!((person.asked.len(), person.warned.len()), (0, 0));
        assert_eq!(verifies(link.log()), 0);
    }
}

#[test]
fn a_secret_left_verified_by_another_program_is_forgotten_before_the_tries_are_read() {
    use kazasu_virtual_card::QueryWhenVerified;

    let mut link = with_tries(2);
    let card = link.card_mut().unwrap();
    card.settings_mut().query_when_verified = QueryWhenVerified::Success;
    let jpki = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
    assert_eq!(card.respond(&jpki), [0x90, 0x00]);
    assert_eq!(card.respond(b"\x00\x20\x00\x98\x041234"), [0x90, 0x00]);
    let ended = check_in(&mut link, &Setup::new(), &mut Person::wrong());
    assert_eq!((ended.outcome, ended.tries_left), (Outcome::PinWrong, Some(2)), "{ended:?}");
    assert_eq!((left(&link, Reference::Auth), verifies(link.log())), (2, 1));
}
