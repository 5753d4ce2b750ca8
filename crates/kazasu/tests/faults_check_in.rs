//! Every fault at every command of the check-in and of the signature over a message.

mod common;

use common::effects::all;
use common::matrix::{Case, Deck, Flow};
use kazasu_virtual_card::{Kind, QueryWhenVerified};

/// With the right code and with a wrong one.
fn both(deck: &mut Deck, case: &Case) {
    for knows in [true, false] {
        deck.at_every_command(&Case { knows, ..case.clone() }, &all());
    }
}

#[test]
fn check_in_with_extended_length() {
    let mut deck = Deck::new();
    both(&mut deck, &Case::new(Flow::CheckIn));
    deck.done(900);
}

#[test]
fn check_in_with_short_length() {
    let mut deck = Deck::new();
    both(&mut deck, &Case { short: true, ..Case::new(Flow::CheckIn) });
    deck.done(1900);
}

#[test]
fn check_in_with_selected_files() {
    let mut deck = Deck::new();
    both(&mut deck, &Case { selects: true, ..Case::new(Flow::CheckIn) });
    deck.done(900);
}

#[test]
fn check_in_with_an_android_token() {
    let mut deck = Deck::new();
    both(&mut deck, &Case { kind: Kind::Android, ..Case::new(Flow::CheckIn) });
    deck.done(1000);
}

#[test]
fn check_in_with_a_card_that_tells_of_a_verified_pin() {
    let mut deck = Deck::new();
    both(&mut deck, &Case { query: QueryWhenVerified::Success, ..Case::new(Flow::CheckIn) });
    deck.done(900);
}

#[test]
fn signature_over_a_message() {
    let mut deck = Deck::new();
    both(&mut deck, &Case::new(Flow::Sign));
    both(&mut deck, &Case { short: true, selects: true, ..Case::new(Flow::Sign) });
    deck.done(3000);
}
