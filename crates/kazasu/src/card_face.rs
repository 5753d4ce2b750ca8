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
use crate::records::{self, CARD_FACE, RecordChecks, challenge, read};
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{File, Reference};
use kazasu_pki::records::{AgeRecord, Authentic, CardFace, Verified};

/// A card face as it was read. `Debug` prints nothing of it.
///
/// What no signature covers (expiry, image of the security code) comes out of `verified` as
/// `Unsigned` only.
#[derive(Debug)]
#[non_exhaustive]
pub struct CardFaceReport<'b> {
    /// In one word: `Verified` when it was read and every check that was asked for ended well.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Tries left of the code; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// What the card says, when no check was asked for.
    pub unverified: Option<CardFace<'b>>,
    /// What an authority vouches for, when the signature was to be checked.
    pub verified: Option<Verified<CardFace<'b>>>,
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
) -> CardFaceReport<'b> {
    let mut attempt = Attempt::default();
    let result = read_card_face(session, checks.as_ref(), holder, &mut attempt, memory.bytes());
    let (result, cleared) =
        close(session, Reference::CardFaceNumberB, File::CARD_FACE, &mut attempt, result);
    let tries_left = attempt.tries_left;
    match result {
        Ok(FaceRead { unverified, verified, authentic }) => CardFaceReport {
            outcome: Outcome::Verified,
            failure: None,
            tries_left,
            unverified,
            verified,
            authentic,
            cleared,
        },
        Err(failure) => CardFaceReport {
            outcome: failure.outcome(),
            failure: Some(failure),
            tries_left,
            unverified: None,
            verified: None,
            authentic: None,
            cleared,
        },
    }
}

/// A card face inside a session that goes on.
pub(crate) struct FaceRead<'b> {
    pub(crate) unverified: Option<CardFace<'b>>,
    pub(crate) verified: Option<Verified<CardFace<'b>>>,
    pub(crate) authentic: Option<Authentic>,
}

/// Reads and checks, and leaves the session as it is: the caller ends it.
pub(crate) fn read_card_face<'b, T: Transport>(
    session: &mut Session<'_, T>,
    checks: Option<&RecordChecks<'_>>,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
    memory: &'b mut [u8],
) -> Result<FaceRead<'b>, Failure> {
    let reference = Reference::CardFaceNumberB;
    let key = records::open(
        session,
        CARD_FACE,
        checks.map(RecordChecks::anchors),
        reference,
        holder,
        attempt,
    )?;
    let length = read(session, File::CARD_FACE, memory)?;
    holder.stage(Stage::RecordRead);
    let memory: &'b [u8] = memory;
    let face = CardFace::parse(memory.get(..length).unwrap_or_default())?;
    let Some((checks, key)) = checks.zip(key) else {
        return Ok(FaceRead { unverified: Some(face), verified: None, authentic: None });
    };
    let face = face.verify(&key)?;
    holder.stage(Stage::RecordVerified);
    let authentic = match checks.challenge() {
        Some(digest) => Some(challenge(session, digest, &face.card_key(), holder)?),
        None => None,
    };
    Ok(FaceRead { unverified: None, verified: Some(face), authentic })
}

/// An age record as it was read: the date of birth and nothing else.
#[derive(Debug)]
#[non_exhaustive]
pub struct AgeReport<'b> {
    /// In one word: `Verified` when it was read and every check that was asked for ended well.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Tries left of the code; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// What the card says, when no check was asked for.
    pub unverified: Option<AgeRecord<'b>>,
    /// What an authority vouches for, when the signature was to be checked.
    pub verified: Option<Verified<AgeRecord<'b>>>,
    /// That the card is the one it was issued for, when that was to be checked.
    pub authentic: Option<Authentic>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the age record with the birth-date key, which the holder is asked for, and ends the session.
///
/// With [`RecordChecks::card`] it proves the card without any PIN and without the security code.
/// 640 bytes of `memory` are enough.
pub fn age_record<'b, T: Transport>(
    session: &mut Session<'_, T>,
    checks: Option<RecordChecks<'_>>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
) -> AgeReport<'b> {
    let mut attempt = Attempt::default();
    let result = read_age(session, checks.as_ref(), holder, &mut attempt, memory.bytes());
    let (result, cleared) =
        close(session, Reference::BirthDate, File::AGE_RECORD, &mut attempt, result);
    let tries_left = attempt.tries_left;
    match result {
        Ok((unverified, verified, authentic)) => AgeReport {
            outcome: Outcome::Verified,
            failure: None,
            tries_left,
            unverified,
            verified,
            authentic,
            cleared,
        },
        Err(failure) => AgeReport {
            outcome: failure.outcome(),
            failure: Some(failure),
            tries_left,
            unverified: None,
            verified: None,
            authentic: None,
            cleared,
        },
    }
}

type AgeRead<'b> = (Option<AgeRecord<'b>>, Option<Verified<AgeRecord<'b>>>, Option<Authentic>);

fn read_age<'b, T: Transport>(
    session: &mut Session<'_, T>,
    checks: Option<&RecordChecks<'_>>,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
    memory: &'b mut [u8],
) -> Result<AgeRead<'b>, Failure> {
    let reference = Reference::BirthDate;
    let key = records::open(
        session,
        CARD_FACE,
        checks.map(RecordChecks::anchors),
        reference,
        holder,
        attempt,
    )?;
    let length = read(session, File::AGE_RECORD, memory)?;
    holder.stage(Stage::RecordRead);
    let memory: &'b [u8] = memory;
    let record = AgeRecord::parse(memory.get(..length).unwrap_or_default())?;
    let Some((checks, key)) = checks.zip(key) else { return Ok((Some(record), None, None)) };
    let record = record.verify(&key)?;
    holder.stage(Stage::RecordVerified);
    let authentic = match checks.challenge() {
        Some(digest) => Some(challenge(session, digest, &record.card_key(), holder)?),
        None => None,
    };
    Ok((None, Some(record), authentic))
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
