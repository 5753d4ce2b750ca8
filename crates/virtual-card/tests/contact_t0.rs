//! The card's end of T=0, and of the answer to reset and PPS.

mod common;

use std::time::Duration;

use common::contact::Reader;
use kazasu_virtual_card::contact::{
    self, Character, ContactSettings, Convention, EnvelopeEnd, PpsAnswer, Procedure,
};
use kazasu_virtual_card::{Reference, Settings};

const SELECT: [u8; 5] = [0x00, 0xA4, 0x04, 0x0C, 10];
const AID: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];

fn selected(settings: ContactSettings) -> Reader {
    let (mut reader, _) = Reader::activate(settings);
    assert_eq!(reader.exchange(&SELECT), [0xA4]);
    assert_eq!(reader.exchange(&AID), [0x90, 0x00]);
    reader
}

fn t0() -> ContactSettings {
    ContactSettings::with(contact::SYNTHETIC_T0)
}

#[test]
fn commands_of_all_cases() {
    let mut reader = selected(t0());
    // Case 1: an empty VERIFY, and VERIFY with data.
    assert_eq!(reader.exchange(&[0x00, 0x20, 0x00, 0x98, 0]), [0x63, 0xC3]);
    assert_eq!(reader.exchange(&[0x00, 0x20, 0x00, 0x98, 4]), [0x20]);
    assert_eq!(reader.exchange(b"1234"), [0x90, 0x00]);
    // Case 2, with the right length, without one, and with a wrong one.
    reader.exchange(&[0x00, 0xA4, 0x02, 0x0C, 2]);
    assert_eq!(reader.exchange(&[0x00, 0x06]), [0x90, 0x00]);
    let label = reader.exchange(&[0x00, 0xB0, 0x00, 0x00, 4]);
    assert_eq!(label, [0xB0, b'J', b'P', b'K', b'I', 0x90, 0x00]);
    assert_eq!(reader.exchange(&[0x00, 0xB0, 0x00, 0x00, 0]), [0x6C, 160]);
    assert_eq!(reader.exchange(&[0x00, 0xB0, 0x00, 0x00, 160]).len(), 163);
    assert_eq!(reader.exchange(&[0x00, 0xB0, 0x7F, 0x00, 0]), [0x6B, 0x00]);
    // Case 4: a signature of 256 bytes.
    reader.exchange(&[0x00, 0xA4, 0x02, 0x0C, 2]);
    reader.exchange(&[0x00, 0x17]);
    let input: Vec<u8> =
        [0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32]
            .into_iter()
            .chain([7; 32])
            .collect();
    assert_eq!(reader.exchange(&[0x80, 0x2A, 0x00, 0x80, 51]), [0x2A]);
    assert_eq!(reader.exchange(&input), [0x61, 0x00]);
    let first = reader.exchange(&[0x00, 0xC0, 0x00, 0x00, 200]);
    assert_eq!((first.len(), &first[201..]), (203, &[0x61, 56][..]));
    assert_eq!(reader.exchange(&[0x00, 0xC0, 0x00, 0x00, 0]), [0x6C, 56]);
    let rest = reader.exchange(&[0x00, 0xC0, 0x00, 0x00, 56]);
    assert_eq!((rest.len(), &rest[57..]), (59, &[0x90, 0x00][..]));
    assert_eq!(reader.exchange(&[0x00, 0xC0, 0x00, 0x00, 1]), [0x69, 0x85]);
    // No instruction of this card.
    assert_eq!(reader.exchange(&[0x00, 0x60, 0x00, 0x00, 0]), [0x6D, 0x00]);
    assert_eq!(reader.wire.card().violations(), []);
}

#[test]
fn data_byte_by_byte_and_null_bytes() {
    let mut settings = t0();
    settings.procedure = Procedure::Mixed;
    settings.nulls = 1;
    let (mut reader, _) = Reader::activate(settings);
    assert_eq!(reader.exchange(&[0x00, 0xA4, 0x02, 0x0C, 2]), [0x60, 0x5B]);
    assert_eq!(reader.exchange(&[0x00]), [0x60, 0xA4]);
    assert_eq!(reader.exchange(&[0x06]), [0x60, 0x6A, 0x82]);
    assert_eq!(reader.exchange(&SELECT), [0x60, 0x5B]);
    for byte in &AID[..4] {
        assert_eq!(reader.exchange(&[*byte]), [0x60, 0x5B]);
    }
    assert_eq!(reader.exchange(&AID[4..5]), [0x60, 0xA4]);
    assert_eq!(reader.exchange(&AID[5..]), [0x60, 0x90, 0x00]);
    let challenge = reader.exchange(&[0x00, 0x84, 0x00, 0x00, 2]);
    assert!(matches!(challenge[..], [0x60, 0x7B, _, 0x60, 0x84, _, 0x60, 0x90, 0x00]));
}

#[test]
fn it_says_null_while_it_works() {
    let mut settings = t0();
    settings.work = Duration::from_millis(1300);
    let (mut reader, _) = Reader::activate(settings);
    // WT is 893 ms; a NULL at half of it, and again.
    reader.send(&[0x00, 0x20, 0x00, 0x98, 0]);
    let answer = reader.listen(Duration::from_millis(893));
    assert_eq!(answer, [0x60, 0x60, 0x69, 0x86]);
}

