//! The face check: photo, attempts, end. A state machine without a camera, a clock or a screen; it
//! calls the matcher, counts, and never lets it decide more than a score and a liveness.

use crate::decision::{AttackKind, Decision, DeviceFault, Liveness, Quality};
use crate::evidence::{Evidence, FaceMatch, Verdict};
use crate::frame::Capture;
use crate::identity::MatcherIdentity;
use crate::instant::Instant;
use crate::matcher::{Matcher, Preparation};
use crate::photo::{self, Photo, PhotoKind, PhotoProblem};
use crate::policy::{Policy, PolicyError};
use core::fmt;
use kazasu_apdu::Presence;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// Calls at one moment of the clock after which the check ends itself: the clock stands still. While
/// it goes, the time alone ends it. So many that a clock of 16 ms goes on before, also where the host
/// does not wait between two calls.
const MOST_CALLS: u32 = 1_000_000;

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Step {
    /// Give the next capture to [`FaceCheck::capture`]. When a capture was answered by this, the
    /// matcher wants more: the next frame, or the same native capture when it had time to look.
    Capture,
    /// It has ended, and stays so.
    Ended(End),
    /// Below the threshold. Tell the holder (never "you are not you"), then [`FaceCheck::retry`].
    NoMatch {
        /// Attempts that are left, at least 1.
        attempts_left: u8,
    },
    /// Tell the holder, and give the next capture. No attempt was used.
    Prompt(Quality),
    /// The photo is not ready yet: [`FaceCheck::prepare`] again. Wait a little before; the matcher
    /// does not.
    Working,
}

/// How a face check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum End {
    /// The holder or staff gave up.
    Cancelled,
    /// The card left or was reset: what was found belongs to nobody any more.
    CardGone,
    /// No picture was good enough in the prompts or the time that there are. Offer the PIN or staff.
    CouldNotCapture(CaptureLimit),
    /// The device failed. Not the holder's fault, and not the card's.
    DeviceFault(DeviceFault),
    /// Match and liveness: [`FaceCheck::into_match`] has the proof.
    Match,
    /// No attempt is left. Offer the PIN or the visual check.
    NoMatch,
    /// The photo cannot be compared with anything.
    Photo(PhotoProblem),
    /// An attack is suspected: staff must look. Never tried again by itself.
    SuspectedAttack(AttackKind),
}

/// Which bound ended the search for a good picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CaptureLimit {
    /// So many prompts were given; the last problem.
    Prompts(Quality),
    /// The time is over; the last problem, if there was one.
    Time(Option<Quality>),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("cancelled"),
            Self::CardGone => f.write_str("the card left during the face check; place it again"),
            Self::CouldNotCapture(_) => f.write_str(
                "no picture of the face was good enough; use the PIN or the visual check",
            ),
            Self::DeviceFault(fault) => fault.fmt(f),
            Self::Match => f.write_str("the face matches the photo"),
            Self::NoMatch => f.write_str(
                "the face could not be matched with the photo; use the PIN or the visual check",
            ),
            Self::Photo(problem) => problem.fmt(f),
            Self::SuspectedAttack(_) => {
                f.write_str("the face check was stopped; staff must look at the holder")
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the photo.
    NoPhoto,
    /// In the photo: bytes that are still to come.
    Photo {
        left: usize,
    },
    /// The photo is there, and nobody looked at it yet.
    Loaded,
    /// The matcher makes it ready.
    Preparing,
    /// In an attempt.
    Attempt,
    /// Between two attempts.
    Between,
    Ended(End),
}

/// One face check of one holder in one card presence.
///
/// Give the photo ([`FaceCheck::photo`], or [`FaceCheck::begin_photo`] and [`FaceCheck::write_photo`]
/// in pieces), then [`FaceCheck::prepare`] until captures are wanted, then [`FaceCheck::capture`].
/// Every call takes the time and the card presence that there is now; a presence other than the one
/// it began in ends it, also after a match. What the matcher holds is forgotten when it is dropped.
pub struct FaceCheck<'m> {
    matcher: &'m mut dyn Matcher,
    identity: MatcherIdentity,
    policy: Policy,
    presence: Presence,
    /// When the current phase began, and the latest time that was seen.
    since: Instant,
    latest: Instant,
    state: State,
    /// The first bytes of the photo, until its type is told.
    magic: [u8; PhotoKind::MAGIC_LENGTH],
    magic_length: usize,
    length: usize,
    hash: Sha256,
    photo_sha256: [u8; 32],
    attempt: u8,
    prompts: u16,
    /// The last problem, and when the last prompt was counted.
    prompted: Option<(Quality, Instant)>,
    /// Calls since the clock went on.
    calls: u32,
    evidence: Option<Evidence>,
    /// Is there a decision that nobody asked for yet?
    is_new: bool,
    proof: Option<FaceMatch>,
}

