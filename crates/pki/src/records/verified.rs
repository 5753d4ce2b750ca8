//! Records that were verified, and the one way to make them. Never made without a key that an
//! authority vouches for.

use core::fmt;

use kazasu_tlv::Element;

use super::{RecordError, fields};
use crate::{
    anchor::Hierarchy,
    backend::Backend,
    cvc::{CvcKey, CvcRole, KeyIdentifier, Voucher},
    error::Error,
    scheme::digest_info,
};

/// Which record of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordKind {
    /// 券面事項確認AP EF 0001: date of birth.
    Age,
    /// 券面入力補助AP EF 0002: the four attributes as text, by way of the integrity record.
    Attributes,
    /// 券面事項確認AP EF 0002: the card face with the photo.
    CardFace,
    /// 券面入力補助AP EF 0007: the key of the card.
    CardKey,
    /// 券面入力補助AP EF 0003: the digests of two other files.
    Integrity,
    /// 券面入力補助AP EF 0001: the 12-digit number, by way of the integrity record.
    MyNumber,
    /// 券面事項確認AP EF 0005: the image of the 12-digit number.
    MyNumberImage,
}

impl RecordKind {
    /// The word for machines: `age`, `attributes`, `card-face`, `card-key`, `integrity`,
    /// `my-number`, `my-number-image`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Attributes => "attributes",
            Self::CardFace => "card-face",
            Self::CardKey => "card-key",
            Self::Integrity => "integrity",
            Self::MyNumber => "my-number",
            Self::MyNumberImage => "my-number-image",
        }
    }

    /// The part of the card that it stands in, and whose authority must vouch for it.
    pub const fn role(self) -> CvcRole {
        match self {
            Self::Age | Self::CardFace | Self::MyNumberImage => CvcRole::CardFace,
            Self::Attributes | Self::CardKey | Self::Integrity | Self::MyNumber => {
                CvcRole::InputSupport
            }
        }
    }
}

/// A record whose signature was verified with a [`CvcKey`].
///
/// It says that an authority vouches for these values. It does **not** say that they come from the
/// card they were issued for: whoever can read a card can copy its records. For that see
/// [`CardChallenge`](super::CardChallenge).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verified<R> {
    pub(super) record: R,
    pub(super) origin: Origin,
}

/// Which record, under whom.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) kind: RecordKind,
    pub(super) voucher: Voucher,
    pub(super) signed_digest: [u8; 32],
}

impl<R> Verified<R> {
    /// Which record it is.
    pub const fn kind(&self) -> RecordKind {
        self.origin.kind
    }

    /// Whose authority vouches for it.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.origin.voucher.hierarchy
    }

    /// The identifier of the authority's key (証明者鍵ID).
    pub const fn issuer(&self) -> KeyIdentifier {
        self.origin.voucher.issuer
    }

    /// The identifier of the key that signed the record (被証明者鍵ID).
    pub const fn signer(&self) -> KeyIdentifier {
        self.origin.voucher.subject
    }

    /// SHA-256 over what was signed, to tell one record from another without keeping it: over the
    /// signed objects, tags and lengths included; of the card face over the 96 octets that its
    /// signature holds; of a file that the integrity record vouches for, the digest there.
    pub const fn signed_digest(&self) -> &[u8; 32] {
        &self.origin.signed_digest
    }
}

/// What a record gives to be verified.
pub(super) struct Signed<'a> {
    pub(super) kind: RecordKind,
    /// T in the block (RFC 8017 section 9.2).
    pub(super) content: &'a [u8],
    pub(super) signature: &'a [u8; 256],
    pub(super) digest: [u8; 32],
}

impl Signed<'_> {
    /// Verifies the signature and makes the record a verified one.
    pub(super) fn verify<R>(
        &self,
        record: R,
        key: &CvcKey,
        backend: &impl Backend,
    ) -> Result<Verified<R>, RecordError> {
        RecordError::check_role(key, self.kind.role())?;
        let rsa = key.key().rsa().map_err(RecordError::Key)?;
        backend.verify_pkcs1v15(&rsa, self.content, self.signature).map_err(|error| {
            match Error::from_backend(error, rsa.bits()) {
                Error::BadSignature => RecordError::BadSignature,
                error => RecordError::Key(error),
            }
        })?;
        let (kind, voucher, signed_digest) = (self.kind, key.voucher(), self.digest);
        Ok(Verified { record, origin: Origin { kind, voucher, signed_digest } })
    }
}

/// Verifies a record whose signature is over these objects, one after the other.
pub(super) fn verify_objects<R>(
    record: R,
    kind: RecordKind,
    objects: &[Element<'_>],
    signature: &[u8; 256],
    key: &CvcKey,
    backend: &impl Backend,
) -> Result<Verified<R>, RecordError> {
    let digest = fields::digest(objects);
    Signed { kind, content: &digest_info(&digest), signature, digest }.verify(record, key, backend)
}

/// `verify` and `verify_with` of a record with its objects in `signed` and a `signature`.
macro_rules! signed_record {
    ($record:ident, $kind:ident) => {
        impl $record<'_> {
            /// Verifies the signature, without a heap.
            ///
            /// # Errors
            /// [`RecordError::WrongRole`], [`RecordError::BadSignature`].
            pub fn verify(self, key: &$crate::cvc::CvcKey) -> Result<Verified<Self>, RecordError> {
                self.verify_with(key, &$crate::rsa::Fixed::new())
            }

            #[doc = concat!("[`", stringify!($record), "::verify`] with a back end of the caller's")]
            /// choice.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($record), "::verify`], and [`RecordError::Key`] when")]
            /// the back end cannot take the key.
            pub fn verify_with(
                self,
                key: &$crate::cvc::CvcKey,
                backend: &impl $crate::backend::Backend,
            ) -> Result<Verified<Self>, RecordError> {
                let kind = super::RecordKind::$kind;
                let (signed, signature) = (self.signed, self.signature);
                super::verified::verify_objects(self, kind, &signed, signature, key, backend)
            }
        }
    };
}
pub(super) use signed_record;

/// Which record, and under whom; no value of it.
impl<R> fmt::Debug for Verified<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("kind", &self.kind())
            .field("hierarchy", &self.hierarchy())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<R> defmt::Format for Verified<R> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Verified({}, {})", self.kind(), self.hierarchy());
    }
}
