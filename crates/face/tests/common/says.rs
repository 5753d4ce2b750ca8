//! A matcher of one answer. The tests of `kazasu` have it too.
#![allow(clippy::unwrap_used, reason = "this is a helper of tests")]

use kazasu_face::{
    Capture, Decision, Direction, Matcher, MatcherIdentity, PhotoKind, PhotoProblem, PhotoSink,
    Preparation, Purpose, Scale,
};

/// Says the same of everybody, and keeps nothing.
#[derive(Clone)]
pub(crate) struct Says(pub(crate) Decision);

impl PhotoSink for Says {
    fn begin(&mut self, _: PhotoKind, _: usize) -> Result<(), PhotoProblem> {
        Ok(())
    }
    fn write(&mut self, _: &[u8]) -> Result<(), PhotoProblem> {
        Ok(())
    }
}

impl Matcher for Says {
    fn identity(&self) -> MatcherIdentity {
        MatcherIdentity::new(Purpose::Production, "Tests", "One answer", "1").unwrap()
    }
    fn scale(&self) -> Scale {
        Scale::new(0, 100, Direction::Similarity).unwrap()
    }
    fn prepare(&mut self) -> Preparation {
        Preparation::Ready
    }
    fn start(&mut self) {}
    fn compare(&mut self, _: Capture<'_>) -> Decision {
        self.0
    }
    fn forget(&mut self) {}
}
