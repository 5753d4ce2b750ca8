//! The card face (券面事項), 券面事項確認AP EF 0002, whole in memory. For a reader without room for it
//! there is [`CardFaceStream`](super::CardFaceStream). Never decodes an image.

use kazasu_tlv::{Element, Tag};

use super::{
    CardKey, RecordDate, RecordError, RecordKind, Sex, Unsigned, Verified, fields, masked,
    verified::Signed,
};
use crate::{
    backend::Backend,
    cvc::{CvcKey, PublicKey2048},
    rsa::Fixed,
    scheme::sha256,
};

pub(super) const RECORD: Tag = Tag::new(0xFF20);

/// The fields: offset table, date of birth, sex, key of the card, images of name and address, photo,
/// signature, expiry, image of the security code.
pub(super) const FIELDS: [Tag; 10] = [
    Tag::new(0xDF21),
    Tag::new(0xDF22),
    Tag::new(0xDF23),
    Tag::new(0xDF24),
    Tag::new(0xDF25),
    Tag::new(0xDF26),
    Tag::new(0xDF27),
    Tag::new(0xDF28),
    Tag::new(0xDF29),
    Tag::new(0xDF2A),
];

/// `DigestInfo` with the identifier of SHA-256 around 96 octets instead of 32, up to these.
const DIGEST_INFO_OF_THREE: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// What the signature is checked with (`docs/card-facts.md` §4.4).
pub(super) struct ThreeDigests {
    digests: [[u8; 32]; 3],
}

impl ThreeDigests {
    /// Digests over `DF22` ‖ `DF23` ‖ `DF24`, `DF25` ‖ `DF26`, and `DF27`.
    pub(super) const fn new(digests: [[u8; 32]; 3]) -> Self {
        Self { digests }
    }

    pub(super) fn verify<R>(
        &self,
        record: R,
        signature: &[u8; 256],
        key: &CvcKey,
        backend: &impl Backend,
    ) -> Result<Verified<R>, RecordError> {
        let digests = self.digests.as_flattened();
        let mut content = [0; 115];
        for (octet, source) in content.iter_mut().zip(DIGEST_INFO_OF_THREE.iter().chain(digests)) {
            *octet = *source;
        }
        let (kind, digest) = (RecordKind::CardFace, sha256(digests));
        Signed { kind, content: &content, signature, digest }.verify(record, key, backend)
    }
}

/// 券面事項確認AP EF 0002: `FF20` with the face of the card. Read with 照合番号A or B.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardFace<'a> {
    /// `DF22` to `DF27`.
    signed: [Element<'a>; 6],
    birth: &'a [u8; 8],
    sex: Sex,
    key: PublicKey2048,
    signature: &'a [u8; 256],
    expiry: &'a [u8; 8],
    security_code: &'a [u8],
}

masked!(CardFace<'_>);

impl<'a> CardFace<'a> {
    /// Reads the file. Two stray octets may stand before the record and filler after it; the offset
    /// table `DF21` must say where the fields are.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells, and [`RecordError::Key`].
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object_after_stray(file, RECORD)?;
        let all = fields::fields(&object, &FIELDS)?;
        let [offsets, birth, sex, key, name, address, photo, signature, expiry, security_code] =
            all;
        fields::in_order(&[birth, sex, key])?;
        fields::in_order(&[name, address])?;
        let table: &[u8; 18] = fields::fixed(&offsets)?;
        let positions = all.iter().skip(1).map(|field| field.offset());
        fields::check_offsets(table, object.offset(), positions)?;
        Ok(Self {
            signed: [birth, sex, key, name, address, photo],
            birth: fields::date(&birth)?,
            sex: fields::sex(&sex)?,
            key: fields::key(&key)?,
            signature: fields::fixed(&signature)?,
            expiry: fields::date(&expiry)?,
            security_code: security_code.value(),
        })
    }

    /// The date of birth, which was not verified.
    pub const fn unverified_birth(&self) -> RecordDate {
        RecordDate::new(self.birth)
    }

    /// The sex, which was not verified.
    pub const fn unverified_sex(&self) -> Sex {
        self.sex
    }

    /// The photo, JPEG 2000, which was not verified.
    pub const fn unverified_photo(&self) -> &'a [u8] {
        let [_, _, _, _, _, photo] = &self.signed;
        photo.value()
    }

    /// The expiry of the card, which no signature covers.
    pub const fn expiry(&self) -> Unsigned<RecordDate> {
        Unsigned::new(RecordDate::new(self.expiry))
    }

    /// Verifies the signature, without a heap.
    ///
    /// # Errors
    /// [`RecordError::WrongRole`], [`RecordError::BadSignature`].
    pub fn verify(self, key: &CvcKey) -> Result<Verified<Self>, RecordError> {
        self.verify_with(key, &Fixed::new())
    }

    /// [`CardFace::verify`] with a back end of the caller's choice.
    ///
    /// # Errors
    /// As [`CardFace::verify`], and [`RecordError::Key`] when the back end cannot take the key.
    pub fn verify_with(
        self,
        key: &CvcKey,
        backend: &impl Backend,
    ) -> Result<Verified<Self>, RecordError> {
        let [birth, sex, card_key, name, address, photo] = self.signed;
        let digests = ThreeDigests::new([
            fields::digest(&[birth, sex, card_key]),
            fields::digest(&[name, address]),
            fields::digest(&[photo]),
        ]);
        digests.verify(self, self.signature, key, backend)
    }
}

impl<'a> Verified<CardFace<'a>> {
    /// The date of birth (生年月日), `DF22`.
    pub const fn birth(&self) -> RecordDate {
        RecordDate::new(self.record.birth)
    }

    /// The sex (性別), `DF23`.
    pub const fn sex(&self) -> Sex {
        self.record.sex
    }

    /// The key of the card, `DF24`, for a [`CardChallenge`](super::CardChallenge).
    pub const fn card_key(&self) -> CardKey {
        CardKey::new(self.record.key, self.origin)
    }

    /// The image of the name (氏名), PNG, `DF25`.
    pub const fn name_image(&self) -> &'a [u8] {
        let [_, _, _, name, _, _] = &self.record.signed;
        name.value()
    }

    /// The image of the address (住所), PNG, `DF26`.
    pub const fn address_image(&self) -> &'a [u8] {
        let [_, _, _, _, address, _] = &self.record.signed;
        address.value()
    }

    /// The photo (顔写真), JPEG 2000 (JP2), `DF27`.
    pub const fn photo(&self) -> &'a [u8] {
        let [_, _, _, _, _, photo] = &self.record.signed;
        photo.value()
    }

    /// The day on which the card expires (有効期限), `DF29`. **No signature covers it.**
    pub const fn expiry(&self) -> Unsigned<RecordDate> {
        Unsigned::new(RecordDate::new(self.record.expiry))
    }

    /// The image of the security code (セキュリティコード), PNG, `DF2A`. **No signature covers it.**
    pub const fn security_code_image(&self) -> Unsigned<&'a [u8]> {
        Unsigned::new(self.record.security_code)
    }
}
