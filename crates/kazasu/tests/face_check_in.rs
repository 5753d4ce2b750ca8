//! The check-in by face and by visual check, with a virtual card and the matcher for demonstrations:
//! what it costs on the card, what it takes to be verified, and every way in which it is not.
#![cfg(feature = "face")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::desk::{Clerk, Lens, nobody, photo, pictures, policy};
use common::{Setup, instructions, issue, link, session, verifies};
use kazasu::face::{
    Answer, AttackKind, CaptureLimit, Decision, DemonstrationMatcher, DeviceFault, End, Liveness,
    Matcher, Operator, PhotoProblem, Purpose, Quality, Question, Reason, VisualEnd, VisualPolicy,
};
use kazasu::mynacard::VerificationNumberB;
use kazasu::pki::Hierarchy;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::{
    Cleared, Failure, Identification, IdentifiedBy, Memory, Method, Nonce, Outcome, Reply,
    check_in_by_face, check_in_by_visual_check,
};
use kazasu_virtual_card::{Card, Effect, Fault, Issue, Link, Reference as OfCard, When};

const SELECT: u8 = 0xA4;
const READ: u8 = 0xB0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x2A;
const WHOLE: [u8; 6] = [SELECT, READ, VERIFY, VERIFY, READ, SIGN];

fn nonce() -> Nonce {
    Nonce::given(b"nobody has seen these 32 octets.").unwrap()
}

/// What a test looks at, with nothing borrowed.
struct Ended {
    outcome: Outcome,
    failure: Option<Failure>,
    tries_left: Option<u8>,
    key_use: Option<IdentifiedBy>,
    method: Option<Method>,
    has_face: bool,
    score: Option<i32>,
    cleared: Cleared,
    text: String,
}

fn by_face(link: &mut Link, matcher: &mut dyn Matcher, lens: &mut Lens) -> Ended {
    let anchors = authorities();
    let mut holder = Codes::of(link.card().unwrap());
    by_face_of(link, &anchors, &mut holder, matcher, lens)
}

fn by_face_of(
    link: &mut Link,
    anchors: &CvcAnchors<'_>,
    holder: &mut Codes,
    matcher: &mut dyn Matcher,
    lens: &mut Lens,
) -> Ended {
    let mut bytes = [0x5A; 8192];
    let ended = session(link, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let identification = Identification::new(anchors, nonce());
        let report =
            check_in_by_face(session, identification, policy(), holder, matcher, lens, &mut memory);
        // Who it is, the face, and the outcome: all or none.
        assert_eq!(report.identified.is_some(), report.outcome.is_verified());
        assert_eq!(report.face.is_some(), report.outcome.is_verified());
        assert_eq!(report.failure.is_none(), report.outcome.is_verified());
        if let (Some(identified), Some(face)) = (&report.identified, &report.face) {
            assert!(identified.authentic().is_of(face));
            assert_eq!(identified.hierarchy(), face.hierarchy());
            assert_eq!(identified.face(), report.evidence.as_ref());
            assert!(identified.proof().is_none() && identified.visual().is_none());
        }
        Ended {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            key_use: report.identified.as_ref().map(|it| it.key_use()),
            method: report.identified.as_ref().map(|it| it.method()),
            has_face: report.face.is_some(),
            score: report.evidence.and_then(|evidence| evidence.score),
            cleared: report.cleared,
            text: format!("{report:?}"),
        }
    });
    assert!(bytes.iter().all(|byte| *byte == 0), "the memory was not overwritten");
    ended
}

#[test]
fn the_holder_of_a_genuine_card_is_verified_in_six_commands() {
    let mut link = link();
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    let ended = by_face(&mut link, &mut matcher, &mut Lens::of(photo()));
    assert_eq!((ended.outcome, ended.failure), (Outcome::Verified, None));
    assert_eq!(ended.key_use, Some(IdentifiedBy::CardAuthenticity));
    assert_eq!(ended.key_use.unwrap().as_str(), "card-authenticity");
    assert_eq!((ended.method, ended.score), (Some(Method::Face), Some(1_000)));
    assert_eq!((ended.tries_left, ended.cleared), (Some(10), Cleared::PowerOff));
    assert_eq!(instructions(&link), WHOLE);
    assert!(ended.text.contains("stand-in") && !ended.text.contains("1985"), "{}", ended.text);
}

