//! Whether a list is for a certificate at all: its issuing distribution point (RFC 5280 section
//! 5.2.5) against the distribution points that the certificate names (section 4.2.1.13). The JPKI
//! names them by directory name, one for each municipality (`docs/card-facts.md` §5.2).

use der::{Decode, DecodeValue, FixedTag, Header, Reader, Tag, TagNumber};

use super::{
    asn1::{SequenceOf, True, Whole},
    error::Error,
};

/// A BIT STRING of which only the presence matters.
#[derive(Clone, Copy)]
pub(super) struct Present;

impl FixedTag for Present {
    const TAG: Tag = Tag::BitString;
}

impl<'a> DecodeValue<'a> for Present {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> Result<Self, der::Error> {
        reader.read_slice(header.length()).map(|_| Self)
    }
}

/// `DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] }`.
#[derive(Clone, Copy)]
pub(super) enum PointName<'a> {
    Full(SequenceOf<'a, Whole<'a>>),
    Relative(Whole<'a>),
}

const FULL: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
const RELATIVE: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(1) };

impl<'a> Decode<'a> for PointName<'a> {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        match Header::peek(reader)?.tag() {
            FULL => {
                let header = Header::decode(reader)?;
                let names = reader.read_nested(header.length(), |reader| {
                    SequenceOf::decode_value(reader, header)
                })?;
                Ok(Self::Full(names))
            }
            RELATIVE => Whole::decode(reader).map(Self::Relative),
            other => Err(reader.error(other.unexpected_error(Some(FULL)))),
        }
    }
}

impl PointName<'_> {
    /// The same point. Names are the same when their DER is; a relative name is appended to that
    /// of the issuer.
    fn is_same(&self, other: &Self, issuer: &[u8]) -> bool {
        match (self, other) {
            (Self::Full(names), Self::Full(others)) => {
                names.iter().any(|name| others.iter().any(|other| name.octets == other.octets))
            }
            (Self::Relative(name), Self::Relative(other)) => name.octets == other.octets,
            (Self::Full(names), Self::Relative(relative))
            | (Self::Relative(relative), Self::Full(names)) => {
                names.iter().any(|name| is_relative_to(name.octets, relative.octets, issuer))
            }
        }
    }

    fn is_directory_name(&self, name: &[u8]) -> bool {
        let Self::Full(names) = self else { return false };
        names.iter().any(|full| directory_name(full.octets) == Some(name))
    }
}

/// The Name in a GeneralName that is one: `directoryName [4] EXPLICIT Name`.
fn directory_name(general_name: &[u8]) -> Option<&[u8]> {
    let name = kazasu_tlv::Reader::new(general_name, kazasu_tlv::Rules::Der).read().ok()?;
    (name.tag() == kazasu_tlv::Tag::context_constructed(4)).then_some(name.value())
}

/// Whether a general name is that of the issuer and one relative distinguished name more.
fn is_relative_to(general_name: &[u8], relative: &[u8], issuer: &[u8]) -> bool {
    let value = |octets| {
        let element = kazasu_tlv::Reader::new(octets, kazasu_tlv::Rules::Der).read().ok()?;
        Some(element.value())
    };
    let more = || {
        let name = value(directory_name(general_name)?)?;
        name.strip_prefix(value(issuer)?)
    };
    // `nameRelativeToCRLIssuer` is a SET under an implicit tag: all but the tag must be the same.
    match (more().and_then(|more| more.split_first()), relative.split_first()) {
        (Some((0x31, more)), Some((_, relative))) => more == relative,
        _ => false,
    }
}

/// `DistributionPoint` of a certificate.
#[derive(Clone, Copy, DecodeValue)]
pub(super) struct DistributionPoint<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    name: Option<PointName<'a>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    reasons: Option<Present>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    crl_issuer: Option<SequenceOf<'a, Whole<'a>>>,
}

impl<'a> der::Sequence<'a> for DistributionPoint<'a> {}

/// The points of a certificate.
pub(super) type DistributionPoints<'a> = SequenceOf<'a, DistributionPoint<'a>>;

/// `IssuingDistributionPoint` of a list.
#[derive(Clone, Copy, DecodeValue)]
pub(super) struct IssuingDistributionPoint<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    name: Option<PointName<'a>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    _only_user: Option<True>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    only_authorities: Option<True>,
    #[asn1(context_specific = "3", tag_mode = "IMPLICIT", optional = "true")]
    some_reasons: Option<Present>,
    #[asn1(context_specific = "4", tag_mode = "IMPLICIT", optional = "true")]
    indirect: Option<True>,
    #[asn1(context_specific = "5", tag_mode = "IMPLICIT", optional = "true")]
    only_attributes: Option<True>,
}

impl<'a> der::Sequence<'a> for IssuingDistributionPoint<'a> {}

