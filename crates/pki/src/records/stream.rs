//! The card face piece by piece, for a reader that has no room for the whole of it: digested as it
//! passes, in about one and a half KiB. It decides as [`CardFace`](super::CardFace) does, and gives
//! nothing of its own away before the signature was verified.

use kazasu_tlv::{Error, ErrorKind, Header, Rules, Tag};
use sha2::{Digest, Sha256};

use super::{
    CardKey, RecordDate, RecordError, Sex, Unsigned, Verified,
    card_face::{FIELDS, RECORD, ThreeDigests},
    fields, masked,
};
use crate::{
    backend::Backend,
    cvc::{CvcKey, PublicKey2048},
    rsa::Fixed,
};

/// A part of the card face that passes through a [`CardFaceStream`] and is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CardFacePart {
    /// The image of the name (氏名), PNG, `DF25`.
    NameImage,
    /// The image of the address (住所), PNG, `DF26`.
    AddressImage,
    /// The photo (顔写真), JPEG 2000 (JP2), `DF27`.
    Photo,
    /// The image of the security code (セキュリティコード), PNG, `DF2A`: no signature covers it, also
    /// after the end.
    UnsignedSecurityCodeImage,
}

/// Octets of an image as they pass, with their place in it. Nothing of it is verified yet.
#[derive(Clone, Copy)]
pub struct CardFacePiece<'a> {
    part: CardFacePart,
    length: usize,
    start: usize,
    octets: &'a [u8],
}

masked!(CardFacePiece<'_>);

impl<'a> CardFacePiece<'a> {
    /// What they are part of.
    pub const fn part(&self) -> CardFacePart {
        self.part
    }

    /// How many octets that has in all; known with the first piece.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// How many octets of it came before these: 0 in the first piece.
    pub const fn start(&self) -> usize {
        self.start
    }

    /// The octets, at least one.
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }
}

/// Where a field's value goes.
#[derive(Clone, Copy)]
enum Value {
    /// Into [`Kept`], whole, as it has this length.
    Kept(usize),
    /// To the caller.
    Passed(CardFacePart),
    /// Nowhere: a field that is not known.
    Ignored,
}

/// For each of [`FIELDS`]: where its value goes, and which of the three digests covers it.
const PLAN: [(Value, Option<usize>); 10] = [
    (Value::Kept(18), None),
    (Value::Kept(8), Some(0)),
    (Value::Kept(1), Some(0)),
    (Value::Kept(PublicKey2048::LENGTH), Some(0)),
    (Value::Passed(CardFacePart::NameImage), Some(1)),
    (Value::Passed(CardFacePart::AddressImage), Some(1)),
    (Value::Passed(CardFacePart::Photo), Some(2)),
    (Value::Kept(256), None),
    (Value::Kept(8), None),
    (Value::Passed(CardFacePart::UnsignedSecurityCodeImage), None),
];

/// Which of the digests is over the octets of the photo alone, without tag and length.
const PHOTO_DIGEST: usize = 3;

/// The values that are needed at the end, as the card sent them.
struct Kept {
    offsets: [u8; 18],
    birth: [u8; 8],
    sex: [u8; 1],
    key: [u8; PublicKey2048::LENGTH],
    signature: [u8; 256],
    expiry: [u8; 8],
}

impl Kept {
    const EMPTY: Self = Self {
        offsets: [0; 18],
        birth: [0; 8],
        sex: [0; 1],
        key: [0; PublicKey2048::LENGTH],
        signature: [0; 256],
        expiry: [0; 8],
    };

    fn of(&mut self, field: usize) -> &mut [u8] {
        match field {
            0 => &mut self.offsets,
            1 => &mut self.birth,
            2 => &mut self.sex,
            3 => &mut self.key,
            7 => &mut self.signature,
            8 => &mut self.expiry,
            _ => &mut [],
        }
    }
}

#[derive(Clone, Copy)]
enum State {
    /// Before the record, or in its tag and length.
    Outside,
    /// In the tag and length of a field, or at the end of the record.
    Header,
    /// In the value of a field of this length, with so many octets to come.
    Value { field: Option<usize>, length: usize, left: usize },
    /// After the record.
    Filler,
    /// Refused: nothing more is looked at.
    Refused,
}

