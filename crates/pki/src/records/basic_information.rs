//! The basic information of the two applications (AP基本情報): which specification, whose keys. No
//! signature covers any of it.

use kazasu_tlv::{Element, Tag};

use super::{RecordError, Unsigned, fields, masked};
use crate::cvc::KeyIdentifier;

/// Tags of one application's file: the object, versions, key identifier, and the municipality where
/// there is one.
struct Tags {
    record: Tag,
    versions: Tag,
    key_identifier: Tag,
    municipality: Option<Tag>,
}

const CARD_FACE: Tags = Tags {
    record: Tag::new(0xFF30),
    versions: Tag::new(0xDF31),
    key_identifier: Tag::new(0xDF32),
    municipality: Some(Tag::new(0xDF34)),
};
const INPUT_SUPPORT: Tags = Tags {
    record: Tag::new(0xFF40),
    versions: Tag::new(0xDF41),
    key_identifier: Tag::new(0xDF42),
    municipality: None,
};

/// 券面事項確認AP EF 0003 or 券面事項入力補助AP EF 0005: what the application says about itself. Read
/// without a code.
///
/// Only the fields whose meaning is told by `docs/card-facts.md` (§1.3, §2.3, §2.4) are here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BasicInformation {
    versions: [u8; 4],
    key_identifier: KeyIdentifier,
    municipality: Option<[u8; 5]>,
}

masked!(BasicInformation);

impl BasicInformation {
    /// Reads EF 0003 of 券面事項確認AP; filler may follow the record.
    ///
    /// # Errors
    /// Every kind that [`RecordError::is_malformed`] tells.
    pub fn parse_card_face(file: &[u8]) -> Result<Unsigned<Self>, RecordError> {
        Self::parse(file, &CARD_FACE)
    }

    /// Reads EF 0005 of 券面事項入力補助AP; filler may follow the record.
    ///
    /// # Errors
    /// As [`BasicInformation::parse_card_face`].
    pub fn parse_input_support(file: &[u8]) -> Result<Unsigned<Self>, RecordError> {
        Self::parse(file, &INPUT_SUPPORT)
    }

    fn parse(file: &[u8], tags: &Tags) -> Result<Unsigned<Self>, RecordError> {
        let object = fields::object(file, tags.record)?;
        let [versions, key_identifier] =
            fields::fields(&object, &[tags.versions, tags.key_identifier])?;
        let municipality = match tags.municipality {
            Some(tag) => {
                let [code] = fields::fields(&object, &[tag])?;
                Some(municipality(&code)?)
            }
            None => None,
        };
        Ok(Unsigned::new(Self {
            versions: *fields::fixed(&versions)?,
            key_identifier: KeyIdentifier::new(*fields::fixed(&key_identifier)?),
            municipality,
        }))
    }

    /// The version of the specification that it follows (`06` and `01` were seen).
    pub const fn specification_version(&self) -> u8 {
        let [version, _, _, _] = self.versions;
        version
    }

    /// Whether it takes extended lengths, as its own code (`03` was seen; one source names the field,
    /// none its values).
    pub const fn extended_length(&self) -> u8 {
        let [_, extended_length, _, _] = self.versions;
        extended_length
    }

    /// Who made it, and what the maker adds.
    pub const fn vendor(&self) -> [u8; 2] {
        let [_, _, vendor, specific] = self.versions;
        [vendor, specific]
    }

    /// The identifier of a key (authorities …0024 and …0034 were seen).
    pub const fn key_identifier(&self) -> KeyIdentifier {
        self.key_identifier
    }

    /// The municipality's code (団体コード), five digits; 券面事項確認AP only.
    pub fn municipality(&self) -> Option<&str> {
        self.municipality.as_ref().and_then(|code| core::str::from_utf8(code).ok())
    }
}

fn municipality(code: &Element<'_>) -> Result<[u8; 5], RecordError> {
    let digits: &[u8; 5] = fields::fixed(code)?;
    let all = digits.iter().all(u8::is_ascii_digit);
    if all { Ok(*digits) } else { Err(fields::invalid(code)) }
}
