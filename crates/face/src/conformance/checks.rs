//! The checks. Each has one function, which needs nothing of the others.

use super::session::{After, Session, Tally};
use super::{Bounds, Check, Finding, Presentation, Report, Sample, Vendor};
use crate::decision::{Decision, DeviceFault, Liveness, Quality};
use crate::frame::PixelFormat;
use crate::matcher::Preparation;
use crate::photo::PhotoKind;
use crate::scale::{Scale, ScaleError, Threshold};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// How often what must be the same each time is shown.
pub(super) const TIMES: usize = 5;
/// Bytes of a piece of the photo, where its size does not matter.
pub(super) const PIECE: usize = 1_000;

pub(super) type Outcome = Result<Finding, String>;

/// Runs all checks against the vendor's matcher.
#[must_use]
pub fn examine(vendor: &mut dyn Vendor, bounds: &Bounds) -> Report {
    let mut kit = Kit { bounds: *bounds, tally: Tally::default() };
    let matcher = vendor.matcher().identity();
    let findings = Check::ALL.iter().map(|check| {
        let finding = kit.run(*check, vendor).unwrap_or_else(Finding::Failed);
        (*check, finding)
    });
    Report { matcher, findings: findings.collect() }
}

pub(super) struct Kit {
    bounds: Bounds,
    tally: Tally,
}

pub(super) fn passed(text: impl Into<String>) -> Outcome {
    Ok(Finding::Passed(text.into()))
}

pub(super) fn not_shown(text: impl Into<String>) -> Outcome {
    Ok(Finding::NotShown(text.into()))
}

/// A decision without what the vendor may choose freely.
fn is_match(decision: Decision, threshold: Threshold) -> bool {
    matches!(decision, Decision::Compared { score, liveness: Liveness::Passed }
        if threshold.is_met_by(score))
}

impl Kit {
    fn run(&mut self, check: Check, vendor: &mut dyn Vendor) -> Outcome {
        match check {
            Check::AttackRefused => self.attack_refused(vendor),
            Check::BlankFrame => self.blank_frame(vendor),
            Check::BonaFide => self.bona_fide(vendor),
            Check::BoundedTime => self.bounded_time(),
            Check::BoundedWork => self.bounded_work(),
            Check::Buffers => self.buffers(vendor),
            Check::Deterministic => self.deterministic(vendor),
            Check::Faults => self.faults(vendor),
            Check::Forget => self.forget(vendor),
            Check::GarbagePhoto => self.garbage_photo(vendor),
            Check::Identity => self.identity(vendor),
            Check::NewAttempt => self.new_attempt(vendor),
            Check::NewPhoto => self.new_photo(vendor),
            Check::NextHolder => self.next_holder(vendor),
            Check::OnScale => self.on_scale(),
            Check::Order => self.order(vendor),
            Check::OtherPerson => self.other_person(vendor),
            Check::Pieces => self.pieces(vendor),
            Check::Quality => self.quality(vendor),
            Check::Scale => self.scale(vendor),
        }
    }

