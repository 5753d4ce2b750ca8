//! Requests (RFC 6960 section 4.1), unsigned, about one certificate.

use core::fmt;

use kazasu_tlv::{Tag, Writer, tags};

use super::hash::{CertIdHash, Hashed, key_octets};
use crate::{
    oid,
    revocation::{error::Error, target::Target},
    validator::Judged,
};

/// A number used once, that ties a response to its request (RFC 9654): 1 to 128 octets from the
/// caller's source of randomness, 32 recommended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OcspNonce<'a>(&'a [u8]);

impl<'a> OcspNonce<'a> {
    /// Takes fresh random octets.
    ///
    /// # Errors
    /// [`RequestError::NonceLength`] for none, or more than 128.
    pub const fn new(octets: &'a [u8]) -> Result<Self, RequestError> {
        match octets.len() {
            1..=128 => Ok(Self(octets)),
            length => Err(RequestError::NonceLength { length }),
        }
    }

    pub(super) const fn octets(&self) -> &'a [u8] {
        self.0
    }
}

/// Its length only.
impl fmt::Debug for OcspNonce<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OcspNonce").field("length", &self.0.len()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for OcspNonce<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "OcspNonce({} octets)", self.0.len());
    }
}

/// Why a request cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The nonce is empty or longer than 128 octets.
    NonceLength {
        /// How long it is.
        length: usize,
    },
    /// The buffer is too small: 256 octets and the nonce are enough.
    BufferTooSmall,
    /// The judged certificate cannot be asked about.
    Certificate(Error),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonceLength { length } => {
                write!(f, "a nonce of {length} octets; give 1 to 128, best 32")
            }
            Self::BufferTooSmall => f.write_str("no room for the request; give 512 octets"),
            Self::Certificate(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Certificate(error) => Some(error),
            _ => None,
        }
    }
}

/// How a certificate is asked about. The response is checked with the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OcspRequest<'a> {
    pub(super) hash: CertIdHash,
    pub(super) nonce: Option<OcspNonce<'a>>,
}

impl<'a> OcspRequest<'a> {
    /// Naming the authority by this hash, without a nonce.
    pub const fn new(hash: CertIdHash) -> Self {
        Self { hash, nonce: None }
    }

    /// The same with a nonce.
    #[must_use]
    pub const fn with_nonce(self, nonce: OcspNonce<'a>) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    /// Writes the request about a judged certificate, as DER: what goes into the body of an HTTP
    /// POST of type `application/ocsp-request`.
    ///
    /// # Errors
    /// [`RequestError::BufferTooSmall`], [`RequestError::Certificate`].
    pub fn write<'b>(
        &self,
        judged: &Judged<'_>,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], RequestError> {
        let target = Target::new(judged).map_err(RequestError::Certificate)?;
        let id = CertId::new(self.hash, &target);
        let mut writer = Writer::new(buffer);
        let written = writer.constructed(tags::SEQUENCE, |request| {
            request.constructed(tags::SEQUENCE, |tbs| {
                tbs.constructed(tags::SEQUENCE, |list| {
                    list.constructed(tags::SEQUENCE, |single| id.write(single))
                })?;
                match self.nonce {
                    Some(nonce) => write_nonce(tbs, nonce.octets()),
                    None => Ok(()),
                }
            })
        });
        written.map_err(|_| RequestError::BufferTooSmall)?;
        Ok(writer.finish())
    }
}

/// `requestExtensions [2] EXPLICIT` with the nonce alone.
fn write_nonce(tbs: &mut Writer<'_>, nonce: &[u8]) -> Result<(), kazasu_tlv::Error> {
    tbs.constructed(Tag::context_constructed(2), |explicit| {
        explicit.constructed(tags::SEQUENCE, |extensions| {
            extensions.constructed(tags::SEQUENCE, |extension| {
                extension.element(tags::OBJECT_IDENTIFIER, oid::OCSP_NONCE)?;
                extension.encapsulating(tags::OCTET_STRING, |value| {
                    value.element(tags::OCTET_STRING, nonce)
                })
            })
        })
    })
}

/// `CertID`: which certificate of which authority.
pub(super) struct CertId<'a> {
    hash: CertIdHash,
    name: Hashed,
    key: Hashed,
    serial: &'a [u8],
}

impl<'a> CertId<'a> {
    pub(super) fn new(hash: CertIdHash, target: &Target<'a>) -> Self {
        Self {
            hash,
            name: hash.of(target.authority.name()),
            key: hash.of(key_octets(target.authority.certificate())),
            serial: target.serial,
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), kazasu_tlv::Error> {
        writer.constructed(tags::SEQUENCE, |id| {
            id.constructed(tags::SEQUENCE, |algorithm| {
                algorithm.element(tags::OBJECT_IDENTIFIER, self.hash.identifier())?;
                algorithm.element(tags::NULL, &[])
            })?;
            id.element(tags::OCTET_STRING, self.name.octets())?;
            id.element(tags::OCTET_STRING, self.key.octets())?;
            write_serial(id, self.serial)
        })
    }

    /// The same certificate, named by the same hash.
    pub(super) fn is(&self, algorithm: &[u8], name: &[u8], key: &[u8], serial: &[u8]) -> bool {
        algorithm == self.hash.identifier()
            && name == self.name.octets()
            && key == self.key.octets()
            && serial == self.serial
    }
}

/// An INTEGER from its magnitude: a zero in front where the first bit would make it negative.
fn write_serial(writer: &mut Writer<'_>, magnitude: &[u8]) -> Result<(), kazasu_tlv::Error> {
    if magnitude.first().is_none_or(|first| *first < 0x80) {
        return writer.element(tags::INTEGER, magnitude);
    }
    let mut octets = [0; MAX_SERIAL];
    let (Some(room), length) = (octets.get_mut(1..), magnitude.len().saturating_add(1)) else {
        return Ok(());
    };
    for (octet, source) in room.iter_mut().zip(magnitude) {
        *octet = *source;
    }
    match octets.get(..length) {
        Some(value) => writer.element(tags::INTEGER, value),
        None => Err(kazasu_tlv::Error { kind: kazasu_tlv::ErrorKind::BufferTooSmall, offset: 0 }),
    }
}

/// RFC 5280 section 4.1.2.2 allows 20 octets; twice that is room for what others wrote.
const MAX_SERIAL: usize = 41;
