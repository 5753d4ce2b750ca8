//! What can be wrong with an encoding, and where. Errors carry tags and positions, never a value.

use core::fmt;

use crate::Tag;

/// An encoding that was refused, or could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where, in octets from the start of the outermost input (when writing: of the output): the
    /// octet that is wrong, or the place of the first one that is missing.
    pub offset: usize,
}

/// What is wrong with an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends inside an object. More octets of the same input could complete it.
    Truncated,
    /// An object runs past the end of the object that contains it. More input does not help.
    Overrun,
    /// A tag of more than three octets (ISO/IEC 7816-4 reserves them).
    TagTooLong,
    /// The tag `00`, which marks the end of an indefinite length and is no object by itself.
    EndOfContents,
    /// A tag number in more octets than needed (X.690, 8.1.2; refused by [`Rules::Der`]).
    ///
    /// [`Rules::Der`]: crate::Rules::Der
    NonMinimalTag,
    /// The tag cannot be encoded: its octets contradict each other, or are more than three.
    InvalidTag,
    /// The indefinite length `80`.
    IndefiniteLength,
    /// A length of more than three subsequent octets (`84` and above), or more than this machine
    /// can address.
    LengthTooLong,
    /// A length in more octets than needed (X.690, 10.1; refused by [`Rules::Der`]).
    ///
    /// [`Rules::Der`]: crate::Rules::Der
    NonMinimalLength,
    /// Objects are nested more deeply than the walk was told to follow.
    TooDeep,
    /// Another object stands where one with this tag is due.
    UnexpectedTag {
        /// The tag that is due.
        expected: Tag,
        /// The tag that is there.
        found: Tag,
    },
    /// An object with this tag is due, and there is none.
    Missing {
        /// The tag that is due.
        expected: Tag,
    },
    /// Objects were read to the last one known, and more octets follow.
    TrailingBytes,
    /// What follows the object of a file is neither `00` nor `FF`.
    NotFiller,
    /// The file holds filler and no object.
    OnlyFiller,
    /// Objects were asked for inside a primitive object.
    NotConstructed,
    /// The output buffer is too small.
    BufferTooSmall,
    /// The content octets do not fit the type that the tag names (X.690 clauses 8 and 11).
    InvalidContent,
    /// An INTEGER is negative where only an unsigned one makes sense.
    Negative,
    /// An INTEGER is larger than the type asked for.
    IntegerTooLarge,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The same error inside a larger input, of which `base` octets come before.
    pub(crate) const fn shifted(self, base: usize) -> Self {
        Self { kind: self.kind, offset: self.offset.saturating_add(base) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (offset {})", self.kind, self.offset)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the data ends inside an object; read the rest of it",
            Self::Overrun => "an object is longer than the one it is in; the data is damaged",
            Self::TagTooLong => "a tag has more than three octets; the data is no card TLV or DER",
            Self::EndOfContents => "tag 00 is no object; the data is damaged, or filler",
            Self::NonMinimalTag => "a tag is longer than DER allows; the data is not DER",
            Self::InvalidTag => "this tag cannot be encoded; use the octets that a card sends",
            Self::IndefiniteLength => "indefinite length; only definite lengths are supported",
            Self::LengthTooLong => "a length has more than three octets; the data is damaged",
            Self::NonMinimalLength => "a length is longer than DER allows; the data is not DER",
            Self::TooDeep => "objects are nested too deeply; allow more levels or refuse the data",
            Self::UnexpectedTag { expected, found } => {
                return write!(
                    f,
                    "expected tag {expected}, found {found}; check which data this is"
                );
            }
            Self::Missing { expected } => {
                return write!(f, "tag {expected} is missing; check which data this is");
            }
            Self::TrailingBytes => "data follows the last object; it is not part of this structure",
            Self::NotFiller => "data other than 00 or FF follows the object; the file is damaged",
            Self::OnlyFiller => "the file holds only filler; nothing was written to it",
            Self::NotConstructed => "the object is primitive, so no objects are inside",
            Self::BufferTooSmall => "the output buffer is too small; give a larger one",
            Self::InvalidContent => "the content does not fit its type; the data is not DER",
            Self::Negative => "a negative number where an unsigned one is due",
            Self::IntegerTooLarge => "a number is larger than supported here",
        })
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn the_text_says_what_where_and_which_tag() {
        let kind = ErrorKind::UnexpectedTag { expected: Tag::new(0xFF20), found: Tag::new(0x05) };
        let text = std::format!("{}", Error::new(kind, 12));
        assert!(text.contains("FF20") && text.contains("05") && text.contains("12"), "{text}");
    }
}
