//! CHANGE REFERENCE DATA: a new PIN or password after the old one was verified
//! (docs/card-facts.md §3).
//!
//! Never repeats either command. After a broken CHANGE it says that the old or the new PIN is
//! valid, and tries neither.

use crate::counter::{Counter, ReadTries, Reference, Tries, counter_of, send_query};
use crate::error::Error;
use crate::secret::Secret;
use crate::verify::{Cause, LastTry, Verify, VerifyError};
use core::fmt;
use kazasu_apdu::{Command, Event, Fault, Outgoing, PinPadEnd, Presence, Procedure, Status, Step};

/// How a change ended, when not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ChangeError {
    /// No new PIN was typed at the reader's PIN pad; the old one is valid.
    NotEntered(PinPadEnd),
    /// Whether the card took the new one is not known: the old or the new one is valid.
    OutcomeUnknown {
        /// Tries left, when the counter could be read again in the same presence.
        left: Option<u8>,
        /// What happened.
        cause: Cause,
    },
    /// The card refused the new one; the old one is valid.
    Refused {
        /// The card's answer.
        status: Status,
    },
    /// The tries could not be read. Nothing was tried.
    Tries(Error),
    /// The old one was not verified; nothing was changed.
    Verify(VerifyError),
    /// This reference cannot be changed so, or the new secret is of the other kind. Nothing was
    /// tried.
    WrongKind,
}

impl ChangeError {
    /// Tries left, when known.
    #[must_use]
    pub const fn tries_left(&self) -> Option<u8> {
        match self {
            Self::OutcomeUnknown { left, .. } => *left,
            Self::Verify(error) => error.tries_left(),
            Self::NotEntered(_) | Self::Refused { .. } | Self::Tries(_) | Self::WrongKind => None,
        }
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEntered(end) => write!(f, "{end}; the old one is valid"),
            Self::OutcomeUnknown { cause, .. } => write!(
                f,
                "outcome unknown: the old or the new one is valid, and neither was tried; {cause}"
            ),
            Self::Refused { status } => {
                write!(f, "the card refused the new one ({status:?}); the old one is valid")
            }
            Self::Tries(error) => error.fmt(f),
            Self::Verify(error) => error.fmt(f),
            Self::WrongKind => f.write_str("this secret cannot be changed so; nothing was tried"),
        }
    }
}

impl core::error::Error for ChangeError {}

enum State<'s> {
    Tries(ReadTries),
    Verify(Verify<'s>),
    Change(Presence),
    Confirm(Cause),
}

/// Verifies the current PIN or password and sets a new one, in the selected application.
///
/// Commands: SELECT of the file (the only form of CHANGE that is known), VERIFY without data,
/// VERIFY, CHANGE REFERENCE DATA.
#[allow(missing_debug_implementations, reason = "holds secrets")]
pub struct Change<'s> {
    reference: Reference,
    current: Secret<'s>,
    new: Secret<'s>,
    last_try: LastTry,
    state: State<'s>,
}

impl<'s> Change<'s> {
    /// Changes `reference` from `current` to `new`; its application must be the selected one.
    pub fn new(
        reference: Reference,
        current: impl Into<Secret<'s>>,
        new: impl Into<Secret<'s>>,
        last_try: LastTry,
    ) -> Self {
        let state = State::Tries(ReadTries::by_selection(reference));
        Self { reference, current: current.into(), new: new.into(), last_try, state }
    }

    fn kinds_agree(&self) -> bool {
        match self.reference {
            Reference::Auth | Reference::Sign | Reference::Text => {
                self.current.fits(self.reference) && self.new.fits(self.reference)
            }
            // Nothing is known to change what stands on the card.
            reference if reference.is_access_code() => false,
            // These take another command (CHANGE KEY), which only one source describes.
            _ => false,
        }
    }

    fn verify(
        &mut self,
        tries: Tries,
        outgoing: &mut Outgoing<'_>,
    ) -> Step<Result<(), ChangeError>> {
        let mut verify = Verify::new(tries, self.current, self.last_try);
        match verify.step(Event::Start, outgoing) {
            Step::Transmit(sent) => {
                self.state = State::Verify(verify);
                Step::Transmit(sent)
            }
            Step::Done(Err(error)) => Step::Done(Err(ChangeError::Verify(error))),
            // Verify never ends well without an answer; if it did, nothing was changed.
            Step::Done(Ok(_)) => Step::Done(Err(ChangeError::Verify(VerifyError::EvidenceExpired))),
        }
    }

    fn conclude(&self, cause: Cause, counter: Option<Counter>) -> ChangeError {
        ChangeError::OutcomeUnknown { left: counter.map(Counter::left), cause }
    }
}

/// P2 of the current EF.
const CURRENT: u8 = 0x80;

impl Procedure for Change<'_> {
    type Output = Result<(), ChangeError>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let done = |error| Step::Done(Err(error));
        if matches!(event, Event::Start) && !self.kinds_agree() {
            return done(ChangeError::WrongKind);
        }
        match (&mut self.state, event) {
            (State::Tries(procedure), event) => match procedure.step(event, outgoing) {
                Step::Transmit(sent) => Step::Transmit(sent),
                Step::Done(Ok(tries)) => self.verify(tries, outgoing),
                Step::Done(Err(error)) => done(ChangeError::Tries(error)),
            },
            (State::Verify(procedure), event) => match procedure.step(event, outgoing) {
                Step::Transmit(sent) => Step::Transmit(sent),
                Step::Done(Ok(verified)) => {
                    self.state = State::Change(verified.presence());
                    outgoing.send(&self.new.set(Command::new(0x00, 0x24, 0x01, CURRENT)))
                }
                Step::Done(Err(error)) => done(ChangeError::Verify(error)),
            },
            (State::Change(_), Event::Answer(response)) => match response.status {
                Status::OK => Step::Done(Ok(())),
                // The words with which a card refuses before it acts.
                status @ (Status::WRONG_LENGTH
                | Status::WRONG_DATA
                | Status::CONDITIONS_NOT_SATISFIED
                | Status::SECURITY_STATUS_NOT_SATISFIED
                | Status::WRONG_P1_P2
                | Status::FUNCTION_NOT_SUPPORTED
                | Status::INS_NOT_SUPPORTED) => done(ChangeError::Refused { status }),
                status => {
                    self.state = State::Confirm(Cause::Answered(status));
                    send_query(crate::counter::Addressing::Current, outgoing)
                }
            },
            (State::Change(_), Event::Failed(Fault::PinPad(end))) => {
                done(ChangeError::NotEntered(end))
            }
            // Verified, but the CHANGE never left: the old one is valid.
            (State::Change(_), Event::Failed(fault)) if fault.not_sent() => {
                done(ChangeError::Verify(VerifyError::NotSent(fault)))
            }
            (State::Change(presence), Event::Failed(fault)) => {
                let cause = Cause::Failed(fault);
                if outgoing.presence() == *presence {
                    self.state = State::Confirm(cause);
                    send_query(crate::counter::Addressing::Current, outgoing)
                } else {
                    done(self.conclude(cause, None))
                }
            }
            (State::Confirm(cause), Event::Answer(response)) => {
                let cause = *cause;
                let counter = counter_of(response.status);
                done(self.conclude(cause, counter.filter(|it| it.is_possible(self.reference))))
            }
            (State::Confirm(cause), _) => {
                let cause = *cause;
                done(self.conclude(cause, None))
            }
            (State::Change(_), Event::Start) => done(ChangeError::WrongKind),
        }
    }
}