/// 券面事項確認AP EF 0002, fed in pieces of any size.
///
/// The caller is given the images as they pass, and must not believe or show them before
/// [`CardFaceStream::finish`] ended well; what was stored until then is thrown away when it did not.
pub struct CardFaceStream {
    state: State,
    /// The tag and length that are being collected, with stray octets before the record.
    header: [u8; fields::STRAY + Header::MAX_LENGTH],
    header_length: usize,
    /// How many octets of the file were looked at.
    position: usize,
    stray: usize,
    /// Where the record ends.
    end: usize,
    positions: [Option<usize>; 10],
    kept: Kept,
    /// The three that the signature covers, and one over the octets of the photo alone.
    digests: [Sha256; 4],
    /// What they came to, at the end of the record.
    sums: [[u8; 32]; 4],
    lengths: [usize; 3],
}

masked!(CardFaceStream, StreamedCardFace);

impl Default for CardFaceStream {
    fn default() -> Self {
        Self::new()
    }
}

impl CardFaceStream {
    /// A stream at the start of the file.
    pub fn new() -> Self {
        Self {
            state: State::Outside,
            header: [0; fields::STRAY + Header::MAX_LENGTH],
            header_length: 0,
            position: 0,
            stray: 0,
            end: 0,
            positions: [None; 10],
            kept: Kept::EMPTY,
            digests: [(); 4].map(|()| Sha256::new()),
            sums: [[0; 32]; 4],
            lengths: [0; 3],
        }
    }

    /// How many octets the file has up to the end of the record; `None` before its length was fed.
    /// No more need to be read.
    pub const fn total_length(&self) -> Option<usize> {
        match self.state {
            State::Outside | State::Refused => None,
            _ => Some(self.end),
        }
    }