    pub(super) fn session<'k>(
        &'k mut self,
        vendor: &'k mut dyn Vendor,
        after: After,
    ) -> Session<'k> {
        Session::new(vendor, &mut self.tally, self.bounds, after)
    }

    /// A matcher that has the person's photo.
    pub(super) fn ready<'k>(
        &'k mut self,
        vendor: &'k mut dyn Vendor,
        after: After,
    ) -> Result<Session<'k>, String> {
        let photo = vendor.photo();
        let mut session = self.session(vendor, after);
        match session.photo(&photo, PIECE) {
            Preparation::Ready => Ok(session),
            other => Err(format!("the photo was not prepared: {other:?}")),
        }
    }

    /// What a fresh matcher says of a presentation; `None` when it cannot be shown.
    pub(super) fn shown(
        &mut self,
        vendor: &mut dyn Vendor,
        presentation: Presentation,
    ) -> Result<Option<Decision>, String> {
        let samples = vendor.show(presentation);
        if samples.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.ready(vendor, After::Kept)?.attempt(&samples)))
    }

    fn threshold(vendor: &mut dyn Vendor) -> Result<Threshold, String> {
        let scale = vendor.matcher().scale();
        scale.threshold(vendor.threshold()).map_err(|error| format!("{error}"))
    }

    fn identity(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let (first, second) = (vendor.matcher().identity(), vendor.matcher().identity());
        let samples = vendor.show(Presentation::BonaFide);
        let mut session = self.ready(vendor, After::Kept)?;
        session.attempt(&samples);
        let used = session.matcher.identity();
        if first != second || first != used {
            return Err("it changes".into());
        }
        if [first.vendor(), first.product(), first.version()].iter().any(|text| text.is_empty()) {
            return Err("vendor, product or version is empty".into());
        }
        passed(format!("{} {}", first.product(), first.version()))
    }

    fn scale(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let first = vendor.matcher().scale();
        let samples = vendor.show(Presentation::BonaFide);
        let mut session = self.ready(vendor, After::Kept)?;
        session.attempt(&samples);
        if session.matcher.scale() != first {
            return Err("it changes".into());
        }
        let threshold = Self::threshold(vendor)?;
        let (outside, loosest) = outside_and_loosest(first);
        if let Some(outside) = outside
            && first.threshold(outside) != Err(ScaleError::ThresholdOutside)
        {
            return Err(format!("a threshold of {outside} is on it"));
        }
        if first.threshold(loosest) != Err(ScaleError::AcceptsEverybody) {
            return Err(format!("a threshold of {loosest}, which everybody reaches, is taken"));
        }
        passed(format!(
            "{} to {}, {:?}, looked at {}",
            first.lowest(),
            first.highest(),
            first.direction(),
            threshold.value()
        ))
    }

    fn order(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let samples = vendor.show(Presentation::BonaFide);
        let photo = vendor.photo();
        let refused = Decision::DeviceFault(DeviceFault::NotPrepared);
        let mut session = self.session(vendor, After::Kept);
        let decision = session.attempt(&samples);
        if decision != refused {
            return Err(format!("without a photo: {decision:?}"));
        }
        // A photo that is there and not prepared.
        if let Some(kind) = PhotoKind::of(&photo) {
            let _ = session.matcher.begin(kind, photo.len());
            let _ = session.matcher.write(&photo);
        }
        let decision = session.attempt(&samples);
        if decision != refused {
            return Err(format!("before prepare: {decision:?}"));
        }
        passed("nothing is compared before prepare")
    }

    fn garbage_photo(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let photo = vendor.photo();
        let kind = PhotoKind::of(&photo).ok_or("the vendor's photo is of no known type")?;
        let magic: Vec<u8> = photo.iter().take(PhotoKind::MAGIC_LENGTH).copied().collect();
        let half: Vec<u8> = photo.iter().take(photo.len() / 2).copied().collect();
        let noise: Vec<u8> = (0..2_000_u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
            .collect();
        let after_magic = [&magic[..], &noise].concat();
        let garbage = [
            ("nothing", kind, 0, &[][..]),
            ("its first bytes", kind, magic.len(), &magic),
            ("half a photo", kind, half.len(), &half),
            ("half of what was announced", kind, photo.len(), &half),
            ("more than was announced", kind, half.len(), &photo),
            ("noise", kind, noise.len(), &noise),
            ("noise after its first bytes", kind, after_magic.len(), &after_magic),
            ("a length beyond all memory", kind, usize::MAX, &photo),
        ];
        let samples = vendor.show(Presentation::BonaFide);
        for (name, kind, length, bytes) in garbage {
            let mut session = self.session(vendor, After::Kept);
            let preparation = session.announced(kind, length, bytes, PIECE);
            if !matches!(preparation, Preparation::Refused(_)) {
                return Err(format!("{name}: {preparation:?}"));
            }
            let decision = session.attempt(&samples);
            if !matches!(decision, Decision::DeviceFault(_)) {
                return Err(format!("after {name}: {decision:?}"));
            }
        }
        passed(format!("{} sorts are refused", garbage.len()))
    }

    fn pieces(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let photo = vendor.photo();
        let samples = vendor.show(Presentation::BonaFide);
        let mut decisions = Vec::new();
        for piece in [1, 7, 255, 1_024, photo.len()] {
            let mut session = self.session(vendor, After::Kept);
            let preparation = session.photo(&photo, piece);
            if preparation != Preparation::Ready {
                return Err(format!("in pieces of {piece}: {preparation:?}"));
            }
            decisions.push(session.attempt(&samples));
        }
        if decisions.windows(2).any(|pair| matches!(pair, [one, other] if one != other)) {
            return Err(format!("{decisions:?}"));
        }
        passed("of 1, 7, 255, 1,024 bytes and whole")
    }

    fn bona_fide(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let threshold = Self::threshold(vendor)?;
        match self.shown(vendor, Presentation::BonaFide)? {
            None => Err("the vendor shows no bona fide presentation".into()),
            Some(decision) if is_match(decision, threshold) => passed(format!("{decision:?}")),
            Some(decision) => Err(format!("{decision:?}")),
        }
    }

    fn other_person(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let threshold = Self::threshold(vendor)?;
        let Some(decision) = self.shown(vendor, Presentation::Another)? else {
            return Err("the vendor shows no other person".into());
        };
        let Decision::Compared { score, .. } = decision else {
            return Err(format!("not compared: {decision:?}"));
        };
        let strictest = strictest(threshold.scale());
        for threshold in [Some(threshold), threshold.scale().threshold(strictest).ok()] {
            if threshold.is_some_and(|threshold| threshold.is_met_by(score)) {
                return Err(format!("matched at {:?}: {score}", threshold.map(|it| it.value())));
            }
        }
        passed(format!("score {score}, below {} and {strictest}", threshold.value()))
    }

    fn blank_frame(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        for grey in [0, 1, 64, 128, 200, 254, 255_u8] {
            for (width, height) in [(1, 1), (640_u16, 480_u16)] {
                let bytes = vec![grey; usize::from(width) * usize::from(height)];
                let format = PixelFormat::Grey8;
                let blank = vec![Sample::Frame { width, height, format, bytes }];
                let mut session = self.ready(vendor, After::Kept)?;
                let decision = session.attempt(&blank);
                if matches!(decision, Decision::Compared { .. }) {
                    return Err(format!("{width} x {height} pixels of {grey}: {decision:?}"));
                }
            }
        }
        passed("7 greys, in 1 x 1 and 640 x 480 pixels")
    }

    fn quality(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let (mut shown, mut missing) = (Vec::new(), Vec::new());
        for kind in Quality::ALL {
            match self.shown(vendor, Presentation::Quality(*kind))? {
                None => missing.push(kind.as_str()),
                Some(Decision::Quality(told)) if told == *kind => shown.push(kind.as_str()),
                Some(other) => return Err(format!("{} is told as {other:?}", kind.as_str())),
            }
        }
        if shown.is_empty() {
            return not_shown("no quality problem");
        }
        passed(format!("{}; not shown: {}", shown.join(", "), missing.join(", ")))
    }

    fn faults(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let mut shown = Vec::new();
        for fault in DeviceFault::ALL {
            match self.shown(vendor, Presentation::Fault(*fault))? {
                None => {}
                Some(Decision::DeviceFault(told)) if told == *fault => shown.push(fault.as_str()),
                Some(other) => return Err(format!("{} is told as {other:?}", fault.as_str())),
            }
        }
        if shown.is_empty() {
            return not_shown("no device fault");
        }
        passed(shown.join(", "))
    }

    fn new_attempt(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let samples = vendor.show(Presentation::BonaFide);
        let mut session = self.ready(vendor, After::Kept)?;
        session.start();
        // How many captures it needs.
        let needed = samples
            .iter()
            .position(|sample| !matches!(session.compare(sample), Some(Decision::More) | None));
        let Some(last) = needed.filter(|needed| *needed > 0) else {
            return not_shown("it decides after one capture");
        };
        // All but the last, then a new attempt with the last alone.
        let mut session = self.ready(vendor, After::Kept)?;
        session.start();
        for sample in samples.iter().take(last) {
            session.compare(sample);
        }
        session.start();
        match samples.get(last).and_then(|sample| session.compare(sample)) {
            Some(decision @ Decision::Compared { .. }) => {
                Err(format!("decided by captures of the attempt before: {decision:?}"))
            }
            _ => passed(format!("{} captures are needed again", last.saturating_add(1))),
        }
    }

    fn new_photo(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let threshold = Self::threshold(vendor)?;
        let samples = vendor.show(Presentation::BonaFide);
        let another = vendor.photo_of_another();
        let mut session = self.ready(vendor, After::Kept)?;
        session.attempt(&samples);
        let preparation = session.photo(&another, PIECE);
        if preparation != Preparation::Ready {
            return Err(format!("the photo of another was not prepared: {preparation:?}"));
        }
        let decision = session.attempt(&samples);
        if is_match(decision, threshold) {
            return Err(format!("the photo before still matches: {decision:?}"));
        }
        passed(format!("{decision:?}"))
    }

    fn forget(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let samples = vendor.show(Presentation::BonaFide);
        let mut session = self.ready(vendor, After::Kept)?;
        session.attempt(&samples);
        session.forget();
        session.forget();
        let decision = session.attempt(&samples);
        if decision != Decision::DeviceFault(DeviceFault::NotPrepared) {
            return Err(format!("after forget: {decision:?}"));
        }
        let preparation = session.prepare();
        if !matches!(preparation, Preparation::Refused(_) | Preparation::Fault(_)) {
            return Err(format!("prepared without a photo after forget: {preparation:?}"));
        }
        passed("nothing is compared after it")
    }

    /// The decisions about the person and another one.
    fn decisions(
        &mut self,
        vendor: &mut dyn Vendor,
        after: After,
    ) -> Result<Vec<Decision>, String> {
        let mut decisions = Vec::new();
        for presentation in [Presentation::BonaFide, Presentation::Another] {
            let samples = vendor.show(presentation);
            decisions.push(self.ready(vendor, after)?.attempt(&samples));
        }
        Ok(decisions)
    }

    fn deterministic(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let first = self.decisions(vendor, After::Kept)?;
        for _ in 1..TIMES {
            let again = self.decisions(vendor, After::Kept)?;
            if again != first {
                return Err(format!("{first:?}, then {again:?}"));
            }
        }
        passed(format!("{TIMES} times the same"))
    }

    fn buffers(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let kept = self.decisions(vendor, After::Kept)?;
        let overwritten = self.decisions(vendor, After::Overwritten)?;
        if kept != overwritten {
            return Err(format!("{kept:?}, and with buffers overwritten {overwritten:?}"));
        }
        passed("the same with every buffer overwritten after its call")
    }

    fn on_scale(&self) -> Outcome {
        match self.tally.off_scale {
            Some(score) => Err(format!("a score of {score}")),
            None => passed(format!("{} scores", self.tally.scores)),
        }
    }

    fn bounded_work(&self) -> Outcome {
        match self.tally.endless {
            Some("prepare") => Err(format!("not ready after {} calls", self.bounds.preparations)),
            Some(_) => Err(format!("no decision after {} captures", self.bounds.captures)),
            None => passed("it always came to an end"),
        }
    }

    fn bounded_time(&self) -> Outcome {
        let Tally { calls, longest, longest_call, .. } = &self.tally;
        let text = format!("{calls} calls, the longest {longest_call} with {longest:.1?}");
        if longest.as_millis() > u128::from(self.bounds.call_millis) {
            return Err(text);
        }
        passed(text)
    }
}

/// A score beside the scale, if there is one, and the end that every score reaches.
fn outside_and_loosest(scale: Scale) -> (Option<i32>, i32) {
    let outside = scale.highest().checked_add(1).or_else(|| scale.lowest().checked_sub(1));
    let loosest =
        if strictest(scale) == scale.highest() { scale.lowest() } else { scale.highest() };
    (outside, loosest)
}

fn strictest(scale: Scale) -> i32 {
    match scale.direction() {
        crate::scale::Direction::Dissimilarity => scale.lowest(),
        crate::scale::Direction::Similarity => scale.highest(),
    }
}
