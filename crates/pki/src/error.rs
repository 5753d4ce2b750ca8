//! Why a certificate or a signature was not accepted. Errors say which rule was broken and where,
//! never what the certificate says about its holder.

use core::fmt;

use crate::{backend::BackendError, phase::Phase};

/// Why a certificate was not accepted.
///
/// [`Error::is_malformed`] tells damage from distrust: the first says that the bytes are not a
/// certificate of RFC 5280, the second that they are one which must not be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Not DER, or not the structure of RFC 5280 section 4.1.
    Malformed(kazasu_tlv::Error),
    /// Not version 3, which alone has extensions.
    Version,
    /// A date of the validity is not as RFC 5280 section 4.1.2.5 demands: UTCTime to 2049,
    /// GeneralizedTime from 2050, whole seconds, `Z`; or the end is before the beginning.
    ValidityDate {
        /// Where it stands in the certificate.
        offset: usize,
    },
    /// More relative distinguished names or extensions than any certificate of this kind has.
    TooLarge,
    /// An extension occurs twice (RFC 5280 section 4.2 forbids it).
    DuplicateExtension,
    /// The four attributes of a 署名用 certificate are not written as expected.
    Attributes {
        /// Where it stands in the certificate.
        offset: usize,
    },
    /// The signature algorithms outside and inside the signed part differ (RFC 5280 section
    /// 4.1.1.2).
    AlgorithmMismatch,
    /// Signed with something other than sha256WithRSAEncryption or, with the feature `p384`,
    /// ecdsa-with-SHA384; or the parameters are not those of the standard.
    UnsupportedAlgorithm,
    /// The key is neither of RSA nor on P-384, or not one that can be used.
    UnsupportedKey,
    /// A key or signature on P-384, and this build is without the feature `p384`.
    P384Disabled,
    /// The key is on another curve than P-384.
    UnsupportedCurve,
    /// The key's curve is described or inherited and not named (RFC 5480 section 2.1.1).
    ExplicitCurve,
    /// The key is not an uncompressed point on P-384.
    Point,
    /// The key is not one for the algorithm or digest that the signature is said to be by.
    KeyAlgorithm,
    /// An ECDSA signature that is not two numbers in their one encoding.
    SignatureEncoding,
    /// The RSA modulus is shorter than 2048 bits.
    WeakKey {
        /// Its length in bits.
        bits: usize,
    },
    /// The RSA modulus is longer than the chosen back end can take.
    KeyTooLong {
        /// Its length in bits.
        bits: usize,
    },
    /// No accepted root has the key that the certificate says it was signed with.
    UnknownIssuer,
    /// A root has that key's identifier, and the signature is not by it.
    BadSignature,
    /// The root that signed it issues the other kind of certificate.
    WrongKind,
    /// The issuer is not named as the root names itself (RFC 5280 section 6.1.3).
    IssuerName,
    /// The issuer and serial in the authority key identifier are not the issuer's (RFC 5280
    /// section 4.2.1.1).
    AuthorityKeyIdentifier,
    /// An authority of the path is not yet or no longer valid.
    AuthorityValidity,
    /// More authorities stand below one than it allows (RFC 5280 section 4.2.1.9).
    PathLength,
    /// More authorities were brought than a path can have.
    TooManyIntermediates,
    /// No path was found within the number of signatures that are checked for one.
    TooManyPaths,
    /// Issued before the root's validity began or after it ended.
    IssuedOutsideAnchorValidity,
    /// A critical extension that is not understood, or on an authority not acted upon (RFC 5280
    /// section 4.2). Name constraints always are one.
    UnknownCriticalExtension {
        /// Where it stands in the certificate.
        offset: usize,
    },
    /// Basic constraints: a holder's certificate must not be an authority's, a root or another
    /// authority must be one.
    BasicConstraints,
    /// Key usage is missing, not critical, or not that of this kind of certificate.
    KeyUsage,
    /// Extended key usage is not that of this kind of certificate.
    ExtendedKeyUsage,
    /// The certificate policies are missing, or name none that this kind has under this root, or
    /// an authority does not allow the one that they name.
    Policy,
    /// A root that the caller brings has no subject key identifier to be chosen by.
    NoKeyIdentifier,
    /// There is no room for another root.
    TooManyAnchors,
}

impl Error {
    /// Whether the bytes are not a certificate at all, rather than one that is not trusted.
    pub const fn is_malformed(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_)
                | Self::Version
                | Self::ValidityDate { .. }
                | Self::TooLarge
                | Self::DuplicateExtension
                | Self::Attributes { .. }
        )
    }
}

impl Error {
    /// What a back end said about a key of so many bits.
    pub(crate) const fn from_backend(error: BackendError, bits: usize) -> Self {
        match error {
            BackendError::KeyTooLong => Self::KeyTooLong { bits },
            BackendError::Mismatch => Self::BadSignature,
        }
    }
}

