//! X.509 certificates (RFC 5280 section 4.1) as a view of their original bytes, which are the ones
//! that were signed. Parsing is strict DER and judges structure only: a parsed certificate is not
//! a trusted one.

use core::fmt;

use crate::{
    algorithm::{PublicKey, whole_octets},
    attributes::Attributes,
    error::Error,
    extension::{self, AuthorityKeyIdentifier, BasicConstraints, Extension, Extensions, KeyUsage},
    name::Name,
    oid,
    time::{Date, Digits, Time},
};
use kazasu_tlv::{Element, Reader, Rules, Tag, der, tags};

/// Far more than any certificate of the JPKI has; it bounds the search for duplicates.
const MAX_EXTENSIONS: usize = 32;

/// A certificate that has the structure of RFC 5280, borrowed from its DER.
///
/// Nothing about it is trusted: that is what [`Validator`](crate::Validator) is for. `Debug`
/// shows no part of the holder's data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Certificate<'a> {
    raw: &'a [u8],
    tbs: &'a [u8],
    serial: &'a [u8],
    inner_algorithm: &'a [u8],
    issuer: Name<'a>,
    not_before: Time,
    not_after: Time,
    subject: Name<'a>,
    key_info: Element<'a>,
    extensions: Option<Element<'a>>,
    outer_algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads one certificate that fills `der` wholly.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything that is not DER or not a certificate, bytes after it and
    /// unique identifiers included; [`Error::Version`], [`Error::ValidityDate`],
    /// [`Error::DuplicateExtension`], [`Error::TooLarge`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Error> {
        let mut outermost = Reader::new(der, Rules::Der);
        let certificate = outermost.expect(tags::SEQUENCE)?;
        outermost.finish()?;
        let mut reader = certificate.children()?;
        let tbs = reader.expect(tags::SEQUENCE)?;
        let outer_algorithm = reader.expect(tags::SEQUENCE)?.raw();
        let signature = whole_octets(&reader.read()?)?;
        reader.finish()?;

        let mut reader = tbs.children()?;
        version_3(&mut reader)?;
        let serial = der::integer_unsigned(&reader.read()?)?;
        let inner_algorithm = reader.expect(tags::SEQUENCE)?.raw();
        let issuer = issuer(&reader.read()?)?;
        let (not_before, not_after) = validity(&reader.expect(tags::SEQUENCE)?)?;
        let subject = Name::parse(&reader.read()?)?;
        let key_info = reader.expect(tags::SEQUENCE)?;
        let extensions = extensions(&mut reader)?;
        reader.finish()?;

        Ok(Self {
            raw: certificate.raw(),
            tbs: tbs.raw(),
            serial,
            inner_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            key_info,
            extensions,
            outer_algorithm,
            signature,
        })
    }

    /// The whole certificate, as it was given.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The signed part (TBSCertificate), as it was given. Signatures are checked over this.
    pub const fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The SHA-256 fingerprint: the digest of the whole certificate.
    pub fn sha256(&self) -> [u8; 32] {
        crate::scheme::sha256(self.raw)
    }

    /// The serial number, big-endian without leading zeros.
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Who issued the certificate.
    pub const fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// Whom the certificate is about.
    pub const fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// The first second of validity.
    pub const fn not_before(&self) -> Time {
        self.not_before
    }

    /// The last second of validity.
    pub const fn not_after(&self) -> Time {
        self.not_after
    }

    /// The AlgorithmIdentifier that stands outside the signed part: DER of the SEQUENCE.
    pub const fn signature_algorithm(&self) -> &'a [u8] {
        self.outer_algorithm
    }

    /// The AlgorithmIdentifier that stands inside the signed part: DER of the SEQUENCE.
    pub const fn tbs_signature_algorithm(&self) -> &'a [u8] {
        self.inner_algorithm
    }

    /// The signature on the certificate.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The SubjectPublicKeyInfo: DER of the SEQUENCE.
    pub const fn subject_public_key_info(&self) -> &'a [u8] {
        self.key_info.raw()
    }

    /// The subject's key.
    ///
    /// # Errors
    /// As [`PublicKey::parse`].
    pub fn public_key(&self) -> Result<PublicKey<'a>, Error> {
        PublicKey::parse(&self.key_info)
    }

    /// The extensions in their order.
    pub fn extensions(&self) -> Extensions<'a> {
        Extensions { reader: self.extensions.and_then(|element| element.children().ok()) }
    }

    /// The extension with this identifier (content octets of the OBJECT IDENTIFIER). There is at
    /// most one.
    pub fn extension(&self, identifier: &[u8]) -> Option<Extension<'a>> {
        self.extensions().find(|extension| extension.identifier == identifier)
    }

    /// Key usage, if there is one.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn key_usage(&self) -> Result<Option<KeyUsage>, Error> {
        self.extension(oid::KEY_USAGE).as_ref().map(KeyUsage::parse).transpose()
    }

    /// Basic constraints; without any, those of a subject that is no authority.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn basic_constraints(&self) -> Result<BasicConstraints, Error> {
        let extension = self.extension(oid::BASIC_CONSTRAINTS);
        Ok(extension.as_ref().map(BasicConstraints::parse).transpose()?.unwrap_or_default())
    }

    /// The identifier of the subject's key, if there is one.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn subject_key_identifier(&self) -> Result<Option<&'a [u8]>, Error> {
        let extension = self.extension(oid::SUBJECT_KEY_IDENTIFIER);
        extension.as_ref().map(extension::subject_key_identifier).transpose()
    }

    /// The identifier of the key that the certificate was signed with, if there is one.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn authority_key_identifier(&self) -> Result<Option<&'a [u8]>, Error> {
        match self.extension(oid::AUTHORITY_KEY_IDENTIFIER) {
            Some(extension) => Ok(AuthorityKeyIdentifier::parse(&extension)?.key),
            None => Ok(None),
        }
    }

    /// Whether somebody was issued by itself, as an authority is that changes its key.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// The four attributes (基本4情報) of a 署名用 certificate, or `None` when there are none. They
    /// are as good as the certificate: rely on them only when it was validated.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Attributes`].
    pub fn attributes(&self) -> Result<Option<Attributes<'a>>, Error> {
        match self.extension(oid::SUBJECT_ALT_NAME) {
            Some(extension) => Attributes::parse(&extension),
            None => Ok(None),
        }
    }
}

