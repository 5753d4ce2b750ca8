//! The four attributes (基本4情報) as text: name, address, date of birth, sex; and the card information of
//! 共通カードAP.
//!
//! Commands, with extended length: SELECT, the tries, VERIFY, READ; with the signature checked READ of
//! the signer's certificate before the code, and READ of the integrity record after it.

use crate::card_face::close;
use crate::end::{Cleared, end_session};
use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::memory::Memory;
use crate::outcome::Outcome;
use crate::present::Attempt;
use crate::records::{self, INPUT_SUPPORT, read};
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{
    Application, CardInformation, File, ReadCardInformation, Reference, SelectApplication,
};
use kazasu_pki::cvc::CvcAnchors;
use kazasu_pki::records::{InputAttributes, Integrity, Verified};

/// What opens the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AttributesCode {
    /// 照合番号B of 券面事項入力補助AP, ten tries.
    NumberB,
    /// 券面事項入力補助用の暗証番号, three tries.
    Pin,
}

impl AttributesCode {
    /// The code on the card.
    #[must_use]
    pub const fn reference(self) -> Reference {
        match self {
            Self::NumberB => Reference::InputSupportNumberB,
            Self::Pin => Reference::Text,
        }
    }
}

/// The attributes as they were read. `Debug` prints nothing of them.
#[derive(Debug)]
#[non_exhaustive]
pub struct AttributesReport<'b> {
    /// In one word: `Verified` when they were read and, where that was asked for, verified.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Tries left of the code; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// What the card says, when no check was asked for.
    pub unverified: Option<InputAttributes<'b>>,
    /// What an authority vouches for, when that was to be checked.
    pub verified: Option<Verified<InputAttributes<'b>>>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the four attributes with a code that the holder is asked for, and ends the session.
///
/// With `anchors` their digest in the signed integrity record is compared too. That ties them to an
/// authority and **not to this card**: no record of the text application names both a holder and a
/// key (docs/card-authenticity.md); where that matters, read the card face. 4,096 bytes of `memory`
/// are enough.
pub fn attributes<'b, T: Transport>(
    session: &mut Session<'_, T>,
    code: AttributesCode,
    anchors: Option<&CvcAnchors<'_>>,
    holder: &mut dyn Holder,
    memory: &'b mut Memory<'_>,
) -> AttributesReport<'b> {
    let mut attempt = Attempt::default();
    let result = read_attributes(session, code, anchors, holder, &mut attempt, memory.bytes());
    let (result, cleared) =
        close(session, code.reference(), File::ATTRIBUTES, &mut attempt, result);
    let tries_left = attempt.tries_left;
    match result {
        Ok((unverified, verified)) => AttributesReport {
            outcome: Outcome::Verified,
            failure: None,
            tries_left,
            unverified,
            verified,
            cleared,
        },
        Err(failure) => AttributesReport {
            outcome: failure.outcome(),
            failure: Some(failure),
            tries_left,
            unverified: None,
            verified: None,
            cleared,
        },
    }
}

type AttributesRead<'b> = (Option<InputAttributes<'b>>, Option<Verified<InputAttributes<'b>>>);

fn read_attributes<'b, T: Transport>(
    session: &mut Session<'_, T>,
    code: AttributesCode,
    anchors: Option<&CvcAnchors<'_>>,
    holder: &mut dyn Holder,
    attempt: &mut Attempt,
    memory: &'b mut [u8],
) -> Result<AttributesRead<'b>, Failure> {
    let key = records::open(session, INPUT_SUPPORT, anchors, code.reference(), holder, attempt)?;
    let length = read(session, File::ATTRIBUTES, memory)?;
    holder.stage(Stage::RecordRead);
    let (file, rest) = memory.split_at_mut_checked(length).unwrap_or_default();
    let file: &'b [u8] = file;
    let attributes = InputAttributes::parse(file)?;
    let Some(key) = key else { return Ok((Some(attributes), None)) };
    let length = read(session, File::INTEGRITY_RECORD, rest)?;
    let integrity = Integrity::parse(rest.get(..length).unwrap_or_default())?.verify(&key)?;
    let attributes = attributes.verify(&integrity)?;
    holder.stage(Stage::RecordVerified);
    Ok((None, Some(attributes)))
}

/// The card information as it was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct CardInformationReport {
    /// In one word: `Verified` when it was read.
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// Serial number, municipality and expiry; nothing signs them.
    pub information: Option<CardInformation>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

/// Reads the card information of 共通カードAP, which is free to read, and ends the session. Two commands.
pub fn card_information<T: Transport>(session: &mut Session<'_, T>) -> CardInformationReport {
    let result = session
        .run(&mut SelectApplication::new(Application::Common))
        .and_then(|()| session.run(&mut ReadCardInformation::new()));
    let cleared = end_session(session, Application::Common);
    let (information, failure) = match result {
        Ok(information) => (Some(information), None),
        Err(error) => (None, Some(Failure::from(error))),
    };
    let outcome = failure.map_or(Outcome::Verified, |failure| failure.outcome());
    CardInformationReport { outcome, failure, information, cleared }
}
