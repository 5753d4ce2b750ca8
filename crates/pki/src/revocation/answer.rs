//! What is known of a certificate's revocation: three answers, of which "unknown" is one.

use core::fmt;

use super::error::Error;
use crate::time::Time;

/// What is known of a certificate's revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Revocation {
    /// It was not revoked when the list or response was made.
    Good(Good),
    /// It was revoked.
    Revoked(Revoked),
    /// Nothing is known, which is neither of the two.
    Unknown(Unknown),
}

impl Revocation {
    /// The word for machines: `good`, `revoked`, `unknown`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Good(_) => "good",
            Self::Revoked(_) => "revoked",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// As of when a certificate was not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Good {
    /// When the list or response knew it.
    pub this_update: Time,
    /// When the next one is due. A response may not say.
    pub next_update: Option<Time>,
    /// The number of the list; a response has none.
    pub number: Option<CrlNumber>,
}

/// Since when, and why, a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Revoked {
    /// When it was revoked.
    pub date: Time,
    /// Why, if that is said.
    pub reason: Option<Reason>,
    /// When the key was lost, or the certificate became wrong, if that is known; it may be earlier
    /// than `date` (RFC 5280 section 5.3.2).
    pub invalidity_date: Option<Time>,
}

/// Why nothing is known of a certificate's revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Unknown {
    /// There was nothing to ask: no connection, no right to ask.
    Unavailable,
    /// A list or response was there and was not accepted.
    NotAccepted(Error),
    /// The responder does not know the certificate (RFC 6960 section 2.2, `unknown`).
    NotKnownToResponder,
    /// The certificate had expired before the list or response was made. Authorities forget the
    /// revocation of expired certificates (RFC 5280 section 3.3, RFC 6960 section 2.2), so that
    /// silence about it means nothing. It happens in the months of grace.
    Expired,
}

impl Unknown {
    /// The word for machines: `unavailable`, `not_accepted`, `not_known_to_responder`, `expired`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::NotAccepted(_) => "not_accepted",
            Self::NotKnownToResponder => "not_known_to_responder",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("no revocation information is at hand; ask again"),
            Self::NotAccepted(error) => error.fmt(f),
            Self::NotKnownToResponder => {
                f.write_str("the responder does not know the certificate; check which one it was")
            }
            Self::Expired => f.write_str(
                "the certificate had expired, and expired ones are no longer listed; renew it",
            ),
        }
    }
}

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, der::Enumerated)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
#[non_exhaustive]
pub enum Reason {
    /// No reason is given.
    Unspecified = 0,
    /// The holder's key is, or may be, known to others.
    KeyCompromise = 1,
    /// The authority's key is.
    CaCompromise = 2,
    /// The holder's name or other data changed: 住所や氏名の変更.
    AffiliationChanged = 3,
    /// There is a newer certificate.
    Superseded = 4,
    /// The certificate is no longer needed.
    CessationOfOperation = 5,
    /// On hold: it may come back.
    CertificateHold = 6,
    /// No longer on hold; in lists of changes only.
    RemoveFromCrl = 8,
    /// A right that the certificate gave was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The key of an attribute authority is known to others.
    AaCompromise = 10,
}

impl Reason {
    /// The name in RFC 5280: `keyCompromise`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

/// The number of a list: each new list of an authority has a larger one. At most 20 octets (RFC
/// 5280 section 5.2.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CrlNumber([u8; 20]);

impl CrlNumber {
    pub(super) fn new(magnitude: &[u8]) -> Option<Self> {
        let mut octets = [0; 20];
        if magnitude.len() > octets.len() {
            return None;
        }
        for (octet, source) in octets.iter_mut().rev().zip(magnitude.iter().rev()) {
            *octet = *source;
        }
        Some(Self(octets))
    }

    /// The number, big-endian, with zeros in front.
    pub const fn octets(&self) -> &[u8; 20] {
        &self.0
    }
}

/// Hexadecimal, without zeros in front.
impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = self.0.iter().skip_while(|octet| **octet == 0);
        write!(f, "{:x}", digits.next().unwrap_or(&0))?;
        digits.try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlNumber({self})")
    }
}

/// What a list or response said of one certificate. Only the checks make one, and it remembers
/// which certificate it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    pub(super) revocation: Revocation,
    pub(super) certificate_sha256: [u8; 32],
}

impl Checked {
    /// The answer.
    pub const fn revocation(&self) -> Revocation {
        self.revocation
    }

    /// The SHA-256 fingerprint of the certificate that it is about.
    pub const fn certificate_sha256(&self) -> &[u8; 32] {
        &self.certificate_sha256
    }
}

/// Without the fingerprint, which names a holder.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("revocation", &self.revocation).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Checked {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Checked({})", self.revocation);
    }
}
