//! The hook: what a vendor implements so that her matcher and her presentation attack detection serve
//! a reader. Plain data in and out, no generics, no waiting, so that a table of C functions can stand
//! behind it.

use crate::decision::{Decision, DeviceFault};
use crate::frame::Capture;
use crate::identity::MatcherIdentity;
use crate::photo::{PhotoProblem, PhotoSink};
use crate::scale::Scale;

/// A face matcher with presentation attack detection.
///
/// [`FaceCheck`](crate::FaceCheck) calls it in this order, and it must refuse every other:
///
/// 1. `identity` and `scale`, which do not change while a check runs;
/// 2. `begin` and `write` of [`PhotoSink`], until the photo is there;
/// 3. `prepare`, as often as it says [`Preparation::Working`];
/// 4. for each attempt `start` once and `compare` for each capture, until it says something else
///    than [`Decision::More`] or [`Decision::Quality`];
/// 5. `forget`, always, whatever happened.
///
/// Rules for every call: it returns within the time that the vendor states, and does not wait for a
/// camera or a person ([`Decision::More`] says that it needs to be asked again); it keeps no address
/// of what it was given; it writes no picture anywhere. `docs/face.md` has them with their reasons,
/// and the conformance kit (feature `conformance`) checks them.
pub trait Matcher: PhotoSink {
    /// Who made it.
    fn identity(&self) -> MatcherIdentity;

    /// The scale of its scores.
    fn scale(&self) -> Scale;

    /// Makes the photo ready to be compared with. Called after its last piece.
    fn prepare(&mut self) -> Preparation;

    /// A new attempt begins: what was captured in the one before counts no more.
    fn start(&mut self);

    /// Looks at one capture.
    ///
    /// Without a prepared photo the answer is [`DeviceFault::NotPrepared`].
    fn compare(&mut self, capture: Capture<'_>) -> Decision;

    /// Overwrites and drops the photo, what was made of it, and everything that was captured. May be
    /// called at any time, also twice.
    fn forget(&mut self);
}

/// How far the photo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Preparation {
    /// The device failed.
    Fault(DeviceFault),
    /// Captures can be compared with it.
    Ready,
    /// It cannot be compared with anything.
    Refused(PhotoProblem),
    /// Not ready yet: ask again. The caller waits in between, this call does not.
    Working,
}