impl IssuingDistributionPoint<'_> {
    /// Whether the list covers a holder's certificate with these distribution points, for all
    /// reasons (RFC 5280 section 6.3.3 (b)). `issuer` is the Name of the authority.
    pub(super) fn check(
        &self,
        points: Option<&DistributionPoints<'_>>,
        issuer: &[u8],
    ) -> Result<(), Error> {
        if self.indirect.is_some() {
            return Err(Error::IndirectCrl);
        }
        if self.some_reasons.is_some() {
            return Err(Error::SomeReasons);
        }
        // A holder's certificate is no authority's and no attribute certificate.
        if self.only_authorities.is_some() || self.only_attributes.is_some() {
            return Err(Error::Scope);
        }
        let Some(name) = &self.name else { return Ok(()) };
        let covered = match points {
            // Points with another issuer are for indirect lists; points of some reasons do not
            // answer for the others.
            Some(points) => points
                .iter()
                .filter(|point| point.crl_issuer.is_none() && point.reasons.is_none())
                .filter_map(|point| point.name)
                .any(|point| point.is_same(name, issuer)),
            // A certificate that names no point is on the list under its issuer's name (the last
            // paragraph of section 6.3.3).
            None => name.is_directory_name(issuer),
        };
        if covered { Ok(()) } else { Err(Error::DistributionPoint) }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    fn object(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[tag, u8::try_from(content.len()).unwrap()], &content[..]].concat()
    }

    /// One relative distinguished name under this tag.
    fn relative(tag: u8, value: &[u8]) -> Vec<u8> {
        let attribute = object(0x30, &[&[6, 3, 0x55, 4, 3], &object(0x0C, &[value])]);
        object(tag, &[&attribute])
    }

    fn name(values: &[&[u8]]) -> Vec<u8> {
        let parts: Vec<_> = values.iter().map(|value| relative(0x31, value)).collect();
        object(0x30, &[&parts.concat()])
    }

    fn full(names: &[Vec<u8>]) -> Vec<u8> {
        let names: Vec<_> = names.iter().map(|name| object(0xA4, &[name])).collect();
        object(0xA0, &[&names.concat()])
    }

    #[test]
    fn points_are_the_same_by_full_or_relative_name() {
        let issuer = name(&[b"JP", b"JPKI"]);
        let point = full(&[name(&[b"JP", b"JPKI", b"CRLDP"])]);
        let several = full(&[name(&[b"X"]), name(&[b"JP", b"JPKI", b"CRLDP"])]);
        let short = relative(0xA1, b"CRLDP");
        for (one, other, same) in [
            (&point, &point, true),
            (&point, &several, true),
            (&short, &short, true),
            (&point, &short, true),
            (&short, &several, true),
            (&point, &full(&[name(&[b"JP", b"JPKI"])]), false),
            (&point, &full(&[name(&[b"JP", b"JPKI", b"CRLDQ"])]), false),
            (&point, &relative(0xA1, b"CRLDQ"), false),
            (&full(&[name(&[b"JP", b"CRLDP"])]), &short, false),
            (&full(&[name(&[b"JP", b"JPKI", b"CRLDP", b"CRLDP"])]), &short, false),
            (&full(core::slice::from_ref(&issuer)), &short, false),
        ] {
            let decode = |octets| PointName::from_der(octets).unwrap();
            assert_eq!(
                decode(one).is_same(&decode(other), &issuer),
                same,
                "{one:02x?} {other:02x?}"
            );
            assert_eq!(decode(other).is_same(&decode(one), &issuer), same);
        }
        assert!(PointName::from_der(&relative(0xA2, b"CRLDP")).is_err());
        assert!(PointName::from_der(&relative(0x81, b"CRLDP")).is_err());
    }

    #[test]
    fn a_certificate_without_points_is_listed_under_its_issuer() {
        let issuer = name(&[b"JP", b"JPKI"]);
        let list = |point: &[u8]| object(0x30, &[&object(0xA0, &[point])]);
        let check = |list: &[u8], points: Option<&[u8]>| {
            let points = points.map(|points| DistributionPoints::from_der(points).unwrap());
            IssuingDistributionPoint::from_der(list).unwrap().check(points.as_ref(), &issuer)
        };
        let own = full(core::slice::from_ref(&issuer));
        assert_eq!(check(&list(&own), None), Ok(()));
        let other = full(&[name(&[b"JP"])]);
        assert_eq!(check(&list(&other), None), Err(Error::DistributionPoint));
        // Points of another issuer, or of some reasons, are not points of this list.
        for (more, covered) in [
            (Vec::new(), Ok(())),
            (object(0x81, &[&[1, 6]]), Err(Error::DistributionPoint)),
            (object(0xA2, &[&object(0xA4, &[&issuer])]), Err(Error::DistributionPoint)),
        ] {
            let points = object(0x30, &[&object(0x30, &[&object(0xA0, &[&other]), &more])]);
            assert_eq!(check(&list(&other), Some(&points)), covered);
        }
    }
}