    /// Takes the next octets of the file. Images in them go to `sink`, in pieces, in order.
    ///
    /// # Errors
    /// Those of [`CardFace::parse`](super::CardFace::parse) as soon as they are certain, and then
    /// [`RecordError::AlreadyRefused`].
    pub fn feed(
        &mut self,
        octets: &[u8],
        mut sink: impl FnMut(CardFacePiece<'_>),
    ) -> Result<(), RecordError> {
        let result = self.advance(octets, &mut sink);
        if result.is_err() {
            self.state = State::Refused;
        }
        result
    }

    fn advance(
        &mut self,
        mut octets: &[u8],
        sink: &mut impl FnMut(CardFacePiece<'_>),
    ) -> Result<(), RecordError> {
        while let Some((&first, rest)) = octets.split_first() {
            octets = match self.state {
                State::Refused => return Err(RecordError::AlreadyRefused),
                State::Outside => {
                    self.collect(first);
                    self.open_record()?;
                    rest
                }
                State::Header => {
                    self.collect(first);
                    self.open_field()?;
                    rest
                }
                State::Value { field, length, left } => {
                    let (part, rest) = octets.split_at_checked(left).unwrap_or((octets, &[]));
                    self.take(field, (length, left), part, sink);
                    rest
                }
                State::Filler => {
                    self.position = self.position.saturating_add(1);
                    if !matches!(first, 0x00 | 0xFF) {
                        return Err(self.error(ErrorKind::NotFiller).into());
                    }
                    rest
                }
            };
            if matches!(self.state, State::Header) && self.position == self.end {
                // The record ends where a field does, or in the middle of a header.
                if self.header_length != 0 {
                    return Err(self.error(ErrorKind::Overrun).into());
                }
                self.state = State::Filler;
                self.sum();
            }
        }
        Ok(())
    }

    fn collect(&mut self, octet: u8) {
        if let Some(slot) = self.header.get_mut(self.header_length) {
            *slot = octet;
            self.header_length = self.header_length.saturating_add(1);
        }
        self.position = self.position.saturating_add(1);
    }

    /// Looks for the record in what was collected: at the start, or after stray octets. At no two of
    /// these places can its tag and a length stand.
    fn open_record(&mut self) -> Result<(), RecordError> {
        let collected = self.header.get(..self.header_length).unwrap_or_default();
        let mut refusal = fields::missing(RECORD, 0);
        let mut open = false;
        for stray in 0..=fields::STRAY {
            let Some(candidate) = collected.get(stray..) else {
                open = true;
                break;
            };
            let tag = RECORD.octets().to_be_bytes();
            let tag = tag.iter().skip(tag.len().saturating_sub(RECORD.encoded_length()));
            if candidate.iter().zip(tag).any(|(is, should)| is != should) {
                continue;
            }
            match Header::parse(candidate, Rules::Ber) {
                Ok(header) => {
                    self.stray = stray;
                    self.end = stray.saturating_add(header.total_length()?);
                    self.header_length = 0;
                    self.state = State::Header;
                    return Ok(());
                }
                Err(error) if error.kind == ErrorKind::Truncated => open = true,
                Err(error) => {
                    let offset = error.offset.saturating_add(stray);
                    refusal = Error { kind: error.kind, offset };
                }
            }
        }
        if open { Ok(()) } else { Err(refusal.into()) }
    }

    /// Begins the value of a field when its header is whole.
    fn open_field(&mut self) -> Result<(), RecordError> {
        let collected = self.header.get(..self.header_length).unwrap_or_default();
        let header = match Header::parse(collected, Rules::Ber) {
            Ok(header) => header,
            Err(error) if error.kind == ErrorKind::Truncated => return Ok(()),
            Err(error) => return Err(self.error(error.kind).into()),
        };
        if header.length > self.end.saturating_sub(self.position) {
            return Err(self.error(ErrorKind::Overrun).into());
        }
        let field = FIELDS.iter().position(|tag| *tag == header.tag);
        if let Some(field) = field {
            self.begin(field, &header)?;
        }
        self.header_length = 0;
        self.state = match header.length {
            0 => State::Header,
            length => State::Value { field, length, left: length },
        };
        Ok(())
    }

    fn begin(&mut self, field: usize, header: &Header) -> Result<(), RecordError> {
        let (value, digest) = plan(Some(field));
        let tag = header.tag;
        if matches!(value, Value::Kept(length) if length != header.length) {
            return Err(RecordError::Field { tag });
        }
        let covered = |other: usize| digest.is_some() && plan(Some(other)).1 == digest;
        let mut later = self.positions.iter().enumerate().skip(field.saturating_add(1));
        if later.any(|(other, position)| position.is_some() && covered(other)) {
            return Err(RecordError::Order { tag });
        }
        let start = self.position.saturating_sub(header.header_length);
        match self.positions.get_mut(field) {
            Some(position) if position.is_none() => *position = Some(start),
            _ => return Err(RecordError::Duplicate { tag }),
        }
        if let Some(digest) = digest.and_then(|digest| self.digests.get_mut(digest)) {
            digest.update(self.header.get(..self.header_length).unwrap_or_default());
        }
        Ok(())
    }

    /// Takes the next octets of a value of this length, of which `left` are to come.
    fn take(
        &mut self,
        field: Option<usize>,
        (length, left): (usize, usize),
        octets: &[u8],
        sink: &mut impl FnMut(CardFacePiece<'_>),
    ) {
        let (value, digest) = plan(field);
        let start = length.saturating_sub(left);
        if let Some(digest) = digest.and_then(|digest| self.digests.get_mut(digest)) {
            digest.update(octets);
        }
        match (value, field) {
            (Value::Kept(_), Some(field)) => {
                let place = self.kept.of(field).iter_mut().skip(start);
                place.zip(octets).for_each(|(to, octet)| *to = *octet);
            }
            (Value::Passed(part), _) => {
                let (slot, photo) =
                    (self.lengths.get_mut(part as usize), part == CardFacePart::Photo);
                slot.into_iter().for_each(|it| *it = length);
                if let Some(digest) = self.digests.get_mut(PHOTO_DIGEST).filter(|_| photo) {
                    digest.update(octets);
                }
                sink(CardFacePiece { part, length, start, octets });
            }
            _ => {}
        }
        self.position = self.position.saturating_add(octets.len());
        let left = left.saturating_sub(octets.len());
        self.state = if left == 0 { State::Header } else { State::Value { field, length, left } };
    }

    /// Ends the digests, and overwrites the blocks that the hash functions hold: the last octets of
    /// the photo are not to stay behind, wherever the stream is moved to.
    fn sum(&mut self) {
        for (sum, digest) in self.sums.iter_mut().zip(&mut self.digests) {
            *sum = digest.finalize_reset().into();
            // One octet short of a block and one more, so that both pass through the hash's buffer.
            digest.update([0; 63]);
            digest.update([0; 1]);
            digest.reset();
        }
    }

    const fn error(&self, kind: ErrorKind) -> Error {
        Error { kind, offset: self.position.saturating_sub(1) }
    }

    /// Ends the file and verifies the signature, without a heap. The stream takes nothing more then.
    ///
    /// # Errors
    /// [`RecordError::WrongRole`], [`RecordError::BadSignature`], and those of
    /// [`CardFace::parse`](super::CardFace::parse) that are only certain now.
    pub fn finish(&mut self, key: &CvcKey) -> Result<Verified<StreamedCardFace>, RecordError> {
        self.finish_with(key, &Fixed::new())
    }

    /// [`CardFaceStream::finish`] with a back end of the caller's choice.
    ///
    /// # Errors
    /// As [`CardFaceStream::finish`], and [`RecordError::Key`] when the back end cannot take the key.
    pub fn finish_with(
        &mut self,
        key: &CvcKey,
        backend: &impl Backend,
    ) -> Result<Verified<StreamedCardFace>, RecordError> {
        match core::mem::replace(&mut self.state, State::Refused) {
            State::Filler => {}
            State::Refused => return Err(RecordError::AlreadyRefused),
            _ => {
                let end = Error { kind: ErrorKind::Truncated, offset: self.position };
                return Err(end.into());
            }
        }
        for (tag, position) in FIELDS.iter().zip(&self.positions) {
            position.ok_or(fields::missing(*tag, self.end))?;
        }
        let positions = self.positions.iter().skip(1).flatten().copied();
        fields::check_offsets(&self.kept.offsets, self.stray, positions)?;
        let [texts, images, photo, photo_sha256] = self.sums;
        let [name_image, address_image, photo_length] = self.lengths;
        let face = StreamedCardFace {
            birth: date(&self.kept.birth, 1)?,
            sex: Sex::parse(&self.kept.sex).ok_or(field(2))?,
            key: PublicKey2048::parse(&self.kept.key).map_err(RecordError::Key)?,
            expiry: date(&self.kept.expiry, 8)?,
            images_digest: images,
            photo_digest: photo,
            photo_sha256,
            lengths: [name_image, address_image, photo_length],
        };
        let digests = ThreeDigests::new([texts, images, photo]);
        digests.verify(face, &self.kept.signature, key, backend)
    }
}

impl Drop for CardFaceStream {
    fn drop(&mut self) {
        self.sum();
        self.kept = Kept::EMPTY;
        // So that the compiler does not leave out what nobody reads.
        core::hint::black_box(self);
    }
}

fn plan(field: Option<usize>) -> (Value, Option<usize>) {
    let plan = field.and_then(|field| PLAN.get(field));
    plan.copied().unwrap_or((Value::Ignored, None))
}

fn field(place: usize) -> RecordError {
    RecordError::Field { tag: FIELDS.get(place).copied().unwrap_or(Tag::new(0)) }
}

fn date(octets: &[u8], place: usize) -> Result<RecordDate, RecordError> {
    RecordDate::octets(octets).map(RecordDate::new).ok_or(field(place))
}

/// What is left of a card face that passed through a [`CardFaceStream`]: everything but the images,
/// which the caller has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StreamedCardFace {
    birth: RecordDate,
    sex: Sex,
    key: PublicKey2048,
    expiry: RecordDate,
    images_digest: [u8; 32],
    photo_digest: [u8; 32],
    photo_sha256: [u8; 32],
    lengths: [usize; 3],
}

impl Verified<StreamedCardFace> {
    /// The date of birth (生年月日), `DF22`.
    pub const fn birth(&self) -> RecordDate {
        self.record.birth
    }

    /// The sex (性別), `DF23`.
    pub const fn sex(&self) -> Sex {
        self.record.sex
    }

    /// The key of the card, `DF24`, for a [`CardChallenge`](super::CardChallenge).
    pub const fn card_key(&self) -> CardKey {
        CardKey::new(self.record.key, self.origin)
    }

    /// SHA-256 over the images of name and address as they passed, with their tags and lengths.
    pub const fn images_digest(&self) -> &[u8; 32] {
        &self.record.images_digest
    }

    /// SHA-256 over the photo as it passed, with its tag and length.
    pub const fn photo_digest(&self) -> &[u8; 32] {
        &self.record.photo_digest
    }

    /// SHA-256 over the octets of the photo alone, as they passed: of what
    /// [`Verified::<CardFace>::photo`](Verified::photo) gives of a card face in memory.
    pub const fn photo_sha256(&self) -> &[u8; 32] {
        &self.record.photo_sha256
    }

    /// How many octets the images of name and address and the photo have, in this order.
    pub const fn lengths(&self) -> [usize; 3] {
        self.record.lengths
    }

    /// The day on which the card expires (有効期限), `DF29`. **No signature covers it.**
    pub const fn expiry(&self) -> Unsigned<RecordDate> {
        Unsigned::new(self.record.expiry)
    }
}
