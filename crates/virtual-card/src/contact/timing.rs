//! Elementary time units and waiting times as the card has them (ISO/IEC 7816-3, 7.1, 10.2, 11.4),
//! and whether the reader keeps to its part.

use std::time::Duration;

use super::answer_to_reset::{Offer, rate};
use super::violation::Violation;

const SECOND: u64 = 1_000_000_000;

/// The clock and the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    frequency: u32,
    f: u32,
    d: u32,
    pub(super) etu: Duration,
}

impl Timing {
    /// F = 372, D = 1.
    pub(super) fn at_reset(frequency: u32) -> Self {
        Self { frequency: frequency.max(1), f: 0, d: 0, etu: Duration::ZERO }.with((372, 1))
    }

    pub(super) fn with(self, (f, d): (u32, u32)) -> Self {
        let etu = Duration::from_nanos(
            u64::from(f) * SECOND / (u64::from(d) * u64::from(self.frequency)),
        );
        Self { f, d, etu, ..self }
    }

    pub(super) fn cycles(&self, cycles: u32) -> Duration {
        Duration::from_nanos(u64::from(cycles) * SECOND / u64::from(self.frequency))
    }

    pub(super) fn etus(&self, count: u32) -> Duration {
        self.etu * count
    }

    /// CWT, 11.4.3.
    pub(super) fn character_waiting_time(&self, offer: &Offer) -> Duration {
        self.etus(11 + (1 << offer.cwi.min(15)))
    }

    /// BWT, 11.4.3.
    pub(super) fn block_waiting_time(&self, offer: &Offer) -> Duration {
        self.etus(11) + self.cycles(960 * 372) * (1 << offer.bwi.min(9))
    }

    /// WT, 10.2.
    pub(super) fn waiting_time(&self, offer: &Offer) -> Duration {
        self.cycles(960 * self.f) * u32::from(offer.waiting_integer.max(1))
    }

    /// Guard time of what the reader sends, from start bit to start bit (8.3).
    fn guard_time(&self, offer: &Offer, t1: bool) -> Duration {
        match offer.extra_guard_time {
            255 if t1 => self.etus(11),
            255 => self.etus(12),
            extra => {
                let of_ta1 = rate(offer.ta1).filter(|_| offer.globals);
                let unit = of_ta1.map_or(*self, |integers| self.with(integers));
                self.etus(12) + unit.etus(extra.into())
            }
        }
    }
}

/// What the reader did, and what of it was wrong.
#[derive(Debug, Default)]
pub(super) struct Rules {
    violations: Vec<Violation>,
    /// End of the character that came last.
    received: Option<Duration>,
    /// End of the last character of the card: its start bit and 10 etu.
    sent: Option<Duration>,
    clock_started: Option<Duration>,
    reset_low: Option<Duration>,
}

/// A list that somebody looks at; a hostile reader must not fill the memory.
const VIOLATIONS: usize = 1000;

impl Rules {
    pub(super) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(super) const fn last_received(&self) -> Option<Duration> {
        self.received
    }

    fn note(&mut self, violation: Violation) {
        if self.violations.len() < VIOLATIONS {
            self.violations.push(violation);
        }
    }

    pub(super) fn clock_started(&mut self, now: Duration) {
        self.clock_started = Some(now);
    }

    pub(super) fn reset_low(&mut self, now: Duration) {
        self.reset_low = Some(now);
    }

    /// RST goes high: it was low with the clock running for 400 cycles (6.2.2, 6.2.3).
    pub(super) fn reset_high(&mut self, now: Duration, frequency: u32) {
        let needed = Duration::from_nanos(400 * SECOND / u64::from(frequency.max(1)));
        let since = self.clock_started.max(self.reset_low).unwrap_or(now);
        if now.saturating_sub(since) < needed {
            self.note(Violation::ShortReset);
        }
    }

    /// VCC goes off: RST first, then CLK (6.4).
    pub(super) fn deactivated(&mut self, reset_high: bool, clock: bool) {
        if reset_high || clock {
            self.note(Violation::DeactivationOrder);
        }
    }

    pub(super) fn new_session(&mut self) {
        self.received = None;
        self.sent = None;
    }

    /// A character of the card begins.
    pub(super) fn sent(&mut self, now: Duration, etu: Duration) {
        self.sent = Some(now + etu * 10);
    }

    /// A character of the reader has come.
    pub(super) fn received(
        &mut self,
        now: Duration,
        timing: &Timing,
        offer: &Offer,
        turn: u32,
        inside: bool,
        busy: bool,
    ) {
        if busy {
            self.note(Violation::OutOfTurn);
        }
        // Half an etu: what the two clocks and the resolution of time may differ.
        let slack = timing.etu / 2;
        let turned = self.sent.filter(|sent| self.received.is_none_or(|came| came < *sent));
        if let Some(sent) = turned {
            // From start bit to start bit 16 etu, 22 in T=1 (10.2, 11.4.3).
            if now.saturating_sub(sent) + slack < timing.etus(turn) {
                self.note(if turn == 22 {
                    Violation::BlockGuardTime
                } else {
                    Violation::TurnAroundTime
                });
            }
        } else if let Some(came) = self.received {
            let gap = now.saturating_sub(came);
            if gap + slack < timing.guard_time(offer, turn == 22) {
                self.note(Violation::GuardTime);
            }
            if inside && gap > timing.character_waiting_time(offer) + slack {
                self.note(Violation::CharacterWaitingTime);
            }
        }
        self.received = Some(now);
    }
}
