//! How long kazasu and `myna-card` need over NFC for the same work, as a model, and as a check that
//! can fail.
//!
//! Both do the work on the same virtual card, and what went over the link is replayed on the same
//! simulated radio ([`kazasu_air`]): the same engine makes the frames for both. The card's own times
//! are parameters ([`CardTimes`]), and the same for both.

use crate::commands::same;
use crate::ours;
use crate::peer::{self, Counter, VERSION};
use crate::work::{AnyError, Situation, Work};
use kazasu::apdu::time::Duration;
use kazasu_air::{Sides, Steps};
use kazasu_nfc::BitRate;
use kazasu_nfc::air::CardTimes;
use std::fmt;

/// Air and card together, of check-in and attributes, in percent of the peer's, at every bit rate.
pub const TIME: u64 = 86;
/// The air of check-in and attributes at the fastest bit rate that both sides declare, in percent of
/// that at 106 kbit/s.
pub const AIR: u64 = 35;
/// Frames, in percent of the fewest that frame sizes and chaining allow.
pub const FRAMES: u64 = 103;

/// What is done. Each session begins with the activation of the card and ends with DESELECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// A check-in: certificate, PIN, one signature.
    CheckIn,
    /// The four attributes.
    Attributes,
    /// One after the other, each in a session of its own.
    Both,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CheckIn, Self::Attributes, Self::Both];

    /// For the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckIn => "check-in",
            Self::Attributes => "attributes",
            Self::Both => "both",
        }
    }

    /// The work of its sessions.
    const fn works(self) -> &'static [Work] {
        match self {
            Self::CheckIn => &[Work::Both],
            Self::Attributes => &[Work::Attributes],
            Self::Both => &[Work::Both, Work::Attributes],
        }
    }
}

/// What one side needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Commands.
    pub commands: usize,
    /// Frames of both sides of the air.
    pub frames: u32,
    /// The fewest that there can be.
    pub floor: u32,
    /// Bytes of the frames, checksums included.
    pub bytes: u32,
    /// On the air, in microseconds.
    pub air: u64,
    /// In the card, in microseconds.
    pub card: u64,
}

impl Needs {
    /// Air and card, in microseconds.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.air + self.card
    }

    fn add(&mut self, steps: &Steps, sides: &Sides, times: &CardTimes) -> Result<(), AnyError> {
        let replayed = steps.replay(sides)?;
        self.commands += steps.as_slice().len();
        self.frames += replayed.frames();
        self.floor += replayed.floor;
        self.bytes += replayed.count.bytes_out + replayed.count.bytes_in;
        self.air += replayed.air().micros();
        self.card += steps.card(times).micros();
        Ok(())
    }
}

/// One line: the same job by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was done.
    pub job: Job,
    /// At which bit rate, both ways.
    pub rate: BitRate,
    /// What kazasu needs.
    pub ours: Needs,
    /// What the peer needs.
    pub peer: Needs,
}

/// What went over the link for one work.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The work.
    pub work: Work,
    /// By kazasu.
    pub ours: Steps,
    /// By the peer.
    pub peer: Steps,
}

/// Every job at every bit rate.
#[derive(Clone, Debug)]
pub struct Report {
    /// The lines.
    pub rows: Vec<Row>,
    /// The fastest bit rate that the known card and the reader declare, as it was chosen.
    pub declared: BitRate,
    /// The commands.
    pub pairs: Vec<Pair>,
}

impl Report {
    /// Does the work on new cards and replays it.
    ///
    /// # Errors
    /// When any of it does not end well, or the two sides come out with different results.
    pub fn measure(
        situation: Situation,
        counter: Counter,
        times: &CardTimes,
    ) -> Result<Self, AnyError> {
        let mut pairs = Vec::new();
        for work in [Work::Both, Work::Attributes] {
            let ours = ours::run(work, situation)?;
            let peer = peer::run(work, situation, counter)?;
            same(&ours, &peer)?;
            pairs.push(Pair { work, ours: ours.steps, peer: peer.steps });
        }
        let mut rows = Vec::new();
        for job in Job::ALL {
            for rate in BitRate::ALL {
                let sides = Sides::known().at(rate);
                let (mut ours, mut peer) = (Needs::default(), Needs::default());
                for pair in pairs.iter().filter(|pair| job.works().contains(&pair.work)) {
                    ours.add(&pair.ours, &sides, times)?;
                    peer.add(&pair.peer, &sides, times)?;
                }
                rows.push(Row { job, rate, ours, peer });
            }
        }
        let card = Steps::default().replay(&Sides::known())?.card;
        Ok(Self { rows, declared: card.to_card.min(card.from_card), pairs })
    }

    /// One line.
    #[must_use]
    pub fn row(&self, job: Job, rate: BitRate) -> Option<&Row> {
        self.rows.iter().find(|row| (row.job, row.rate) == (job, rate))
    }

