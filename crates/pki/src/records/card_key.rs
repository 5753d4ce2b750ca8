//! The card's own key, out of verified records only, and the record that holds nothing else:
//! 券面事項入力補助AP EF 0007. Never a private key: that never leaves the card.

use core::fmt;

use kazasu_tlv::{Element, Tag};

use super::{
    RecordError, RecordKind, Verified, fields, masked,
    verified::{Origin, signed_record},
};
use crate::cvc::{CvcRole, PublicKey2048};

const RECORD: Tag = Tag::new(0xFF50);
const KEY: Tag = Tag::new(0xDF51);
const SIGNATURE: Tag = Tag::new(0xDF52);

/// The public key of a card, as a verified record has it, with who vouches for that record.
///
/// It belongs to one application of the card ([`CardKey::role`]): the answer to a
/// [`CardChallenge`](super::CardChallenge) must come from the same one. 券面事項確認AP signs with key
/// 001A (`DF12`, `DF24`, `DF42`), 券面事項入力補助AP with key 0013 (`DF51`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardKey {
    pub(super) key: PublicKey2048,
    pub(super) origin: Origin,
}

impl CardKey {
    pub(super) const fn new(key: PublicKey2048, origin: Origin) -> Self {
        Self { key, origin }
    }

    /// The application whose key it is.
    pub const fn role(&self) -> CvcRole {
        self.origin.voucher.role
    }

    /// The record that it stands in.
    pub const fn kind(&self) -> RecordKind {
        self.origin.kind
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardKey").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for CardKey {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "CardKey({})", self.kind());
    }
}

/// 券面事項入力補助AP EF 0007: `FF50` with the key of the card and a signature. Read with the PIN or
/// 照合番号.
///
/// Nothing in it names a holder, and the integrity record does not name this key: see
/// [`Integrity`](super::Integrity).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardKeyRecord<'a> {
    signed: [Element<'a>; 1],
    key: PublicKey2048,
    signature: &'a [u8; 256],
}

masked!(CardKeyRecord<'_>);

impl<'a> CardKeyRecord<'a> {
    /// Reads the file; filler may follow the record.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells, and [`RecordError::Key`].
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object(file, RECORD)?;
        let [key, signature] = fields::fields(&object, &[KEY, SIGNATURE])?;
        Ok(Self { signed: [key], key: fields::key(&key)?, signature: fields::fixed(&signature)? })
    }
}

signed_record!(CardKeyRecord, CardKey);

impl Verified<CardKeyRecord<'_>> {
    /// The key of the card, `DF51`, for a [`CardChallenge`](super::CardChallenge).
    pub const fn card_key(&self) -> CardKey {
        CardKey::new(self.record.key, self.origin)
    }
}
