//! What the tests share: presences, a matcher that follows a script, and a check that is ready.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use kazasu_apdu::{Capabilities, Channel, Presence};
use kazasu_face::{
    Capture, Decision, DeviceFault, Direction, FaceCheck, Frame, Instant, Liveness, Matcher,
    MatcherIdentity, Photo, PhotoKind, PhotoProblem, PhotoSink, PixelFormat, Policy, Preparation,
    Purpose, Scale, Step,
};
use std::collections::VecDeque;

/// A photo by its first bytes.
pub(crate) const PHOTO: &[u8] = b"\0\0\0\x0CjP  \x0D\x0A\x87\x0A, and 20 bytes more.";
pub(crate) const THRESHOLD: i32 = 850;

/// Two presences that are not the same.
pub(crate) fn presences() -> [Presence; 2] {
    let (mut outgoing, mut incoming) = ([0; 8], [0; 8]);
    let mut channel = Channel::new(&mut outgoing, &mut incoming);
    let first = channel.presence();
    channel.begin_presence(Capabilities::default());
    [first, channel.presence()]
}

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn scale() -> Scale {
    Scale::new(0, 1000, Direction::Similarity).unwrap()
}

pub(crate) fn policy() -> Policy {
    Policy::new(scale().threshold(THRESHOLD).unwrap())
}

pub(crate) fn frame() -> Capture<'static> {
    Frame::new(2, 2, PixelFormat::Grey8, &[1, 2, 3, 4]).unwrap().into()
}

pub(crate) fn compared(score: i32) -> Decision {
    Decision::Compared { score, liveness: Liveness::Passed }
}

/// Says what it was told to say, and counts.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) decisions: VecDeque<Decision>,
    pub(crate) preparations: VecDeque<Preparation>,
    pub(crate) refuses: Option<PhotoProblem>,
    pub(crate) kind: Option<PhotoKind>,
    pub(crate) length: usize,
    pub(crate) photo: Vec<u8>,
    pub(crate) most_at_once: usize,
    pub(crate) prepared: usize,
    pub(crate) started: usize,
    pub(crate) compared: usize,
    pub(crate) forgotten: usize,
}

impl Script {
    pub(crate) fn new(decisions: impl IntoIterator<Item = Decision>) -> Self {
        Self { decisions: decisions.into_iter().collect(), ..Self::default() }
    }
}

impl PhotoSink for Script {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        (self.kind, self.length) = (Some(kind), length);
        self.photo.clear();
        self.refuses.map_or(Ok(()), Err)
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        self.most_at_once = self.most_at_once.max(piece.len());
        self.photo.extend_from_slice(piece);
        Ok(())
    }
}

impl Matcher for Script {
    fn identity(&self) -> MatcherIdentity {
        MatcherIdentity::new(Purpose::Production, "Vendor", "Script", "1.2").unwrap()
    }

    fn scale(&self) -> Scale {
        scale()
    }

    fn prepare(&mut self) -> Preparation {
        self.prepared += 1;
        self.preparations.pop_front().unwrap_or(Preparation::Ready)
    }

    fn start(&mut self) {
        self.started += 1;
    }

    fn compare(&mut self, _: Capture<'_>) -> Decision {
        self.compared += 1;
        self.decisions.pop_front().unwrap_or(Decision::DeviceFault(DeviceFault::Camera))
    }

    fn forget(&mut self) {
        self.forgotten += 1;
        self.photo.clear();
    }
}

/// A check of the first presence, begun at 1,000 ms, that wants its first capture.
pub(crate) fn ready<'m>(matcher: &'m mut Script, policy: Policy) -> FaceCheck<'m> {
    let [presence, _] = presences();
    let mut check = FaceCheck::begin(matcher, policy, presence, at(1_000)).unwrap();
    check.photo(&Photo::new(PHOTO).unwrap()).unwrap();
    assert_eq!(check.prepare(at(1_000), presence), Step::Capture);
    check
}
