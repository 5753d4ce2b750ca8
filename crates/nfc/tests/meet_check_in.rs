//! A whole check-in over the air: the reader's engine against the virtual card's own reading of
//! ISO/IEC 14443, for every card that is known, at every rate, and however a card may behave.

mod meeting;

use std::time::Duration;

use kazasu::{Cleared, Outcome};
use kazasu_nfc::{Capabilities, Error, Rates, Several};
use kazasu_virtual_card::radio::{
    BitRate, Bystander, Direction, Noise, PiccSettings, TypeASettings, TypeBSettings, WaitingTime,
    WorkTimes,
};
use meeting::patient::Patient;
use meeting::{Meeting, Met, Setup, check_in};

use kazasu::apdu::{ExtendedLength, Transport};

/// It verifies, and nobody broke a rule.
fn verifies(patient: &mut Patient, setup: &Setup, name: &str) -> Met {
    let met = check_in(patient, setup);
    assert_eq!(met.outcome, Some(Outcome::Verified), "{name}: {:?} {:?}", met.errors, met.failure);
    assert_eq!(met.cleared, Some(Cleared::PowerOff), "{name}");
    assert_eq!((met.verify_commands, met.tries_left), (1, 3), "{name}");
    assert_eq!(met.violations, [], "{name}");
    assert!(met.errors.is_empty(), "{name}: {:?}", met.errors);
    println!(
        "{name}: {} commands, {} frames, air {:?}, in all {:?}, {:?}",
        met.commands,
        met.traffic.frames(),
        met.traffic.air(),
        met.time,
        met.rates
    );
    met
}

const KNOWN: [(&str, TypeBSettings, BitRate); 4] = [
    ("JPKI (06)", TypeBSettings::JPKI_06, BitRate::Kbps424),
    ("JPKI (07)", TypeBSettings::JPKI_07, BitRate::Kbps424),
    ("JPKI (08)", TypeBSettings::JPKI_08, BitRate::Kbps106),
    ("JPKI (09)", TypeBSettings::JPKI_09, BitRate::Kbps424),
];

#[test]
fn with_every_known_card_at_the_best_rate_of_both() {
    for extended in [true, false] {
        let mut patient = Patient::new(extended);
        for (name, card, best) in KNOWN {
            for (reader, highest) in [
                (Rates::ALL, BitRate::Kbps848),
                (
                    Rates::up_to(kazasu_nfc::BitRate::Kbps212, kazasu_nfc::BitRate::Kbps212),
                    BitRate::Kbps212,
                ),
                (Rates::ONLY_106, BitRate::Kbps106),
            ] {
                let mut setup = Setup::new(PiccSettings::type_b(card.clone()));
                setup.capabilities = Capabilities::new(256).with_rates(reader);
                let met = verifies(&mut patient, &setup, name);
                let rate = best.min(highest);
                assert_eq!(met.rates, (rate, rate), "{name}");
            }
        }
    }
}

#[test]
fn with_cards_that_nobody_has_seen() {
    let mut patient = Patient::new(true);
    let of = |card: TypeBSettings, change: fn(&mut Setup)| {
        let mut setup = Setup::new(PiccSettings::type_b(card));
        change(&mut setup);
        setup
    };
    let (real, fast) = (TypeBSettings::JPKI_06, TypeBSettings::SYNTHETIC_848);
    for (name, setup) in [
        ("848 kbit/s", of(fast.clone(), |_| {})),
        ("frames of 32 bytes", of(TypeBSettings::SYNTHETIC_SMALL, |_| {})),
        ("a CID", of(real.clone(), |setup| setup.reader.cid = Some(5))),
        ("a CID for a card without", of(fast, |setup| setup.reader.cid = Some(5))),
        ("one byte in a block", of(real.clone(), |setup| setup.card.information_field = Some(1))),
        ("as slow as in the logs", of(real.clone(), |setup| setup.card.work = WorkTimes::OBSERVED)),
        (
            "more time before each answer",
            of(real.clone(), |setup| {
                setup.card.waiting_time = WaitingTime { forced: 3, ..WaitingTime::default() };
            }),
        ),
        (
            "three seconds for each command, one waiting time at once",
            of(real.clone(), |setup| {
                setup.card.work = WorkTimes {
                    select: Duration::from_secs(3),
                    other: Duration::from_secs(3),
                    ..WorkTimes::OBSERVED
                };
                setup.card.waiting_time =
                    WaitingTime { largest_multiplier: 1, ..WaitingTime::default() };
            }),
        ),
        ("a small reader", of(real, |setup| setup.capabilities = Capabilities::new(64))),
        (
            "a longer guard time",
            of(
                TypeBSettings { protocol_info: [0xB3, 0x87, 0xA1], ..TypeBSettings::JPKI_06 },
                |_| {},
            ),
        ),
        (
            "MBLI and a higher layer response",
            of(
                TypeBSettings {
                    mbli: 3,
                    higher_layer_response: &[1, 2, 3],
                    ..TypeBSettings::JPKI_06
                },
                |_| {},
            ),
        ),
    ] {
        verifies(&mut patient, &setup, name);
    }
    let setup = of(TypeBSettings::SYNTHETIC_848, |_| {});
    let met = check_in(&mut patient, &setup);
    assert_eq!(met.rates, (BitRate::Kbps848, BitRate::Kbps848));
}

