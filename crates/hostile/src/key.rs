//! Keys to sign with: the public test keys of the virtual card, raised to their private exponent
//! without any padding of their own, because a forgery needs a block that no library would sign.
//!
//! Nothing here is secret, and nothing here makes a key.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use anyhow::{Context as _, Result};
use crypto_bigint::{
    CheckedAdd as _, Odd, U2048,
    modular::{FixedMontyForm, FixedMontyParams},
};
use kazasu_tlv::{Reader, Rules, der as read, tags};
use sha2::{Digest as _, Sha256};

use crate::{curve::CurveKey, der, oid};

/// Octets of a modulus, and so of a block and of a signature.
pub(crate) const LENGTH: usize = 256;

/// Whatever signs certificates.
pub(crate) trait Signer {
    /// The AlgorithmIdentifier of its signatures.
    fn algorithm(&self) -> Vec<u8>;

    /// Its signature over a message, as certificates hold it.
    fn sign(&self, message: &[u8]) -> Vec<u8>;

    /// SubjectPublicKeyInfo.
    fn info(&self) -> Vec<u8>;

    /// A key identifier: the first 20 octets of SHA-256 over the public key info.
    fn identifier(&self) -> Vec<u8> {
        sha256(&self.info()).into_iter().take(20).collect()
    }
}

/// An RSA-2048 key, both halves.
pub(crate) struct RsaKey {
    modulus: U2048,
    exponent: u32,
    private: U2048,
    /// One template is signed again for every case.
    signed: RefCell<HashMap<Vec<u8>, Vec<u8>>>,
}

impl RsaKey {
    /// Reads PKCS#8 (RFC 5958) around RSAPrivateKey (RFC 8017, A.1.2).
    fn from_pkcs8(encoded: &[u8]) -> Result<Numbers> {
        let mut outer = Reader::new(encoded, Rules::Der).expect(tags::SEQUENCE)?.children()?;
        outer.expect(tags::INTEGER)?;
        outer.expect(tags::SEQUENCE)?;
        let mut inner = outer.expect(tags::OCTET_STRING)?.encapsulated();
        let mut numbers = inner.expect(tags::SEQUENCE)?.children()?;
        let mut next = || -> Result<U2048> {
            let magnitude = read::integer_unsigned(&numbers.read()?)?;
            let padding = LENGTH.checked_sub(magnitude.len()).context("a number is too long")?;
            Ok(U2048::from_be_slice(&[&vec![0; padding][..], magnitude].concat()))
        };
        let _version = next()?;
        Ok(Numbers {
            modulus: next()?,
            exponent: next()?,
            private: next()?,
            p: next()?,
            q: next()?,
        })
    }

    fn committed(encoded: &[u8]) -> Result<Rc<Self>> {
        let numbers = Self::from_pkcs8(encoded)?;
        anyhow::ensure!(numbers.exponent == U2048::from_u32(65_537), "the exponent is not 65537");
        Ok(Self::new(numbers.modulus, 65_537, numbers.private))
    }

    /// The same primes with the public exponent 3, if they allow it.
    fn with_exponent_3(encoded: &[u8]) -> Result<Option<Rc<Self>>> {
        let Numbers { modulus, p, q, .. } = Self::from_pkcs8(encoded)?;
        let one = U2048::ONE;
        let totient = p.wrapping_sub(&one).wrapping_mul(&q.wrapping_sub(&one));
        let three = U2048::from_u32(3).to_nz().into_option().context("three is not zero")?;
        // Both primes are 2 modulo 3, or 3 has no inverse. Then the totient is 3k + 1, and 3 times
        // 2k + 1 is twice the totient and one.
        let (third, rest) = totient.div_rem(&three);
        let private = third.shl(1).wrapping_add(&one);
        let key = Self::new(modulus, 3, private);
        let works = rest == one && key.public_power(&key.power(&[0x01; LENGTH])) == [0x01; LENGTH];
        Ok(works.then_some(key))
    }

