//! Time as values: instants, durations and cycles of the carrier. Nothing here reads a clock.

use core::fmt;

/// A moment, in microseconds since an origin that the caller chooses and keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ORIGIN: Self = Self(0);
    /// A moment that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// So many microseconds after the origin.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the origin.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// The moment that lies `duration` later; [`Instant::NEVER`] at the end of time.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0 as u64))
    }

    /// How long after `earlier` this is; nothing if it is before, and at most 71 minutes.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration(if micros > u32::MAX as u64 { u32::MAX } else { micros as u32 })
    }
}

/// A span of time, in microseconds: at most 71 minutes, the longest for all that is longer.
///
/// 32 bits, because the smallest cores count them fast and nothing between a reader and a card
/// lasts longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Duration(u32);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(u32::MAX);

    /// So many microseconds.
    #[must_use]
    pub const fn from_micros(micros: u32) -> Self {
        Self(micros)
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u32) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// So many cycles of the carrier, rounded up to whole microseconds. Exact for every count:
    /// 13.56 MHz are 339 cycles in 25 µs.
    #[must_use]
    pub const fn from_cycles(cycles: u32) -> Self {
        // The whole part is at most 12.7 million times 25; the rest is below 339 times 25.
        Self(cycles / 339 * 25 + (cycles % 339 * 25).div_ceil(339))
    }

    /// Microseconds.
    #[must_use]
    pub const fn micros(self) -> u32 {
        self.0
    }

    /// Both together; the longest span that there is when that is too long.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} µs", self.0)
    }
}
