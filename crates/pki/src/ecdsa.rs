//! ECDSA on P-384 with SHA-384 (FIPS 186-5, RFC 5480): keys and signatures of the next card, on
//! the `p384` crate, without a heap. Public keys only.

use core::fmt;

use kazasu_tlv::{Reader, Rules, der, tags};
use p384::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};

use crate::{backend::BackendError, error::Error};

/// r, then s, big-endian (IEEE P1363).
pub(crate) type Plain = [u8; 96];

/// A public key on P-384 that is fit for use: a point on the curve, which is then of the right
/// order too, because the curve's cofactor is 1. Borrowed from the certificate that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct P384PublicKey<'a> {
    point: &'a [u8; 97],
}

impl<'a> P384PublicKey<'a> {
    /// A key from the uncompressed form of its point (SEC 1 section 2.3.3): `04`, x, y.
    ///
    /// # Errors
    /// [`Error::Point`] for any other form (RFC 5480 section 2.2 lets a verifier refuse the
    /// compressed one), the point at infinity, and coordinates that are not below the field's
    /// prime or not on the curve.
    pub fn new(point: &'a [u8]) -> Result<Self, Error> {
        let point: &[u8; 97] = point.try_into().map_err(|_| Error::Point)?;
        if point.first() != Some(&0x04) {
            return Err(Error::Point);
        }
        VerifyingKey::from_sec1_bytes(point).map_err(|_| Error::Point)?;
        Ok(Self { point })
    }

    /// The point, uncompressed: `04`, x, y.
    pub const fn point(&self) -> &'a [u8; 97] {
        self.point
    }
}

/// No coordinates: they name the holder.
impl fmt::Debug for P384PublicKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("P384PublicKey").finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for P384PublicKey<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "P384PublicKey");
    }
}

/// What [`crate::Backend::verify_ecdsa_p384`] does unless a back end does otherwise.
#[inline(never)]
pub(crate) fn verify(
    key: &P384PublicKey<'_>,
    digest: &[u8; 48],
    signature: &Plain,
) -> Result<(), BackendError> {
    let mismatch = |_| BackendError::Mismatch;
    let key = VerifyingKey::from_sec1_bytes(key.point).map_err(mismatch)?;
    let signature = Signature::from_slice(signature).map_err(mismatch)?;
    key.verify_prehash(digest, &signature).map_err(mismatch)
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 section 2.2.3), in DER and in
/// no other form, so that one pair of numbers has one encoding.
pub(crate) fn from_der(signature: &[u8]) -> Result<Plain, Error> {
    let read = || {
        let mut outermost = Reader::new(signature, Rules::Der);
        let sequence = outermost.expect(tags::SEQUENCE)?;
        outermost.finish()?;
        let mut numbers = sequence.children()?;
        let r = der::integer_unsigned(&numbers.read()?)?;
        let s = der::integer_unsigned(&numbers.read()?)?;
        numbers.finish()?;
        Ok::<_, kazasu_tlv::Error>((r, s))
    };
    let (r, s) = read().map_err(|_| Error::SignatureEncoding)?;
    let mut plain = [0; 96];
    let (first, second) = plain.split_at_mut_checked(48).ok_or(Error::SignatureEncoding)?;
    for (number, place) in [(r, first), (s, second)] {
        let start = place.len().checked_sub(number.len()).ok_or(Error::SignatureEncoding)?;
        let octets = place.get_mut(start..).unwrap_or_default();
        octets.iter_mut().zip(number).for_each(|(octet, source)| *octet = *source);
    }
    Ok(plain)
}