    fn new(modulus: U2048, exponent: u32, private: U2048) -> Rc<Self> {
        Rc::new(Self { modulus, exponent, private, signed: RefCell::default() })
    }

    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.modulus.to_be_bytes().as_ref().to_vec()
    }

    /// The private operation on a block of 256 octets.
    pub(crate) fn power(&self, block: &[u8]) -> Vec<u8> {
        let mut signed = self.signed.borrow_mut();
        let result =
            signed.entry(block.to_vec()).or_insert_with(|| self.raise(block, &self.private));
        result.clone()
    }

    fn public_power(&self, signature: &[u8]) -> Vec<u8> {
        self.raise(signature, &U2048::from_u32(self.exponent))
    }

    fn raise(&self, block: &[u8], exponent: &U2048) -> Vec<u8> {
        let Some(modulus) = Odd::new(self.modulus).into_option() else { return Vec::new() };
        let parameters = FixedMontyParams::new_vartime(modulus);
        let base = FixedMontyForm::new(&U2048::from_be_slice(block), &parameters);
        base.pow_vartime(exponent).retrieve().to_be_bytes().as_ref().to_vec()
    }

    /// The signature, as a number, plus the modulus: the same power, and too long for the key.
    /// `None` when the sum has more than 2048 bits.
    pub(crate) fn beyond_modulus(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let number = U2048::from_be_slice(signature).checked_add(&self.modulus).into_option()?;
        Some(number.to_be_bytes().as_ref().to_vec())
    }
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
impl Signer for RsaKey {
    fn algorithm(&self) -> Vec<u8> {
        der::algorithm(oid::SHA256_WITH_RSA, &der::null())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.power(&block(&digest_info(oid::SHA256, &der::null(), &sha256(message))))
    }

    fn info(&self) -> Vec<u8> {
        info(&self.modulus(), self.exponent)
    }
}

struct Numbers {
    modulus: U2048,
    exponent: U2048,
    private: U2048,
    p: U2048,
    q: U2048,
}

/// SubjectPublicKeyInfo of an RSA key (RFC 3279 section 2.3.1).
pub(crate) fn info(modulus: &[u8], exponent: u32) -> Vec<u8> {
    info_of(&der::sequence(&[&der::unsigned(modulus), &der::unsigned(&exponent.to_be_bytes())]))
}

/// The same around any RSAPublicKey.
pub(crate) fn info_of(key: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::algorithm(oid::RSA_ENCRYPTION, &der::null()), &der::bits(key)])
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): `00 01 FF … FF 00`, then the content.
pub(crate) fn block(content: &[u8]) -> Vec<u8> {
    let padding = vec![0xFF; LENGTH.saturating_sub(content.len() + 3)];
    [&[0x00, 0x01][..], &padding, &[0x00], content].concat()
}

/// DigestInfo (RFC 8017, A.2.4).
pub(crate) fn digest_info(hash: &str, parameters: &[u8], digest: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::algorithm(hash, parameters), &der::octets(digest)])
}

/// EMSA-PSS (RFC 8017 section 9.1.1) with SHA-256, MGF1 with SHA-256 and a salt of 32 octets, for
/// 2048 bits.
pub(crate) fn pss_block(message: &[u8]) -> Vec<u8> {
    let salt = [0x5A; 32];
    let hash = sha256(&[&[0; 8][..], &sha256(message), &salt].concat());
    let mut masked = [&[0; LENGTH - 32 - 32 - 2][..], &[0x01], &salt].concat();
    let mask = (0_u32..).flat_map(|counter| sha256(&[&hash[..], &counter.to_be_bytes()].concat()));
    masked.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
    if let Some(first) = masked.first_mut() {
        *first &= 0x7F;
    }
    [&masked[..], &hash, &[0xBC]].concat()
}

/// The largest number whose cube is not more than this one (both big-endian, 256 octets): with the
/// exponent 3 it is a signature whose block begins with whatever is wanted.
pub(crate) fn cube_root(block: &[u8]) -> Vec<u8> {
    let target = U2048::from_be_slice(block);
    let mut root = U2048::ZERO;
    // A cube of 2048 bits has a root of 683 bits.
    for bit in (0..683).rev() {
        let candidate = root.wrapping_add(&U2048::ONE.shl(bit));
        let square = candidate.wrapping_mul(&candidate);
        // The cube of a number of 683 bits can overflow, its square cannot.
        let cube = square.checked_mul(&candidate).into_option();
        if cube.is_some_and(|cube| cube <= target) {
            root = candidate;
        }
    }
    root.to_be_bytes().as_ref().to_vec()
}