/// A larger frame carries more of the certificate, up to all of it.
#[test]
fn with_frames_of_512_to_4096_bytes() {
    let mut patient = Patient::new(true);
    let mut fewest = u64::MAX;
    for (size, fsci) in [(256, 0x81), (512, 0x91), (1_024, 0xA1), (2_048, 0xB1), (4_096, 0xC1)] {
        let card = TypeBSettings { protocol_info: [0xB3, fsci, 0xA1], ..TypeBSettings::JPKI_06 };
        let mut setup = Setup::new(PiccSettings::type_b(card));
        setup.capabilities = Capabilities::new(size).with_rates(Rates::ALL);
        patient.begin();
        let mut frame = vec![0; usize::from(size)];
        let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
        meeting.reconnect().unwrap();
        assert_eq!(meeting.link.card().unwrap().frame, size);
        let met = meeting.check_in(ExtendedLength::Auto);
        let met = meeting.finish(met);
        assert!(met.verified() && met.violations.is_empty(), "{size}: {met:?}");
        let longest = met.log.iter().map(|one| one.length).max().unwrap();
        println!("{size} bytes: {} frames, the longest of {longest}", met.traffic.frames());
        assert!(longest <= usize::from(size));
        assert!(met.traffic.frames() <= fewest, "{size}");
        fewest = met.traffic.frames();
    }
    // REQB, ATTRIB, five commands, DESELECT: each with one answer.
    assert_eq!(fewest, 2 * (2 + 5 + 1));
}

#[test]
fn with_a_phone_as_the_standard_has_it() {
    let mut patient = Patient::new(true);
    for (name, card, best) in [
        ("phone", TypeASettings::PHONE, BitRate::Kbps848),
        ("phone at 106 kbit/s", TypeASettings::PHONE_106, BitRate::Kbps106),
    ] {
        let setup = Setup::new(PiccSettings::type_a(card));
        let met = verifies(&mut patient, &setup, name);
        assert_eq!(met.rates, (best, best), "{name}");
    }
}

#[test]
fn with_a_card_that_disturbs_the_field_while_it_works() {
    let mut patient = Patient::new(true);
    let (mut verified, mut sessions) = (0, 0);
    for listens_on in [true, false] {
        for (seed, (name, card, _)) in (0..).zip(KNOWN.into_iter().cycle().take(40)) {
            let mut setup = Setup::new(PiccSettings::type_b(card));
            setup.card.work = WorkTimes::OBSERVED;
            setup.listens_on = listens_on;
            setup.noise = Some((Noise { disturbance: 0.2, ..Noise::default() }, seed));
            let met = check_in(&mut patient, &setup);
            assert!(met.verify_commands <= 1 && met.tries_left == 3, "{name}: {met:?}");
            // A front end that listens on needs nobody's help.
            assert!(met.verified() || !listens_on, "{name}, {seed}: {:?}", met.errors);
            assert!(met.verified() || !met.errors.is_empty(), "{name}, {seed}");
            verified += u32::from(met.verified());
            sessions += 1;
        }
    }
    println!("{verified} of {sessions} verified");
    assert!(verified * 10 >= sessions * 9, "{verified} of {sessions}");
}

/// The first thing that the engine says of a field with these others in it.
fn activate(setup: &Setup, others: Vec<Bystander>) -> Result<(), Error> {
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    let mut meeting = Meeting::new(&mut patient, setup, &mut frame);
    for other in others {
        meeting.put_bystander(other);
    }
    meeting.reconnect().map_err(|error| error.field())
}

