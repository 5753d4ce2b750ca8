//! What is left of a check-in that somebody else can check again. Only a signature that `pki`
//! verified becomes a [`Proof`].

use kazasu_mynacard::{KeyUse, Token};
use kazasu_pki::{Digest, Hierarchy, Phase, Scheme, Signature};

/// A verified signature with what it was verified for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    signature: heapless::Vec<u8, 256>,
    scheme: Scheme,
    digest: Digest,
    certificate_sha256: [u8; 32],
    hierarchy: Hierarchy,
    phase: Phase,
    token: Option<Token>,
    key_use: KeyUse,
}

impl Proof {
    /// Takes over what `pki` verified. `None` for a signature longer than RSA-2048 or P-384
    /// gives.
    pub(crate) fn new(
        signature: &Signature<'_>,
        key_use: KeyUse,
        token: Option<Token>,
    ) -> Option<Self> {
        Some(Self {
            signature: heapless::Vec::from_slice(signature.octets()).ok()?,
            scheme: signature.scheme(),
            digest: *signature.digest(),
            certificate_sha256: *signature.certificate_sha256(),
            hierarchy: signature.hierarchy(),
            phase: signature.phase(),
            token,
            key_use,
        })
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// How it was made.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The digest of what was signed.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub const fn certificate_sha256(&self) -> &[u8; 32] {
        &self.certificate_sha256
    }

    /// Whose root the certificate was issued under.
    #[must_use]
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// The certificate's phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What opened the key on the card. With [`KeyUse::StandIn`] the hierarchy is that of virtual cards,
    /// and nothing was proven about a person. It is the reader's word: no signature covers it.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// What holds the keys, where it mattered and was read: in the months of grace. No signature
    /// covers it; [`crate::judge_again`] takes it as the reader's word.
    #[must_use]
    pub const fn token(&self) -> Option<Token> {
        self.token
    }
}
