//! Where a card's random bytes come from: the operating system, or a seed that makes a test repeat.
//! Challenges and false signatures are drawn here, never a key.

use sha2::{Digest, Sha256};

use crate::Error;

/// A stream of bytes: SHA-256 over a seed and a counter.
#[derive(Clone)]
pub(crate) struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl Random {
    /// The same stream for the same seed and purpose; without a seed one that nobody can repeat.
    pub(crate) fn new(seed: Option<u64>, purpose: &str) -> Result<Self, Error> {
        let seed = match seed {
            Some(seed) => {
                let mut hash = Sha256::new_with_prefix(b"kazasu virtual card, not a secret: ");
                hash.update(purpose.as_bytes());
                hash.update(seed.to_be_bytes());
                hash.finalize().into()
            }
            None => {
                let mut fresh = [0; 32];
                getrandom::fill(&mut fresh).map_err(|_| Error::Randomness)?;
                fresh
            }
        };
        Ok(Self { seed, counter: 0 })
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length.next_multiple_of(32));
        while bytes.len() < length {
            let block = Sha256::new_with_prefix(self.seed).chain_update(self.counter.to_be_bytes());
            bytes.extend_from_slice(&block.finalize());
            self.counter = self.counter.wrapping_add(1);
        }
        bytes.truncate(length);
        bytes
    }

    /// `length` characters of this alphabet.
    pub(crate) fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        let bytes = self.bytes(length);
        let drawn = bytes.iter().filter_map(|byte| {
            let at = usize::from(*byte).checked_rem(alphabet.len())?;
            alphabet.get(at).map(|letter| char::from(*letter))
        });
        drawn.collect()
    }

    /// A number.
    pub(crate) fn number(&mut self) -> u64 {
        self.bytes(8).iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_no_seed_does_not() {
        let draw = |seed, purpose| Random::new(seed, purpose).unwrap().bytes(70);
        assert_eq!(draw(Some(1), "a"), draw(Some(1), "a"));
        assert_ne!(draw(Some(1), "a"), draw(Some(2), "a"));
        assert_ne!(draw(Some(1), "a"), draw(Some(1), "b"));
        assert_ne!(draw(None, "a"), draw(None, "a"));
        assert_eq!(draw(Some(1), "a").len(), 70);
    }
}
