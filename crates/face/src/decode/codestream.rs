//! A look at a JPEG 2000 codestream before it is decoded (ISO/IEC 15444-1 Annex A): how large, how many
//! parts. It walks the markers of all headers, and refuses what would cost more than a photo may.

use super::{DecodeError, limits};

const SOC: u16 = 0xFF4F;
const SOT: u16 = 0xFF90;
const SOD: u16 = 0xFF93;
const EOC: u16 = 0xFFD9;
const SIZ: u16 = 0xFF51;
const COD: u16 = 0xFF52;
const COC: u16 = 0xFF53;
const TLM: u16 = 0xFF55;
const PLM: u16 = 0xFF57;
const PLT: u16 = 0xFF58;
const QCD: u16 = 0xFF5C;
const QCC: u16 = 0xFF5D;
const RGN: u16 = 0xFF5E;
const CRG: u16 = 0xFF63;
const COM: u16 = 0xFF64;

/// Most tiles, tile-parts, and levels of decomposition.
const MOST_TILES: u64 = 64;
const MOST_TILE_PARTS: u32 = 256;
const MOST_LEVELS: u8 = 12;
/// Most precincts times layers, and code-blocks times layers.
const MOST_PACKETS: u64 = 0x1_0000;
const MOST_BLOCKS: u64 = 0x4_0000;
/// Most bytes of an array of samples in the decoder, as the photo costs it with three components.
const MOST_COMPONENTS: u64 = 3;

/// The size of the image.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
    tile_width: u32,
    tile_height: u32,
    components: u64,
}

impl Size {
    fn tiles(&self) -> u64 {
        let across = self.width.div_ceil(self.tile_width.max(1));
        let down = self.height.div_ceil(self.tile_height.max(1));
        u64::from(across).saturating_mul(down.into())
    }
}

/// Checks the headers.
pub(super) fn check(bytes: &[u8]) -> Result<Size, DecodeError> {
    let mut reader = Reader { rest: bytes };
    if reader.u16()? != SOC || reader.u16()? != SIZ {
        return Err(DecodeError::Malformed);
    }
    let size = size(reader.segment()?)?;
    let mut layers = None;
    loop {
        match reader.u16()? {
            COD => layers = Some(coding_style(reader.segment()?, &size)?),
            COC => component_style(reader.segment()?, &size, layers)?,
            SOT => break,
            TLM | PLM | QCD | QCC | RGN | CRG | COM => {
                reader.segment()?;
            }
            // Progression changes and packed packet headers: nothing that a photo needs.
            _ => return Err(DecodeError::Unsupported),
        }
    }
    if layers.is_none() {
        return Err(DecodeError::Malformed);
    }
    for _ in 0..MOST_TILE_PARTS {
        tile_part(&mut reader, &size, layers)?;
        match reader.u16() {
            Ok(SOT) => {}
            Ok(EOC) => return Ok(size),
            _ => return Err(DecodeError::Malformed),
        }
    }
    Err(DecodeError::TooLarge)
}

/// A tile-part from behind its SOT marker to its end.
fn tile_part(reader: &mut Reader<'_>, size: &Size, layers: Option<u64>) -> Result<(), DecodeError> {
    // In front of this: the marker itself.
    let start = reader.rest.len().saturating_add(2);
    let mut segment = reader.segment()?;
    segment.u16()?;
    let length = usize::try_from(segment.u32()?).map_err(|_| DecodeError::TooLarge)?;
    loop {
        match reader.u16()? {
            COD => {
                coding_style(reader.segment()?, size)?;
            }
            COC => component_style(reader.segment()?, size, layers)?,
            SOD => break,
            QCD | QCC | RGN | PLT | COM => {
                reader.segment()?;
            }
            _ => return Err(DecodeError::Unsupported),
        }
    }
    let read = start.saturating_sub(reader.rest.len());
    let left = match length {
        // To the end of the codestream, but for EOC.
        0 => reader.rest.len().checked_sub(2),
        length => length.checked_sub(read),
    };
    reader.skip(left.ok_or(DecodeError::Malformed)?)
}

