//! DER content octets of the primitive types that certificates and signatures use (X.690 clauses 8
//! and 11). Never converts text or time: that belongs to whoever knows the field.
//!
//! Every function checks the universal tag first; an implicitly tagged value goes through the
//! `_content` form, where one is offered. Errors point at the object's tag.

use crate::{Element, Error, ErrorKind, tags};

/// The value of a BOOLEAN (X.690, 8.2 and 11.1: `00` or `FF`).
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`], [`ErrorKind::InvalidContent`].
pub fn boolean(element: &Element<'_>) -> Result<bool, Error> {
    boolean_content(&element.expect(tags::BOOLEAN)?)
}

/// [`boolean`] for a value with an implicit tag.
///
/// # Errors
/// [`ErrorKind::InvalidContent`].
pub fn boolean_content(element: &Element<'_>) -> Result<bool, Error> {
    match element.value() {
        [0x00] => Ok(false),
        [0xFF] => Ok(true),
        _ => Err(invalid(element)),
    }
}

/// The magnitude of an INTEGER that is not negative: big-endian, without leading zeros; zero is one
/// octet `00` (X.690, 8.3).
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`], [`ErrorKind::Negative`], and [`ErrorKind::InvalidContent`] when it
/// is empty or has more octets than needed.
pub fn integer_unsigned<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    integer_unsigned_content(&element.expect(tags::INTEGER)?)
}

/// [`integer_unsigned`] for a value with an implicit tag.
///
/// # Errors
/// [`ErrorKind::Negative`], [`ErrorKind::InvalidContent`].
pub fn integer_unsigned_content<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    match element.value() {
        [] | [0x00, 0x00..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => Err(invalid(element)),
        [0x80..=0xFF, ..] => Err(Error::new(ErrorKind::Negative, element.offset())),
        [0x00, magnitude @ ..] if !magnitude.is_empty() => Ok(magnitude),
        magnitude => Ok(magnitude),
    }
}

/// The value of an INTEGER from 0 to 4 294 967 295: a version, or a path length.
///
/// # Errors
/// Those of [`integer_unsigned`], and [`ErrorKind::IntegerTooLarge`].
pub fn integer_u32(element: &Element<'_>) -> Result<u32, Error> {
    let magnitude = integer_unsigned(element)?;
    if magnitude.len() > size_of::<u32>() {
        return Err(Error::new(ErrorKind::IntegerTooLarge, element.offset()));
    }
    Ok(magnitude.iter().fold(0, |number, &octet| (number << 8) | u32::from(octet)))
}

/// The content octets of an OBJECT IDENTIFIER, checked to be whole subidentifiers in their shortest
/// form (X.690, 8.19). Compare them with those of a known one.
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`], [`ErrorKind::InvalidContent`].
pub fn object_identifier<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    object_identifier_content(&element.expect(tags::OBJECT_IDENTIFIER)?)
}

/// [`object_identifier`] for a value with an implicit tag.
///
/// # Errors
/// [`ErrorKind::InvalidContent`].
pub fn object_identifier_content<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    let mut starts = true;
    for &octet in element.value() {
        // `80` at the start of a subidentifier is a leading zero.
        if starts && octet == 0x80 {
            return Err(invalid(element));
        }
        starts = octet & 0x80 == 0;
    }
    if starts && !element.value().is_empty() { Ok(element.value()) } else { Err(invalid(element)) }
}

/// A BIT STRING: the number of unused bits in the last octet (0 to 7, all of them 0), and the octets
/// (X.690, 8.6 and 11.2.1).
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`], [`ErrorKind::InvalidContent`].
pub fn bit_string<'a>(element: &Element<'a>) -> Result<(u8, &'a [u8]), Error> {
    bit_string_content(&element.expect(tags::BIT_STRING)?)
}

/// [`bit_string`] for a value with an implicit tag.
///
/// # Errors
/// [`ErrorKind::InvalidContent`].
pub fn bit_string_content<'a>(element: &Element<'a>) -> Result<(u8, &'a [u8]), Error> {
    let (&unused, octets) = element.value().split_first().ok_or(invalid(element))?;
    let unused_bits = match (unused, octets.last()) {
        (0, _) => 0,
        (1..=7, Some(&last)) => last & !(u8::MAX << unused),
        _ => return Err(invalid(element)),
    };
    if unused_bits == 0 { Ok((unused, octets)) } else { Err(invalid(element)) }
}

