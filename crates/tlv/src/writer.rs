//! Writing objects into a buffer of the caller, every length in its shortest form. Never allocates,
//! and after an error what was written before stands unchanged.

use core::{cell::Cell, fmt};

use crate::{Error, ErrorKind, Tag};

/// Writes objects one after the other into a buffer.
///
/// What it writes is valid by both [`Rules`](crate::Rules), as long as tags are minimal. Errors point
/// at the place in the output where the object that failed would have started.
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> Writer<'b> {
    /// A writer that fills `buffer` from its start.
    #[must_use]
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// The length of what was written so far, in octets.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Ends the writing and returns what was written, for as long as the buffer lives.
    #[must_use]
    pub fn finish(self) -> &'b [u8] {
        let Self { buffer, length } = self;
        buffer.get(..length).unwrap_or_default()
    }

    /// Writes an object with this value.
    ///
    /// # Errors
    /// [`ErrorKind::BufferTooSmall`], [`ErrorKind::InvalidTag`], and [`ErrorKind::LengthTooLong`] for
    /// a value of more than 16 777 215 octets.
    pub fn element(&mut self, tag: Tag, value: &[u8]) -> Result<(), Error> {
        self.all_or_nothing(|writer| {
            writer.tag(tag)?;
            let (octets, count) = length_octets(value.len(), writer.length)?;
            writer.append(octets.iter().take(count))?;
            writer.append(value.iter())
        })
    }

    /// Writes an object whose value is what `content` writes.
    ///
    /// # Errors
    /// Those of [`Self::element`] and of `content`; and [`ErrorKind::NotConstructed`] for a primitive
    /// tag.
    pub fn constructed(
        &mut self,
        tag: Tag,
        content: impl FnOnce(&mut Writer<'b>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !tag.is_constructed() {
            return Err(Error::new(ErrorKind::NotConstructed, self.length));
        }
        self.encapsulating(tag, content)
    }

    /// Writes an object whose value is what `content` writes, also with a primitive tag: an OCTET
    /// STRING around an extension (RFC 5280, 4.2), or the public keys on the card face (`DF24`,
    /// `docs/card-facts.md` §2.3).
    ///
    /// # Errors
    /// Those of [`Self::element`] and of `content`.
    pub fn encapsulating(
        &mut self,
        tag: Tag,
        content: impl FnOnce(&mut Writer<'b>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.all_or_nothing(|writer| {
            writer.tag(tag)?;
            // One octet is enough for most lengths; the value moves when it turns out not to be.
            let length_at = writer.length;
            writer.append([0].iter())?;
            let value_at = writer.length;
            content(writer)?;
            let (octets, count) = length_octets(writer.length.saturating_sub(value_at), length_at)?;
            writer.move_up(value_at, count.saturating_sub(1))?;
            let place = writer.buffer.iter_mut().skip(length_at);
            place.zip(octets.iter().take(count)).for_each(|(to, &octet)| *to = octet);
            Ok(())
        })
    }

    /// Writes octets as they are: objects that are encoded already.
    ///
    /// # Errors
    /// [`ErrorKind::BufferTooSmall`].
    pub fn raw(&mut self, encoded: &[u8]) -> Result<(), Error> {
        self.append(encoded.iter())
    }

    fn tag(&mut self, tag: Tag) -> Result<(), Error> {
        if !tag.is_valid() {
            return Err(Error::new(ErrorKind::InvalidTag, self.length));
        }
        let octets = tag.to_octets();
        self.append(octets.iter().skip(octets.len().saturating_sub(tag.encoded_length())))
    }

    fn append<'v>(&mut self, octets: impl ExactSizeIterator<Item = &'v u8>) -> Result<(), Error> {
        let full = Error::new(ErrorKind::BufferTooSmall, self.length);
        let end = self.length.checked_add(octets.len()).ok_or(full)?;
        let room = self.buffer.get_mut(self.length..end).ok_or(full)?;
        room.iter_mut().zip(octets).for_each(|(to, &octet)| *to = octet);
        self.length = end;
        Ok(())
    }

    /// Moves what was written from `start` on by `distance` octets towards the end.
    fn move_up(&mut self, start: usize, distance: usize) -> Result<(), Error> {
        let full = Error::new(ErrorKind::BufferTooSmall, self.length);
        let end = self.length.checked_add(distance).ok_or(full)?;
        let room = self.buffer.get_mut(start..end).ok_or(full)?;
        // Cells, so that source and target may overlap; backwards, so that nothing is lost.
        let cells = Cell::from_mut(room).as_slice_of_cells();
        let targets = cells.iter().skip(distance).rev();
        let sources = cells.iter().rev().skip(distance);
        targets.zip(sources).for_each(|(to, from)| to.set(from.get()));
        self.length = end;
        Ok(())
    }

    fn all_or_nothing(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let before = self.length;
        let result = write(self);
        if result.is_err() {
            self.length = before;
        }
        result
    }
}

