//! A matcher, a camera and staff of which nothing is known, and a clock that says anything.

use kazasu::pki::records::{CardFace, Verified};
use kazasu::{Camera, Reply, Staff};
use kazasu_face::{
    Answer, AttackKind, Capture, Decision, DeviceFault, Direction, Instant, Liveness, Matcher,
    MatcherIdentity, PhotoKind, PhotoProblem, PhotoSink, Policy, Preparation, Purpose, Quality,
    Question, Scale, Step,
};

/// Decides whatever comes.
pub struct Unknown(MatcherIdentity, Scale);

impl Unknown {
    /// One, and a policy on its scale.
    pub fn with_policy() -> Option<(Self, Policy)> {
        let mut text = [0; 40];
        crate::unknown_bytes(&mut text);
        let text = core::str::from_utf8(&text).ok()?;
        let identity = MatcherIdentity::new(Purpose::Production, text, text, text).ok()?;
        let scale = Scale::new(score(), score(), Direction::Similarity).ok()?;
        let policy = Policy::new(scale.threshold(score()).ok()?).with_attempts(3).ok()?;
        Some((Self(identity, scale), policy))
    }
}

impl PhotoSink for Unknown {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        crate::keep(kind as u32 + length as u32);
        if crate::unknown_byte() == 0 { Err(PhotoProblem::TooLarge) } else { Ok(()) }
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        crate::keep(piece.len() as u32);
        if crate::unknown_byte() == 0 { Err(PhotoProblem::Malformed) } else { Ok(()) }
    }
}

impl Matcher for Unknown {
    fn identity(&self) -> MatcherIdentity {
        self.0
    }

    fn scale(&self) -> Scale {
        self.1
    }

    fn prepare(&mut self) -> Preparation {
        match crate::unknown_byte() {
            0 => Preparation::Fault(DeviceFault::Internal),
            1 => Preparation::Refused(PhotoProblem::NoFace),
            2 => Preparation::Working,
            _ => Preparation::Ready,
        }
    }

    fn start(&mut self) {
        crate::keep(1);
    }

    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        if let Capture::Frame(frame) = capture {
            crate::keep(frame.bytes().len() as u32);
        }
        match crate::unknown_byte() {
            0 => Decision::DeviceFault(DeviceFault::Camera),
            1 => Decision::More,
            2 => Decision::Quality(Quality::Blurred),
            3 => Decision::SuspectedAttack { kind: AttackKind::Mask, pad_score: None },
            4 => Decision::Compared { score: score(), liveness: Liveness::Failed },
            _ => Decision::Compared { score: score(), liveness: Liveness::Passed },
        }
    }

    fn forget(&mut self) {
        crate::keep(0);
    }
}

fn score() -> i32 {
    crate::unknown_number() as i32
}

/// A moment.
pub fn now() -> Instant {
    Instant::from_millis(crate::unknown_number() as u64)
}

/// A camera and staff: whatever comes.
pub struct Desk;

impl Camera for Desk {
    fn now(&mut self) -> Instant {
        now()
    }

    fn capture(&mut self) -> Option<Capture<'_>> {
        (crate::unknown_byte() != 0).then(|| Capture::Native(crate::unknown_number() as u64))
    }

    fn tell(&mut self, step: Step) {
        crate::keep(u32::from(step == Step::Capture));
    }

    fn wait(&mut self, _: Step) -> bool {
        crate::unknown_byte() != 0
    }

    fn card_is_there(&mut self) -> bool {
        crate::unknown_byte() != 0
    }
}

impl Staff for Desk {
    fn now(&mut self) -> Instant {
        now()
    }

    fn show(&mut self, face: &Verified<CardFace<'_>>) -> bool {
        crate::keep(face.photo().len() as u32);
        crate::unknown_byte() != 0
    }

    fn ask(&mut self, question: Question) -> Reply {
        crate::keep(question as u32);
        match crate::unknown_byte() {
            0 => Reply::Answer(Answer::No),
            1 => Reply::GaveUp,
            2 => Reply::Nothing,
            _ => Reply::Answer(Answer::Yes),
        }
    }

    fn hide(&mut self) {
        crate::keep(0);
    }
}
