//! Answers cut at every byte.

mod common;

use common::matrix::{Case, Deck, Flow};
use kazasu::CertificateFile;
use kazasu_virtual_card::{Effect, Fault, Reference, When};

/// Cuts every answer that the flow gets at every byte, the status word included.
fn at_every_byte(deck: &mut Deck, case: &Case) {
    let log = deck.check(case).log;
    for (number, entry) in (1..).zip(&log) {
        for length in 0..entry.answered + 2 {
            let seen =
                deck.check(&case.fault(Fault::once(When::Command(number), Effect::Cut(length))));
            // What is cut is no status word, or by chance another one; then the file ends early or
            // is read on.
            let whole = seen.ended.outcome.is_verified();
            let read_on = seen.log.len() > log.len();
            deck.expect(!whole || read_on, "a cut answer went unnoticed", case, &seen);
        }
    }
}

#[test]
fn check_in_with_extended_length() {
    let mut deck = Deck::new();
    at_every_byte(&mut deck, &Case::new(Flow::CheckIn));
    at_every_byte(&mut deck, &Case { knows: false, ..Case::new(Flow::CheckIn) });
    deck.done(3400);
}

#[test]
fn check_in_with_short_length() {
    let mut deck = Deck::new();
    at_every_byte(&mut deck, &Case { short: true, ..Case::new(Flow::CheckIn) });
    deck.done(1850);
}

#[test]
fn signature_over_a_message() {
    let mut deck = Deck::new();
    at_every_byte(&mut deck, &Case { short: true, ..Case::new(Flow::Sign) });
    deck.done(1850);
}

#[test]
fn certificates() {
    let mut deck = Deck::new();
    at_every_byte(&mut deck, &Case::new(Flow::Read(CertificateFile::Sign)));
    at_every_byte(&mut deck, &Case::new(Flow::Read(CertificateFile::SignCa)));
    deck.done(2900);
}

#[test]
fn counters_and_changes() {
    let mut deck = Deck::new();
    at_every_byte(&mut deck, &Case::new(Flow::Tries));
    for reference in [Reference::Auth, Reference::Sign, Reference::Text] {
        at_every_byte(&mut deck, &Case::new(Flow::Change(reference)));
    }
    deck.done(50);
}
