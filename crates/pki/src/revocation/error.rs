//! Why revocation information was not accepted. No error says anything about the certificate.

use core::fmt;

/// Why a list or a response was not accepted. What it says of the certificate is then not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Not DER, or not the structure of RFC 5280 section 5.1 or RFC 6960 section 4.2.1; also when
    /// it ends too early.
    Malformed {
        /// Where, in octets from the start.
        offset: usize,
    },
    /// An entry, a name, the extensions or the signature is larger than is read here.
    TooLarge {
        /// Where it starts.
        offset: usize,
    },
    /// Not a version 2 list, or not a version 1 response.
    Version,
    /// An extension occurs twice.
    DuplicateExtension {
        /// Where the extensions start.
        offset: usize,
    },
    /// A critical extension that is not understood (RFC 5280 sections 5.2 and 5.3, RFC 6960 section
    /// 4.4): nothing in the list or response may then be relied on.
    UnknownCriticalExtension {
        /// Where it stands; for an extension of an entry, where the entry stands.
        offset: usize,
    },
    /// The signature algorithms outside and inside the signed part differ.
    AlgorithmMismatch,
    /// Signed with an algorithm that is not supported.
    UnsupportedAlgorithm,
    /// The signature is not by the key that it should be by.
    BadSignature,
    /// The key that the signature should be by cannot be used.
    Key(crate::Error),
    /// It begins to be valid later than now.
    NotYet,
    /// It is older than it may be: nextUpdate is past.
    Stale,
    /// It does not say when the next one comes.
    NextUpdateMissing,
    /// The next one was due before this one.
    DatesOutOfOrder,

    /// The list is not by the authority that issued the certificate.
    IssuerName,
    /// The authority's certificate does not allow its key to sign lists (cRLSign).
    IssuerKeyUsage,
    /// The list's authority key identifier is missing, or not that of the authority's key.
    AuthorityKeyIdentifier,
    /// The list has no number.
    NumberMissing,
    /// A list of changes (delta CRL), which says nothing without the list that it changes.
    DeltaCrl,
    /// A list for another distribution point than the certificate names.
    DistributionPoint,
    /// A list of certificates of another sort: of authorities only, or attribute certificates.
    Scope,
    /// A list of some reasons for revocation only.
    SomeReasons,
    /// A list that holds certificates of several authorities.
    IndirectCrl,
    /// An entry that takes a certificate out of the list, which only a list of changes may have.
    RemoveFromCrl,

    /// The responder says that the request was malformed.
    MalformedRequest,
    /// The responder had an internal error.
    InternalError,
    /// The responder asks to try later.
    TryLater,
    /// The responder wants signed requests.
    SignatureRequired,
    /// The responder does not answer this client, or not about this certificate.
    Unauthorized,
    /// A response of another type than id-pkix-ocsp-basic.
    ResponseType,
    /// The responder is neither the authority nor one with a certificate from it in the response.
    UnknownResponder,
    /// The responder's certificate was not accepted.
    ResponderCertificate(crate::Error),
    /// The responder's certificate is not for signing responses (id-kp-OCSPSigning).
    ResponderPurpose,
    /// The responder's certificate is not valid now.
    ResponderValidity,
    /// The responder's certificate does not say id-pkix-ocsp-nocheck, so that it might have been
    /// revoked itself.
    ResponderNoCheck,
    /// The response has no nonce, and one is needed.
    NonceMissing,
    /// The response has another nonce than the request.
    NonceMismatch,
    /// The response says nothing of this certificate.
    NoSingleResponse,
    /// The response says something of this certificate more than once.
    SeveralSingleResponses,

    /// The certificate's own distribution points cannot be read.
    Certificate(crate::Error),
    /// The answer is about another certificate.
    OtherCertificate,
}

impl Error {
    /// Whether the bytes are no list or response at all, rather than one that is not accepted.
    pub const fn is_malformed(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::TooLarge { .. }
                | Self::Version
                | Self::DuplicateExtension { .. }
        )
    }

    const fn text(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "not a revocation list or response; fetch it again",
            Self::TooLarge { .. } => "larger parts than a revocation list or response has here",
            Self::Version => "an unknown version; fetch a version 2 list or version 1 response",
            Self::DuplicateExtension { .. } => "an extension occurs twice; refuse it",
            Self::UnknownCriticalExtension { .. } => {
                "a critical extension is not understood; it must not be relied on"
            }
            Self::AlgorithmMismatch => {
                "the signature algorithms outside and inside differ; refuse it"
            }
            Self::UnsupportedAlgorithm => "signed with an algorithm that is not supported here",
            Self::BadSignature => "the signature is wrong; refuse it and fetch it again",
            Self::Key(_) => "the key that should have signed it cannot be used",
            Self::NotYet => "it is from the future; check the clock",
            Self::Stale => "it is too old; fetch the newest, and check the clock",
            Self::NextUpdateMissing => "it does not say when the next one comes; refuse it",
            Self::DatesOutOfOrder => "its dates are out of order; refuse it",
            Self::IssuerName => "the list is by another authority; fetch the right one",
            Self::IssuerKeyUsage => "the authority's key may not sign lists; refuse it",
            Self::AuthorityKeyIdentifier => {
                "the list is by another key of the authority; fetch the right one"
            }
            Self::NumberMissing => "the list has no number; refuse it",
            Self::DeltaCrl => "a list of changes; fetch the complete list",
            Self::DistributionPoint => {
                "a list for other certificates; fetch that of the certificate's distribution point"
            }
            Self::Scope => "a list of another sort of certificate; fetch that for holders",
            Self::SomeReasons => "a list of some reasons only; fetch that of all reasons",
            Self::IndirectCrl => "a list of several authorities, which is not supported",
            Self::RemoveFromCrl => "an entry that only a list of changes may have; refuse it",
            Self::MalformedRequest => "the responder could not read the request; check its bytes",
            Self::InternalError => "the responder has an internal error; try again later",
            Self::TryLater => "the responder is busy; try again later",
            Self::SignatureRequired => "the responder wants signed requests; ask its operator",
            Self::Unauthorized => {
                "the responder does not answer this client; check the notification to it"
            }
            Self::ResponseType => "a response of an unknown type; ask for a basic one",
            Self::UnknownResponder => {
                "the responder does not speak for the authority; refuse the response"
            }
            Self::ResponderCertificate(_) => "the responder's certificate is not accepted",
            Self::ResponderPurpose => {
                "the responder's certificate is not for responses; refuse the response"
            }
            Self::ResponderValidity => "the responder's certificate is not valid now",
            Self::ResponderNoCheck => {
                "the responder's certificate might be revoked; allow it, or refuse the response"
            }
            Self::NonceMissing => "the response does not repeat the nonce; it may be an old one",
            Self::NonceMismatch => "the response answers another request; refuse it",
            Self::NoSingleResponse => "the response says nothing of this certificate",
            Self::SeveralSingleResponses => {
                "the response speaks of this certificate more than once; refuse it"
            }
            Self::Certificate(_) => "the certificate's distribution points cannot be read",
            Self::OtherCertificate => "the answer is about another certificate; ask again",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Self::Malformed { offset }
            | Self::TooLarge { offset }
            | Self::DuplicateExtension { offset }
            | Self::UnknownCriticalExtension { offset } => write!(f, " (octet {offset})"),
            Self::Key(error) | Self::ResponderCertificate(error) | Self::Certificate(error) => {
                write!(f, ": {error}")
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Key(error) | Self::ResponderCertificate(error) | Self::Certificate(error) => {
                Some(error)
            }
            _ => None,
        }
    }
}
