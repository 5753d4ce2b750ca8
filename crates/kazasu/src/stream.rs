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
use kazasu_pki::cvc::CvcKey;
use kazasu_pki::records::{
    Authentic, CardFacePart, CardFacePiece, CardFaceStream, RecordError, StreamedCardFace, Verified,
};

/// Octets of the photo that tell its kind.
const HEAD: usize = 12;

/// Where the images of a card face go.
pub trait CardFaceSink {
    /// The next octets of one of them, in order; the first ones say how many there will be. **Not
    /// verified yet**: to be kept back until the flow has ended well.
    ///
    /// # Errors
    /// [`SinkFull`] when they do not fit; nothing more is read then.
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull>;

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
/// ends the session. The channel's answer buffer is the longest piece.
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
    let key = records::vouched(session, CARD_FACE, checks.anchors(), holder)?;
    attempt.present(session, Reference::CardFaceNumberB, holder)?;
    let (face, photo) = read_in_pieces(session, &key, holder, sink)?;
    let authentic = match checks.challenge() {
        Some(digest) => Some(challenge(session, digest, &face.card_key(), holder)?),
        None => None,
    };
    Ok((face, photo, authentic))
}

/// Reads the card face, which is open, passes its images on, and verifies it.
pub(crate) fn read_in_pieces<T: Transport>(
    session: &mut Session<'_, T>,
    key: &CvcKey,
    holder: &mut dyn Holder,
    sink: &mut dyn CardFaceSink,
) -> Result<(Verified<StreamedCardFace>, StreamedPhoto), Failure> {
    let mut pieces =
        Pieces { stream: CardFaceStream::new(), sink, length: 0, head: [0; HEAD], refused: None };
    let read = session.run(&mut ReadFile::new(File::CARD_FACE, &mut pieces));
    // In its place, and not moved: it is overwritten where it is dropped.
    match (read, pieces.refused) {
        (Err(Error::File(FileError::SinkFull { .. })), Some(error)) => return Err(error.into()),
        (read, _) => read?,
    };
    holder.stage(Stage::RecordRead);
    let face = pieces.stream.finish(key)?;
    holder.stage(Stage::RecordVerified);
    let sha256 = *face.photo_sha256();
    Ok((face, StreamedPhoto { length: pieces.length, sha256, head: pieces.head }))
}

/// Takes the file as it comes.
struct Pieces<'s> {
    stream: CardFaceStream,
    sink: &'s mut dyn CardFaceSink,
    length: usize,
    head: [u8; HEAD],
    refused: Option<RecordError>,
}

impl Sink for Pieces<'_> {
    fn begin(&mut self, _: usize) -> Result<(), SinkFull> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        let Self { stream, sink, length, head, refused } = self;
        let mut taken = Ok(());
        let fed = stream.feed(bytes, |piece| {
            if piece.part() == CardFacePart::Photo {
                let room = head.iter_mut().skip(piece.start());
                room.zip(piece.octets()).for_each(|(to, octet)| *to = *octet);
                *length = piece.length();
            }
            if taken.is_ok() {
                taken = sink.piece(piece);
            }
        });
        if let Err(error) = fed {
            *refused = Some(error);
            return Err(SinkFull);
        }
        taken
    }
}
