//! Certificate extensions (RFC 5280 section 4.2), decoded where this crate judges by them. What an
//! extension means for trust is decided in the path validation, not here.

use core::fmt;

use kazasu_tlv::{Element, Reader, Tag, der, tags};

use crate::{
    error::Error,
    oid::{self, Dotted},
};

/// One extension of a certificate.
///
/// `Debug` shows its identifier and not its value, which may be personal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    pub(crate) identifier: &'a [u8],
    pub(crate) critical: bool,
    pub(crate) value: Element<'a>,
    pub(crate) offset: usize,
}

impl<'a> Extension<'a> {
    /// Reads `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }`.
    pub(crate) fn parse(element: &Element<'a>) -> Result<Self, Error> {
        let mut reader = element.expect(tags::SEQUENCE)?.children()?;
        let identifier = der::object_identifier(&reader.read()?)?;
        let critical = default_false(&mut reader)?;
        let value = reader.expect(tags::OCTET_STRING)?;
        reader.finish()?;
        Ok(Self { identifier, critical, value, offset: element.offset() })
    }

    /// The identifier: content octets of an OBJECT IDENTIFIER.
    pub const fn identifier(&self) -> &'a [u8] {
        self.identifier
    }

    /// Whether the extension must be understood by whoever relies on the certificate.
    pub const fn critical(&self) -> bool {
        self.critical
    }

    /// The DER inside the OCTET STRING.
    pub const fn value(&self) -> &'a [u8] {
        self.value.value()
    }

    /// The value as the one SEQUENCE that it must be.
    pub(crate) fn sequence(&self) -> Result<Reader<'a>, Error> {
        let mut reader = self.value.encapsulated();
        let sequence = reader.expect(tags::SEQUENCE)?;
        reader.finish()?;
        Ok(sequence.children()?)
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("identifier", &format_args!("{}", Dotted(self.identifier)))
            .field("critical", &self.critical)
            .field("length", &self.value().len())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Extension<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Extension({=[u8]:02x}, critical: {})", self.identifier, self.critical);
    }
}

/// The extensions of a certificate, in its order.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    pub(crate) reader: Option<Reader<'a>>,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    /// The certificate was checked when it was parsed, so that an error cannot occur here.
    fn next(&mut self) -> Option<Self::Item> {
        Extension::parse(&self.reader.as_mut()?.read().ok()?).ok()
    }
}

/// Key usage (RFC 5280 section 4.2.1.3): what the key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// digitalSignature (0): signatures other than those on certificates and lists.
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 0);
    /// nonRepudiation, or contentCommitment (1): signatures that bind the holder.
    pub const NON_REPUDIATION: Self = Self(1 << 1);
    /// keyCertSign (5): signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// cRLSign (6): signatures on revocation lists.
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// The bits as the standard numbers them: bit 0 is digitalSignature, bit 8 decipherOnly.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every use in `uses` is allowed.
    pub const fn contains(self, uses: Self) -> bool {
        self.0 & uses.0 == uses.0
    }

    /// Whether any use in `uses` is allowed.
    pub const fn intersects(self, uses: Self) -> bool {
        self.0 & uses.0 != 0
    }

    /// Both sets of uses together.
    #[must_use]
    pub const fn union(self, uses: Self) -> Self {
        Self(self.0 | uses.0)
    }

    pub(crate) fn parse(extension: &Extension<'_>) -> Result<Self, Error> {
        let mut reader = extension.value.encapsulated();
        let element = reader.read()?;
        let (unused, octets) = der::bit_string(&element)?;
        reader.finish()?;
        // A named bit list: no zero bits at its end (X.690 clause 11.2.2), at most nine bits.
        let last = octets.last().copied().unwrap_or(0);
        // The ninth bit is the last that has a name.
        let named = octets.get(1).is_none_or(|octet| *octet == 0x80);
        if last.trailing_zeros() != u32::from(unused) || octets.len() > 2 || !named {
            return Err(invalid(&element));
        }
        let bits = octets
            .iter()
            .zip([0_u32, 8])
            .fold(0, |bits, (octet, shift)| bits | u16::from(octet.reverse_bits()) << shift);
        Ok(Self(bits))
    }
}

/// Basic constraints (RFC 5280 section 4.2.1.9). Absent means: not an authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub authority: bool,
    /// How many authorities may stand below it.
    pub path_length: Option<u32>,
}

impl BasicConstraints {
    pub(crate) fn parse(extension: &Extension<'_>) -> Result<Self, Error> {
        let mut reader = extension.sequence()?;
        let authority = default_false(&mut reader)?;
        let path_length = match reader.optional(tags::INTEGER)? {
            Some(element) if authority => Some(der::integer_u32(&element)?),
            Some(element) => return Err(invalid(&element)),
            None => None,
        };
        reader.finish()?;
        Ok(Self { authority, path_length })
    }
}

