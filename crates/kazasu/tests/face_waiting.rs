//! A check-in by face with a matcher that works in the background: the flow leaves it the time, and the
//! host a place to wait.
#![cfg(feature = "face")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::desk::{photo, policy};
use common::{Setup, link, session};
use kazasu::face::decode::Picture;
use kazasu::face::{
    Capture, Decision, DemonstrationMatcher, DeviceFault, End, Instant, Liveness, Matcher,
    MatcherIdentity, PhotoKind, PhotoProblem, PhotoSink, Preparation, Scale, Step,
};
use kazasu::{Camera, Failure, Identification, Memory, Nonce, Outcome, check_in_by_face};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant as RealTime};

/// What tells the time: the tests' own clock, or that of the machine.
#[derive(Clone)]
enum Time {
    Own(Rc<Cell<u64>>),
    Real(RealTime),
}

impl Time {
    fn millis(&self) -> u64 {
        match self {
            Self::Own(millis) => millis.get(),
            Self::Real(began) => u64::try_from(began.elapsed().as_millis()).unwrap(),
        }
    }
}

/// The demonstration matcher behind an accelerator, which takes its time for photo and capture.
struct Background {
    inner: DemonstrationMatcher,
    time: Time,
    millis: u64,
    since: Option<u64>,
}

impl Background {
    fn new(time: &Time, millis: u64) -> Self {
        let inner = DemonstrationMatcher::new(Liveness::Passed);
        Self { inner, time: time.clone(), millis, since: None }
    }

    /// Is it done with what it was asked first?
    fn is_done(&mut self) -> bool {
        let now = self.time.millis();
        let done = now - *self.since.get_or_insert(now) >= self.millis;
        if done {
            self.since = None;
        }
        done
    }
}

impl PhotoSink for Background {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        self.inner.begin(kind, length)
    }
    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        self.inner.write(piece)
    }
}

impl Matcher for Background {
    fn identity(&self) -> MatcherIdentity {
        self.inner.identity()
    }
    fn scale(&self) -> Scale {
        self.inner.scale()
    }
    fn prepare(&mut self) -> Preparation {
        if self.is_done() { self.inner.prepare() } else { Preparation::Working }
    }
    fn start(&mut self) {
        self.inner.start();
    }
    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        if self.is_done() { self.inner.compare(capture) } else { Decision::More }
    }
    fn forget(&mut self) {
        self.inner.forget();
    }
}

/// A camera that has its picture at once, and waits only where it is asked to.
struct Still {
    picture: Picture,
    time: Time,
    waited: Vec<Step>,
    /// Gives up after so many waits.
    patience: usize,
}

impl Still {
    fn new(time: &Time) -> Self {
        Self { picture: photo(), time: time.clone(), waited: Vec::new(), patience: usize::MAX }
    }
}

impl Camera for Still {
    fn now(&mut self) -> Instant {
        Instant::from_millis(1_700_000_000_000 + self.time.millis())
    }
    fn capture(&mut self) -> Option<Capture<'_>> {
        self.picture.frame().map(Into::into)
    }
    fn tell(&mut self, step: Step) {
        panic!("{step:?}");
    }
    fn wait(&mut self, step: Step) -> bool {
        self.waited.push(step);
        if let Time::Own(millis) = &self.time {
            millis.set(millis.get() + 10);
        }
        self.waited.len() < self.patience
    }
}

fn check_in(matcher: &mut dyn Matcher, camera: &mut dyn Camera) -> (Outcome, Option<Failure>) {
    let anchors = authorities();
    let mut link = link();
    let mut holder = Codes::of(link.card().unwrap());
    let mut bytes = [0; 8192];
    session(&mut link, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let identification = Identification::new(&anchors, Nonce::given(&[9; 32]).unwrap());
        let holder = &mut holder;
        let report = check_in_by_face(
            session,
            identification,
            policy(),
            holder,
            matcher,
            camera,
            &mut memory,
        );
        (report.outcome, report.failure)
    })
}

#[test]
fn the_host_waits_while_the_matcher_works() {
    let time = Time::Own(Rc::default());
    let mut camera = Still::new(&time);
    let ended = check_in(&mut Background::new(&time, 300), &mut camera);
    assert_eq!(ended, (Outcome::Verified, None));
    // Thirty times for the photo, thirty times for the capture.
    let of = |step| camera.waited.iter().filter(|one| **one == step).count();
    assert_eq!((of(Step::Working), of(Step::Capture)), (30, 30));
    // One that works at once makes nobody wait.
    let mut camera = Still::new(&time);
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    assert_eq!(check_in(&mut matcher, &mut camera).0, Outcome::Verified);
    assert_eq!(camera.waited, []);
}

#[test]
fn whoever_waits_may_give_up() {
    for patience in [1, 40] {
        let time = Time::Own(Rc::default());
        let mut camera = Still { patience, ..Still::new(&time) };
        let ended = check_in(&mut Background::new(&time, 300), &mut camera);
        assert_eq!(ended, (Outcome::Cancelled, Some(Failure::Face(End::Cancelled))));
        assert_eq!(camera.waited.len(), patience);
    }
}

#[test]
fn a_matcher_that_never_ends_is_ended() {
    let time = Time::Own(Rc::default());
    let mut camera = Still::new(&time);
    let ended = check_in(&mut Background::new(&time, u64::MAX), &mut camera);
    let stuck = Failure::Face(End::DeviceFault(DeviceFault::Stuck));
    assert_eq!(ended, (Outcome::FaceDeviceFault, Some(stuck)));
    assert_eq!(camera.waited.len(), 6_000, "a minute");
}

#[test]
fn a_host_that_does_not_wait_gets_there_too() {
    /// Returns at once.
    struct Restless(Still);
    impl Camera for Restless {
        fn now(&mut self) -> Instant {
            self.0.now()
        }
        fn capture(&mut self) -> Option<Capture<'_>> {
            self.0.capture()
        }
        fn tell(&mut self, step: Step) {
            self.0.tell(step);
        }
        fn wait(&mut self, _: Step) -> bool {
            true
        }
    }
    let time = Time::Real(RealTime::now());
    let began = RealTime::now();
    let ended = check_in(&mut Background::new(&time, 150), &mut Restless(Still::new(&time)));
    assert_eq!(ended, (Outcome::Verified, None));
    assert!(began.elapsed() >= Duration::from_millis(300));
}
