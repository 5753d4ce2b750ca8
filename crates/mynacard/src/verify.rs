//! VERIFY, guarded: one attempt, never repeated, the last try never without the holder's word.
//!
//! After a wrong or broken attempt the counter is read again, because the counter and not the
//! answer is the truth; that happens in the same card presence only.

use crate::counter::{Addressing, Counter, Reference, Tries, counter_of, send_query};
use crate::secret::Secret;
use core::fmt;
use kazasu_apdu::{Command, Event, Fault, Outgoing, PinPadEnd, Presence, Procedure, Status, Step};

/// Wrong access codes after which a session takes no more of them. A machine that misreads a card, or
/// somebody who guesses, must not get at the reserve.
pub const WRONG_CODES_MAX: u8 = 2;

/// May the last try be used?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LastTry {
    /// No.
    #[default]
    Keep,
    /// Yes: the holder was told that it is the last, or in an access code's reserve, and confirmed.
    HolderConfirmed,
}

/// Evidence that the card took a PIN or password, in one card presence. Only [`Verify`] makes it.
///
/// ```compile_fail,E0451
/// use kazasu_mynacard::{Reference, Verified};
///
/// fn invented(other: Verified) -> Verified {
///     Verified { reference: Reference::Auth, ..other }
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu_mynacard::Verified>();
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    reference: Reference,
    presence: Presence,
}

impl Verified {
    /// What was verified.
    #[must_use]
    pub const fn reference(&self) -> Reference {
        self.reference
    }

    /// In which presence.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.presence
    }
}

/// Why the outcome of an attempt is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Cause {
    /// The card's answer contradicts its counter, or is no answer to VERIFY.
    Answered(Status),
    /// The exchange broke.
    Failed(Fault),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "the card answered {status:?}"),
            Self::Failed(fault) => fault.fmt(f),
        }
    }
}

/// How an attempt ended, when not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum VerifyError {
    /// No tries left. This attempt was not sent, or did not use the last one.
    Blocked,
    /// The tries were read in a presence that has ended. No try was used.
    EvidenceExpired,
    /// It would use the last try ([`Reference::reserve`]: of an access code one of the last two) and
    /// nobody confirmed. No try was used.
    LastTryRefused {
        /// Tries left.
        left: u8,
    },
    /// No PIN was typed at the reader's PIN pad, and the counter stands where it stood. No try was
    /// used.
    NotEntered {
        /// Why not.
        end: PinPadEnd,
        /// Tries left.
        left: u8,
    },
    /// The command was not sent. No try was used.
    NotSent(Fault),
    /// Whether the card took the attempt is not known; it is never repeated.
    OutcomeUnknown {
        /// Tries left, when the counter could be read again in the same presence.
        left: Option<u8>,
        /// What happened.
        cause: Cause,
    },
    /// Two access codes ([`WRONG_CODES_MAX`]) were wrong in this session, and it takes no more. No try
    /// was used. [`kazasu_apdu::Channel::begin_session`] ends that.
    SessionStopped {
        /// Tries left.
        left: u8,
    },
    /// Wrong. One try was used.
    Wrong {
        /// Tries left.
        left: u8,
    },
    /// Wrong, and it used the last try: none are left.
    WrongAndBlocked,
    /// A PIN was given for a password, or any secret for another kind. No try was used.
    WrongKind,
}