/// An authority key identifier (RFC 5280 section 4.2.1.1): the key that the certificate was signed
/// with, and perhaps the certificate of that key.
#[derive(Clone, Copy)]
pub(crate) struct AuthorityKeyIdentifier<'a> {
    /// By which an issuer is looked for.
    pub(crate) key: Option<&'a [u8]>,
    issuer: Option<Element<'a>>,
    serial: Option<&'a [u8]>,
}

impl<'a> AuthorityKeyIdentifier<'a> {
    pub(crate) fn parse(extension: &Extension<'a>) -> Result<Self, Error> {
        let mut reader = extension.sequence()?;
        let key = reader.optional(Tag::context(0))?.map(|identifier| identifier.value());
        let issuer = reader.optional(Tag::context_constructed(1))?;
        let serial = match reader.optional(Tag::context(2))? {
            Some(serial) => Some(der::integer_unsigned_content(&serial)?),
            None => None,
        };
        reader.finish()?;
        Ok(Self { key, issuer, serial })
    }

    /// Whether issuer and serial, when they are there, are those of the issuer's certificate: one
    /// of the names must be its issuer's. One of them without the other fits nothing.
    pub(crate) fn names(&self, issuer_of_issuer: &[u8], serial: &[u8]) -> Result<bool, Error> {
        let (names, number) = match (&self.issuer, self.serial) {
            (None, None) => return Ok(true),
            (Some(names), Some(number)) => (names, number),
            _ => return Ok(false),
        };
        let mut found = false;
        for name in names.children()? {
            let name = name?;
            // directoryName, which is explicit because a Name is a choice.
            found |= name.tag() == Tag::context_constructed(4) && name.value() == issuer_of_issuer;
        }
        Ok(found && number == serial)
    }
}

/// A subject key identifier (RFC 5280 section 4.2.1.2).
pub(crate) fn subject_key_identifier<'a>(extension: &Extension<'a>) -> Result<&'a [u8], Error> {
    let mut reader = extension.value.encapsulated();
    let identifier = der::octet_string(&reader.read()?)?;
    reader.finish()?;
    Ok(identifier)
}

/// Whether an extended key usage (RFC 5280 section 4.2.1.12) names the purpose. All of it is
/// checked.
pub(crate) fn has_purpose(extension: &Extension<'_>, purpose: &[u8]) -> Result<bool, Error> {
    let mut found = false;
    let mut reader = extension.sequence()?;
    loop {
        found |= der::object_identifier(&reader.read()?)? == purpose;
        if reader.is_empty() {
            return Ok(found);
        }
    }
}

/// Whether certificate policies (RFC 5280 section 4.2.1.4) name this one. All of it is checked; it
/// may not stand there twice.
pub(crate) fn has_policy(extension: &Extension<'_>, policy: &[u8]) -> Result<bool, Error> {
    let mut found = false;
    let mut reader = extension.sequence()?;
    loop {
        let mut information = reader.expect(tags::SEQUENCE)?.children()?;
        let element = information.read()?;
        let identifier = der::object_identifier(&element)?;
        if identifier == policy && core::mem::replace(&mut found, true) {
            return Err(invalid(&element));
        }
        information.optional(tags::SEQUENCE)?;
        information.finish()?;
        if reader.is_empty() {
            return Ok(found);
        }
    }
}

/// Inhibit anyPolicy (RFC 5280 section 4.2.1.14): for how many certificates more it counts.
pub(crate) fn inhibit_any_policy(extension: &Extension<'_>) -> Result<u32, Error> {
    let mut reader = extension.value.encapsulated();
    let skip = der::integer_u32(&reader.read()?)?;
    reader.finish()?;
    Ok(skip)
}

/// Reads policy constraints (RFC 5280 section 4.2.1.11). There is nothing to do about them: a
/// policy is demanded of every path here, and none is ever mapped to another.
pub(crate) fn check_policy_constraints(extension: &Extension<'_>) -> Result<(), Error> {
    let mut reader = extension.sequence()?;
    let mut any = false;
    for number in 0..2 {
        if let Some(skip) = reader.optional(Tag::context(number))? {
            der::integer_unsigned_content(&skip)?;
            any = true;
        }
    }
    reader.finish()?;
    if any { Ok(()) } else { Err(invalid(&extension.value)) }
}

/// The critical extensions that the path validation understands on a holder's certificate.
pub(crate) fn is_understood(identifier: &[u8]) -> bool {
    [
        oid::KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        oid::BASIC_CONSTRAINTS,
        oid::CERTIFICATE_POLICIES,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_KEY_IDENTIFIER,
    ]
    .contains(&identifier)
}

/// `BOOLEAN DEFAULT FALSE`: in DER it is there only when it is TRUE (X.690 clause 11.5).
fn default_false(reader: &mut Reader<'_>) -> Result<bool, Error> {
    match reader.optional(tags::BOOLEAN)? {
        Some(element) if der::boolean(&element)? => Ok(true),
        Some(element) => Err(invalid(&element)),
        None => Ok(false),
    }
}

fn invalid(element: &Element<'_>) -> Error {
    Error::Malformed(kazasu_tlv::Error {
        kind: kazasu_tlv::ErrorKind::InvalidContent,
        offset: element.offset(),
    })
}
