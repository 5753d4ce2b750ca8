//! Why a record of the card was not accepted. Errors name tags and places, never a value.

use core::fmt;

use kazasu_tlv::Tag;

use crate::{
    cvc::{CvcKey, CvcRole},
    error::Error,
};

/// Why a record was not accepted.
///
/// [`RecordError::is_malformed`] tells damage from distrust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordError {
    /// Not the structure of `docs/card-facts.md` §2.3 and §2.4.
    Malformed(kazasu_tlv::Error),
    /// A field occurs twice.
    Duplicate {
        /// Its tag.
        tag: Tag,
    },
    /// The value of a field is not of the length or form that the field has.
    Field {
        /// Its tag.
        tag: Tag,
    },
    /// A field stands after one that follows it in what is signed together (§4.4).
    Order {
        /// Its tag.
        tag: Tag,
    },
    /// The offset table DF21 does not say where the fields are.
    Offsets,
    /// The public key in the record cannot be used, or the back end cannot take the key that signed.
    Key(Error),
    /// The key that is to verify the record vouches for another part of the card.
    WrongRole {
        /// What it would have to vouch for.
        expected: CvcRole,
    },
    /// The record is not signed by that key.
    BadSignature,
    /// The file is not the one that the integrity record vouches for.
    WrongDigest,
    /// A stream was fed on after it had refused the record.
    AlreadyRefused,
}

impl RecordError {
    /// Whether the bytes are not such a record at all, rather than one that is not trusted.
    pub const fn is_malformed(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_)
                | Self::Duplicate { .. }
                | Self::Field { .. }
                | Self::Order { .. }
                | Self::Offsets
        )
    }

    pub(super) fn check_role(key: &CvcKey, expected: CvcRole) -> Result<(), Self> {
        if key.role() == expected { Ok(()) } else { Err(Self::WrongRole { expected }) }
    }
}

impl From<kazasu_tlv::Error> for RecordError {
    fn from(error: kazasu_tlv::Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not the record: {error}; read it again"),
            Self::Duplicate { tag } => {
                write!(f, "field {tag} occurs twice; do not rely on this record")
            }
            Self::Field { tag } => write!(f, "field {tag} is not as it must be; read it again"),
            Self::Order { tag } => {
                write!(f, "field {tag} is not where it is signed; do not rely on this record")
            }
            Self::Offsets => f.write_str(
                "the offset table does not say where the fields are; do not rely on this record",
            ),
            Self::Key(error) => write!(f, "the key of a record: {error}"),
            Self::WrongRole { expected } => write!(
                f,
                "the key vouches for another part of the card; verify the certificate of {}",
                expected.as_str()
            ),
            Self::BadSignature => {
                f.write_str("the signature on the record is wrong; refuse the card")
            }
            Self::WrongDigest => f.write_str(
                "the file is not the one that the card vouches for; read it again, and refuse the \
                 card if it stays so",
            ),
            Self::AlreadyRefused => {
                f.write_str("the record was refused before; begin again with a new stream")
            }
        }
    }
}

impl core::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Key(error) => Some(error),
            _ => None,
        }
    }
}
