//! A whole check-in over the stand-in: every PC/SC call answers with every error in turn, and each
//! time the outcome has its own name, no try is lost, and the next check-in works.

mod common;

use common::{End, Person, READER, check_in, check_in_with, stand_in};
use kazasu::mynacard::VerifyError;
use kazasu::{Cleared, Failure, Outcome};
use kazasu_pcsc::service::{Code, ShareMode};
use kazasu_pcsc::stand_in::{StandIn, Trouble};
use kazasu_pcsc::{Operation, Settings};
use std::time::{Duration, Instant};

/// No check-in takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(2);

fn settings() -> Settings {
    Settings::default().with_in_use_limit(Duration::from_millis(50))
}

/// The calls of an undisturbed check-in.
fn calls_of(settings: Settings) -> Vec<Operation> {
    let (service, _) = stand_in();
    let end = check_in(&service, settings);
    assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
    service.calls()
}

#[test]
fn an_exclusive_check_in_is_verified_and_leaves_nothing() {
    let (service, card) = stand_in();
    let end = check_in(&service, settings());
    assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
    assert_eq!(end.cleared, Some(Cleared::PowerOff));
    assert_eq!(service.open(), (0, 0));
    assert!(!service.is_powered(READER));
    assert!(!card.signs_without_pin());
    let calls = service.calls();
    assert!(!calls.contains(&Operation::Begin), "exclusive needs no transaction");
    // What a link costs beside the commands.
    let others: Vec<_> = calls.iter().filter(|call| **call != Operation::Transmit).collect();
    assert_eq!(
        others,
        [
            &Operation::Establish,
            &Operation::Connect,
            &Operation::Status,
            &Operation::StatusChange,
            &Operation::Control,
            &Operation::Disconnect
        ]
    );
}

#[test]
fn a_shared_check_in_holds_a_transaction_around_each_command_only() {
    let calls = calls_of(settings().shared());
    let commands = calls.iter().filter(|call| **call == Operation::Transmit).count();
    let triples = calls
        .windows(3)
        .filter(|three| *three == [Operation::Begin, Operation::Transmit, Operation::End])
        .count();
    assert_eq!(triples, commands);
}

#[test]
fn every_error_at_every_call_has_its_own_outcome_and_the_next_check_in_works() {
    // About as many for the shared link: begin and end of each transaction are calls too.
    std::thread::scope(|scope| {
        scope.spawn(|| every_error_at_every_call(&settings()));
        scope.spawn(|| every_error_at_every_call(&settings().shared()));
    });
}

fn every_error_at_every_call(settings: &Settings) {
    let codes = [
        (Code::UnknownReader, Outcome::ReaderLost),
        (Code::ReaderUnavailable, Outcome::ReaderLost),
        (Code::ResetCard, Outcome::CardRemoved),
        (Code::RemovedCard, Outcome::CardRemoved),
        (Code::NoSmartcard, Outcome::NoCard),
        (Code::NoService, Outcome::ServiceDown),
        (Code::SharingViolation, Outcome::InUse),
        (Code::Timeout, Outcome::TimedOut),
        (Code::NotTransacted, Outcome::LinkBroken),
    ];
    let mut runs = 0;
    for (at, operation) in calls_of(settings.clone()).into_iter().enumerate() {
        let nth = calls_of_before(settings, at, operation);
        for (code, outcome) in codes {
            let (service, card) = stand_in();
            service.trouble(operation, nth, Trouble::Code(code));
            let begun = Instant::now();
            let end = check_in(&service, settings.clone());
            let context = format!("{operation:?} {nth}: {code:?}: {end:?}");
            assert!(begun.elapsed() < LIMIT, "{context}");
            assert_eq!(service.pending_troubles(), 0, "{context}");
            expect(&end, operation, code, outcome, &context);
            assert!(card.verifies() <= 1, "{context}");
            assert_eq!(service.open(), (0, 0), "{context}");
            // An answered VERIFY costs no try when the PIN was right.
            let again = check_in(&service, settings.clone());
            assert_eq!(again.outcome, Outcome::Verified, "{context}, then {again:?}");
            runs += 1;
        }
    }
    assert!(runs >= 90, "{runs}");
}

