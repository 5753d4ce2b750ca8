//! One matcher under examination: every call is timed, every score looked at, every buffer its own.

use super::{Bounds, Memory, Sample, Vendor};
use crate::decision::Decision;
use crate::matcher::{Matcher, Preparation};
use crate::photo::{PhotoKind, PhotoProblem};
use crate::scale::Scale;
use std::boxed::Box;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// What is remembered over all sessions of an examination.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) longest: Duration,
    pub(super) longest_call: &'static str,
    pub(super) scores: u32,
    pub(super) off_scale: Option<i32>,
    pub(super) endless: Option<&'static str>,
}

/// What happens to lent memory when a call has returned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Kept,
    Overwritten,
}

pub(super) struct Session<'k> {
    pub(super) matcher: Box<dyn Matcher>,
    vendor: &'k mut dyn Vendor,
    tally: &'k mut Tally,
    bounds: Bounds,
    scale: Scale,
    after: After,
    /// Lent once, and not given back to the allocator before the end.
    lent: Vec<Memory>,
}

impl<'k> Session<'k> {
    pub(super) fn new(
        vendor: &'k mut dyn Vendor,
        tally: &'k mut Tally,
        bounds: Bounds,
        after: After,
    ) -> Self {
        let matcher = vendor.matcher();
        let scale = matcher.scale();
        let mut session = Self { matcher, vendor, tally, bounds, scale, after, lent: Vec::new() };
        // As a check does before anything else.
        session.forget();
        session
    }

    fn time<T>(&mut self, name: &'static str, call: impl FnOnce(&mut dyn Matcher) -> T) -> T {
        let begin = Instant::now();
        let result = call(&mut *self.matcher);
        let taken = begin.elapsed();
        self.tally.calls = self.tally.calls.saturating_add(1);
        if taken > self.tally.longest {
            self.tally.longest = taken;
            self.tally.longest_call = name;
        }
        result
    }

    /// Lends a copy of these bytes for one call.
    fn lend<T>(
        &mut self,
        name: &'static str,
        bytes: &[u8],
        call: impl FnOnce(&mut dyn Matcher, &[u8]) -> T,
    ) -> T {
        let memory: Memory = Rc::new(RefCell::new(bytes.to_vec()));
        self.vendor.lend(&memory);
        let lent = Rc::clone(&memory);
        let result = self.time(name, move |matcher| call(matcher, &lent.borrow()));
        if self.after == After::Overwritten {
            memory.borrow_mut().fill(0xA5);
        }
        self.lent.push(memory);
        result
    }

    /// The photo in pieces, and prepared.
    pub(super) fn photo(&mut self, bytes: &[u8], piece: usize) -> Preparation {
        let refused = |problem| Preparation::Refused(problem);
        let Some(kind) = PhotoKind::of(bytes) else {
            return refused(PhotoProblem::UnknownKind);
        };
        self.announced(kind, bytes.len(), bytes, piece)
    }

    /// The same, with a type and a length that need not be the photo's.
    pub(super) fn announced(
        &mut self,
        kind: PhotoKind,
        length: usize,
        bytes: &[u8],
        piece: usize,
    ) -> Preparation {
        if let Err(problem) = self.time("begin", |matcher| matcher.begin(kind, length)) {
            return Preparation::Refused(problem);
        }
        for piece in bytes.chunks(piece.max(1)) {
            let written = self.lend("write", piece, |matcher, piece| matcher.write(piece));
            if let Err(problem) = written {
                return Preparation::Refused(problem);
            }
        }
        self.prepare()
    }

    /// Until it is ready, or says that it cannot be.
    pub(super) fn prepare(&mut self) -> Preparation {
        for _ in 0..self.bounds.preparations {
            match self.time("prepare", |matcher| matcher.prepare()) {
                Preparation::Working => self.pause(),
                preparation => return preparation,
            }
        }
        self.tally.endless = Some("prepare");
        Preparation::Working
    }

    /// What a camera or a host does while a matcher works.
    fn pause(&self) {
        std::thread::sleep(Duration::from_millis(self.bounds.pause_millis));
    }

    pub(super) fn start(&mut self) {
        self.time("start", |matcher| matcher.start());
    }

    pub(super) fn forget(&mut self) {
        self.time("forget", |matcher| matcher.forget());
    }

    /// One capture.
    pub(super) fn compare(&mut self, sample: &Sample) -> Option<Decision> {
        let decision = self.lend("compare", sample.bytes(), |matcher, bytes| {
            sample.capture(bytes).map(|capture| matcher.compare(capture))
        });
        if let Some(Decision::Compared { score, .. }) = decision {
            self.tally.scores = self.tally.scores.saturating_add(1);
            if !self.scale.contains(score) {
                self.tally.off_scale = Some(score);
            }
        }
        decision
    }

    /// An attempt: the captures, the last of them as often as it takes. [`Decision::More`] when it
    /// never decided.
    pub(super) fn attempt(&mut self, samples: &[Sample]) -> Decision {
        self.start();
        self.captures(samples)
    }

    /// The captures of an attempt that has begun.
    pub(super) fn captures(&mut self, samples: &[Sample]) -> Decision {
        let again = samples.last().into_iter().cycle();
        for sample in samples.iter().chain(again).take(self.bounds.captures) {
            match self.compare(sample) {
                Some(Decision::More) => self.pause(),
                None => {}
                Some(decision) => return decision,
            }
        }
        if !samples.is_empty() {
            self.tally.endless = Some("compare");
        }
        Decision::More
    }
}