#[test]
fn whoever_is_not_recognised_costs_no_try_and_no_signature() {
    let attempts = Failure::Face(End::NoMatch);
    let dark = || nobody(2);
    let time = |quality| Failure::Face(End::CouldNotCapture(CaptureLimit::Prompts(quality)));
    let attack = |kind| Failure::Face(End::SuspectedAttack(kind));
    let mut marked = photo();
    let width = marked.width();
    let mut grey = marked.grey().to_vec();
    DemonstrationMatcher::mark_as_attack(&mut grey, width);
    marked = kazasu::face::decode::Picture::from_grey(width, marked.height(), grey).unwrap();
    let fault = |fault| Failure::Face(End::DeviceFault(fault));
    for (liveness, lens, failure, outcome) in [
        (Liveness::Passed, Lens::of(pictures()), attempts, Outcome::FaceNoMatch),
        (Liveness::Passed, Lens::of(dark()), time(Quality::TooDark), Outcome::FaceQuality),
        (Liveness::Passed, Lens::of(nobody(120)), time(Quality::NoFace), Outcome::FaceQuality),
        (
            Liveness::Passed,
            Lens::of(marked),
            attack(AttackKind::Screen),
            Outcome::FaceSuspectedAttack,
        ),
        (
            Liveness::Failed,
            Lens::of(photo()),
            attack(AttackKind::Unspecified),
            Outcome::FaceSuspectedAttack,
        ),
        (
            Liveness::NotChecked,
            Lens::of(photo()),
            fault(DeviceFault::LivenessNotChecked),
            Outcome::FaceDeviceFault,
        ),
        (Liveness::Passed, Lens::native(), fault(DeviceFault::Capture), Outcome::FaceDeviceFault),
        (Liveness::Passed, Lens::gives_up(), Failure::Face(End::Cancelled), Outcome::Cancelled),
        (
            Liveness::Passed,
            Lens::of(photo()).without_card_after(0),
            Failure::Face(End::CardGone),
            Outcome::CardRemoved,
        ),
        (
            Liveness::Passed,
            Lens::of(pictures()).without_card_after(1),
            Failure::Face(End::CardGone),
            Outcome::CardRemoved,
        ),
    ] {
        let mut link = link();
        let mut lens = lens;
        let ended = by_face(&mut link, &mut DemonstrationMatcher::new(liveness), &mut lens);
        assert_eq!((ended.outcome, ended.failure), (outcome, Some(failure)));
        assert!(!ended.has_face && ended.key_use.is_none());
        // The card never signs, and its counter is where it was.
        assert!(!instructions(&link).contains(&SIGN), "{failure:?}");
        assert_eq!(ended.tries_left, Some(10), "{failure:?}");
        assert_eq!(verifies(link.log()), 1, "{failure:?}");
        let card = link.into_card().unwrap();
        assert_eq!(card.tries(OfCard::SurfaceNumberB), Some(10));
        assert_eq!(card.verify_commands_seen(), 1);
        assert!(!format!("{failure}").is_empty());
    }
}

#[test]
fn what_the_holder_is_told_is_what_the_check_says() {
    let mut link = link();
    let mut lens = Lens::of(pictures());
    by_face(&mut link, &mut DemonstrationMatcher::new(Liveness::Passed), &mut lens);
    assert_eq!(lens.attempts_left, [2, 1]);
    let mut lens = Lens::of(nobody(2));
    by_face(&mut common::link(), &mut DemonstrationMatcher::new(Liveness::Passed), &mut lens);
    assert!(lens.prompts.iter().all(|quality| *quality == Quality::TooDark));
    assert!((300..500).contains(&lens.prompts.len()), "{}", lens.prompts.len());
}

#[test]
fn a_copied_card_is_not_verified_although_the_face_matches() {
    let mut issue = issue();
    issue.copied = true;
    let mut link = Link::new(Card::issue(issue).unwrap());
    let mut lens = Lens::of(photo());
    let ended = by_face(&mut link, &mut DemonstrationMatcher::new(Liveness::Passed), &mut lens);
    assert_eq!(ended.outcome, Outcome::RecordNotGenuine);
    assert!(matches!(ended.failure, Some(Failure::Authenticity(_))));
    assert_eq!(ended.score, Some(1_000));
    assert!(!ended.has_face);
}

