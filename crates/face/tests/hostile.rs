//! However hostile the matcher, the clock and the order of calls: no match without a score at the
//! threshold and liveness passed, in the presence in which the check began.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

mod common;

use common::{PHOTO, Script, THRESHOLD, at, frame, policy, presences, scale};
use kazasu_face::{
    AttackKind, Capture, Decision, DeviceFault, Direction, End, FaceCheck, Liveness, Matcher,
    MatcherIdentity, PhotoKind, PhotoProblem, PhotoSink, Preparation, Quality, Scale, Verdict,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::{Cell, RefCell};

/// Follows its script, writes down what it said, and changes its identity and scale all the time.
struct Hostile {
    script: Script,
    said: RefCell<Vec<Decision>>,
    asked: Cell<u32>,
}

impl PhotoSink for Hostile {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        self.script.begin(kind, length)
    }
    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        self.script.write(piece)
    }
}

impl Matcher for Hostile {
    fn identity(&self) -> MatcherIdentity {
        let pad = if self.asked.get() > 2 { "a" } else { "b" };
        self.script.identity().with_pad(pad).unwrap()
    }
    fn scale(&self) -> Scale {
        self.asked.set(self.asked.get() + 1);
        // The right one the first time only, then one on which everything is a match.
        if self.asked.get() == 1 {
            return scale();
        }
        Scale::new(-1_000_000, -900_000, Direction::Dissimilarity).unwrap()
    }
    fn prepare(&mut self) -> Preparation {
        self.script.prepare()
    }
    fn start(&mut self) {
        self.script.start();
    }
    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        let decision = self.script.compare(capture);
        self.said.borrow_mut().push(decision);
        decision
    }
    fn forget(&mut self) {}
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Photo(usize),
    PhotoBegin(usize),
    Prepare,
    Capture,
    Retry,
    Tick,
    Cancel,
}

/// A call, by how much the clock moves before it, and whether the card is another.
type Move = (Call, i64, bool);

fn calls() -> impl Strategy<Value = Vec<Move>> {
    let call = prop_oneof![
        1 => (0..60_usize).prop_map(Call::Photo),
        1 => (0..60_usize).prop_map(Call::PhotoBegin),
        2 => Just(Call::Prepare),
        12 => Just(Call::Capture),
        6 => Just(Call::Retry),
        2 => Just(Call::Tick),
        1 => Just(Call::Cancel),
    ];
    let clock = prop_oneof![60 => 0..400_i64, 1 => -5_000..0_i64, 1 => 0..100_000_i64];
    let other = prop_oneof![60 => Just(false), 1 => Just(true)];
    prop::collection::vec((call, clock, other), 0..30)
}

fn decision() -> impl Strategy<Value = Decision> {
    let score = prop_oneof![
        3 => 0..=1_000_i32,
        3 => THRESHOLD - 1..=THRESHOLD + 1,
        1 => any::<i32>(),
        1 => prop_oneof![Just(i32::MAX), Just(i32::MIN), Just(-1), Just(1_001), Just(1_000)],
    ];
    let liveness = prop_oneof![6 => Just(Liveness::Passed), 1 => Just(Liveness::NotChecked), 1 => Just(Liveness::Failed)];
    prop_oneof![
        8 => (score, liveness).prop_map(|(score, liveness)| Decision::Compared { score, liveness }),
        4 => Just(Decision::More),
        4 => prop::sample::select(Quality::ALL).prop_map(Decision::Quality),
        1 => prop::sample::select(DeviceFault::ALL).prop_map(Decision::DeviceFault),
        1 => (prop::sample::select(AttackKind::ALL), any::<Option<i32>>())
            .prop_map(|(kind, pad_score)| Decision::SuspectedAttack { kind, pad_score }),
    ]
}

fn preparation() -> impl Strategy<Value = Preparation> {
    prop_oneof![
        8 => Just(Preparation::Ready),
        1 => Just(Preparation::Working),
        1 => Just(Preparation::Refused(PhotoProblem::NoFace)),
    ]
}

