//! However hostile the matcher, the camera's clock and the link: nobody is verified without a score at
//! the threshold and liveness passed in the card presence in which the card face was read and the
//! challenge answered; and looking at faces never touches a counter on the card.
#![cfg(feature = "face")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::{Setup, card, instructions, session, verifies};
use kazasu::apdu::transport::ErrorKind;
use kazasu::face::{
    AttackKind, Capture, Decision, DeviceFault, Direction, Instant, Liveness, Matcher,
    MatcherIdentity, PhotoKind, PhotoProblem, PhotoSink, Policy, Preparation, Purpose, Quality,
    Scale, Step,
};
use kazasu::{
    Camera, Identification, IdentificationReport, Memory, Nonce, Outcome, check_in_by_face,
    check_in_by_face_stream,
};
use kazasu_virtual_card::{Effect, Fault, Link, Reference as OfCard, When};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

const THRESHOLD: i32 = 700;

/// Says what it was told to say, and writes it down.
struct Hostile {
    decisions: VecDeque<Decision>,
    preparation: Preparation,
    said: Vec<Decision>,
    photo: Vec<u8>,
    kept: Vec<u8>,
}

fn scale() -> Scale {
    Scale::new(0, 1_000, Direction::Similarity).unwrap()
}

impl PhotoSink for Hostile {
    fn begin(&mut self, _: PhotoKind, _: usize) -> Result<(), PhotoProblem> {
        self.photo.clear();
        Ok(())
    }
    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        self.photo.extend_from_slice(piece);
        self.kept.extend_from_slice(piece);
        Ok(())
    }
}

impl Matcher for Hostile {
    fn identity(&self) -> MatcherIdentity {
        MatcherIdentity::new(Purpose::Production, "Vendor", "Hostile", "1").unwrap()
    }
    fn scale(&self) -> Scale {
        scale()
    }
    fn prepare(&mut self) -> Preparation {
        self.preparation
    }
    fn start(&mut self) {}
    fn compare(&mut self, _: Capture<'_>) -> Decision {
        let decision =
            self.decisions.pop_front().unwrap_or(Decision::DeviceFault(DeviceFault::Camera));
        self.said.push(decision);
        decision
    }
    fn forget(&mut self) {
        self.photo.clear();
    }
}

/// A clock that goes as it likes, and a sensor that may see the card leave.
struct Clock {
    now: u64,
    steps: VecDeque<i64>,
    /// Was it asked before?
    began: bool,
    /// How many captures there were when it first went back.
    went_back_at: Option<usize>,
    left_after: Option<usize>,
    left: bool,
    captures: usize,
}

impl Camera for Clock {
    fn now(&mut self) -> Instant {
        let step = self.steps.pop_front().unwrap_or(10);
        if step < 0 && self.began && self.went_back_at.is_none() {
            self.went_back_at = Some(self.captures);
        }
        self.began = true;
        self.now = self.now.saturating_add_signed(step);
        Instant::from_millis(self.now)
    }
    fn capture(&mut self) -> Option<Capture<'_>> {
        self.captures += 1;
        Some(Capture::Native(0))
    }
    fn tell(&mut self, _: Step) {}
    fn wait(&mut self, _: Step) -> bool {
        true
    }
    fn card_is_there(&mut self) -> bool {
        self.left |= self.left_after.is_some_and(|after| self.captures >= after);
        !self.left
    }
}

fn decision() -> impl Strategy<Value = Decision> {
    let score = prop_oneof![
        4 => 0..=1_000_i32,
        2 => THRESHOLD - 1..=THRESHOLD + 1,
        1 => any::<i32>(),
        1 => prop_oneof![Just(i32::MAX), Just(i32::MIN), Just(1_001), Just(-1)],
    ];
    let liveness = prop_oneof![
        6 => Just(Liveness::Passed), 1 => Just(Liveness::NotChecked), 1 => Just(Liveness::Failed)
    ];
    prop_oneof![
        8 => (score, liveness).prop_map(|(score, liveness)| Decision::Compared { score, liveness }),
        3 => Just(Decision::More),
        3 => prop::sample::select(Quality::ALL).prop_map(Decision::Quality),
        1 => prop::sample::select(DeviceFault::ALL).prop_map(Decision::DeviceFault),
        1 => prop::sample::select(AttackKind::ALL)
            .prop_map(|kind| Decision::SuspectedAttack { kind, pad_score: None }),
    ]
}

fn faults() -> impl Strategy<Value = Option<(u64, bool)>> {
    prop_oneof![4 => Just(None), 1 => (1..11_u64, any::<bool>()).prop_map(Some)]
}

fn preparation() -> impl Strategy<Value = Preparation> {
    prop_oneof![
        9 => Just(Preparation::Ready),
        1 => Just(Preparation::Working),
        1 => Just(Preparation::Refused(PhotoProblem::NoFace)),
    ]
}

