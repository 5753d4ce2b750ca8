//! A matcher for demonstrations and tests (feature `demonstration`). It compares grey areas of two
//! pictures and recognises nobody: two photographs of the same person do not match, and a copy of the
//! card's own photo does, which is the very attack that a real matcher must detect. Its liveness is a
//! stand-in. Its evidence says all that, and the facade takes it for demonstration cards only.

use crate::decision::{AttackKind, Decision, DeviceFault, Liveness, Quality};
use crate::decode::{DecodeError, MOST_BYTES, Picture};
use crate::frame::{Capture, Frame, PixelFormat};
use crate::identity::MatcherIdentity;
use crate::matcher::{Matcher, Preparation};
use crate::photo::{Photo, PhotoKind, PhotoProblem, PhotoSink};
use crate::scale::{Scale, Threshold};
use core::fmt;
use std::vec::Vec;
use zeroize::Zeroize;

/// Columns and rows of the areas whose grey is compared.
const COLUMNS: usize = 24;
const ROWS: usize = 30;
const AREAS: usize = COLUMNS * ROWS;

/// Mean grey below and above which a picture shows nothing.
const DARK: i64 = 24;
const BRIGHT: i64 = 246;
/// Standard deviation of the areas below which there is nothing but a surface.
const FLAT: i64 = 12;

/// Most score: the two pictures are the same but for brightness and contrast.
const MOST: i32 = 1_000;

/// Compares pictures, not faces.
///
/// Captures are frames of any format and of about the proportions of the photo; a native capture is
/// not taken. A frame whose first row alternates between black and white is taken for a picture on a
/// screen, so that a suspected attack can be shown ([`DemonstrationMatcher::mark_as_attack`]).
pub struct DemonstrationMatcher {
    liveness: Liveness,
    photo: Vec<u8>,
    length: usize,
    areas: Option<Areas>,
}

impl DemonstrationMatcher {
    /// With what its presentation attack detection is to say. There is none; this is the stand-in.
    #[must_use]
    pub const fn new(stand_in: Liveness) -> Self {
        Self { liveness: stand_in, photo: Vec::new(), length: 0, areas: None }
    }

    /// A threshold on its scale, 0 to 1,000: 950. It says nothing about other matchers.
    #[must_use]
    pub const fn threshold() -> Threshold {
        Threshold::demonstration(Scale::demonstration(MOST), 950)
    }

    /// Makes grey pixels into what it takes for a picture on a screen.
    pub fn mark_as_attack(grey: &mut [u8], width: u16) {
        for (at, pixel) in grey.iter_mut().take(usize::from(width)).enumerate() {
            *pixel = if at % 2 == 0 { 0 } else { u8::MAX };
        }
    }
}

impl PhotoSink for DemonstrationMatcher {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        self.forget();
        if kind == PhotoKind::Jpeg {
            return Err(PhotoProblem::UnsupportedKind);
        }
        if length == 0 {
            return Err(PhotoProblem::Empty);
        }
        if length > MOST_BYTES {
            return Err(PhotoProblem::TooLarge);
        }
        // Of its full length at once: a vector that grows leaves copies behind.
        self.photo.reserve_exact(length);
        self.length = length;
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        if self.photo.len().saturating_add(piece.len()) > self.length {
            self.forget();
            return Err(PhotoProblem::Malformed);
        }
        self.photo.extend_from_slice(piece);
        Ok(())
    }
}

impl Matcher for DemonstrationMatcher {
    fn identity(&self) -> MatcherIdentity {
        MatcherIdentity::demonstration()
    }

    fn scale(&self) -> Scale {
        Scale::demonstration(MOST)
    }

    fn prepare(&mut self) -> Preparation {
        if self.areas.is_some() {
            return Preparation::Ready;
        }
        if self.length == 0 || self.photo.len() != self.length {
            self.forget();
            return Preparation::Refused(PhotoProblem::Malformed);
        }
        let areas = areas_of_photo(&self.photo);
        self.photo.zeroize();
        match areas {
            Ok(areas) => {
                self.areas = Some(areas);
                Preparation::Ready
            }
            Err(problem) => Preparation::Refused(problem),
        }
    }

    fn start(&mut self) {}

    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        let Some(photo) = &self.areas else {
            return Decision::DeviceFault(DeviceFault::NotPrepared);
        };
        let Capture::Frame(frame) = capture else {
            return Decision::DeviceFault(DeviceFault::Capture);
        };
        if usize::from(frame.width()) < COLUMNS || usize::from(frame.height()) < ROWS {
            return Decision::Quality(Quality::TooFar);
        }
        if is_marked(&frame) {
            let kind = AttackKind::Screen;
            return Decision::SuspectedAttack { kind, pad_score: None };
        }
        let areas = Areas::of(&frame);
        match areas.quality() {
            Some(quality) => Decision::Quality(quality),
            None => Decision::Compared { score: photo.likeness(&areas), liveness: self.liveness },
        }
    }

    fn forget(&mut self) {
        self.photo.zeroize();
        self.length = 0;
        self.areas = None;
    }
}

