//! Guard times and waiting times (ISO/IEC 7816-3 clauses 6.2, 8.1, 10.2 and 11.4), in etu and as
//! durations.
//!
//! Times are from the beginning of one character to the beginning of the next. A UART tells of a
//! character at its end, about ten etu later, and of one after the other with the same delay; so
//! waiting times hold as they are, and guard times towards the card are counted from the moment at
//! which the driver tells, which is later than the standard asks for and never earlier.

use crate::atr::Atr;
use crate::parameters::Protocol;
use crate::time::{Duration, Rate};

/// How long RST stays low at least, in initial etu: 400 cycles of CLK (clause 6.2.2).
pub const RESET_LOW: u32 = 400_u32.div_ceil(Rate::DEFAULT_F as u32);
/// How long after the rising edge of RST the answer may begin, in initial etu: 40,000 cycles of CLK
/// (clause 6.2.2).
pub const ANSWER_BEGINS: u32 = 40_000_u32.div_ceil(Rate::DEFAULT_F as u32);
/// Waiting time between two characters of the answer to reset and of a PPS exchange, in etu
/// (clauses 8.1 and 9.1).
pub const INITIAL_WAITING_TIME: u32 = 9_600;
/// From the last character of the card to the first of the reader, T=0, in etu. The standard asks
/// for the guard time only; EMV Book 1 clause 9.2.2.1 for 16 etu.
pub const TURNAROUND_T0: u32 = 16;
/// Block guard time of T=1, BGT, in etu (clause 11.4.3).
pub const BLOCK_GUARD_TIME: u32 = 22;

/// Waiting time of T=0: WT = WI · 960 · Fi / f, where `rate` has that Fi (clause 10.2).
#[must_use]
pub fn waiting_time(wi: u8, rate: Rate) -> Duration {
    Rate::new(rate.clock(), rate.f(), 1).etu(u32::from(wi).saturating_mul(960))
}

/// Character waiting time of T=1: CWT = 11 + 2^CWI etu (clause 11.4.3).
#[must_use]
pub fn character_waiting_time(cwi: u8, rate: Rate) -> Duration {
    rate.etu(11 + (1 << (cwi & 0x0F)))
}

/// Block waiting time of T=1: BWT = 11 etu + 2^BWI · 960 · Fd / f (clause 11.4.3).
#[must_use]
pub fn block_waiting_time(bwi: u8, rate: Rate) -> Duration {
    rate.etu(11).plus(Rate::initial(rate.clock()).etu(960 << (bwi & 0x0F)))
}

/// The longest block of T=1, in characters: prologue, information field, CRC.
pub const LONGEST_BLOCK: u16 = 3 + 254 + 2;

/// How long a reader may be busy elsewhere while it sends a block, so that no character of it comes
/// later than CWT after the one before, which binds the reader too (clause 11.4.3). `queue` is how
/// many characters its UART takes at once, the one on its way included ([`Settings::transmit_queue`]):
/// with a whole block there is no limit.
///
/// [`Settings::transmit_queue`]: crate::Settings::transmit_queue
#[must_use]
pub fn longest_turn(atr: &Atr, rate: Rate, queue: u16) -> Duration {
    match patience(atr, queue) {
        u32::MAX => Duration::MAX,
        etu => rate.etu(etu),
    }
}

/// The same in etu; the largest number for no limit.
pub(crate) fn patience(atr: &Atr, queue: u16) -> u32 {
    // Extra guard time is waited for character by character, so no queue fills.
    let (character, queue, least) = match atr.extra_guard_time() {
        255 => (11, queue, 1),
        0 => (12, queue, 1),
        // Nothing is left where the card asks for no less than it waits.
        extra => (12 + u32::from(extra), 1, 0),
    };
    if queue >= LONGEST_BLOCK {
        return u32::MAX;
    }
    // What the UART holds goes out without the reader. Whoever comes just after it had room comes
    // one character later than the turn is long.
    let waits = 11 + (1 << (atr.cwi() & 0x0F)) + character * u32::from(queue);
    waits.saturating_sub(2 * character).max(least)
}

/// How the characters of the reader follow each other: guard time GT = 12 etu + R · N / f, or
/// 11 etu for N = 255 with T=1 (clause 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Guard {
    /// The length of a character with its stop bits, in etu: 11 or 12.
    pub character: u8,
    /// From the moment at which a character is handed over to the earliest for the next, its own
    /// length included. Nothing when that length is all, which the UART keeps by itself.
    pub spacing: Duration,
}

impl Guard {
    /// Of the answer to reset and of a PPS exchange with a card that asks for N in TC1.
    #[must_use]
    pub fn initial(atr: &Atr, clock: u32) -> Self {
        Self::new(atr, Protocol::T0, Rate::initial(clock))
    }

    /// Of a protocol at a rate.
    #[must_use]
    pub fn new(atr: &Atr, protocol: Protocol, rate: Rate) -> Self {
        match (atr.extra_guard_time(), protocol) {
            (255, Protocol::T1) => Self { character: 11, spacing: Duration::ZERO },
            (0, _) | (255, Protocol::T0) => Self { character: 12, spacing: Duration::ZERO },
            (n, _) => {
                // R is F / D as in force, or with T=15 in the answer to reset Fi / Di of TA1.
                let factors = atr.transmission_factors();
                let unit = match (factors.fi(), factors.di()) {
                    (Some((fi, _)), Some(di)) if atr.has_globals() => {
                        Rate::new(rate.clock(), fi, di)
                    }
                    _ => rate,
                };
                Self { character: 12, spacing: rate.etu(12).plus(unit.etu(u32::from(n))) }
            }
        }
    }
}

/// The times of T=0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Characters {
    /// Between two characters of the reader.
    pub guard: Guard,
    /// From the card's last character to the reader's first.
    pub turnaround: Duration,
    /// Waiting time WT, from any character to the next of the card.
    pub waiting: Duration,
}

impl Characters {
    /// Of a card at a rate. WI = 0 is reserved and taken as 10, as if TC2 were absent.
    #[must_use]
    pub fn new(atr: &Atr, rate: Rate) -> Self {
        let wi = match atr.waiting_time_integer() {
            0 => 10,
            wi => wi,
        };
        let fi = atr.transmission_factors().fi().map_or(Rate::DEFAULT_F, |(fi, _)| fi);
        Self {
            guard: Guard::new(atr, Protocol::T0, rate),
            turnaround: rate.etu(TURNAROUND_T0),
            waiting: waiting_time(wi, Rate::new(rate.clock(), fi, 1)),
        }
    }
}

/// The times of T=1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Blocks {
    /// Between two characters of a block of the reader.
    pub guard: Guard,
    /// Block guard time BGT: from the card's last character to the reader's first.
    pub block_guard: Duration,
    /// Character waiting time CWT: between two characters of a block of the card.
    pub character_waiting: Duration,
    /// Block waiting time BWT: from the reader's last character to the card's first.
    pub block_waiting: Duration,
}

impl Blocks {
    /// Of a card at a rate. BWI above 9 is reserved and taken as 9.
    #[must_use]
    pub fn new(atr: &Atr, rate: Rate) -> Self {
        Self {
            guard: Guard::new(atr, Protocol::T1, rate),
            block_guard: rate.etu(BLOCK_GUARD_TIME),
            character_waiting: character_waiting_time(atr.cwi(), rate),
            block_waiting: block_waiting_time(atr.bwi().min(9), rate),
        }
    }
}
