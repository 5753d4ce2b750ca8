//! The face check around a matcher of which nothing is known, and the visual check.

#![no_std]
#![no_main]

use kazasu_apdu::{Capabilities, Channel, Presence};
use kazasu_face::{
    Answer, FaceCheck, Frame, Operator, PixelFormat, Question, Reason, Step, VisualCheck,
    VisualPolicy,
};
use probe::face::{Unknown, now};

probe::entry!(main);

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

fn face(presences: &[Presence; 4]) -> Option<()> {
    let (mut matcher, policy) = Unknown::with_policy()?;
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
