//! PNG, the rendered name and address (`docs/card-facts.md` §2.3), by the crate `png`; and a picture
//! written as PNG.

use super::{DecodeError, MOST_PIXELS, Picture, limits};
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, Limits, Transformations};
use std::io::Cursor;
use std::vec;
use std::vec::Vec;
use zeroize::Zeroizing;

/// Most bytes of a pixel when it was expanded: red, green, blue, opacity.
const MOST_BYTES_PER_PIXEL: usize = 4;

pub(super) fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    let most = MOST_PIXELS.saturating_mul(MOST_BYTES_PER_PIXEL);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: most });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let header = decoder.read_header_info().map_err(error)?;
    limits(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(error)?;
    let size = reader.output_buffer_size().ok_or(DecodeError::TooLarge)?;
    if size > most {
        return Err(DecodeError::TooLarge);
    }
    let mut pixels = Zeroizing::new(vec![0; size]);
    let frame = reader.next_frame(&mut pixels).map_err(error)?;
    // To the end, so that what is cut short is damaged.
    reader.finish().map_err(error)?;
    if frame.bit_depth != BitDepth::Eight {
        return Err(DecodeError::Unsupported);
    }
    let pixels = pixels.get(..frame.buffer_size()).ok_or(DecodeError::Malformed)?;
    let grey: Vec<u8> = match frame.color_type {
        ColorType::Grayscale => pixels.to_vec(),
        ColorType::GrayscaleAlpha => {
            pixels.as_chunks().0.iter().map(|[grey, alpha]| over_white(*grey, *alpha)).collect()
        }
        ColorType::Rgb => {
            pixels.as_chunks().0.iter().map(|[r, g, b]| luminance(*r, *g, *b)).collect()
        }
        ColorType::Rgba => {
            let pixels = pixels.as_chunks().0.iter();
            pixels.map(|[r, g, b, alpha]| over_white(luminance(*r, *g, *b), *alpha)).collect()
        }
        ColorType::Indexed => return Err(DecodeError::Unsupported),
    };
    let side = |length| u16::try_from(length).map_err(|_| DecodeError::TooLarge);
    Picture::from_grey(side(frame.width)?, side(frame.height)?, grey)
}

/// Weights of ITU-R BT.601, in 256ths.
fn luminance(red: u8, green: u8, blue: u8) -> u8 {
    let sum = u16::from(red).saturating_mul(77).saturating_add(
        u16::from(green).saturating_mul(150).saturating_add(u16::from(blue).saturating_mul(29)),
    );
    u8::try_from(sum >> 8).unwrap_or(u8::MAX)
}

/// On white paper.
fn over_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u16::from(grey), u16::from(alpha));
    let sum = grey.saturating_mul(alpha).saturating_add(
        u16::from(u8::MAX).saturating_mul(u16::from(u8::MAX).saturating_sub(alpha)),
    );
    u8::try_from(sum / u16::from(u8::MAX)).unwrap_or(u8::MAX)
}

pub(super) fn encode(picture: &Picture) -> Result<Vec<u8>, DecodeError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width.into(), picture.height.into());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|_| DecodeError::Malformed)?;
    writer.write_image_data(&picture.grey).map_err(|_| DecodeError::Malformed)?;
    writer.finish().map_err(|_| DecodeError::Malformed)?;
    Ok(file)
}

fn error(error: DecodingError) -> DecodeError {
    match error {
        DecodingError::LimitsExceeded => DecodeError::TooLarge,
        _ => DecodeError::Malformed,
    }
}
