//! The form that public keys have on the card, 265 octets: `90 03` exponent, `91 820100` modulus
//! (`docs/card-facts.md` §2.3 and §4.3). Copied out, so that the buffer of the file is free again.

use kazasu_tlv::{Reader, Rules, Tag};

use crate::{error::Error, rsa::RsaPublicKey};

const EXPONENT: Tag = Tag::new(0x90);
const MODULUS: Tag = Tag::new(0x91);

/// An RSA-2048 public key, owned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey2048 {
    modulus: [u8; 256],
    exponent: u32,
}

impl PublicKey2048 {
    /// The length of the form on the card, in octets.
    pub(crate) const LENGTH: usize = 265;

    /// Reads it from the form on the card.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] when it is not in that form, and those of [`RsaPublicKey::new`].
    pub(crate) fn parse(octets: &[u8; Self::LENGTH]) -> Result<Self, Error> {
        let (modulus, exponent) = split(octets).ok_or(Error::UnsupportedKey)?;
        RsaPublicKey::new(modulus, exponent)?;
        Ok(Self { modulus: *modulus, exponent })
    }

    /// The key for a back end.
    pub(crate) fn rsa(&self) -> Result<RsaPublicKey<'_>, Error> {
        RsaPublicKey::new(&self.modulus, self.exponent)
    }
}

fn split(octets: &[u8; PublicKey2048::LENGTH]) -> Option<(&[u8; 256], u32)> {
    let mut inside = Reader::new(octets, Rules::Ber);
    let exponent: &[u8; 3] = inside.expect(EXPONENT).ok()?.value().try_into().ok()?;
    let modulus = inside.expect(MODULUS).ok()?.value().try_into().ok()?;
    inside.finish().ok()?;
    Some((modulus, exponent.iter().fold(0, |number, &octet| (number << 8) | u32::from(octet))))
}