impl VerifyError {
    /// Tries left, when known.
    #[must_use]
    pub const fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Blocked | Self::WrongAndBlocked => Some(0),
            Self::LastTryRefused { left }
            | Self::NotEntered { left, .. }
            | Self::SessionStopped { left }
            | Self::Wrong { left } => Some(*left),
            Self::OutcomeUnknown { left, .. } => *left,
            Self::EvidenceExpired | Self::NotSent(_) | Self::WrongKind => None,
        }
    }

    const fn may_have_used_a_try(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. } | Self::Wrong { .. } | Self::WrongAndBlocked)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked => f.write_str(
                "no tries are left; the holder resets the PIN at the municipality or with the \
                 official app and a convenience store kiosk",
            ),
            Self::EvidenceExpired => f.write_str(
                "the card left or was reset after its tries were read; no try was used, start again",
            ),
            Self::LastTryRefused { left: 1 } => f.write_str(
                "1 try is left and the holder has not confirmed to use it; no try was used",
            ),
            Self::LastTryRefused { left } => write!(
                f,
                "{left} tries are left, the holder's reserve, and the holder has not confirmed to use \
                 one; no try was used"
            ),
            Self::NotEntered { end, left } => {
                write!(f, "no PIN was presented and no try was used, {left} left: {end}")
            }
            Self::NotSent(fault) => write!(f, "nothing was sent and no try was used: {fault}"),
            Self::OutcomeUnknown { left: Some(left), cause } => {
                write!(f, "outcome unknown, {left} left: {cause}")
            }
            Self::OutcomeUnknown { left: None, cause } => {
                write!(f, "outcome unknown, tries left unknown: {cause}")
            }
            Self::SessionStopped { left } => write!(
                f,
                "{WRONG_CODES_MAX} access codes were wrong in this session and it takes no more; no \
                 try was used, {left} left; compare the codes with the card and begin again"
            ),
            Self::Wrong { left } => write!(
                f,
                "what was given is wrong, {left} tries left; compare it before another is used"
            ),
            Self::WrongAndBlocked => f.write_str(
                "wrong, and that was the last try: none are left; the holder resets the PIN at the \
                 municipality or with the official app and a convenience store kiosk",
            ),
            Self::WrongKind => {
                f.write_str("a secret of another kind was given than this one; no try was used")
            }
        }
    }
}

impl core::error::Error for VerifyError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Verify,
    /// Reading the counter again after this happened.
    Confirm(Cause),
}

/// Presents a PIN or password once.
///
/// Consumes the [`Tries`]: a second attempt needs the counter read again.
#[allow(missing_debug_implementations, reason = "holds a secret")]
pub struct Verify<'s> {
    reference: Reference,
    before: Counter,
    presence: Presence,
    addressing: Addressing,
    secret: Secret<'s>,
    last_try: LastTry,
    state: State,
}

impl<'s> Verify<'s> {
    /// Presents `secret` for the reference whose tries were read.
    pub fn new(tries: Tries, secret: impl Into<Secret<'s>>, last_try: LastTry) -> Self {
        let Tries { reference, counter, presence, addressing } = tries;
        Self {
            reference,
            before: counter,
            presence,
            addressing,
            secret: secret.into(),
            last_try,
            state: State::Verify,
        }
    }

    /// What speaks against sending the command.
    fn objection(&self, outgoing: &Outgoing<'_>) -> Option<VerifyError> {
        if !self.secret.fits(self.reference) {
            return Some(VerifyError::WrongKind);
        }
        if outgoing.presence() != self.presence {
            return Some(VerifyError::EvidenceExpired);
        }
        if self.reference.is_access_code() && outgoing.wrong_codes() >= WRONG_CODES_MAX {
            return Some(VerifyError::SessionStopped { left: self.before.left() });
        }
        match self.before {
            Counter::Blocked | Counter::Left(0) => Some(VerifyError::Blocked),
            Counter::Left(left)
                if left <= self.reference.reserve() && self.last_try == LastTry::Keep =>
            {
                Some(VerifyError::LastTryRefused { left })
            }
            Counter::Left(_) => None,
        }
    }

    /// None are left after an attempt: was this the one that used the last?
    fn blocked(&self) -> VerifyError {
        match self.before {
            Counter::Left(1) => VerifyError::WrongAndBlocked,
            _ => VerifyError::Blocked,
        }
    }

