//! VERIFY, CHANGE and the counters against a card that answers anything.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Answer, Script};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{AnswerError, Channel, Fault, ResponseError, Session, Status};
use kazasu_mynacard::{
    Application, Cause, Change, ChangeError, ClearStatus, Counter, Error, Input, Key, LastTry,
    Password, Pin, ReadTries, Reference, SelectApplication, Sign, Verify, VerifyError,
};
use proptest::prelude::*;

fn pin() -> Pin {
    Pin::new(b"1234").unwrap()
}

/// Reads the tries and verifies, if there are tries.
fn attempt(script: &mut Script, last_try: LastTry) -> Option<Result<(), VerifyError>> {
    let (mut outgoing, mut incoming) = ([0; 300], [0; 300]);
    let mut session = Session::new(script, Channel::new(&mut outgoing, &mut incoming));
    let tries = session.run(&mut ReadTries::new(Reference::Auth)).ok()?;
    Some(session.run(&mut Verify::new(tries, &pin(), last_try)).map(|_| ()))
}

#[test]
fn the_counter_and_not_the_answer_is_the_truth() {
    let answered = |sw| Cause::Answered(Status(sw));
    let unknown = |left, cause| Err(VerifyError::OutcomeUnknown { left, cause });
    // Before it three are left; then the answer to VERIFY and the counter read again.
    for (answers, expected) in [
        ([0x63C3, 0x63C2, 0x63C2], Err(VerifyError::Wrong { left: 2 })),
        ([0x63C3, 0x63C0, 0x63C2], unknown(Some(2), answered(0x63C0))),
        ([0x63C3, 0x63C2, 0x63C3], unknown(Some(3), answered(0x63C2))),
        ([0x63C3, 0x63C2, 0x63C1], unknown(Some(1), answered(0x63C2))),
        ([0x63C3, 0x6300, 0x63C2], unknown(Some(2), answered(0x6300))),
        ([0x63C3, 0x6700, 0x63C3], unknown(Some(3), answered(0x6700))),
        ([0x63C3, 0x6984, 0x63C0], Err(VerifyError::Blocked)),
        ([0x63C3, 0x6983, 0x6983], Err(VerifyError::Blocked)),
        // The counter cannot be read again: the answer is all there is, if it fits.
        ([0x63C3, 0x63C2, 0x6F00], Err(VerifyError::Wrong { left: 2 })),
        ([0x63C3, 0x63C1, 0x6F00], unknown(None, answered(0x63C1))),
        ([0x63C3, 0x6982, 0x6F00], unknown(None, answered(0x6982))),
        // It is verified, whatever was said before.
        ([0x63C3, 0x63C2, 0x9000], unknown(None, answered(0x63C2))),
        ([0x63C3, 0x6984, 0x9000], unknown(None, answered(0x6984))),
        // More than three are never left.
        ([0x63C3, 0x63C2, 0x63CF], unknown(None, answered(0x63C2))),
        ([0x63C3, 0x6984, 0x63C4], unknown(None, answered(0x6984))),
        ([0x63C3, 0x9000, 0x9000], Ok(())),
    ] {
        let mut script = Script::of(&answers);
        assert_eq!(attempt(&mut script, LastTry::Keep), Some(expected), "{answers:04X?}");
        assert_eq!(script.with_data(0x20), 1);
    }
}

#[test]
fn a_broken_attempt_is_counted_again_in_the_same_presence_only() {
    let tries = Answer::status(0x63C3);
    let cut = AnswerError::Malformed(ResponseError::TooShort { length: 1 });
    for (answer, fault, left) in [
        (Answer::Bytes(vec![0x63]), Fault::Answer(cut), Some(2)),
        (
            Answer::Broken(ErrorKind::BufferTooSmall),
            Fault::Link(ErrorKind::BufferTooSmall),
            Some(2),
        ),
        (Answer::Broken(ErrorKind::LinkBroken), Fault::Link(ErrorKind::LinkBroken), None),
        (Answer::Broken(ErrorKind::CardReset), Fault::Link(ErrorKind::CardReset), None),
    ] {
        let mut script = Script::new(vec![tries.clone(), answer, Answer::status(0x63C2)]);
        let expected = VerifyError::OutcomeUnknown { left, cause: Cause::Failed(fault) };
        assert_eq!(attempt(&mut script, LastTry::Keep), Some(Err(expected)));
        assert_eq!(script.sent.len(), if left.is_some() { 3 } else { 2 });
    }
}

