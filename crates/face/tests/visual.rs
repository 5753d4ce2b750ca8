//! The visual check: two answers, one patient, one presence, and no way around.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

mod common;

use common::{PHOTO, at, presences};
use kazasu_apdu::Presence;
use kazasu_face::{
    Answer, Operator, Question, Reason, VisualCheck, VisualEnd, VisualPolicy, VisualStep,
};
use sha2::{Digest, Sha256};

const ASK_PERSON: VisualStep = VisualStep::Ask(Question::PhotoIsPerson);
const ASK_PRINTED: VisualStep = VisualStep::Ask(Question::PhotoIsPrintedFace);

fn armed(presence: Presence) -> VisualCheck {
    let (operator, reason) = (Operator::new("C-17").unwrap(), Reason::new("injured").unwrap());
    VisualCheck::arm(operator, reason, VisualPolicy::default(), presence, at(0))
}

fn ended(end: VisualEnd) -> VisualStep {
    VisualStep::Ended(end)
}

#[test]
fn two_answers_are_a_confirmation() {
    let [here, other] = presences();
    for order in [
        [Question::PhotoIsPerson, Question::PhotoIsPrintedFace],
        [Question::PhotoIsPrintedFace, Question::PhotoIsPerson],
    ] {
        let mut check = armed(here);
        assert_eq!(check.tick(at(10), here), VisualStep::Show);
        assert_eq!(check.show(at(20), here, PHOTO), ASK_PERSON);
        let [first, second] = order;
        assert!(matches!(check.answer(at(30), here, first, Answer::Yes), VisualStep::Ask(_)));
        // The same answer twice is one.
        assert!(matches!(check.answer(at(31), here, first, Answer::Yes), VisualStep::Ask(_)));
        let step = check.answer(at(40), here, second, Answer::Yes);
        assert_eq!(step, ended(VisualEnd::Confirmed));
        let confirmation = check.into_confirmation(at(50), here).unwrap();
        assert_eq!(confirmation.at(), at(40));
        assert!(confirmation.holds_in(here) && !confirmation.holds_in(other));
        assert!(confirmation.is_of_photo(&Sha256::digest(PHOTO).into()));
        assert_eq!(confirmation.operator().reveal(), "C-17");
        assert_eq!(confirmation.reason().reveal(), "injured");
        let text = format!("{confirmation:?}");
        assert!(!text.contains("C-17") && !text.contains("injured"), "{text}");
    }
}

#[test]
fn a_no_ends_it_whatever_was_answered_before() {
    let [here, _] = presences();
    for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
        let mut check = armed(here);
        check.show(at(0), here, PHOTO);
        check.answer(at(1), here, Question::PhotoIsPerson, Answer::Yes);
        let refused = ended(VisualEnd::Refused(question));
        assert_eq!(check.answer(at(2), here, question, Answer::No), refused);
        for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
            assert_eq!(check.answer(at(3), here, question, Answer::Yes), refused);
        }
        assert!(check.into_confirmation(at(4), here).is_none());
    }
}

#[test]
fn nothing_is_confirmed_without_a_photo() {
    let [here, _] = presences();
    let mut check = armed(here);
    for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
        assert_eq!(check.answer(at(1), here, question, Answer::Yes), VisualStep::Show);
    }
    assert_eq!(check.show(at(2), here, PHOTO), ASK_PERSON);
    let answered = check.answer(at(3), here, Question::PhotoIsPerson, Answer::Yes);
    assert_eq!(answered, ASK_PRINTED);
    assert!(check.into_confirmation(at(4), here).is_none());
    let mut check = armed(here);
    assert_eq!(check.show(at(1), here, &[]), ended(VisualEnd::NoPhoto));
}

#[test]
fn it_does_not_wait_for_the_next_patient() {
    let [here, other] = presences();
    let mut check = armed(here);
    assert_eq!(check.tick(at(119_999), here), VisualStep::Show);
    assert_eq!(check.tick(at(120_000), here), ended(VisualEnd::TimedOut));
    let mut check = armed(here);
    check.show(at(100_000), here, PHOTO);
    check.answer(at(100_001), here, Question::PhotoIsPerson, Answer::Yes);
    let late = check.answer(at(160_000), here, Question::PhotoIsPrintedFace, Answer::Yes);
    assert_eq!(late, ended(VisualEnd::TimedOut));

    let mut check = armed(here);
    check.show(at(1), here, PHOTO);
    assert_eq!(check.tick(at(2), other), ended(VisualEnd::CardGone));
    let mut check = armed(here);
    check.show(at(1), here, PHOTO);
    check.answer(at(2), here, Question::PhotoIsPerson, Answer::Yes);
    check.answer(at(3), here, Question::PhotoIsPrintedFace, Answer::Yes);
    assert_eq!(check.ended(), Some(VisualEnd::Confirmed));
    assert!(check.into_confirmation(at(4), other).is_none());
    let mut check = armed(here);
    assert_eq!(check.tick(at(5), here), VisualStep::Show);
    assert_eq!(check.tick(at(4), here), ended(VisualEnd::Clock));
    let mut check = armed(here);
    check.cancel();
    assert_eq!(check.show(at(5), here, PHOTO), ended(VisualEnd::Cancelled));
}
