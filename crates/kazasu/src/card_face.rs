//! The card face (券面事項) and the age record: read with an access code, verified, and proven to be the
//! card's own. They are read into memory and nowhere else.
//!
//! Commands, with extended length: SELECT, the tries, VERIFY, READ; with the signature checked READ of
//! the signer's certificate before the code; with the card checked its answer to a challenge.

use crate::end::{Cleared, end_session};
use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::memory::Memory;
use crate::outcome::Outcome;
use crate::present::Attempt;
use crate::records::{self, CARD_FACE, RecordChecks, challenge};
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{File, Reference};
use kazasu_pki::cvc::CvcKey;
use kazasu_pki::records::{AgeRecord, Authentic, CardFace, CardKey, RecordError, Verified};

/// A record as it was read. `Debug` prints nothing of it.
///
/// What no signature covers (expiry, image of the security code) comes out of `verified` as
/// `Unsigned` only.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecordReport<R> {
    /// In one word: `Verified` when it was read and every check that was asked for ended well.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Tries left of the code; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// What the card says, when no check was asked for.
    pub unverified: Option<R>,
    /// What an authority vouches for, when the signature was to be checked.
    pub verified: Option<Verified<R>>,
    /// That the card is the one it was issued for, when that was to be checked.
    pub authentic: Option<Authentic>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the card face with 照合番号B, which the holder is asked for, and ends the session.
///
/// Without `checks` nothing is verified. `memory` takes the whole file: about 4 KB with a small photo,
/// 32 KiB for every one that a card can hold. With less memory there is [`crate::card_face_stream`].
pub fn card_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    checks: Option<RecordChecks<'_>>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
) -> RecordReport<CardFace<'b>> {
    record(session, checks, holder, memory)
}

/// Reads the age record with the birth-date key, which the holder is asked for, and ends the session:
/// the date of birth and nothing else.
///
/// With [`RecordChecks::card`] it proves the card without any PIN and without the security code.
/// 640 bytes of `memory` are enough.
pub fn age_record<'b, T: Transport>(
    session: &mut Session<'_, T>,
    checks: Option<RecordChecks<'_>>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
) -> RecordReport<AgeRecord<'b>> {
    record(session, checks, holder, memory)
}

/// A record of 券面事項確認AP that holds the card's key.
pub(crate) trait Record<'b>: Sized {
    /// The code that opens it.
    const REFERENCE: Reference;
    /// Where it is.
    const FILE: File;

    fn parse(file: &'b [u8]) -> Result<Self, RecordError>;

    fn verify(self, key: &CvcKey) -> Result<Verified<Self>, RecordError>;

    fn card_key(verified: &Verified<Self>) -> CardKey;
}

macro_rules! records {
    ($($record:ident: $reference:ident, $file:ident;)*) => {$(
        impl<'b> Record<'b> for $record<'b> {
            const REFERENCE: Reference = Reference::$reference;
            const FILE: File = File::$file;

            fn parse(file: &'b [u8]) -> Result<Self, RecordError> {
                Self::parse(file)
            }

            fn verify(self, key: &CvcKey) -> Result<Verified<Self>, RecordError> {
                self.verify(key)
            }

            fn card_key(verified: &Verified<Self>) -> CardKey {
                verified.card_key()
            }
        }
    )*};
}
records! {
    AgeRecord: BirthDate, AGE_RECORD;
    CardFace: CardFaceNumberB, CARD_FACE;
}

fn record<'b, T: Transport, R: Record<'b>>(
    session: &mut Session<'_, T>,
    checks: Option<RecordChecks<'_>>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
) -> RecordReport<R> {
    let mut attempt = Attempt::default();
    let result = run(session, checks.as_ref(), holder, &mut attempt, memory.bytes());
    let (result, cleared) = close(session, R::REFERENCE, R::FILE, &mut attempt, result);
    let tries_left = attempt.tries_left;
    let (outcome, failure, (unverified, verified, authentic)) = match result {
        Ok(read) => (Outcome::Verified, None, read),
        Err(failure) => (failure.outcome(), Some(failure), (None, None, None)),
    };
    RecordReport { outcome, failure, tries_left, unverified, verified, authentic, cleared }
}

type Read<R> = (Option<R>, Option<Verified<R>>, Option<Authentic>);

fn run<'b, T: Transport, R: Record<'b>>(
    session: &mut Session<'_, T>,
    checks: Option<&RecordChecks<'_>>,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
    memory: &'b mut [u8],
) -> Result<Read<R>, Failure> {
    let anchors = checks.map(RecordChecks::anchors);
    let key = records::open(session, CARD_FACE, anchors, R::REFERENCE, holder, attempt)?;
    let Some((checks, key)) = checks.zip(key) else {
        return Ok((Some(read(session, holder, memory)?), None, None));
    };
    let verified: Verified<R> = read_verified(session, &key, holder, memory)?;
    let authentic = match checks.challenge() {
        Some(digest) => Some(challenge(session, digest, &R::card_key(&verified), holder)?),
        None => None,
    };
    Ok((None, Some(verified), authentic))
}

/// Reads a record, which is open.
fn read<'b, T: Transport, R: Record<'b>>(
    session: &mut Session<'_, T>,
    holder: &mut dyn Holder,
    memory: &'b mut [u8],
) -> Result<R, Failure> {
    let length = records::read(session, R::FILE, memory)?;
    holder.stage(Stage::RecordRead);
    let memory: &'b [u8] = memory;
    Ok(R::parse(memory.get(..length).unwrap_or_default())?)
}

/// Reads a record, which is open, and verifies it.
pub(crate) fn read_verified<'b, T: Transport, R: Record<'b>>(
    session: &mut Session<'_, T>,
    key: &CvcKey,
    holder: &mut dyn Holder,
    memory: &'b mut [u8],
) -> Result<Verified<R>, Failure> {
    let record: R = read(session, holder, memory)?;
    let verified = record.verify(key)?;
    holder.stage(Stage::RecordVerified);
    Ok(verified)
}

/// After a failure reads the counter again where that may be, and ends the session in any case.
pub(crate) fn close<T: Transport, R>(
    session: &mut Session<'_, T>,
    reference: Reference,
    file: File,
    attempt: &mut Attempt,
    mut result: Result<R, Failure>,
) -> (Result<R, Failure>, Cleared) {
    if let Err(failure) = &mut result {
        // Nothing that is free to read tells this card from another of its municipality.
        attempt.after_failure(session, failure, reference, file, &[]);
    }
    let cleared = end_session(session, reference.application());
    (result, cleared)
}
