//! The check-in by face (顔認証) and by visual check (目視確認): card face, person, challenge, in one card
//! presence. No PIN is asked for, and looking at a face touches no counter on the card.
//!
//! The challenge comes last, so that it also says that the card was there until the person was known.
//! The flow never draws, waits or reads a clock; camera, screen and staff are traits. While a matcher
//! works the host waits, in [`Camera::wait`].

use crate::card_face::read_card_face;
use crate::end::{Cleared, end_session};
use crate::face_identified::{Identified, Person};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::memory::Memory;
use crate::nonce::Nonce;
use crate::outcome::Outcome;
use crate::present::Attempt;
use crate::proof::Proof;
use crate::records::{RecordChecks, challenge};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Presence, Session, Transport};
use kazasu_face::{
    Answer, Capture, End, Evidence, FaceCheck, Instant, Matcher, Operator, Photo, Policy, Purpose,
    Question, Reason, Step, VisualCheck, VisualEnd, VisualPolicy, VisualStep,
};
use kazasu_mynacard::{Application, File, Reference};
use kazasu_pki::Hierarchy;
use kazasu_pki::cvc::CvcAnchors;
use kazasu_pki::records::{CardFace, RecordError, Verified};
use kazasu_pki::sha256;

/// Camera, clock and screen, as the flow meets them.
pub trait Camera {
    /// Now, on the clock of the evidence.
    fn now(&mut self) -> Instant;

    /// The next capture; `None` when the holder or staff gave up. It may wait for a frame.
    fn capture(&mut self) -> Option<Capture<'_>>;

    /// Tells the holder: a prompt, or after [`Step::NoMatch`] that it is tried again.
    fn tell(&mut self, step: Step);

    /// The matcher is at work and is asked again when this returns: on the photo
    /// ([`Step::Working`]), or it wants more captures ([`Step::Capture`]). The place to sleep some
    /// milliseconds or until an interrupt, where [`Camera::capture`] does not; without it the
    /// processor never rests. `false` when the holder or staff gave up.
    fn wait(&mut self, step: Step) -> bool {
        let _ = step;
        true
    }

    /// Does the card lie there still, as far as is known without asking it? A reader with a sensor or
    /// a watcher says so here; the card itself is asked after the match.
    fn card_is_there(&mut self) -> bool {
        true
    }
}

/// A member of staff with a screen, as the flow meets them.
pub trait Staff {
    /// Now, on the clock of the evidence.
    fn now(&mut self) -> Instant;

    /// Puts the photo of this card on the screen, beside the place for the card. `false` when it
    /// cannot be shown: then nothing is confirmed. Not called when the card left, or when the time
    /// from arming to the photo is over.
    fn show(&mut self, face: &Verified<CardFace<'_>>) -> bool;

    /// What they say to this question.
    fn ask(&mut self, question: Question) -> Reply;

    /// Takes the photo off the screen, and overwrites what was made of it. Always called after
    /// [`Staff::show`], whatever happened.
    fn hide(&mut self);

    /// As [`Camera::card_is_there`].
    fn card_is_there(&mut self) -> bool {
        true
    }
}

/// What staff say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reply {
    /// Yes or no.
    Answer(Answer),
    /// They gave up.
    GaveUp,
    /// Nothing yet: ask again.
    Nothing,
}

/// What an identification needs of the card: whom to believe, and a challenge that is new. Used up by
/// the check-in that takes it, and not copied: a challenge that was answered once can be answered again
/// by whoever heard it, and then a copied card passes.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu::Identification<'_>>();
/// ```
#[derive(Debug)]
pub struct Identification<'a> {
    anchors: &'a CvcAnchors<'a>,
    challenge: [u8; 32],
}

impl<'a> Identification<'a> {
    /// Records of these authorities, and the card's answer to this nonce.
    #[must_use]
    pub fn new(anchors: &'a CvcAnchors<'a>, nonce: Nonce) -> Self {
        Self { anchors, challenge: sha256(nonce.as_bytes()) }
    }
}

/// How an identification ended. `Debug` prints nothing of the holder.
#[derive(Debug)]
#[non_exhaustive]
pub struct IdentificationReport<'b> {
    /// In one word and one number.
    pub outcome: Outcome,
    /// The failing step's error, when there was one.
    pub failure: Option<Failure>,
    /// Tries left of 照合番号B; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// The evidence of the matcher's last decision, whatever the outcome; `None` when it made none.
    pub evidence: Option<Evidence>,
    /// Who it is: there exactly when the outcome is verified.
    pub identified: Option<Identified>,
    /// The card face, with the photo: there exactly when the outcome is verified.
    pub face: Option<Verified<CardFace<'b>>>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// The rest of a flow, when the person is known and the card was proven: nothing, or a signature of
/// the key for user authentication in the same session.
pub(crate) type Afterwards<'f, T> =
    &'f mut dyn FnMut(&mut Session<'_, T>) -> Result<Option<Proof>, Failure>;

