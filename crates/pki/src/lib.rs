//! Certificates of the JPKI (公的個人認証サービス): parsing, path validation over the original
//! bytes, phases of validity, and the check of what the card signed. It reads no clock, fetches
//! nothing, speaks to no card and holds no private key.
//!
//! | To | use |
//! |---|---|
//! | judge a certificate | [`Validator::validate`], with [`Anchors`] that the caller chooses |
//! | judge one that came with authorities of its own | [`Validator::validate_with`] |
//! | know what it may be used for now | [`Judged::phase`], [`Judged::permit`] |
//! | count the card's own 有効期限 too | [`Validator::in_card`] |
//! | judge under other policies or algorithms | [`Profile`], a table of data |
//! | turn a card's answer into evidence | [`Validator::verify_challenge`] |
//! | look into a certificate without trusting it | [`Certificate::parse`] |
//! | read the holder's name and address | [`Judged::attributes`] |
//! | know whose key signed the card's records | [`cvc`] |
//! | verify the photo and the other records, and that the card is no copy | [`records`] |
//! | find out whether it was revoked | [`revocation`], with lists and responses that the caller brings |
//!
//! Without features nothing allocates and nothing panics: RSA runs on the stack ([`rsa::Fixed`]).
//! The feature `alloc` adds `rsa::Alloc`, the same on the `rsa` crate; `p384` adds ECDSA on P-384 with
//! SHA-384, for the next card; `x509-cert` adds a conversion to the types of that crate;
//! `ocsp-sha1` lets OCSP requests name the authority by SHA-1; `defmt` adds `defmt::Format`.
//!
//! ```
//! use kazasu_pki::{Anchors, Error, Hierarchy, Kind, Phase, Time, Validator};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let from_the_card = include_bytes!("../tests/data/test-card/jpki-auth-cert.der");
//! // 利用者証明用証明書 of a test card, as the card gave it.
//! let certificate: &[u8] = from_the_card;
//! let now = Time::parse_rfc3339("2026-11-21T09:30:00+09:00")?;
//!
//! // The roots of real cards do not know it.
//! let production = Anchors::production();
//! let refused = Validator::new(&production).validate(certificate, Kind::Auth, now);
//! assert_eq!(refused, Err(Error::UnknownIssuer));
//!
//! // The test hierarchy does, and the result says so.
//! let anchors = Anchors::production().with_test();
//! let validator = Validator::new(&anchors);
//! let judged = validator.validate(certificate, Kind::Auth, now)?;
//! assert_eq!((judged.hierarchy(), judged.phase()), (Hierarchy::Test, Phase::Valid));
//!
//! // What a card answers to a challenge is bytes until this accepts it.
//! let forged = [0x01; 256];
//! let scheme = kazasu_pki::Scheme::Pkcs1v15Sha256;
//! assert!(validator.verify_challenge(&judged, scheme, b"a fresh nonce", &forged).is_err());
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

mod algorithm;
mod anchor;
mod attributes;
mod backend;
mod certificate;
pub mod cvc;
#[cfg(feature = "p384")]
mod ecdsa;
mod error;
mod extension;
mod name;
mod oid;
#[cfg(feature = "x509-cert")]
mod owned;
mod path;
mod phase;
mod profile;
pub mod records;
pub mod revocation;
pub mod rsa;
mod rules;
mod scheme;
mod signature;
mod time;
mod validator;

pub use algorithm::{Digest, HashAlgorithm, Hasher, PublicKey, SignatureAlgorithm};
pub use anchor::{Anchor, Anchors, Hierarchy, MAX_CALLER_ANCHORS};
pub use attributes::{Attributes, Birth, Era, Gender, Substitutes};
pub use backend::{Backend, BackendError};
pub use certificate::Certificate;
#[cfg(feature = "p384")]
pub use ecdsa::P384PublicKey;
pub use error::{Error, SignatureError};
pub use extension::{BasicConstraints, Extension, Extensions, KeyUsage};
pub use name::Name;
pub use path::{MAX_INTERMEDIATES, PathError};
pub use phase::{Boundaries, Ends, GraceBase, Permit, Phase, PhaseRules};
pub use profile::Profile;
pub use scheme::{Scheme, digest_info, sha256};
pub use signature::{Signature, verify_signature_only};
pub use time::{Date, InvalidDate, InvalidTime, Time};
pub use validator::{Issuer, Judged, Validator};

/// The code in the guide compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/revocation.md")]
mod guide {}

/// Which of a card's two certificates is meant. The whole certificate is judged by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// 利用者証明用: proves that its holder is there. Key usage digitalSignature, extended key
    /// usage clientAuth.
    Auth,
    /// 署名用: signs for its holder, and carries the four attributes. Key usage digitalSignature
    /// and nonRepudiation.
    Sign,
}

impl Kind {
    /// The word for machines: `auth`, `sign`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Sign => "sign",
        }
    }
}
