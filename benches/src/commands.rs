//! Commands and bytes of the same work, kazasu beside `myna-card`, as a check that can fail.
//!
//! It fails when the results differ, when kazasu needs more than the peer in any respect, or when
//! its number of commands is not the one that is promised.

use crate::peer::{Counter, VERSION};
use crate::work::{AnyError, Cost, Done, Situation, Work};
use crate::{ours, peer};
use std::fmt;

/// Commands that are promised, with the last one refused where extended length is.
#[must_use]
pub const fn budget(work: Work, situation: Situation) -> usize {
    match (work, situation) {
        // SELECT, READ.
        (Work::Certificate, Situation::Taken) => 2,
        (Work::Certificate, Situation::Refused) => 9,
        (Work::Certificate, Situation::Declared) => 8,
        // SELECT, tries, VERIFY, SIGN: nothing here is long.
        (Work::Signature, _) => 4,
        (Work::Both, Situation::Taken) => 5,
        (Work::Both, Situation::Refused) => 12,
        (Work::Both, Situation::Declared) => 11,
        // SELECT, tries, VERIFY, READ.
        (Work::Attributes, Situation::Taken | Situation::Declared) => 4,
        (Work::Attributes, Situation::Refused) => 5,
    }
}

/// One line: the same work by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was done.
    pub work: Work,
    /// What was true of extended length.
    pub situation: Situation,
    /// What it cost kazasu.
    pub ours: Cost,
    /// What it cost the peer.
    pub peer: Cost,
}

impl Row {
    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let Self { work, situation, ours, peer } = self;
        let what = format!("{}, extended length {}", work.as_str(), situation.as_str());
        let promised = budget(*work, *situation);
        let mut faults = Vec::new();
        if ours.commands != promised {
            faults.push(format!("{what}: {} commands, promised are {promised}", ours.commands));
        }
        if !ours.is_within(peer) {
            faults.push(format!("{what}: more than the peer: {ours:?}, {peer:?}"));
        }
        faults
    }
}

/// All rows, and what the peer needs when it reads the counter as kazasu does.
#[derive(Clone, Debug)]
pub struct Table {
    /// Every work in every situation.
    pub rows: Vec<Row>,
    /// Bytes of the certificate that was read.
    pub certificate: usize,
    /// Commands of the peer for both together, with its own query of the counter before the PIN.
    pub peer_with_counter: usize,
}

impl Table {
    /// Does all the work.
    ///
    /// # Errors
    /// When any of it does not end well, or the two sides come out with different bytes.
    pub fn measure() -> Result<Self, AnyError> {
        let mut rows = Vec::new();
        let mut certificate = 0;
        for work in Work::ALL {
            for situation in Situation::ALL {
                let ours = ours::run(work, situation)?;
                let peer = peer::run(work, situation, Counter::NotRead)?;
                same(&ours, &peer)?;
                certificate = certificate.max(ours.certificate.map_or(0, |bytes| bytes.len()));
                rows.push(Row { work, situation, ours: ours.cost, peer: peer.cost });
            }
        }
        let guarded = peer::run(Work::Both, Situation::Taken, Counter::Read)?;
        Ok(Self { rows, certificate, peer_with_counter: guarded.cost.commands })
    }

    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.rows.iter().flat_map(Row::faults).collect()
    }
}

/// Costs are comparable for the same result only.
pub(crate) fn same(ours: &Done, peer: &Done) -> Result<(), AnyError> {
    if ours.certificate != peer.certificate {
        return Err("the two sides read different certificates".into());
    }
    if ours.signature != peer.signature {
        return Err("the two sides came out with different signatures".into());
    }
    if ours.attributes != peer.attributes {
        return Err("the two sides read different attributes".into());
    }
    Ok(())
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "One virtual card for both, certificate of {} bytes.", self.certificate)?;
        writeln!(f, "commands / bytes sent / bytes received")?;
        writeln!(f)?;
        let peer = format!("myna-card {VERSION}");
        writeln!(f, "{:<27}{:<17}{:>18}{peer:>20}", "", "extended length", "kazasu")?;
        for row in &self.rows {
            let [ours, peer] = [row.ours, row.peer].map(|cost| {
                format!("{:>2} / {:>3} / {:>4}", cost.commands, cost.sent, cost.received)
            });
            let (work, situation) = (row.work.as_str(), row.situation.as_str());
            writeln!(f, "{work:<27}{situation:<17}{ours:>18}{peer:>20}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "kazasu reads the counter of tries before every PIN; for both together myna-card needs \
             {} commands with its own query of the counter before the PIN.",
            self.peer_with_counter
        )?;
        writeln!(
            f,
            "Not measured here: jpki/myna 0.6.4 needs 12 to read and 7 for PIN and signature, as \
             two programs (docs/card-facts.md §9)."
        )
    }
}

/// Measures, prints the table and what is wrong with it. Was it as promised?
///
/// # Errors
/// As [`Table::measure`].
pub fn report() -> Result<bool, AnyError> {
    let table = Table::measure()?;
    println!("{table}");
    let faults = table.faults();
    for fault in &faults {
        println!("NOT AS PROMISED: {fault}");
    }
    if faults.is_empty() {
        println!("As promised: never more than the peer, 5 / 12 / 11 commands for both together.");
    }
    Ok(faults.is_empty())
}
