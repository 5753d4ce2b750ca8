//! What the check-ins without a PIN share: the order of card face, person, challenge, what comes after,
//! join, end. What the methods do not share is a [`Look`].

use crate::end::end_session;
use crate::face_check_in::{Identification, IdentificationReport};
use crate::face_identified::{Face, Identified, Person};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::present::Attempt;
use crate::proof::Proof;
use crate::records::{CARD_FACE, challenge, vouched};
use kazasu_apdu::{Channel, Session, Transport};
use kazasu_mynacard::{Application, File, Reference};
use kazasu_pki::Hierarchy;
use kazasu_pki::cvc::CvcKey;

/// How the card face is read, and who looks at the person.
pub(crate) trait Look<T: Transport> {
    /// The card face that comes of it.
    type Face: Face;

    /// May this go on with a card of this hierarchy? Asked before the holder is asked for a code.
    fn admit(&self, hierarchy: Hierarchy) -> Result<(), Failure>;

    /// Reads the card face, which is open, and verifies it.
    fn read(
        &mut self,
        session: &mut Session<'_, T>,
        key: &CvcKey,
        holder: &mut dyn Holder,
    ) -> Result<Self::Face, Failure>;

    /// Looks at the person.
    fn person(
        &mut self,
        session: &mut Session<'_, T>,
        face: &Self::Face,
    ) -> Result<Person, Failure>;
}

/// The rest of a flow, when the person is known and the card was proven: a signature of the key for
/// user authentication in the same session.
pub(crate) trait Afterwards<T: Transport> {
    /// Could it be done over this channel, as far as is known now?
    fn fits(&self, channel: &Channel<'_>) -> Result<(), Failure>;

    /// May it be done with a card of this hierarchy? Asked before the holder is asked for a code.
    fn admit(&self, hierarchy: Hierarchy) -> Result<(), Failure>;

    /// Does it, and leaves the session as it is.
    fn run(&mut self, session: &mut Session<'_, T>) -> Result<Proof, Failure>;
}

/// Identifies the holder, and ends the session.
pub(crate) fn identify<T: Transport, F: Face>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    holder: &mut dyn Holder,
    look: &mut dyn Look<T, Face = F>,
    afterwards: Option<&mut dyn Afterwards<T>>,
) -> IdentificationReport<F> {
    let mut progress = Progress::default();
    let mut result = run(session, identification, holder, &mut progress, look, afterwards);
    let Progress { mut attempt, was_read } = progress;
    // Once the code was right its counter is known, and nothing that comes after moves it.
    if let Err(failure) = &mut result
        && !was_read
    {
        let (reference, file) = (Reference::CardFaceNumberB, File::CARD_FACE);
        attempt.after_failure(session, failure, reference, file, &[]);
    }
    // The card face was opened, whatever came after it: clearing never selects it again, and JPKI
    // neither (`ClearStatus`). So it does not matter which of the two is selected now.
    let cleared = end_session(session, Application::CardFace);
    let (outcome, failure, identified, face) = match result {
        Ok((identified, face)) => (identified.outcome(), None, Some(identified), Some(face)),
        Err(failure) => (failure.outcome(), Some(failure), None, None),
    };
    let tries_left = attempt.tries_left;
    IdentificationReport { outcome, failure, tries_left, evidence: None, identified, face, cleared }
}

/// What is known so far.
#[derive(Default)]
struct Progress {
    attempt: Attempt,
    /// Was the code taken and the card face read?
    was_read: bool,
}

fn run<T: Transport, F: Face>(
    session: &mut Session<'_, T>,
    identification: &Identification<'_>,
    holder: &mut dyn Holder,
    progress: &mut Progress,
    look: &mut dyn Look<T, Face = F>,
    mut afterwards: Option<&mut dyn Afterwards<T>>,
) -> Result<(Identified, F), Failure> {
    let began_in = session.channel().presence();
    if let Some(afterwards) = &afterwards {
        afterwards.fits(session.channel())?;
    }
    let key = vouched(session, CARD_FACE, identification.anchors, holder)?;
    // All that can be known now, so that nobody types a code, or is looked at, in vain.
    look.admit(key.hierarchy())?;
    if let Some(afterwards) = &afterwards {
        // Again: a card that refuses extended length has done so by now.
        afterwards.fits(session.channel())?;
        afterwards.admit(key.hierarchy())?;
    }
    progress.attempt.present(session, Reference::CardFaceNumberB, holder)?;
    let face = look.read(session, &key, holder)?;
    progress.was_read = true;
    let person = look.person(session, &face)?;
    let authentic = challenge(session, &identification.challenge, &face.card_key(), holder)?;
    let proof = match &mut afterwards {
        Some(afterwards) => Some(afterwards.run(session)?),
        None => None,
    };
    let now = session.channel().presence();
    let identified = Identified::join(person, &face, authentic, proof, began_in, now)?;
    Ok((identified, face))
}