    /// What the counter, read again after the attempt, says of it.
    fn conclude(&self, cause: Cause, counter: Option<Counter>) -> VerifyError {
        let answered = match cause {
            Cause::Answered(status) => counter_of(status),
            // The reader said that it sent nothing, and the counter agrees.
            Cause::Failed(Fault::PinPad(end)) if counter == Some(self.before) => {
                return VerifyError::NotEntered { end, left: self.before.left() };
            }
            Cause::Failed(_) => None,
        };
        match (answered, counter) {
            // The card said wrong or blocked, and its counter agrees.
            (Some(_), Some(Counter::Blocked | Counter::Left(0))) => self.blocked(),
            (Some(Counter::Left(_)), Some(Counter::Left(left)))
                if left.saturating_add(1) == self.before.left() =>
            {
                VerifyError::Wrong { left }
            }
            // It said so, and the counter cannot be read any more: its word is all there is.
            (Some(Counter::Blocked | Counter::Left(0)), None) => self.blocked(),
            (Some(Counter::Left(left)), None) if left.saturating_add(1) == self.before.left() => {
                VerifyError::Wrong { left }
            }
            (_, counter) => VerifyError::OutcomeUnknown { left: counter.map(Counter::left), cause },
        }
    }
}

impl Procedure for Verify<'_> {
    type Output = Result<Verified, VerifyError>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let step = self.advance(event, outgoing);
        if let Step::Done(Err(error)) = &step
            && self.reference.is_access_code()
            && error.may_have_used_a_try()
        {
            outgoing.count_wrong_code();
        }
        step
    }
}

impl Verify<'_> {
    fn advance(
        &mut self,
        event: Event<'_>,
        outgoing: &mut Outgoing<'_>,
    ) -> Step<Result<Verified, VerifyError>> {
        let done = |error| Step::Done(Err(error));
        match (self.state, event) {
            (State::Verify, Event::Start) => match self.objection(outgoing) {
                Some(error) => done(error),
                None => outgoing.send(&self.secret.present(Command::new(
                    0x00,
                    0x20,
                    0x00,
                    self.addressing.p2(),
                ))),
            },
            (State::Verify, Event::Answer(response)) if response.status == Status::OK => {
                Step::Done(Ok(Verified { reference: self.reference, presence: self.presence }))
            }
            (State::Verify, Event::Answer(response)) => {
                self.state = State::Confirm(Cause::Answered(response.status));
                send_query(self.addressing, outgoing)
            }
            // Nobody was asked.
            (State::Verify, Event::Failed(fault @ Fault::PinPad(PinPadEnd::Unsupported))) => {
                done(VerifyError::NotSent(fault))
            }
            // A reader's word that nothing was sent is compared with the counter, below.
            (State::Verify, Event::Failed(fault))
                if fault.not_sent() && !matches!(fault, Fault::PinPad(_)) =>
            {
                done(VerifyError::NotSent(fault))
            }
            (State::Verify, Event::Failed(fault)) if outgoing.presence() == self.presence => {
                self.state = State::Confirm(Cause::Failed(fault));
                send_query(self.addressing, outgoing)
            }
            (State::Verify, Event::Failed(fault)) => {
                done(VerifyError::OutcomeUnknown { left: None, cause: Cause::Failed(fault) })
            }
            // Some cards answer so while the reference is verified: the attempt was right, whatever
            // was said before.
            (State::Confirm(cause), Event::Answer(response)) if response.status == Status::OK => {
                done(VerifyError::OutcomeUnknown { left: None, cause })
            }
            (State::Confirm(cause), Event::Answer(response)) => match counter_of(response.status) {
                // Then neither word of the card is worth anything.
                Some(counter) if !counter.is_possible(self.reference) => {
                    done(VerifyError::OutcomeUnknown { left: None, cause })
                }
                counter => done(self.conclude(cause, counter)),
            },
            (State::Confirm(cause), _) => done(self.conclude(cause, None)),
        }
    }
}