pub(crate) fn sha256(octets: &[u8]) -> Vec<u8> {
    Sha256::digest(octets).to_vec()
}

macro_rules! public_test_key {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../virtual-card/data/public-test-keys/PUBLIC-TEST-KEY-",
            $name,
            ".pkcs8.der"
        ))
    };
}

/// The parts that keys play.
pub(crate) struct Keys {
    /// The trusted root for authentication.
    pub(crate) root_auth: Rc<RsaKey>,
    /// The trusted root for signing.
    pub(crate) root_sign: Rc<RsaKey>,
    /// A later generation of the root for authentication.
    pub(crate) root_next: Rc<RsaKey>,
    /// A trusted root with the public exponent 3.
    pub(crate) root_of_3: Rc<RsaKey>,
    pub(crate) holder: Rc<RsaKey>,
    /// Another holder, who would like to be an issuer.
    pub(crate) other_holder: Rc<RsaKey>,
    /// Nobody's.
    pub(crate) attacker: Rc<RsaKey>,
    /// An authority below the root for authentication.
    pub(crate) lower: Rc<RsaKey>,
    /// An authority between that one and the root.
    pub(crate) upper: Rc<RsaKey>,
    /// A trusted root on P-384.
    pub(crate) curve_root: Rc<CurveKey>,
    /// A holder on P-384.
    pub(crate) curve_holder: Rc<CurveKey>,
    /// Nobody's, on P-384.
    pub(crate) curve_attacker: Rc<CurveKey>,
}

impl Keys {
    pub(crate) fn load() -> Result<Self> {
        const POOL: [&[u8]; 4] = [
            public_test_key!("card-4"),
            public_test_key!("card-5"),
            public_test_key!("card-6"),
            public_test_key!("card-7"),
        ];
        let mut of_3 = None;
        for encoded in POOL {
            of_3 = of_3.or(RsaKey::with_exponent_3(encoded)?);
        }
        Ok(Self {
            root_auth: RsaKey::committed(public_test_key!("root-auth"))?,
            root_sign: RsaKey::committed(public_test_key!("root-sign"))?,
            root_next: RsaKey::committed(public_test_key!("card-3"))?,
            root_of_3: of_3.context("no test key can have the exponent 3")?,
            holder: RsaKey::committed(public_test_key!("card-0"))?,
            other_holder: RsaKey::committed(public_test_key!("card-1"))?,
            attacker: RsaKey::committed(public_test_key!("card-2"))?,
            lower: RsaKey::committed(public_test_key!("card-6"))?,
            upper: RsaKey::committed(public_test_key!("card-7"))?,
            curve_root: CurveKey::of("PUBLIC TEST KEY curve-root"),
            curve_holder: CurveKey::of("PUBLIC TEST KEY curve-holder"),
            curve_attacker: CurveKey::of("PUBLIC TEST KEY curve-attacker"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_the_block_again() {
        let keys = Keys::load().unwrap();
        for key in [&keys.root_auth, &keys.root_of_3, &keys.holder] {
            let signature = key.sign(b"message");
            let block = key.public_power(&signature);
            assert_eq!(
                block,
                super::block(&digest_info(oid::SHA256, &der::null(), &sha256(b"message")))
            );
            assert_eq!(block.len(), LENGTH);
        }
        assert_eq!(keys.root_of_3.exponent, 3);
    }

    #[test]
    fn cube_roots_begin_as_wanted() {
        let mut wanted = [0xFF; LENGTH];
        wanted[..2].copy_from_slice(&[0, 1]);
        wanted[2..80].fill(0xA7);
        let cube = Keys::load().unwrap().root_of_3.public_power(&cube_root(&wanted));
        assert_eq!(cube[..80], wanted[..80]);
        assert_ne!(cube, wanted);
    }
}
