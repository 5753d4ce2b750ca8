//! The back end with a heap: the `rsa` crate, arithmetic and block encodings alike. Public-key
//! operations only.

use rsa::{BoxedUint, Pkcs1v15Sign, Pss, traits::SignatureScheme};
use sha2::{Digest, Sha256};

use super::RsaPublicKey;
use crate::backend::{Backend, BackendError};

/// The `rsa` crate. Takes moduli of up to 8192 bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alloc;

impl Alloc {
    fn verify(
        key: &RsaPublicKey<'_>,
        scheme: impl SignatureScheme,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        let modulus = BoxedUint::from_be_slice_vartime(key.modulus());
        let key = rsa::RsaPublicKey::new(modulus, BoxedUint::from(key.exponent()))
            .map_err(|_| BackendError::KeyTooLong)?;
        scheme.verify(&key, signed, signature).map_err(|_| BackendError::Mismatch)
    }
}

impl Backend for Alloc {
    fn verify_pkcs1v15(
        &self,
        key: &RsaPublicKey<'_>,
        content: &[u8],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        Self::verify(key, Pkcs1v15Sign::new_unprefixed(), content, signature)
    }

    fn verify_pss_sha256(
        &self,
        key: &RsaPublicKey<'_>,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        let scheme = Pss { blinded: false, digest: Sha256::new(), salt_len: None };
        Self::verify(key, scheme, digest, signature)
    }
}
