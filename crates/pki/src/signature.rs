//! From the bytes that a card answered to a [`Signature`]. Only the functions here make one, and
//! only after the check; whatever did not come through here is bytes and no evidence.

use core::fmt;

use crate::{
    algorithm::{self, Digest},
    anchor::Hierarchy,
    backend::Backend,
    certificate::Certificate,
    error::SignatureError,
    phase::{Permit, Phase},
    scheme::Scheme,
    validator::{Judged, Validator},
};

/// A signature that was checked with the key of a judged certificate.
///
/// It keeps what it was checked for, so that it cannot be taken for one over something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature<'s> {
    octets: &'s [u8],
    scheme: Scheme,
    digest: Digest,
    certificate_sha256: [u8; 32],
    hierarchy: Hierarchy,
    phase: Phase,
}

impl<'s> Signature<'s> {
    /// The signature itself: as long as the modulus for RSA, in the scheme's form for ECDSA.
    pub const fn octets(&self) -> &'s [u8] {
        self.octets
    }

    /// How it was made.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The digest of what was signed.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The SHA-256 fingerprint of the certificate whose key made it.
    pub const fn certificate_sha256(&self) -> &[u8; 32] {
        &self.certificate_sha256
    }

    /// Whose root that certificate was issued under.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// Where in its life that certificate was: never [`Phase::NotYet`] or [`Phase::Over`].
    pub const fn phase(&self) -> Phase {
        self.phase
    }
}

impl fmt::Debug for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature")
            .field("scheme", &self.scheme)
            .field("hierarchy", &self.hierarchy)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Signature<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Signature({}, {}, {})", self.scheme, self.hierarchy, self.phase);
    }
}

impl<B: Backend> Validator<'_, B> {
    /// Checks what the card answered to a challenge: a signature over its digest, made as
    /// `scheme` says by the key of the judged certificate.
    ///
    /// In the months of grace ([`Phase::Grace`]) it ends well, and nothing here knows what holds
    /// the key: the caller refuses it unless that is known to be a card, because phones have no
    /// grace. The facade does.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`]; [`SignatureError::Phase`] when the certificate was judged to
    /// be not yet valid or over; [`SignatureError::Key`] when the back end cannot take the key;
    /// [`SignatureError::Scheme`] when the scheme is for another kind of key,
    /// [`SignatureError::Encoding`].
    pub fn verify_challenge<'s>(
        &self,
        judged: &Judged<'_>,
        scheme: Scheme,
        challenge: &[u8],
        signature: &'s [u8],
    ) -> Result<Signature<'s>, SignatureError> {
        self.verify_message(judged, scheme, &Digest::of(scheme.hash(), challenge), signature)
    }

    /// Checks a signature over a message of any length, whose digest, by the hash function of
    /// the scheme, is given.
    ///
    /// # Errors
    /// As [`Validator::verify_challenge`].
    pub fn verify_message<'s>(
        &self,
        judged: &Judged<'_>,
        scheme: Scheme,
        digest: &Digest,
        signature: &'s [u8],
    ) -> Result<Signature<'s>, SignatureError> {
        if judged.permit() == Permit::Nothing {
            return Err(SignatureError::Phase(judged.phase()));
        }
        let key = judged.public_key();
        algorithm::verify(self.backend(), key, scheme, digest, signature)
            .map_err(SignatureError::new)?;
        Ok(Signature {
            octets: signature,
            scheme,
            digest: *digest,
            certificate_sha256: judged.certificate().sha256(),
            hierarchy: judged.hierarchy(),
            phase: judged.phase(),
        })
    }
}

/// Checks that the key in a certificate made a signature over a digest, and **nothing
/// else**: not who issued the certificate, not its dates, not its purpose. It makes no
/// [`Signature`], because it proves nobody's identity.
///
/// # Errors
/// [`SignatureError::Mismatch`], [`SignatureError::Key`], [`SignatureError::Scheme`],
/// [`SignatureError::Encoding`].
pub fn verify_signature_only(
    backend: &impl Backend,
    certificate: &Certificate<'_>,
    scheme: Scheme,
    digest: &Digest,
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = certificate.public_key().map_err(SignatureError::Key)?;
    algorithm::verify(backend, &key, scheme, digest, signature).map_err(SignatureError::new)
}
