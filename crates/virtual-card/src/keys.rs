//! The private keys of virtual cards: a committed pool that is **public**, or fresh ones.
//!
//! No other crate of the project may build an RSA private key. A key of the pool protects nothing:
//! everybody has it.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use kazasu_tlv::Tag;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;
use crate::certificate::{CertificateKind, encode};

macro_rules! public_test_key {
    ($name:literal) => {
        include_bytes!(concat!("../data/public-test-keys/PUBLIC-TEST-KEY-", $name, ".pkcs8.der"))
    };
}
pub(crate) use public_test_key;

/// The pool: PKCS#8, RSA-2048, e = 65537.
const POOL: [&[u8]; 8] = [
    public_test_key!("card-0"),
    public_test_key!("card-1"),
    public_test_key!("card-2"),
    public_test_key!("card-3"),
    public_test_key!("card-4"),
    public_test_key!("card-5"),
    public_test_key!("card-6"),
    public_test_key!("card-7"),
];
const ROOT_AUTH: &[u8] = public_test_key!("root-auth");
const ROOT_SIGN: &[u8] = public_test_key!("root-sign");

/// Length of the modulus, and so of every signature, in bytes.
pub(crate) const MODULUS: usize = 256;
/// Longest input that fits a PKCS#1 v1.5 block of type 01, in bytes (RFC 8017, 9.2).
pub(crate) const LONGEST_INPUT: usize = MODULUS - 11;

/// Which key. The card file writes a fresh one down whole, in clear.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum KeySource {
    /// A key of the pool; the number is taken modulo the size of the pool.
    Pool(u64),
    /// A key made for one card, PKCS#8.
    Fresh(#[serde(with = "crate::hex")] Zeroizing<Vec<u8>>),
}

impl KeySource {
    /// Makes a key that nobody else has: about 0.1 s in an optimised build.
    pub(crate) fn fresh() -> Result<Self, Error> {
        // The generator has no way to report a failure of the operating system; ask once before.
        getrandom::u32().map_err(|_| Error::Randomness)?;
        let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), MODULUS * 8)
            .map_err(|_| Error::Key("it could not be made"))?;
        let encoded = key.to_pkcs8_der().map_err(|_| Error::Key("it could not be encoded"))?;
        Ok(Self::Fresh(Zeroizing::new(encoded.as_bytes().to_vec())))
    }

    /// Another key than this one, to sign what must not verify.
    pub(crate) const fn another(&self) -> Self {
        match self {
            Self::Pool(number) => Self::Pool(number.wrapping_add(5)),
            Self::Fresh(_) => Self::Pool(0),
        }
    }

    /// Reads the key.
    pub(crate) fn load(&self) -> Result<PrivateKey, Error> {
        match self {
            Self::Pool(number) => {
                let at = usize::try_from(number % POOL.len() as u64).unwrap_or(0);
                PrivateKey::from_pkcs8(POOL.get(at).copied().unwrap_or_default())
            }
            Self::Fresh(encoded) => PrivateKey::from_pkcs8(encoded),
        }
    }
}

/// The private key of a virtual root.
pub(crate) fn root(kind: CertificateKind) -> Result<PrivateKey, Error> {
    PrivateKey::from_pkcs8(match kind {
        CertificateKind::Auth => ROOT_AUTH,
        CertificateKind::Sign => ROOT_SIGN,
    })
}

/// How a signature block is made (`docs/card-facts.md` §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// PKCS#1 v1.5, type 01, around these bytes as they are.
    Verbatim,
    /// PKCS#1 v1.5 around a DigestInfo of this SHA-256.
    DigestInfo,
    /// PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    Pss,
}

/// An RSA-2048 private key; zeroed when dropped.
pub(crate) struct PrivateKey(RsaPrivateKey);

