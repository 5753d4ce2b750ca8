//! Faults that last: a card or a link that is so, and not one exchange that went wrong.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::matrix::{Case, Deck, Flow};
use common::{Person, Setup, issue, session, verifies};
use kazasu::apdu::Status;
use kazasu::mynacard::{Counter, Reference};
use kazasu::{CertificateFile, Outcome};
use kazasu_virtual_card::{
    Card, CertificateDefect, CertificateKind, Effect, Fault, Kind, Link, SignatureDefect, When,
};

const READ: When = When::Ins(0xB0);

/// Runs the flows that end in proof, and reads both certificates.
fn all_flows(deck: &mut Deck, fault: &Fault, well: bool) {
    for flow in [
        Flow::CheckIn,
        Flow::Sign,
        Flow::Read(CertificateFile::Auth),
        Flow::Read(CertificateFile::Sign),
    ] {
        for short in [true, false] {
            let case = Case { short, ..Case::new(flow) }.fault(fault.clone());
            let seen = deck.check(&case);
            let verified = seen.ended.outcome == Outcome::Verified;
            deck.expect(verified == well, "not as expected", &case, &seen);
        }
    }
}

#[test]
fn what_a_terminal_has_to_live_with() {
    let mut deck = Deck::new();
    for length in [1, 2, 5, 100, 255] {
        for status in [Status::OK, Status::END_OF_FILE] {
            let effect = Effect::ShortRead { length, status };
            all_flows(&mut deck, &Fault::always(READ, effect), true);
        }
    }
    for effect in [Effect::WrongLe, Effect::GetResponse(1), Effect::GetResponse(200)] {
        all_flows(&mut deck, &Fault::always(When::Any, effect), true);
    }
    all_flows(&mut deck, &Fault::first_command_fails(), true);
    deck.done(100);
}

#[test]
fn what_no_terminal_may_live_with() {
    let mut deck = Deck::new();
    for effect in [
        Effect::ShortRead { length: 0, status: Status::OK },
        Effect::Cut(1),
        Effect::Lengthen(vec![0; 5000]),
        Effect::drop_before(),
        Effect::drop_after(),
        Effect::no_answer(),
    ] {
        all_flows(&mut deck, &Fault::always(READ, effect), false);
    }
    deck.done(40);
}

#[test]
fn a_wrong_signature_is_never_proof() {
    let mut deck = Deck::new();
    for defect in [SignatureDefect::Random, SignatureDefect::Foreign] {
        for flow in [Flow::CheckIn, Flow::Sign] {
            for kind in [Kind::Card, Kind::Android] {
                let fault = Fault::always(When::Any, Effect::Signature(defect));
                let case = Case { kind, ..Case::new(flow) }.fault(fault);
                let seen = deck.check(&case);
                let as_it_is = seen.ended.outcome == Outcome::SignatureWrong
                    && seen.ended.tries_left == Some(seen.after)
                    && seen.ended.proof.is_none();
                deck.expect(as_it_is, "not as expected", &case, &seen);
            }
        }
    }
    deck.done(8);
}

#[test]
fn a_wrong_certificate_keeps_the_pin_from_the_card() {
    let mut deck = Deck::new();
    let whole = common::matrix::own(CertificateFile::Auth).len();
    let mut defects: Vec<_> = (0..whole).step_by(13).map(CertificateDefect::Corrupt).collect();
    defects.extend((0..whole).step_by(97).map(CertificateDefect::Truncated));
    for defect in defects {
        let effect = Effect::Certificate(CertificateKind::Auth, defect);
        let case = Case::new(Flow::CheckIn).fault(Fault::always(READ, effect));
        let seen = deck.check(&case);
        let outcome = seen.ended.outcome;
        let refused = matches!(outcome, Outcome::NotTrusted | Outcome::BadAnswer);
        deck.expect(refused, "not as expected", &case, &seen);
        let untouched = seen.asked == 0 && verifies(&seen.log) == 0;
        deck.expect(untouched, "the PIN was asked for", &case, &seen);
    }
    // Somebody else's genuine certificate: only the signature tells.
    let foreign = Effect::Certificate(CertificateKind::Auth, CertificateDefect::Foreign);
    let case = Case::new(Flow::CheckIn).fault(Fault::always(READ, foreign));
    let seen = deck.check(&case);
    let told = seen.ended.outcome == Outcome::SignatureWrong;
    deck.expect(told, "not as expected", &case, &seen);
    deck.done(100);
}

#[test]
fn a_card_without_a_signature_certificate_has_no_password() {
    let mut issue = issue();
    issue.sign_certificate = false;
    let mut link = Link::new(Card::issue(issue).unwrap());
    session(&mut link, &Setup::new(), |session| {
        let report = kazasu::tries_left(session);
        assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
        for (reference, counter) in report.counters {
            let expected = (reference != Reference::Sign).then_some(Counter::Left(3));
            assert_eq!(counter, expected, "{reference:?}");
        }
    });
    let mut person = Person::right();
    let ended = common::sign(&mut Link::new(link.into_card().unwrap()), &Setup::new(), &mut person);
    assert_eq!((ended.outcome, person.asked.len()), (Outcome::BadAnswer, 0));
}

#[test]
fn one_counter_without_an_answer_hides_no_other() {
    let fault = Fault::always(When::InsP2(0x20, 0x9B), common::status(false, 0x6F00));
    let mut link = common::link().with_fault(fault);
    session(&mut link, &Setup::new(), |session| {
        let report = kazasu::tries_left(session);
        assert_eq!(report.outcome, Outcome::BadAnswer);
        for (reference, counter) in report.counters {
            assert_eq!(counter.is_some(), reference != Reference::Sign, "{reference:?}");
        }
    });
}
