//! The join of a person to a card: what is true of both in one card presence. [`Identified`] is made
//! here, out of the four things that it takes, and nowhere else.

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::proof::Proof;
use core::fmt;
use kazasu_apdu::Presence;
use kazasu_face::{Evidence, FaceMatch, Purpose, VisualConfirmation, photo_sha256};
use kazasu_mynacard as mynacard;
use kazasu_pki::records::{Authentic, CardFace, CardKey, StreamedCardFace, Verified};
use kazasu_pki::{Hierarchy, SignatureError};

/// How the person was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method {
    /// A matcher compared the face (顔認証).
    Face,
    /// A member of staff compared the face (目視確認).
    Visual,
}

impl Method {
    /// The word for machines: `face`, `visual`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Visual => "visual",
        }
    }
}

/// What of the card's keys stands behind an identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum IdentifiedBy {
    /// The card's own key answered a challenge: the card is genuine, and so is its photo. The
    /// certificate for user authentication is **not proven**.
    CardAuthenticity,
    /// Besides that the key for user authentication signed, opened in this way.
    Certificate(mynacard::KeyUse),
}

impl IdentifiedBy {
    /// The word for machines, `key_use`: `card-authenticity`, `institution`, `stand-in`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardAuthenticity => "card-authenticity",
            Self::Certificate(key_use) => key_use.as_str(),
        }
    }
}

/// The person who was looked at.
#[derive(Debug)]
pub(crate) enum Person {
    Face(FaceMatch),
    Visual(VisualConfirmation),
}

impl Person {
    fn holds_in(&self, presence: Presence) -> bool {
        match self {
            Self::Face(it) => it.holds_in(presence),
            Self::Visual(it) => it.holds_in(presence),
        }
    }

    fn is_of_photo(&self, sha256: &[u8; 32]) -> bool {
        match self {
            Self::Face(it) => it.is_of_photo(sha256),
            Self::Visual(it) => it.is_of_photo(sha256),
        }
    }
}

/// A verified card face, as the join needs it.
pub(crate) trait Face {
    /// The key of the card.
    fn card_key(&self) -> CardKey;

    /// Whose authority vouches for it.
    fn hierarchy(&self) -> Hierarchy;

    /// Is the chip that answered the one it was issued for?
    fn is_of(&self, authentic: &Authentic) -> bool;

    /// SHA-256 over the octets of its photo.
    fn photo_sha256(&self) -> [u8; 32];
}

impl Face for Verified<CardFace<'_>> {
    fn card_key(&self) -> CardKey {
        Self::card_key(self)
    }

    fn hierarchy(&self) -> Hierarchy {
        Self::hierarchy(self)
    }

    fn is_of(&self, authentic: &Authentic) -> bool {
        authentic.is_of(self)
    }

    fn photo_sha256(&self) -> [u8; 32] {
        photo_sha256(self.photo())
    }
}

impl Face for Verified<StreamedCardFace> {
    fn card_key(&self) -> CardKey {
        Self::card_key(self)
    }

    fn hierarchy(&self) -> Hierarchy {
        Self::hierarchy(self)
    }

    fn is_of(&self, authentic: &Authentic) -> bool {
        authentic.is_of(self)
    }

    fn photo_sha256(&self) -> [u8; 32] {
        *Self::photo_sha256(self)
    }
}

/// Proof that the person before the reader is the one on a genuine card, all in one card presence: the
/// signature over the card face, the chip's answer to a fresh challenge with the key of that record,
/// and a match with liveness or two confirmations by staff, of the photo of that record.
///
/// It says nothing about the certificate unless [`Identified::proof`] is there, and nothing about
/// revocation. It cannot be copied.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu::Identified>();
/// ```
pub struct Identified {
    person: Person,
    authentic: Authentic,
    hierarchy: Hierarchy,
    proof: Option<Proof>,
}

impl Identified {
    /// Joins them, or says what does not belong together.
    ///
    /// `read_in` is the presence in which the record was read, `now` the one after the last command.
    pub(crate) fn join(
        person: Person,
        face: &impl Face,
        authentic: Authentic,
        proof: Option<Proof>,
        read_in: Presence,
        now: Presence,
    ) -> Result<Self, Failure> {
        if read_in != now || !person.holds_in(now) {
            return Err(mynacard::Error::EvidenceExpired.into());
        }
        if !person.is_of_photo(&face.photo_sha256()) {
            return Err(mynacard::Error::EvidenceExpired.into());
        }
        if !face.is_of(&authentic) {
            return Err(Failure::Authenticity(SignatureError::Mismatch));
        }
        let hierarchy = face.hierarchy();
        let demonstrates = match &person {
            Person::Face(it) => it.evidence().matcher.purpose() == Purpose::Demonstration,
            Person::Visual(_) => false,
        };
        let stands_in = proof.as_ref().map(Proof::key_use) == Some(mynacard::KeyUse::StandIn);
        if demonstrates && hierarchy != Hierarchy::Virtual {
            return Err(Failure::DemonstrationMatcher);
        }
        if stands_in && hierarchy != Hierarchy::Virtual {
            return Err(Failure::StandIn);
        }
        // A virtual certificate vouches for no other card, nor the other way round.
        if proof.as_ref().is_some_and(|proof| proof.hierarchy() != hierarchy) {
            return Err(Failure::OtherHierarchy);
        }
        Ok(Self { person, authentic, hierarchy, proof })
    }

    /// How the person was looked at.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self.person {
            Person::Face(_) => Method::Face,
            Person::Visual(_) => Method::Visual,
        }
    }

    /// What of the card's keys stands behind it.
    #[must_use]
    pub fn key_use(&self) -> IdentifiedBy {
        match &self.proof {
            None => IdentifiedBy::CardAuthenticity,
            Some(proof) => IdentifiedBy::Certificate(proof.key_use()),
        }
    }

    /// Whose authority vouches for the card.
    #[must_use]
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// That the chip is the one the photo was issued for.
    #[must_use]
    pub const fn authentic(&self) -> &Authentic {
        &self.authentic
    }

    /// The evidence of the match; `None` after a visual check.
    #[must_use]
    pub const fn face(&self) -> Option<&Evidence> {
        match &self.person {
            Person::Face(it) => Some(it.evidence()),
            Person::Visual(_) => None,
        }
    }

    /// Who of the staff confirmed, and why they did it; `None` after a face check.
    #[must_use]
    pub const fn visual(&self) -> Option<&VisualConfirmation> {
        match &self.person {
            Person::Face(_) => None,
            Person::Visual(it) => Some(it),
        }
    }

    /// The signature of the key for user authentication, when it was opened without a PIN; `None`
    /// means that the certificate is not proven.
    #[must_use]
    pub const fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let phase = self.proof.as_ref().map(Proof::phase);
        phase.map_or(Outcome::Verified, crate::authenticate::outcome)
    }
}

impl fmt::Debug for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identified")
            .field("person", &self.person)
            .field("key_use", &self.key_use())
            .field("hierarchy", &self.hierarchy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
