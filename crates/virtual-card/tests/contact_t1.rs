//! The card's end of T=1, by the scenarios of ISO/IEC 7816-3, annex A, and beyond.

mod common;

use std::time::Duration;

use common::contact::{Reader, block, open};
use kazasu_virtual_card::contact::{
    self, Character, ContactSettings, Hang, Until, Violation, WaitingTimeExtension,
};

const SELECT: [u8; 15] =
    [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
const SELECT_EF: [u8; 7] = [0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x0A];
const READ: [u8; 5] = [0x00, 0xB0, 0x00, 0x00, 0x64];
const VERIFY: [u8; 9] = [0x00, 0x20, 0x00, 0x98, 4, b'1', b'2', b'3', b'4'];
const OK: [u8; 2] = [0x90, 0x00];

fn selected() -> Reader {
    let mut reader = Reader::of(contact::JPKI_01);
    assert_eq!(reader.block(0x00, &SELECT), (0x00, OK.to_vec()));
    reader
}

#[test]
fn information_blocks_are_numbered_on_both_sides() {
    let mut reader = selected();
    assert_eq!(reader.block(0x40, &SELECT_EF), (0x40, OK.to_vec()));
    assert_eq!(reader.block(0x00, &SELECT), (0x00, OK.to_vec()));
    assert_eq!(reader.wire.card().violations(), []);
}

#[test]
fn a_long_answer_comes_in_a_chain_of_the_readers_size() {
    let mut reader = selected();
    reader.block(0x40, &SELECT_EF);
    let (mut pcb, mut data) = reader.block(0x00, &READ);
    assert_eq!((pcb, data.len()), (0x20, 32));
    for acknowledgement in [0x90, 0x80, 0x90] {
        let (next, piece) = reader.block(acknowledgement, &[]);
        pcb = next;
        data.extend(piece);
    }
    assert_eq!((pcb, data.len()), (0x40, 102));
    assert_eq!(data[..2], [0x30, 0x82]);
    // With a larger size it is one block.
    assert_eq!(reader.block(0xC1, &[0xFE]), (0xE1, vec![0xFE]));
    assert_eq!(reader.block(0x40, &READ), (0x00, data));
}

#[test]
fn a_long_command_goes_in_a_chain() {
    let mut reader = Reader::of(contact::JPKI_01);
    assert_eq!(reader.block(0x20, &SELECT[..6]), (0x90, vec![]));
    assert_eq!(reader.block(0x60, &SELECT[6..7]), (0x80, vec![]));
    assert_eq!(reader.block(0x00, &SELECT[7..]), (0x00, OK.to_vec()));
    assert_eq!(reader.wire.card().commands(), 1);
}

#[test]
fn what_the_reader_did_not_understand_comes_again_and_nothing_is_done_twice() {
    let mut reader = selected();
    assert_eq!(reader.block(0x40, &VERIFY), (0x40, OK.to_vec()));
    for _ in 0..3 {
        assert_eq!(reader.block(0x91, &[]), (0x40, OK.to_vec()));
    }
    // The same block again is out of order, however often.
    assert_eq!(reader.block(0x40, &VERIFY), (0x82, vec![]));
    assert_eq!(reader.block(0x00, &SELECT_EF), (0x00, OK.to_vec()));
    assert_eq!(reader.wire.card().responder().verify_commands_seen(), 1);
}

#[test]
fn what_the_card_did_not_understand_it_asks_for_again() {
    let mut reader = selected();
    let mut wrong = block(0x40, &SELECT_EF);
    wrong[6] ^= 0x11;
    assert_eq!(open(&reader.exchange(&wrong)), (0x91, vec![]));
    assert_eq!(reader.block(0x40, &SELECT_EF), (0x40, OK.to_vec()));
    // A character with wrong parity.
    reader.send(&block(0x00, &SELECT_EF)[..5]);
    reader.send_one(Character::encode(0x02, contact::Convention::Direct).flip(1));
    let rest = block(0x00, &SELECT_EF)[6..].to_vec();
    assert_eq!(open(&reader.exchange(&rest)), (0x81, vec![]));
    // Half a block.
    assert_eq!(open(&reader.exchange(&block(0x00, &SELECT_EF)[..5])), (0x82, vec![]));
    // Larger than IFSC, and a number that nobody uses.
    assert_eq!(open(&reader.exchange(&block(0x00, &[0; 255])[..])), (0x82, vec![]));
    assert_eq!(reader.block(0x00, &SELECT_EF), (0x00, OK.to_vec()));
    // The answer to a block that never came.
    assert_eq!(reader.block(0x90, &[]), (0x90, vec![]));
    assert_eq!(reader.wire.card().commands(), 3);
}

#[test]
fn after_three_wrong_blocks_it_only_listens_until_one_is_right() {
    let mut reader = selected();
    for _ in 0..3 {
        assert_eq!(open(&reader.exchange(&[0, 0x40, 0, 0x77])), (0x91, vec![]));
    }
    assert!(reader.exchange(&[0, 0x40, 0, 0x77]).is_empty());
    assert_eq!(reader.block(0xC0, &[]), (0xE0, vec![]));
    assert_eq!(reader.block(0x00, &SELECT), (0x00, OK.to_vec()));
}

#[test]
fn it_asks_for_time_when_it_needs_it_and_when_it_is_told_to() {
    let mut settings = ContactSettings::with(contact::JPKI_01);
    settings.work = Duration::from_secs(2);
    let (mut reader, _) = Reader::activate(settings);
    // BWT is 1.43 s: one request at half of it, and once more before that is over.
    assert_eq!(reader.block(0x00, &SELECT), (0xC3, vec![1]));
    assert_eq!(reader.block(0xE3, &[1]), (0x00, OK.to_vec()));

    let mut settings = ContactSettings::with(contact::JPKI_01);
    settings.waiting_time_extension = Some(WaitingTimeExtension { requests: 2, multiplier: 7 });
    let (mut reader, _) = Reader::activate(settings);
    assert_eq!(reader.block(0x00, &SELECT), (0xC3, vec![7]));
    assert_eq!(reader.block(0xE3, &[7]), (0xC3, vec![7]));
    // It is asked again until it is answered rightly.
    assert_eq!(reader.block(0x80, &[]), (0xC3, vec![7]));
    assert_eq!(reader.block(0xE3, &[8]), (0xC3, vec![7]));
    assert_eq!(reader.block(0xE3, &[7]), (0x00, OK.to_vec()));
    assert_eq!(reader.wire.card().commands(), 1);
}

#[test]
fn its_own_information_field_size_can_change() {
    let mut settings = ContactSettings::with(contact::JPKI_01);
    settings.announced_ifsc = Some(0x10);
    let (mut reader, _) = Reader::activate(settings);
    assert_eq!(reader.block(0x00, &SELECT), (0xC1, vec![0x10]));
    assert_eq!(reader.block(0xE1, &[0x10]), (0x00, OK.to_vec()));
    assert_eq!(reader.block(0x40, &[0; 17]), (0x92, vec![]));
}

#[test]
fn chains_are_given_up_from_both_sides() {
    let mut settings = ContactSettings::with(contact::JPKI_01);
    settings.aborts_chain_after = Some(2);
    let (mut reader, _) = Reader::activate(settings);
    assert_eq!(reader.block(0x20, &SELECT[..2]), (0x90, vec![]));
    assert_eq!(reader.block(0x60, &SELECT[2..4]), (0xC2, vec![]));
    assert_eq!(reader.block(0xE2, &[]), (0x80, vec![]));
    assert_eq!(reader.block(0x00, &SELECT), (0x00, OK.to_vec()));
    reader.block(0x40, &SELECT_EF);
    assert_eq!(reader.block(0x00, &READ).0, 0x20);
    assert_eq!(reader.block(0xC2, &[]), (0xE2, vec![]));
    assert_eq!(reader.block(0x40, &SELECT_EF), (0x40, OK.to_vec()));
}

#[test]
fn resynchronised_it_begins_again_and_keeps_what_was_verified() {
    let mut reader = selected();
    reader.block(0xC1, &[0xFE]);
    reader.block(0x40, &VERIFY);
    assert_eq!(reader.block(0xC0, &[]), (0xE0, vec![]));
    assert_eq!(reader.block(0x00, &SELECT_EF), (0x00, OK.to_vec()));
    // The sizes are those of the beginning.
    assert_eq!(reader.block(0x40, &READ).1.len(), 32);
    assert!(reader.wire.card().responder().is_verified(kazasu_virtual_card::Reference::Auth));
}

#[test]
fn a_card_that_hangs_is_silent_until_the_reset_that_wakes_it() {
    for (until, warm) in
        [(Until::WarmReset, true), (Until::ColdReset, false), (Until::Never, false)]
    {
        let mut settings = ContactSettings::with(contact::JPKI_01);
        settings.hang = Some(Hang { command: 2, acted: true, until });
        let (mut reader, _) = Reader::activate(settings);
        reader.block(0x00, &SELECT);
        assert!(reader.exchange(&block(0x40, &VERIFY)).is_empty());
        assert!(reader.exchange(&block(0xC0, &[])).is_empty());
        assert_eq!(reader.wire.card().responder().verify_commands_seen(), 1);
        assert_eq!(!reader.warm_reset().is_empty(), warm, "{until:?}");
        reader.wire.set_supply(false);
        reader.wire.set_reset(false);
        let wire = reader.wire;
        assert!(wire.card().violations().contains(&Violation::DeactivationOrder));
        assert_eq!(Reader::with(wire).1.is_empty(), until == Until::Never);
    }
}

#[test]
fn a_crc_guards_its_blocks() {
    let mut reader = Reader::of(contact::SYNTHETIC_T1_CRC);
    // S(IFS request) and its response; the CRC was computed apart.
    let crc = |bytes: &[u8]| {
        let mut register = 0xFFFF_u16;
        for bit in bytes.iter().flat_map(|byte| (0..8).map(move |bit| u16::from(byte >> bit & 1))) {
            register =
                if (register ^ bit) & 1 == 1 { register >> 1 ^ 0x8408 } else { register >> 1 };
        }
        [bytes, &(!register).to_le_bytes()].concat()
    };
    assert_eq!(reader.exchange(&crc(&[0, 0xC1, 1, 0xFE])), crc(&[0, 0xE1, 1, 0xFE]));
    assert_eq!(reader.exchange(&[0, 0x00, 0, 1, 2]), crc(&[0, 0x81, 0]));
}

#[test]
fn the_reader_is_told_what_it_does_wrong() {
    let mut reader = selected();
    reader.wire.send(Character::encode(0, contact::Convention::Direct));
    reader.wait(Duration::from_micros(93 * 10));
    reader.wire.send(Character::encode(0x40, contact::Convention::Direct));
    reader.wait(Duration::from_millis(10));
    assert_eq!(reader.wire.card().violations(), [Violation::GuardTime]);
}
