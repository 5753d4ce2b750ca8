//! The photo (顔写真) as the card has it: its type told by its first bytes, borrowed or in pieces. Never
//! decoded here, never kept, and never shown by `Debug`.

use core::fmt;
use sha2::{Digest, Sha256};

/// Signature box of a JP2 file (ISO/IEC 15444-1 Annex I.5.1).
const JP2: [u8; 12] = [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A];
/// SOC and SIZ, with which every codestream begins (ISO/IEC 15444-1 Annex A.4).
const CODESTREAM: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// Signature of PNG (ISO/IEC 15948 clause 5.2).
const PNG: [u8; 8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
/// SOI and the first byte of the next marker (ISO/IEC 10918-1 Annex B).
const JPEG: [u8; 3] = [0xFF, 0xD8, 0xFF];

/// How an image is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PhotoKind {
    /// JPEG 2000 in a JP2 file. What the known cards have (`docs/card-facts.md` §2.3).
    Jp2,
    /// JPEG, ISO/IEC 10918-1.
    Jpeg,
    /// A JPEG 2000 codestream without a file around it.
    Jpeg2000Codestream,
    /// PNG, ISO/IEC 15948.
    Png,
}

impl PhotoKind {
    /// Most bytes that telling the type takes.
    pub const MAGIC_LENGTH: usize = JP2.len();

    /// Tells the type by the first bytes; `None` when they are of none of these.
    #[must_use]
    pub fn of(first: &[u8]) -> Option<Self> {
        [
            (&JP2[..], Self::Jp2),
            (&JPEG, Self::Jpeg),
            (&CODESTREAM, Self::Jpeg2000Codestream),
            (&PNG, Self::Png),
        ]
        .into_iter()
        .find_map(|(magic, kind)| first.starts_with(magic).then_some(kind))
    }

    /// The word for machines: `jp2`, `jpeg`, `jpeg-2000-codestream`, `png`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jp2 => "jp2",
            Self::Jpeg => "jpeg",
            Self::Jpeg2000Codestream => "jpeg-2000-codestream",
            Self::Png => "png",
        }
    }
}

impl fmt::Display for PhotoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A photo in memory, whose type is known. Borrowed: its owner wipes the bytes.
#[derive(Clone, Copy)]
pub struct Photo<'a> {
    kind: PhotoKind,
    bytes: &'a [u8],
}

impl<'a> Photo<'a> {
    /// Tells the type.
    ///
    /// # Errors
    /// [`PhotoProblem::Empty`], [`PhotoProblem::UnknownKind`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, PhotoProblem> {
        if bytes.is_empty() {
            return Err(PhotoProblem::Empty);
        }
        let kind = PhotoKind::of(bytes).ok_or(PhotoProblem::UnknownKind)?;
        Ok(Self { kind, bytes })
    }

    /// How it is encoded.
    #[must_use]
    pub const fn kind(&self) -> PhotoKind {
        self.kind
    }

    /// The bytes as the card has them.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The SHA-256 digest of a photo's bytes, by which [`FaceMatch`](crate::FaceMatch) and
/// [`VisualConfirmation`](crate::VisualConfirmation) know it. Nothing of the photo is left behind where
/// it was computed.
#[must_use]
pub fn photo_sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(bytes);
    // Not by value, which would leave the last block where it was moved from.
    let digest = hash.finalize_reset().into();
    wipe(&mut hash);
    digest
}

/// Overwrites the block that a hash function holds.
pub(crate) fn wipe(hash: &mut Sha256) {
    hash.reset();
    // One byte short of a block and one more, so that both pass through the hash's own buffer.
    hash.update([0; 63]);
    hash.update([0; 1]);
    hash.reset();
}

impl fmt::Debug for Photo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Photo({}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// Takes a photo in pieces: one of 20 KB passes through a reader with 1 KiB to spare.
///
/// A sink must not keep a piece by its address: the caller overwrites the buffer when the call has
/// returned. What it copies it wipes when it is told to forget.
pub trait PhotoSink {
    /// A photo of this type and of `length` bytes follows. What was there of another is dropped.
    ///
    /// # Errors
    /// [`PhotoProblem`]; no piece follows then.
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem>;

    /// The next bytes, in order.
    ///
    /// # Errors
    /// [`PhotoProblem`]; no other piece follows then.
    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem>;
}

/// Why a photo cannot be compared with anything. A fault of neither the holder nor the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PhotoProblem {
    /// There are no bytes.
    Empty,
    /// Damaged, or cut short.
    Malformed,
    /// No face was found in it.
    NoFace,
    /// More bytes or more pixels than are taken.
    TooLarge,
    /// Its first bytes are of no type that is known.
    UnknownKind,
    /// A type that is known and not taken here.
    UnsupportedKind,
}

impl fmt::Display for PhotoProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no photo; read the card again",
            Self::Malformed => "the photo is damaged or cut short; read the card again",
            Self::NoFace => "there is no face in the photo; use the PIN or the visual check",
            Self::TooLarge => "the photo is larger than is taken; use the PIN or the visual check",
            Self::UnknownKind => "the photo is of no known type; use the PIN or the visual check",
            Self::UnsupportedKind => {
                "photos of this type are not taken here; use the PIN or the visual check"
            }
        })
    }
}

impl core::error::Error for PhotoProblem {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn the_type_is_told_by_the_first_bytes() {
        let jp2 = [&JP2[..], b"\0\0\0\x14ftypjp2 "].concat();
        for (bytes, kind) in [
            (&jp2[..], PhotoKind::Jp2),
            (&[0xFF, 0x4F, 0xFF, 0x51, 0x00], PhotoKind::Jpeg2000Codestream),
            (b"\x89PNG\r\n\x1a\n...", PhotoKind::Png),
            (&[0xFF, 0xD8, 0xFF, 0xE0], PhotoKind::Jpeg),
        ] {
            assert_eq!(Photo::new(bytes).unwrap().kind(), kind);
            let magic = bytes.len().min(PhotoKind::MAGIC_LENGTH);
            assert_eq!(PhotoKind::of(&bytes[..magic]), Some(kind));
        }
        for bytes in [&JP2[..11], b"\x89PN", b"GIF89a", &[0xFF, 0xD8], &[0xFF, 0x4F, 0xFF]] {
            assert_eq!(Photo::new(bytes).err(), Some(PhotoProblem::UnknownKind));
        }
        assert_eq!(Photo::new(&[]).err(), Some(PhotoProblem::Empty));
    }

    #[test]
    fn debug_shows_no_byte_of_it() {
        let photo = Photo::new(&[0xFF, 0xD8, 0xFF, 0xE7]).unwrap();
        assert_eq!(format!("{photo:?}"), "Photo(jpeg, 4 bytes)");
    }
}