#[test]
fn a_matcher_for_demonstrations_recognises_nobody_on_another_card() {
    // The published files of a test card, under the authority of test cards.
    let mut link = Link::new(Card::issue(Issue::test_card().seed(1)).unwrap());
    let anchors = CvcAnchors::production().with_test();
    let mut holder = Codes { number_b: "55021720352285".to_owned(), ..Codes::wrong() };
    assert!(VerificationNumberB::new(holder.number_b.as_bytes()).is_ok());
    let mut lens = Lens::of(pictures());
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    assert_eq!(matcher.identity().purpose(), Purpose::Demonstration);
    let ended = by_face_of(&mut link, &anchors, &mut holder, &mut matcher, &mut lens);
    assert_eq!(ended.outcome, Outcome::NotTrusted);
    assert_eq!(ended.failure, Some(Failure::DemonstrationMatcher));
    assert_eq!(lens.captures, 0, "nobody was looked at");
    assert!(holder.asked.is_empty(), "and no code was asked for");
}

#[test]
fn a_card_that_leaves_at_any_command_is_not_verified() {
    for number in 1..=6 {
        for effect in [Effect::drop_before(), Effect::drop_after()] {
            let mut link = link().with_fault(Fault::once(When::Command(number), effect));
            let mut lens = Lens::of(photo());
            let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
            let anchors = authorities();
            let mut holder = Codes::of(&common::card());
            let ended = by_face_of(&mut link, &anchors, &mut holder, &mut matcher, &mut lens);
            assert!(!ended.outcome.is_verified(), "{number}: {:?}", ended.outcome);
            assert!(!ended.has_face);
            assert!(verifies(link.log()) <= 1);
        }
    }
}

#[test]
fn a_photo_that_the_matcher_does_not_take_is_nobodys_fault() {
    /// Takes no photo.
    struct Picky(DemonstrationMatcher);
    impl kazasu::face::PhotoSink for Picky {
        fn begin(&mut self, _: kazasu::face::PhotoKind, _: usize) -> Result<(), PhotoProblem> {
            Err(PhotoProblem::NoFace)
        }
        fn write(&mut self, _: &[u8]) -> Result<(), PhotoProblem> {
            Err(PhotoProblem::NoFace)
        }
    }
    impl Matcher for Picky {
        fn identity(&self) -> kazasu::face::MatcherIdentity {
            self.0.identity()
        }
        fn scale(&self) -> kazasu::face::Scale {
            self.0.scale()
        }
        fn prepare(&mut self) -> kazasu::face::Preparation {
            self.0.prepare()
        }
        fn start(&mut self) {}
        fn compare(&mut self, capture: kazasu::face::Capture<'_>) -> Decision {
            self.0.compare(capture)
        }
        fn forget(&mut self) {}
    }
    let mut matcher = Picky(DemonstrationMatcher::new(Liveness::Passed));
    let ended = by_face(&mut link(), &mut matcher, &mut Lens::of(photo()));
    assert_eq!(ended.failure, Some(Failure::Face(End::Photo(PhotoProblem::NoFace))));
    assert_eq!(ended.outcome, Outcome::FaceQuality);
}

fn by_visual_check(link: &mut Link, clerk: &mut Clerk) -> Ended {
    let anchors = authorities();
    let mut holder = Codes::of(&common::card());
    let mut bytes = [0; 8192];
    session(link, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let report = check_in_by_visual_check(
            session,
            Identification::new(&anchors, nonce()),
            VisualPolicy::default(),
            Operator::new("C-17").unwrap(),
            Reason::new("forgot the PIN").unwrap(),
            &mut holder,
            clerk,
            &mut memory,
        );
        assert_eq!(report.identified.is_some(), report.outcome.is_verified());
        assert!(report.evidence.is_none());
        if let Some(identified) = &report.identified {
            let visual = identified.visual().unwrap();
            assert_eq!(visual.operator().reveal(), "C-17");
            assert_eq!(visual.reason().reveal(), "forgot the PIN");
            assert_eq!(identified.hierarchy(), Hierarchy::Virtual);
            assert!(identified.face().is_none());
        }
        let text = format!("{report:?}");
        assert!(!text.contains("C-17") && !text.contains("forgot"), "{text}");
        Ended {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            key_use: report.identified.as_ref().map(|it| it.key_use()),
            method: report.identified.as_ref().map(|it| it.method()),
            has_face: report.face.is_some(),
            score: None,
            cleared: report.cleared,
            text,
        }
    })
}

