//! RSA signature checks (RFC 8017), with public keys only: nothing here can sign or decrypt, and
//! nothing here is secret.
//!
//! One trait ([`Backend`](crate::Backend)), two back ends. [`Fixed`] needs no heap and is the default; `Alloc` (feature `alloc`)
//! is the `rsa` crate. Both judge every input alike, and tests hold them to each other.

#[cfg(feature = "alloc")]
mod alloc;
mod encoding;
mod montgomery;

use core::fmt;

#[cfg(feature = "alloc")]
pub use self::alloc::Alloc;
pub use self::montgomery::{Fixed, Fixed4096, Montgomery};
use crate::error::Error;

/// The fewest bits a modulus may have. 公的個人認証 uses 2048 throughout.
pub const MIN_MODULUS_BITS: usize = 2048;

/// An RSA public key that is fit for use: modulus odd and at least 2048 bits, exponent odd and at
/// least 3. Borrowed from the certificate that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RsaPublicKey<'a> {
    modulus: &'a [u8],
    exponent: u32,
}

impl<'a> RsaPublicKey<'a> {
    /// A key of `modulus`, big-endian, and `exponent`.
    ///
    /// # Errors
    /// [`Error::WeakKey`] when the modulus is shorter than 2048 bits; [`Error::UnsupportedKey`]
    /// when it is even or has leading zero octets, or the exponent is even or less than 3.
    pub fn new(modulus: &'a [u8], exponent: u32) -> Result<Self, Error> {
        let (Some(first), Some(last)) = (modulus.first(), modulus.last()) else {
            return Err(Error::UnsupportedKey);
        };
        let bits = modulus.len().saturating_mul(8).saturating_sub(first.leading_zeros() as usize);
        if bits < MIN_MODULUS_BITS {
            return Err(Error::WeakKey { bits });
        }
        if *first == 0 || last.is_multiple_of(2) || exponent.is_multiple_of(2) || exponent < 3 {
            return Err(Error::UnsupportedKey);
        }
        Ok(Self { modulus, exponent })
    }

    /// The modulus, big-endian without leading zero octets.
    pub const fn modulus(&self) -> &'a [u8] {
        self.modulus
    }

    /// The public exponent.
    pub const fn exponent(&self) -> u32 {
        self.exponent
    }

    /// The length of the modulus in bits.
    pub fn bits(&self) -> usize {
        let zeros = self.modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        self.modulus.len().saturating_mul(8).saturating_sub(zeros)
    }
}

/// The size and exponent only: the modulus names its holder.
impl fmt::Debug for RsaPublicKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaPublicKey")
            .field("bits", &self.bits())
            .field("exponent", &self.exponent)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for RsaPublicKey<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "RsaPublicKey({} bits)", self.bits());
    }
}
