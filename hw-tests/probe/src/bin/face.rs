//! The face check around a matcher of which nothing is known, and the visual check.

#![no_std]
#![no_main]

use kazasu_apdu::{Capabilities, Channel, Presence};
use kazasu_face::{
    Answer, AttackKind, Capture, Decision, DeviceFault, Direction, FaceCheck, Frame, Instant,
    Liveness, Matcher, MatcherIdentity, Operator, PhotoKind, PhotoProblem, PhotoSink, PixelFormat,
    Policy, Preparation, Purpose, Quality, Question, Reason, Scale, Step, VisualCheck,
    VisualPolicy,
};

probe::entry!(main);

struct Unknown(MatcherIdentity, Scale);

impl PhotoSink for Unknown {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        probe::keep(kind as u32 + length as u32);
        if probe::unknown_byte() == 0 { Err(PhotoProblem::TooLarge) } else { Ok(()) }
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        probe::keep(piece.len() as u32);
        if probe::unknown_byte() == 0 { Err(PhotoProblem::Malformed) } else { Ok(()) }
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
        match probe::unknown_byte() {
            0 => Preparation::Fault(DeviceFault::Internal),
            1 => Preparation::Refused(PhotoProblem::NoFace),
            2 => Preparation::Working,
            _ => Preparation::Ready,
        }
    }

    fn start(&mut self) {
        probe::keep(1);
    }

    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        if let Capture::Frame(frame) = capture {
            probe::keep(frame.bytes().len() as u32);
        }
        match probe::unknown_byte() {
            0 => Decision::DeviceFault(DeviceFault::Camera),
            1 => Decision::More,
            2 => Decision::Quality(Quality::Blurred),
            3 => Decision::SuspectedAttack { kind: AttackKind::Mask, pad_score: None },
            4 => Decision::Compared { score: score(), liveness: Liveness::Failed },
            _ => Decision::Compared { score: score(), liveness: Liveness::Passed },
        }
    }

    fn forget(&mut self) {
        probe::keep(0);
    }
}

fn score() -> i32 {
    probe::unknown_number() as i32
}

fn main() {
    let (mut outgoing, mut incoming) = ([0; 8], [0; 8]);
    let mut channel = Channel::new(&mut outgoing, &mut incoming);
    let presences = [(); 4].map(|()| {
        channel.begin_presence(Capabilities::default());
        channel.presence()
    });
    probe::keep(u32::from(face(&presences).is_some()));
    probe::keep(u32::from(visual(&presences).is_some()));
}

fn there(presences: &[Presence; 4]) -> Option<Presence> {
    presences.get(usize::from(probe::unknown_byte())).copied()
}

fn now() -> Instant {
    Instant::from_millis(probe::unknown_number() as u64)
}

fn face(presences: &[Presence; 4]) -> Option<()> {
    let mut text = [0; 40];
    probe::unknown_bytes(&mut text);
    let text = core::str::from_utf8(&text).ok()?;
    let identity = MatcherIdentity::new(Purpose::Production, text, text, text).ok()?;
    let scale = Scale::new(score(), score(), Direction::Similarity).ok()?;
    let policy = Policy::new(scale.threshold(score()).ok()?).with_attempts(3).ok()?;
    let mut matcher = Unknown(identity, scale);
    let mut check = FaceCheck::begin(&mut matcher, policy, there(presences)?, now()).ok()?;
    let mut piece = [0; 64];
    check.begin_photo(probe::unknown_number()).ok()?;
    for _ in 0..probe::unknown_number() {
        probe::unknown_bytes(&mut piece);
        check.write_photo(piece.get(..probe::unknown_number())?).ok()?;
    }
    let mut step = check.prepare(now(), there(presences)?);
    while check.ended().is_none() {
        probe::unknown_bytes(&mut piece);
        let frame = Frame::new(8, 8, PixelFormat::Grey8, &piece).ok()?;
        step = match step {
            Step::NoMatch { .. } => check.retry(now(), there(presences)?),
            Step::Working => check.prepare(now(), there(presences)?),
            _ => check.capture(now(), there(presences)?, frame.into()),
        };
    }
    let matched = check.into_match(now(), there(presences)?)?;
    probe::keep(u32::from(matched.holds_in(there(presences)?)));
    Some(())
}

fn visual(presences: &[Presence; 4]) -> Option<()> {
    let mut bytes = [0; 40];
    probe::unknown_bytes(&mut bytes);
    let text = core::str::from_utf8(&bytes).ok()?;
    let (operator, reason) = (Operator::new(text).ok()?, Reason::new(text).ok()?);
    let policy = VisualPolicy::default();
    let mut check = VisualCheck::arm(operator, reason, policy, there(presences)?, now());
    check.show(now(), there(presences)?, &bytes);
    for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
        let answer = if probe::unknown_byte() == 0 { Answer::Yes } else { Answer::No };
        check.answer(now(), there(presences)?, question, answer);
    }
    let confirmation = check.into_confirmation(now(), there(presences)?)?;
    probe::keep(confirmation.operator().reveal().len() as u32);
    Some(())
}
