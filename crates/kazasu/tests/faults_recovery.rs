//! What is known after an exchange broke, and what the card remembers when a session has ended.

mod common;

use common::effects::{all, answers, breaks};
use common::matrix::{Case, Deck, Flow, Seen};
use kazasu::apdu::transport::ErrorKind;
use kazasu::{CertificateFile, Cleared, Outcome};
use kazasu_virtual_card::{Effect, Fault, Kind, LogEntry, OnReconnect, Reference, When};

const ON_RECONNECT: [OnReconnect; 3] =
    [OnReconnect::PowerCycle, OnReconnect::WarmReset, OnReconnect::Nothing];
const VERIFY: When = When::InsWithData(0x20);
const CHANGE: When = When::Ins(0x24);

/// The link drops at these commands, before and after the card acted.
fn dropped(case: &Case, when: When) -> Vec<Case> {
    let faults = [Effect::drop_before(), Effect::drop_after(), Effect::no_answer()];
    faults.map(|effect| case.fault(Fault::once(when, effect))).to_vec()
}

fn with_and_without_the_code(case: &Case) -> [Case; 2] {
    [true, false].map(|knows| Case { knows, ..case.clone() })
}

#[test]
fn a_dropped_pin_is_counted_again_on_the_same_card() {
    let mut deck = Deck::new();
    for on_reconnect in ON_RECONNECT {
        for power_off in [true, false] {
            for short in [true, false] {
                let case = Case { on_reconnect, power_off, short, ..Case::new(Flow::CheckIn) };
                for case in with_and_without_the_code(&case) {
                    for case in dropped(&case, VERIFY) {
                        let seen = deck.check(&case);
                        let known = seen.ended.outcome == Outcome::OutcomeUnknown
                            && seen.ended.tries_left == Some(seen.after);
                        deck.expect(known, "the counter is not known", &case, &seen);
                    }
                }
            }
        }
    }
    deck.done(72);
}

#[test]
fn a_dropped_pin_is_not_counted_on_another_card() {
    let mut deck = Deck::new();
    for kind in [Kind::Card, Kind::Android] {
        for flow in [Flow::CheckIn, Flow::Sign, Flow::Change(Reference::Auth)] {
            let case = Case { kind, swapped: true, ..Case::new(flow) };
            for case in with_and_without_the_code(&case) {
                for case in dropped(&case, VERIFY) {
                    let seen = deck.check(&case);
                    let unknown = seen.ended.outcome == Outcome::OutcomeUnknown
                        && seen.ended.tries_left.is_none();
                    deck.expect(unknown, "the counter of another card", &case, &seen);
                }
            }
        }
    }
    deck.done(36);
}

#[test]
fn a_dropped_password_stays_unknown() {
    // Nothing that is free to read tells this card from another one.
    let mut deck = Deck::new();
    let android = Case { kind: Kind::Android, ..Case::new(Flow::CheckIn) };
    let read = Case::new(Flow::Read(CertificateFile::Sign));
    for case in [Case::new(Flow::Sign), read, Case::new(Flow::Change(Reference::Sign)), android] {
        for case in with_and_without_the_code(&case) {
            for case in dropped(&case, VERIFY) {
                let seen = deck.check(&case);
                let unknown = seen.ended.outcome == Outcome::OutcomeUnknown
                    && seen.ended.tries_left.is_none();
                deck.expect(unknown, "a counter from nowhere", &case, &seen);
            }
        }
    }
    deck.done(24);
}

#[test]
fn a_fault_while_the_counter_is_read_again() {
    let mut deck = Deck::new();
    let drop = Fault::once(VERIFY, Effect::drop_after());
    let case = Case { knows: false, ..Case::new(Flow::CheckIn) }.fault(drop);
    for (swapped, on_reconnect, effects) in [
        (false, OnReconnect::PowerCycle, all()),
        (false, OnReconnect::WarmReset, all()),
        // Two cards are issued for each of these runs.
        (true, OnReconnect::PowerCycle, answers()),
    ] {
        let case = Case { swapped, on_reconnect, ..case.clone() };
        // SELECT, READ and the counter after the four commands before the fault.
        for number in 5..=8 {
            for effect in &effects {
                let case = case.fault(Fault::once(When::Command(number), effect.clone()));
                let seen = deck.check(&case);
                let unknown = seen.ended.outcome == Outcome::OutcomeUnknown;
                deck.expect(unknown, "a known outcome", &case, &seen);
                let other = swapped && seen.ended.tries_left.is_some();
                deck.expect(!other, "the counter of another card", &case, &seen);
            }
        }
    }
    deck.done(900);
}

#[test]
fn a_broken_change_tries_neither() {
    let mut deck = Deck::new();
    let after_change = |seen: &Seen| -> Vec<LogEntry> {
        seen.log.iter().skip_while(|entry| entry.ins != 0x24).skip(1).copied().collect()
    };
    for reference in [Reference::Auth, Reference::Sign, Reference::Text] {
        for on_reconnect in ON_RECONNECT {
            let case = Case { on_reconnect, ..Case::new(Flow::Change(reference)) };
            for effect in breaks() {
                let Effect::Break { acted, kind } = effect else { continue };
                let case = case.fault(Fault::once(CHANGE, Effect::Break { acted, kind }));
                let seen = deck.check(&case);
                let after = after_change(&seen);
                let neither = !after.iter().any(|entry| entry.is_verify() || entry.ins == 0x24);
                deck.expect(neither, "a try after a broken change", &case, &seen);
                let unknown = seen.ended.outcome == Outcome::OutcomeUnknown;
                deck.expect(unknown, "a known outcome", &case, &seen);
                deck.expect(seen.changed == acted, "not what happened", &case, &seen);
            }
        }
    }
    deck.done(200);
}

#[test]
fn a_card_never_stays_verified() {
    let mut deck = Deck::new();
    for flow in [Flow::CheckIn, Flow::Sign, Flow::Change(Reference::Text)] {
        for power_off in [true, false] {
            for on_reconnect in ON_RECONNECT {
                let case = Case { power_off, on_reconnect, ..Case::new(flow) };
                let seen = deck.check(&case);
                let by = if power_off { Cleared::PowerOff } else { Cleared::Selection };
                deck.expect(seen.ended.cleared == by, "not cleared", &case, &seen);
                for number in 1..=seen.log.len() as u64 {
                    for kind in [ErrorKind::LinkBroken, ErrorKind::CardReset] {
                        for acted in [false, true] {
                            let effect = Effect::Break { acted, kind };
                            let fault = Fault::once(When::Command(number), effect);
                            let case = case.fault(fault);
                            let seen = deck.check(&case);
                            let cleared = seen.ended.cleared != Cleared::Failed;
                            deck.expect(cleared, "not cleared", &case, &seen);
                            deck.expect(!seen.still_verified, "still verified", &case, &seen);
                        }
                    }
                }
            }
        }
    }
    deck.done(300);
}

#[test]
fn a_card_never_stays_verified_where_its_power_cannot_be_taken() {
    let mut deck = Deck::new();
    for flow in [Flow::CheckIn, Flow::Change(Reference::Text)] {
        let case = Case { power_off: false, ..Case::new(flow) };
        deck.at_every_command(&case, &all());
    }
    deck.done(1000);
}