#[test]
fn two_confirmations_by_staff_are_a_visual_check() {
    let mut link = link();
    let mut clerk = Clerk::saying([Reply::Nothing, Reply::Answer(Answer::Yes)]);
    let ended = by_visual_check(&mut link, &mut clerk);
    assert_eq!((ended.outcome, ended.failure), (Outcome::Verified, None));
    assert_eq!(
        (ended.method, ended.key_use),
        (Some(Method::Visual), Some(IdentifiedBy::CardAuthenticity))
    );
    assert_eq!((ended.tries_left, ended.cleared), (Some(10), Cleared::PowerOff));
    assert_eq!(instructions(&link), WHOLE);
    assert_eq!(clerk.asked.first(), Some(&Question::PhotoIsPerson));
    assert_eq!(clerk.asked.last(), Some(&Question::PhotoIsPrintedFace));
    assert_eq!((clerk.shown, clerk.hidden), (1, 1));
    assert!(clerk.photo.starts_with(b"\0\0\0\x0CjP  "));
}

#[test]
fn a_visual_check_that_is_not_confirmed_verifies_nobody() {
    let yes = Reply::Answer(Answer::Yes);
    let no = Reply::Answer(Answer::No);
    let mut copied = issue();
    copied.copied = true;
    for (mut clerk, end, outcome) in [
        (
            Clerk::saying([no]),
            Some(VisualEnd::Refused(Question::PhotoIsPerson)),
            Outcome::VisualRefused,
        ),
        (
            Clerk::in_turn([yes, no]),
            Some(VisualEnd::Refused(Question::PhotoIsPrintedFace)),
            Outcome::VisualRefused,
        ),
        (Clerk::in_turn([yes, Reply::GaveUp]), Some(VisualEnd::Cancelled), Outcome::Cancelled),
        (Clerk::saying([Reply::Nothing]), Some(VisualEnd::TimedOut), Outcome::TimedOut),
        (Clerk::saying([yes]).blind(), Some(VisualEnd::NoPhoto), Outcome::FaceQuality),
        (
            Clerk::saying([yes]).without_card_after(2),
            Some(VisualEnd::CardGone),
            Outcome::CardRemoved,
        ),
        (Clerk::saying([yes]).with_card(copied), None, Outcome::RecordNotGenuine),
    ] {
        let issue = clerk.issue.take().unwrap_or_else(issue);
        let mut link = Link::new(Card::issue(issue).unwrap());
        let ended = by_visual_check(&mut link, &mut clerk);
        assert_eq!(ended.outcome, outcome);
        if let Some(end) = end {
            assert_eq!(ended.failure, Some(Failure::Visual(end)));
            assert!(!instructions(&link).contains(&SIGN));
        }
        assert!(!ended.has_face);
        assert_eq!((clerk.shown, clerk.hidden), (1, 1), "{outcome:?}");
        assert_eq!((ended.tries_left, verifies(link.log())), (Some(10), 1));
    }
}

#[test]
fn a_visual_check_that_ended_before_the_photo_shows_nobody() {
    let yes = Reply::Answer(Answer::Yes);
    for (mut clerk, end, outcome) in [
        (Clerk::saying([yes]).whose_clock_goes(121_000), VisualEnd::TimedOut, Outcome::TimedOut),
        (Clerk::saying([yes]).whose_clock_goes(-5_000), VisualEnd::Clock, Outcome::FaceDeviceFault),
        (Clerk::saying([yes]).without_card_after(0), VisualEnd::CardGone, Outcome::CardRemoved),
    ] {
        let mut link = link();
        let ended = by_visual_check(&mut link, &mut clerk);
        assert_eq!((ended.outcome, ended.failure), (outcome, Some(Failure::Visual(end))));
        assert_eq!((clerk.shown, clerk.hidden, clerk.asked.len()), (0, 0, 0), "{end:?}");
        assert!(!instructions(&link).contains(&SIGN));
    }
}

#[test]
fn no_photo_stays_on_the_screen_of_a_desk_that_panics() {
    // It knows one answer, and is asked twice.
    let mut clerk = Clerk::in_turn([Reply::Answer(Answer::Yes)]);
    let asked = std::panic::AssertUnwindSafe(|| by_visual_check(&mut link(), &mut clerk).outcome);
    assert!(std::panic::catch_unwind(asked).is_err());
    assert_eq!((clerk.shown, clerk.hidden), (1, 1));
}
