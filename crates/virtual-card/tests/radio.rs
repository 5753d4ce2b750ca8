//! The card's end of ISO/IEC 14443 against frames written by hand from the standard.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use kazasu_virtual_card::radio::{
    BitRate, Bystander, Direction, Field, Frame, FrameEffect, FrameFault, Heard, Identifier, Noise,
    Picc, PiccSettings, Signal, TypeASettings, TypeBSettings, Violation, WaitingTime, checked,
};
use kazasu_virtual_card::{Reply, Responder};

/// Answers every command with itself, 9000 behind it, and counts.
#[derive(Debug, Default)]
struct Echo {
    commands: Vec<Vec<u8>>,
    powered: u32,
    work: Duration,
}

impl Responder for Echo {
    fn respond(&mut self, command: &[u8]) -> Reply {
        self.commands.push(command.to_vec());
        let mut response = command.to_vec();
        response.extend([0x90, 0x00]);
        Reply { response: Some(response), work: self.work }
    }
    fn power_on(&mut self) {
        self.powered += 1;
    }
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

/// A reader that does what it is told, one frame after the other.
struct Reader {
    field: Field<Echo>,
    signal: Signal,
    now: Duration,
    to_card: BitRate,
    to_reader: BitRate,
    heard: Option<Heard>,
}

const MILLISECOND: Duration = Duration::from_millis(1);

impl Reader {
    fn new(settings: PiccSettings, signal: Signal) -> Self {
        let mut field = Field::with(Picc::new(Echo::default(), settings));
        field.switch(true, Duration::ZERO);
        let (to_card, to_reader) = Default::default();
        Self { field, signal, now: 5 * MILLISECOND, to_card, to_reader, heard: None }
    }

    fn type_b(settings: TypeBSettings) -> Self {
        Self::new(PiccSettings::type_b(settings), Signal::TypeB)
    }

    fn card(&self) -> &Picc<Echo> {
        self.field.card(0).unwrap()
    }

    fn exchange(&mut self, frame: &Frame) -> Option<Heard> {
        let sent = self.field.transmit(frame, self.now);
        self.heard = self.field.listen(sent, sent + 5000 * MILLISECOND);
        self.now = self.heard.as_ref().map_or(sent + 5000 * MILLISECOND, |heard| heard.ends);
        self.now += Duration::from_micros(200);
        self.heard.clone()
    }

    /// Bytes with CRC there and back; `None` for silence and for what is wrong.
    fn send(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let frame = Frame::with_crc(self.signal, self.to_card, bytes.to_vec());
        let heard = self.exchange(&frame)?;
        let fine = heard.received.error.is_none() && heard.received.collision.is_none();
        let frame = heard.received.frame;
        assert_eq!(frame.rate, self.to_reader);
        fine.then(|| checked(self.signal, &frame.bytes).map(<[u8]>::to_vec))?
    }

