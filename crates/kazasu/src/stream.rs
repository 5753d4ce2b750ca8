//! The card face in pieces, for a reader without room for the photo: each goes on to a sink as it comes,
//! and is digested on the way. Nothing keeps it here.

use crate::card_face::close;
use crate::end::Cleared;
use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::outcome::Outcome;
use crate::present::Attempt;
use crate::records::{self, CARD_FACE, RecordChecks, challenge};
use core::fmt;
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{Error, File, FileError, ReadFile, Reference, Sink, SinkFull};
use kazasu_pki::records::{
    Authentic, CardFacePart, CardFaceStream, RecordError, StreamedCardFace, Verified,
};
use sha2::{Digest, Sha256};

/// Octets of the photo that tell its kind.
const HEAD: usize = 12;

/// Where the images of a card face go.
pub trait CardFaceSink {
    /// The next octets of one of them, in order. **Not verified yet**: to be kept back until the flow
    /// has ended well.
    ///
    /// # Errors
    /// [`SinkFull`] when they do not fit; nothing more is read then.
    fn part(&mut self, part: CardFacePart, octets: &[u8]) -> Result<(), SinkFull>;

    /// The flow did not end well: all that came is to be thrown away, and overwritten. Called at most
    /// once, and also when nothing had come.
    fn discard(&mut self);
}

/// The photo (顔写真) that passed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamedPhoto {
    /// How many octets it has.
    pub length: usize,
    /// SHA-256 over them.
    pub sha256: [u8; 32],
    /// Its first octets, which tell JPEG 2000 from other kinds; zeros where it is shorter.
    pub head: [u8; HEAD],
}

impl fmt::Debug for StreamedPhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedPhoto").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A card face that passed. `Debug` prints nothing of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CardFaceStreamReport {
    /// In one word: `Verified` when it was read and every check that was asked for ended well.
    pub outcome: Outcome,
    /// Why not. Then the sink was told to discard.
    pub failure: Option<Failure>,
    /// Tries left of the code; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// What an authority vouches for: everything but the images, which the sink has, and their digests.
    pub verified: Option<Verified<StreamedCardFace>>,
    /// The photo that the sink has.
    pub photo: Option<StreamedPhoto>,
    /// That the card is the one it was issued for, when that was to be checked.
    pub authentic: Option<Authentic>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the card face with 照合番号B, which the holder is asked for, passes its images on to `sink`, and
/// ends the session. The channel's answer buffer is the longest piece; about two KiB of stack.
pub fn card_face_stream<T: Transport>(
    session: &mut Session<'_, T>,
    checks: RecordChecks<'_>,
    holder: &mut dyn Holder,
    sink: &mut dyn CardFaceSink,
) -> CardFaceStreamReport {
    let mut attempt = Attempt::default();
    let result = run(session, &checks, holder, &mut attempt, sink);
    if result.is_err() {
        sink.discard();
    }
    let (result, cleared) =
        close(session, Reference::CardFaceNumberB, File::CARD_FACE, &mut attempt, result);
    let tries_left = attempt.tries_left;
    match result {
        Ok((verified, photo, authentic)) => CardFaceStreamReport {
            outcome: Outcome::Verified,
            failure: None,
            tries_left,
            verified: Some(verified),
            photo: Some(photo),
            authentic,
            cleared,
        },
        Err(failure) => CardFaceStreamReport {
            outcome: failure.outcome(),
            failure: Some(failure),
            tries_left,
            verified: None,
            photo: None,
            authentic: None,
            cleared,
        },
    }
}

type Passed = (Verified<StreamedCardFace>, StreamedPhoto, Option<Authentic>);

fn run<T: Transport>(
    session: &mut Session<'_, T>,
    checks: &RecordChecks<'_>,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
    sink: &mut dyn CardFaceSink,
) -> Result<Passed, Failure> {
    let reference = Reference::CardFaceNumberB;
    let anchors = Some(checks.anchors());
    let key = records::open(session, CARD_FACE, anchors, reference, holder, attempt)?;
    let mut pieces = Pieces {
        stream: CardFaceStream::new(),
        sink,
        digest: Sha256::new(),
        length: 0,
        head: [0; HEAD],
        refused: None,
    };
    let read = session.run(&mut ReadFile::new(File::CARD_FACE, &mut pieces));
    let sha256 = pieces.digest();
    let Pieces { stream, length, head, refused, .. } = pieces;
    match (read, refused) {
        (Err(Error::File(FileError::SinkFull { .. })), Some(error)) => return Err(error.into()),
        (read, _) => read?,
    };
    holder.stage(Stage::RecordRead);
    // There is one: anchors were given.
    let key = key.ok_or(Failure::Record(RecordError::BadSignature))?;
    let face = stream.finish(&key)?;
    holder.stage(Stage::RecordVerified);
    let authentic = match checks.challenge() {
        Some(digest) => Some(challenge(session, digest, &face.card_key(), holder)?),
        None => None,
    };
    Ok((face, StreamedPhoto { length, sha256, head }, authentic))
}

/// Takes the file as it comes.
struct Pieces<'s> {
    stream: CardFaceStream,
    sink: &'s mut dyn CardFaceSink,
    digest: Sha256,
    length: usize,
    head: [u8; HEAD],
    refused: Option<RecordError>,
}

impl Pieces<'_> {
    /// The digest of the photo. Not by value, and with a block of zeros after it, so that no end of the
    /// photo stays behind.
    fn digest(&mut self) -> [u8; 32] {
        let sha256 = self.digest.finalize_reset().into();
        self.digest.update([0; 63]);
        self.digest.update([0; 1]);
        self.digest.reset();
        core::hint::black_box(&mut self.digest);
        sha256
    }
}

impl Sink for Pieces<'_> {
    fn begin(&mut self, _: usize) -> Result<(), SinkFull> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        let Self { stream, sink, digest, length, head, refused } = self;
        let mut taken = Ok(());
        let fed = stream.feed(bytes, |part, octets| {
            if part == CardFacePart::Photo {
                digest.update(octets);
                head.iter_mut().skip(*length).zip(octets).for_each(|(to, octet)| *to = *octet);
                *length = length.saturating_add(octets.len());
            }
            if taken.is_ok() {
                taken = sink.part(part, octets);
            }
        });
        if let Err(error) = fed {
            *refused = Some(error);
            return Err(SinkFull);
        }
        taken
    }
}
