//! The visual check (目視確認): staff look at the holder, at the photo of the chip and at the printed
//! face, and say so twice. One patient only: it is used up by its end, and nothing keeps the mode on.

use crate::instant::Instant;
use crate::photo::photo_sha256;
use crate::text::{Operator, Reason};
use core::fmt;
use kazasu_apdu::Presence;

/// The bounds of a visual check. Defaults of this project; the official passcode for it is not public
/// (`docs/card-facts.md` §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VisualPolicy {
    /// Milliseconds from arming it to the photo.
    pub armed_millis: u32,
    /// Milliseconds from the photo to the second confirmation.
    pub decision_millis: u32,
}

impl Default for VisualPolicy {
    fn default() -> Self {
        Self { armed_millis: 120_000, decision_millis: 60_000 }
    }
}

/// What staff are asked. Both must be answered, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Question {
    /// Is the photo of the chip the person who stands there?
    PhotoIsPerson,
    /// Is the photo of the chip the face that is printed on the card?
    PhotoIsPrintedFace,
}

/// What staff answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// No, or not sure.
    No,
    /// Yes.
    Yes,
}

/// What comes next in a visual check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VisualStep {
    /// This question is open.
    Ask(Question),
    /// It has ended, and stays so.
    Ended(VisualEnd),
    /// The photo is to be read and shown.
    Show,
}

/// How a visual check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VisualEnd {
    /// Somebody gave up.
    Cancelled,
    /// The card left or was reset.
    CardGone,
    /// The caller's clock went back.
    Clock,
    /// Both questions were answered with yes.
    Confirmed,
    /// There was no photo to show.
    NoPhoto,
    /// This question was answered with no.
    Refused(Question),
    /// Nobody answered in time.
    TimedOut,
}

impl fmt::Display for VisualEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the visual check was cancelled",
            Self::CardGone => "the card left during the visual check; begin again",
            Self::Clock => "the clock went back during the visual check; begin again",
            Self::Confirmed => "staff confirmed the holder",
            Self::NoPhoto => "there is no photo to look at; read the card again",
            Self::Refused(_) => "staff did not confirm the holder",
            Self::TimedOut => "nobody answered in time; begin the visual check again",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Armed,
    Shown { person: bool, printed: bool },
    Ended(VisualEnd),
}

/// One visual check of one holder by one member of staff.
///
/// [`VisualCheck::arm`] when staff choose it, [`VisualCheck::show`] when the photo is on the screen,
/// [`VisualCheck::answer`] for each of the two questions, [`VisualCheck::into_confirmation`] at the
/// end. The next patient needs a new one.
pub struct VisualCheck {
    operator: Operator,
    reason: Reason,
    policy: VisualPolicy,
    presence: Presence,
    since: Instant,
    latest: Instant,
    photo_sha256: [u8; 32],
    state: State,
}

impl VisualCheck {
    /// Staff choose the visual check for the card that is there now.
    #[must_use]
    pub const fn arm(
        operator: Operator,
        reason: Reason,
        policy: VisualPolicy,
        presence: Presence,
        now: Instant,
    ) -> Self {
        Self {
            operator,
            reason,
            policy,
            presence,
            since: now,
            latest: now,
            photo_sha256: [0; 32],
            state: State::Armed,
        }
    }

    /// These bytes of the chip's photo are on the screen, beside the place for the card.
    pub fn show(&mut self, now: Instant, presence: Presence, photo: &[u8]) -> VisualStep {
        self.show_digest(now, presence, (!photo.is_empty()).then(|| photo_sha256(photo)))
    }

    /// The same where the photo passed in pieces: the SHA-256 digest of its bytes.
    pub fn show_streamed(
        &mut self,
        now: Instant,
        presence: Presence,
        sha256: &[u8; 32],
    ) -> VisualStep {
        self.show_digest(now, presence, Some(*sha256))
    }

    fn show_digest(
        &mut self,
        now: Instant,
        presence: Presence,
        sha256: Option<[u8; 32]>,
    ) -> VisualStep {
        let step = self.tick(now, presence);
        if step != VisualStep::Show {
            return step;
        }
        let Some(sha256) = sha256 else {
            return self.end(VisualEnd::NoPhoto);
        };
        self.photo_sha256 = sha256;
        self.since = now;
        self.state = State::Shown { person: false, printed: false };
        VisualStep::Ask(Question::PhotoIsPerson)
    }