    fn activate_b(&mut self, parameter_two: u8, cid: u8) -> Option<Vec<u8>> {
        let atqb = self.send(&[0x05, 0x00, 0x00])?;
        assert_eq!(atqb.len(), 12);
        let mut attrib = vec![0x1D];
        attrib.extend_from_slice(&atqb[1..5]);
        attrib.extend([0x00, parameter_two, 0x01, cid]);
        let answer = self.send(&attrib);
        self.to_reader = BitRate::from_code(parameter_two >> 6);
        self.to_card = BitRate::from_code(parameter_two >> 4);
        answer
    }
}

fn apdu(length: usize) -> Vec<u8> {
    (0..length).map(|at| at as u8).collect()
}

#[test]
fn each_known_card_says_what_the_facts_say() {
    for (settings, data) in TypeBSettings::REAL.into_iter().zip([
        [0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1],
        [0x00, 0x00, 0x41, 0xE0, 0xB3, 0x81, 0xA1],
        [0x00, 0x4B, 0x51, 0xFF, 0x00, 0x81, 0xD1],
        [0x00, 0x4B, 0x51, 0xFF, 0xB3, 0x81, 0xD1],
    ]) {
        let mut reader = Reader::type_b(settings);
        let atqb = reader.send(&[0x05, 0x00, 0x00]).unwrap();
        assert_eq!(atqb[0], 0x50);
        assert_eq!(atqb[5..], data);
        // The guard time of Type B: TR0 and TR1.
        let delay = reader.heard.as_ref().unwrap().begins - 5 * MILLISECOND;
        assert!(delay > Duration::from_micros(170));
        // The identifier is another one after the field was off.
        reader.field.switch(false, reader.now);
        reader.field.switch(true, reader.now + 6 * MILLISECOND);
        reader.now += 12 * MILLISECOND;
        assert_ne!(reader.send(&[0x05, 0x00, 0x00]).unwrap()[1..5], atqb[1..5]);
        assert_eq!(reader.card().violations(), []);
    }
}

#[test]
fn the_family_and_the_state_decide_who_answers() {
    let settings = TypeBSettings { afi: 0x25, ..TypeBSettings::JPKI_06 };
    let mut reader = Reader::type_b(settings);
    for (asked, answers) in [(0x00, true), (0x20, true), (0x25, true), (0x05, true)] {
        assert_eq!(reader.send(&[0x05, asked, 0x00]).is_some(), answers, "{asked:02X}");
    }
    for asked in [0x10, 0x26, 0x06, 0x30] {
        assert_eq!(reader.send(&[0x05, asked, 0x00]), None, "{asked:02X}");
    }
    // HLTB: REQB is not answered, WUPB is.
    let atqb = reader.send(&[0x05, 0x00, 0x00]).unwrap();
    let mut halt = vec![0x50];
    halt.extend_from_slice(&atqb[1..5]);
    assert_eq!(reader.send(&halt), Some(vec![0x00]));
    assert_eq!(reader.send(&[0x05, 0x00, 0x00]), None);
    assert!(reader.send(&[0x05, 0x00, 0x08]).is_some());
    // S(DESELECT) is HALT as well.
    assert_eq!(reader.activate_b(0x08, 0), Some(vec![0x00]));
    assert_eq!(reader.send(&[0xC2]), Some(vec![0xC2]));
    assert_eq!(reader.send(&[0x05, 0x00, 0x00]), None);
    assert!(reader.send(&[0x05, 0x00, 0x08]).is_some());
    assert_eq!(reader.card().violations(), []);
}

#[test]
fn slots_are_answered_at_their_marker() {
    let settings = TypeBSettings { slot: Some(3), ..TypeBSettings::JPKI_06 };
    let mut reader = Reader::type_b(settings);
    // Four slots: 2 is 15, 3 is 25.
    assert_eq!(reader.send(&[0x05, 0x00, 0x02]), None);
    assert_eq!(reader.send(&[0x15]), None);
    assert_eq!(reader.send(&[0x25]).unwrap().len(), 12);
    // By chance, each slot is taken.
    let settings = TypeBSettings { slot: None, ..TypeBSettings::JPKI_06 };
    let mut reader = Reader::type_b(settings);
    let mut taken = [0; 4];
    for _ in 0..64 {
        if reader.send(&[0x05, 0x00, 0x02]).is_some() {
            taken[0] += 1;
            continue;
        }
        let slot = (1..4).find(|slot| reader.send(&[slot << 4 | 0x05]).is_some()).unwrap();
        taken[usize::from(slot)] += 1;
    }
    assert!(taken.iter().all(|count| *count > 4), "{taken:?}");
}

#[test]
fn attrib_switches_to_a_declared_rate_and_to_no_other() {
    // 424 kbit/s both ways.
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    assert_eq!(reader.activate_b(0xA8, 0), Some(vec![0x00]));
    assert_eq!(reader.send(&[0x02, 1, 2, 3, 4]), Some(vec![0x02, 1, 2, 3, 4, 0x90, 0x00]));
    assert_eq!(reader.card().rates(), (BitRate::Kbps424, BitRate::Kbps424));
    let air = reader.field.traffic().to_reader.air;
    reader.send(&[0x03, 1, 2, 3, 4]);
    assert_eq!(reader.field.traffic().to_reader.air - air, BitRate::Kbps424.etu(22 + 90));
    assert_eq!(reader.card().violations(), []);
    // A rate that it has, one way only; a rate that it has not.
    for wrong in [0x88, 0xF8, 0x48] {
        let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
        assert_eq!(reader.activate_b(wrong, 0), None);
        assert_eq!(reader.card().violations(), [Violation::UndeclaredRate]);
    }
    let mut reader = Reader::type_b(TypeBSettings::JPKI_08);
    assert_eq!(reader.activate_b(0x58, 0), None);
    let mut reader = Reader::type_b(TypeBSettings::SYNTHETIC_848);
    assert_eq!(reader.activate_b(0xF8, 0), Some(vec![0x00]));
    let mut reader = Reader::type_b(TypeBSettings::SYNTHETIC_848);
    assert_eq!(reader.activate_b(0x38, 0), Some(vec![0x00]));
}

#[test]
fn chains_go_both_ways_within_the_frame_sizes() {
    // The reader takes 16 bytes (FSDI 0), the card 256.
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x00, 0).unwrap();
    let command = apdu(300);
    let (one, two) = command.split_at(253);
    let send = |pcb: u8, part: &[u8]| [&[pcb], part].concat();
    assert_eq!(reader.send(&send(0x12, one)), Some(vec![0xA2]));
    let mut response = Vec::new();
    let mut block = reader.send(&send(0x03, two)).unwrap();
    let mut number = 1;
    loop {
        assert!(block.len() + 2 <= 16);
        assert_eq!(block[0] & 0xEF, 0x02 | number);
        response.extend_from_slice(&block[1..]);
        if block[0] & 0x10 == 0 {
            break;
        }
        number ^= 1;
        block = reader.send(&[0xA2 | number]).unwrap();
    }
    assert_eq!(response, [&command[..], &[0x90, 0x00]].concat());
    assert_eq!(reader.card().responder().commands, [command]);
    assert_eq!(reader.card().violations(), []);
    // 254 bytes and PCB and CRC are one more than the card takes.
    assert_eq!(reader.send(&send(0x02, &apdu(254))), None);
    assert_eq!(reader.card().violations(), [Violation::FrameTooLong]);
}

