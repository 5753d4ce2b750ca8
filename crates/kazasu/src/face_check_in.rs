//! The check-in by face (顔認証) and by visual check (目視確認): card face, person, challenge, in one card
//! presence. No PIN is asked for, and looking at a face touches no counter on the card.
//!
//! The challenge comes last, so that it also says that the card was there until the person was known.
//! The flow never draws, waits or reads a clock; camera, screen and staff are traits. While a matcher
//! works the host waits, in [`Camera::wait`].

use crate::end::Cleared;
use crate::face_flow::{Afterwards, identify};
use crate::face_identified::Identified;
use crate::face_look::{ByFace, ByStaff};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::memory::Memory;
use crate::nonce::Nonce;
use crate::outcome::Outcome;
use kazasu_apdu::{Session, Transport};
use kazasu_face::{
    Answer, Capture, Evidence, Instant, Matcher, Operator, Policy, Question, Reason, Step,
    VisualPolicy,
};
use kazasu_pki::cvc::CvcAnchors;
use kazasu_pki::records::{CardFace, Verified};
use kazasu_pki::sha256;

/// Camera, clock and screen, as the flow meets them.
pub trait Camera {
    /// Now, on the clock of the evidence.
    fn now(&mut self) -> Instant;

    /// The next capture; `None` when the holder or staff gave up. It may wait for a frame.
    fn capture(&mut self) -> Option<Capture<'_>>;

    /// Tells the holder: a prompt, or after [`Step::NoMatch`] that it is tried again.
    fn tell(&mut self, step: Step);

    /// The evidence of a decision, each one as it is made, also of those that were followed by
    /// others. The last one is in the report too.
    fn decided(&mut self, evidence: &Evidence) {
        let _ = evidence;
    }

    /// The matcher is at work and is asked again when this returns: on the photo
    /// ([`Step::Working`]), or it wants more captures ([`Step::Capture`]). The place to sleep some
    /// milliseconds or until an interrupt, where [`Camera::capture`] does not: what returns at once
    /// makes a loop in which the processor never rests. `false` when the holder or staff gave up.
    fn wait(&mut self, step: Step) -> bool;

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
    /// cannot be shown: then nothing is confirmed. Not called when the card left, when the time from
    /// arming to the photo is over, or when the photo is of no kind that is known.
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
    pub(crate) anchors: &'a CvcAnchors<'a>,
    pub(crate) challenge: [u8; 32],
}

impl<'a> Identification<'a> {
    /// Records of these authorities, and the card's answer to this nonce.
    #[must_use]
    pub fn new(anchors: &'a CvcAnchors<'a>, nonce: Nonce) -> Self {
        Self { anchors, challenge: sha256(nonce.as_bytes()) }
    }
}

/// How an identification ended, with the card face as it was read. `Debug` prints nothing of the holder.
#[derive(Debug)]
#[non_exhaustive]
pub struct IdentificationReport<F> {
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
    /// The card face: there exactly when the outcome is verified.
    pub face: Option<F>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Identifies the holder by face, and ends the session.
///
/// Reads the card face with 照合番号B, which `holder` is asked for, and verifies it; lets `matcher` compare
/// its photo with what `camera` brings, by `policy`; then asks the card for its answer to a fresh
/// challenge. Verified means all of that, in one card presence. The certificate for user
/// authentication is not proven by it.
///
/// A matcher for demonstrations is taken with virtual cards only, and refused before a code is asked
/// for. `memory` is that of [`crate::card_face`].
pub fn check_in_by_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: Policy,
    holder: &mut dyn Holder,
    matcher: &mut dyn Matcher,
    camera: &mut dyn Camera,
    memory: &'b mut Memory<'_>,
) -> IdentificationReport<Verified<CardFace<'b>>> {
    let look = ByFace::new(matcher, policy, camera, memory);
    by_face(session, &identification, holder, look, None)
}

pub(crate) fn by_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    holder: &mut dyn Holder,
    mut look: ByFace<'_, 'b>,
    afterwards: Option<&mut dyn Afterwards<T>>,
) -> IdentificationReport<Verified<CardFace<'b>>> {
    let report = identify(session, identification, holder, &mut look, afterwards);
    IdentificationReport { evidence: look.evidence(), ..report }
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
) -> IdentificationReport<Verified<CardFace<'b>>> {
    let presence = session.channel().presence();
    let mut look = ByStaff::arm(policy, operator, reason, presence, staff, memory);
    identify(session, &identification, holder, &mut look, None)
}
