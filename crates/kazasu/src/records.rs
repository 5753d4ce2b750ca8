//! What the flows over the card's records share: whom to believe, the certificate of the records'
//! signer, the code, and the challenge to the card's own key.
//!
//! The certificate is judged before the holder is asked for a code, so that none is spent on a card
//! that nobody vouches for.

use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::nonce::Nonce;
use crate::present::Attempt;
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{
    Application, AuthenticateCard, Buffer, CardKey, File, ReadFile, Reference, SelectApplication,
};
use kazasu_pki::cvc::{Cvc, CvcAnchors, CvcKey, CvcRole};
use kazasu_pki::records::{self, Authentic, CardChallenge};
use kazasu_pki::sha256;
use zeroize::Zeroize;

/// Room for a card-verifiable certificate; those that are known have 568 bytes.
const CERTIFICATE: usize = 640;

/// What is to be verified about a record of the card. Used up by the flow that takes it, and not
/// copied: a challenge that was answered once can be answered again by whoever heard it.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu::RecordChecks<'_>>();
/// ```
#[derive(Debug)]
pub struct RecordChecks<'a> {
    anchors: &'a CvcAnchors<'a>,
    challenge: Option<[u8; 32]>,
}

impl<'a> RecordChecks<'a> {
    /// Its signature, under one of these authorities: one command more, READ of the signer's
    /// certificate. Whoever copied the card passes this.
    #[must_use]
    pub const fn signature(anchors: &'a CvcAnchors<'a>) -> Self {
        Self { anchors, challenge: None }
    }

    /// The signature, and that the card holds the key that stands in the record, by its answer to this
    /// nonce: two commands more. A copy does not pass this.
    #[must_use]
    pub fn card(anchors: &'a CvcAnchors<'a>, nonce: Nonce) -> Self {
        Self { anchors, challenge: Some(sha256(nonce.as_bytes())) }
    }

    pub(crate) const fn anchors(&self) -> &'a CvcAnchors<'a> {
        self.anchors
    }

    pub(crate) const fn challenge(&self) -> Option<&[u8; 32]> {
        self.challenge.as_ref()
    }
}

/// An application with records.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) application: Application,
    certificate: File,
    role: CvcRole,
}

/// 券面事項確認AP.
pub(crate) const CARD_FACE: Source = Source {
    application: Application::CardFace,
    certificate: File::CARD_FACE_CERTIFICATE,
    role: CvcRole::CardFace,
};

/// 券面事項入力補助AP.
pub(crate) const INPUT_SUPPORT: Source = Source {
    application: Application::InputSupport,
    certificate: File::INPUT_SUPPORT_CERTIFICATE,
    role: CvcRole::InputSupport,
};

/// Selects, judges the signer of the records where that is asked for, and presents the code.
pub(crate) fn open<T: Transport>(
    session: &mut Session<'_, T>,
    source: Source,
    anchors: Option<&CvcAnchors<'_>>,
    reference: Reference,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
) -> Result<Option<CvcKey>, Failure> {
    let key = match anchors {
        Some(anchors) => Some(vouched(session, source, anchors, holder)?),
        None => {
            select(session, source, holder)?;
            None
        }
    };
    attempt.present(session, reference, holder)?;
    Ok(key)
}

/// Selects, and judges the signer of the records.
pub(crate) fn vouched<T: Transport>(
    session: &mut Session<'_, T>,
    source: Source,
    anchors: &CvcAnchors<'_>,
    holder: &mut dyn Holder,
) -> Result<CvcKey, Failure> {
    select(session, source, holder)?;
    signer(session, source, anchors, holder)
}

fn select<T: Transport>(
    session: &mut Session<'_, T>,
    source: Source,
    holder: &mut dyn Holder,
) -> Result<(), Failure> {
    session.run(&mut SelectApplication::new(source.application))?;
    holder.stage(Stage::Selected);
    Ok(())
}

/// The key that an accepted authority vouches for.
fn signer<T: Transport>(
    session: &mut Session<'_, T>,
    source: Source,
    anchors: &CvcAnchors<'_>,
    holder: &mut dyn Holder,
) -> Result<CvcKey, Failure> {
    let mut bytes = [0; CERTIFICATE];
    let key = match read(session, source.certificate, &mut bytes) {
        Ok(length) => {
            holder.stage(Stage::CertificateRead);
            let file = bytes.get(..length).unwrap_or_default();
            Cvc::parse(file).and_then(|it| it.verify(anchors, source.role)).map_err(Into::into)
        }
        Err(failure) => Err(failure),
    };
    // It tells where the holder lives.
    bytes.zeroize();
    if key.is_ok() {
        holder.stage(Stage::CertificateJudged);
    }
    key
}

/// Reads a file to the start of `memory`; its length.
pub(crate) fn read<T: Transport>(
    session: &mut Session<'_, T>,
    file: File,
    memory: &mut [u8],
) -> Result<usize, Failure> {
    Ok(session.run(&mut ReadFile::new(file, Buffer::new(memory)))?)
}

/// Lets the card sign the challenge, and verifies that with the key of a verified record.
pub(crate) fn challenge<T: Transport>(
    session: &mut Session<'_, T>,
    digest: &[u8; 32],
    key: &records::CardKey,
    holder: &mut dyn Holder,
) -> Result<Authentic, Failure> {
    let own = match key.role() {
        CvcRole::InputSupport => CardKey::InputSupport,
        _ => CardKey::CardFace,
    };
    let answer = session.run(&mut AuthenticateCard::new(own, digest))?;
    holder.stage(Stage::Signed);
    let challenge = CardChallenge::of_digest(digest);
    let authentic =
        challenge.verify(key, answer.unverified_bytes()).map_err(Failure::Authenticity)?;
    holder.stage(Stage::SignatureVerified);
    Ok(authentic)
}
