//! The back end without a heap: Montgomery multiplication over fixed arrays of 32-bit limbs, least
//! significant first. It never allocates, never indexes and takes time that depends on its input,
//! all of which is public.

use super::{RsaPublicKey, encoding};
use crate::backend::{Backend, BackendError};

/// RSA on the stack, for moduli of up to `LIMBS` × 32 bits, `LIMBS` being a multiple of four.
/// [`Fixed`] and [`Fixed4096`] are the sizes in use; the stack used grows with the size, about three
/// numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Montgomery<const LIMBS: usize>(());

impl<const LIMBS: usize> Montgomery<LIMBS> {
    /// The back end; it holds nothing.
    pub const fn new() -> Self {
        Self(())
    }
}

/// Moduli of up to 2048 bits: everything that the JPKI uses.
pub type Fixed = Montgomery<64>;
/// Moduli of up to 4096 bits, for other roots that a caller may bring.
pub type Fixed4096 = Montgomery<128>;

impl<const LIMBS: usize> Backend for Montgomery<LIMBS> {
    // Each of these has its own number; inlined into one caller, both would be on the stack.
    #[inline(never)]
    fn verify_pkcs1v15(
        &self,
        key: &RsaPublicKey<'_>,
        content: &[u8],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        let mut number = [0; LIMBS];
        power(key, signature, &mut number)?;
        encoding::pkcs1v15_matches(&number, key.modulus().len(), content)
    }

    #[inline(never)]
    fn verify_pss_sha256(
        &self,
        key: &RsaPublicKey<'_>,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), BackendError> {
        let mut number = [0; LIMBS];
        power(key, signature, &mut number)?;
        pss_sha256_matches(&number, key.bits(), digest)
    }
}

// Not inlined, so that the block and what hashing needs are not on the stack during the power.
#[inline(never)]
fn pss_sha256_matches<const LIMBS: usize>(
    number: &[u32; LIMBS],
    modulus_bits: usize,
    digest: &[u8; 32],
) -> Result<(), BackendError> {
    let mut block = [[0; 4]; LIMBS];
    for (octets, limb) in block.iter_mut().rev().zip(number) {
        *octets = limb.to_be_bytes();
    }
    encoding::pss_sha256_matches(&mut block, modulus_bits, digest)
}

/// RSAVP1 (RFC 8017 section 5.2.2): the signature to the power of the exponent. It is written to
/// where the caller has room, because returning arrays doubles the stack.
fn power<const LIMBS: usize>(
    key: &RsaPublicKey<'_>,
    signature: &[u8],
    number: &mut [u32; LIMBS],
) -> Result<(), BackendError> {
    if key.modulus().len() > LIMBS.saturating_mul(4) {
        return Err(BackendError::KeyTooLong);
    }
    // Of one length, so that they compare as numbers do.
    if signature.len() != key.modulus().len() || signature >= key.modulus() {
        return Err(BackendError::Mismatch);
    }
    let (mut modulus, mut product) = ([0; LIMBS], [0; LIMBS]);
    read(key.modulus(), &mut modulus);
    let inverse = negated_inverse(modulus.first().copied().unwrap_or(1));
    square_of_radix(key, &modulus, inverse, number, &mut product);
    // The base into Montgomery form: times the square of the radix. It is read off the signature
    // whenever it is needed, because keeping it would take another array.
    multiply(number, limbs(signature), &modulus, inverse, &mut product);
    *number = product;
    // The highest bit of the exponent is the base itself.
    let below_highest = 31_u32.saturating_sub(key.exponent().leading_zeros());
    for bit in (0..below_highest).rev() {
        multiply(number, number.iter().copied(), &modulus, inverse, &mut product);
        *number = product;
        if key.exponent() >> bit & 1 == 1 {
            // The base is in plain form, so the product is too.
            multiply(number, limbs(signature), &modulus, inverse, &mut product);
            *number = product;
            // The lowest bit is always one, and so the power ends in plain form. Exponents with
            // bits between the lowest and the highest, which nobody uses, are slow.
            if bit != 0 {
                for _ in 0..LIMBS.saturating_mul(32) {
                    double(number, &modulus);
                }
            }
        }
    }
    Ok(())
}