impl<'m> FaceCheck<'m> {
    /// Begins a check in this card presence.
    ///
    /// # Errors
    /// [`PolicyError::Scale`] when the threshold was chosen for another scale than the matcher's.
    pub fn begin(
        matcher: &'m mut dyn Matcher,
        policy: Policy,
        presence: Presence,
        now: Instant,
    ) -> Result<Self, PolicyError> {
        if matcher.scale() != policy.threshold.scale() {
            return Err(PolicyError::Scale);
        }
        // Whatever an earlier check left behind.
        matcher.forget();
        Ok(Self {
            identity: matcher.identity(),
            matcher,
            policy,
            presence,
            since: now,
            latest: now,
            state: State::NoPhoto,
            magic: [0; PhotoKind::MAGIC_LENGTH],
            magic_length: 0,
            length: 0,
            hash: Sha256::new(),
            photo_sha256: [0; 32],
            attempt: 0,
            prompts: 0,
            prompted: None,
            calls: 0,
            evidence: None,
            is_new: false,
            proof: None,
        })
    }

    /// The photo, whole.
    ///
    /// # Errors
    /// [`PhotoProblem`], with which the check has ended.
    pub fn photo(&mut self, photo: &Photo<'_>) -> Result<(), PhotoProblem> {
        self.begin_photo(photo.bytes().len())?;
        self.write_photo(photo.bytes())
    }

    /// A photo of `length` bytes follows in pieces.
    ///
    /// # Errors
    /// [`PhotoProblem`], with which the check has ended.
    pub fn begin_photo(&mut self, length: usize) -> Result<(), PhotoProblem> {
        if self.state != State::NoPhoto {
            return Err(self.refuse(PhotoProblem::Malformed));
        }
        if length == 0 {
            return Err(self.refuse(PhotoProblem::Empty));
        }
        self.length = length;
        self.state = State::Photo { left: length };
        Ok(())
    }

    /// The next bytes of the photo, in order, in pieces of any size.
    ///
    /// # Errors
    /// [`PhotoProblem`], with which the check has ended.
    pub fn write_photo(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        let State::Photo { left } = self.state else {
            return Err(self.refuse(PhotoProblem::Malformed));
        };
        let Some(left) = left.checked_sub(piece.len()) else {
            return Err(self.refuse(PhotoProblem::Malformed));
        };
        self.hash.update(piece);
        if let Err(problem) = self.pass_on(piece, left == 0) {
            return Err(self.refuse(problem));
        }
        if left == 0 {
            self.photo_sha256 = self.hash.finalize_reset().into();
            self.wipe();
            self.state = State::Loaded;
        } else {
            self.state = State::Photo { left };
        }
        Ok(())
    }

