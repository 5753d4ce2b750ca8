//! The photo (顔写真) of a virtual card: a drawing that says so, another one, or the caller's bytes.

use crate::Error;

/// See `data/photo/README.md`.
const SAMPLE: &[u8] = include_bytes!("../data/photo/virtual-photo.jp2");
/// The other one there.
const ANOTHER: &[u8] = include_bytes!("../data/photo/another-photo.jp2");
/// Header of a box of JP2 (ISO/IEC 15444-1, I.4) with a UUID (I.7.2).
const UUID_BOX: usize = 24;
/// Longest photo, in bytes: with the other fields the file is no longer than READ BINARY can reach.
const LONGEST: usize = 30_000;

/// What the card has for a photo. How large those of real cards are is UNKNOWN (`docs/card-facts.md` §10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Photo {
    /// The drawing of [`crate::Holder::sample`].
    #[default]
    Sample,
    /// The drawing of somebody else, of the same shape.
    Another,
    /// The sample, as many bytes long: made longer by a box that readers pass over.
    Padded(usize),
    /// These bytes, whatever they are.
    Bytes(Vec<u8>),
}

impl Photo {
    /// The bytes.
    ///
    /// # Errors
    /// [`Error::InvalidIssue`] when they are too many, or too few for a padded one.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let bytes = match self {
            Self::Sample => SAMPLE.to_vec(),
            Self::Another => ANOTHER.to_vec(),
            Self::Padded(length) if *length > LONGEST => Vec::new(),
            Self::Padded(length) => padded(*length)?,
            Self::Bytes(bytes) => bytes.clone(),
        };
        match bytes.len() {
            1..=LONGEST => Ok(bytes),
            _ => Err(Error::InvalidIssue("a photo has 1 to 30,000 bytes")),
        }
    }
}

fn padded(length: usize) -> Result<Vec<u8>, Error> {
    let more = length.checked_sub(SAMPLE.len()).filter(|more| *more >= UUID_BOX);
    let more = more.ok_or(Error::InvalidIssue("a padded photo is longer than the sample by 24"))?;
    let mut bytes = SAMPLE.to_vec();
    bytes.extend(u32::try_from(more).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(b"uuidKAZASU VIRTUAL!!");
    // Not the same byte always, so that a piece that is lost or repeated is noticed.
    bytes.extend((0..more - UUID_BOX).map(|at| (at % 251) as u8));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photo_has_the_shape_of_the_test_cards() {
        for photo in [Photo::Sample, Photo::Another, Photo::Padded(20_000)] {
            let bytes = photo.bytes().unwrap();
            assert!(bytes.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n"));
            // The image header: height, width, components, depth.
            let at = bytes.windows(4).position(|at| at == b"ihdr").unwrap() + 4;
            assert_eq!(bytes[at..at + 11], [0, 0, 1, 0xD8, 0, 0, 1, 0x7A, 0, 1, 7]);
        }
        assert_ne!(Photo::Sample.bytes().unwrap(), Photo::Another.bytes().unwrap());
    }

    #[test]
    fn a_padded_one_is_as_long_as_it_was_to_be() {
        for length in [SAMPLE.len() + UUID_BOX, 20_000, LONGEST] {
            let bytes = Photo::Padded(length).bytes().unwrap();
            assert_eq!(bytes.len(), length);
            // The boxes fill it.
            let mut at = 0;
            while at < bytes.len() {
                at += u32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
            }
            assert_eq!(at, length);
        }
        for wrong in [
            Photo::Padded(SAMPLE.len() + UUID_BOX - 1),
            Photo::Padded(LONGEST + 1),
            Photo::Padded(usize::MAX),
            Photo::Bytes(Vec::new()),
            Photo::Bytes(vec![0; LONGEST + 1]),
        ] {
            assert!(matches!(wrong.bytes(), Err(Error::InvalidIssue(_))));
        }
    }
}