    /// Staff answer one question. A yes to one is no answer to the other; a no ends it.
    pub fn answer(
        &mut self,
        now: Instant,
        presence: Presence,
        question: Question,
        answer: Answer,
    ) -> VisualStep {
        let step = self.tick(now, presence);
        let State::Shown { person, printed } = self.state else {
            return step;
        };
        if answer == Answer::No {
            return self.end(VisualEnd::Refused(question));
        }
        let person = person || question == Question::PhotoIsPerson;
        let printed = printed || question == Question::PhotoIsPrintedFace;
        self.state = State::Shown { person, printed };
        match (person, printed) {
            (false, _) => VisualStep::Ask(Question::PhotoIsPerson),
            (_, false) => VisualStep::Ask(Question::PhotoIsPrintedFace),
            _ => self.end(VisualEnd::Confirmed),
        }
    }

    /// Looks at the clock and the card while nobody answers.
    pub fn tick(&mut self, now: Instant, presence: Presence) -> VisualStep {
        let ended = match self.state {
            State::Ended(end) => Some(end),
            _ => None,
        };
        if presence != self.presence && matches!(ended, None | Some(VisualEnd::Confirmed)) {
            return self.end(VisualEnd::CardGone);
        }
        if let Some(end) = ended {
            return VisualStep::Ended(end);
        }
        if now < self.latest {
            return self.end(VisualEnd::Clock);
        }
        self.latest = now;
        let limit = match self.state {
            State::Armed => self.policy.armed_millis,
            _ => self.policy.decision_millis,
        };
        if now.since(self.since) >= u64::from(limit) {
            return self.end(VisualEnd::TimedOut);
        }
        match self.state {
            State::Armed => VisualStep::Show,
            State::Shown { person: false, .. } => VisualStep::Ask(Question::PhotoIsPerson),
            State::Shown { .. } => VisualStep::Ask(Question::PhotoIsPrintedFace),
            State::Ended(end) => VisualStep::Ended(end),
        }
    }

    /// Somebody gave up. What was confirmed counts no more.
    pub fn cancel(&mut self) {
        self.end(VisualEnd::Cancelled);
    }

    /// How it ended, if it has.
    #[must_use]
    pub const fn ended(&self) -> Option<VisualEnd> {
        match self.state {
            State::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The confirmation, when it ended in [`VisualEnd::Confirmed`] and the card is still there.
    #[must_use]
    pub fn into_confirmation(
        mut self,
        now: Instant,
        presence: Presence,
    ) -> Option<VisualConfirmation> {
        let confirmed = self.tick(now, presence) == VisualStep::Ended(VisualEnd::Confirmed);
        confirmed.then_some(VisualConfirmation {
            operator: self.operator,
            reason: self.reason,
            at: self.latest,
            presence: self.presence,
            photo_sha256: self.photo_sha256,
        })
    }

    fn end(&mut self, end: VisualEnd) -> VisualStep {
        self.state = State::Ended(end);
        VisualStep::Ended(end)
    }
}

impl fmt::Debug for VisualCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisualCheck")
            .field("policy", &self.policy)
            .field("presence", &self.presence)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Proof that a member of staff confirmed the holder twice, in one card presence.
///
/// As a [`FaceMatch`](crate::FaceMatch) it says nothing about where the photo is from.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu_face::VisualConfirmation>();
/// ```
pub struct VisualConfirmation {
    operator: Operator,
    reason: Reason,
    at: Instant,
    presence: Presence,
    photo_sha256: [u8; 32],
}

impl VisualConfirmation {
    /// Who of the staff.
    #[must_use]
    pub const fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Why the visual check was chosen.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.reason
    }

    /// When the second answer was given, on the caller's clock.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// Is the card presence still the one of the confirmation?
    #[must_use]
    pub fn holds_in(&self, presence: Presence) -> bool {
        self.presence == presence
    }

    /// Was it this photo, by the SHA-256 digest of its bytes?
    #[must_use]
    pub fn is_of_photo(&self, sha256: &[u8; 32]) -> bool {
        self.photo_sha256 == *sha256
    }
}

impl fmt::Debug for VisualConfirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisualConfirmation")
            .field("at", &self.at)
            .field("presence", &self.presence)
            .finish_non_exhaustive()
    }
}
