//! Keys on P-384 to sign with (FIPS 186-5 section 6.4), one step after the other, so that every
//! number of a signature can be another. A private key is the digest of a text that says what it
//! is: public, and nobody's.

use std::rc::Rc;

use p384::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{ops::Reduce, point::AffineCoordinates as _, sec1::ToSec1Point as _},
};
use sha2::{Digest as _, Sha384};

use crate::{der, key::Signer, oid};

/// Octets of a coordinate, a number of a signature and a digest.
pub(crate) const LENGTH: usize = 48;

/// The order of the group (SEC 2 section 2.5.1), big-endian.
pub(crate) const ORDER: [u8; LENGTH] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF,
    0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73,
];

/// Both halves of a key.
pub(crate) struct CurveKey {
    private: Scalar,
}

impl CurveKey {
    /// The key of a text.
    pub(crate) fn of(text: &str) -> Rc<Self> {
        Rc::new(Self { private: scalar(&Sha384::digest(text)) })
    }

    /// The point of the public key, uncompressed.
    pub(crate) fn point(&self) -> Vec<u8> {
        let point = (ProjectivePoint::GENERATOR * self.private).to_affine();
        point.to_sec1_point(false).as_bytes().to_vec()
    }

    /// r and s over a digest of any length, of which the first 48 octets count.
    pub(crate) fn numbers(&self, digest: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut whole = [0; LENGTH];
        let start = LENGTH.saturating_sub(digest.len());
        whole.iter_mut().skip(start).zip(digest).for_each(|(octet, source)| *octet = *source);
        // Any secret number will do for a key that is public; this one is the same every time.
        let secret = scalar(&Sha384::digest([&self.private.to_bytes()[..], &whole].concat()));
        let r = Scalar::reduce(&(ProjectivePoint::GENERATOR * secret).to_affine().x());
        let inverse = secret.invert().into_option().unwrap_or(Scalar::ONE);
        let s = inverse * (scalar(&whole) + r * self.private);
        (r.to_bytes().to_vec(), s.to_bytes().to_vec())
    }
}

/// ECDSA with SHA-384.
impl Signer for CurveKey {
    fn algorithm(&self) -> Vec<u8> {
        der::algorithm(oid::ECDSA_WITH_SHA384, &[])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let (r, s) = self.numbers(&sha384(message));
        signature(&r, &s)
    }

    fn info(&self) -> Vec<u8> {
        info(&self.point())
    }
}

/// ECDSA-Sig-Value (RFC 3279 section 2.2.3).
pub(crate) fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::unsigned(r), &der::unsigned(s)])
}

/// SubjectPublicKeyInfo (RFC 5480 section 2) of the named curve.
pub(crate) fn info(point: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::algorithm(oid::EC_PUBLIC_KEY, &der::oid(oid::P384)), &der::bits(point)])
}

pub(crate) fn sha384(octets: &[u8]) -> Vec<u8> {
    Sha384::digest(octets).to_vec()
}

/// A number of 48 octets less another, both big-endian; what is below zero wraps.
pub(crate) fn minus(number: &[u8], other: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut result: Vec<u8> = number
        .iter()
        .zip(other)
        .rev()
        .map(|(one, two)| {
            let (less, first) = one.overflowing_sub(*two);
            let (less, second) = less.overflowing_sub(u8::from(borrow));
            borrow = first || second;
            less
        })
        .collect();
    result.reverse();
    result
}

fn scalar(octets: &[u8]) -> Scalar {
    let mut bytes = FieldBytes::default();
    bytes.iter_mut().zip(octets).for_each(|(octet, source)| *octet = *source);
    Scalar::reduce(&bytes)
}