/// The octets of an OCTET STRING (X.690, 8.7 and 10.2: primitive). For the objects inside, if there
/// are some, see [`Element::encapsulated`].
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`].
pub fn octet_string<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    Ok(element.expect(tags::OCTET_STRING)?.value())
}

/// Checks a NULL (X.690, 8.8).
///
/// # Errors
/// [`ErrorKind::UnexpectedTag`], [`ErrorKind::InvalidContent`].
pub fn null(element: &Element<'_>) -> Result<(), Error> {
    let element = element.expect(tags::NULL)?;
    if element.value().is_empty() { Ok(()) } else { Err(invalid(&element)) }
}

const fn invalid(element: &Element<'_>) -> Error {
    Error::new(ErrorKind::InvalidContent, element.offset())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reader, Rules};

    /// Reads one object and applies `read` to it.
    fn with<'a, T>(
        bytes: &'a [u8],
        read: impl Fn(&Element<'a>) -> Result<T, Error>,
    ) -> Result<T, ErrorKind> {
        let element = Reader::new(bytes, Rules::Der).read().unwrap();
        read(&element).map_err(|error| error.kind)
    }

    #[test]
    fn booleans_are_00_or_ff() {
        assert_eq!(with(&[0x01, 1, 0x00], boolean), Ok(false));
        assert_eq!(with(&[0x01, 1, 0xFF], boolean), Ok(true));
        assert_eq!(with(&[0x81, 1, 0xFF], boolean_content), Ok(true));
        for bytes in [&[0x01, 1, 0x01][..], &[0x01, 0], &[0x01, 2, 0xFF, 0xFF]] {
            assert_eq!(with(bytes, boolean), Err(ErrorKind::InvalidContent));
        }
    }

    #[test]
    fn integers_are_minimal_and_not_negative() {
        for (bytes, magnitude, number) in [
            (&[0x02, 1, 0x00][..], &[0x00][..], Ok(0)),
            (&[0x02, 1, 0x7F], &[0x7F], Ok(127)),
            (&[0x02, 2, 0x00, 0x80], &[0x80], Ok(128)),
            (&[0x02, 3, 0x01, 0x00, 0x01], &[0x01, 0x00, 0x01], Ok(65_537)),
            (&[0x02, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF], &[0xFF; 4], Ok(u32::MAX)),
            (&[0x02, 5, 1, 0, 0, 0, 0], &[1, 0, 0, 0, 0], Err(ErrorKind::IntegerTooLarge)),
        ] {
            assert_eq!(with(bytes, integer_unsigned), Ok(magnitude));
            assert_eq!(with(bytes, integer_u32), number);
        }
        for (bytes, kind) in [
            (&[0x02, 0][..], ErrorKind::InvalidContent),
            (&[0x02, 2, 0x00, 0x00], ErrorKind::InvalidContent),
            (&[0x02, 2, 0x00, 0x7F], ErrorKind::InvalidContent),
            (&[0x02, 2, 0xFF, 0x80], ErrorKind::InvalidContent),
            (&[0x02, 1, 0x80], ErrorKind::Negative),
            (&[0x02, 2, 0xFF, 0x7F], ErrorKind::Negative),
        ] {
            assert_eq!(with(bytes, integer_unsigned), Err(kind));
            assert_eq!(with(bytes, integer_u32), Err(kind));
        }
    }

    #[test]
    fn object_identifiers_are_whole_and_shortest() {
        let rsa = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
        assert_eq!(with(&rsa, object_identifier), Ok(&rsa[2..]));
        for bytes in [
            &[0x06, 0][..],
            &[0x06, 2, 0x2A, 0x86],
            &[0x06, 3, 0x2A, 0x80, 0x01],
            &[0x06, 2, 0x80, 0x01],
        ] {
            assert_eq!(with(bytes, object_identifier), Err(ErrorKind::InvalidContent));
        }
        // A zero inside a subidentifier is no leading one.
        let inside = [0x06, 4, 0x2A, 0x81, 0x80, 0x01];
        assert_eq!(with(&inside, object_identifier), Ok(&inside[2..]));
    }

    #[test]
    fn unused_bits_are_few_and_zero() {
        assert_eq!(with(&[0x03, 2, 0x07, 0x80], bit_string), Ok((7, &[0x80][..])));
        assert_eq!(with(&[0x03, 3, 0x00, 0x01, 0xFF], bit_string), Ok((0, &[0x01, 0xFF][..])));
        assert_eq!(with(&[0x03, 1, 0x00], bit_string), Ok((0, &[][..])));
        for bytes in [
            &[0x03, 0][..],
            &[0x03, 1, 0x01],
            &[0x03, 2, 0x08, 0x00],
            &[0x03, 2, 0x07, 0xC0],
            &[0x03, 2, 0x01, 0x01],
        ] {
            assert_eq!(with(bytes, bit_string), Err(ErrorKind::InvalidContent));
        }
    }

    #[test]
    fn every_type_holds_to_its_tag() {
        let found = |expected| ErrorKind::UnexpectedTag { expected, found: tags::UTF8_STRING };
        let other = [0x0C, 1, 0x00];
        assert_eq!(with(&other, boolean), Err(found(tags::BOOLEAN)));
        assert_eq!(with(&other, integer_unsigned), Err(found(tags::INTEGER)));
        assert_eq!(with(&other, integer_u32), Err(found(tags::INTEGER)));
        assert_eq!(with(&other, object_identifier), Err(found(tags::OBJECT_IDENTIFIER)));
        assert_eq!(with(&other, bit_string), Err(found(tags::BIT_STRING)));
        assert_eq!(with(&other, octet_string), Err(found(tags::OCTET_STRING)));
        assert_eq!(with(&other, null), Err(found(tags::NULL)));
        assert_eq!(with(&[0x04, 1, 0xAA], octet_string), Ok(&[0xAA][..]));
        assert_eq!(with(&[0x05, 0], null), Ok(()));
        assert_eq!(with(&[0x05, 1, 0], null), Err(ErrorKind::InvalidContent));
        // The error points at the object, also deep inside an input.
        let mut inside = Reader::within(&[0x05, 1, 0], Rules::Der, 40);
        assert_eq!(null(&inside.read().unwrap()).unwrap_err().offset, 40);
    }
}
