//! The face-match hook of a certified card reader (顔認証付きカードリーダー): photo, capture, decision,
//! liveness, and the evidence of all that; and the visual check (目視確認).
//!
//! This crate matches no faces: a vendor plugs her matcher in. It never decodes a photo (the feature
//! `decode` does, on hosts), never keeps one, never reads a clock, never speaks to a card, and never
//! says where a photo is from: joining a match to the card is for the facade `kazasu`.
//!
//! | Type | is |
//! |---|---|
//! | [`Photo`], [`PhotoSink`] | the photo, whole or in pieces, its type told by its first bytes |
//! | [`Matcher`] | what a vendor implements |
//! | [`Policy`], [`Threshold`] | what the operator decides, on the [`Scale`] that the matcher declares |
//! | [`FaceCheck`] | the bounded check: attempts, prompts, time, one card presence |
//! | [`FaceMatch`], [`Evidence`] | the proof of a match, and the evidence of every decision |
//! | [`VisualCheck`], [`VisualConfirmation`] | two explicit confirmations by a member of staff |
//!
//! A match is a score at or above the threshold **and** liveness passed, in one presence. A bad
//! picture is no attempt, but there are bounded many; a suspected attack ends the check for staff;
//! a fault of the device is never the holder's. The terms are those of ISO/IEC 19794-5 (images),
//! 30107-3 (presentation attack detection) and 19795-1 (scores and thresholds).
//!
//! ```
//! use kazasu_face::{Direction, PhotoKind, Policy, Scale};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! // The vendor declares a scale, the operator owns the threshold on it.
//! let scale = Scale::new(0, 1000, Direction::Similarity)?;
//! let policy = Policy::new(scale.threshold(850)?).with_attempts(3)?;
//! assert!(policy.threshold().is_met_by(850));
//! assert!(scale.threshold(1001).is_err());
//! assert!(scale.threshold(0).is_err(), "it would accept everybody");
//! assert_eq!(PhotoKind::of(&[0xFF, 0x4F, 0xFF, 0x51]), Some(PhotoKind::Jpeg2000Codestream));
//! # Ok(()) }
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod check;
#[cfg(feature = "conformance")]
pub mod conformance;
mod decision;
#[cfg(feature = "decode")]
pub mod decode;
#[cfg(feature = "demonstration")]
mod demonstration;
mod evidence;
mod frame;
mod identity;
mod instant;
mod matcher;
mod photo;
mod policy;
mod scale;
mod text;
mod visual;

pub use check::{CaptureLimit, End, FaceCheck, Step};
pub use decision::{AttackKind, Decision, DeviceFault, Liveness, Quality};
#[cfg(feature = "demonstration")]
pub use demonstration::DemonstrationMatcher;
pub use evidence::{Evidence, FaceMatch, Verdict};
pub use frame::{Capture, Frame, FrameError, PixelFormat};
pub use identity::{MatcherIdentity, Purpose};
pub use instant::Instant;
pub use matcher::{Matcher, Preparation};
pub use photo::{Photo, PhotoKind, PhotoProblem, PhotoSink, photo_sha256};
pub use policy::{Policy, PolicyError};
pub use scale::{Direction, Scale, ScaleError, Threshold};
pub use text::{Operator, Reason, Text, TextError};
pub use visual::{
    Answer, Question, VisualCheck, VisualConfirmation, VisualEnd, VisualPolicy, VisualStep,
};
