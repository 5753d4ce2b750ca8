//! A card that stops answering: the reader notices within the card's own waiting times, says so, and
//! is ready for the next patient.

mod meeting;

use std::time::Duration;

use kazasu::Outcome;
use kazasu_contact::Error;
use kazasu_virtual_card::contact::{self, AnswerToReset, Hang, Until};
use meeting::patient::Patient;
use meeting::{Setup, check_in};

/// The longest that the reader holds on to a card that hangs: all repetitions of T=1 at a BWT of
/// 1.4 s, S(RESYNCH) included.
const PATIENCE: Duration = Duration::from_secs(12);

fn hanging(atr: AnswerToReset, command: u64, acted: bool, until: Until) -> Setup {
    let mut setup = Setup::short(atr);
    setup.card.hang = Some(Hang { command, acted, until });
    setup
}

#[test]
fn at_every_command_it_ends_in_an_error_and_loses_no_try() {
    let mut patient = Patient::new(true);
    for atr in [contact::JPKI_01, contact::JPKI_02, contact::SYNTHETIC_T0] {
        let commands = check_in(&mut patient, &Setup::short(atr)).commands;
        for command in 1..=commands {
            for acted in [false, true] {
                for until in [Until::WarmReset, Until::ColdReset, Until::Never] {
                    let met = check_in(&mut patient, &hanging(atr, command, acted, until));
                    let case = format!("{}, {command}, {acted}, {until:?}: {met:?}", atr.name);
                    assert_ne!(met.outcome, Some(Outcome::Verified), "{case}");
                    assert!(
                        matches!(met.errors[0], Error::Unresponsive | Error::TimedOut),
                        "{case}"
                    );
                    assert!(met.longest < PATIENCE, "{case}");
                    // The right PIN was sent once or never, and what the report says of the counter
                    // is true. It is read again after a reset that wakes the card.
                    assert_eq!(met.tries_left, 3, "{case}");
                    assert!(
                        met.verify_commands <= 1 && met.tries_told.is_none_or(|told| told == 3)
                    );
                }
            }
        }
    }
}

#[test]
fn in_its_answer_to_reset_a_card_that_wakes_up_goes_on() {
    let mut patient = Patient::new(true);
    // A cold reset is another attempt with the next class of operating conditions.
    for until in [Until::WarmReset, Until::ColdReset] {
        let met = check_in(&mut patient, &hanging(contact::JPKI_01, 0, false, until));
        assert_eq!(met.outcome, Some(Outcome::Verified), "{until:?}: {met:?}");
    }
    let met = check_in(&mut patient, &hanging(contact::JPKI_01, 0, false, Until::Never));
    assert_eq!(met.outcome, None);
    assert_eq!(met.errors, [Error::Mute]);
    assert!(met.longest < Duration::from_secs(1), "{met:?}");
}

#[test]
fn the_next_patient_is_served() {
    for atr in [contact::JPKI_02, contact::SYNTHETIC_T0] {
        let mut patient = Patient::new(true);
        let met = check_in(&mut patient, &hanging(atr, 3, true, Until::Never));
        assert!(!met.verified());
        assert!(check_in(&mut patient, &Setup::new(atr)).verified());
    }
}
