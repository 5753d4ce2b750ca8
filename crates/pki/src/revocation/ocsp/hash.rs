//! The hashes by which OCSP names an authority. They are names and protect nothing: signatures do.

use sha2::{Digest as _, Sha256};

use crate::certificate::Certificate;

/// By which hash a request names the authority (`CertID`, RFC 6960 section 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CertIdHash {
    /// SHA-1, the only one that every responder knows (RFC 5019 section 2.1.1).
    #[cfg(feature = "ocsp-sha1")]
    Sha1,
    /// SHA-256.
    Sha256,
}

/// `1.3.14.3.2.26`.
#[cfg(feature = "ocsp-sha1")]
const SHA1: &[u8] = crate::oid::SHA1;
const SHA256: &[u8] = crate::oid::SHA256;

impl CertIdHash {
    /// Content octets of its OBJECT IDENTIFIER.
    pub(super) const fn identifier(self) -> &'static [u8] {
        match self {
            #[cfg(feature = "ocsp-sha1")]
            Self::Sha1 => SHA1,
            Self::Sha256 => SHA256,
        }
    }

    pub(super) fn of(self, octets: &[u8]) -> Hashed {
        match self {
            #[cfg(feature = "ocsp-sha1")]
            Self::Sha1 => Hashed::new(&sha1::Sha1::digest(octets)),
            Self::Sha256 => Hashed::new(&Sha256::digest(octets)),
        }
    }
}

/// A hash value of 20 or 32 octets.
#[derive(Clone, Copy)]
pub(super) struct Hashed {
    octets: [u8; 32],
    length: usize,
}

impl Hashed {
    fn new(octets: &[u8]) -> Self {
        let mut hashed = Self { octets: [0; 32], length: octets.len().min(32) };
        for (octet, source) in hashed.octets.iter_mut().zip(octets) {
            *octet = *source;
        }
        hashed
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// The octets of a certificate's key that are hashed: the BIT STRING without tag, length and count
/// of unused bits. Empty when it cannot be read, which no parsed certificate allows.
pub(super) fn key_octets<'a>(certificate: &Certificate<'a>) -> &'a [u8] {
    let info = certificate.subject_public_key_info();
    let read = || {
        let mut outer = kazasu_tlv::Reader::new(info, kazasu_tlv::Rules::Der);
        let mut reader = outer.read()?.children()?;
        reader.read()?;
        kazasu_tlv::der::bit_string(&reader.read()?).map(|(_, octets)| octets)
    };
    read().unwrap_or_default()
}

/// Whether `hash` is the KeyHash of a certificate's key: its SHA-1 (RFC 6960 section 4.2.1), or
/// its subject key identifier, which is that same hash by the usual method (RFC 5280 section
/// 4.2.1.2) and needs no SHA-1 here. It only chooses a key; the signature decides.
pub(super) fn is_key_hash(certificate: &Certificate<'_>, hash: &[u8]) -> bool {
    #[cfg(feature = "ocsp-sha1")]
    if CertIdHash::Sha1.of(key_octets(certificate)).octets() == hash {
        return true;
    }
    matches!(certificate.subject_key_identifier(), Ok(Some(identifier)) if identifier == hash)
}