#[test]
fn the_reserve_is_not_touched() {
    for (word, last_try, expected) in [
        (0x63C1, LastTry::Keep, Err(VerifyError::LastTryRefused { left: 1 })),
        (0x63C0, LastTry::HolderConfirmed, Err(VerifyError::Blocked)),
        (0x6983, LastTry::HolderConfirmed, Err(VerifyError::Blocked)),
        (0x6984, LastTry::HolderConfirmed, Err(VerifyError::Blocked)),
        (0x63C1, LastTry::HolderConfirmed, Ok(())),
        (0x63C2, LastTry::Keep, Ok(())),
    ] {
        let mut script = Script::of(&[word, 0x9000]);
        assert_eq!(attempt(&mut script, last_try), Some(expected), "{word:04X}");
        assert_eq!(script.with_data(0x20), usize::from(expected.is_ok()));
    }
}

#[test]
fn a_wrong_last_try_is_told_from_a_blocked_pin() {
    for (answer, again) in
        [(0x63C0, 0x63C0), (0x63C0, 0x6984), (0x6983, 0x6983), (0x63C0, 0x6F00), (0x6984, 0x6A82)]
    {
        let mut script = Script::of(&[0x63C1, answer, again]);
        let expected = Some(Err(VerifyError::WrongAndBlocked));
        assert_eq!(attempt(&mut script, LastTry::HolderConfirmed), expected, "{answer:04X}");
    }
    assert_eq!(VerifyError::WrongAndBlocked.tries_left(), Some(0));
    let text = VerifyError::WrongAndBlocked.to_string();
    assert!(text.starts_with("wrong, and that was the last try"), "{text}");
}

#[test]
fn more_tries_than_there_are_is_no_counter() {
    for (reference, word, left) in [
        (Reference::Auth, 0x63C4, 4),
        (Reference::Auth, 0x63CF, 15),
        (Reference::Text, 0x63C5, 5),
        (Reference::Sign, 0x63C6, 6),
    ] {
        let read = common::run(&mut Script::of(&[word]), &mut ReadTries::new(reference));
        assert_eq!(read.unwrap_err(), Error::ImpossibleTries { reference, left });
    }
    for (reference, word) in [(Reference::Auth, 0x63C3), (Reference::Sign, 0x63C5)] {
        let read = common::run(&mut Script::of(&[word]), &mut ReadTries::new(reference));
        assert_eq!(read.unwrap().counter(), Counter::Left(reference.tries()));
    }
}

#[test]
fn evidence_is_worthless_in_another_presence_and_for_another_secret() {
    let mut script = Script::of(&[0x63C3, 0x63C3, 0x63C3, 0x9000]);
    let (mut outgoing, mut incoming) = ([0; 300], [0; 300]);
    let mut session = Session::new(&mut script, Channel::new(&mut outgoing, &mut incoming));

    let tries = session.run(&mut ReadTries::new(Reference::Auth)).unwrap();
    session.reconnect().unwrap();
    let expired = session.run(&mut Verify::new(tries, &pin(), LastTry::Keep));
    assert_eq!(expired, Err(VerifyError::EvidenceExpired));

    let password = Password::new(b"ABC123").unwrap();
    let tries = session.run(&mut ReadTries::new(Reference::Auth)).unwrap();
    let wrong = session.run(&mut Verify::new(tries, &password, LastTry::Keep));
    assert_eq!(wrong, Err(VerifyError::WrongKind));

    let tries = session.run(&mut ReadTries::new(Reference::Auth)).unwrap();
    let verified = session.run(&mut Verify::new(tries, &pin(), LastTry::Keep)).unwrap();
    assert!(Sign::new(Key::Sign, Input::Verbatim(&[1]), &verified).is_err());
    let mut sign = Sign::new(Key::Auth, Input::Verbatim(&[1]), &verified).unwrap();
    session.reconnect().unwrap();
    assert_eq!(session.run(&mut sign), Err(Error::EvidenceExpired));
    drop(session);
    assert_eq!((script.with_data(0x20), script.with_data(0x2A)), (1, 0));
}

