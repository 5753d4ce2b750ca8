//! The authority that should have signed, and the signature over bytes that passed by. The one
//! place that knows how the path validation names these things.

use super::error::Error;
use crate::{
    algorithm::{Hasher, SignatureAlgorithm, verify_signed},
    backend::Backend,
    certificate::Certificate,
    extension::KeyUsage,
    validator::Judged,
};

/// Who issued the judged certificate: name and key together, because roots share a name.
#[derive(Clone, Copy)]
pub(super) struct Authority<'a> {
    certificate: Certificate<'a>,
}

impl<'a> Authority<'a> {
    pub(super) fn of(judged: &Judged<'a>) -> Result<Self, Error> {
        let certificate = Certificate::parse(judged.issuer().der()).map_err(Error::Certificate)?;
        Ok(Self { certificate })
    }

    /// The DER of its Name.
    pub(super) fn name(&self) -> &'a [u8] {
        self.certificate.subject().raw()
    }

    pub(super) const fn certificate(&self) -> &Certificate<'a> {
        &self.certificate
    }

    pub(super) fn has_key_identifier(&self, identifier: &[u8]) -> bool {
        matches!(self.certificate.subject_key_identifier(), Ok(Some(own)) if own == identifier)
    }

    /// cRLSign, when the key usage is restricted (RFC 5280 section 6.3.3 (f)).
    pub(super) fn check_signs_lists(&self) -> Result<(), Error> {
        match self.certificate.key_usage() {
            Ok(None) => Ok(()),
            Ok(Some(usage)) if usage.contains(KeyUsage::CRL_SIGN) => Ok(()),
            _ => Err(Error::IssuerKeyUsage),
        }
    }
}

/// The digest of what is signed, for one AlgorithmIdentifier, computed as the octets pass by.
#[derive(Clone)]
pub(super) struct SignedHash {
    algorithm: SignatureAlgorithm,
    hasher: Hasher,
}

impl SignedHash {
    pub(super) fn new(algorithm: &[u8]) -> Result<Self, Error> {
        let algorithm = SignatureAlgorithm::parse(algorithm).map_err(error)?;
        Ok(Self { algorithm, hasher: Hasher::new(algorithm.hash()) })
    }

    pub(super) fn update(&mut self, octets: &[u8]) {
        self.hasher.update(octets);
    }

    /// Checks that the authority's key made the signature.
    pub(super) fn verify(
        self,
        backend: &impl Backend,
        authority: &Authority<'_>,
        signature: &[u8],
    ) -> Result<(), Error> {
        self.verify_by(backend, authority.certificate(), signature)
    }

    /// Checks that the key in a certificate made the signature.
    pub(super) fn verify_by(
        self,
        backend: &impl Backend,
        certificate: &Certificate<'_>,
        signature: &[u8],
    ) -> Result<(), Error> {
        let key = certificate.public_key().map_err(Error::Key)?;
        let (identifier, digest) = (self.algorithm.identifier(), self.hasher.finish());
        verify_signed(backend, &key, identifier, |_| digest, signature).map_err(error)
    }
}

/// What the path validation says of a signature, in the words of lists and responses.
const fn error(error: crate::Error) -> Error {
    match error {
        crate::Error::BadSignature | crate::Error::SignatureEncoding => Error::BadSignature,
        crate::Error::UnsupportedAlgorithm => Error::UnsupportedAlgorithm,
        other => Error::Key(other),
    }
}
