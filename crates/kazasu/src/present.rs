//! Presenting a PIN or password in a flow: counter, last try, holder, VERIFY; and what is known of
//! the counter afterwards. Sends VERIFY once and keeps no secret.

use crate::failure::Failure;
use crate::holder::{Holder, Request, Stage};
use crate::recovery;
use kazasu_apdu::{Presence, Session, Transport};
use kazasu_mynacard::{
    Counter, File, LastTry, ReadTries, Reference, Verified, Verify, VerifyError, WRONG_CODES_MAX,
};

/// What is known of the counter.
#[derive(Debug, Default)]
pub(crate) struct Attempt {
    /// Tries left; `None` while they are not known.
    pub(crate) tries_left: Option<u8>,
    /// The presence in which VERIFY was sent, if it was: then the counter may have moved.
    pub(crate) sent_in: Option<Presence>,
}

impl Attempt {
    /// Reads the counter, asks the holder and verifies.
    pub(crate) fn present<T: Transport>(
        &mut self,
        session: &mut Session<'_, T>,
        reference: Reference,
        holder: &mut dyn Holder,
    ) -> Result<Verified, Failure> {
        let tries = session.run(&mut ReadTries::new(reference))?;
        let left = tries.counter().left();
        self.tries_left = Some(left);
        holder.stage(Stage::TriesRead);
        let refused = |error| match reference.is_access_code() {
            true => Failure::Code(error),
            false => Failure::Verify(error),
        };
        if reference.is_access_code() && session.channel().wrong_codes() >= WRONG_CODES_MAX {
            return Err(refused(VerifyError::SessionStopped { left }));
        }
        let last_try = may_try(tries.counter(), reference, holder).map_err(refused)?;
        let secret = holder.secret(Request { reference, tries_left: left })?;

        let presence = session.channel().presence();
        let before = session.channel().counts().commands;
        let verified = session.run(&mut Verify::new(tries, secret.borrow(), last_try));
        drop(secret);
        if session.channel().counts().commands != before {
            self.sent_in = Some(presence);
        }
        let verified = verified.map_err(refused)?;
        // A right PIN sets the counter back (docs/card-facts.md §3).
        self.tries_left = Some(reference.tries());
        holder.stage(Stage::PinVerified);
        Ok(verified)
    }

    /// After a failure: what is left now. `certificate` is one that was free to read before, from
    /// `file`; empty when there was none.
    pub(crate) fn after_failure<T: Transport>(
        &mut self,
        session: &mut Session<'_, T>,
        failure: &mut Failure,
        reference: Reference,
        file: File,
        certificate: &[u8],
    ) {
        let known = failure.tries_left();
        self.tries_left = match self.sent_in {
            // Not sent: the counter stands where it was read.
            None => known.or(self.tries_left),
            Some(presence) => known
                .or_else(|| recovery::tries_left(session, presence, reference, file, certificate)),
        };
        // What was learned after the step failed belongs to what the failure says.
        if let Failure::Code(VerifyError::OutcomeUnknown { left, .. })
        | Failure::Verify(VerifyError::OutcomeUnknown { left, .. }) = failure
        {
            *left = self.tries_left;
        }
    }
}

/// May the holder be asked? The last try only after a confirmation, no try when there is none.
pub(crate) fn may_try(
    counter: Counter,
    reference: Reference,
    holder: &mut dyn Holder,
) -> Result<LastTry, VerifyError> {
    let left = counter.left();
    if counter == Counter::Blocked || left == 0 {
        return Err(VerifyError::Blocked);
    }
    if left > reference.reserve() {
        return Ok(LastTry::Keep);
    }
    if holder.confirm_last_try(Request { reference, tries_left: left }) {
        Ok(LastTry::HolderConfirmed)
    } else {
        Err(VerifyError::LastTryRefused { left })
    }
}