#[test]
fn two_cards_are_reported_and_a_wallet_is_not() {
    let type_b = Setup::new(PiccSettings::type_b(TypeBSettings::JPKI_06));
    let phone = Setup::new(PiccSettings::type_a(TypeASettings::PHONE));
    let other_b = || Bystander::type_b(TypeBSettings::JPKI_08);
    let memory = || Bystander::type_a(TypeASettings::MEMORY);
    assert_eq!(activate(&type_b, vec![]), Ok(()));
    assert_eq!(activate(&type_b, vec![Bystander::felica(), memory()]), Ok(()));
    assert_eq!(activate(&type_b, vec![other_b()]), Err(Error::TwoCards));
    assert_eq!(
        activate(&type_b, vec![other_b(), memory(), Bystander::felica()]),
        Err(Error::TwoCards)
    );
    assert_eq!(activate(&phone, vec![Bystander::felica()]), Ok(()));
    assert_eq!(activate(&phone, vec![memory()]), Err(Error::TwoCards));
    assert_eq!(
        activate(&phone, vec![Bystander::type_a(TypeASettings::PHONE)]),
        Err(Error::TwoCards)
    );
}

#[test]
fn of_two_cards_the_right_one_is_found() {
    for seed in 0..40 {
        let mut setup = Setup::new(PiccSettings::type_b(TypeBSettings::JPKI_06));
        setup.reader.several = Several::Choose;
        setup.card.seed = seed;
        let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
        patient.begin();
        let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
        meeting.put_bystander(Bystander::type_b(TypeBSettings::JPKI_09));
        let mut found = meeting.reconnect();
        for _ in 0..3 {
            found.as_ref().unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
            let select = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1];
            let mut answer = [0; 2];
            meeting.transmit(&select, &mut answer).unwrap();
            if answer == [0x90, 0x00] {
                break;
            }
            assert_eq!(answer, [0x6A, 0x82]);
            found = meeting.order(kazasu_nfc::Link::next_card);
        }
        let met = meeting.check_in(ExtendedLength::Auto);
        assert!(met.verified(), "seed {seed}: {met:?}");
    }
}

/// A card without ISO/IEC 14443-4 is sent to sleep by HLTB or HLTA, and the one beside it is read.
#[test]
fn a_card_of_another_kind_is_halted_and_the_right_one_read() {
    let old = TypeBSettings { protocol_info: [0x00, 0x80, 0xA1], ..TypeBSettings::JPKI_08 };
    let (mut patient, mut halted) = (Patient::new(true), [0, 0]);
    for seed in 0..40 {
        for (at, card, other) in [
            (0, PiccSettings::type_b(TypeBSettings::JPKI_06), Bystander::type_b(old.clone())),
            (
                1,
                PiccSettings::type_a(TypeASettings::PHONE),
                Bystander::type_a(TypeASettings::MEMORY),
            ),
        ] {
            let mut setup = Setup::new(card);
            setup.reader.several = Several::Choose;
            setup.card.seed = seed;
            let mut frame = [0; 256];
            patient.begin();
            let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
            meeting.put_bystander(other);
            meeting.reconnect().unwrap_or_else(|error| panic!("{at}, {seed}: {error:?}"));
            let met = meeting.check_in(ExtendedLength::Auto);
            let met = meeting.finish(met);
            assert!(met.verified(), "{at}, {seed}: {:?} {:?}", met.errors, met.failure);
            // The right one may also be the first that answers.
            let halts = met.log.iter().filter(|one| {
                one.direction == Direction::ToCard && one.first == 0x50 && one.length >= 4
            });
            halted[at] += halts.count();
        }
    }
    println!("{halted:?} cards were halted in 40 sessions each");
    assert!(halted.iter().all(|halted| *halted >= 10), "{halted:?}");
}

#[test]
fn a_command_of_extended_length_passes_or_is_refused_and_nothing_hangs() {
    let mut patient = Patient::new(false);
    for (name, card, _) in KNOWN {
        let mut setup = Setup::new(PiccSettings::type_b(card));
        setup.mode = ExtendedLength::Off;
        let met = verifies(&mut patient, &setup, name);
        assert!(met.apdus.iter().all(|(command, answer)| *command <= 261 && *answer <= 258));
    }
}
