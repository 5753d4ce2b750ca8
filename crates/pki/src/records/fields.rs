//! Fields of a record, found by their tags. Never by their place, and never twice.

use kazasu_tlv::{Element, Error, ErrorKind, Rules, Tag};
use sha2::{Digest, Sha256};

use super::{RecordDate, RecordError, Sex};
use crate::cvc::PublicKey2048;

/// How many octets may stand before the object of an EF 0002 (`docs/card-facts.md` §2.9).
pub(super) const STRAY: usize = 2;

/// The object of a file, which stands at its start.
pub(super) fn object(file: &[u8], tag: Tag) -> Result<Element<'_>, RecordError> {
    let (object, _) = kazasu_tlv::object(file, Rules::Ber)?;
    Ok(object.expect(tag)?)
}

/// The object of a file that may have stray octets before it.
pub(super) fn object_after_stray(file: &[u8], tag: Tag) -> Result<Element<'_>, RecordError> {
    let (object, _) = kazasu_tlv::object_search(file, tag, STRAY)?;
    Ok(object)
}

/// The fields with these tags, each of which must be there once. Fields with other tags are passed
/// over: nothing is signed by their presence, and nothing reads them.
pub(super) fn fields<'a, const N: usize>(
    object: &Element<'a>,
    tags: &[Tag; N],
) -> Result<[Element<'a>; N], RecordError> {
    let mut found: [Option<Element<'a>>; N] = [None; N];
    for element in object.children()? {
        let element = element?;
        let mut slots = tags.iter().zip(&mut found);
        if let Some((tag, slot)) = slots.find(|(tag, _)| **tag == element.tag())
            && slot.replace(element).is_some()
        {
            return Err(RecordError::Duplicate { tag: *tag });
        }
    }
    if let Some((tag, _)) = tags.iter().zip(&found).find(|(_, slot)| slot.is_none()) {
        return Err(missing(*tag, object.value_offset()).into());
    }
    // None is left; the object stands in for what cannot be.
    Ok(found.map(|slot| slot.unwrap_or(*object)))
}

pub(super) const fn missing(tag: Tag, offset: usize) -> Error {
    Error { kind: ErrorKind::Missing { expected: tag }, offset }
}

/// Refuses fields that are signed together and stand in another order than that of the signature.
pub(super) fn in_order(elements: &[Element<'_>]) -> Result<(), RecordError> {
    for (one, next) in elements.iter().zip(elements.iter().skip(1)) {
        if one.offset() > next.offset() {
            return Err(RecordError::Order { tag: one.tag() });
        }
    }
    Ok(())
}

/// Compares an offset table with where the fields are. The offsets count from the start of the file
/// (`docs/card-facts.md` §2.3); where stray octets stand before the object, it is not known whether
/// these count, so that either will do, for all fields alike.
pub(super) fn check_offsets(
    table: &[u8],
    stray: usize,
    positions: impl Iterator<Item = usize> + Clone,
) -> Result<(), RecordError> {
    let agree = |base: usize| {
        let (entries, _) = table.as_chunks::<2>();
        let entries = entries.iter().map(|entry| usize::from(u16::from_be_bytes(*entry)));
        entries.eq(positions.clone().map(|position| position.saturating_sub(base)))
    };
    if agree(0) || agree(stray) { Ok(()) } else { Err(RecordError::Offsets) }
}

pub(super) fn invalid(element: &Element<'_>) -> RecordError {
    RecordError::Field { tag: element.tag() }
}

/// A value of a fixed length.
pub(super) fn fixed<'a, const N: usize>(element: &Element<'a>) -> Result<&'a [u8; N], RecordError> {
    element.value().try_into().map_err(|_| invalid(element))
}

/// A date, where it lies: no copy of it is made before somebody asks for it.
pub(super) fn date<'a>(element: &Element<'a>) -> Result<&'a [u8; 8], RecordError> {
    RecordDate::octets(element.value()).ok_or(invalid(element))
}

pub(super) fn sex(element: &Element<'_>) -> Result<Sex, RecordError> {
    Sex::parse(element.value()).ok_or(invalid(element))
}

pub(super) fn text<'a>(element: &Element<'a>) -> Result<&'a str, RecordError> {
    core::str::from_utf8(element.value()).map_err(|_| invalid(element))
}

pub(super) fn key(element: &Element<'_>) -> Result<PublicKey2048, RecordError> {
    PublicKey2048::parse(fixed(element)?).map_err(RecordError::Key)
}

/// SHA-256 over whole objects, one after the other.
pub(super) fn digest(elements: &[Element<'_>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    elements.iter().for_each(|element| hash.update(element.raw()));
    // Not by value: `sha2` overwrites its block where it is dropped.
    hash.finalize_reset().into()
}