#[test]
fn what_is_lost_is_asked_for_again_and_never_done_twice() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x08, 0).unwrap();
    let answer = Some(vec![0x02, 0x00, 0x20, 0x90, 0x00]);
    // The answer is lost: R(NAK 0) brings it again.
    let next = reader.field.traffic().to_reader.frames;
    reader.field.push_fault(FrameFault::once(Direction::ToReader, next, FrameEffect::Lose));
    assert_eq!(reader.send(&[0x02, 0x00, 0x20]), None);
    assert_eq!(reader.send(&[0xB2]), answer);
    assert_eq!(reader.send(&[0xB2]), answer);
    assert_eq!(reader.card().commands(), 1);
    // The command is lost: R(NAK 1) is answered R(ACK 0), the number that the card has.
    let next = reader.field.traffic().to_card.frames;
    reader.field.push_fault(FrameFault::once(Direction::ToCard, next, FrameEffect::Flip(vec![40])));
    assert_eq!(reader.send(&[0x03, 0x00, 0x20]), None);
    assert_eq!(reader.send(&[0xB3]), Some(vec![0xA2]));
    assert_eq!(reader.card().commands(), 1);
    assert_eq!(reader.send(&[0x03, 0x00, 0x20]), Some(vec![0x03, 0x00, 0x20, 0x90, 0x00]));
    assert_eq!(reader.card().violations(), []);
    // A reader that sends the command again has it done again, and it is seen.
    assert!(reader.send(&[0x03, 0x00, 0x20]).is_some());
    assert_eq!(reader.card().commands(), 3);
    assert_eq!(reader.card().violations(), [Violation::BlockNumber]);
    // An empty I-block is answered by an empty one and is no command.
    assert_eq!(reader.send(&[0x03]), Some(vec![0x03]));
    assert_eq!(reader.card().commands(), 3);
}

#[test]
fn a_slow_card_asks_for_time_before_it_is_over() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.field.card_mut(0).unwrap().responder_mut().work = Duration::from_millis(1700);
    let settings = reader.field.card_mut(0).unwrap().settings_mut();
    settings.waiting_time = WaitingTime { largest_multiplier: 4, ..WaitingTime::default() };
    reader.activate_b(0x08, 0).unwrap();
    let fwt = Duration::from_nanos(4096 * 1024 * 25_000 / 339);
    let begins = reader.now;
    assert_eq!(reader.send(&[0x02, 0x00, 0xA4]), Some(vec![0xF2, 0x04]));
    assert!(reader.heard.as_ref().unwrap().begins - begins < fwt);
    // A response that is lost: R(NAK) brings the request again.
    assert_eq!(reader.send(&[0xB2]), Some(vec![0xF2, 0x04]));
    // Another multiplier than was asked for.
    assert_eq!(reader.send(&[0xF2, 0x03]), None);
    assert_eq!(reader.card().violations(), [Violation::WrongMultiplier]);
    reader.now -= 4000 * MILLISECOND;
    assert_eq!(reader.send(&[0xF2, 0x04]), Some(vec![0x02, 0x00, 0xA4, 0x90, 0x00]));
    assert_eq!(reader.card().commands(), 1);
}

