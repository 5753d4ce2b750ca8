//! JPEG 2000: the codestream in a JP2 file, and its decoding by `hayro-jpeg2000`, which is never given
//! the file around it: colour profiles, palettes and channel definitions are of no use for a grey
//! photo, and each is a parser more.

use super::{DecodeError, Picture, codestream, limits};
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use std::vec::Vec;

/// Type of the box with the codestream (ISO/IEC 15444-1 Annex I.5.4).
const CONTIGUOUS_CODESTREAM: [u8; 4] = *b"jp2c";

/// The first codestream of a JP2 file.
pub(super) fn codestream(file: &[u8]) -> Result<&[u8], DecodeError> {
    let mut rest = file;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(DecodeError::Malformed)?;
        let (kind, after) = after.split_first_chunk::<4>().ok_or(DecodeError::Malformed)?;
        let (content, next) = match u32::from_be_bytes(*length) {
            // To the end of the file.
            0 => (after, &[][..]),
            // The length follows in eight bytes: more than is decoded here.
            1 => return Err(DecodeError::TooLarge),
            length => {
                let content = usize::try_from(length).ok().and_then(|all| all.checked_sub(8));
                after
                    .split_at_checked(content.ok_or(DecodeError::Malformed)?)
                    .ok_or(DecodeError::Malformed)?
            }
        };
        if *kind == CONTIGUOUS_CODESTREAM {
            return Ok(content);
        }
        rest = next;
    }
    Err(DecodeError::Malformed)
}

/// Decodes a codestream that was looked at.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    let size = codestream::check(bytes)?;
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        // What is cut short is damaged, and not half a photo.
        strict: true,
        target_resolution: None,
    };
    let image = Image::new(bytes, &settings).map_err(|_| DecodeError::Malformed)?;
    if (image.width(), image.height()) != (size.width, size.height) {
        return Err(DecodeError::Malformed);
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| DecodeError::Malformed)?;
    let pixels = limits(size.width, size.height)?;
    let grey: Vec<u8> = match decoded.components() {
        [grey] => grey.samples().iter().map(|sample| to_u8(*sample, grey.bit_depth())).collect(),
        [red, green, blue] => {
            let planes = red.samples().iter().zip(green.samples()).zip(blue.samples());
            planes.map(|((r, g), b)| to_u8(luminance([*r, *g, *b]), red.bit_depth())).collect()
        }
        _ => return Err(DecodeError::Unsupported),
    };
    if grey.len() != pixels {
        return Err(DecodeError::Malformed);
    }
    let side = |length| u16::try_from(length).map_err(|_| DecodeError::TooLarge);
    Picture::from_grey(side(size.width)?, side(size.height)?, grey)
}

/// Weights of ITU-R BT.601.
fn luminance([red, green, blue]: [f32; 3]) -> f32 {
    red * 0.299 + green * 0.587 + blue * 0.114
}

/// A sample of this depth, 1 to 16 bits, in eight bits.
fn to_u8(sample: f32, depth: u8) -> u8 {
    let most = f32::from(u16::MAX.checked_shr(16_u32.saturating_sub(depth.into())).unwrap_or(0xFF));
    // A cast of a float saturates.
    (sample * 255.0 / most).round() as u8
}
