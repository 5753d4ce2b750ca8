//! The header of an object, tag and length, without its value. Never looks past the header.

use crate::{Error, ErrorKind, Tag};

/// Which encodings are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rules {
    /// BER-TLV of cards (ISO/IEC 7816-4): definite lengths; tags and lengths may take more octets
    /// than they need, since the files of the My Number card do (`docs/card-facts.md` §2.9).
    Ber,
    /// DER (X.690 clause 10): every tag and length in its shortest form.
    Der,
}

/// Tag and length of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// The tag.
    pub tag: Tag,
    /// The length of the value, in octets.
    pub length: usize,
    /// The length of tag and length fields together, in octets: 2 to [`Header::MAX_LENGTH`].
    pub header_length: usize,
}

impl Header {
    /// The longest header: three octets of tag, four of length. A prefix of this many octets is
    /// enough to learn the size of any object.
    pub const MAX_LENGTH: usize = 7;

    /// Reads the header at the start of an object; what follows it is not looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] when `prefix` ends inside the header, and every kind that names a
    /// tag or a length. Offsets count from the start of `prefix`.
    pub fn parse(prefix: &[u8], rules: Rules) -> Result<Self, Error> {
        Self::split(prefix, rules).map(|(header, _)| header)
    }

    /// The length of the whole object, header and value, in octets.
    ///
    /// # Errors
    /// [`ErrorKind::LengthTooLong`] when this machine cannot address so many octets.
    pub fn total_length(&self) -> Result<usize, Error> {
        self.header_length
            .checked_add(self.length)
            .ok_or(Error::new(ErrorKind::LengthTooLong, self.tag.encoded_length()))
    }

    /// The header, and what follows it.
    pub(crate) fn split(bytes: &[u8], rules: Rules) -> Result<(Self, &[u8]), Error> {
        let (tag, rest) = Tag::parse(bytes, rules)?;
        let (length, rest) =
            parse_length(rest, rules).map_err(|e| e.shifted(tag.encoded_length()))?;
        Ok((Self { tag, length, header_length: bytes.len().saturating_sub(rest.len()) }, rest))
    }
}

/// Length octets (ISO/IEC 7816-4, 5.2.2.2; X.690, 8.1.3). Offsets count from the first of them.
fn parse_length(bytes: &[u8], rules: Rules) -> Result<(usize, &[u8]), Error> {
    let truncated = Error::new(ErrorKind::Truncated, bytes.len());
    let refused = |kind| Err(Error::new(kind, 0));
    let (&first, rest) = bytes.split_first().ok_or(truncated)?;
    let (count, shortest) = match first {
        0..=0x7F => return Ok((usize::from(first), rest)),
        0x80 => return refused(ErrorKind::IndefiniteLength),
        0x81 => (1, 0x80),
        0x82 => (2, 0x100),
        0x83 => (3, 0x1_0000),
        _ => return refused(ErrorKind::LengthTooLong),
    };
    let (octets, rest) = rest.split_at_checked(count).ok_or(truncated)?;
    let length = octets.iter().fold(0_u32, |length, &octet| (length << 8) | u32::from(octet));
    if rules == Rules::Der && length < shortest {
        return refused(ErrorKind::NonMinimalLength);
    }
    match usize::try_from(length) {
        Ok(length) => Ok((length, rest)),
        Err(_) => refused(ErrorKind::LengthTooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8], rules: Rules) -> Result<(u32, usize, usize), (ErrorKind, usize)> {
        Header::parse(bytes, rules)
            .map(|h| (h.tag.octets(), h.length, h.header_length))
            .map_err(|e| (e.kind, e.offset))
    }

    #[test]
    fn lengths_of_every_form() {
        for (bytes, expected) in [
            (&[0x30, 0x7F][..], (0x30, 0x7F, 2)),
            (&[0x30, 0x81, 0x80], (0x30, 0x80, 3)),
            (&[0xFF, 0x20, 0x82, 0x0B, 0xF9], (0xFF20, 0x0BF9, 5)),
            (&[0x5F, 0x81, 0x00, 0x83, 0x01, 0x00, 0x00], (0x5F8100, 0x1_0000, 7)),
        ] {
            assert_eq!(parse(bytes, Rules::Ber), Ok(expected));
            assert_eq!(parse(bytes, Rules::Der), Ok(expected));
            for end in 0..bytes.len() {
                let truncated = Err((ErrorKind::Truncated, end));
                assert_eq!(parse(&bytes[..end], Rules::Ber), truncated);
                assert_eq!(parse(&bytes[..end], Rules::Der), truncated);
            }
        }
    }

    #[test]
    fn non_minimal_forms_are_for_cards_only() {
        for (bytes, length, kind, offset) in [
            (&[0x04, 0x81, 0x7F][..], 0x7F, ErrorKind::NonMinimalLength, 1),
            (&[0x04, 0x82, 0x00, 0xA9], 0xA9, ErrorKind::NonMinimalLength, 1),
            (&[0x04, 0x82, 0x00, 0x00], 0, ErrorKind::NonMinimalLength, 1),
            (&[0xDF, 0x25, 0x83, 0x00, 0xFF, 0xFF], 0xFFFF, ErrorKind::NonMinimalLength, 2),
            (&[0x1F, 0x1E, 0x00], 0, ErrorKind::NonMinimalTag, 0),
            (&[0x1F, 0x80, 0x7F, 0x00], 0, ErrorKind::NonMinimalTag, 0),
        ] {
            assert_eq!(parse(bytes, Rules::Ber).map(|h| h.1), Ok(length));
            assert_eq!(parse(bytes, Rules::Der), Err((kind, offset)));
        }
    }

    #[test]
    fn forms_that_no_rule_accepts() {
        for (bytes, kind, offset) in [
            (&[0x30, 0x80][..], ErrorKind::IndefiniteLength, 1),
            (&[0xFF, 0x20, 0x84, 0, 0, 0, 1], ErrorKind::LengthTooLong, 2),
            (&[0x30, 0xFF], ErrorKind::LengthTooLong, 1),
            (&[0x00, 0x00], ErrorKind::EndOfContents, 0),
            (&[0x1F, 0x81, 0x81, 0x01, 0x00], ErrorKind::TagTooLong, 0),
            (&[0xFF, 0xFF, 0xFF], ErrorKind::TagTooLong, 0),
        ] {
            assert_eq!(parse(bytes, Rules::Ber), Err((kind, offset)));
            assert_eq!(parse(bytes, Rules::Der), Err((kind, offset)));
        }
    }

    #[test]
    fn total_length_does_not_overflow() {
        let header = Header { tag: Tag::new(0x30), length: usize::MAX, header_length: 2 };
        assert_eq!(header.total_length(), Err(Error::new(ErrorKind::LengthTooLong, 1)));
    }
}