#[test]
fn a_card_with_a_cid_hears_only_its_own() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    assert_eq!(reader.activate_b(0x08, 5), Some(vec![0x05]));
    assert_eq!(reader.send(&[0x02, 1]), None);
    assert_eq!(reader.send(&[0x0A, 4, 1]), None);
    assert_eq!(reader.send(&[0x0A, 5, 1]), Some(vec![0x0A, 5, 1, 0x90, 0x00]));
    assert_eq!(reader.send(&[0xBA, 5]), Some(vec![0x0A, 5, 1, 0x90, 0x00]));
    assert_eq!(reader.send(&[0xCA, 5]), Some(vec![0xCA, 5]));
    // A card with CID 0 takes both; one that does not know CID only blocks without.
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x08, 0).unwrap();
    assert_eq!(reader.send(&[0x0A, 0, 1]), Some(vec![0x0A, 0, 1, 0x90, 0x00]));
    assert_eq!(reader.send(&[0x03, 1]), Some(vec![0x03, 1, 0x90, 0x00]));
    let mut reader = Reader::type_b(TypeBSettings::SYNTHETIC_848);
    reader.activate_b(0x08, 0).unwrap();
    assert_eq!(reader.send(&[0x0A, 0, 1]), None);
}

#[test]
fn two_cards_of_type_b_are_a_collision() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    let mut second = PiccSettings::type_b(TypeBSettings::JPKI_09);
    second.seed = 9;
    reader.field.put(Picc::new(Echo::default(), second));
    reader.now += 10 * MILLISECOND;
    assert_eq!(reader.send(&[0x05, 0x00, 0x00]), None);
    assert!(reader.heard.is_some(), "something is heard");
    // One is taken away: the other is heard.
    reader.field.leave_at(1, reader.now);
    assert!(reader.send(&[0x05, 0x00, 0x00]).is_some());
}

#[test]
fn a_wallet_is_heard_as_far_as_it_speaks_type_b() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.field.put_bystander(Bystander::felica());
    reader.field.put_bystander(Bystander::type_a(TypeASettings::MEMORY));
    reader.now += 10 * MILLISECOND;
    assert!(reader.send(&[0x05, 0x00, 0x00]).is_some());
    reader.field.put_bystander(Bystander::type_b(TypeBSettings {
        pupi: Identifier::Fixed([1, 2, 3, 4]),
        ..TypeBSettings::SYNTHETIC_848
    }));
    reader.now += 10 * MILLISECOND;
    assert_eq!(reader.send(&[0x05, 0x00, 0x00]), None);
    assert!(reader.heard.is_some());
}

#[test]
fn a_card_that_leaves_takes_its_answer_with_it() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x08, 0).unwrap();
    let request =
        Frame::with_crc(Signal::TypeB, BitRate::Kbps106, [&[0x02], &apdu(100)[..]].concat());
    let sent = reader.now + request.air_time(Direction::ToCard);
    let answered = sent + Duration::from_micros(200);
    for (leaves, hears, commands) in [
        (sent - MILLISECOND, false, 0),
        (sent + Duration::from_micros(100), false, 1),
        (answered + 3 * MILLISECOND, true, 1),
    ] {
        let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
        reader.activate_b(0x08, 0).unwrap();
        reader.field.leave_at(0, leaves);
        let heard = reader.exchange(&request);
        assert_eq!(heard.is_some(), hears);
        assert!(heard.is_none_or(|heard| heard.received.error.is_some() && heard.ends == leaves));
        assert_eq!(reader.card().commands(), commands);
        // Put back, it is a new presence: it must be activated again.
        reader.field.enter_at(0, reader.now);
        reader.now += 10 * MILLISECOND;
        assert_eq!(reader.send(&[0x02, 1]), None);
        assert!(reader.activate_b(0x08, 0).is_some());
        assert_eq!(reader.card().responder().powered, 2);
        assert_eq!(reader.card().activations(), 2);
    }
}