/// The square of the radix 2^(32 × LIMBS) modulo the modulus, in `number`.
///
/// A number x stands for x ÷ radix, and squaring doubles the exponent of two in what it stands
/// for. So a few doublings and a few squarings get there; doublings alone would cost more than the
/// whole power after them.
fn square_of_radix<const LIMBS: usize>(
    key: &RsaPublicKey<'_>,
    modulus: &[u32; LIMBS],
    inverse: u32,
    number: &mut [u32; LIMBS],
    product: &mut [u32; LIMBS],
) {
    number.fill(0);
    let bits = LIMBS.saturating_mul(32);
    // One squaring for every halving of the doublings, until about four limbs' worth are left:
    // then a squaring costs more than it saves.
    let squarings = bits.trailing_zeros().min((LIMBS / 4).checked_ilog2().unwrap_or(0));
    // The highest power of two below the modulus, which is odd.
    let highest = key.bits().saturating_sub(1);
    if let Some(limb) = number.get_mut(highest / 32) {
        *limb = 1 << (highest % 32);
    }
    for _ in highest..bits.saturating_add(bits >> squarings) {
        double(number, modulus);
    }
    for _ in 0..squarings {
        multiply(number, number.iter().copied(), modulus, inverse, product);
        *number = *product;
    }
}

/// The limbs of a big-endian number, the lowest first, and zeros without an end.
fn limbs(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let chunks = bytes.rchunks(4).chain(core::iter::repeat(&[][..]));
    chunks.map(|chunk| chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
}

/// The lowest limbs of a big-endian number, as many as there is room for.
fn read(bytes: &[u8], room: &mut [u32]) {
    for (place, limb) in room.iter_mut().zip(limbs(bytes)) {
        *place = limb;
    }
}

fn less(left: &[u32], right: &[u32]) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

/// `number` minus `modulus`, modulo the size of the array.
fn subtract(number: &mut [u32], modulus: &[u32]) {
    let mut borrow = false;
    for (limb, part) in number.iter_mut().zip(modulus) {
        let (difference, first) = limb.overflowing_sub(*part);
        let (difference, second) = difference.overflowing_sub(u32::from(borrow));
        (*limb, borrow) = (difference, first | second);
    }
}

/// Twice a number below the modulus, below the modulus again.
fn double(number: &mut [u32], modulus: &[u32]) {
    let mut carry = 0;
    for limb in number.iter_mut() {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 31);
    }
    if carry == 1 || !less(number, modulus) {
        subtract(number, modulus);
    }
}

/// The negated inverse of an odd number modulo 2^32: each step doubles the bits that are right.
fn negated_inverse(odd: u32) -> u32 {
    let inverse = (0..4).fold(odd, |inverse, _| {
        inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)))
    });
    inverse.wrapping_neg()
}

/// `sum` becomes left × right ÷ 2^(32 × LIMBS) modulo the modulus, by finely integrated operand
/// scanning: each limb of `right`, the lowest first, is multiplied in, and one limb that has become
/// zero is shifted out.
fn multiply<const LIMBS: usize>(
    left: &[u32; LIMBS],
    right: impl Iterator<Item = u32>,
    modulus: &[u32; LIMBS],
    inverse: u32,
    sum: &mut [u32; LIMBS],
) {
    sum.fill(0);
    let lowest = left.first().copied().unwrap_or(0);
    let top = right.take(LIMBS).fold(0, |top, factor| {
        let first = sum.first().copied().unwrap_or(0);
        let quotient = first.wrapping_add(lowest.wrapping_mul(factor)).wrapping_mul(inverse);
        let row = Row { factor, quotient, product_carry: 0, reduction_carry: 0 };
        row.add(left, modulus, sum, top)
    });
    if top != 0 || !less(sum, modulus) {
        subtract(sum, modulus);
    }
}

