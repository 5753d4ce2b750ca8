#![no_main]
//! The virtual card's command handler: whatever it is sent, counters fall by one at most, a blocked
//! code stays blocked, and nothing is signed before a code was verified.

use std::cell::RefCell;

use kazasu_virtual_card::{
    Blocked, Card, Date, EndOfFile, Issue, QueryWhenVerified, Reference, SecurityStatus, Settings,
};
use libfuzzer_sys::fuzz_target;

const REFERENCES: [Reference; 7] = [
    Reference::Auth,
    Reference::Sign,
    Reference::Text,
    Reference::Juki,
    Reference::Common,
    Reference::SurfaceNumberA,
    Reference::SurfaceNumberB,
];

/// Lengths that are no length: power off and on, and a warm reset.
const POWER: u8 = 0xFE;
const RESET: u8 = 0xFF;

// One byte of settings, then commands, each after its length.
fuzz_target!(|input: &[u8]| {
    let Some((&first, commands)) = input.split_first() else { return };
    CARDS.with_borrow_mut(|cards| {
        let slot = &mut cards[usize::from(first & 1)];
        let mut card = slot.take().unwrap_or_else(|| issue(first & 1 == 1));
        *card.settings_mut() = settings(first);
        let fresh = REFERENCES.map(|of| card.tries(of));
        let changes = card.deeds().change_commands;
        run(&mut card, commands);
        card.power_off();
        let same = fresh == REFERENCES.map(|of| card.tries(of));
        if same && changes == card.deeds().change_commands {
            *slot = Some(card);
        }
    });
});

thread_local! {
    /// Issuing takes longer than most inputs, so a card serves again for as long as it is as it
    /// was issued.
    static CARDS: RefCell<[Option<Card>; 2]> = const { RefCell::new([None, None]) };
}

fn run(card: &mut Card, mut rest: &[u8]) {
    while let Some((&length, after)) = rest.split_first() {
        rest = after;
        match length {
            POWER => {
                card.power_off();
                card.power_on();
                assert!(REFERENCES.iter().all(|of| !card.is_verified(*of)));
            }
            RESET => card.warm_reset(),
            length => {
                let (command, after) = rest.split_at(usize::from(length).min(rest.len()));
                rest = after;
                send(card, command);
            }
        }
    }
}

fn send(card: &mut Card, command: &[u8]) {
    let before = REFERENCES.map(|of| card.tries(of));
    let open = REFERENCES.iter().any(|of| card.is_verified(*of));
    let signatures = card.deeds().signatures;
    let response = card.respond(command);
    assert!((2..=65_538).contains(&response.len()));
    if card.deeds().signatures > signatures {
        assert!(open, "signed with no code verified");
    }
    let mut lost = 0;
    for (of, before) in REFERENCES.into_iter().zip(before) {
        let (Some(before), Some(after)) = (before, card.tries(of)) else { continue };
        assert!(before > 0 || after == 0, "{of:?} is blocked no longer");
        assert!(after <= before || card.is_verified(of), "{of:?} got tries for nothing");
        lost += u32::from(before.saturating_sub(after));
    }
    assert!(lost <= 1, "one command cost {lost} tries");
}

/// The same card each time, so that a crash comes again.
fn issue(test_card: bool) -> Card {
    let issue = if test_card { Issue::test_card() } else { Issue::demonstration() };
    let mut issue = issue.seed(1);
    issue.issued = Date::new(2026, 1, 5).expect("a date");
    Card::issue(issue).expect("a card that can be issued")
}

fn settings(choice: u8) -> Settings {
    let bit = |number: u32| choice >> number & 1 == 1;
    let status = if bit(5) { SecurityStatus::Clears } else { SecurityStatus::Keeps };
    Settings {
        extended_length: !bit(1),
        end_of_file: if bit(2) { EndOfFile::Warning } else { EndOfFile::Ok },
        query_when_verified: if bit(3) {
            QueryWhenVerified::Success
        } else {
            QueryWhenVerified::TriesLeft
        },
        blocked: if bit(4) { Blocked::NoTriesLeft } else { Blocked::ReferenceDataLocked },
        warm_reset: status,
        select_again: status,
        partial_names: bit(6),
        file_control_information: !bit(7),
        change_checks_syntax: bit(7),
    }
}
