//! Who looks at the person: a matcher, or a member of staff. Neither sees anything of a card face before
//! it was verified.

use crate::card_face::read_verified;
use crate::face_check_in::{Camera, Reply, Staff};
use crate::face_flow::Look;
use crate::face_identified::Person;
use crate::failure::Failure;
use crate::holder::Holder;
use crate::memory::Memory;
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Presence, Session, Transport};
use kazasu_face::{
    End, Evidence, FaceCheck, Matcher, Operator, PhotoKind, Policy, PolicyError, Purpose, Reason,
    Step, VisualCheck, VisualEnd, VisualPolicy, VisualStep,
};
use kazasu_pki::Hierarchy;
use kazasu_pki::cvc::CvcKey;
use kazasu_pki::records::{CardFace, RecordError, Verified};

/// A matcher and a camera.
pub(crate) struct ByFace<'a, 'b> {
    matcher: &'a mut dyn Matcher,
    policy: Policy,
    camera: &'a mut dyn Camera,
    /// Until the card face is read.
    memory: Option<&'b mut [u8]>,
    evidence: Option<Evidence>,
}

impl<'a, 'b> ByFace<'a, 'b> {
    pub(crate) fn new(
        matcher: &'a mut dyn Matcher,
        policy: Policy,
        camera: &'a mut dyn Camera,
        memory: &'b mut Memory<'_>,
    ) -> Self {
        Self { matcher, policy, camera, memory: Some(memory.bytes()), evidence: None }
    }

    /// That of the last decision.
    pub(crate) const fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }
}

impl<'b, T: Transport> Look<T> for ByFace<'_, 'b> {
    type Face = Verified<CardFace<'b>>;

    fn admit(&self, hierarchy: Hierarchy) -> Result<(), Failure> {
        admit(self.matcher, &self.policy, hierarchy)
    }

    fn read(
        &mut self,
        session: &mut Session<'_, T>,
        key: &CvcKey,
        holder: &mut dyn Holder,
    ) -> Result<Self::Face, Failure> {
        read_once(session, key, holder, &mut self.memory)
    }

    fn person(
        &mut self,
        session: &mut Session<'_, T>,
        face: &Self::Face,
    ) -> Result<Person, Failure> {
        let presence = session.channel().presence();
        let mut check =
            FaceCheck::begin(&mut *self.matcher, self.policy, presence, self.camera.now())
                .map_err(Failure::FacePolicy)?;
        // What is wrong with it ends the check, and is told by that.
        let photo = face.photo();
        let _ = check.begin_photo(photo.len()).and_then(|()| check.write_photo(photo));
        recognise(session, &mut check, self.camera, &mut self.evidence)
    }
}

/// What can be known of a matcher before a code is asked for.
pub(crate) fn admit(
    matcher: &dyn Matcher,
    policy: &Policy,
    hierarchy: Hierarchy,
) -> Result<(), Failure> {
    if matcher.identity().purpose() == Purpose::Demonstration && hierarchy != Hierarchy::Virtual {
        return Err(Failure::DemonstrationMatcher);
    }
    if matcher.scale() != policy.threshold().scale() {
        return Err(Failure::FacePolicy(PolicyError::Scale));
    }
    Ok(())
}

/// Reads the whole card face into memory that is there once.
fn read_once<'b, T: Transport>(
    session: &mut Session<'_, T>,
    key: &CvcKey,
    holder: &mut dyn Holder,
    memory: &mut Option<&'b mut [u8]>,
) -> Result<Verified<CardFace<'b>>, Failure> {
    // It is there: a flow reads once.
    let memory = memory.take().ok_or(Failure::Record(RecordError::AlreadyRefused))?;
    read_verified(session, key, holder, memory)
}

/// Runs a face check that has its photo to its end, and takes the match.
pub(crate) fn recognise<T: Transport>(
    session: &mut Session<'_, T>,
    check: &mut FaceCheck<'_>,
    camera: &mut dyn Camera,
    evidence: &mut Option<Evidence>,
) -> Result<Person, Failure> {
    let end = compare(session, check, camera);
    *evidence = check.evidence().copied();
    let (now, presence) = (camera.now(), session.channel().presence());
    match check.take_match(now, presence) {
        Some(matched) => Ok(Person::Face(matched)),
        None if end == End::Match => Err(Failure::Face(End::CardGone)),
        None => Err(Failure::Face(end)),
    }
}

/// Runs a face check that has its photo to its end.
fn compare<T: Transport>(
    session: &mut Session<'_, T>,
    check: &mut FaceCheck<'_>,
    camera: &mut dyn Camera,
) -> End {
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
        if let Some(evidence) = check.take_decision() {
            camera.decided(&evidence);
        }
        let captured = matches!(before, Step::Capture | Step::Prompt(_));
        is_asked_again = step == Step::Working || captured && step == Step::Capture;
    }
}

/// A member of staff with a screen.
pub(crate) struct ByStaff<'a, 'b> {
    /// Until it is under way: it is for one holder.
    check: Option<VisualCheck>,
    staff: &'a mut dyn Staff,
    /// Until the card face is read.
    memory: Option<&'b mut [u8]>,
}

impl<'a, 'b> ByStaff<'a, 'b> {
    /// Staff choose the visual check for the card that is there now.
    pub(crate) fn arm(
        policy: VisualPolicy,
        operator: Operator,
        reason: Reason,
        presence: Presence,
        staff: &'a mut dyn Staff,
        memory: &'b mut Memory<'_>,
    ) -> Self {
        let check = VisualCheck::arm(operator, reason, policy, presence, staff.now());
        Self { check: Some(check), staff, memory: Some(memory.bytes()) }
    }
}

impl<'b, T: Transport> Look<T> for ByStaff<'_, 'b> {
    type Face = Verified<CardFace<'b>>;

    fn admit(&self, _: Hierarchy) -> Result<(), Failure> {
        Ok(())
    }

    fn read(
        &mut self,
        session: &mut Session<'_, T>,
        key: &CvcKey,
        holder: &mut dyn Holder,
    ) -> Result<Self::Face, Failure> {
        read_once(session, key, holder, &mut self.memory)
    }

    fn person(
        &mut self,
        session: &mut Session<'_, T>,
        face: &Self::Face,
    ) -> Result<Person, Failure> {
        let mut check = self.check.take().ok_or(Failure::Visual(VisualEnd::Cancelled))?;
        let end = confirm(session, &mut check, self.staff, face);
        let (now, presence) = (self.staff.now(), session.channel().presence());
        match check.into_confirmation(now, presence) {
            Some(confirmation) => Ok(Person::Visual(confirmation)),
            None if end == VisualEnd::Confirmed => Err(Failure::Visual(VisualEnd::CardGone)),
            None => Err(Failure::Visual(end)),
        }
    }
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
    if PhotoKind::of(face.photo()).is_none() {
        return VisualEnd::NoPhoto;
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