/// One limb of `right` on its way through the limbs of `left`.
struct Row {
    factor: u32,
    quotient: u32,
    product_carry: u32,
    reduction_carry: u32,
}

impl Row {
    /// Adds left × factor + modulus × quotient to `sum` and `top` above it, and shifts them down by
    /// one limb. Gives the new limb above.
    #[inline(never)]
    fn add<const LIMBS: usize>(
        mut self,
        left: &[u32; LIMBS],
        modulus: &[u32; LIMBS],
        sum: &mut [u32; LIMBS],
        top: u32,
    ) -> u32 {
        // Chunks of four would leave a rest out.
        const { assert!(LIMBS.is_multiple_of(4), "LIMBS is a multiple of four") };
        let mut zero = 0;
        // Each limb is written one place lower than it was read; the first is zero by construction.
        let mut lower = &mut zero;
        let chunks = sum.as_chunks_mut::<4>().0.iter_mut().zip(left.as_chunks::<4>().0);
        for (([s0, s1, s2, s3], [l0, l1, l2, l3]), [m0, m1, m2, m3]) in
            chunks.zip(modulus.as_chunks::<4>().0)
        {
            *lower = self.limb(*s0, *l0, *m0);
            *s0 = self.limb(*s1, *l1, *m1);
            *s1 = self.limb(*s2, *l2, *m2);
            *s2 = self.limb(*s3, *l3, *m3);
            lower = s3;
        }
        let highest =
            u64::from(top) + u64::from(self.product_carry) + u64::from(self.reduction_carry);
        *lower = highest as u32;
        (highest >> 32) as u32
    }

    #[inline(always)]
    fn limb(&mut self, sum: u32, left: u32, modulus: u32) -> u32 {
        let (sum, carry) = multiply_add(left, self.factor, sum, self.product_carry);
        self.product_carry = carry;
        let (sum, carry) = multiply_add(modulus, self.quotient, sum, self.reduction_carry);
        self.reduction_carry = carry;
        sum
    }
}

/// left × right + one + other, low half first: at most (2^32 - 1)^2 + 2 × (2^32 - 1) = 2^64 - 1.
/// One instruction on a Cortex-M4 (UMAAL).
#[inline(always)]
fn multiply_add(left: u32, right: u32, one: u32, other: u32) -> (u32, u32) {
    let sum = long_product(left, right) + u64::from(one) + u64::from(other);
    (sum as u32, (sum >> 32) as u32)
}

#[cfg(not(all(target_arch = "arm", not(target_has_atomic = "32"))))]
#[inline(always)]
fn long_product(left: u32, right: u32) -> u64 {
    u64::from(left) * u64::from(right)
}

// Cortex-M0, told by its lack of compare-and-swap, has no product longer than a word either, and
// the one of 64 × 64 bits that the compiler would call does twice the work.
#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
use product_of_halves as long_product;

/// The product from the products of halves, each of which fits into a word.
#[cfg(any(test, all(target_arch = "arm", not(target_has_atomic = "32"))))]
#[inline(always)]
fn product_of_halves(left: u32, right: u32) -> u64 {
    const LOW: u32 = 0xFFFF;
    let (left_high, left_low) = (left >> 16, left & LOW);
    let (right_high, right_low) = (right >> 16, right & LOW);
    let low = left_low.wrapping_mul(right_low);
    // No sum here can exceed (2^16 - 1)^2 + 2 × (2^16 - 1) = 2^32 - 1.
    let middle = left_high.wrapping_mul(right_low).wrapping_add(low >> 16);
    let other = left_low.wrapping_mul(right_high).wrapping_add(middle & LOW);
    let high = left_high.wrapping_mul(right_high);
    let high = high.wrapping_add(middle >> 16).wrapping_add(other >> 16);
    u64::from(high) << 32 | u64::from(other << 16 | low & LOW)
}

#[cfg(test)]
#[path = "montgomery_tests.rs"]
mod tests;