impl PrivateKey {
    /// Reads a committed or a fresh key.
    pub(crate) fn from_pkcs8(encoded: &[u8]) -> Result<Self, Error> {
        let key = RsaPrivateKey::from_pkcs8_der(encoded).map_err(|_| Error::Key("not PKCS#8"))?;
        if key.size() == MODULUS { Ok(Self(key)) } else { Err(Error::Key("not RSA-2048")) }
    }

    /// Signs `input`: for [`Block::Verbatim`] 1 to 245 bytes, else a hash of 32.
    pub(crate) fn sign(&self, block: Block, input: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = match block {
            Block::Verbatim => self.0.sign(Pkcs1v15Sign::new_unprefixed(), input),
            Block::DigestInfo => self.0.sign(Pkcs1v15Sign::new::<Sha256>(), input),
            Block::Pss => self.0.sign(Pss::<Sha256>::new_with_salt(32), input),
        };
        signed.map_err(|_| Error::Key("it refused to sign"))
    }

    /// `SubjectPublicKeyInfo` of the public half, DER.
    pub(crate) fn public_key_info(&self) -> Result<Vec<u8>, Error> {
        let encoded = self.0.as_public_key().to_public_key_der();
        Ok(encoded.map_err(|_| Error::Key("its public half could not be encoded"))?.into_vec())
    }

    /// Modulus of the public half, big-endian.
    pub(crate) fn modulus(&self) -> Result<[u8; MODULUS], Error> {
        (*self.0.n_bytes()).try_into().map_err(|_| Error::Key("not RSA-2048"))
    }

    /// Exponent of the public half, big-endian.
    pub(crate) fn exponent(&self) -> Result<[u8; 3], Error> {
        (*self.0.e_bytes()).try_into().map_err(|_| Error::Key("its exponent is not 65537"))
    }

    /// The public half as card files hold it: `90` exponent, `91` modulus, 265 bytes
    /// (`docs/card-facts.md` §4.3).
    pub(crate) fn public_key(&self) -> Result<Vec<u8>, Error> {
        let (exponent, modulus) = (self.exponent()?, self.modulus()?);
        encode(|w| {
            w.element(Tag::new(0x90), &exponent)?;
            w.element(Tag::new(0x91), &modulus)
        })
    }

    /// Key identifier: SHA-1 is what RFC 5280, 4.2.1.2 proposes and no more than a name; this is
    /// the first 20 bytes of SHA-256 over the public key info, so that no other hash is needed.
    pub(crate) fn identifier(&self) -> Result<Vec<u8>, Error> {
        let digest = Sha256::digest(self.public_key_info()?);
        Ok(digest.iter().copied().take(20).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_pool_is_another_rsa_2048_key() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..8 {
            let key = KeySource::Pool(number).load().unwrap();
            assert!(seen.insert(key.public_key_info().unwrap()), "{number}");
            let other = KeySource::Pool(number).another().load().unwrap();
            assert_ne!(other.identifier().unwrap(), key.identifier().unwrap());
        }
        for kind in [CertificateKind::Auth, CertificateKind::Sign] {
            assert!(seen.insert(root(kind).unwrap().public_key_info().unwrap()));
        }
        assert_eq!(KeySource::Pool(u64::MAX).load().unwrap().public_key_info().unwrap().len(), 294);
    }

    #[test]
    fn a_fresh_key_is_fresh_and_survives_its_encoding() {
        let (one, two) = (KeySource::fresh().unwrap(), KeySource::fresh().unwrap());
        let identifiers = [&one, &two].map(|key| key.load().unwrap().identifier().unwrap());
        assert_ne!(identifiers[0], identifiers[1]);
    }

    #[test]
    fn an_input_that_does_not_fit_is_refused() {
        let key = KeySource::Pool(0).load().unwrap();
        assert_eq!(key.sign(Block::Verbatim, &[1; LONGEST_INPUT]).unwrap().len(), MODULUS);
        assert!(key.sign(Block::Verbatim, &[1; LONGEST_INPUT + 1]).is_err());
        assert!(key.sign(Block::DigestInfo, &[1; 31]).is_err());
    }
}
