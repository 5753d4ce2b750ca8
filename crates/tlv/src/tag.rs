//! Tags as numbers made of their identifier octets. Never decides what a tag means.

use core::fmt;

use crate::{Error, ErrorKind, Rules};

/// The class of a tag (X.690, 8.1.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Class {
    /// Types of ASN.1 itself.
    Universal,
    /// Types of an application, as `7F21`.
    Application,
    /// Meaning given by the surrounding object, as `[0]`.
    ContextSpecific,
    /// Types of an organisation, as `FF20`.
    Private,
}

/// A tag: one to three identifier octets, read as a big-endian number (ISO/IEC 7816-4, 5.2.2.1;
/// X.690, 8.1.2).
///
/// Two tags are equal when their octets are, so that a tag coded in a non-minimal way is another tag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(u32);

/// Low five bits of the first octet: all set when the number follows in further octets.
const NUMBER: u32 = 0x1F;
/// Set in the first octet of a constructed object.
const CONSTRUCTED: u32 = 0x20;
/// Set in every further octet but the last.
const MORE: u32 = 0x80;

impl Tag {
    /// The tag with these identifier octets: `Tag::new(0x30)`, `Tag::new(0x5F4E)`,
    /// `Tag::new(0xFF20)`.
    ///
    /// Octets that contradict each other give a tag that is never found, and that the
    /// [`Writer`](crate::Writer) refuses.
    #[must_use]
    pub const fn new(octets: u32) -> Self {
        Self(octets)
    }

    /// The primitive context-specific tag `[number]`.
    #[must_use]
    pub const fn context(number: u8) -> Self {
        Self::from_first_octet(0x80, number)
    }

    /// The constructed context-specific tag `[number]`, as explicit tagging uses it.
    #[must_use]
    pub const fn context_constructed(number: u8) -> Self {
        Self::from_first_octet(0x80 | CONSTRUCTED, number)
    }

    const fn from_first_octet(first: u32, number: u8) -> Self {
        let number = number as u32;
        Self(if number < NUMBER {
            first | number
        } else if number < 0x80 {
            ((first | NUMBER) << 8) | number
        } else {
            ((first | NUMBER) << 16) | ((MORE | (number >> 7)) << 8) | (number & 0x7F)
        })
    }

    /// The identifier octets as a big-endian number.
    #[must_use]
    pub const fn octets(self) -> u32 {
        self.0
    }

    /// The number of identifier octets: 1 to 3 (4 for a number that is no tag).
    #[must_use]
    pub const fn encoded_length(self) -> usize {
        match self.0 {
            0..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFF_FFFF => 3,
            _ => 4,
        }
    }

    const fn first_octet(self) -> u32 {
        match self.0 {
            0..=0xFF => self.0,
            0x100..=0xFFFF => self.0 >> 8,
            0x1_0000..=0xFF_FFFF => self.0 >> 16,
            _ => self.0 >> 24,
        }
    }

