//! The blocks of RFC 8017 section 9, checked inside a public-key result. Never recovers a message
//! from a block: what was signed is known beforehand, and the block is compared with it.

use sha2::{Digest, Sha256};

use crate::backend::BackendError;

const HASH_LENGTH: usize = 32;

/// Compares the low `length` octets of `block`, whose limbs stand least significant first, with
/// EMSA-PKCS1-v1_5 around `content`. Every octet is compared whatever the earlier ones were.
// Not inlined, so that what it needs is not on the stack during the power.
#[inline(never)]
pub(super) fn pkcs1v15_matches(
    block: &[u32],
    length: usize,
    content: &[u8],
) -> Result<(), BackendError> {
    let padding = length.checked_sub(content.len().saturating_add(3));
    let octets = block.len().saturating_mul(4);
    let (Some(padding), Some(leading)) = (padding, octets.checked_sub(length)) else {
        return Err(BackendError::Mismatch);
    };
    if padding < 8 {
        return Err(BackendError::Mismatch);
    }
    let mut content = content.iter();
    let (mut position, mut difference) = (0_usize, 0);
    // Loops and not one long iterator, which is three times as much code.
    for limb in block.iter().rev() {
        for octet in limb.to_be_bytes() {
            let expected = match position.checked_sub(leading) {
                None | Some(0) => 0x00,
                Some(1) => 0x01,
                Some(place) if place.saturating_sub(2) < padding => 0xFF,
                Some(place) if place.saturating_sub(2) == padding => 0x00,
                Some(_) => content.next().copied().unwrap_or(0),
            };
            difference |= octet ^ expected;
            position = position.saturating_add(1);
        }
    }
    accept(difference == 0)
}

/// EMSA-PSS-VERIFY of RFC 8017 section 9.1.2 with SHA-256 and any length of salt. `block` is used
/// up.
pub(super) fn pss_sha256_matches(
    block: &mut [[u8; 4]],
    modulus_bits: usize,
    digest: &[u8; HASH_LENGTH],
) -> Result<(), BackendError> {
    let block = block.as_flattened_mut();
    let encoded_bits = modulus_bits.saturating_sub(1);
    let encoded_length = encoded_bits.div_ceil(8);
    // The octets before the encoded message, and the bits before it in its first octet, are zero.
    let leading = block.len().checked_sub(encoded_length).ok_or(BackendError::Mismatch)?;
    let (zeros, encoded) = block.split_at_mut_checked(leading).ok_or(BackendError::Mismatch)?;
    let unused = encoded_length.saturating_mul(8).saturating_sub(encoded_bits);
    let mask = u8::try_from(0xFF_usize >> unused.min(8)).unwrap_or(0);
    let first = encoded.first().copied().unwrap_or(0);
    accept(zeros.iter().all(|octet| *octet == 0) && first & !mask == 0)?;

    let (trailer, rest) = encoded.split_last_mut().ok_or(BackendError::Mismatch)?;
    accept(*trailer == 0xBC)?;
    let (masked, hash) =
        rest.split_last_chunk_mut::<HASH_LENGTH>().ok_or(BackendError::Mismatch)?;
    for (counter, chunk) in (0_u32..).zip(masked.chunks_mut(HASH_LENGTH)) {
        let octets = Sha256::new().chain_update(*hash).chain_update(counter.to_be_bytes());
        for (octet, with) in chunk.iter_mut().zip(octets.finalize()) {
            *octet ^= with;
        }
    }
    if let Some(first) = masked.first_mut() {
        *first &= mask;
    }
    let zeros = masked.iter().take_while(|octet| **octet == 0).count();
    let salt = match masked.get(zeros..).and_then(<[u8]>::split_first) {
        Some((0x01, salt)) => salt,
        _ => return Err(BackendError::Mismatch),
    };
    let expected = Sha256::new().chain_update([0; 8]).chain_update(digest).chain_update(salt);
    accept(
        hash.iter().zip(expected.finalize()).fold(0, |all, (is, should)| all | (is ^ should)) == 0,
    )
}