/// The shortest length octets; the first `count` of them count.
fn length_octets(length: usize, offset: usize) -> Result<([u8; 4], usize), Error> {
    let too_long = Error::new(ErrorKind::LengthTooLong, offset);
    let length = u32::try_from(length).map_err(|_| too_long)?;
    let [top, high, middle, low] = length.to_be_bytes();
    match length {
        0..=0x7F => Ok(([low, 0, 0, 0], 1)),
        0x80..=0xFF => Ok(([0x81, low, 0, 0], 2)),
        0x100..=0xFFFF => Ok(([0x82, middle, low, 0], 3)),
        _ if top == 0 => Ok(([0x83, high, middle, low], 4)),
        _ => Err(too_long),
    }
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("length", &self.length)
            .field("capacity", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Writer<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Writer {{ length: {=usize}, capacity: {=usize} }}",
            self.length,
            self.buffer.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags;

    #[test]
    fn lengths_take_as_few_octets_as_possible() {
        let value = [0x5A; 0x1_0000];
        for (length, header) in [
            (0, &[0x04, 0x00][..]),
            (0x7F, &[0x04, 0x7F]),
            (0x80, &[0x04, 0x81, 0x80]),
            (0xFF, &[0x04, 0x81, 0xFF]),
            (0x100, &[0x04, 0x82, 0x01, 0x00]),
            (0xFFFF, &[0x04, 0x82, 0xFF, 0xFF]),
            (0x1_0000, &[0x04, 0x83, 0x01, 0x00, 0x00]),
        ] {
            let value = &value[..length];
            let mut buffer = [0; 0x1_0010];
            let mut writer = Writer::new(&mut buffer);
            writer.element(tags::OCTET_STRING, value).unwrap();
            assert_eq!(writer.written().split_at(header.len()), (header, value));

            // The same when the length is only known afterwards.
            let mut buffer = [0; 0x1_0010];
            let mut writer = Writer::new(&mut buffer);
            writer.encapsulating(tags::OCTET_STRING, |inside| inside.raw(value)).unwrap();
            assert_eq!(writer.finish().split_at(header.len()), (header, value));
        }
        assert_eq!(length_octets(0xFF_FFFF, 0), Ok(([0x83, 0xFF, 0xFF, 0xFF], 4)));
        let error = length_octets(0x100_0000, 7).unwrap_err();
        assert_eq!(error, Error::new(ErrorKind::LengthTooLong, 7));
    }

    #[test]
    fn the_value_survives_being_moved() {
        let value: [u8; 200] = core::array::from_fn(|i| i as u8);
        let mut buffer = [0; 300];
        let mut writer = Writer::new(&mut buffer);
        writer.raw(&[0x05, 0x00]).unwrap();
        writer.encapsulating(tags::OCTET_STRING, |inside| inside.raw(&value)).unwrap();
        writer.element(tags::NULL, &[]).unwrap();
        let written = writer.finish();
        assert_eq!(written[..5], [0x05, 0x00, 0x04, 0x81, 200]);
        assert_eq!(written[5..205], value);
        assert_eq!(written[205..], [0x05, 0x00]);
    }

    #[test]
    fn what_failed_leaves_no_trace() {
        let mut buffer = [0; 8];
        let mut writer = Writer::new(&mut buffer);
        writer.element(tags::INTEGER, &[7]).unwrap();
        let before = [0x02, 0x01, 0x07];
        for (result, kind, offset) in [
            (writer.element(tags::OCTET_STRING, &[0; 4]), ErrorKind::BufferTooSmall, 5),
            (writer.element(Tag::new(0x1F), &[]), ErrorKind::InvalidTag, 3),
            (writer.element(Tag::new(0x1234_5678), &[]), ErrorKind::InvalidTag, 3),
            (writer.constructed(tags::NULL, |_| Ok(())), ErrorKind::NotConstructed, 3),
            (
                writer.constructed(tags::SEQUENCE, |inside| {
                    inside.element(tags::NULL, &[])?;
                    inside.element(tags::NULL, &[])
                }),
                ErrorKind::BufferTooSmall,
                8,
            ),
        ] {
            assert_eq!(result, Err(Error::new(kind, offset)));
        }
        assert_eq!(writer.written(), before);
        writer.element(tags::OCTET_STRING, &[1, 2, 3]).unwrap();
        assert_eq!(writer.len(), 8);
    }
}
