//! What checks signatures: one trait, so that a server may bring an implementation of its own.
//! Public keys only; nothing behind it can sign, and nothing behind it is secret.

use crate::rsa::RsaPublicKey;

/// Why a back end did not accept a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BackendError {
    /// The signature does not belong to this key and these bytes.
    Mismatch,
    /// The modulus is longer than this back end can take.
    KeyTooLong,
}

/// The public-key side of the signature algorithms.
///
/// Both checks of RSA refuse a signature that is not exactly as long as the modulus, or not less
/// than it as a number.
pub trait Backend {
    /// Checks an RSASSA-PKCS1-v1_5 signature by comparing the whole block with the one expected:
    /// `00 01 FF … FF 00`, then `content` (RFC 8017 section 9.2; `content` is T there). At least
    /// eight octets FF are demanded.
    ///
    /// # Errors
    /// [`BackendError::Mismatch`] when a single bit differs, [`BackendError::KeyTooLong`] when the
    /// back end cannot take the key.
    fn verify_pkcs1v15(
        &self,
        key: &RsaPublicKey<'_>,
        content: &[u8],
        signature: &[u8],
    ) -> Result<(), BackendError>;

    /// Checks an RSASSA-PSS signature over a SHA-256 `digest`, with MGF1 over SHA-256 (RFC 8017
    /// section 9.1.2). The length of the salt is taken from the block, because what the card
    /// uses is not published.
    ///
    /// # Errors
    /// As [`verify_pkcs1v15`](Self::verify_pkcs1v15).
    fn verify_pss_sha256(
        &self,
        key: &RsaPublicKey<'_>,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), BackendError>;

    /// Checks an ECDSA signature on P-384 over a SHA-384 `digest` (FIPS 186-5 section 6.4.2).
    /// `signature` is r, then s, 48 octets each, big-endian. Both s and n − s verify: neither
    /// X.509 nor FIPS 186-5 asks for the lower one.
    ///
    /// The `p384` crate does it, unless a back end brings something else.
    ///
    /// # Errors
    /// [`BackendError::Mismatch`], also when r or s is zero or not below the order of the group.
    #[cfg(feature = "p384")]
    fn verify_ecdsa_p384(
        &self,
        key: &crate::ecdsa::P384PublicKey<'_>,
        digest: &[u8; 48],
        signature: &[u8; 96],
    ) -> Result<(), BackendError> {
        crate::ecdsa::verify(key, digest, signature)
    }
}

impl<B: Backend + ?Sized> Backend for &B {
    fn verify_pkcs1v15(
        &self,
        key: &RsaPublicKey<'_>,
        content: &[u8],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        (**self).verify_pkcs1v15(key, content, signature)
    }

    fn verify_pss_sha256(
        &self,
        key: &RsaPublicKey<'_>,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        (**self).verify_pss_sha256(key, digest, signature)
    }

    #[cfg(feature = "p384")]
    fn verify_ecdsa_p384(
        &self,
        key: &crate::ecdsa::P384PublicKey<'_>,
        digest: &[u8; 48],
        signature: &[u8; 96],
    ) -> Result<(), BackendError> {
        (**self).verify_ecdsa_p384(key, digest, signature)
    }
}
