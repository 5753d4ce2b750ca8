//! Why a card-verifiable certificate was not accepted. Errors name places and tags, never a value.

use core::fmt;

use super::CvcRole;
use crate::error::Error;

/// Why a card-verifiable certificate was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CvcError {
    /// Not the structure of `docs/card-facts.md` §4.3.
    Malformed(kazasu_tlv::Error),
    /// The key that it vouches for, or the authority's, is not one that can be used.
    Key(Error),
    /// No accepted authority has the identifier of the key that it says it was signed with.
    UnknownIssuer,
    /// The authority that it names vouches for another part of the card.
    WrongRole {
        /// What was to be vouched for.
        expected: CvcRole,
    },
    /// An authority has that identifier, and the signature is not by its key.
    BadSignature,
    /// There is no room for another authority.
    TooManyAnchors,
}

impl CvcError {
    /// Whether the bytes are not a card-verifiable certificate at all, rather than one that is not
    /// trusted.
    pub const fn is_malformed(&self) -> bool {
        matches!(self, Self::Malformed(_))
    }
}

impl From<kazasu_tlv::Error> for CvcError {
    fn from(error: kazasu_tlv::Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for CvcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => {
                write!(f, "not a card-verifiable certificate: {error}; read it again")
            }
            Self::Key(error) => write!(f, "the key of a card-verifiable certificate: {error}"),
            Self::UnknownIssuer => f.write_str(
                "not issued by an authority that is accepted here; a test card needs the test \
                 hierarchy, a virtual card its own authorities",
            ),
            Self::WrongRole { expected } => write!(
                f,
                "the issuer does not vouch for {}; check which file was read",
                expected.as_str()
            ),
            Self::BadSignature => f.write_str(
                "the signature on the card-verifiable certificate is wrong; refuse the card",
            ),
            Self::TooManyAnchors => f.write_str("too many authorities; bring fewer"),
        }
    }
}

impl core::error::Error for CvcError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}
