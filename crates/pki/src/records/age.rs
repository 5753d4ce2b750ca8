//! The age record (年齢確認), 券面事項確認AP EF 0001: the date of birth alone, for whoever needs no more.

use kazasu_tlv::{Element, Tag};

use super::{CardKey, RecordDate, RecordError, Verified, fields, masked, verified::signed_record};
use crate::cvc::PublicKey2048;

const RECORD: Tag = Tag::new(0xFF10);
const BIRTH: Tag = Tag::new(0xDF11);
const KEY: Tag = Tag::new(0xDF12);
const SIGNATURE: Tag = Tag::new(0xDF13);

/// 券面事項確認AP EF 0001: `FF10` with date of birth, key of the card and signature. Read with the
/// birth-date key (生年月日).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AgeRecord<'a> {
    signed: [Element<'a>; 2],
    birth: &'a [u8; 8],
    key: PublicKey2048,
    signature: &'a [u8; 256],
}

masked!(AgeRecord<'_>);

impl<'a> AgeRecord<'a> {
    /// Reads the file; filler may follow the record.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells, and [`RecordError::Key`].
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object(file, RECORD)?;
        let [birth, key, signature] = fields::fields(&object, &[BIRTH, KEY, SIGNATURE])?;
        fields::in_order(&[birth, key])?;
        Ok(Self {
            signed: [birth, key],
            birth: fields::date(&birth)?,
            key: fields::key(&key)?,
            signature: fields::fixed(&signature)?,
        })
    }

    /// The date of birth, which was not verified.
    pub const fn unverified_birth(&self) -> RecordDate {
        RecordDate::new(self.birth)
    }
}

signed_record!(AgeRecord, Age);

impl Verified<AgeRecord<'_>> {
    /// The date of birth (生年月日), `DF11`.
    pub const fn birth(&self) -> RecordDate {
        RecordDate::new(self.record.birth)
    }

    /// The key of the card, `DF12`, for a [`CardChallenge`](super::CardChallenge).
    pub const fn card_key(&self) -> CardKey {
        CardKey::new(self.record.key, self.origin)
    }
}
