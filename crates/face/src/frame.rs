//! What a camera saw, as a matcher gets it: a frame in memory, or the number of something that the
//! device keeps for itself. Never an address, never kept, never shown by `Debug`.

use core::fmt;

/// How the pixels of a [`Frame`] lie: rows from the top, pixels from the left, no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PixelFormat {
    /// Eight bits of blue, green, red.
    Bgr8,
    /// Eight bits of grey; also of an infrared camera.
    Grey8,
    /// Sixteen bits of grey, low byte first; also depth in the device's own unit.
    Grey16,
    /// Eight bits of red, green, blue.
    Rgb8,
}

impl PixelFormat {
    /// Bytes of one pixel.
    #[must_use]
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Bgr8 | Self::Rgb8 => 3,
            Self::Grey16 => 2,
            Self::Grey8 => 1,
        }
    }
}

/// One frame of a camera, borrowed for one call.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    width: u16,
    height: u16,
    format: PixelFormat,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// A frame of `width` times `height` pixels.
    ///
    /// # Errors
    /// [`FrameError`] unless there are pixels, and as many bytes as they have.
    pub fn new(
        width: u16,
        height: u16,
        format: PixelFormat,
        bytes: &'a [u8],
    ) -> Result<Self, FrameError> {
        let pixels = usize::from(width).checked_mul(usize::from(height));
        match pixels.and_then(|pixels| pixels.checked_mul(format.bytes_per_pixel())) {
            Some(0) => Err(FrameError::Empty),
            Some(length) if length == bytes.len() => Ok(Self { width, height, format, bytes }),
            _ => Err(FrameError::Length),
        }
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

    /// How the pixels lie.
    #[must_use]
    pub const fn format(&self) -> PixelFormat {
        self.format
    }

    /// The pixels.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} x {}, {:?})", self.width, self.height, self.format)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Frame<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Frame({} x {}, {})", self.width, self.height, self.format);
    }
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameError {
    /// It has no pixels.
    Empty,
    /// Its bytes are not as many as its pixels have.
    Length,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the frame has no pixels; check the camera's driver",
            Self::Length => {
                "the frame's bytes do not fit its width, height and format; check the camera's \
                 driver"
            }
        })
    }
}

impl core::error::Error for FrameError {}

/// What a matcher is given to look at.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Capture<'a> {
    /// A frame in memory. The buffer is overwritten when the call has returned.
    Frame(Frame<'a>),
    /// The device has the picture itself, under this number (a camera, a secure frame buffer). The
    /// number is the vendor's and means nothing here.
    Native(u64),
}

impl<'a> From<Frame<'a>> for Capture<'a> {
    fn from(frame: Frame<'a>) -> Self {
        Self::Frame(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_bytes_of_its_pixels() {
        assert!(Frame::new(2, 3, PixelFormat::Grey8, &[0; 6]).is_ok());
        assert!(Frame::new(2, 3, PixelFormat::Rgb8, &[0; 18]).is_ok());
        assert!(Frame::new(2, 3, PixelFormat::Grey16, &[0; 12]).is_ok());
        for (width, height, bytes, error) in [
            (0, 3, &[][..], FrameError::Empty),
            (3, 0, &[1], FrameError::Empty),
            (2, 3, &[0; 5], FrameError::Length),
            (2, 3, &[0; 7], FrameError::Length),
            (u16::MAX, u16::MAX, &[0; 7], FrameError::Length),
        ] {
            let refused = Frame::new(width, height, PixelFormat::Grey8, bytes).err();
            assert_eq!(refused, Some(error));
        }
    }
}
