//! How the card's keys sign (`docs/card-facts.md` §4.1), and what stands in the block then. The
//! table from P1 to scheme is data: a key of another algorithm would be another row.

use sha2::{Digest, Sha256};

use crate::algorithm::HashAlgorithm;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2): the block holds a DigestInfo. What
    /// every card does with P1 00 when the terminal sends the DigestInfo; also P1 02, where the
    /// card wraps a digest, and P1 03, where it computes the digest too.
    Pkcs1v15Sha256,
    /// The same padding around the bare 32 octets of SHA-256, without a DigestInfo: P1 01. Known
    /// from one source only.
    Pkcs1v15Sha256Bare,
    /// RSASSA-PSS with SHA-256, MGF1 over SHA-256 and whatever length of salt the block has
    /// (RFC 8017 section 8.1): P1 04 and 05. Known from one source only.
    PssSha256,
    /// ECDSA on P-384 over SHA-384, as an ECDSA-Sig-Value (RFC 3279 section 2.2.3): what stands on
    /// certificates. In which of the two forms the card of 2028 will answer is not known.
    #[cfg(feature = "p384")]
    EcdsaP384Sha384,
    /// The same as r and s side by side, 48 octets each (IEEE P1363).
    #[cfg(feature = "p384")]
    EcdsaP384Sha384Plain,
}

/// Every scheme.
const ALL: &[Scheme] = &[
    Scheme::Pkcs1v15Sha256,
    Scheme::Pkcs1v15Sha256Bare,
    Scheme::PssSha256,
    #[cfg(feature = "p384")]
    Scheme::EcdsaP384Sha384,
    #[cfg(feature = "p384")]
    Scheme::EcdsaP384Sha384Plain,
];

/// What PERFORM SECURITY OPERATION takes as P1, and the scheme that results.
const BY_P1: [(u8, Scheme); 6] = [
    (0x00, Scheme::Pkcs1v15Sha256),
    (0x01, Scheme::Pkcs1v15Sha256Bare),
    (0x02, Scheme::Pkcs1v15Sha256),
    (0x03, Scheme::Pkcs1v15Sha256),
    (0x04, Scheme::PssSha256),
    (0x05, Scheme::PssSha256),
];

/// `DigestInfo` for SHA-256 up to the digest (RFC 8017 section 9.2, note 1).
const DIGEST_INFO_SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The `DigestInfo` of a SHA-256 digest, 51 octets: what the terminal sends to be signed with
/// P1 00.
pub fn digest_info(digest: &[u8; 32]) -> [u8; 51] {
    let mut info = [0; 51];
    for (octet, source) in info.iter_mut().zip(DIGEST_INFO_SHA256.iter().chain(digest)) {
        *octet = *source;
    }
    info
}

/// The SHA-256 digest of some octets.
// Not inlined: it would be in every caller, 300 bytes each.
#[inline(never)]
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    Sha256::digest(octets).into()
}

impl Scheme {
    /// The scheme of a signature that the card made with this P1; with 00, given a DigestInfo of
    /// SHA-256. `None` for a P1 that no card is known to accept.
    pub fn from_p1(p1: u8) -> Option<Self> {
        BY_P1.iter().find(|(known, _)| *known == p1).map(|(_, scheme)| *scheme)
    }

    /// The word for machines, as [`Scheme::from_name`] reads it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pkcs1v15Sha256 => "rsassa-pkcs1-v1_5-sha256",
            Self::Pkcs1v15Sha256Bare => "rsassa-pkcs1-v1_5-bare-sha256",
            Self::PssSha256 => "rsassa-pss-sha256",
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384Plain => "ecdsa-p384-sha384-plain",
        }
    }

    /// The hash function over what is signed.
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Pkcs1v15Sha256 | Self::Pkcs1v15Sha256Bare | Self::PssSha256 => {
                HashAlgorithm::Sha256
            }
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384 | Self::EcdsaP384Sha384Plain => HashAlgorithm::Sha384,
        }
    }

    /// The scheme of a name that [`Scheme::as_str`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|scheme| scheme.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_p1_has_its_scheme_and_every_scheme_its_name() {
        let schemes = [0, 1, 2, 3, 4, 5].map(|p1| Scheme::from_p1(p1).unwrap());
        let [verbatim, bare, wrapped, hashed, pss, pss_hashed] = schemes;
        assert_eq!([verbatim, wrapped, hashed], [Scheme::Pkcs1v15Sha256; 3]);
        assert_eq!((bare, pss, pss_hashed), {
            (Scheme::Pkcs1v15Sha256Bare, Scheme::PssSha256, Scheme::PssSha256)
        });
        assert_eq!(Scheme::from_p1(6), None);
        for scheme in ALL.iter().copied() {
            assert_eq!(Scheme::from_name(scheme.as_str()), Some(scheme));
        }
        assert_eq!(Scheme::from_name(""), None);
    }
}
