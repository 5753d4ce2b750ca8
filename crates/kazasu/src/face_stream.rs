//! The check-in by face for a reader without room for the card face: the photo goes on to the matcher as
//! it comes. The matcher is asked to look at it only when all of it was verified.

use crate::face_check_in::{Camera, Identification, IdentificationReport};
use crate::face_flow::{Look, identify};
use crate::face_identified::Person;
use crate::face_look::{admit, recognise};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::stream::{CardFaceSink, read_in_pieces};
use kazasu_apdu::{Session, Transport};
use kazasu_face::{End, Evidence, FaceCheck, Matcher, Policy};
use kazasu_mynacard::SinkFull;
use kazasu_pki::Hierarchy;
use kazasu_pki::cvc::CvcKey;
use kazasu_pki::records::{CardFacePart, CardFacePiece, StreamedCardFace, Verified};

/// As [`crate::check_in_by_face`], without [`crate::Memory`]: the card face is verified as it passes, in
/// pieces as long as the channel's answer buffer, and nothing of it is kept but what the report has.
///
/// The matcher is given the photo in these pieces, by `begin` and `write`, **before it was verified**;
/// it is asked for something, by `prepare`, only afterwards, and told to forget it when the card face is
/// not genuine. The verdict is that of the card face in memory.
pub fn check_in_by_face_stream<T: Transport>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: Policy,
    holder: &mut dyn Holder,
    matcher: &mut dyn Matcher,
    camera: &mut dyn Camera,
) -> IdentificationReport<Verified<StreamedCardFace>> {
    let mut look = InPieces { matcher: Some(matcher), check: None, policy, camera, evidence: None };
    let report = identify(session, &identification, holder, &mut look, None);
    IdentificationReport { evidence: look.evidence, ..report }
}

/// A matcher and a camera; the matcher is in the check, once that has begun.
struct InPieces<'a> {
    matcher: Option<&'a mut dyn Matcher>,
    check: Option<FaceCheck<'a>>,
    policy: Policy,
    camera: &'a mut dyn Camera,
    evidence: Option<Evidence>,
}

impl<T: Transport> Look<T> for InPieces<'_> {
    type Face = Verified<StreamedCardFace>;

    fn admit(&self, hierarchy: Hierarchy) -> Result<(), Failure> {
        admit(self.matcher.as_deref().ok_or(OUT_OF_TURN)?, &self.policy, hierarchy)
    }

    fn read(
        &mut self,
        session: &mut Session<'_, T>,
        key: &CvcKey,
        holder: &mut dyn Holder,
    ) -> Result<Self::Face, Failure> {
        let matcher = self.matcher.take().ok_or(OUT_OF_TURN)?;
        let presence = session.channel().presence();
        let check = FaceCheck::begin(matcher, self.policy, presence, self.camera.now())
            .map_err(Failure::FacePolicy)?;
        let check = self.check.insert(check);
        Ok(read_in_pieces(session, key, holder, &mut ToMatcher(check))?.0)
    }

    fn person(&mut self, session: &mut Session<'_, T>, _: &Self::Face) -> Result<Person, Failure> {
        let check = self.check.as_mut().ok_or(OUT_OF_TURN)?;
        recognise(session, check, self.camera, &mut self.evidence)
    }
}

/// The flow keeps the order.
const OUT_OF_TURN: Failure = Failure::Face(End::Cancelled);

/// Passes the photo on and drops the other images.
struct ToMatcher<'c, 'm>(&'c mut FaceCheck<'m>);

impl CardFaceSink for ToMatcher<'_, '_> {
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull> {
        if piece.part() == CardFacePart::Photo {
            let begun = match piece.start() {
                0 => self.0.begin_photo(piece.length()),
                _ => Ok(()),
            };
            // A photo that is not taken has ended the check. That is told when the card face was
            // verified, as where it lies in memory; so the rest is read all the same.
            let _ = begun.and_then(|()| self.0.write_photo(piece.octets()));
        }
        Ok(())
    }

    fn discard(&mut self) {}
}
