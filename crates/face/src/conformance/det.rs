//! The points of a DET curve (ISO/IEC 19795-1) over a vendor's own pairs: counts and the rates that
//! they are. It draws no conclusion: how many pairs a claim needs, and which, is for who makes it.

use super::session::{After, Session, Tally};
use super::{Bounds, Pair, PairKind, Sample, Vendor};
use crate::decision::{Decision, Liveness};
use crate::decode::Picture;
use crate::frame::PixelFormat;
use crate::matcher::Preparation;
use crate::photo::Photo;
use crate::scale::{Direction, Scale};
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
    /// Comparisons whose score is not on the declared scale. A check makes a fault of the device of
    /// them: they are in no rate of matches.
    pub off_scale: usize,
    /// Bona fide probes that were classified as attacks, of all that were classified.
    pub bona_fide_refused: usize,
    /// Bona fide probes that were classified by the presentation attack detection.
    pub bona_fide: usize,
    /// Bona fide probes that were not classified (ISO/IEC 30107-3: non-response).
    pub bona_fide_unclassified: usize,
    /// Attack presentations that were classified as bona fide.
    pub attacks_accepted: usize,
    /// Attack presentations that were classified.
    pub attacks: usize,
    /// Attack presentations that were not classified (ISO/IEC 30107-3: non-response).
    pub attacks_unclassified: usize,
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
    let scale = vendor.matcher().scale();
    let mut det = Det {
        direction: scale.direction(),
        mated: Vec::new(),
        non_mated: Vec::new(),
        failures_to_enrol: 0,
        failures_to_acquire: 0,
        off_scale: 0,
        bona_fide_refused: 0,
        bona_fide: 0,
        bona_fide_unclassified: 0,
        attacks_accepted: 0,
        attacks: 0,
        attacks_unclassified: 0,
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
        det.count(pair.kind, scale, session.attempt(&[probe]));
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
    fn count(&mut self, kind: PairKind, scale: Scale, decision: Decision) {
        let add = |count: &mut usize| *count = count.saturating_add(1);
        let is_attack = match decision {
            Decision::Compared { liveness: Liveness::Failed, .. }
            | Decision::SuspectedAttack { .. } => Some(true),
            Decision::Compared { liveness: Liveness::Passed, .. } => Some(false),
            // Nobody looked, or nothing was decided.
            _ => None,
        };
        let (classified, wrong, unclassified) = match kind {
            PairKind::Attack => {
                (&mut self.attacks, &mut self.attacks_accepted, &mut self.attacks_unclassified)
            }
            _ => {
                (&mut self.bona_fide, &mut self.bona_fide_refused, &mut self.bona_fide_unclassified)
            }
        };
        match is_attack {
            None => add(unclassified),
            Some(is_attack) => {
                add(classified);
                if is_attack != (kind == PairKind::Attack) {
                    add(wrong);
                }
            }
        }
        let scores = match kind {
            PairKind::Attack => return,
            PairKind::Same => &mut self.mated,
            PairKind::Different => &mut self.non_mated,
        };
        match decision {
            // Refused before anything was matched.
            _ if is_attack == Some(true) => {}
            Decision::Compared { score, .. } if scale.contains(score) => scores.push(score),
            Decision::Compared { .. } => add(&mut self.off_scale),
            _ => add(&mut self.failures_to_acquire),
        }
    }

    /// A point for every score that occurred, from the loosest threshold to the strictest.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let sorted = |scores: &[i32]| {
            let mut scores = scores.to_vec();
            scores.sort_unstable();
            scores
        };
        let (mated, non_mated) = (sorted(&self.mated), sorted(&self.non_mated));
        let mut thresholds = sorted(&[&mated[..], &non_mated].concat());
        thresholds.dedup();
        if self.direction == Direction::Dissimilarity {
            thresholds.reverse();
        }
        let reach = |scores: &[i32], threshold: i32| match self.direction {
            Direction::Dissimilarity => scores.partition_point(|score| *score <= threshold),
            Direction::Similarity => {
                let below = scores.partition_point(|score| *score < threshold);
                scores.len().saturating_sub(below)
            }
        };
        let point = |threshold: i32| Point {
            threshold,
            false_matches: reach(&non_mated, threshold),
            false_non_matches: mated.len().saturating_sub(reach(&mated, threshold)),
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
        if self.off_scale > 0 {
            let count = self.off_scale;
            writeln!(f, "scores off the declared scale {count}, in no rate of matches: a fault")?;
        }
        let presented = |classified: usize, not: usize| classified.saturating_add(not);
        let attacks = presented(self.attacks, self.attacks_unclassified);
        let bona_fide = presented(self.bona_fide, self.bona_fide_unclassified);
        writeln!(f, "APCER {}", Rate(self.attacks_accepted, self.attacks))?;
        writeln!(f, "APNRR {}", Rate(self.attacks_unclassified, attacks))?;
        writeln!(f, "BPCER {}", Rate(self.bona_fide_refused, self.bona_fide))?;
        writeln!(f, "BPNRR {}", Rate(self.bona_fide_unclassified, bona_fide))?;
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