/// A score at the threshold with liveness, after nothing that ends a check, within three attempts.
fn is_lawful(said: &[Decision]) -> bool {
    let Some((Decision::Compared { score, liveness: Liveness::Passed }, before)) =
        said.split_last()
    else {
        return false;
    };
    let mut attempts = 1;
    let fine = before.iter().all(|decision| match decision {
        Decision::Compared { score, liveness } => {
            attempts += 1;
            (0..THRESHOLD).contains(score) && *liveness != Liveness::Failed
        }
        Decision::More | Decision::Quality(_) => true,
        _ => false,
    });
    (THRESHOLD..=1_000).contains(score) && fine && attempts <= 3
}

fn ended<F>(report: IdentificationReport<F>) -> (Outcome, Option<i32>) {
    assert_eq!(report.identified.is_some(), report.outcome == Outcome::Verified);
    (report.outcome, report.evidence.and_then(|evidence| evidence.score))
}

/// With the card face in memory, and in pieces.
#[test]
fn nobody_is_verified_who_was_not_matched_and_no_counter_moves() {
    let anchors = authorities();
    let issued = RefCell::new(Some(card()));
    let photo = kazasu_virtual_card::Photo::default().bytes().unwrap();
    let verified = Cell::new(0_u32);
    let strategy = (
        prop::collection::vec(decision(), 0..8),
        preparation(),
        prop::collection::vec(prop_oneof![40 => 0..200_i64, 1 => -50..0_i64], 0..40),
        prop_oneof![6 => Just(None), 1 => (0..4_usize).prop_map(Some)],
        faults(),
        (any::<bool>(), any::<bool>()),
    );
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(
        &strategy,
        |(decisions, preparation, steps, left_after, fault, (reset, in_pieces))| {
            let mut own = issued.take().unwrap();
            own.power_on();
            let mut holder = Codes::of(&own);
            let seen_before = own.verify_commands_seen();
            let mut link = Link::new(own);
            if let Some((number, after)) = fault {
                let effect = match (reset, after) {
                    (true, acted) => Effect::Break { acted, kind: ErrorKind::CardReset },
                    (false, true) => Effect::drop_after(),
                    (false, false) => Effect::drop_before(),
                };
                link.faults_mut().push(Fault::once(When::Command(number), effect));
            }
            let mut matcher = Hostile {
                decisions: decisions.into(),
                preparation,
                said: Vec::new(),
                photo: Vec::new(),
                kept: Vec::new(),
            };
            let mut camera = Clock {
                now: 1_000,
                steps: steps.into(),
                began: false,
                went_back_at: None,
                left_after,
                left: false,
                captures: 0,
            };
            let mut bytes = [0; 8192];
            let room = if in_pieces { 1026 } else { 8192 };
            let (outcome, score) = session(&mut link, &Setup { room, ..Setup::new() }, |session| {
                let mut memory = Memory::new(&mut bytes);
                let nonce = Nonce::given(&[7; 32]).unwrap();
                let identification = Identification::new(&anchors, nonce);
                let policy = Policy::new(scale().threshold(THRESHOLD).unwrap());
                let (holder, matcher, camera) = (&mut holder, &mut matcher, &mut camera);
                if in_pieces {
                    ended(check_in_by_face_stream(
                        session,
                        identification,
                        policy,
                        holder,
                        matcher,
                        camera,
                    ))
                } else {
                    ended(check_in_by_face(
                        session,
                        identification,
                        policy,
                        holder,
                        matcher,
                        camera,
                        &mut memory,
                    ))
                }
            });
            let (sent, last) = (verifies(link.log()), instructions(&link).last().copied());
            let card = link.into_card().unwrap();
            let counters = (card.tries(OfCard::SurfaceNumberB), card.tries(OfCard::Auth));
            let seen = card.verify_commands_seen() - seen_before;
            issued.replace(Some(card));
            prop_assert!(seen <= 1);
            prop_assert_eq!(counters, (Some(10), Some(3)));
            // VERIFY went out once, for the code that opens the card face, whatever was seen.
            prop_assert!(sent <= 1);
            let said_no = outcome != Outcome::Verified;
            let lawful = is_lawful(&matcher.said);
            prop_assert!(matcher.photo.is_empty(), "not forgotten");
            if said_no {
                // Only the link and the sensor may undo a match.
                let undone = fault.is_some() || camera.left || camera.went_back_at.is_some();
                prop_assert!(!lawful || undone, "{:?} {:?}", outcome, matcher.said);
            } else {
                verified.set(verified.get() + 1);
                prop_assert!(lawful, "{:?}", matcher.said);
                // What the clock does after the last capture changes nothing any more.
                let too_late = camera.went_back_at.is_none_or(|at| at >= camera.captures);
                prop_assert!(!camera.left && too_late);
                prop_assert!(score.is_some_and(|score| (THRESHOLD..=1_000).contains(&score)));
                prop_assert_eq!(&matcher.kept, &photo);
                prop_assert_eq!(last, Some(0x2A));
            }
            Ok(())
        },
    );
    assert!(result.is_ok(), "{result:?}");
    assert!(verified.get() >= 30, "{} verified", verified.get());
}
