//! ECDSA on P-384: the vector of RFC 6979 through every back end, and everything that is not
//! exactly a key or a signature refused under its own name.
#![cfg(feature = "p384")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

mod common;

use common::backends;
use kazasu_pki::{BackendError, Error, P384PublicKey, sha256};

/// RFC 6979 appendix A.2.6: the key, and the signature over "sample" with SHA-384.
const X: &str = "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64\
                 DEF8F0EA9055866064A254515480BC13";
const Y: &str = "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1\
                 288B231C3AE0D4FE7344FD2533264720";
const R: &str = "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C\
                 81A648152E44ACF96E36DD1E80FABE46";
const S: &str = "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F\
                 A329C145786E679E7B82C71A38628AC8";
/// The order of the group (FIPS 186-5, SP 800-186 section 3.2.1.4), and the field's prime.
const ORDER: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF\
                     581A0DB248B0A77AECEC196ACCC52973";
const PRIME: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE\
                     FFFFFFFF0000000000000000FFFFFFFF";

fn hex(text: &str) -> [u8; 48] {
    let octets: Vec<u8> =
        (0..96).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    octets.try_into().unwrap()
}

fn point(x: &[u8; 48], y: &[u8; 48]) -> Vec<u8> {
    [&[0x04][..], x, y].concat()
}

fn plain(r: &[u8; 48], s: &[u8; 48]) -> [u8; 96] {
    [&r[..], s].concat().try_into().unwrap()
}

fn digest() -> [u8; 48] {
    let digest = kazasu_pki::Digest::of(kazasu_pki::HashAlgorithm::Sha384, b"sample");
    assert_eq!(digest.octets().len(), 48);
    *digest.as_sha384().unwrap()
}

/// `left` − `right`, which is not larger.
fn minus(left: &[u8; 48], right: &[u8; 48]) -> [u8; 48] {
    let (mut difference, mut borrow) = ([0; 48], 0);
    for at in (0..48).rev() {
        let octet = i16::from(left[at]) - i16::from(right[at]) - borrow;
        borrow = i16::from(octet < 0);
        difference[at] = u8::try_from(octet + 256 * borrow).unwrap();
    }
    difference
}

#[test]
fn the_vector_of_rfc_6979() {
    let octets = point(&hex(X), &hex(Y));
    let key = P384PublicKey::new(&octets).unwrap();
    let (r, s, order) = (hex(R), hex(S), hex(ORDER));
    for (name, backend) in backends() {
        assert_eq!(backend.verify_ecdsa_p384(&key, &digest(), &plain(&r, &s)), Ok(()), "{name}");
        // n − s is the same signature; no standard forbids it.
        let other = plain(&r, &minus(&order, &s));
        assert_eq!(backend.verify_ecdsa_p384(&key, &digest(), &other), Ok(()), "{name}");
        let zero = [0; 48];
        let mismatch = Err(BackendError::Mismatch);
        for (r, s) in [(zero, s), (r, zero), (zero, zero), (order, s), (r, order), (s, r)] {
            assert_eq!(backend.verify_ecdsa_p384(&key, &digest(), &plain(&r, &s)), mismatch);
        }
        for bit in 0..96 * 8 {
            let mut damaged = plain(&r, &s);
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(backend.verify_ecdsa_p384(&key, &digest(), &damaged), mismatch, "{bit}");
        }
        let mut other = digest();
        other[47] ^= 1;
        assert_eq!(backend.verify_ecdsa_p384(&key, &other, &plain(&r, &s)), mismatch);
    }
}

#[test]
fn only_an_uncompressed_point_on_the_curve_is_a_key() {
    let (x, y, prime) = (hex(X), hex(Y), hex(PRIME));
    assert!(P384PublicKey::new(&point(&x, &y)).is_ok());
    // The other point with this x is on the curve too.
    assert!(P384PublicKey::new(&point(&x, &minus(&prime, &y))).is_ok());
    let mut off = y;
    off[47] ^= 1;
    let hybrid = [&[0x06][..], &x, &y].concat();
    let longer = [&point(&x, &y)[..], &[0]].concat();
    for refused in [
        point(&x, &off),
        point(&y, &x),
        point(&prime, &y),
        point(&[0xFF; 48], &y),
        point(&[0; 48], &[0; 48]),
        [&[0x02][..], &x].concat(),
        [&[0x03][..], &x].concat(),
        hybrid,
        longer,
        vec![0x00],
        vec![],
        sha256(b"").to_vec(),
    ] {
        assert_eq!(P384PublicKey::new(&refused).err(), Some(Error::Point), "{refused:02x?}");
    }
}
