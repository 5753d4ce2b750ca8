//! A whole check-in over the contacts: the reader's engine against the virtual card's own reading
//! of ISO/IEC 7816-3, for every answer to reset, and every way in which the card may behave.

mod meeting;

use std::time::Duration;

use kazasu::apdu::ExtendedLength;
use kazasu::{Cleared, Outcome};
use kazasu_contact::{Preference, Protocol};
use kazasu_virtual_card::contact::{self, EnvelopeEnd, PpsAnswer, Procedure, WaitingTimeExtension};
use meeting::patient::Patient;
use meeting::{Met, Setup, check_in};

/// It verifies, nobody broke a rule, and the contacts end without power.
fn verifies(patient: &mut Patient, setup: &Setup, name: &str) -> Met {
    let met = check_in(patient, setup);
    assert_eq!(met.outcome, Some(Outcome::Verified), "{name}: {met:?}");
    assert_eq!(met.cleared, Some(Cleared::PowerOff), "{name}");
    assert_eq!((met.verify_commands, met.tries_left), (1, 3), "{name}");
    assert!(met.violations.is_empty(), "{name}: {:?}", met.violations);
    assert_eq!(met.collisions, 0, "{name}");
    assert!(met.errors.is_empty(), "{name}: {:?}", met.errors);
    println!(
        "{name}: {} commands, {} characters to the card, {} to the reader, {:?} on the line",
        met.commands, met.to_card, met.to_reader, met.time
    );
    met
}

#[test]
fn with_every_answer_to_reset() {
    let mut patient = Patient::new(true);
    for atr in contact::REAL.iter().chain(&contact::SYNTHETIC) {
        verifies(&mut patient, &Setup::new(*atr), atr.name);
        verifies(&mut patient, &Setup::short(*atr), atr.name);
    }
    // A card that refuses extended length.
    let mut patient = Patient::new(false);
    for atr in contact::REAL.iter().chain(&contact::SYNTHETIC) {
        verifies(&mut patient, &Setup::new(*atr), atr.name);
    }
}

#[test]
fn over_either_protocol_of_a_card_that_has_both() {
    let mut patient = Patient::new(true);
    for (preference, name) in [
        (Preference::PreferT0, "T=0 preferred"),
        (Preference::PreferT1, "T=1 preferred"),
        (Preference::Only(Protocol::T1), "T=1 only"),
        (Preference::First, "the first"),
    ] {
        let mut setup = Setup::new(contact::SYNTHETIC_T0_T1);
        setup.reader.preference = preference;
        verifies(&mut patient, &setup, name);
    }
}

#[test]
fn over_t1_however_the_card_behaves() {
    let mut patient = Patient::new(true);
    let of = |change: fn(&mut Setup)| {
        let mut setup = Setup::new(contact::JPKI_02);
        change(&mut setup);
        setup
    };
    for (name, setup) in [
        ("the smallest blocks", of(|setup| setup.card.announced_ifsc = Some(1))),
        ("IFSD 32", of(|setup| setup.reader.ifsd = 32)),
        ("IFSD 1", of(|setup| setup.reader.ifsd = 1)),
        ("slow", of(|setup| setup.card.work = Duration::from_secs(3))),
        (
            "more time before each answer",
            of(|setup| {
                setup.card.waiting_time_extension =
                    Some(WaitingTimeExtension { requests: 3, multiplier: 2 });
            }),
        ),
        (
            "another answer to the warm reset",
            of(|setup| {
                setup.card.warm_atr = Some(contact::JPKI_01.bytes.to_vec());
            }),
        ),
        ("PPS without the rate", of(|setup| setup.card.pps = PpsAnswer::WithoutRate)),
        ("no PPS", of(|setup| setup.reader.pps = false)),
        ("a slow line only", of(|setup| setup.reader.highest_baud = 10_753)),
        ("a late answer to reset", of(|setup| setup.card.answer_delay = 39_900)),
    ] {
        verifies(&mut patient, &setup, name);
    }
}

#[test]
fn over_t0_however_the_card_behaves() {
    let mut patient = Patient::new(true);
    for procedure in [Procedure::All, Procedure::OneByOne, Procedure::Mixed] {
        for nulls in [0, 3] {
            for atr in [contact::SYNTHETIC_T0, contact::SYNTHETIC_T0_INVERSE] {
                for end in [EnvelopeEnd::EmptyData, EnvelopeEnd::WholeCommand] {
                    let mut setup = Setup::new(atr);
                    setup.card.procedure = procedure;
                    setup.card.nulls = nulls;
                    setup.card.envelope_end = end;
                    setup.error_signal = nulls == 0;
                    verifies(&mut patient, &setup, &format!("{procedure:?}, {nulls} NULL"));
                }
            }
        }
    }
    let mut setup = Setup::new(contact::SYNTHETIC_T0);
    setup.card.work = Duration::from_secs(3);
    verifies(&mut patient, &setup, "slow");
}

#[test]
fn refused_parameters_end_in_what_both_can_do() {
    let mut patient = Patient::new(true);
    for answer in [PpsAnswer::Silence, PpsAnswer::OtherProtocol, PpsAnswer::WrongCheck] {
        let mut setup = Setup::new(contact::JPKI_02);
        setup.card.pps = answer;
        let met = verifies(&mut patient, &setup, &format!("PPS: {answer:?}"));
        assert!(met.time > Duration::from_millis(100));
    }
}

#[test]
fn a_session_in_short_length_never_sends_more_than_261_bytes() {
    let mut patient = Patient::new(false);
    for atr in [contact::JPKI_01, contact::SYNTHETIC_T0] {
        let met = verifies(&mut patient, &Setup::short(atr), atr.name);
        assert!(met.apdus.iter().all(|(command, answer)| *command <= 261 && *answer <= 258));
        let setup = Setup { mode: ExtendedLength::Auto, ..Setup::new(atr) };
        verifies(&mut patient, &setup, atr.name);
    }
}
