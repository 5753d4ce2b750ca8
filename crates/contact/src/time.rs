//! Time as values: instants, durations, and the elementary time unit. Nothing here reads a clock.

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
        Self(self.0.saturating_add(duration.0))
    }

    /// How long after `earlier` this is; nothing if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Duration(u64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// So many microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u32) -> Self {
        // A u32 times a thousand fits.
        Self(millis as u64 * 1_000)
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        // A u32 times a million fits.
        Self(secs as u64 * 1_000_000)
    }

    /// Microseconds.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Both together; the longest span that there is when that is too long.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// So many of it; the longest span that there is when that is too long.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} µs", self.0)
    }
}

/// The clock on CLK and the two integers that make the elementary time unit (etu) of it:
/// one etu lasts F / (D · f) seconds (ISO/IEC 7816-3 clause 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rate {
    clock: u32,
    f: u16,
    d: u8,
}

impl Rate {
    /// The clock rate conversion integer before any choice, Fd.
    pub const DEFAULT_F: u16 = 372;
    /// The baud rate adjustment integer before any choice, Dd.
    pub const DEFAULT_D: u8 = 1;

    /// The rate of the answer to reset: Fd = 372 and Dd = 1. `clock` in Hz.
    #[must_use]
    pub const fn initial(clock: u32) -> Self {
        Self::new(clock, Self::DEFAULT_F, Self::DEFAULT_D)
    }

    /// A rate. Zero is no clock and no integer: each is taken as one then.
    #[must_use]
    pub const fn new(clock: u32, f: u16, d: u8) -> Self {
        Self {
            clock: if clock == 0 { 1 } else { clock },
            f: if f == 0 { 1 } else { f },
            d: if d == 0 { 1 } else { d },
        }
    }

    /// The clock on CLK, in Hz.
    #[must_use]
    pub const fn clock(self) -> u32 {
        self.clock
    }

    /// The clock rate conversion integer, F.
    #[must_use]
    pub const fn f(self) -> u16 {
        self.f
    }

    /// The baud rate adjustment integer, D.
    #[must_use]
    pub const fn d(self) -> u8 {
        self.d
    }

    /// Bits per second on I/O, rounded down: f · D / F.
    #[must_use]
    pub const fn baud(self) -> u32 {
        // At most (2^32 − 1) · 255.
        let bits = self.clock as u64 * self.d as u64 / self.f as u64;
        if bits > u32::MAX as u64 { u32::MAX } else { bits as u32 }
    }

    /// So many etu, rounded up to whole microseconds.
    #[must_use]
    pub const fn etu(self, count: u32) -> Duration {
        // 32 + 16 bits, so no overflow; rounding up twice adds less than a microsecond at any clock
        // above one megahertz.
        self.cycles((count as u64 * self.f as u64).div_ceil(self.d as u64))
    }

    /// So many cycles of the clock, rounded up to whole microseconds.
    #[must_use]
    pub const fn cycles(self, count: u64) -> Duration {
        Duration(count.saturating_mul(1_000_000).div_ceil(self.clock as u64))
    }
}
