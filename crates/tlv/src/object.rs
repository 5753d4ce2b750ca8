//! Finding one object: in a file that is filled up after it, or by the tags above it. Never guesses
//! what the octets around an object mean.

use crate::{Element, Error, ErrorKind, Reader, Rules, Tag};

/// The object at the start of a file, and the filler after it (`00` or `FF`; possibly none).
///
/// Physical files are often longer than what they hold, so the object's own length decides and not
/// the file's (`docs/card-facts.md` §2.3 and §2.9).
///
/// # Errors
/// [`ErrorKind::OnlyFiller`] for a file that holds no object, [`ErrorKind::NotFiller`] at the first
/// octet after the object that is neither `00` nor `FF`, and those of [`Reader::read`].
pub fn object(bytes: &[u8], rules: Rules) -> Result<(Element<'_>, &[u8]), Error> {
    object_at(bytes, 0, rules)
}

/// The object with this tag at the start of a card file, or after up to `max_skip` octets that do not
/// belong to it; and the filler after it.
///
/// Some cards were seen with two octets before the object (`docs/card-facts.md` §2.9). The first
/// place where the whole of it can be read, with nothing but filler after it, is taken. The
/// rules are [`Rules::Ber`]; offsets count from the start of `bytes`.
///
/// # Errors
/// [`ErrorKind::Missing`] when the tag is not there; when it is and nothing readable follows, the
/// error of the first such place.
pub fn object_search(
    bytes: &[u8],
    tag: Tag,
    max_skip: usize,
) -> Result<(Element<'_>, &[u8]), Error> {
    let mut first_error = None;
    for skip in 0..=max_skip.min(bytes.len()) {
        let candidate = bytes.get(skip..).unwrap_or_default();
        match Tag::parse(candidate, Rules::Ber) {
            Ok((found, _)) if found == tag => {}
            _ => continue,
        }
        match object_at(candidate, skip, Rules::Ber) {
            Ok(found) => return Ok(found),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or(Error::new(ErrorKind::Missing { expected: tag }, 0)))
}

/// The object that the tags of `path` lead to, from the outside in; none when one of them is not
/// there, or the path is empty. On every level the first object with the tag counts.
///
/// # Errors
/// [`ErrorKind::NotConstructed`] when the path leads into a primitive object, and those of
/// [`Reader::read`] for the objects up to the one that is looked for.
pub fn find_path<'a>(
    bytes: &'a [u8],
    rules: Rules,
    path: &[Tag],
) -> Result<Option<Element<'a>>, Error> {
    let mut found: Option<Element<'a>> = None;
    for &tag in path {
        let mut siblings = match found {
            None => Reader::new(bytes, rules),
            Some(parent) => parent.children()?,
        };
        found = siblings.find(tag)?;
        if found.is_none() {
            break;
        }
    }
    Ok(found)
}

fn is_filler(octet: u8) -> bool {
    matches!(octet, 0x00 | 0xFF)
}

/// [`object`] for octets that start at `offset` of the file.
fn object_at(bytes: &[u8], offset: usize, rules: Rules) -> Result<(Element<'_>, &[u8]), Error> {
    let mut reader = Reader::starting_at(bytes, rules, offset);
    let element = match reader.read() {
        Ok(element) => element,
        // Filler looks like a tag; only when it cannot be one is the file known to be empty.
        Err(error) if error.kind != ErrorKind::Truncated && bytes.iter().all(|&b| is_filler(b)) => {
            return Err(Error::new(ErrorKind::OnlyFiller, offset));
        }
        Err(error) => return Err(error),
    };
    let filler = reader.remaining();
    match filler.iter().position(|&octet| !is_filler(octet)) {
        None => Ok((element, filler)),
        Some(place) => Err(Error::new(ErrorKind::NotFiller, reader.offset().saturating_add(place))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Tag = Tag::new(0xFF20);

    fn kind_and_offset<T: core::fmt::Debug>(result: Result<T, Error>) -> (ErrorKind, usize) {
        let error = result.unwrap_err();
        (error.kind, error.offset)
    }

    #[test]
    fn filler_may_follow_and_nothing_else() {
        let file = [0xFF, 0x20, 0x03, 0x04, 0x01, 0xAA, 0x00, 0xFF, 0x00];
        let (element, filler) = object(&file, Rules::Der).unwrap();
        assert_eq!(element.raw(), &file[..6]);
        assert_eq!(filler, [0x00, 0xFF, 0x00]);

        let file = [0x04, 0x01, 0xAA, 0xFF, 0x90, 0xFF];
        assert_eq!(kind_and_offset(object(&file, Rules::Ber)), (ErrorKind::NotFiller, 4));
    }

    #[test]
    fn a_file_of_filler_is_named_so() {
        for filler in [[0xFF; 16], [0x00; 16]] {
            let refused = kind_and_offset(object(&filler, Rules::Ber));
            assert_eq!(refused, (ErrorKind::OnlyFiller, 0));
        }
        assert_eq!(kind_and_offset(object(&[], Rules::Ber)), (ErrorKind::Truncated, 0));
        assert_eq!(kind_and_offset(object(&[0xFF], Rules::Ber)), (ErrorKind::Truncated, 1));
    }

    #[test]
    fn stray_octets_before_the_object_are_skipped_up_to_the_limit() {
        let file = [0xFF, 0x20, 0xFF, 0x20, 0x01, 0xAA, 0xFF];
        let (element, filler) = object_search(&file, FACE, 2).unwrap();
        assert_eq!((element.offset(), element.value(), filler), (2, &[0xAA][..], &[0xFF][..]));
        // The first place has the tag too, but an impossible length.
        let refused = kind_and_offset(object_search(&file, FACE, 1));
        assert_eq!(refused, (ErrorKind::LengthTooLong, 2));

        let refused = kind_and_offset(object_search(&file, Tag::new(0xFF40), usize::MAX));
        assert_eq!(refused, (ErrorKind::Missing { expected: Tag::new(0xFF40) }, 0));
        let cut = kind_and_offset(object_search(&[0x00, 0xFF, 0x20, 0x05, 0x01], FACE, 2));
        assert_eq!(cut, (ErrorKind::Truncated, 5));
        // Of two places where the object cannot be read, the first is reported.
        let twice = [0xFF, 0x20, 0x80, 0xFF, 0x20, 0x05, 0x01];
        let refused = kind_and_offset(object_search(&twice, FACE, 8));
        assert_eq!(refused, (ErrorKind::IndefiniteLength, 2));
    }

    #[test]
    fn a_path_leads_through_constructed_objects() {
        let (outer, inner, leaf) = (Tag::new(0xFF20), Tag::new(0xA1), Tag::new(0x91));
        let file = [0x04, 0, 0xFF, 0x20, 0x07, 0x04, 0, 0xA1, 0x03, 0x91, 0x01, 0x55, 0xFF];
        let at = |path: &[Tag]| find_path(&file, Rules::Ber, path);
        let found = at(&[outer, inner, leaf]).unwrap().unwrap();
        assert_eq!((found.offset(), found.value()), (9, &[0x55][..]));
        assert_eq!(at(&[outer, leaf]), Ok(None));
        assert_eq!(at(&[]), Ok(None));
        let refused = kind_and_offset(at(&[outer, inner, leaf, leaf]));
        assert_eq!(refused, (ErrorKind::NotConstructed, 9));
    }
}
