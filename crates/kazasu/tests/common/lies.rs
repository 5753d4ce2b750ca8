//! Faults that make the card say, well formed, what is not so. The rules leave out what they touch.

use super::matrix::Case;
use kazasu_virtual_card::{CertificateDefect, Effect, LogEntry, When};

/// What a fault makes the card say that no terminal can see through.
#[derive(Debug, Default)]
pub(crate) struct Lies {
    /// A counter that is well formed and wrong.
    pub(crate) counter: bool,
    pub(crate) blocks: bool,
    /// That there is no such application, file or code, or that it was selected.
    pub(crate) absence: bool,
    /// A genuine certificate of somebody else; only a signature shows that.
    pub(crate) certificate: bool,
    /// A change that was confirmed and not made, or made and refused.
    pub(crate) change: bool,
    /// A selection that was confirmed and not made.
    pub(crate) clearing: bool,
}

impl Lies {
    pub(crate) fn of(case: &Case, log: &[LogEntry]) -> Self {
        let mut lies = Self::default();
        for fault in &case.faults {
            let struck = match fault.when {
                When::Command(n) => usize::try_from(n - 1).ok().and_then(|at| log.get(at)),
                _ => None,
            };
            match &fault.effect {
                Effect::Block(_) => (lies.blocks, lies.counter) = (true, true),
                Effect::Certificate(_, CertificateDefect::Foreign) => lies.certificate = true,
                Effect::Status { acted, status } => {
                    let query = struck.is_some_and(|entry| entry.ins == 0x20 && entry.lc == 0);
                    lies.counter |= query && (status.tries_left().is_some() || status.is_blocked());
                    lies.absence |= matches!(status.0, 0x6A82 | 0x6A86 | 0x6A88)
                        || (status.0 == 0x9000 && !acted);
                    lies.change |= struck.is_some_and(|entry| entry.ins == 0x24)
                        && *acted != (status.0 == 0x9000);
                    lies.clearing |= struck.is_some_and(|entry| entry.ins == 0xA4) && !acted;
                }
                _ => {}
            }
        }
        lies
    }
}
