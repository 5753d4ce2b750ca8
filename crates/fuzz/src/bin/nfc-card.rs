#![no_main]
//! The card's end of the contactless link, under a hostile reader: whatever frames, rates, fields and
//! pauses it sends, the card never panics, speaks once for each frame at most, and a try is lost by a
//! command only.

use std::cell::RefCell;
use std::time::Duration;

use kazasu_virtual_card::radio::{
    BitRate, Field, Frame, Noise, Picc, PiccSettings, Signal, TypeASettings, TypeBSettings,
    WaitingTime,
};
use kazasu_virtual_card::{Card, Date, Issue, Reference};
use libfuzzer_sys::fuzz_target;

// Two bytes of settings, then what the reader does: each byte one of those below, or a frame of so
// many bytes.
fuzz_target!(|input: &[u8]| {
    let Some((&[first, second], deeds)) = input.split_first_chunk::<2>() else { return };
    CARD.with_borrow_mut(|slot| {
        let card = slot.take().unwrap_or_else(issue);
        let changes = card.deeds().change_commands;
        let card = run(card, settings(first, second), second, deeds);
        // Issuing takes longer than most inputs.
        let fresh =
            card.tries(Reference::Auth) == Some(3) && card.tries(Reference::Sign) == Some(5);
        *slot = (fresh && changes == card.deeds().change_commands).then_some(card);
    });
});

thread_local! {
    static CARD: RefCell<Option<Card>> = const { RefCell::new(None) };
}

/// A card that is lent to a field.
struct Lent<'c>(&'c mut Card);

impl kazasu_virtual_card::Responder for Lent<'_> {
    fn respond(&mut self, command: &[u8]) -> kazasu_virtual_card::Reply {
        self.0.respond(command).into()
    }
    fn power_on(&mut self) {
        self.0.power_on();
    }
    fn power_off(&mut self) {
        self.0.power_off();
    }
    fn warm_reset(&mut self) {
        self.0.warm_reset();
    }
}

fn run(mut card: Card, settings: PiccSettings, second: u8, mut deeds: &[u8]) -> Card {
    let lost = |card: &Card| 3_u8.saturating_sub(card.tries(Reference::Auth).unwrap_or(3));
    let before = (card.verify_commands_seen(), lost(&card));
    let mut field = Field::with(Picc::new(Lent(&mut card), settings));
    if second & 0x80 != 0 {
        let noise = Noise { flipped: 0.05, lost: 0.05, phantom: 0.1, ..Noise::default() };
        field.set_noise(noise, u64::from(second));
    }
    let mut now = Duration::ZERO;
    field.switch(true, now);
    now += Duration::from_millis(10);
    let (mut rate, mut signal, mut last_bits) = (BitRate::Kbps106, Signal::TypeB, 0);
    let mut sent = 0_u64;
    while let Some((&deed, rest)) = deeds.split_first() {
        deeds = rest;
        match deed {
            0xF0 | 0xF1 => field.switch(deed == 0xF1, now),
            0xF2 => field.leave_at(0, now),
            0xF3 => field.enter_at(0, now),
            0xF4 => now += Duration::from_micros(100),
            0xF5 => now += Duration::from_millis(7),
            0xF6 => now += Duration::from_secs(3),
            0xF7 | 0xF8 => signal = if deed == 0xF7 { Signal::TypeA } else { Signal::TypeB },
            0xF9..=0xFC => rate = BitRate::from_code(deed - 0xF9),
            0xFD => last_bits = 7,
            length => {
                // An odd length goes without its checksum.
                let (bytes, rest) = deeds.split_at(usize::from(length / 2).min(deeds.len()));
                deeds = rest;
                let bytes = bytes.to_vec();
                let mut frame = match length % 2 {
                    0 => Frame::with_crc(signal, rate, bytes),
                    _ => Frame::raw(signal, rate, bytes),
                };
                if signal == Signal::TypeA && !frame.bytes.is_empty() {
                    frame.last_bits = std::mem::take(&mut last_bits);
                }
                let end = field.transmit(&frame, now);
                sent += 1;
                now = end + Duration::from_millis(40);
                if let Some(heard) = field.listen(end, now) {
                    assert!(heard.begins >= end && heard.ends >= heard.begins);
                    now = heard.ends;
                }
            }
        }
    }
    let spoken = field.traffic().to_reader.frames;
    assert!(spoken <= sent, "{spoken} frames of the card for {sent} of the reader");
    assert!(field.card(0).is_some_and(|card| card.violations().len() <= 1_000));
    field.switch(false, now);
    drop(field);
    let tried = card.verify_commands_seen() - before.0;
    assert!(
        u64::from(lost(&card).saturating_sub(before.1)) <= tried,
        "a try was lost by no VERIFY"
    );
    card
}

/// The same card each time, so that a crash comes again.
fn issue() -> Card {
    let mut issue = Issue::demonstration().seed(1);
    issue.issued = Date::new(2026, 1, 5).expect("a date");
    Card::issue(issue).expect("a card that can be issued")
}

fn settings(first: u8, second: u8) -> PiccSettings {
    let mut settings = match first & 7 {
        0 => PiccSettings::type_b(TypeBSettings::JPKI_06),
        1 => PiccSettings::type_b(TypeBSettings::JPKI_08),
        2 => PiccSettings::type_b(TypeBSettings::SYNTHETIC_848),
        3 => PiccSettings::type_b(TypeBSettings::SYNTHETIC_SMALL),
        4 => PiccSettings::type_a(TypeASettings::PHONE),
        5 => PiccSettings::type_a(TypeASettings::PHONE_106),
        6 => PiccSettings::type_a(TypeASettings::MEMORY),
        _ => PiccSettings::type_b(TypeBSettings {
            protocol_info: [first, second, first ^ second],
            ..TypeBSettings::JPKI_06
        }),
    };
    let forced = second & 3;
    settings.waiting_time =
        WaitingTime { forced, largest_multiplier: second >> 2 & 0x1F, never_asks: forced == 3 };
    settings.information_field = (first & 0x08 != 0).then_some(usize::from(first >> 4) + 1);
    settings.seed = u64::from(first);
    settings
}
