#![no_main]
//! The card's end of the contact link, under a hostile reader: whatever lines, characters and pauses
//! it sends, the card never panics, falls silent in the end, and a try is lost by a command only.

use std::cell::RefCell;
use std::time::Duration;

use kazasu_virtual_card::contact::{
    Character, ContactCard, ContactSettings, Convention, EnvelopeEnd, Hang, PpsAnswer, Procedure,
    REAL, SYNTHETIC, Until, WaitingTimeExtension, Wire,
};
use kazasu_virtual_card::{Card, Date, Issue, Reference};
use libfuzzer_sys::fuzz_target;

const CLOCK: u32 = 4_000_000;
const ETU: Duration = Duration::from_micros(93);

/// What the card may say without being asked again: the longest response, byte by byte with its
/// procedure bytes.
const MOST_AT_ONCE: u64 = 70_000;

// Two bytes of settings, then what the reader does: each byte one of those below, or a character.
fuzz_target!(|input: &[u8]| {
    let Some((&[first, second], actions)) = input.split_first_chunk::<2>() else { return };
    CARD.with_borrow_mut(|slot| {
        let card = slot.take().unwrap_or_else(issue);
        let changes = card.deeds().change_commands;
        let card = run(card, settings(first, second), actions);
        // Issuing takes longer than most inputs.
        let fresh =
            card.tries(Reference::Auth) == Some(3) && card.tries(Reference::Sign) == Some(5);
        *slot = (fresh && changes == card.deeds().change_commands).then_some(card);
    });
});

thread_local! {
    static CARD: RefCell<Option<Card>> = const { RefCell::new(None) };
}

fn run(card: Card, settings: ContactSettings, mut actions: &[u8]) -> Card {
    let lost = |card: &Card| 3_u8.saturating_sub(card.tries(Reference::Auth).unwrap_or(3));
    let before = (card.verify_commands_seen(), lost(&card));
    let mut wire = Wire::new(ContactCard::new(card, settings));
    while let Some((&action, rest)) = actions.split_first() {
        actions = rest;
        match action {
            0xF0 => {
                wire.set_supply(true);
                wire.set_clock(Some(CLOCK));
                wire.set_reset(true);
                listen(&mut wire, Duration::from_millis(30));
            }
            0xF1 => {
                wire.set_reset(false);
                wire.set_reset(true);
            }
            0xF2 => wire.set_supply(false),
            0xF3 => wire.set_clock(None),
            0xF4 => listen(&mut wire, ETU),
            0xF5 => listen(&mut wire, Duration::from_millis(20)),
            0xF6 => listen(&mut wire, Duration::from_secs(2)),
            0xF7 => wire.send_error_signal(),
            0xF8 => {
                wire.send(Character::encode(0, Convention::Direct).flip(1));
                listen(&mut wire, ETU * 12);
            }
            // Characters that have a meaning above, after one that has none else.
            0xF9 => {
                if let Some((&byte, rest)) = actions.split_first() {
                    actions = rest;
                    send(&mut wire, byte);
                }
            }
            // A whole block, or the rest of one, with its LRC.
            0xFA => {
                let length =
                    actions.get(2).map_or(actions.len(), |length| 3 + usize::from(*length));
                let (block, rest) = actions.split_at(length.min(actions.len()));
                actions = rest;
                for byte in block {
                    send(&mut wire, *byte);
                }
                send(&mut wire, block.iter().fold(0, |sum, byte| sum ^ byte));
                listen(&mut wire, Duration::from_millis(20));
            }
            byte => send(&mut wire, byte),
        }
    }
    for _ in 0..6 {
        listen(&mut wire, Duration::from_secs(10));
    }
    let card = wire.card().responder();
    let tried = card.verify_commands_seen() - before.0;
    assert!(u64::from(lost(card).saturating_sub(before.1)) <= tried, "a try was lost by no VERIFY");
    let violations = wire.card().violations().len();
    assert!(violations <= 1000);
    wire.into_card().into_responder()
}

fn send(wire: &mut Wire, byte: u8) {
    let convention = wire.card().convention();
    wire.set_etu(wire.card().etu());
    wire.send(Character::encode(byte, convention));
    listen(wire, ETU * 12);
}

/// Takes what comes, for so long.
fn listen(wire: &mut Wire, time: Duration) {
    let until = wire.now() + time;
    let mut come = 0_u64;
    while wire.now() < until {
        wire.advance(until);
        while wire.receive().is_some() {
            come += 1;
        }
        assert!(come < MOST_AT_ONCE, "the card does not fall silent");
    }
}

/// The same card each time, so that a crash comes again.
fn issue() -> Card {
    let mut issue = Issue::demonstration().seed(1);
    issue.issued = Date::new(2026, 1, 5).expect("a date");
    Card::issue(issue).expect("a card that can be issued")
}

fn settings(first: u8, second: u8) -> ContactSettings {
    let atrs = [&REAL[..], &SYNTHETIC[..]].concat();
    let bit = |number: u32| second >> number & 1 == 1;
    let mut settings = ContactSettings::with(atrs[usize::from(first & 0x0F) % atrs.len()]);
    settings.pps = match first >> 4 & 7 {
        0 => PpsAnswer::WithoutRate,
        1 => PpsAnswer::Silence,
        2 => PpsAnswer::OtherProtocol,
        3 => PpsAnswer::WrongCheck,
        _ => PpsAnswer::Accept,
    };
    settings.procedure = match second & 3 {
        0 => Procedure::OneByOne,
        1 => Procedure::Mixed,
        _ => Procedure::All,
    };
    if first & 0x80 != 0 {
        settings.envelope_end = EnvelopeEnd::WholeCommand;
    }
    settings.nulls = u8::from(bit(2));
    settings.announced_ifsc = bit(3).then_some(16);
    settings.aborts_chain_after = bit(4).then_some(2);
    if bit(5) {
        settings.waiting_time_extension =
            Some(WaitingTimeExtension { requests: 2, multiplier: second });
    }
    if bit(6) {
        settings.work = Duration::from_secs(3);
    }
    if bit(7) {
        settings.hang = Some(Hang { command: 2, acted: true, until: Until::WarmReset });
    }
    settings
}