impl Drop for DemonstrationMatcher {
    fn drop(&mut self) {
        self.forget();
    }
}

impl fmt::Debug for DemonstrationMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemonstrationMatcher")
            .field("stand_in_liveness", &self.liveness)
            .field("is_prepared", &self.areas.is_some())
            .finish_non_exhaustive()
    }
}

fn areas_of_photo(bytes: &[u8]) -> Result<Areas, PhotoProblem> {
    let picture = Picture::decode(&Photo::new(bytes)?).map_err(|error| match error {
        DecodeError::TooLarge => PhotoProblem::TooLarge,
        DecodeError::Unsupported => PhotoProblem::UnsupportedKind,
        DecodeError::Malformed => PhotoProblem::Malformed,
    })?;
    let areas = Areas::of(&picture.frame().ok_or(PhotoProblem::Malformed)?);
    if areas.quality().is_some() { Err(PhotoProblem::NoFace) } else { Ok(areas) }
}

/// Does the first row alternate between black and white?
fn is_marked(frame: &Frame<'_>) -> bool {
    let row = greys(frame).take(usize::from(frame.width()));
    row.enumerate().all(|(at, grey)| grey == if at % 2 == 0 { 0 } else { u8::MAX })
}

/// The pixels in eight bits of grey.
fn greys<'a>(frame: &Frame<'a>) -> impl Iterator<Item = u8> + use<'a> {
    let format = frame.format();
    frame.bytes().chunks_exact(format.bytes_per_pixel()).map(move |pixel| match (format, pixel) {
        (PixelFormat::Grey16, [_, high]) => *high,
        (_, [grey]) => *grey,
        (_, [one, two, three]) => {
            let sum = [*one, *two, *three].into_iter().map(u16::from).fold(0, u16::saturating_add);
            u8::try_from(sum / 3).unwrap_or(u8::MAX)
        }
        _ => 0,
    })
}

/// The mean grey of each area of a picture. Overwritten when dropped.
struct Areas([i64; AREAS]);

impl Areas {
    fn of(frame: &Frame<'_>) -> Self {
        let (width, height) = (usize::from(frame.width()), usize::from(frame.height()));
        let mut sums = [0_i64; AREAS];
        let mut counts = [0_i64; AREAS];
        for (at, grey) in greys(frame).enumerate() {
            let (x, y) = (at % width.max(1), at / width.max(1));
            let column = x.saturating_mul(COLUMNS) / width.max(1);
            let row = y.saturating_mul(ROWS) / height.max(1);
            let area = row.saturating_mul(COLUMNS).saturating_add(column);
            if let (Some(sum), Some(count)) = (sums.get_mut(area), counts.get_mut(area)) {
                *sum = sum.saturating_add(i64::from(grey));
                *count = count.saturating_add(1);
            }
        }
        for (sum, count) in sums.iter_mut().zip(counts) {
            // In sixteenths, so that little contrast still tells something.
            *sum = sum.saturating_mul(16) / count.max(1);
        }
        let areas = Self(sums);
        sums.zeroize();
        areas
    }

    /// Mean, in the areas' unit.
    fn mean(&self) -> i64 {
        self.0.iter().fold(0_i64, |sum, area| sum.saturating_add(*area)) / AREAS as i64
    }

    fn quality(&self) -> Option<Quality> {
        let mean = self.mean();
        if mean < DARK * 16 {
            return Some(Quality::TooDark);
        }
        if mean > BRIGHT * 16 {
            return Some(Quality::TooBright);
        }
        let variance = self.with(self, mean, mean) / AREAS as i64;
        (variance < (FLAT * 16) * (FLAT * 16)).then_some(Quality::NoFace)
    }

    /// The sum of the products of what differs from the mean. At most 720 times 4,080 squared.
    fn with(&self, other: &Self, mean: i64, mean_of_other: i64) -> i64 {
        self.0.iter().zip(&other.0).fold(0, |sum: i64, (one, other)| {
            let product =
                one.saturating_sub(mean).saturating_mul(other.saturating_sub(mean_of_other));
            sum.saturating_add(product)
        })
    }

    /// Normalised cross-correlation, 0 to [`MOST`].
    fn likeness(&self, other: &Self) -> i32 {
        let (mean, mean_of_other) = (self.mean(), other.mean());
        let together = self.with(other, mean, mean_of_other);
        let alone = self.with(self, mean, mean) as f64;
        let alone_of_other = other.with(other, mean_of_other, mean_of_other) as f64;
        let likeness = together as f64 / (alone * alone_of_other).sqrt();
        // A cast of a float saturates, and makes 0 of what is no number.
        ((likeness * f64::from(MOST)) as i32).clamp(0, MOST)
    }
}

impl Drop for Areas {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
