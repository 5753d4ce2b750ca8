//! The proof that a card is the one that a record was issued for: its answer to a challenge, verified
//! with the key in that record (内部認証, `docs/card-facts.md` §4.2 and §4.5). Never made of a copy.

use core::fmt;

use super::{CardKey, RecordKind, Verified};
use crate::{
    anchor::Hierarchy,
    backend::Backend,
    cvc::{CvcRole, KeyIdentifier},
    error::{Error, SignatureError},
    rsa::Fixed,
    scheme::{digest_info, sha256},
};

/// What a card is asked to sign: the SHA-256 digest of a nonce.
///
/// Used up by the answer, and not copied, so that one challenge is answered once. It is as good as
/// its nonce: 32 octets from a source of randomness, never used before. Send
/// [`CardChallenge::data`] with `80 2A 00 00` to the application whose [`CardKey`] is to be used; no
/// PIN is asked for.
pub struct CardChallenge {
    info: [u8; 51],
    bare: bool,
}

impl CardChallenge {
    /// The challenge of a nonce: the `DigestInfo` of its SHA-256 digest, 51 octets.
    pub fn new(nonce: &[u8; 32]) -> Self {
        Self { info: digest_info(&sha256(nonce)), bare: false }
    }

    /// The challenge of a nonce whose SHA-256 digest is given.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        Self { info: digest_info(digest), bare: false }
    }

    /// The same with the digest alone, 32 octets, which cards sign too.
    #[must_use]
    pub fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// The data field of the command.
    pub fn data(&self) -> &[u8] {
        let digest = self.info.last_chunk::<32>();
        digest.filter(|_| self.bare).map_or(&self.info, |digest| digest)
    }

    /// Verifies what the card answered, 256 octets, without a heap.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`]: the card is not the one that the record was issued for, or its
    /// answer was damaged.
    pub fn verify(self, key: &CardKey, answer: &[u8]) -> Result<Authentic, SignatureError> {
        self.verify_with(key, answer, &Fixed::new())
    }

    /// [`CardChallenge::verify`] with a back end of the caller's choice.
    ///
    /// # Errors
    /// As [`CardChallenge::verify`], and [`SignatureError::Key`] when the back end cannot take the
    /// key.
    pub fn verify_with(
        self,
        key: &CardKey,
        answer: &[u8],
        backend: &impl Backend,
    ) -> Result<Authentic, SignatureError> {
        let rsa = key.key.rsa().map_err(SignatureError::Key)?;
        backend
            .verify_pkcs1v15(&rsa, self.data(), answer)
            .map_err(|error| SignatureError::new(Error::from_backend(error, rsa.bits())))?;
        let challenge_digest = self.info.last_chunk().copied().unwrap_or_default();
        Ok(Authentic { key: *key, challenge_digest })
    }
}

impl fmt::Debug for CardChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardChallenge").field("bare", &self.bare).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for CardChallenge {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "CardChallenge(bare: {=bool})", self.bare);
    }
}

/// Evidence that whoever answered holds the private key whose public part stands in a verified
/// record: the chip that the record was issued for.
///
/// Only [`CardChallenge::verify`] and its like make one. It does not say that the chip lies on this
/// reader (an answer can be passed on from afar), that its holder is there, or that it is still
/// valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authentic {
    key: CardKey,
    challenge_digest: [u8; 32],
}

impl Authentic {
    /// Whose authority vouches for the record.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.key.origin.voucher.hierarchy
    }

    /// The application that answered.
    pub const fn role(&self) -> CvcRole {
        self.key.origin.voucher.role
    }

    /// The record that the key stands in.
    pub const fn kind(&self) -> RecordKind {
        self.key.origin.kind
    }

    /// SHA-256 over what is signed in that record, as
    /// [`Verified::signed_digest`](super::Verified::signed_digest) gives it.
    pub const fn signed_digest(&self) -> &[u8; 32] {
        &self.key.origin.signed_digest
    }

    /// Whether the chip that answered is the one that this record is of: both are the same signed
    /// record. Records of two cards can all be genuine, so ask this of the face that you show.
    pub fn is_of<R>(&self, record: &Verified<R>) -> bool {
        self.kind() == record.kind()
            && self.signed_digest() == record.signed_digest()
            && self.key.origin.voucher == record.origin.voucher
    }

    /// The identifier of the authority's key (証明者鍵ID).
    pub const fn issuer(&self) -> KeyIdentifier {
        self.key.origin.voucher.issuer
    }

    /// The identifier of the key that signed the record (被証明者鍵ID).
    pub const fn signer(&self) -> KeyIdentifier {
        self.key.origin.voucher.subject
    }

    /// The SHA-256 digest of the nonce that was answered.
    pub const fn challenge_digest(&self) -> &[u8; 32] {
        &self.challenge_digest
    }
}

impl fmt::Debug for Authentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentic")
            .field("hierarchy", &self.hierarchy())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Authentic {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Authentic({}, {})", self.hierarchy(), self.kind());
    }
}
