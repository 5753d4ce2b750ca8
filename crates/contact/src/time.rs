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
        Self(self.0.saturating_add(duration.0 as u64))
    }

    /// How long after `earlier` this is; nothing if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time, in microseconds, at most about 71 minutes: what is longer counts as that.
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

    /// A rate.
    #[must_use]
    pub const fn new(clock: u32, f: u16, d: u8) -> Self {
        Self { clock, f, d }
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
    pub fn baud(self) -> u32 {
        let cycles = self.clock.saturating_mul(u32::from(self.d));
        cycles.checked_div(u32::from(self.f)).unwrap_or(u32::MAX)
    }

    /// So many etu, rounded up to whole microseconds. Each may count 1/65,536 µs too much.
    #[must_use]
    #[inline(never)]
    pub fn etu(self, count: u32) -> Duration {
        // An etu in units of 2^-16 µs, by long division: a microcontroller has no division of 64
        // bits, and its replacement is larger than all that is here.
        let mut left = u32::from(self.f).saturating_mul(1_000_000);
        let by = self.clock.saturating_mul(u32::from(self.d)).clamp(1, 1 << 30);
        let (Some(mut etu), Some(rest)) = (left.checked_div(by), left.checked_rem(by)) else {
            return Duration::MAX;
        };
        left = rest;
        for _ in 0..16 {
            // `left` is below `by`, so its double fits.
            left = left.wrapping_mul(2);
            etu = etu.wrapping_mul(2);
            if left >= by {
                left = left.wrapping_sub(by);
                etu = etu.wrapping_add(1);
            }
            // Faster than any card: F = 65,535 at less than 1 Hz would not fit.
            if etu >= 1 << 30 {
                return Duration::MAX;
            }
        }
        let etu = if left > 0 { etu.wrapping_add(1) } else { etu };
        // 30 and 32 bits.
        let time = u64::from(etu).wrapping_mul(u64::from(count)).wrapping_add(0xFFFF);
        Duration::from_micros(time >> 16)
    }
}