/// How many calls of this operation come up to this place, itself counted.
fn calls_of_before(settings: &Settings, at: usize, operation: Operation) -> usize {
    let calls = calls_of(settings.clone());
    calls.iter().take(at + 1).filter(|call| **call == operation).count()
}

fn expect(end: &End, operation: Operation, code: Code, outcome: Outcome, context: &str) {
    // The attempt may have been taken: the counter read in a new presence, with the same
    // certificate, is all that may be said.
    if matches!(end.failure, Some(Failure::Verify(VerifyError::OutcomeUnknown { .. }))) {
        assert_eq!(end.outcome, Outcome::OutcomeUnknown, "{context}");
        assert!(matches!(operation, Operation::Transmit | Operation::Begin | Operation::End));
        assert_eq!(end.tries_left, Some(3), "{context}");
        return;
    }
    let expected = match (operation, code) {
        // Readers need not know these questions.
        (Operation::Control, Code::SharingViolation | Code::Timeout | Code::NotTransacted) => {
            Outcome::Verified
        }
        // Without a presence nothing was removed.
        (Operation::Connect, Code::RemovedCard) => Outcome::NoCard,
        // A moment later the card was free.
        (Operation::Connect, Code::SharingViolation) => Outcome::Verified,
        // All was done; the card was met once more to take its power.
        (Operation::Disconnect, _) => {
            assert_eq!(end.cleared, Some(Cleared::PowerOff), "{context}");
            Outcome::Verified
        }
        _ => outcome,
    };
    // The end of the last transaction is met by no further command.
    if operation == Operation::End && end.outcome == Outcome::Verified {
        return;
    }
    assert_eq!(end.outcome, expected, "{context}");
}

#[test]
fn the_card_pulled_at_every_command_is_a_removed_card() {
    let commands = calls_of(settings()).iter().filter(|call| **call == Operation::Transmit).count();
    for nth in 1..=commands {
        let (service, card) = stand_in();
        // The answer never comes, and the service notices a moment later.
        service.trouble(Operation::Transmit, nth, Trouble::Answer(Vec::new()));
        let puller = service.clone();
        let pull = std::thread::spawn(move || {
            while puller.pending_troubles() > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(50));
            puller.remove(READER)
        });
        let begun = Instant::now();
        let end = check_in(&service, settings());
        let context = format!("{nth}: {end:?}");
        assert!(begun.elapsed() < LIMIT, "{context}");
        assert!(matches!(end.outcome, Outcome::CardRemoved | Outcome::OutcomeUnknown), "{context}");
        assert!(card.verifies() <= 1, "{context}");
        let removed = pull.join().unwrap().unwrap();
        service.insert(READER, removed);
        assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified, "{context}");
    }
}

#[test]
fn an_empty_or_cut_answer_of_a_card_that_stays_is_named_and_ends_the_presence() {
    for trouble in [Trouble::Answer(Vec::new()), Trouble::Answer(vec![0x90]), Trouble::Cut(1)] {
        let (service, card) = stand_in();
        service.trouble(Operation::Transmit, 1, trouble.clone());
        let end = check_in(&service, settings());
        assert_eq!(end.outcome, Outcome::BadAnswer, "{trouble:?} {end:?}");
        // Nothing was sent after it.
        assert!(card.seen().commands.len() <= 1, "{trouble:?}");
        assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified);
    }
}

#[test]
fn a_card_put_back_unseen_is_never_taken_for_the_same() {
    let (service, card) = stand_in();
    let blinker = service.clone();
    let mut meanwhile = || {
        // Out and in again while the holder thinks about the PIN.
        blinker.blink(READER, None);
    };
    let person = Person { on_pin_pad: false, meanwhile: &mut meanwhile };
    let end = check_in_with(&service, settings(), person);
    assert!(!end.outcome.is_verified(), "{end:?}");
    assert!(matches!(end.outcome, Outcome::OutcomeUnknown | Outcome::BadAnswer), "{end:?}");
    assert!(card.verifies() <= 1);
    // The counter could not be read from a card on which nothing is selected.
    assert_eq!(end.tries_left, None, "{end:?}");
    assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified);
}

