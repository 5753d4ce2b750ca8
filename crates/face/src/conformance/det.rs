//! The points of a DET curve (ISO/IEC 19795-1) over a vendor's own pairs: counts and the rates that
//! they are. It draws no conclusion: how many pairs a claim needs, and which, is for who makes it.

use super::session::{After, Session, Tally};
use super::{Bounds, Pair, PairKind, Sample, Vendor};
use crate::decision::{Decision, Liveness};
use crate::decode::Picture;
use crate::frame::PixelFormat;
use crate::matcher::Preparation;
use crate::photo::Photo;
use crate::scale::Direction;
use core::fmt;
use std::string::{String, ToString as _};
use std::vec::Vec;

/// False matches and false non-matches at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The threshold.
    pub threshold: i32,
    /// Non-mated comparisons that reach it.
    pub false_matches: usize,
    /// Mated comparisons that do not.
    pub false_non_matches: usize,
}

/// What was counted over a list of pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Det {
    /// Which scores mean that faces are alike.
    pub direction: Direction,
    /// Scores of mated comparisons, sorted.
    pub mated: Vec<i32>,
    /// Scores of non-mated comparisons, sorted.
    pub non_mated: Vec<i32>,
    /// Pairs of which the photo was refused: failures to enrol.
    pub failures_to_enrol: usize,
    /// Bona fide probes that were not compared for their quality, or at all: failures to acquire.
    pub failures_to_acquire: usize,
    /// Bona fide probes that were classified as attacks, of all that were classified.
    pub bona_fide_refused: usize,
    /// Bona fide probes that were classified.
    pub bona_fide: usize,
    /// Attack presentations that were classified as bona fide.
    pub attacks_accepted: usize,
    /// Attack presentations that were classified.
    pub attacks: usize,
}

/// Runs the matcher over the pairs. `load` brings the bytes of a file: a photo as a card has it, and a
/// probe as JP2, JPEG 2000 codestream or PNG, which is shown as a grey frame.
///
/// # Errors
/// [`DetError`] when a file cannot be read or a probe not be decoded.
pub fn det(
    vendor: &mut dyn Vendor,
    bounds: &Bounds,
    pairs: &[Pair],
    load: &mut dyn FnMut(&str) -> std::io::Result<Vec<u8>>,
) -> Result<Det, DetError> {
    let mut det = Det {
        direction: vendor.matcher().scale().direction(),
        mated: Vec::new(),
        non_mated: Vec::new(),
        failures_to_enrol: 0,
        failures_to_acquire: 0,
        bona_fide_refused: 0,
        bona_fide: 0,
        attacks_accepted: 0,
        attacks: 0,
    };
    let mut tally = Tally::default();
    let mut file = |name: &str| {
        load(name).map_err(|error| DetError { file: name.into(), what: error.to_string() })
    };
    for pair in pairs {
        let photo = file(&pair.photo)?;
        let probe = sample(&pair.probe, &file(&pair.probe)?)?;
        let mut session = Session::new(vendor, &mut tally, *bounds, After::Overwritten);
        if session.photo(&photo, usize::MAX) != Preparation::Ready {
            det.failures_to_enrol = det.failures_to_enrol.saturating_add(1);
            continue;
        }
        det.count(pair.kind, session.attempt(&[probe]));
        session.forget();
    }
    det.mated.sort_unstable();
    det.non_mated.sort_unstable();
    Ok(det)
}

fn sample(name: &str, bytes: &[u8]) -> Result<Sample, DetError> {
    let error = |what: String| DetError { file: name.into(), what };
    let photo = Photo::new(bytes).map_err(|problem| error(problem.to_string()))?;
    let picture = Picture::decode(&photo).map_err(|problem| error(problem.to_string()))?;
    Ok(Sample::Frame {
        width: picture.width(),
        height: picture.height(),
        format: PixelFormat::Grey8,
        bytes: picture.grey().to_vec(),
    })
}

impl Det {
    fn count(&mut self, kind: PairKind, decision: Decision) {
        let add = |count: &mut usize| *count = count.saturating_add(1);
        let is_attack = match decision {
            Decision::Compared { liveness: Liveness::Failed, .. }
            | Decision::SuspectedAttack { .. } => true,
            Decision::Compared { .. } => false,
            _ if kind == PairKind::Attack => return,
            _ => return add(&mut self.failures_to_acquire),
        };
        if kind == PairKind::Attack {
            add(&mut self.attacks);
            if !is_attack {
                add(&mut self.attacks_accepted);
            }
            return;
        }
        add(&mut self.bona_fide);
        if is_attack {
            add(&mut self.bona_fide_refused);
        } else if let Decision::Compared { score, .. } = decision {
            let scores = if kind == PairKind::Same { &mut self.mated } else { &mut self.non_mated };
            scores.push(score);
        }
    }

    /// A point for every score that occurred, from the loosest threshold to the strictest.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let mut thresholds: Vec<i32> = self.mated.iter().chain(&self.non_mated).copied().collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        if self.direction == Direction::Dissimilarity {
            thresholds.reverse();
        }
        let reaches = |score: i32, threshold: i32| match self.direction {
            Direction::Dissimilarity => score <= threshold,
            Direction::Similarity => score >= threshold,
        };
        let point = |threshold: i32| Point {
            threshold,
            false_matches: self.non_mated.iter().filter(|it| reaches(**it, threshold)).count(),
            false_non_matches: self.mated.iter().filter(|it| !reaches(**it, threshold)).count(),
        };
        thresholds.into_iter().map(point).collect()
    }
}

/// A rate, with the counts that it is made of.
struct Rate(usize, usize);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, of) = self;
        if *of == 0 {
            return f.pad("0 of 0");
        }
        let text = std::format!("{count} of {of} = {:.4}", *count as f64 / *of as f64);
        f.pad(&text)
    }
}

impl fmt::Display for Det {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mated, non_mated) = (self.mated.len(), self.non_mated.len());
        writeln!(f, "mated comparisons {mated}, non-mated comparisons {non_mated}")?;
        writeln!(f, "failures to enrol {}", self.failures_to_enrol)?;
        writeln!(f, "failures to acquire {}, in no rate below", self.failures_to_acquire)?;
        writeln!(f, "APCER {}", Rate(self.attacks_accepted, self.attacks))?;
        writeln!(f, "BPCER {}", Rate(self.bona_fide_refused, self.bona_fide))?;
        writeln!(f, "{:>11}  {:<24}  FNMR", "threshold", "FMR")?;
        for point in self.points() {
            writeln!(
                f,
                "{:>11}  {:<24}  {}",
                point.threshold,
                Rate(point.false_matches, non_mated),
                Rate(point.false_non_matches, mated)
            )?;
        }
        writeln!(f, "These are counts over the pairs that were given, and no claim beyond them.")
    }
}

/// A file of the list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetError {
    /// Its name in the list.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for DetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl core::error::Error for DetError {}