/// Does a check with a regular beginning, or anything at all. Says whether there was a match.
fn run(
    regular: bool,
    calls: &[Move],
    decisions: Vec<Decision>,
    preparations: Vec<Preparation>,
) -> Result<bool, TestCaseError> {
    let [here, other] = presences();
    let mut script = Script::new(decisions);
    script.preparations = preparations.into();
    let mut matcher = Hostile { script, said: RefCell::default(), asked: Cell::new(0) };
    let mut now = 10_000_i64;
    let mut check = FaceCheck::begin(&mut matcher, policy(), here, at(10_000)).unwrap();
    if regular {
        check.begin_photo(PHOTO.len()).unwrap();
        check.write_photo(PHOTO).unwrap();
        check.prepare(at(10_000), here);
    }
    // What must have stayed true until the match.
    let (mut went_back, mut left) = (false, false);
    let (mut matched, mut whole) = (false, regular);
    for (call, clock, is_other) in calls {
        went_back |= *clock < 0 && check.ended().is_none();
        now = (now + clock).max(0);
        let (time, presence) = (at(now.unsigned_abs()), if *is_other { other } else { here });
        let had_ended = check.ended();
        match call {
            Call::Photo(length) => {
                let _ = check.write_photo(&PHOTO[..(*length).min(PHOTO.len())]);
            }
            Call::PhotoBegin(length) => {
                whole |= check.begin_photo(*length).is_ok();
            }
            Call::Prepare => drop(check.prepare(time, presence)),
            Call::Capture => drop(check.capture(time, presence, frame())),
            Call::Retry => drop(check.retry(time, presence)),
            Call::Tick => drop(check.tick(time, presence)),
            Call::Cancel => check.cancel(),
        }
        let looked = !matches!(call, Call::Photo(_) | Call::PhotoBegin(_) | Call::Cancel);
        left |= *is_other && looked;
        // What has ended stays ended, but that a match is lost.
        match had_ended {
            Some(End::Match) => {
                let now = check.ended();
                let kept = [Some(End::Match), Some(End::CardGone), Some(End::Cancelled)];
                prop_assert!(kept.contains(&now), "{:?}", now);
            }
            Some(end) => prop_assert_eq!(check.ended(), Some(end)),
            None => {}
        }
        if check.ended() == Some(End::Match) && had_ended != Some(End::Match) {
            matched = true;
            prop_assert!(!went_back && !left && whole);
        }
    }
    let cancelled = calls.iter().any(|(call, ..)| matches!(call, Call::Cancel));
    let proof = check.into_match(at(now.unsigned_abs()), here);
    let said = matcher.said.into_inner();
    let Some(proof) = proof else {
        prop_assert!(!matched || left || cancelled);
        return Ok(false);
    };
    prop_assert!(matched && !left && !cancelled);
    let evidence = proof.evidence();
    // The last thing that it said, and nothing that ends a check before.
    let (last, before) = said.split_last().unwrap();
    let Decision::Compared { score, liveness: Liveness::Passed } = *last else {
        return Err(TestCaseError::fail(format!("{last:?}")));
    };
    prop_assert!((THRESHOLD..=1_000).contains(&score));
    prop_assert_eq!((evidence.score, evidence.verdict), (Some(score), Verdict::Match));
    prop_assert_eq!((evidence.liveness, evidence.presence), (Liveness::Passed, here));
    let mut attempts = 1;
    for decision in before {
        match *decision {
            Decision::Compared { score, liveness } => {
                attempts += 1;
                prop_assert!((0..THRESHOLD).contains(&score) && liveness != Liveness::Failed);
            }
            Decision::More | Decision::Quality(_) => {}
            other => return Err(TestCaseError::fail(format!("{other:?} before a match"))),
        }
    }
    prop_assert!(attempts <= 3);
    prop_assert_eq!(evidence.attempt, attempts);
    prop_assert!(proof.holds_in(here) && !proof.holds_in(other));
    Ok(true)
}

/// Ten thousand checks, of which some must end in a match, so that the property is about something.
fn ten_thousand(regular: bool, at_least: u32) {
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let matches = Cell::new(0_u32);
    let strategy = (
        calls(),
        prop::collection::vec(decision(), 0..12),
        prop::collection::vec(preparation(), 0..3),
    );
    let result = TestRunner::new(config).run(&strategy, |(calls, decisions, preparations)| {
        let matched = run(regular, &calls, decisions, preparations)?;
        matches.set(matches.get() + u32::from(matched));
        Ok(())
    });
    assert_eq!(result, Ok(()));
    assert!(matches.get() >= at_least, "{} matches", matches.get());
}

#[test]
fn no_answers_of_a_matcher_make_a_match_of_none() {
    ten_thousand(true, 300);
}

#[test]
fn no_order_of_calls_makes_a_match_of_none() {
    ten_thousand(false, 0);
}
