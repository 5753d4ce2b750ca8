//! Every fault at every command of the smaller jobs: certificates, counters, changes.

mod common;

use common::effects::all;
use common::matrix::{Case, Deck, Flow};
use kazasu::CertificateFile;
use kazasu_virtual_card::{Kind, QueryWhenVerified, Reference};

fn both(deck: &mut Deck, case: &Case) {
    for knows in [true, false] {
        deck.at_every_command(&Case { knows, ..case.clone() }, &all());
    }
}

#[test]
fn certificates() {
    let mut deck = Deck::new();
    for which in [CertificateFile::Auth, CertificateFile::AuthCa, CertificateFile::SignCa] {
        let case = Case::new(Flow::Read(which));
        deck.at_every_command(&case, &all());
        deck.at_every_command(&Case { short: true, selects: true, ..case }, &all());
    }
    let case = Case::new(Flow::Read(CertificateFile::Sign));
    both(&mut deck, &case);
    both(&mut deck, &Case { short: true, selects: true, ..case });
    let case = Case::new(Flow::Read(CertificateFile::Auth));
    both(&mut deck, &Case { kind: Kind::Android, ..case });
    deck.done(6000);
}

#[test]
fn counters() {
    let mut deck = Deck::new();
    let case = Case::new(Flow::Tries);
    for case in
        [case.clone(), Case { kind: Kind::Android, ..case.clone() }, Case { selects: true, ..case }]
    {
        deck.at_every_command(&case, &all());
    }
    deck.done(2000);
}

#[test]
fn changes() {
    let mut deck = Deck::new();
    for reference in [Reference::Auth, Reference::Sign, Reference::Text] {
        let case = Case::new(Flow::Change(reference));
        both(&mut deck, &case);
        both(&mut deck, &Case { query: QueryWhenVerified::Success, ..case });
    }
    deck.done(5000);
}