/// The size. No date either: the end of validity is the holder's birthday
/// (`docs/card-facts.md` §5.2).
impl fmt::Debug for Certificate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("length", &self.raw.len()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Certificate<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Certificate({} octets)", self.raw.len());
    }
}

/// `[0] EXPLICIT INTEGER`, 2 for version 3.
fn version_3(reader: &mut Reader<'_>) -> Result<(), Error> {
    let Some(explicit) = reader.optional(Tag::context_constructed(0))? else {
        return Err(Error::Version);
    };
    let mut inner = explicit.children()?;
    let version = der::integer_u32(&inner.read()?)?;
    inner.finish()?;
    if version == 2 { Ok(()) } else { Err(Error::Version) }
}

/// A `Name` that is not empty (RFC 5280 section 4.1.2.4).
fn issuer<'a>(element: &Element<'a>) -> Result<Name<'a>, Error> {
    let name = Name::parse(element)?;
    element.children()?.expect(tags::SET)?;
    Ok(name)
}

/// `Validity ::= SEQUENCE { notBefore, notAfter }`. One that ends before it begins holds no moment;
/// taken as it stands, months of grace would follow a validity that never was.
fn validity(element: &Element<'_>) -> Result<(Time, Time), Error> {
    let mut reader = element.children()?;
    let (first, last) = (reader.read()?, reader.read()?);
    reader.finish()?;
    let (not_before, not_after) = (time(&first)?, time(&last)?);
    if not_after < not_before {
        return Err(Error::ValidityDate { offset: last.offset() });
    }
    Ok((not_before, not_after))
}

/// `Time ::= CHOICE { utcTime, generalTime }` in the one form that RFC 5280 allows.
fn time(element: &Element<'_>) -> Result<Time, Error> {
    let error = Error::ValidityDate { offset: element.offset() };
    let mut input = Digits(element.value());
    let mut read = || {
        let year = match element.tag() {
            // Two digits: 50 to 99 are of the last century.
            tags::UTC_TIME => match u16::from(input.two()?) {
                year @ 0..50 => 2000 + year,
                year => 1900 + year,
            },
            tags::GENERALIZED_TIME => match input.four()? {
                0..2050 => return Err(crate::time::InvalidTime),
                year => year,
            },
            _ => return Err(crate::time::InvalidTime),
        };
        let (month, day) = (input.two()?, input.two()?);
        let (hour, minute, second) = (input.two()?, input.two()?, input.two()?);
        input.one_of(b"Z")?;
        input.end()?;
        Date::new(year, month, day)
            .and_then(|date| Time::from_utc(date, hour, minute, second))
            .ok_or(crate::time::InvalidTime)
    };
    read().map_err(|_| error)
}

/// `[3] EXPLICIT SEQUENCE SIZE (1..MAX) OF Extension`, every one of them checked.
fn extensions<'a>(reader: &mut Reader<'a>) -> Result<Option<Element<'a>>, Error> {
    let Some(explicit) = reader.optional(Tag::context_constructed(3))? else {
        return Ok(None);
    };
    let mut inner = explicit.children()?;
    let sequence = inner.expect(tags::SEQUENCE)?;
    inner.finish()?;
    let mut rest = sequence.children()?;
    let mut count = 0;
    loop {
        let extension = Extension::parse(&rest.read()?)?;
        let mut earlier = Extensions { reader: sequence.children().ok() }.take(count);
        if earlier.any(|earlier| earlier.identifier == extension.identifier) {
            return Err(Error::DuplicateExtension);
        }
        count += 1;
        if count > MAX_EXTENSIONS {
            return Err(Error::TooLarge);
        }
        if rest.is_empty() {
            return Ok(Some(sequence));
        }
    }
}