impl From<kazasu_tlv::Error> for Error {
    fn from(error: kazasu_tlv::Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not a certificate: {error}; read it again"),
            Self::Version => f.write_str("not a version 3 certificate; read it again"),
            Self::ValidityDate { offset } => {
                write!(f, "unreadable validity date at octet {offset}; read it again")
            }
            Self::TooLarge => f.write_str(
                "more names or extensions than a certificate of this kind has; read it again",
            ),
            Self::DuplicateExtension => {
                f.write_str("an extension occurs twice; do not rely on this certificate")
            }
            Self::Attributes { offset } => write!(
                f,
                "unreadable attributes of the holder at octet {offset}; do not rely on them"
            ),
            Self::AlgorithmMismatch => f.write_str(
                "the signature algorithms outside and inside the certificate differ; refuse it",
            ),
            Self::UnsupportedAlgorithm => f.write_str(
                "signed with an algorithm that is not in use; this version cannot check it",
            ),
            Self::UnsupportedKey => {
                f.write_str("not a usable key of a kind that is in use; refuse the certificate")
            }
            Self::P384Disabled => f.write_str(
                "a key or signature on P-384; build with the feature `p384` to check it",
            ),
            Self::UnsupportedCurve => {
                f.write_str("the key is on a curve that is not in use; refuse the certificate")
            }
            Self::ExplicitCurve => {
                f.write_str("the key's curve is not named; refuse the certificate")
            }
            Self::Point => f.write_str("the key is no point on its curve; refuse the certificate"),
            Self::KeyAlgorithm => f.write_str(
                "the signature is said to be by an algorithm that the key or digest is not for; \
                 refuse it",
            ),
            Self::SignatureEncoding => {
                f.write_str("the signature is not encoded as ECDSA signatures are; refuse it")
            }
            Self::WeakKey { bits } => {
                write!(f, "the RSA key has {bits} bits and 2048 are needed; refuse it")
            }
            Self::KeyTooLong { bits } => {
                write!(f, "the RSA key has {bits} bits; choose a back end for that size")
            }
            Self::UnknownIssuer => f.write_str(
                "not issued by a root that is accepted here; a test card needs the test \
                 hierarchy, a virtual card its own root",
            ),
            Self::BadSignature => {
                f.write_str("the signature on the certificate is wrong; refuse the card")
            }
            Self::WrongKind => f.write_str(
                "issued by a root for the other kind of certificate; check which one was read",
            ),
            Self::IssuerName => {
                f.write_str("the issuer's name is not the root's; refuse the certificate")
            }
            Self::AuthorityKeyIdentifier => f.write_str(
                "it names another certificate of its issuer's key; refuse the certificate",
            ),
            Self::AuthorityValidity => f.write_str(
                "the authority's certificate is outside its validity; bring the current one",
            ),
            Self::PathLength => {
                f.write_str("more authorities stand below it than it allows; refuse the path")
            }
            Self::TooManyIntermediates => {
                f.write_str("too many authorities; bring those of one path only")
            }
            Self::TooManyPaths => f.write_str(
                "too many authorities have one key identifier; bring those of one path only",
            ),
            Self::IssuedOutsideAnchorValidity => {
                f.write_str("issued while the root was not valid; refuse the certificate")
            }
            Self::UnknownCriticalExtension { offset } => write!(
                f,
                "a critical extension at octet {offset} is not understood or not acted upon; refuse \
                 the certificate"
            ),
            Self::BasicConstraints => {
                f.write_str("an authority where a holder is due, or the reverse; refuse it")
            }
            Self::KeyUsage => {
                f.write_str("the key may not be used for this; check which certificate was read")
            }
            Self::ExtendedKeyUsage => f.write_str(
                "the extended key usage is not for this; check which certificate was read",
            ),
            Self::Policy => f.write_str(
                "the certificate policy is not for this; check which certificate was read",
            ),
            Self::NoKeyIdentifier => {
                f.write_str("the root has no subject key identifier; make one that has")
            }
            Self::TooManyAnchors => f.write_str("too many roots; bring fewer"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a signature by a card's key was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SignatureError {
    /// The signature is not by this key over these bytes in this scheme.
    Mismatch,
    /// The certificate is not yet valid, or over, so that its key proves nothing now.
    Phase(Phase),
    /// The key of the certificate cannot be used.
    Key(Error),
    /// The scheme is not one for this key, or the digest is not by the scheme's hash function.
    Scheme,
    /// The signature is not encoded as the scheme says.
    Encoding,
}

impl SignatureError {
    /// What checking the signature said.
    pub(crate) const fn new(error: Error) -> Self {
        match error {
            Error::BadSignature => Self::Mismatch,
            Error::SignatureEncoding => Self::Encoding,
            Error::KeyAlgorithm => Self::Scheme,
            error => Self::Key(error),
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch => f.write_str("the signature is wrong; refuse the card"),
            Self::Phase(phase) => write!(
                f,
                "the certificate is outside its validity ({}); it proves nothing now",
                phase.as_str()
            ),
            Self::Key(error) => error.fmt(f),
            Self::Scheme => f.write_str(
                "the scheme does not fit the certificate's key or the digest; name the right one",
            ),
            Self::Encoding => {
                f.write_str("the signature is not encoded as its scheme says; refuse the card")
            }
        }
    }
}

impl core::error::Error for SignatureError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}