/// Identifies the holder by face, and ends the session.
///
/// Reads the card face with 照合番号B, which `holder` is asked for, and verifies it; lets `matcher` compare
/// its photo with what `camera` brings, by `policy`; then asks the card for its answer to a fresh
/// challenge. Verified means all of that, in one card presence. The certificate for user
/// authentication is not proven by it.
///
/// A matcher for demonstrations is taken with virtual cards only. `memory` is that of
/// [`crate::card_face`].
pub fn check_in_by_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: Policy,
    holder: &mut dyn Holder,
    matcher: &mut dyn Matcher,
    camera: &mut dyn Camera,
    memory: &'b mut Memory<'_>,
) -> IdentificationReport<'b> {
    by_face(session, &identification, policy, holder, matcher, camera, memory, &mut |_| Ok(None))
}

#[expect(clippy::too_many_arguments, reason = "as the public function, with what comes after it")]
pub(crate) fn by_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    policy: Policy,
    holder: &mut dyn Holder,
    matcher: &mut dyn Matcher,
    camera: &mut dyn Camera,
    memory: &'b mut Memory<'_>,
    afterwards: Afterwards<'_, T>,
) -> IdentificationReport<'b> {
    let mut evidence = None;
    let mut look = |session: &mut Session<'_, T>, face: &Verified<CardFace<'_>>| {
        if matcher.identity().purpose() == Purpose::Demonstration
            && face.hierarchy() != Hierarchy::Virtual
        {
            return Err(Failure::DemonstrationMatcher);
        }
        let presence = session.channel().presence();
        let mut check = FaceCheck::begin(matcher, policy, presence, camera.now())
            .map_err(Failure::FacePolicy)?;
        let end = compare(session, &mut check, camera, face.photo());
        evidence = check.evidence().copied();
        let (now, presence) = (camera.now(), session.channel().presence());
        match check.into_match(now, presence) {
            Some(matched) => Ok(Person::Face(matched)),
            None if end == End::Match => Err(Failure::Face(End::CardGone)),
            None => Err(Failure::Face(end)),
        }
    };
    let mut report = identify(session, identification, holder, memory, &mut look, afterwards);
    report.evidence = evidence;
    report
}

/// Runs a face check to its end.
fn compare<T: Transport>(
    session: &mut Session<'_, T>,
    check: &mut FaceCheck<'_>,
    camera: &mut dyn Camera,
    photo: &[u8],
) -> End {
    let taken = Photo::new(photo).and_then(|photo| check.photo(&photo));
    if let Err(problem) = taken {
        return End::Photo(problem);
    }
    let mut step = check.prepare(camera.now(), session.channel().presence());
    let mut is_asked_again = step == Step::Working;
    loop {
        if is_asked_again && !camera.wait(step) {
            check.cancel();
            return End::Cancelled;
        }
        if !camera.card_is_there() {
            session.channel_mut().end_presence(ErrorKind::CardRemoved);
        }
        let presence = session.channel().presence();
        let before = step;
        step = match step {
            Step::Ended(end) => return end,
            Step::Working => check.prepare(camera.now(), presence),
            Step::NoMatch { .. } => {
                camera.tell(step);
                check.retry(camera.now(), presence)
            }
            Step::Capture | Step::Prompt(_) => {
                if step != Step::Capture {
                    camera.tell(step);
                }
                let now = camera.now();
                match camera.capture() {
                    Some(capture) => check.capture(now, presence, capture),
                    None => {
                        check.cancel();
                        Step::Ended(End::Cancelled)
                    }
                }
            }
            // A step that this flow does not know is nothing that it may go on after.
            _ => {
                check.cancel();
                Step::Ended(End::Cancelled)
            }
        };
        let captured = matches!(before, Step::Capture | Step::Prompt(_));
        is_asked_again = step == Step::Working || captured && step == Step::Capture;
    }
}

/// Identifies the holder by a member of staff who looks, and ends the session.
///
/// As [`check_in_by_face`], with two explicit confirmations by `staff` in the place of the matcher.
/// One holder only: the next one needs an operator and a reason again.
#[expect(clippy::too_many_arguments, reason = "what the record of a visual check consists of")]
pub fn check_in_by_visual_check<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: VisualPolicy,
    operator: Operator,
    reason: Reason,
    holder: &mut dyn Holder,
    staff: &mut dyn Staff,
    memory: &'b mut Memory<'_>,
) -> IdentificationReport<'b> {
    let armed = (policy, operator, reason);
    by_visual_check(session, &identification, armed, holder, staff, memory, &mut |_| Ok(None))
}

pub(crate) fn by_visual_check<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    (policy, operator, reason): (VisualPolicy, Operator, Reason),
    holder: &mut dyn Holder,
    staff: &mut dyn Staff,
    memory: &'b mut Memory<'_>,
    afterwards: Afterwards<'_, T>,
) -> IdentificationReport<'b> {
    let presence = session.channel().presence();
    let check = VisualCheck::arm(operator, reason, policy, presence, staff.now());
    let mut armed = Some(check);
    let mut look = |session: &mut Session<'_, T>, face: &Verified<CardFace<'_>>| {
        // Once: the closure is called once.
        let mut check = armed.take().ok_or(Failure::Visual(VisualEnd::Cancelled))?;
        let end = confirm(session, &mut check, staff, face);
        let (now, presence) = (staff.now(), session.channel().presence());
        match check.into_confirmation(now, presence) {
            Some(confirmation) => Ok(Person::Visual(confirmation)),
            None if end == VisualEnd::Confirmed => Err(Failure::Visual(VisualEnd::CardGone)),
            None => Err(Failure::Visual(end)),
        }
    };
    identify(session, identification, holder, memory, &mut look, afterwards)
}