#[test]
fn a_late_card_is_deaf_until_it_has_spoken() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x08, 0).unwrap();
    let next = reader.field.traffic().to_reader.frames;
    let late = FrameEffect::Late(40 * MILLISECOND);
    reader.field.push_fault(FrameFault::once(Direction::ToReader, next, late));
    let frame = Frame::with_crc(Signal::TypeB, BitRate::Kbps106, vec![0x02, 1]);
    let sent = reader.field.transmit(&frame, reader.now);
    assert!(reader.field.listen(sent, sent + 10 * MILLISECOND).is_none());
    // The reader asks again, and is not heard; what comes then is the first answer.
    reader.now = sent + 10 * MILLISECOND;
    assert_eq!(reader.send(&[0xB2]), Some(vec![0x02, 1, 0x90, 0x00]));
    assert_eq!(reader.card().commands(), 1);
    assert_eq!(reader.send(&[0xB2]), Some(vec![0x02, 1, 0x90, 0x00]));
    assert_eq!(reader.card().violations(), []);
}

#[test]
fn each_guard_time_is_kept_to_the_microsecond() {
    // 10 etu and 32, 128, 256 or 512 periods of the subcarrier.
    for (code, cycles) in [(0x01, 1_792), (0x03, 3_328), (0x05, 5_376), (0x07, 9_472)] {
        let guard = Duration::from_nanos(cycles * 25_000 / 339);
        for (wait, kept) in [(guard, true), (guard - Duration::from_micros(6), false)] {
            let settings = TypeBSettings {
                protocol_info: [0xB3, 0x80 | code, 0xA1],
                ..TypeBSettings::JPKI_06
            };
            let mut reader = Reader::type_b(settings);
            let atqb = reader.send(&[0x05, 0x00, 0x00]).unwrap();
            reader.now = reader.heard.as_ref().unwrap().ends + wait;
            reader.send(&[&[0x1D], &atqb[1..5], &[0x00, 0x08, code, 0x00]].concat()).unwrap();
            assert_eq!(reader.card().violations().is_empty(), kept, "{code}");
        }
    }
}