#[test]
fn a_command_of_extended_length_comes_in_envelopes() {
    for end in [EnvelopeEnd::EmptyData, EnvelopeEnd::WholeCommand] {
        let mut settings = t0();
        settings.envelope_end = end;
        let mut reader = selected(settings);
        let mut command = vec![0x00, 0xA4, 0x04, 0x0C, 0x00, 0x01, 0x2C];
        command.extend([0xD3; 300]);
        reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 250]);
        assert_eq!(reader.exchange(&command[..250]), [0x90, 0x00]);
        assert_eq!(reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 57]), [0xC2]);
        let mut answer = reader.exchange(&command[250..]);
        if end == EnvelopeEnd::EmptyData {
            assert_eq!(answer, [0x90, 0x00]);
            answer = reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 0]);
        }
        assert_ne!(answer, [0x90, 0x00], "no such application");
        assert_eq!(reader.wire.card().commands(), 2);
        // A card without extended length says so.
        *reader.wire.card_mut().responder_mut().settings_mut() =
            Settings { extended_length: false, ..Settings::default() };
        reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 250]);
        reader.exchange(&command[..250]);
        reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 57]);
        let mut answer = reader.exchange(&command[250..]);
        if end == EnvelopeEnd::EmptyData {
            answer = reader.exchange(&[0x00, 0xC2, 0x00, 0x00, 0]);
        }
        assert_eq!(answer, [0x67, 0x00]);
    }
}

#[test]
fn parity_errors_are_signalled_and_repeated() {
    let mut reader = selected(t0());
    reader.send(&[0x00, 0x20]);
    reader.send_one(Character::encode(0x00, Convention::Direct).flip(4));
    assert_eq!(reader.listen(Duration::from_millis(2)), [0xEE]);
    assert_eq!(reader.exchange(&[0x00, 0x98, 0x00]), [0x63, 0xC3]);
    // The reader did not understand SW2.
    reader.wire.send_error_signal();
    assert_eq!(reader.listen(Duration::from_millis(20)), [0xC3]);
    assert_eq!(reader.wire.card().responder().tries(Reference::Auth), Some(3));
}

#[test]
fn pps_changes_protocol_and_rate() {
    let mut reader = Reader::of(contact::SYNTHETIC_T0_T1);
    assert_eq!(reader.exchange(&[0xFF, 0x11, 0x13, 0xFD]), [0xFF, 0x11, 0x13, 0xFD]);
    reader.set_rate(372, 4);
    assert_eq!(reader.block(0xC1, &[0xFE]), (0xE1, vec![0xFE]));
    // After a reset all is as at first, and T=0 needs no PPS.
    assert_eq!(reader.warm_reset(), contact::SYNTHETIC_T0_T1.bytes);
    assert_eq!(reader.exchange(&[0x00, 0x02, 0x00, 0x00, 0x00]), [0x6D, 0x00]);
    assert_eq!(reader.wire.card().violations(), []);
}

#[test]
fn pps_may_be_refused() {
    let request = [0xFF, 0x11, 0x13, 0xFD];
    for (answer, expected) in [
        (PpsAnswer::WithoutRate, &[0xFF, 0x01, 0xFE][..]),
        (PpsAnswer::Silence, &[]),
        (PpsAnswer::OtherProtocol, &[0xFF, 0x00, 0xFF]),
        (PpsAnswer::WrongCheck, &[0xFF, 0x11, 0x13, 0xA7]),
    ] {
        let mut settings = ContactSettings::with(contact::JPKI_02);
        settings.pps = answer;
        let (mut reader, _) = Reader::activate(settings);
        assert_eq!(reader.exchange(&request), expected, "{answer:?}");
        if answer == PpsAnswer::WithoutRate {
            assert_eq!(reader.block(0xC1, &[0xFE]), (0xE1, vec![0xFE]));
        } else {
            assert!(reader.exchange(&[0x00, 0xC1, 0x01, 0xFE, 0x3E]).is_empty());
        }
    }
    // What is wrong, not offered or reserved is not answered.
    for request in [[0xFF, 0x11, 0x13, 0xFC], [0xFF, 0x11, 0x15, 0xFB], [0xFF, 0x12, 0x13, 0xFE]] {
        let mut reader = Reader::of(contact::JPKI_02);
        assert!(reader.exchange(&request).is_empty());
    }
}

#[test]
fn every_answer_to_reset_comes_as_it_is_cold_and_warm() {
    for atr in contact::REAL.iter().chain(&contact::SYNTHETIC) {
        let mut settings = ContactSettings::with(*atr);
        settings.warm_atr = Some(vec![0x3B, 0x80, 0x01, 0x81]);
        let (mut reader, cold) = Reader::activate(settings);
        assert_eq!(cold, atr.bytes, "{}", atr.name);
        assert_eq!(reader.warm_reset(), [0x3B, 0x80, 0x01, 0x81]);
    }
    // The specific mode needs no PPS, and has its rate at once.
    let mut reader = Reader::of(contact::JPKI_04);
    reader.set_rate(512, 1);
    assert_eq!(reader.block(0xC1, &[0xFE]), (0xE1, vec![0xFE]));
}

#[test]
fn power_off_takes_the_security_status_and_a_warm_reset_keeps_it() {
    let mut reader = selected(t0());
    reader.exchange(&[0x00, 0x20, 0x00, 0x98, 4]);
    reader.exchange(b"1234");
    assert!(reader.wire.card().responder().is_verified(Reference::Auth));
    reader.warm_reset();
    assert!(reader.wire.card().responder().is_verified(Reference::Auth));
    reader.wire.set_reset(false);
    reader.wire.set_clock(None);
    reader.wire.set_supply(false);
    assert!(!reader.wire.card().responder().is_verified(Reference::Auth));
    assert_eq!(reader.wire.card().violations(), []);
}
