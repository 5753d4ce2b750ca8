//! The conformance kit (feature `conformance`, hosts): what a vendor runs against her matcher before she
//! plugs it in, and the DET points of a list of pairs that she supplies.
//!
//! It checks the contract of [`Matcher`], and not how well faces are recognised or
//! attacks detected. It certifies nothing: whoever needs a certificate has the matcher examined.
//!
//! ```text
//! cargo run -p kazasu-face --features conformance,demonstration --example conformance
//! ```

mod checks;
#[cfg(feature = "demonstration")]
mod demonstration;
mod det;
mod holders;
mod pairs;
mod session;

use crate::decision::{AttackKind, DeviceFault, Quality};
use crate::frame::{Capture, Frame, PixelFormat};
use crate::identity::MatcherIdentity;
use crate::matcher::Matcher;
use core::fmt;
use std::boxed::Box;
use std::cell::RefCell;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;

pub use checks::examine;
#[cfg(feature = "demonstration")]
pub use demonstration::DemonstrationVendor;
pub use det::{Det, DetError, Point, det};
pub use pairs::{Pair, PairError, PairKind, read_pairs};

/// Memory that is lent to a matcher for one call, and overwritten when the call has returned.
pub type Memory = Rc<RefCell<Vec<u8>>>;

/// What a vendor brings to the kit: her matcher, and something to show it.
pub trait Vendor {
    /// A matcher as it is when the device was switched on.
    fn matcher(&mut self) -> Box<dyn Matcher>;

    /// The threshold at which the checks look, on the matcher's scale.
    fn threshold(&self) -> i32;

    /// The photo of a person, as a card has it.
    fn photo(&mut self) -> Vec<u8>;

    /// The photo of another person.
    fn photo_of_another(&mut self) -> Vec<u8>;

    /// What the camera brings of this, in order, until a matcher can decide. Empty where it cannot be
    /// shown; the check then says so.
    fn show(&mut self, presentation: Presentation) -> Vec<Sample>;

    /// This memory is about to be lent to the matcher. A device that must map it does so here.
    fn lend(&mut self, memory: &Memory) {
        let _ = memory;
    }
}

/// What is shown to a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presentation {
    /// Another person than the one of [`Vendor::photo`], who is there.
    Another,
    /// An attack presentation with the face of [`Vendor::photo`].
    Attack(AttackKind),
    /// The person of [`Vendor::photo`], who is there.
    BonaFide,
    /// The device fails in this way.
    Fault(DeviceFault),
    /// The person of [`Vendor::photo`], not well enough to be compared.
    Quality(Quality),
}

/// One capture, owned.
#[derive(Clone)]
#[non_exhaustive]
pub enum Sample {
    /// A frame in memory.
    Frame {
        /// Pixels of a row.
        width: u16,
        /// Rows.
        height: u16,
        /// How the pixels lie.
        format: PixelFormat,
        /// The pixels.
        bytes: Vec<u8>,
    },
    /// What the device has under this number.
    Native(u64),
}

impl Sample {
    /// A frame, whose bytes must fit: what does not is never shown to a matcher.
    #[must_use]
    pub const fn frame(width: u16, height: u16, format: PixelFormat, bytes: Vec<u8>) -> Self {
        Self::Frame { width, height, format, bytes }
    }

    /// The pixels; of a native capture there are none here.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Frame { bytes, .. } => bytes,
            Self::Native(_) => &[],
        }
    }

    /// As a matcher gets it, with its pixels in other memory.
    fn capture<'a>(&self, bytes: &'a [u8]) -> Option<Capture<'a>> {
        match self {
            Self::Frame { width, height, format, .. } => {
                Frame::new(*width, *height, *format, bytes).ok().map(Capture::Frame)
            }
            Self::Native(number) => Some(Capture::Native(*number)),
        }
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame { width, height, format, .. } => {
                write!(f, "Frame({width} x {height}, {format:?})")
            }
            Self::Native(number) => write!(f, "Native({number})"),
        }
    }
}

/// The bounds that a vendor states for her matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest that a call may take, in milliseconds.
    pub call_millis: u64,
    /// How long the kit waits, in milliseconds, before it asks a matcher again that said
    /// [`Preparation::Working`](crate::Preparation::Working) or
    /// [`Decision::More`](crate::Decision::More).
    pub pause_millis: u64,
    /// Captures after which it must have decided.
    pub captures: usize,
    /// Calls of `prepare` after which a photo must be ready or refused.
    pub preparations: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { call_millis: 1_000, pause_millis: 10, captures: 300, preparations: 300 }
    }
}