/// SIZ, A.5.1.
fn size(mut segment: Reader<'_>) -> Result<Size, DecodeError> {
    segment.u16()?;
    let [width, height] = [segment.u32()?, segment.u32()?];
    let offset = [segment.u32()?, segment.u32()?];
    let [tile_width, tile_height] = [segment.u32()?, segment.u32()?];
    let tile_offset = [segment.u32()?, segment.u32()?];
    let components = u64::from(segment.u16()?);
    if offset != [0, 0] || tile_offset != [0, 0] || (components != 1 && components != 3) {
        return Err(DecodeError::Unsupported);
    }
    for _ in 0..components {
        let [precision, across, down] = [segment.u8()?, segment.u8()?, segment.u8()?];
        // Without a sign, at most sixteen bits, not subsampled.
        if precision > 15 || across != 1 || down != 1 {
            return Err(DecodeError::Unsupported);
        }
    }
    limits(width, height)?;
    let size = Size { width, height, tile_width, tile_height, components };
    if tile_width == 0 || tile_height == 0 {
        return Err(DecodeError::Malformed);
    }
    if size.tiles() > MOST_TILES || size.components > MOST_COMPONENTS {
        return Err(DecodeError::TooLarge);
    }
    Ok(size)
}

/// COD, A.6.1: the number of layers.
fn coding_style(mut segment: Reader<'_>, size: &Size) -> Result<u64, DecodeError> {
    let style = segment.u8()?;
    segment.u8()?;
    let layers = u64::from(segment.u16()?);
    segment.u8()?;
    parameters(segment, style & 1 != 0, size, layers)?;
    Ok(layers)
}

/// COC, A.6.2; fewer than 257 components.
fn component_style(
    mut segment: Reader<'_>,
    size: &Size,
    layers: Option<u64>,
) -> Result<(), DecodeError> {
    segment.u8()?;
    let style = segment.u8()?;
    parameters(segment, style & 1 != 0, size, layers.ok_or(DecodeError::Unsupported)?)
}

/// SPcod and SPcoc: what they cost in precincts and code-blocks.
fn parameters(
    mut segment: Reader<'_>,
    has_precincts: bool,
    size: &Size,
    layers: u64,
) -> Result<(), DecodeError> {
    let levels = segment.u8()?;
    let block = [segment.u8()?, segment.u8()?].map(|exponent| u32::from(exponent & 0x0F) + 2);
    segment.u16()?;
    if levels > MOST_LEVELS || layers == 0 {
        return Err(DecodeError::TooLarge);
    }
    let tile = [size.tile_width.min(size.width), size.tile_height.min(size.height)];
    let mut precincts = 0_u64;
    let mut blocks = 0_u64;
    for resolution in 0..=levels {
        let exponents = if has_precincts { segment.u8()? } else { 0xFF };
        let precinct = [u32::from(exponents & 0x0F), u32::from(exponents >> 4)];
        // The lowest may be 1 by 1; of the others the sub-bands would have none.
        if resolution > 0 && precinct.contains(&0) {
            return Err(DecodeError::Malformed);
        }
        let shift = u32::from(levels.saturating_sub(resolution));
        let sides = tile.map(|side| u64::from(side.checked_shr(shift).unwrap_or(0)) + 1);
        // One more in each direction, because the grid need not begin where the tile does.
        let parts = |exponents: [u32; 2]| {
            let along = |side: u64, exponent: u32| (side >> exponent.min(31)) + 2;
            let [width, height] = sides;
            let [across, down] = exponents;
            along(width, across).saturating_mul(along(height, down))
        };
        let here = parts(precinct);
        precincts = precincts.saturating_add(here);
        let [across, down] = block;
        let [wide, high] = precinct;
        let smaller = [across.min(wide), down.min(high)];
        // Three sub-bands, whose blocks are no larger than their precincts.
        blocks = blocks.saturating_add(parts(smaller).saturating_add(here).saturating_mul(3));
    }
    let all = size.tiles().saturating_mul(size.components).saturating_mul(layers);
    if precincts.saturating_mul(all) > MOST_PACKETS || blocks.saturating_mul(all) > MOST_BLOCKS {
        return Err(DecodeError::TooLarge);
    }
    Ok(())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        self.take().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.take().map(u32::from_be_bytes)
    }

    fn skip(&mut self, length: usize) -> Result<(), DecodeError> {
        let (_, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(())
    }

    /// A marker segment behind its marker, without its length.
    fn segment(&mut self) -> Result<Reader<'a>, DecodeError> {
        let length = usize::from(self.u16()?).checked_sub(2).ok_or(DecodeError::Malformed)?;
        let (segment, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(Reader { rest: segment })
    }
}