/// Runs a visual check to its end. The photo is on the screen only while it is under way.
fn confirm<T: Transport>(
    session: &mut Session<'_, T>,
    check: &mut VisualCheck,
    staff: &mut dyn Staff,
    face: &Verified<CardFace<'_>>,
) -> VisualEnd {
    if !staff.card_is_there() {
        session.channel_mut().end_presence(ErrorKind::CardRemoved);
    }
    let presence = session.channel().presence();
    match check.tick(staff.now(), presence) {
        VisualStep::Show => {}
        VisualStep::Ended(end) => return end,
        _ => return VisualEnd::NoPhoto,
    }
    // Also when a host's function panics: no photo stays on the screen.
    let shown = Shown(staff);
    let photo = if shown.0.show(face) { face.photo() } else { &[] };
    let step = check.show(shown.0.now(), presence, photo);
    ask(session, check, shown.0, step)
}

/// Takes the photo off the screen when it is dropped.
struct Shown<'s>(&'s mut dyn Staff);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.hide();
    }
}

/// Asks what is to be answered of the photo that is on the screen.
fn ask<T: Transport>(
    session: &mut Session<'_, T>,
    check: &mut VisualCheck,
    staff: &mut dyn Staff,
    mut step: VisualStep,
) -> VisualEnd {
    loop {
        let VisualStep::Ask(question) = step else {
            return match step {
                VisualStep::Ended(end) => end,
                // Asked to show again, which cannot be: it was shown.
                _ => VisualEnd::NoPhoto,
            };
        };
        let reply = staff.ask(question);
        if !staff.card_is_there() {
            session.channel_mut().end_presence(ErrorKind::CardRemoved);
        }
        let (now, presence) = (staff.now(), session.channel().presence());
        step = match reply {
            Reply::Answer(answer) => check.answer(now, presence, question, answer),
            Reply::GaveUp => {
                check.cancel();
                VisualStep::Ended(VisualEnd::Cancelled)
            }
            Reply::Nothing => check.tick(now, presence),
        };
    }
}

type Look<'l, T> =
    &'l mut dyn FnMut(&mut Session<'_, T>, &Verified<CardFace<'_>>) -> Result<Person, Failure>;

/// What both methods share: card face, person, challenge, what comes after, join, end.
fn identify<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
    look: Look<'_, T>,
    afterwards: Afterwards<'_, T>,
) -> IdentificationReport<'b> {
    let mut progress = Progress::default();
    let mut result =
        run(session, identification, holder, &mut progress, memory.bytes(), look, afterwards);
    let Progress { mut attempt, was_read } = progress;
    // Once the code was right its counter is known, and nothing that comes after moves it.
    if let Err(failure) = &mut result
        && !was_read
    {
        let (reference, file) = (Reference::CardFaceNumberB, File::CARD_FACE);
        attempt.after_failure(session, failure, reference, file, &[]);
    }
    // The card face was opened, whatever came after it: clearing never selects it again, and JPKI
    // neither (`ClearStatus`). So it does not matter which of the two is selected now.
    let cleared = end_session(session, Application::CardFace);
    let (outcome, failure, identified, face) = match result {
        Ok((identified, face)) => (identified.outcome(), None, Some(identified), Some(face)),
        Err(failure) => (failure.outcome(), Some(failure), None, None),
    };
    let tries_left = attempt.tries_left;
    IdentificationReport { outcome, failure, tries_left, evidence: None, identified, face, cleared }
}

/// What is known so far.
#[derive(Default)]
struct Progress {
    attempt: Attempt,
    /// Was the code taken and the card face read?
    was_read: bool,
}

fn run<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    holder: &mut dyn Holder,
    progress: &mut Progress,
    memory: &'b mut [u8],
    look: Look<'_, T>,
    afterwards: Afterwards<'_, T>,
) -> Result<(Identified, Verified<CardFace<'b>>), Failure> {
    let began_in: Presence = session.channel().presence();
    let checks = RecordChecks::signature(identification.anchors);
    let read = read_card_face(session, Some(&checks), holder, &mut progress.attempt, memory)?;
    progress.was_read = true;
    // There is one: its signature was asked for.
    let face = read.verified.ok_or(Failure::Record(RecordError::BadSignature))?;
    let person = look(session, &face)?;
    let authentic = challenge(session, &identification.challenge, &face.card_key(), holder)?;
    let proof = afterwards(session)?;
    let now = session.channel().presence();
    let identified = Identified::join(person, &face, authentic, proof, began_in, now)?;
    Ok((identified, face))
}