/// What is checked. Each line of a [`Report`] is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Every attack presentation is refused, each time that it is shown: to a fresh matcher, and again
    /// and again to one that has seen it.
    AttackRefused,
    /// No comparison is made of a frame that shows nothing.
    BlankFrame,
    /// The person is matched, with liveness passed.
    BonaFide,
    /// No call takes longer than its bound.
    BoundedTime,
    /// It decides within the bound of captures and gets ready within that of preparations.
    BoundedWork,
    /// No memory is looked at after the call for which it was lent.
    Buffers,
    /// The same captures get the same decision.
    Deterministic,
    /// Each device fault that is shown is reported as that.
    Faults,
    /// Nothing can be compared after `forget`.
    Forget,
    /// What is no photo is refused.
    GarbagePhoto,
    /// The identity is whole and does not change.
    Identity,
    /// Captures of an attempt do not count in the next.
    NewAttempt,
    /// A new photo takes the place of the one before.
    NewPhoto,
    /// One matcher, as a reader keeps it, decides of each holder as a fresh one does.
    NextHolder,
    /// Every score is on the declared scale.
    OnScale,
    /// Nothing is compared before a photo is prepared.
    Order,
    /// Another person is not matched, neither at the threshold nor at the strict end of the scale.
    OtherPerson,
    /// A photo in pieces of any size is the photo.
    Pieces,
    /// Each quality problem that is shown is reported as that.
    Quality,
    /// The scale does not change, and the threshold is on it.
    Scale,
}

impl Check {
    /// All of them, in the order of a report.
    pub const ALL: &'static [Self] = &[
        Self::Identity,
        Self::Scale,
        Self::Order,
        Self::GarbagePhoto,
        Self::Pieces,
        Self::BonaFide,
        Self::OtherPerson,
        Self::AttackRefused,
        Self::BlankFrame,
        Self::Quality,
        Self::Faults,
        Self::NewAttempt,
        Self::NewPhoto,
        Self::Forget,
        Self::NextHolder,
        Self::Deterministic,
        Self::Buffers,
        Self::OnScale,
        Self::BoundedWork,
        Self::BoundedTime,
    ];

    /// The word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttackRefused => "attack-refused",
            Self::BlankFrame => "blank-frame",
            Self::BonaFide => "bona-fide",
            Self::BoundedTime => "bounded-time",
            Self::BoundedWork => "bounded-work",
            Self::Buffers => "buffers",
            Self::Deterministic => "deterministic",
            Self::Faults => "faults",
            Self::Forget => "forget",
            Self::GarbagePhoto => "garbage-photo",
            Self::Identity => "identity",
            Self::NewAttempt => "new-attempt",
            Self::NewPhoto => "new-photo",
            Self::NextHolder => "next-holder",
            Self::OnScale => "on-scale",
            Self::Order => "order",
            Self::OtherPerson => "other-person",
            Self::Pieces => "pieces",
            Self::Quality => "quality",
            Self::Scale => "scale",
        }
    }
}

/// How a check ended, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Against the contract.
    Failed(String),
    /// The vendor showed nothing to look at.
    NotShown(String),
    /// As the contract has it.
    Passed(String),
}

/// What the kit found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The matcher, as it names itself.
    pub matcher: MatcherIdentity,
    /// One finding for each of [`Check::ALL`].
    pub findings: Vec<(Check, Finding)>,
}

impl Report {
    /// Did no check fail, and was an attack shown and refused? Liveness is the point of the hook, so a
    /// matcher that was never shown an attack has not passed. Other checks that were not shown are no
    /// failures; look at them.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failed().next().is_none() && self.is_liveness_shown()
    }

    /// Was an attack shown, and refused?
    #[must_use]
    pub fn is_liveness_shown(&self) -> bool {
        matches!(self.of(Check::AttackRefused), Some(Finding::Passed(_)))
    }

    /// The checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = Check> {
        self.findings
            .iter()
            .filter(|(_, finding)| matches!(finding, Finding::Failed(_)))
            .map(|(check, _)| *check)
    }

    /// The finding of one check.
    #[must_use]
    pub fn of(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|(one, _)| *one == check).map(|(_, finding)| finding)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matcher = &self.matcher;
        writeln!(f, "{} {} {}", matcher.vendor(), matcher.product(), matcher.version())?;
        for (name, text) in [("PAD", matcher.pad()), ("vendor says", matcher.certification())] {
            if !text.is_empty() {
                writeln!(f, "{name}: {text}")?;
            }
        }
        for (check, finding) in &self.findings {
            let (word, text) = match finding {
                Finding::Failed(text) => ("FAILED", text),
                Finding::NotShown(text) => ("not shown", text),
                Finding::Passed(text) => ("passed", text),
            };
            writeln!(f, "{:<14} {word:<9} {text}", check.as_str())?;
        }
        let count = |wanted: fn(&Finding) -> bool| {
            self.findings.iter().filter(|(_, finding)| wanted(finding)).count()
        };
        writeln!(
            f,
            "{} passed, {} failed, {} not shown",
            count(|finding| matches!(finding, Finding::Passed(_))),
            count(|finding| matches!(finding, Finding::Failed(_))),
            count(|finding| matches!(finding, Finding::NotShown(_))),
        )?;
        if matches!(self.of(Check::AttackRefused), Some(Finding::NotShown(_))) {
            writeln!(f, "Not passed: no attack was shown, so nothing is known of the liveness.")?;
        }
        Ok(())
    }
}
