//! The arithmetic against two oracles, and at its edges.

extern crate std;
use std::vec::Vec;

use crypto_bigint::{
    Odd, U2048, U4096,
    modular::{FixedMontyForm, FixedMontyParams},
};
use proptest::{collection::vec, prelude::*};

use super::*;

/// The power in a new array.
fn power<const LIMBS: usize>(
    key: &RsaPublicKey<'_>,
    base: &[u8],
) -> Result<[[u8; 4]; LIMBS], BackendError> {
    let mut number = [0xA5A5_A5A5; LIMBS];
    super::power(key, base, &mut number)?;
    number.reverse();
    Ok(number.map(u32::to_be_bytes))
}

/// The same power by `crypto-bigint`, for moduli that fill the array.
macro_rules! oracle {
    ($name:ident, $number:ident) => {
        fn $name(modulus: &[u8], exponent: u32, base: &[u8]) -> Vec<u8> {
            let modulus = Odd::new($number::from_be_slice(modulus)).unwrap();
            let parameters = FixedMontyParams::new_vartime(modulus);
            let base = FixedMontyForm::new(&$number::from_be_slice(base), &parameters);
            base.pow(&$number::from_u32(exponent)).retrieve().to_be_bytes().as_ref().to_vec()
        }
    };
}
oracle!(oracle_2048, U2048);
oracle!(oracle_4096, U4096);

/// An odd number of `length` octets with its highest bit set, so that it can be a modulus.
fn modulus(length: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), length).prop_map(|mut octets| {
        *octets.first_mut().unwrap() |= 0x80;
        *octets.last_mut().unwrap() |= 1;
        octets
    })
}

fn exponent() -> impl Strategy<Value = u32> {
    prop_oneof![Just(3), Just(65_537), Just(u32::MAX), any::<u32>().prop_map(|e| (e | 1).max(3))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn powers_are_those_of_crypto_bigint(
        modulus in modulus(256), exponent in exponent(), mut base in vec(any::<u8>(), 256),
    ) {
        // Below the modulus whatever it is; the case above it has its own test.
        *base.first_mut().unwrap() &= 0x7F;
        let key = RsaPublicKey::new(&modulus, exponent).unwrap();
        let power = power::<64>(&key, &base).unwrap();
        prop_assert_eq!(power.as_flattened(), oracle_2048(&modulus, exponent, &base));
    }

    #[test]
    fn halves_make_the_whole_product(left: u32, right: u32) {
        for (left, right) in [(left, right), (left, u32::MAX), (u32::MAX, u32::MAX)] {
            prop_assert_eq!(product_of_halves(left, right), u64::from(left) * u64::from(right));
        }
    }

    #[test]
    fn shorter_moduli_fit_longer_arrays(modulus in modulus(257), base in vec(any::<u8>(), 256)) {
        let key = RsaPublicKey::new(&modulus, 65_537).unwrap();
        let base = [&[0][..], &base].concat();
        let power = power::<128>(&key, &base).unwrap();
        let expected = oracle_4096(&widened(&modulus), 65_537, &widened(&base));
        prop_assert_eq!(power.as_flattened(), expected);
    }
}

/// The number in 512 octets.
fn widened(octets: &[u8]) -> Vec<u8> {
    [&std::vec![0; 512 - octets.len()][..], octets].concat()
}

#[test]
fn extreme_numbers() {
    // 2^2048 - 1, and the least number that has 2048 bits and is odd.
    let largest = [0xFF; 256];
    let mut least = [0; 256];
    least[0] = 0x80;
    least[255] = 1;
    for modulus in [largest, least] {
        let mut below = modulus;
        below[255] -= 1;
        let mut one = [0; 256];
        one[255] = 1;
        for base in [[0; 256], one, below] {
            for exponent in [3, 65_537, u32::MAX] {
                let key = RsaPublicKey::new(&modulus, exponent).unwrap();
                let power = power::<64>(&key, &base).unwrap();
                assert_eq!(power.as_flattened(), oracle_2048(&modulus, exponent, &base));
            }
        }
    }
}

#[test]
fn a_base_must_be_below_the_modulus_and_of_its_length() {
    let mut modulus = [0x55; 256];
    modulus[0] = 0xC5;
    let key = RsaPublicKey::new(&modulus, 65_537).unwrap();
    assert_eq!(power::<64>(&key, &modulus), Err(BackendError::Mismatch));
    assert_eq!(power::<64>(&key, &[0xFF; 256]), Err(BackendError::Mismatch));
    assert_eq!(power::<64>(&key, &[0; 255]), Err(BackendError::Mismatch));
    assert_eq!(power::<64>(&key, &[0; 257]), Err(BackendError::Mismatch));
    assert_eq!(power::<64>(&key, &[]), Err(BackendError::Mismatch));
    assert!(power::<64>(&key, &[0; 256]).is_ok());
}

#[test]
fn a_key_longer_than_the_array_is_refused() {
    let modulus = [0xFF; 257];
    let key = RsaPublicKey::new(&modulus, 65_537).unwrap();
    assert_eq!(power::<64>(&key, &[0; 257]), Err(BackendError::KeyTooLong));
    assert!(power::<68>(&key, &[0; 257]).is_ok());
}

#[test]
fn the_inverse_is_one() {
    for odd in (1_u32..100_000).step_by(2).chain([u32::MAX, 0x8000_0001]) {
        assert_eq!(odd.wrapping_mul(negated_inverse(odd)), u32::MAX);
    }
}