fn accept(matches: bool) -> Result<(), BackendError> {
    if matches { Ok(()) } else { Err(BackendError::Mismatch) }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// EMSA-PSS-ENCODE of RFC 8017 section 9.1.1, written from its steps.
    fn pss_encode(digest: &[u8; 32], salt: &[u8], encoded_bits: usize, separator: u8) -> Vec<u8> {
        let encoded_length = encoded_bits.div_ceil(8);
        let hash: [u8; 32] = Sha256::digest([&[0; 8][..], &digest[..], salt].concat()).into();
        let mut db = std::vec![0; encoded_length - salt.len() - 32 - 2];
        db.push(separator);
        db.extend_from_slice(salt);
        let mask = (0_u32..)
            .flat_map(|counter| Sha256::digest([&hash[..], &counter.to_be_bytes()].concat()));
        db.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
        db[0] &= 0xFF >> (8 * encoded_length - encoded_bits);
        db.extend_from_slice(&hash);
        db.push(0xBC);
        db
    }

    fn block(encoded: &[u8]) -> [[u8; 4]; 66] {
        let mut block = [[0; 4]; 66];
        let octets = block.as_flattened_mut();
        let start = octets.len() - encoded.len();
        octets[start..].copy_from_slice(encoded);
        block
    }

    fn limbs(block: &[[u8; 4]]) -> Vec<u32> {
        block.iter().rev().map(|octets| u32::from_be_bytes(*octets)).collect()
    }

    proptest! {
        /// 2049 bits is the length at which the encoded message is an octet shorter than the key.
        #[test]
        fn every_length_of_salt_and_key(
            bits in 2048_usize..=2056,
            digest: [u8; 32],
            salt in prop_oneof![vec(any::<u8>(), 0..=222), vec(any::<u8>(), 222)],
            flip in 0_usize..256 * 8,
        ) {
            let encoded = pss_encode(&digest, &salt, bits - 1, 0x01);
            prop_assert_eq!(pss_sha256_matches(&mut block(&encoded), bits, &digest), Ok(()));

            let mut damaged = block(&encoded);
            damaged.as_flattened_mut()[8 + flip / 8] ^= 1 << (flip % 8);
            prop_assert_eq!(
                pss_sha256_matches(&mut damaged, bits, &digest),
                Err(BackendError::Mismatch)
            );
        }

        #[test]
        fn any_block_is_judged(octets in vec(any::<[u8; 4]>(), 0..66), bits in 0_usize..4096) {
            let mut octets = octets;
            let _ = pkcs1v15_matches(&limbs(&octets), bits / 8, &[0; 51]);
            prop_assert!(pss_sha256_matches(&mut octets, bits, &[0; 32]).is_err());
        }
    }

    #[test]
    fn bits_before_the_message_and_other_separators_are_refused() {
        let digest = [0x5A; 32];
        for bits in 2048..=2056 {
            let encoded = block(&pss_encode(&digest, &[7; 20], bits - 1, 0x01));
            assert_eq!(pss_sha256_matches(&mut encoded.clone(), bits, &digest), Ok(()));
            for bit in 0..66 * 32 - (bits - 1) {
                let mut damaged = encoded;
                damaged.as_flattened_mut()[bit / 8] ^= 0x80 >> (bit % 8);
                let result = pss_sha256_matches(&mut damaged, bits, &digest);
                assert_eq!(result, Err(BackendError::Mismatch), "{bits} {bit}");
            }
            for separator in [0x00, 0x02, 0x81, 0xFF] {
                let mut encoded = block(&pss_encode(&digest, &[7; 20], bits - 1, separator));
                let result = pss_sha256_matches(&mut encoded, bits, &digest);
                assert_eq!(result, Err(BackendError::Mismatch), "{bits} {separator:02x}");
            }
        }
    }

    #[test]
    fn a_content_that_leaves_too_little_padding_is_refused() {
        let mut octets = [[0xFF; 4]; 64];
        octets[0] = [0x00, 0x01, 0xFF, 0xFF];
        octets[2] = [0xFF, 0xFF, 0x00, 0xFF];
        assert_eq!(pkcs1v15_matches(&limbs(&octets), 256, &[0xFF; 245]), Ok(()));
        octets[2] = [0xFF, 0x00, 0xFF, 0xFF];
        assert_eq!(
            pkcs1v15_matches(&limbs(&octets), 256, &[0xFF; 246]),
            Err(BackendError::Mismatch)
        );
        assert_eq!(
            pkcs1v15_matches(&limbs(&octets), 256, &[0xFF; 300]),
            Err(BackendError::Mismatch)
        );
        assert_eq!(
            pkcs1v15_matches(&limbs(&octets), 260, &[0xFF; 246]),
            Err(BackendError::Mismatch)
        );
    }
}
