//! Counters and changes: how many tries every PIN has left, and a new PIN or password.
//!
//! Reading counters uses no try. A change is sent once.

use crate::end::{Cleared, end_session};
use crate::failure::Failure;
use crate::holder::{Holder, OwnedSecret};
use crate::outcome::Outcome;
use crate::present::{Attempt, may_try};
use kazasu_apdu::{Session, Status, Transport};
use kazasu_mynacard::{
    Application, Change, Counter, Error, ReadTries, Reference, SelectApplication,
};

/// The tries left of every reference.
#[derive(Debug)]
#[non_exhaustive]
pub struct TriesReport {
    /// In one word: `Verified` when every counter was read or is not there.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// For each reference, in the order of [`Reference::ALL`]: its counter, or `None` when the card
    /// does not have it or did not say.
    pub counters: [(Reference, Option<Counter>); Reference::ALL.len()],
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the tries left of every reference and ends the session. Uses no try.
pub fn tries_left<T: Transport>(session: &mut Session<'_, T>) -> TriesReport {
    let mut counters = Reference::ALL.map(|reference| (reference, None));
    let mut result = Ok(());
    for (reference, counter) in &mut counters {
        match read_counter(session, *reference) {
            Ok(read) => *counter = read,
            Err(failure) => {
                // An answer that says nothing keeps the other counters from nobody.
                let answered = matches!(
                    failure,
                    Failure::Card(Error::Status { .. } | Error::ImpossibleTries { .. })
                );
                result = result.and(Err(failure));
                if !answered {
                    break;
                }
            }
        }
    }
    let cleared = end_session(session, Application::Jpki);
    let failure = result.err();
    let outcome = failure.map_or(Outcome::Verified, |failure| failure.outcome());
    TriesReport { outcome, failure, counters, cleared }
}

fn read_counter<T: Transport>(
    session: &mut Session<'_, T>,
    reference: Reference,
) -> Result<Option<Counter>, Failure> {
    match session.run(&mut SelectApplication::new(reference.application())) {
        Ok(()) => {}
        // A phone has the JPKI application only. A card without that is no My Number card.
        Err(Error::NoApplication { application }) if application != Application::Jpki => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    }
    match session.run(&mut ReadTries::new(reference)) {
        Ok(tries) => Ok(Some(tries.counter())),
        Err(error) if error.status().is_some_and(says_absent) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Does this answer to the query, or to the selection of its file, say that there is no such PIN?
const fn says_absent(status: Status) -> bool {
    matches!(
        status,
        Status::NOT_FOUND
            | Status::REFERENCE_NOT_FOUND
            | Status::RECORD_NOT_FOUND
            | Status::FUNCTION_NOT_SUPPORTED
            | Status::CONDITIONS_NOT_SATISFIED
            | Status::NO_CURRENT_EF
            | Status::WRONG_P1_P2
    )
}

/// How a change ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct ChangeReport {
    /// In one word: `Verified` when the card took the new one.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Tries left now; `None` when they are not known.
    pub tries_left: Option<u8>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Changes a PIN or password and ends the session. `new` must be of the same kind as the current
/// one, which the holder is asked for.
pub fn change<T: Transport>(
    session: &mut Session<'_, T>,
    reference: Reference,
    holder: &mut dyn Holder,
    new: &OwnedSecret,
) -> ChangeReport {
    let mut attempt = Attempt::default();
    let result = run(session, reference, holder, new, &mut attempt);
    if let Err(failure) = &result {
        attempt.tries_left = match failure {
            Failure::Change(error) => error.tries_left(),
            other => other.tries_left().or(attempt.tries_left),
        };
    }
    let cleared = end_session(session, reference.application());
    let failure = result.err();
    let outcome = failure.map_or(Outcome::Verified, |failure| failure.outcome());
    ChangeReport { outcome, failure, tries_left: attempt.tries_left, cleared }
}

fn run<T: Transport>(
    session: &mut Session<'_, T>,
    reference: Reference,
    holder: &mut dyn Holder,
    new: &OwnedSecret,
    attempt: &mut Attempt,
) -> Result<(), Failure> {
    session.run(&mut SelectApplication::new(reference.application()))?;
    let tries = session.run(&mut ReadTries::new(reference))?;
    let left = tries.counter().left();
    attempt.tries_left = Some(left);
    let last_try = may_try(tries.counter(), reference, holder)?;
    let secret = holder.secret(crate::Request { reference, tries_left: left })?;
    let mut change = Change::new(reference, secret.borrow(), new.borrow(), last_try);
    session.run(&mut change)?;
    attempt.tries_left = Some(reference.tries());
    Ok(())
}
