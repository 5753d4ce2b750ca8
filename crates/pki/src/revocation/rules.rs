//! What the caller may choose about lists and responses themselves. What to do with an answer is
//! the policy's, not theirs.

use super::error::Error;
use crate::time::Time;

/// How old, and from whom, revocation information may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RevocationRules {
    tolerance: u32,
    age: Option<u32>,
    nonce: bool,
    no_check: bool,
}

impl RevocationRules {
    /// The strict ones: clocks agree to the second, a response says when the next one comes and
    /// repeats the nonce that was sent, and a delegated responder has id-pkix-ocsp-nocheck.
    pub const fn new() -> Self {
        Self { tolerance: 0, age: None, nonce: true, no_check: true }
    }

    /// The clocks here and there may differ by so many seconds: added at both ends of every
    /// interval.
    #[must_use]
    pub const fn with_tolerance(self, seconds: u32) -> Self {
        Self { tolerance: seconds, ..self }
    }

    /// A response that does not say when the next one comes is accepted for so many seconds.
    #[must_use]
    pub const fn with_age_without_next_update(self, seconds: u32) -> Self {
        Self { age: Some(seconds), ..self }
    }

    /// A response without a nonce is accepted although one was sent: responders that sign in
    /// advance cannot repeat it (RFC 5019 section 4). A wrong one never is.
    #[must_use]
    pub const fn without_nonce(self) -> Self {
        Self { nonce: false, ..self }
    }

    /// A delegated responder is accepted although its certificate does not say
    /// id-pkix-ocsp-nocheck and nobody looks whether it was revoked.
    #[must_use]
    pub const fn without_no_check(self) -> Self {
        Self { no_check: false, ..self }
    }

    pub(super) const fn needs_nonce(&self) -> bool {
        self.nonce
    }

    pub(super) const fn needs_no_check(&self) -> bool {
        self.no_check
    }

    /// `now` is not before `begin`.
    pub(super) fn begun(&self, begin: Time, now: Time) -> Result<(), Error> {
        let late = now.unix().saturating_add(i64::from(self.tolerance));
        if begin.unix() <= late { Ok(()) } else { Err(Error::NotYet) }
    }

    /// `now` is not after `end`.
    pub(super) fn lasting(&self, end: Time, now: Time) -> Result<(), Error> {
        let early = now.unix().saturating_sub(i64::from(self.tolerance));
        if early <= end.unix() { Ok(()) } else { Err(Error::Stale) }
    }

    /// A response without nextUpdate.
    pub(super) fn lasting_without_end(&self, begin: Time, now: Time) -> Result<(), Error> {
        let age = self.age.ok_or(Error::NextUpdateMissing)?;
        self.lasting(Time::from_unix(begin.unix().saturating_add(i64::from(age))), now)
    }
}

impl Default for RevocationRules {
    fn default() -> Self {
        Self::new()
    }
}