    /// The air of a job at the declared bit rate and at 106 kbit/s, in microseconds.
    fn airs(&self, job: Job) -> Option<(u64, u64)> {
        let air = |rate| self.row(job, rate).map(|row| row.ours.air);
        air(self.declared).zip(air(BitRate::Kbps106))
    }

    /// What is beyond a limit.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for Row { job, rate, ours, peer } in &self.rows {
            let what = format!("{} at {rate}", job.as_str());
            if u64::from(ours.frames) * 100 > u64::from(ours.floor) * FRAMES {
                faults.push(format!("{what}: {} frames, floor {}", ours.frames, ours.floor));
            }
            if *job == Job::Both && ours.time() * 100 > peer.time() * TIME {
                faults.push(format!("{what}: {} µs, the peer {} µs", ours.time(), peer.time()));
            }
        }
        match self.airs(Job::Both) {
            Some((fast, slow)) if fast * 100 <= slow * AIR => {}
            airs => {
                faults.push(format!("the air at {} and 106 kbit/s: {airs:?} µs", self.declared))
            }
        }
        faults
    }
}

fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b.max(1) as f64
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [air, card, time] = [self.air, self.card, self.time()].map(milliseconds);
        write!(
            f,
            "{:>3} {:>4} {:>5} {air:>6.1} {card:>6.1} {time:>7.1}",
            self.commands, self.frames, self.bytes
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = format!("myna-card {VERSION}");
        writeln!(f, "{:<11}{:>6}   {:<37}{peer:<37}", "", "", "kazasu")?;
        let each = format!(
            "{:>3} {:>4} {:>5} {:>6} {:>6} {:>7}",
            "cmd", "frm", "bytes", "air", "card", "ms"
        );
        writeln!(f, "{:<11}{:>6}   {each}   {each}   ratio", "", "kbit/s")?;
        for row in &self.rows {
            let Row { job, rate, ours, peer } = row;
            let of = ratio(ours.time(), peer.time());
            writeln!(f, "{:<11}{:>6}   {ours}   {peer}   {of:.3}", job.as_str(), rate.kbps())?;
        }
        for job in Job::ALL {
            if let Some((fast, slow)) = self.airs(job) {
                let of = ratio(fast, slow);
                let (what, rate) = (job.as_str(), self.declared);
                writeln!(f, "air of kazasu, {what}: {of:.3} of that at 106 kbit/s at {rate}")?;
            }
        }
        Ok(())
    }
}

/// The commands of one work, by both sides.
struct Sequences<'a>(&'a [Pair]);

impl fmt::Display for Sequences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Pair { work, ours, peer } in self.0 {
            for (side, steps) in [("kazasu", ours), ("myna-card", peer)] {
                write!(f, "{}, {side}:", work.as_str())?;
                for step in steps.as_slice() {
                    let [cla, ins, p1, p2] = step.header;
                    write!(
                        f,
                        " {cla:02X}{ins:02X}{p1:02X}{p2:02X} {}>{}",
                        step.sent, step.received
                    )?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// Measures, prints the tables and what is beyond a limit. Is nothing?
///
/// # Errors
/// As [`Report::measure`].
pub fn report() -> Result<bool, AnyError> {
    let times = CardTimes::default();
    let report = Report::measure(Situation::Taken, Counter::NotRead, &times)?;
    println!(
        "A model of the time over NFC: the engine's frames on a simulated radio, and the card's"
    );
    println!("own times as parameters (defaults of one public log, docs/card-facts.md §1.4).");
    println!();
    print!("{}", Sequences(&report.pairs));
    println!("(header, bytes of the command > bytes of the answer)");
    println!();
    print!("{report}");
    // What the log has for whole certificates, less the air at 106 kbit/s.
    let mut slow = times;
    slow.read_byte = Duration::from_micros(900);
    for (what, situation, counter, times) in [
        ("The peer with its own query of the counter", Situation::Taken, Counter::Read, &times),
        ("Extended length refused", Situation::Refused, Counter::NotRead, &times),
        ("Extended length declared absent", Situation::Declared, Counter::NotRead, &times),
        ("0.9 ms more for each byte that is read", Situation::Taken, Counter::NotRead, &slow),
    ] {
        println!();
        println!("{what} (no limit):");
        print!("{}", Report::measure(situation, counter, times)?);
    }
    println!();
    let faults = report.faults();
    for fault in &faults {
        println!("BEYOND THE LIMIT: {fault}");
    }
    if faults.is_empty() {
        println!(
            "Within the limits: both together at most {TIME} % of the peer at every bit rate, the air at \
             {} at most {AIR} % of that at 106 kbit/s, frames at most {FRAMES} % of the floor.",
            report.declared
        );
    }
    Ok(faults.is_empty())
}
