//! The 12-digit number (個人番号) as an image and as digits, behind the feature `my-number`: only who
//! may handle it under 番号法 may even read these files.

use kazasu_tlv::{Element, Tag};

use super::{CardKey, Integrity, RecordError, Verified, fields, masked, verified::signed_record};
use crate::cvc::PublicKey2048;

const IMAGE_RECORD: Tag = Tag::new(0xFF40);
const IMAGE: Tag = Tag::new(0xDF41);
const KEY: Tag = Tag::new(0xDF42);
const SIGNATURE: Tag = Tag::new(0xDF43);

const NUMBER: Tag = Tag::new(0xFF10);
const FILE_LENGTH: usize = 17;

/// 券面事項確認AP EF 0005: `FF40` with the image of the number, key of the card and signature. Read
/// with 照合番号A.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MyNumberImage<'a> {
    signed: [Element<'a>; 2],
    key: PublicKey2048,
    signature: &'a [u8; 256],
}

masked!(MyNumberImage<'_>, MyNumber<'_>);

impl<'a> MyNumberImage<'a> {
    /// Reads the file; filler may follow the record.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells, and [`RecordError::Key`].
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object(file, IMAGE_RECORD)?;
        let [image, key, signature] = fields::fields(&object, &[IMAGE, KEY, SIGNATURE])?;
        fields::in_order(&[image, key])?;
        Ok(Self {
            signed: [image, key],
            key: fields::key(&key)?,
            signature: fields::fixed(&signature)?,
        })
    }
}

signed_record!(MyNumberImage, MyNumberImage);

impl<'a> Verified<MyNumberImage<'a>> {
    /// The image of the number, PNG, `DF41`.
    pub fn image(&self) -> &'a [u8] {
        let [image, _] = self.record.signed;
        image.value()
    }

    /// The key of the card, `DF42`, for a [`CardChallenge`](super::CardChallenge).
    pub const fn card_key(&self) -> CardKey {
        CardKey::new(self.record.key, self.origin)
    }
}

/// 券面事項入力補助AP EF 0001: `FF10` with the twelve digits, and two octets `FF`. Read with the PIN or
/// 照合番号A.
///
/// It has no signature of its own: the integrity record vouches for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MyNumber<'a> {
    file: &'a [u8; FILE_LENGTH],
    digits: &'a str,
}

impl<'a> MyNumber<'a> {
    /// Reads the file: all 17 octets of it, because the digest is over the physical file.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells.
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object(file, NUMBER)?;
        let wrong = fields::invalid(&object);
        let file = file.try_into().map_err(|_| wrong)?;
        let digits: &[u8; 12] = fields::fixed(&object)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong);
        }
        Ok(Self { file, digits: fields::text(&object)? })
    }

    /// Compares the file with the digest in the verified integrity record (`DF31`).
    ///
    /// # Errors
    /// [`RecordError::WrongDigest`].
    pub fn verify(
        self,
        integrity: &Verified<Integrity<'_>>,
    ) -> Result<Verified<Self>, RecordError> {
        integrity.vouch_my_number(self, self.file)
    }
}

impl<'a> Verified<MyNumber<'a>> {
    /// The twelve digits.
    pub const fn digits(&self) -> &'a str {
        self.record.digits
    }
}
