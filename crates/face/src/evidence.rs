//! What is left of a face check: the evidence of every decision, and the proof of a match. A
//! [`FaceMatch`] is made by [`FaceCheck`](crate::FaceCheck) and nowhere else, once.

use crate::decision::{AttackKind, DeviceFault, Liveness, Quality};
use crate::identity::MatcherIdentity;
use crate::instant::Instant;
use crate::scale::Threshold;
use core::fmt;
use kazasu_apdu::Presence;

/// What the policy made of a matcher's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Verdict {
    /// The device failed.
    DeviceFault(DeviceFault),
    /// At or above the threshold, and a bona fide presentation.
    Match,
    /// Below the threshold.
    NoMatch,
    /// Not good enough to be compared.
    Quality(Quality),
    /// A presentation attack is suspected.
    SuspectedAttack(AttackKind),
}

/// Who decided what, when, and by which numbers. No picture, nothing of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Evidence {
    /// The matcher, as its vendor names it.
    pub matcher: MatcherIdentity,
    /// When, on the caller's clock.
    pub at: Instant,
    /// The presence of the card.
    pub presence: Presence,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// The comparison score, if there was a comparison.
    pub score: Option<i32>,
    /// The PAD score, where a suspected attack came with one.
    pub pad_score: Option<i32>,
    /// The threshold, and in it the scale.
    pub threshold: Threshold,
    /// What the presentation attack detection found.
    pub liveness: Liveness,
    /// What the policy made of it.
    pub verdict: Verdict,
}

/// Proof that the face before the reader matched a photo, with liveness, in one card presence.
///
/// It says nothing about where the photo is from: whoever relies on it asks
/// [`FaceMatch::is_of_photo`] of a photo whose record was verified, and [`FaceMatch::holds_in`] of
/// the presence that there is now. It cannot be copied.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu_face::FaceMatch>();
/// ```
///
/// ```compile_fail,E0451
/// fn invented(other: kazasu_face::FaceMatch) -> kazasu_face::FaceMatch {
///     kazasu_face::FaceMatch { photo_sha256: [0; 32], ..other }
/// }
/// ```
#[derive(PartialEq, Eq)]
pub struct FaceMatch {
    evidence: Evidence,
    photo_sha256: [u8; 32],
}

impl FaceMatch {
    pub(crate) const fn new(evidence: Evidence, photo_sha256: [u8; 32]) -> Self {
        Self { evidence, photo_sha256 }
    }

    /// Who decided, when, and by which numbers.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Is the card presence still the one of the match? After a removal or a reset it is another.
    #[must_use]
    pub fn holds_in(&self, presence: Presence) -> bool {
        self.evidence.presence == presence
    }

    /// Was it this photo, by the SHA-256 digest of its bytes?
    #[must_use]
    pub fn is_of_photo(&self, sha256: &[u8; 32]) -> bool {
        self.photo_sha256 == *sha256
    }
}

impl fmt::Debug for FaceMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceMatch").field("evidence", &self.evidence).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for FaceMatch {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "FaceMatch({})", self.evidence);
    }
}
