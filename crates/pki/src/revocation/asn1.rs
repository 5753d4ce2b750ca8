//! The ASN.1 that lists and responses share, for the crate `der`: whole objects kept as they came,
//! sequences that are checked once and walked again, times, extensions. Nothing is re-encoded.

use core::marker::PhantomData;

use der::{Decode, DecodeValue, ErrorKind, FixedTag, Header, Length, Reader, Tag};

use super::{error::Error, reader};
use crate::time::{Date, Digits, InvalidTime, Time};

/// Reads one value that fills `octets`, which stand at `offset` of the whole input.
pub(super) fn decode<'a, T: Decode<'a, Error = der::Error>>(
    octets: &'a [u8],
    offset: usize,
) -> Result<T, Error> {
    let read = || {
        let mut reader = reader::Octets::new(octets)?;
        let value = T::decode(&mut reader)?;
        reader.finish().map(|()| value)
    };
    read().map_err(|error| malformed(&error, offset))
}

/// Where it went wrong, in octets from the start of the whole input.
pub(super) fn malformed(error: &der::Error, offset: usize) -> Error {
    let position = error.position().map_or(0, to_usize);
    Error::Malformed { offset: offset.saturating_add(position) }
}

fn to_usize(length: Length) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// A whole object, tag and length included, as it came.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) octets: &'a [u8],
    pub(super) offset: usize,
}

impl<'a> Decode<'a> for Whole<'a> {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        let offset = to_usize(reader.offset());
        Ok(Self { octets: reader.tlv_bytes()?, offset })
    }
}

/// The same, and it is a SEQUENCE: a Name, an AlgorithmIdentifier, a certificate.
#[derive(Clone, Copy)]
pub(super) struct WholeSequence<'a>(pub(super) Whole<'a>);

impl<'a> Decode<'a> for WholeSequence<'a> {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        Header::peek(reader)?.tag().assert_eq(Tag::Sequence)?;
        Whole::decode(reader).map(Self)
    }
}

/// The content of an object and where it stands.
fn content<'a, R: Reader<'a>>(
    reader: &mut R,
    header: Header,
) -> Result<(&'a [u8], usize), der::Error> {
    let offset = to_usize(reader.offset());
    Ok((reader.read_slice(header.length())?, offset))
}

/// OCTET STRING.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a> {
    pub(super) octets: &'a [u8],
    pub(super) offset: usize,
}

impl FixedTag for Octets<'_> {
    const TAG: Tag = Tag::OctetString;
}

impl<'a> DecodeValue<'a> for Octets<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        content(reader, header).map(|(octets, offset)| Self { octets, offset })
    }
}

impl<'a> Octets<'a> {
    /// Reads the one value that is encoded inside.
    pub(super) fn inside<T: Decode<'a, Error = der::Error>>(&self) -> Result<T, Error> {
        decode(self.octets, self.offset)
    }
}

/// OBJECT IDENTIFIER, as content octets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Oid<'a>(pub(super) &'a [u8]);

impl FixedTag for Oid<'_> {
    const TAG: Tag = Tag::ObjectIdentifier;
}

impl<'a> DecodeValue<'a> for Oid<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        let (octets, _) = content(reader, header)?;
        // Whole subidentifiers in their shortest form (X.690 clause 8.19).
        let mut starts = true;
        for octet in octets {
            if starts && *octet == 0x80 {
                return Err(reader.error(ErrorKind::OidMalformed));
            }
            starts = octet & 0x80 == 0;
        }
        if starts && !octets.is_empty() {
            Ok(Self(octets))
        } else {
            Err(reader.error(ErrorKind::OidMalformed))
        }
    }
}

/// The magnitude of an INTEGER that is not negative, as [`crate::Certificate::serial`] gives it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsigned<'a>(pub(super) &'a [u8]);

impl FixedTag for Unsigned<'_> {
    const TAG: Tag = Tag::Integer;
}

impl<'a> DecodeValue<'a> for Unsigned<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        match content(reader, header)?.0 {
            [] | [0x80..=0xFF, ..] | [0x00, 0x00..=0x7F, ..] => {
                Err(reader.error(ErrorKind::Noncanonical { tag: Tag::Integer }))
            }
            [0x00, magnitude @ ..] if !magnitude.is_empty() => Ok(Self(magnitude)),
            magnitude => Ok(Self(magnitude)),
        }
    }
}

