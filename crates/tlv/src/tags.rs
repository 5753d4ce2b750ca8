//! The universal tags that certificates and signatures use (X.680, 8.4). Tags of card files are not
//! here: they belong to whoever knows the files.

use crate::Tag;

/// BOOLEAN.
pub const BOOLEAN: Tag = Tag::new(0x01);
/// INTEGER.
pub const INTEGER: Tag = Tag::new(0x02);
/// BIT STRING.
pub const BIT_STRING: Tag = Tag::new(0x03);
/// OCTET STRING.
pub const OCTET_STRING: Tag = Tag::new(0x04);
/// NULL.
pub const NULL: Tag = Tag::new(0x05);
/// OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
/// ENUMERATED.
pub const ENUMERATED: Tag = Tag::new(0x0A);
/// `UTF8String`.
pub const UTF8_STRING: Tag = Tag::new(0x0C);
/// SEQUENCE and SEQUENCE OF.
pub const SEQUENCE: Tag = Tag::new(0x30);
/// SET and SET OF.
pub const SET: Tag = Tag::new(0x31);
/// `PrintableString`.
pub const PRINTABLE_STRING: Tag = Tag::new(0x13);
/// `T61String` (`TeletexString`).
pub const T61_STRING: Tag = Tag::new(0x14);
/// `IA5String`.
pub const IA5_STRING: Tag = Tag::new(0x16);
/// `UTCTime`.
pub const UTC_TIME: Tag = Tag::new(0x17);
/// `GeneralizedTime`.
pub const GENERALIZED_TIME: Tag = Tag::new(0x18);
/// `VisibleString`.
pub const VISIBLE_STRING: Tag = Tag::new(0x1A);
/// `BMPString`.
pub const BMP_STRING: Tag = Tag::new(0x1E);