#[test]
fn a_reset_by_another_program_ends_the_presence() {
    let (service, card) = stand_in();
    let other = service.clone();
    let mut meanwhile = || other.reset(READER);
    let person = Person { on_pin_pad: false, meanwhile: &mut meanwhile };
    let end = check_in_with(&service, settings().shared(), person);
    assert_eq!(end.outcome, Outcome::OutcomeUnknown, "{end:?}");
    assert_eq!(card.verifies(), 0, "nothing went to a card that was reset");
    assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified);
}

#[test]
fn the_holder_may_take_longer_than_a_transaction_may_idle() {
    for settings in [settings(), settings().shared()] {
        let (service, _) = stand_in();
        let clock: StandIn = service.clone();
        let mut meanwhile = || clock.advance(Duration::from_secs(60));
        let person = Person { on_pin_pad: false, meanwhile: &mut meanwhile };
        let end = check_in_with(&service, settings, person);
        assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
    }
}

#[test]
fn the_stand_in_resets_a_card_whose_transaction_idles() {
    let (service, _) = stand_in();
    let context = service.service().establish().unwrap();
    let protocols = kazasu_pcsc::service::Protocols::T1;
    let mut handle = context.connect(&READER.into(), ShareMode::Shared, protocols).unwrap();
    let mut transaction = handle.begin().unwrap();
    let mut answer = [0; 258];
    assert!(transaction.transmit(&[0x00, 0x84, 0x00, 0x00, 0x08], &mut answer).is_ok());
    service.advance(Duration::from_secs(6));
    let result = transaction.transmit(&[0x00, 0x84, 0x00, 0x00, 0x08], &mut answer);
    assert_eq!(result, Err(Code::ResetCard));
}

#[test]
fn the_second_of_two_programs_is_told_that_the_card_is_in_use() {
    for share in [ShareMode::Exclusive, ShareMode::Shared] {
        let (service, card) = stand_in();
        service.hold(READER, share);
        let end = check_in(&service, settings());
        assert_eq!(end.outcome, Outcome::InUse, "{end:?}");
        assert!(card.seen().commands.is_empty());
        service.leave();
        assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified);
    }
    // One that lets go in time is waited for.
    let (service, _) = stand_in();
    service.hold(READER, ShareMode::Shared);
    let other = service.clone();
    let leaves = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.leave();
    });
    let patient = Settings::default().with_in_use_limit(Duration::from_secs(10));
    assert_eq!(check_in(&service, patient).outcome, Outcome::Verified);
    leaves.join().unwrap();
}

#[test]
fn the_service_killed_at_every_command_is_a_service_that_is_down() {
    let commands = calls_of(settings()).iter().filter(|call| **call == Operation::Transmit).count();
    for nth in 1..=commands {
        let (service, card) = stand_in();
        service.trouble(Operation::Transmit, nth, Trouble::Stop);
        let end = check_in(&service, settings());
        assert!(
            matches!(end.outcome, Outcome::ServiceDown | Outcome::OutcomeUnknown),
            "{nth}: {end:?}"
        );
        assert!(card.verifies() <= 1);
        // A service that is not there took nobody's power.
        let sent = card.verifies() == 1 || end.outcome == Outcome::OutcomeUnknown;
        let cleared = if sent { Cleared::Failed } else { Cleared::NotNeeded };
        assert_eq!(end.cleared, Some(cleared), "{nth}: {end:?}");
        let down = check_in(&service, settings());
        assert_eq!(down.outcome, Outcome::ServiceDown, "{down:?}");
        service.start();
        assert_eq!(check_in(&service, settings()).outcome, Outcome::Verified);
    }
}