fn answer() -> impl Strategy<Value = Answer> {
    let word = prop_oneof![
        4 => Just(0x9000_u16),
        3 => prop_oneof![Just(0x63C0_u16), Just(0x63C1), Just(0x63C2), Just(0x63C3), Just(0x63CF)],
        2 => prop_oneof![
            Just(0x6A86_u16), Just(0x6A82), Just(0x6982), Just(0x6983), Just(0x6984), Just(0x6F00)
        ],
        1 => 0x6100_u16..0x6200,
        1 => 0x6C00_u16..0x6D00,
        2 => any::<u16>(),
    ];
    let data = prop_oneof![
        3 => Just(Vec::new()),
        1 => proptest::collection::vec(any::<u8>(), 0..300),
        1 => proptest::collection::vec(any::<u8>(), 256),
    ];
    let kind = prop_oneof![
        Just(ErrorKind::LinkBroken),
        Just(ErrorKind::BufferTooSmall),
        Just(ErrorKind::CardReset),
        Just(ErrorKind::TimedOut)
    ];
    prop_oneof![
        8 => (data, word).prop_map(|(mut data, word)| {
            data.extend(word.to_be_bytes());
            Answer::Bytes(data)
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..4).prop_map(Answer::Bytes),
        1 => kind.prop_map(Answer::Broken),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_procedure_ends(answers in proptest::collection::vec(answer(), 1..12)) {
        let fresh = || Script::new(answers.clone());
        for application in
            [Application::Jpki, Application::InputSupport, Application::CardFace]
        {
            let mut script = fresh();
            let _ = common::run(&mut script, &mut SelectApplication::new(application));
            prop_assert!(script.sent.len() <= 2);
            let mut script = fresh();
            let _ = common::run(&mut script, &mut ClearStatus::new(application));
            prop_assert!(script.sent.len() <= 4);
        }
        for reference in Reference::ALL {
            let mut script = fresh();
            let result = common::run(&mut script, &mut ReadTries::new(reference));
            prop_assert!(script.sent.len() <= 12, "{:?}", script.sent);
            prop_assert_eq!(script.with_data(0x20), 0);
            if let Ok(tries) = result {
                prop_assert!(tries.counter() != Counter::Left(0));
            }
        }
    }

    #[test]
    fn a_pin_goes_out_once_and_never_as_the_last_try(
        answers in proptest::collection::vec(answer(), 1..12),
    ) {
        let mut script = Script::new(answers);
        let (mut outgoing, mut incoming) = ([0; 300], [0; 400]);
        let channel = Channel::new(&mut outgoing, &mut incoming);
        let mut session = Session::new(&mut script, channel);
        let mut may_send = false;
        let mut signed = None;
        if let Ok(tries) = session.run(&mut ReadTries::new(Reference::Auth)) {
            may_send = tries.counter().left() > 1;
            if let Ok(verified) = session.run(&mut Verify::new(tries, &pin(), LastTry::Keep)) {
                let mut sign = Sign::new(Key::Auth, Input::Digest(&[7; 32]), &verified).unwrap();
                signed = session.run(&mut sign).ok();
            }
        }
        drop(session);
        // The selection of files has data too, so only VERIFY is counted.
        prop_assert_eq!(script.with_data(0x20), usize::from(may_send));
        prop_assert!(signed.is_none() || may_send);
    }

    #[test]
    fn a_change_goes_out_once_and_only_after_its_verify(
        answers in proptest::collection::vec(answer(), 1..12),
        reference in prop_oneof![Just(Reference::Auth), Just(Reference::Text)],
    ) {
        let mut script = Script::new(answers);
        let (current, new) = (pin(), Pin::new(b"5678").unwrap());
        let mut change = Change::new(reference, &current, &new, LastTry::Keep);
        let result = common::run(&mut script, &mut change);
        let (verifies, changes) = (script.with_data(0x20), script.with_data(0x24));
        prop_assert!(verifies <= 1 && changes <= verifies);
        prop_assert!(result.is_err() || changes == 1);
        let at = script.sent.iter().position(|(ins, _)| *ins == 0x24);
        if let Some(at) = at {
            // Neither the old one nor the new one is tried afterwards.
            let after = script.sent.get(at + 1..).unwrap_or_default();
            prop_assert!(after.iter().all(|(ins, length)| *ins == 0x20 && *length == 0));
            prop_assert!(after.len() <= 1);
        } else {
            let unknown = matches!(result, Err(ChangeError::OutcomeUnknown { .. }));
            prop_assert!(!unknown);
        }
    }
}

#[test]
fn a_change_of_the_wrong_kind_sends_nothing() {
    let (pin, password) = (pin(), Password::new(b"ABC123").unwrap());
    for mut change in [
        Change::new(Reference::Auth, &pin, &password, LastTry::Keep),
        Change::new(Reference::Auth, &password, &password, LastTry::Keep),
        Change::new(Reference::Sign, &password, &pin, LastTry::Keep),
        Change::new(Reference::Sign, &pin, &pin, LastTry::Keep),
        Change::new(Reference::Common, &pin, &pin, LastTry::Keep),
        Change::new(Reference::BasicResident, &pin, &pin, LastTry::Keep),
    ] {
        let mut script = Script::of(&[0x9000]);
        assert_eq!(common::run(&mut script, &mut change), Err(ChangeError::WrongKind));
        assert_eq!(script.sent, []);
    }
}
