//! The challenge of a check-in. Fresh by default, from the operating system's random source; there
//! is no weaker source to fall back on.

use core::fmt;

/// Bytes of a fresh nonce.
const FRESH: usize = 32;
/// Most bytes of a nonce.
const MOST: usize = 64;
/// Fewest bytes of a nonce.
const FEWEST: usize = 16;

/// Where a nonce came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NonceSource {
    /// The operating system, for this check-in.
    Fresh,
    /// The caller, who answers for its freshness.
    Given,
}

impl NonceSource {
    /// Its name, for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Given => "given",
        }
    }
}

/// 16 to 64 bytes that the card is to sign. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    bytes: heapless::Vec<u8, MOST>,
    source: NonceSource,
}

impl Nonce {
    /// 32 bytes from the operating system.
    ///
    /// # Errors
    /// [`NonceError::NoRandomness`] when it gives none.
    #[cfg(feature = "std")]
    pub fn fresh() -> Result<Self, NonceError> {
        let mut random = [0; FRESH];
        getrandom::fill(&mut random).map_err(|_| NonceError::NoRandomness)?;
        Ok(Self { source: NonceSource::Fresh, ..Self::given(&random)? })
    }

    /// 32 bytes that `fill` takes from a random source made for keys, as a reader without an
    /// operating system has it.
    ///
    /// # Errors
    /// [`NonceError::NoRandomness`] when `fill` says that it has none.
    pub fn from_source<E>(
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, NonceError> {
        let mut random = [0; FRESH];
        fill(&mut random).map_err(|_| NonceError::NoRandomness)?;
        Ok(Self { source: NonceSource::Fresh, ..Self::given(&random)? })
    }

    /// 16 to 64 bytes of the caller, as a verifying service sends them.
    ///
    /// # Errors
    /// [`NonceError::WrongLength`].
    pub fn given(bytes: &[u8]) -> Result<Self, NonceError> {
        let wrong = NonceError::WrongLength { length: bytes.len() };
        if bytes.len() < FEWEST {
            return Err(wrong);
        }
        let bytes = heapless::Vec::from_slice(bytes).map_err(|_| wrong)?;
        Ok(Self { bytes, source: NonceSource::Given })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where they came from.
    #[must_use]
    pub const fn source(&self) -> NonceSource {
        self.source
    }
}

/// Why there is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NonceError {
    /// The random source gave nothing.
    NoRandomness,
    /// Not 16 to 64 bytes.
    WrongLength {
        /// Bytes given.
        length: usize,
    },
}

impl fmt::Display for NonceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRandomness => f.write_str(
                "the random source gives nothing, so no fresh challenge can be made; \
                 repair it or give a nonce",
            ),
            Self::WrongLength { length } => {
                write!(f, "a nonce has {FEWEST} to {MOST} bytes, not {length}")
            }
        }
    }
}

impl core::error::Error for NonceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_bounded() {
        for (length, good) in [(0, false), (15, false), (16, true), (64, true), (65, false)] {
            assert_eq!(Nonce::given(&[7; 65][..length]).is_ok(), good, "{length}");
        }
    }

    #[test]
    fn a_source_that_fails_gives_no_nonce() {
        assert_eq!(Nonce::from_source(|_| Err(())), Err(NonceError::NoRandomness));
        let nonce = Nonce::from_source(|bytes| {
            bytes.fill(0x5A);
            Ok::<(), ()>(())
        });
        assert_eq!(nonce.map(|nonce| nonce.as_bytes().len()), Ok(32));
    }
}
