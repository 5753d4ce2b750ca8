//! The demonstration matcher as a vendor would bring hers. A pattern to begin with: exchange the
//! matcher, the photos and what is shown.

use super::{Presentation, Sample, Vendor};
use crate::decision::{AttackKind, DeviceFault, Liveness, Quality};
use crate::decode::{DecodeError, Picture};
use crate::demonstration::DemonstrationMatcher;
use crate::frame::PixelFormat;
use crate::matcher::Matcher;
use crate::photo::Photo;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

/// Two photos and a matcher that recognises nobody.
pub struct DemonstrationVendor {
    photo: Vec<u8>,
    photo_of_another: Vec<u8>,
    person: Picture,
    another: Picture,
}

impl DemonstrationVendor {
    /// With the photos of a person and of another, as cards have them.
    ///
    /// # Errors
    /// [`DecodeError`] when they are no pictures.
    pub fn new(photo: Vec<u8>, photo_of_another: Vec<u8>) -> Result<Self, DecodeError> {
        let decode =
            |bytes: &[u8]| Picture::decode(&Photo::new(bytes).map_err(|_| DecodeError::Malformed)?);
        let (person, another) = (decode(&photo)?, decode(&photo_of_another)?);
        Ok(Self { photo, photo_of_another, person, another })
    }
}

/// A picture through a function of its grey.
fn frame(picture: &Picture, grey: impl Fn(u8) -> u8) -> Vec<Sample> {
    vec![Sample::Frame {
        width: picture.width(),
        height: picture.height(),
        format: PixelFormat::Grey8,
        bytes: picture.grey().iter().map(|one| grey(*one)).collect(),
    }]
}

impl Vendor for DemonstrationVendor {
    fn matcher(&mut self) -> Box<dyn Matcher> {
        Box::new(DemonstrationMatcher::new(Liveness::Passed))
    }

    fn threshold(&self) -> i32 {
        DemonstrationMatcher::threshold().value()
    }

    fn photo(&mut self) -> Vec<u8> {
        self.photo.clone()
    }

    fn photo_of_another(&mut self) -> Vec<u8> {
        self.photo_of_another.clone()
    }

    fn show(&mut self, presentation: Presentation) -> Vec<Sample> {
        match presentation {
            Presentation::Another => frame(&self.another, |grey| grey),
            Presentation::Attack(AttackKind::Screen) => {
                let mut samples = frame(&self.person, |grey| grey);
                for sample in &mut samples {
                    if let Sample::Frame { width, bytes, .. } = sample {
                        DemonstrationMatcher::mark_as_attack(bytes, *width);
                    }
                }
                samples
            }
            Presentation::BonaFide => frame(&self.person, |grey| grey),
            Presentation::Fault(DeviceFault::Capture) => vec![Sample::Native(0)],
            Presentation::Quality(Quality::NoFace) => frame(&self.person, |_| 120),
            Presentation::Quality(Quality::TooBright) => frame(&self.person, |_| u8::MAX),
            Presentation::Quality(Quality::TooDark) => frame(&self.person, |grey| grey / 16),
            Presentation::Quality(Quality::TooFar) => {
                let (width, height, format) = (8, 8, PixelFormat::Grey8);
                vec![Sample::Frame { width, height, format, bytes: vec![90; 64] }]
            }
            _ => Vec::new(),
        }
    }
}

impl core::fmt::Debug for DemonstrationVendor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DemonstrationVendor")
    }
}