    /// Whether the object's value consists of objects.
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        self.first_octet() & CONSTRUCTED != 0
    }

    /// The class.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.first_octet() >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::ContextSpecific,
            _ => Class::Private,
        }
    }

    /// The tag number: 0 to 30 in one octet, up to 16 383 in three.
    #[must_use]
    pub const fn number(self) -> u32 {
        let low = self.0 & 0x7F;
        let high = (self.0 >> 8) & 0x7F;
        match self.encoded_length() {
            1 => self.0 & NUMBER,
            2 => low,
            _ => (high << 7) | low,
        }
    }

    /// Whether these octets are a tag that can stand in an encoding.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        let long = self.first_octet() & NUMBER == NUMBER;
        let last_ends = self.0 & MORE == 0;
        let middle_continues = (self.0 >> 8) & MORE != 0;
        match self.encoded_length() {
            1 => !long && self.0 != 0,
            2 => long && last_ends,
            3 => long && middle_continues && last_ends,
            _ => false,
        }
    }

    /// Whether the number is coded in as few octets as possible (X.690, 8.1.2).
    const fn is_minimal(self) -> bool {
        match self.encoded_length() {
            1 => true,
            2 => self.number() >= NUMBER,
            _ => self.number() >= 0x80,
        }
    }

    /// The identifier octets, right-aligned: the last [`Self::encoded_length`] of them count.
    pub(crate) const fn to_octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// Reads a tag from the front of `bytes` and returns what follows it. Offsets of errors count
    /// from the start of `bytes`.
    pub(crate) fn parse(bytes: &[u8], rules: Rules) -> Result<(Self, &[u8]), Error> {
        let truncated = Error::new(ErrorKind::Truncated, bytes.len());
        let (&first, mut rest) = bytes.split_first().ok_or(truncated)?;
        let mut tag = Self(u32::from(first));
        if tag.0 == 0 {
            return Err(Error::new(ErrorKind::EndOfContents, 0));
        }
        if tag.0 & NUMBER == NUMBER {
            loop {
                let (&octet, after) = rest.split_first().ok_or(truncated)?;
                rest = after;
                tag = Self((tag.0 << 8) | u32::from(octet));
                if u32::from(octet) & MORE == 0 {
                    break;
                }
                if tag.0 > 0xFFFF {
                    return Err(Error::new(ErrorKind::TagTooLong, 0));
                }
            }
        }
        match rules {
            Rules::Der if !tag.is_minimal() => Err(Error::new(ErrorKind::NonMinimalTag, 0)),
            _ => Ok((tag, rest)),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Tag {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Tag({=u32:02X})", self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_class_number_and_form_from_the_octets() {
        for (octets, class, constructed, number, length) in [
            (0x30, Class::Universal, true, 16, 1),
            (0x02, Class::Universal, false, 2, 1),
            (0x5F4E, Class::Application, false, 78, 2),
            (0x7F21, Class::Application, true, 33, 2),
            (0xA1, Class::ContextSpecific, true, 1, 1),
            (0xDF2A, Class::Private, false, 42, 2),
            (0xFF20, Class::Private, true, 32, 2),
            (0x5FFF22, Class::Application, false, 0x3FA2, 3),
        ] {
            let tag = Tag::new(octets);
            assert_eq!(tag.class(), class, "{tag}");
            assert_eq!(tag.is_constructed(), constructed, "{tag}");
            assert_eq!(tag.number(), number, "{tag}");
            assert_eq!(tag.encoded_length(), length, "{tag}");
            assert!(tag.is_valid(), "{tag}");
        }
    }

    #[test]
    fn context_tags_take_as_many_octets_as_the_number_needs() {
        assert_eq!(Tag::context(0).octets(), 0x80);
        assert_eq!(Tag::context_constructed(3).octets(), 0xA3);
        assert_eq!(Tag::context(30).octets(), 0x9E);
        assert_eq!(Tag::context(31).octets(), 0x9F1F);
        assert_eq!(Tag::context_constructed(127).octets(), 0xBF7F);
        for number in 0..=u8::MAX {
            for tag in [Tag::context(number), Tag::context_constructed(number)] {
                assert!(tag.is_valid() && tag.is_minimal());
                assert_eq!(tag.number(), u32::from(number));
                assert_eq!(tag.class(), Class::ContextSpecific);
            }
        }
    }

    #[test]
    fn contradicting_octets_are_no_tag() {
        for octets in [0, 0x1F, 0x3021, 0xFFA0, 0x7F2101, 0x7F8182, 0x7F81_8201, u32::MAX] {
            assert!(!Tag::new(octets).is_valid(), "{octets:X}");
        }
    }

    #[test]
    fn every_parsed_tag_is_valid_and_every_valid_tag_parses() {
        for octets in 1..=0xFF_FFFF_u32 {
            let tag = Tag::new(octets);
            let encoded = tag.to_octets();
            let encoded = &encoded[4 - tag.encoded_length()..];
            let parsed = Tag::parse(encoded, Rules::Ber);
            let whole = matches!(parsed, Ok((found, [])) if found == tag);
            assert_eq!(whole, tag.is_valid(), "{tag}");
            let strict = matches!(Tag::parse(encoded, Rules::Der), Ok((found, [])) if found == tag);
            assert_eq!(strict, tag.is_valid() && tag.is_minimal(), "{tag}");
        }
    }
}