/// BIT STRING that holds whole octets: a signature.
#[derive(Clone, Copy)]
pub(super) struct WholeBits<'a>(pub(super) &'a [u8]);

impl FixedTag for WholeBits<'_> {
    const TAG: Tag = Tag::BitString;
}

impl<'a> DecodeValue<'a> for WholeBits<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        match content(reader, header)?.0 {
            [0, octets @ ..] => Ok(Self(octets)),
            _ => Err(reader.error(ErrorKind::Value { tag: Tag::BitString })),
        }
    }
}

/// SEQUENCE OF, every item of which was checked when it was read.
pub(super) struct SequenceOf<'a, T> {
    content: &'a [u8],
    item: PhantomData<fn() -> T>,
}

impl<T> Clone for SequenceOf<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SequenceOf<'_, T> {}

impl<T> FixedTag for SequenceOf<'_, T> {
    const TAG: Tag = Tag::Sequence;
}

impl<'a, T: Decode<'a, Error = der::Error>> DecodeValue<'a> for SequenceOf<'a, T> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        let content = reader.clone().read_slice(header.length())?;
        while !reader.is_finished() {
            T::decode(reader)?;
        }
        Ok(Self { content, item: PhantomData })
    }
}

impl<'a, T: Decode<'a, Error = der::Error>> SequenceOf<'a, T> {
    /// The items again. Offsets in them count from the first one; errors cannot occur.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut reader = reader::Octets::new(self.content).ok();
        core::iter::from_fn(move || {
            let reader = reader.as_mut()?;
            if reader.is_finished() { None } else { T::decode(reader).ok() }
        })
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.content.is_empty()
    }
}

/// GeneralizedTime in the one form of RFC 5280 section 4.1.2.5.2.
#[derive(Clone, Copy)]
pub(super) struct GeneralizedTime(pub(super) Time);

impl FixedTag for GeneralizedTime {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl<'a> DecodeValue<'a> for GeneralizedTime {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        let mut digits = Digits(content(reader, header)?.0);
        let time = digits.four().and_then(|year| rest_of_time(&mut digits, year));
        time.map(Self).map_err(|_| reader.error(ErrorKind::DateTime))
    }
}

/// `Time ::= CHOICE { utcTime, generalTime }`: UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280
/// section 5.1.2.4).
#[derive(Clone, Copy)]
pub(super) struct Moment(pub(super) Time);

impl<'a> Decode<'a> for Moment {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        let header = Header::decode(reader)?;
        let mut digits = Digits(content(reader, header)?.0);
        let year = match header.tag() {
            // Two digits: 50 to 99 are of the last century.
            Tag::UtcTime => digits.two().map(|year| match u16::from(year) {
                year @ 0..50 => year.saturating_add(2000),
                year => year.saturating_add(1900),
            }),
            Tag::GeneralizedTime => match digits.four() {
                Ok(0..2050) => Err(InvalidTime),
                year => year,
            },
            other => return Err(reader.error(other.unexpected_error(Some(Tag::UtcTime)))),
        };
        let time = year.and_then(|year| rest_of_time(&mut digits, year));
        time.map(Self).map_err(|_| reader.error(ErrorKind::DateTime))
    }
}

fn rest_of_time(digits: &mut Digits<'_>, year: u16) -> Result<Time, InvalidTime> {
    let (month, day) = (digits.two()?, digits.two()?);
    let (hour, minute, second) = (digits.two()?, digits.two()?, digits.two()?);
    digits.one_of(b"Z")?;
    digits.end()?;
    Date::new(year, month, day)
        .and_then(|date| Time::from_utc(date, hour, minute, second))
        .ok_or(InvalidTime)
}

/// `BOOLEAN DEFAULT FALSE`: in DER it is there only when it is TRUE (X.690 clause 11.5).
#[derive(Clone, Copy)]
pub(super) struct True;

impl FixedTag for True {
    const TAG: Tag = Tag::Boolean;
}