#[test]
fn noise_repeats_with_its_seed_and_phantoms_are_wrong() {
    let run = |seed| {
        let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
        let noise = Noise { flipped: 0.2, lost: 0.1, phantom: 0.5, ..Noise::default() };
        reader.field.set_noise(noise, seed);
        let answers: Vec<_> = (0..40).map(|_| reader.send(&[0x05, 0x00, 0x00])).collect();
        (answers, reader.now)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let missing = run(1).0.iter().filter(|one| one.is_none()).count();
    assert!((4..=24).contains(&missing), "{missing}");
}

#[test]
fn a_reader_in_a_hurry_is_noted() {
    let mut reader = Reader::type_b(TypeBSettings::JPKI_06);
    reader.activate_b(0x08, 0).unwrap();
    reader.now -= Duration::from_micros(150);
    reader.send(&[0x02, 1]).unwrap();
    assert_eq!(reader.card().violations(), [Violation::TooEarly]);
    // It does not wait for the answer.
    let frame = Frame::with_crc(Signal::TypeB, BitRate::Kbps106, vec![0x03, 1]);
    let sent = reader.field.transmit(&frame, reader.now);
    let sent = reader.field.transmit(&frame, sent + Duration::from_micros(10));
    assert!(reader.field.listen(sent, sent + 100 * MILLISECOND).is_none());
    assert_eq!(reader.card().violations()[1], Violation::Impatient);
    // Off and on in no time.
    reader.field.switch(false, sent + 101 * MILLISECOND);
    reader.field.switch(true, sent + 103 * MILLISECOND);
    assert_eq!(reader.card().violations()[2], Violation::ShortFieldOff);
}

fn select(reader: &mut Reader) -> (Vec<u8>, u8) {
    let atqa = reader.exchange(&Frame::short(0x52)).unwrap().received.frame.bytes;
    assert_eq!(atqa.len(), 2);
    let mut uid = Vec::new();
    for code in [0x93, 0x95, 0x97] {
        let ask = Frame::raw(Signal::TypeA, BitRate::Kbps106, vec![code, 0x20]);
        let level = reader.exchange(&ask).unwrap().received.frame.bytes;
        assert_eq!(level.iter().fold(0, |check, byte| check ^ byte), 0);
        let sak = reader.send(&[&[code, 0x70], &level[..]].concat()).unwrap();
        if sak[0] & 0x04 == 0 {
            uid.extend_from_slice(&level[..4]);
            return (uid, sak[0]);
        }
        assert_eq!(level[0], 0x88);
        uid.extend_from_slice(&level[1..4]);
    }
    panic!("no end of the cascade");
}

/// Also with a CID in its RATS.
#[test]
fn a_phone_that_knows_no_cid_takes_blocks_without() {
    let mut phone = TypeASettings::PHONE;
    phone.ats = &[0x05, 0x78, 0x77, 0x80, 0x00];
    let mut reader = Reader::new(PiccSettings::type_a(phone), Signal::TypeA);
    select(&mut reader);
    assert_eq!(reader.send(&[0xE0, 0x83]).unwrap(), [0x05, 0x78, 0x77, 0x80, 0x00]);
    assert_eq!(reader.send(&[0x0A, 3, 1]), None);
    assert_eq!(reader.send(&[0x02, 1]).unwrap(), [0x02, 1, 0x90, 0x00]);
}

#[test]
fn type_a_is_selected_over_its_cascade_levels() {
    let mut reader = Reader::new(PiccSettings::type_a(TypeASettings::PHONE), Signal::TypeA);
    let (uid, sak) = select(&mut reader);
    assert_eq!((uid.len(), uid[0], sak), (4, 0x08, 0x20));
    assert_eq!(reader.send(&[0xE0, 0x80]).unwrap(), [0x05, 0x78, 0x77, 0x80, 0x02]);
    // 848 kbit/s to the reader, 424 to the card.
    assert_eq!(reader.send(&[0xD0, 0x11, 0x0E]).unwrap(), [0xD0]);
    (reader.to_card, reader.to_reader) = (BitRate::Kbps424, BitRate::Kbps848);
    assert_eq!(reader.send(&[0x02, 1]).unwrap(), [0x02, 1, 0x90, 0x00]);
    assert_eq!(reader.send(&[0xC2]).unwrap(), [0xC2]);
    (reader.to_card, reader.to_reader) = Default::default();
    assert!(reader.exchange(&Frame::short(0x26)).is_none());
    assert_eq!(select(&mut reader).0, uid);
    assert_eq!(reader.card().violations(), []);

    let mut reader = Reader::new(PiccSettings::type_a(TypeASettings::MEMORY), Signal::TypeA);
    let (uid, sak) = select(&mut reader);
    assert_eq!((uid.len(), sak), (7, 0x00));
    assert_eq!(reader.send(&[0xE0, 0x80]), None);
}

#[test]
fn two_cards_of_type_a_differ_at_a_bit_that_the_reader_sees() {
    let uid = |uid| {
        PiccSettings::type_a(TypeASettings {
            uid: kazasu_virtual_card::radio::Uid::Four(uid),
            ..TypeASettings::PHONE
        })
    };
    let mut reader = Reader::new(uid([0x11, 0x22, 0x33, 0x44]), Signal::TypeA);
    reader.field.put(Picc::new(Echo::default(), uid([0x11, 0x22, 0x13, 0x44])));
    reader.now += 10 * MILLISECOND;
    reader.exchange(&Frame::short(0x26)).unwrap();
    let ask = Frame::raw(Signal::TypeA, BitRate::Kbps106, vec![0x93, 0x20]);
    assert_eq!(reader.exchange(&ask).unwrap().received.collision, Some(21));
    // 22 bits known, the last one set: the first card only.
    let mut ask = Frame::raw(Signal::TypeA, BitRate::Kbps106, vec![0x93, 0x46, 0x11, 0x22, 0x33]);
    ask.last_bits = 6;
    let rest = reader.exchange(&ask).unwrap().received;
    assert_eq!((rest.collision, rest.error), (None, None));
    assert_eq!(rest.frame.data_bits(), 18);
    assert_eq!(rest.frame.bytes[0] & 0xC0, 0x33 & 0xC0);
    assert_eq!(rest.frame.bytes[1..], [0x44, 0x44]);
    assert!(reader.send(&[0x93, 0x70, 0x11, 0x22, 0x33, 0x44, 0x44]).is_some());
}
