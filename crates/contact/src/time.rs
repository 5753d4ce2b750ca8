//! The elementary time unit, and how long so many of it last. Nothing here reads a clock.

pub use kazasu_apdu::time::{Duration, Instant};

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
