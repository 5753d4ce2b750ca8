//! The integrity record (券面事項入力補助AP EF 0003) and the four attributes (基本4情報, EF 0002) that it
//! vouches for. Never reads EF 0001: that holds the 12-digit number.

use kazasu_tlv::{Element, Tag};

use super::{
    RecordDate, RecordError, RecordKind, Sex, Verified, fields, masked,
    verified::{Origin, signed_record},
};
use crate::scheme::sha256;

const RECORD: Tag = Tag::new(0xFF30);
const MY_NUMBER_DIGEST: Tag = Tag::new(0xDF31);
const ATTRIBUTES_DIGEST: Tag = Tag::new(0xDF32);
const SIGNATURE: Tag = Tag::new(0xDF33);

const ATTRIBUTES: Tag = Tag::new(0xFF20);
const OFFSETS: Tag = Tag::new(0xDF21);
const NAME: Tag = Tag::new(0xDF22);
const ADDRESS: Tag = Tag::new(0xDF23);
const BIRTH: Tag = Tag::new(0xDF24);
const SEX: Tag = Tag::new(0xDF25);

/// 券面事項入力補助AP EF 0003: `FF30` with two digests and a signature. Read with the PIN or 照合番号.
///
/// It names no key of the card, so it ties the attributes to an authority and not to a card: with
/// the attributes of one card and the [`CardKeyRecord`](super::CardKeyRecord) of another, every
/// signature is right. Where that matters, verify the [`CardFace`](super::CardFace), which has key
/// and holder under one signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Integrity<'a> {
    signed: [Element<'a>; 2],
    my_number: &'a [u8; 32],
    attributes: &'a [u8; 32],
    signature: &'a [u8; 256],
}

masked!(Integrity<'_>, InputAttributes<'_>);

impl<'a> Integrity<'a> {
    /// Reads the file; filler may follow the record.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells.
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object(file, RECORD)?;
        let tags = [MY_NUMBER_DIGEST, ATTRIBUTES_DIGEST, SIGNATURE];
        let [my_number, attributes, signature] = fields::fields(&object, &tags)?;
        fields::in_order(&[my_number, attributes])?;
        Ok(Self {
            signed: [my_number, attributes],
            my_number: fields::fixed(&my_number)?,
            attributes: fields::fixed(&attributes)?,
            signature: fields::fixed(&signature)?,
        })
    }
}

signed_record!(Integrity, Integrity);

impl Verified<Integrity<'_>> {
    /// Makes a file that has the digest that the record names for it a verified one.
    fn vouch<R>(
        &self,
        file: R,
        kind: RecordKind,
        digest: [u8; 32],
        named: &[u8; 32],
    ) -> Result<Verified<R>, RecordError> {
        if digest != *named {
            return Err(RecordError::WrongDigest);
        }
        let origin = Origin { kind, voucher: self.origin.voucher, signed_digest: digest };
        Ok(Verified { record: file, origin })
    }

    /// The same for EF 0001, whose physical octets are what was digested (`DF31`).
    #[cfg(feature = "my-number")]
    pub(super) fn vouch_my_number<R>(
        &self,
        file: R,
        octets: &[u8],
    ) -> Result<Verified<R>, RecordError> {
        self.vouch(file, RecordKind::MyNumber, sha256(octets), self.record.my_number)
    }
}

/// 券面事項入力補助AP EF 0002: `FF20` with the four attributes as text. Read with the PIN or 照合番号B.
///
/// It has no signature of its own: the integrity record vouches for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InputAttributes<'a> {
    digested: &'a [u8],
    name: &'a str,
    address: &'a str,
    birth: &'a [u8; 8],
    sex: Sex,
}

impl<'a> InputAttributes<'a> {
    /// Reads the file. Two stray octets may stand before the record and filler after it; the offset
    /// table `DF21`, which no digest covers, comes first and agrees with where the fields are.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells.
    pub fn parse(file: &'a [u8]) -> Result<Self, RecordError> {
        let object = fields::object_after_stray(file, ATTRIBUTES)?;
        let tags = [OFFSETS, NAME, ADDRESS, BIRTH, SEX];
        let [offsets, name, address, birth, sex] = fields::fields(&object, &tags)?;
        // What follows the table is digested, so nothing may stand before it.
        let mut rest = object.children()?;
        rest.expect(OFFSETS).map_err(|_| RecordError::Order { tag: OFFSETS })?;
        let positions = [name, address, birth, sex].map(|field| field.offset());
        let table: &[u8; 8] = fields::fixed(&offsets)?;
        fields::check_offsets(table, object.offset(), positions.into_iter())?;
        Ok(Self {
            digested: rest.remaining(),
            name: fields::text(&name)?,
            address: fields::text(&address)?,
            birth: fields::date(&birth)?,
            sex: fields::sex(&sex)?,
        })
    }

    /// The name, which was not verified.
    pub const fn unverified_name(&self) -> &'a str {
        self.name
    }

    /// The address, which was not verified.
    pub const fn unverified_address(&self) -> &'a str {
        self.address
    }

    /// The date of birth, which was not verified.
    pub const fn unverified_birth(&self) -> RecordDate {
        RecordDate::new(self.birth)
    }

    /// The sex, which was not verified.
    pub const fn unverified_sex(&self) -> Sex {
        self.sex
    }

    /// Compares the file with the digest in the verified integrity record (`DF32`, over what follows
    /// `DF21`).
    ///
    /// # Errors
    /// [`RecordError::WrongDigest`].
    pub fn verify(
        self,
        integrity: &Verified<Integrity<'_>>,
    ) -> Result<Verified<Self>, RecordError> {
        let digest = sha256(self.digested);
        integrity.vouch(self, RecordKind::Attributes, digest, integrity.record.attributes)
    }
}

impl<'a> Verified<InputAttributes<'a>> {
    /// The name (氏名), `DF22`.
    pub const fn name(&self) -> &'a str {
        self.record.name
    }

    /// The address (住所), `DF23`.
    pub const fn address(&self) -> &'a str {
        self.record.address
    }

    /// The date of birth (生年月日), `DF24`.
    pub const fn birth(&self) -> RecordDate {
        RecordDate::new(self.record.birth)
    }

    /// The sex (性別), `DF25`.
    pub const fn sex(&self) -> Sex {
        self.record.sex
    }
}
