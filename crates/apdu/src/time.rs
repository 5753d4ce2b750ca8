//! Time as values: moments and spans, in microseconds. Nothing here reads a clock; whoever drives a
//! link says what time it is, and a driver that asks for itself asks a board's [`Time`].

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

    /// How long after `earlier` this is; nothing if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time, in microseconds, at most about 71 minutes: what is longer counts as that.
///
/// 32 bits, because the smallest cores count them fast and nothing between a reader and a card
/// lasts longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Duration(u32);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The longest span that there is: 4,294,967,295 µs.
    pub const MAX: Self = Self(u32::MAX);

    /// So many microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(if micros > u32::MAX as u64 { u32::MAX } else { micros as u32 })
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

    /// Microseconds.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0 as u64
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// So many of it.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} µs", self.0)
    }
}

/// A clock to read. Its microseconds never run backwards, and always forwards.
pub trait Time {
    /// The moment that is now.
    fn now(&mut self) -> Instant;

    /// Nothing is to be done before `until`, unless something comes over the line or the card
    /// leaves. A board may let the processor sleep here and wake it by those interrupts, or come
    /// back after a short while; returning at once is always right. Called by the blocking style
    /// only.
    fn idle(&mut self, until: Instant) {
        let _ = until;
    }
}

/// A function that reads a clock, in microseconds.
impl<F: FnMut() -> u64> Time for F {
    fn now(&mut self) -> Instant {
        Instant::from_micros(self())
    }
}
