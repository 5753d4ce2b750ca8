//! Decoding of the photo and of the rendered name and address, on hosts (feature `decode`): memory
//! only, bounded before a decoder sees anything, overwritten when dropped.
//!
//! JPEG 2000 is decoded by `hayro-jpeg2000`, PNG by `png`. Both are given only what was looked at
//! first: dimensions, tiles, precincts and layers have limits, because a few bytes can ask for
//! gigabytes. What a decoder itself held on the way is freed and not overwritten.

mod codestream;
mod jp2;
mod png;

use crate::frame::{Frame, PixelFormat};
use crate::photo::{Photo, PhotoKind};
use core::fmt;
use std::vec::Vec;
use zeroize::Zeroize;

/// Most bytes of an encoded image. No file of the card is longer than 64 KiB.
pub const MOST_BYTES: usize = 0x4_0000;
/// Most pixels of a row or rows. The photo of a test card has 378 × 472.
pub const MOST_SIDE: u16 = 2_048;
/// Most pixels.
pub const MOST_PIXELS: usize = 0x10_0000;

/// A decoded image: eight bits of grey, rows from the top. Overwritten when dropped.
pub struct Picture {
    width: u16,
    height: u16,
    grey: Vec<u8>,
}

impl Picture {
    /// Decodes a photo, or the image of a name or an address.
    ///
    /// # Errors
    /// [`DecodeError`]. Nothing is decoded that is larger than the limits of this module.
    pub fn decode(photo: &Photo<'_>) -> Result<Self, DecodeError> {
        if photo.bytes().len() > MOST_BYTES {
            return Err(DecodeError::TooLarge);
        }
        match photo.kind() {
            PhotoKind::Jp2 => jp2::decode(jp2::codestream(photo.bytes())?),
            PhotoKind::Jpeg => Err(DecodeError::Unsupported),
            PhotoKind::Jpeg2000Codestream => jp2::decode(photo.bytes()),
            PhotoKind::Png => png::decode(photo.bytes()),
        }
    }

    /// A picture of `width` times `height` pixels.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] unless there is a byte for each pixel, [`DecodeError::TooLarge`].
    pub fn from_grey(width: u16, height: u16, grey: Vec<u8>) -> Result<Self, DecodeError> {
        // Made first, so that the pixels are overwritten also when they are refused.
        let picture = Self { width, height, grey };
        let pixels = limits(u32::from(width), u32::from(height))?;
        if picture.grey.len() == pixels { Ok(picture) } else { Err(DecodeError::Malformed) }
    }

    /// Pixels of a row.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> u16 {
        self.height
    }

    /// The pixels: 0 is black, 255 white.
    #[must_use]
    pub fn grey(&self) -> &[u8] {
        &self.grey
    }

    /// The pixel in column `x` of row `y`; 0 outside.
    #[must_use]
    pub fn pixel(&self, x: u16, y: u16) -> u8 {
        let at = usize::from(y).saturating_mul(self.width.into()).saturating_add(x.into());
        self.grey.get(at).copied().filter(|_| x < self.width).unwrap_or(0)
    }

    /// The picture as a matcher gets it; there is one for every picture.
    #[must_use]
    pub fn frame(&self) -> Option<Frame<'_>> {
        Frame::new(self.width, self.height, PixelFormat::Grey8, &self.grey).ok()
    }

    /// The picture as a PNG file, for a caller who asked for a file. The bytes are the caller's to
    /// overwrite.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] when it cannot be written, which has no known cause.
    pub fn to_png(&self) -> Result<Vec<u8>, DecodeError> {
        png::encode(self)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.grey.zeroize();
    }
}

/// How many pixels these are, if they may be.
fn limits(width: u32, height: u32) -> Result<usize, DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::Malformed);
    }
    if width > u32::from(MOST_SIDE) || height > u32::from(MOST_SIDE) {
        return Err(DecodeError::TooLarge);
    }
    let pixels = usize::try_from(width.saturating_mul(height)).unwrap_or(usize::MAX);
    if pixels > MOST_PIXELS { Err(DecodeError::TooLarge) } else { Ok(pixels) }
}

/// Why an image was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// Damaged, or cut short.
    Malformed,
    /// More bytes, pixels or parts than are decoded here.
    TooLarge,
    /// Encoded in a way that is not decoded here.
    Unsupported,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the image is damaged or cut short; read the card again",
            Self::TooLarge => "the image is larger than is decoded here; keep the original",
            Self::Unsupported => "images of this sort are not decoded here; keep the original",
        })
    }
}

impl core::error::Error for DecodeError {}