    /// Gives a piece to the matcher; the first bytes only when they tell the type.
    fn pass_on(&mut self, piece: &[u8], last: bool) -> Result<(), PhotoProblem> {
        let most = self.magic.len().min(self.length);
        let missing = most.saturating_sub(self.magic_length);
        if missing == 0 {
            return self.matcher.write(piece);
        }
        let (first, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
        let room = self.magic.iter_mut().skip(self.magic_length);
        for (to, from) in room.zip(first) {
            *to = *from;
        }
        self.magic_length = self.magic_length.saturating_add(first.len());
        if self.magic_length < most && !last {
            return Ok(());
        }
        let magic = self.magic.get(..self.magic_length).unwrap_or_default();
        let kind = PhotoKind::of(magic).ok_or(PhotoProblem::UnknownKind)?;
        self.matcher.begin(kind, self.length)?;
        self.matcher.write(magic)?;
        self.magic.zeroize();
        if rest.is_empty() { Ok(()) } else { self.matcher.write(rest) }
    }

    fn refuse(&mut self, problem: PhotoProblem) -> PhotoProblem {
        self.end(End::Photo(problem));
        problem
    }

    /// Makes the photo ready; again while it says [`Step::Working`]. The first attempt begins when it
    /// says [`Step::Capture`]. The time that the policy gives the matcher begins with the first call.
    pub fn prepare(&mut self, now: Instant, presence: Presence) -> Step {
        if self.state == State::Loaded {
            // How long the card took to give the photo is no fault of the matcher.
            self.since = now;
            self.state = State::Preparing;
        }
        if let Some(step) = self.look(now, presence) {
            return step;
        }
        match self.state {
            State::Preparing => {}
            State::Attempt => return Step::Capture,
            _ => return self.end(End::Photo(PhotoProblem::Empty)),
        }
        match self.matcher.prepare() {
            Preparation::Fault(fault) => self.end(End::DeviceFault(fault)),
            Preparation::Ready => {
                self.since = now;
                self.begin_attempt()
            }
            Preparation::Refused(problem) => self.end(End::Photo(problem)),
            Preparation::Working => Step::Working,
        }
    }

    /// Gives a capture to the matcher.
    pub fn capture(&mut self, now: Instant, presence: Presence, capture: Capture<'_>) -> Step {
        if let Some(step) = self.look(now, presence) {
            return step;
        }
        match self.state {
            State::Attempt => {}
            State::Between => return Step::NoMatch { attempts_left: self.attempts_left() },
            _ => return self.end(End::DeviceFault(DeviceFault::NotPrepared)),
        }
        match self.matcher.compare(capture) {
            Decision::Compared { score, liveness } => self.judge(now, score, liveness),
            Decision::DeviceFault(fault) => {
                self.note(now, Verdict::DeviceFault(fault));
                self.end(End::DeviceFault(fault))
            }
            Decision::More => Step::Capture,
            Decision::Quality(quality) => self.prompt(now, quality),
            Decision::SuspectedAttack { kind, pad_score } => {
                self.note(now, Verdict::SuspectedAttack(kind)).pad_score = pad_score;
                self.end(End::SuspectedAttack(kind))
            }
        }
    }

    /// The next attempt, when the holder was told after [`Step::NoMatch`].
    pub fn retry(&mut self, now: Instant, presence: Presence) -> Step {
        if let Some(step) = self.look(now, presence) {
            return step;
        }
        match self.state {
            State::Between => self.begin_attempt(),
            State::Attempt => Step::Capture,
            _ => self.end(End::DeviceFault(DeviceFault::NotPrepared)),
        }
    }

    /// Looks at the clock and the card while no capture comes. Says what was said before, or how it
    /// ended.
    pub fn tick(&mut self, now: Instant, presence: Presence) -> Step {
        if let Some(step) = self.look(now, presence) {
            return step;
        }
        match self.state {
            State::Between => Step::NoMatch { attempts_left: self.attempts_left() },
            State::Attempt => Step::Capture,
            _ => Step::Working,
        }
    }

    /// Somebody gave up. A match that was there is none any more.
    pub fn cancel(&mut self) {
        self.proof = None;
        self.end(End::Cancelled);
    }

    /// How it ended, if it has.
    #[must_use]
    pub const fn ended(&self) -> Option<End> {
        match self.state {
            State::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The evidence of the last decision.
    #[must_use]
    pub const fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// The evidence of the last decision, once: `None` when there was none since this was asked before.
    pub fn take_decision(&mut self) -> Option<Evidence> {
        core::mem::take(&mut self.is_new).then_some(self.evidence).flatten()
    }

    /// The proof, when it ended in [`End::Match`] and the card is still there.
    #[must_use]
    pub fn into_match(mut self, now: Instant, presence: Presence) -> Option<FaceMatch> {
        self.take_match(now, presence)
    }

    /// As [`FaceCheck::into_match`], once, for whoever cannot move the check.
    pub fn take_match(&mut self, now: Instant, presence: Presence) -> Option<FaceMatch> {
        self.look(now, presence);
        self.proof.take()
    }

    /// What ends every state: the card, the clock, the time, the number of calls at one moment.
    fn look(&mut self, now: Instant, presence: Presence) -> Option<Step> {
        let ended = matches!(self.state, State::Ended(_));
        if presence != self.presence && !(ended && self.proof.is_none()) {
            self.proof = None;
            return Some(self.end(End::CardGone));
        }
        if let State::Ended(end) = self.state {
            return Some(Step::Ended(end));
        }
        if now < self.latest {
            return Some(self.end(End::DeviceFault(DeviceFault::Clock)));
        }
        self.calls = if now == self.latest { self.calls.saturating_add(1) } else { 0 };
        self.latest = now;
        let over = now.since(self.since) >= u64::from(self.policy.limit_millis);
        if !over && self.calls < MOST_CALLS {
            return None;
        }
        Some(match self.state {
            State::Attempt | State::Between if over => {
                let last = self.prompted.map(|(quality, _)| quality);
                self.end(End::CouldNotCapture(CaptureLimit::Time(last)))
            }
            _ => self.end(End::DeviceFault(DeviceFault::Stuck)),
        })
    }

    fn begin_attempt(&mut self) -> Step {
        self.attempt = self.attempt.saturating_add(1);
        self.matcher.start();
        self.state = State::Attempt;
        Step::Capture
    }

    /// Overwrites what is left of the photo here: its first bytes, and the block that the hash
    /// function still holds.
    fn wipe(&mut self) {
        self.magic.zeroize();
        photo::wipe(&mut self.hash);
    }

    const fn attempts_left(&self) -> u8 {
        self.policy.attempts.saturating_sub(self.attempt)
    }

    fn judge(&mut self, now: Instant, score: i32, liveness: Liveness) -> Step {
        let threshold = self.policy.threshold;
        // An attack with any score, also one that stands for none.
        let verdict = if liveness == Liveness::Failed {
            Verdict::SuspectedAttack(AttackKind::Unspecified)
        } else if !threshold.scale().contains(score) {
            Verdict::DeviceFault(DeviceFault::ScoreOutOfScale)
        } else if !threshold.is_met_by(score) {
            Verdict::NoMatch
        } else if liveness == Liveness::Passed {
            Verdict::Match
        } else {
            Verdict::DeviceFault(DeviceFault::LivenessNotChecked)
        };
        let evidence = self.note(now, verdict);
        evidence.score = Some(score);
        evidence.liveness = liveness;
        let evidence = *evidence;
        match verdict {
            Verdict::Match => {
                self.proof = Some(FaceMatch::new(evidence, self.photo_sha256));
                self.end(End::Match)
            }
            Verdict::NoMatch if self.attempts_left() == 0 => self.end(End::NoMatch),
            Verdict::SuspectedAttack(kind) => self.end(End::SuspectedAttack(kind)),
            Verdict::DeviceFault(fault) => self.end(End::DeviceFault(fault)),
            _ => {
                self.state = State::Between;
                Step::NoMatch { attempts_left: self.attempts_left() }
            }
        }
    }

    fn prompt(&mut self, now: Instant, quality: Quality) -> Step {
        self.note(now, Verdict::Quality(quality));
        let counted =
            self.prompted.filter(|(_, at)| now.since(*at) < u64::from(self.policy.prompt_millis));
        self.prompted = Some((quality, counted.map_or(now, |(_, at)| at)));
        if counted.is_none() {
            self.prompts = self.prompts.saturating_add(1);
            if self.prompts > self.policy.prompts {
                return self.end(End::CouldNotCapture(CaptureLimit::Prompts(quality)));
            }
        }
        Step::Prompt(quality)
    }

    fn note(&mut self, now: Instant, verdict: Verdict) -> &mut Evidence {
        self.is_new = true;
        self.evidence.insert(Evidence {
            matcher: self.identity,
            at: now,
            presence: self.presence,
            attempt: self.attempt,
            score: None,
            pad_score: None,
            threshold: self.policy.threshold,
            liveness: Liveness::NotChecked,
            verdict,
        })
    }

    /// Ends, unless it has: the first end counts, but that a match does not outlive its card.
    fn end(&mut self, end: End) -> Step {
        let end = match (self.state, end) {
            (State::Ended(End::Match), End::CardGone | End::Cancelled) => end,
            (State::Ended(first), _) => first,
            _ => end,
        };
        self.state = State::Ended(end);
        self.wipe();
        self.matcher.forget();
        Step::Ended(end)
    }
}

impl Drop for FaceCheck<'_> {
    fn drop(&mut self) {
        self.matcher.forget();
        self.wipe();
    }
}

impl fmt::Debug for FaceCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceCheck")
            .field("matcher", &self.identity)
            .field("policy", &self.policy)
            .field("presence", &self.presence)
            .field("state", &self.state)
            .field("attempt", &self.attempt)
            .field("evidence", &self.evidence)
            .finish_non_exhaustive()
    }
}