impl<'a> DecodeValue<'a> for True {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        if bool::decode_value(reader, header)? {
            Ok(Self)
        } else {
            Err(reader.error(ErrorKind::Noncanonical { tag: Tag::Boolean }))
        }
    }
}

/// NULL under an implicit tag.
#[derive(Clone, Copy)]
pub(super) struct Nothing;

impl FixedTag for Nothing {
    const TAG: Tag = Tag::Null;
}

impl<'a> DecodeValue<'a> for Nothing {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        if header.length().is_zero() {
            Ok(Self)
        } else {
            Err(reader.error(ErrorKind::Length { tag: Tag::Null }))
        }
    }
}

/// `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }` of a list, an entry, a
/// response (RFC 5280 section 4.1).
#[derive(Clone, Copy, DecodeValue)]
pub(super) struct Extension<'a> {
    pub(super) identifier: Oid<'a>,
    critical: Option<True>,
    pub(super) value: Octets<'a>,
}

impl<'a> der::Sequence<'a> for Extension<'a> {}

impl Extension<'_> {
    pub(super) const fn critical(&self) -> bool {
        self.critical.is_some()
    }
}

/// Extensions, in their order.
pub(super) type Extensions<'a> = SequenceOf<'a, Extension<'a>>;

/// At least one, and none twice (RFC 5280 section 4.2).
pub(super) fn check_extensions(extensions: &Extensions<'_>, offset: usize) -> Result<(), Error> {
    if extensions.is_empty() {
        return Err(Error::Malformed { offset });
    }
    for (index, extension) in extensions.iter().enumerate() {
        if index >= MAX_EXTENSIONS {
            return Err(Error::TooLarge { offset });
        }
        let mut earlier = extensions.iter().take(index);
        if earlier.any(|earlier| earlier.identifier == extension.identifier) {
            return Err(Error::DuplicateExtension { offset });
        }
    }
    Ok(())
}

/// Far more than any list or response has; it bounds the search for duplicates.
const MAX_EXTENSIONS: usize = 32;

/// `AlgorithmIdentifier` where only a hash algorithm is named: parameters absent or NULL.
#[derive(Clone, Copy, DecodeValue)]
pub(super) struct HashIdentifier<'a> {
    pub(super) algorithm: Oid<'a>,
    _parameters: Option<Nothing>,
}

impl<'a> der::Sequence<'a> for HashIdentifier<'a> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        let moment = |octets: &[u8]| Moment::from_der(octets).map(|moment| moment.0);
        assert_eq!(moment(b"\x17\x0D261121003000Z").unwrap().unix(), 1_795_221_000);
        assert_eq!(moment(b"\x18\x0F20501121003000Z").unwrap().unix(), 2_552_603_400);
        for bad in [
            &b"\x18\x0F20491121003000Z"[..],
            b"\x17\x0B2611210030Z",
            b"\x17\x0D261121003000+",
            b"\x17\x0D261321003000Z",
            b"\x17\x0D261121006000Z",
            b"\x13\x0D261121003000Z",
            b"\x18\x1120501121003000.5Z",
        ] {
            assert!(moment(bad).is_err(), "{bad:02x?}");
        }
        // In an OCSP response it is GeneralizedTime always.
        let time = GeneralizedTime::from_der(b"\x18\x0F20261121003000Z").unwrap();
        assert_eq!(time.0.unix(), 1_795_221_000);
    }

    #[test]
    fn numbers_and_booleans_have_one_form() {
        assert!(Unsigned::from_der(&[2, 1, 0]).is_ok_and(|it| it.0 == [0]));
        assert!(Unsigned::from_der(&[2, 2, 0, 0x80]).is_ok_and(|it| it.0 == [0x80]));
        for bad in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 1], &[2, 2, 0, 0], &[4, 1, 1]] {
            assert!(Unsigned::from_der(bad).is_err(), "{bad:02x?}");
        }
        assert!(True::from_der(&[1, 1, 0xFF]).is_ok());
        for bad in [&[1, 1, 0][..], &[1, 1, 1], &[1, 2, 0xFF, 0xFF], &[1, 0]] {
            assert!(True::from_der(bad).is_err(), "{bad:02x?}");
        }
    }
}
