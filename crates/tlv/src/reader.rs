//! Objects one after the other, borrowed from the input. Never copies and never recurses: going
//! into an object is a new [`Reader`] that the caller asks for.

use core::{fmt, iter::FusedIterator};

use crate::{Error, ErrorKind, Header, Rules, Tag};

/// One object: tag, length and value (ISO/IEC 7816-4: a data object; X.690: an encoding).
///
/// Its `Debug` text names tag, place and length and never the value, which may be personal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    raw: &'a [u8],
    value: &'a [u8],
    tag: Tag,
    offset: usize,
    rules: Rules,
}

impl<'a> Element<'a> {
    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The value: what tag and length enclose.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The whole object as it stands in the input, tag and length included. Signatures are made
    /// over these octets.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where the tag stands, in octets from the start of the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The length of tag and length fields together, in octets.
    #[must_use]
    pub const fn header_length(&self) -> usize {
        self.raw.len().saturating_sub(self.value.len())
    }

    /// Where the value stands, in octets from the start of the outermost input.
    #[must_use]
    pub const fn value_offset(&self) -> usize {
        self.offset.saturating_add(self.header_length())
    }

    /// The rules by which the object was read.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The objects inside, for a constructed object.
    ///
    /// # Errors
    /// [`ErrorKind::NotConstructed`] for a primitive object. See [`Self::encapsulated`].
    pub const fn children(&self) -> Result<Reader<'a>, Error> {
        if self.tag.is_constructed() {
            Ok(self.encapsulated())
        } else {
            Err(Error::new(ErrorKind::NotConstructed, self.offset))
        }
    }

    /// The objects inside a value that is known to hold some although its tag is primitive: an
    /// OCTET STRING around an extension (RFC 5280, 4.2), or the public keys on the card face (`DF24`,
    /// `docs/card-facts.md` §2.3). Offsets go on counting from the outermost input.
    #[must_use]
    pub const fn encapsulated(&self) -> Reader<'a> {
        Reader::within(self.value, self.rules, self.value_offset())
    }

    /// The object itself if it has this tag.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedTag`] with what was found.
    pub fn expect(self, tag: Tag) -> Result<Self, Error> {
        if self.tag == tag {
            Ok(self)
        } else {
            let kind = ErrorKind::UnexpectedTag { expected: tag, found: self.tag };
            Err(Error::new(kind, self.offset))
        }
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element")
            .field("tag", &self.tag)
            .field("offset", &self.offset)
            .field("length", &self.value.len())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Element<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Element {{ tag: {}, offset: {=usize}, length: {=usize} }}",
            self.tag,
            self.offset,
            self.value.len()
        );
    }
}

/// Reads objects one after the other.
///
/// A read that fails leaves the reader where it was. A clone is a bookmark.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    rules: Rules,
    /// Whether the end of `rest` is the end of an enclosing object.
    enclosed: bool,
}

impl<'a> Reader<'a> {
    /// A reader of the objects in `bytes`. Offsets count from its start.
    #[must_use]
    pub const fn new(bytes: &'a [u8], rules: Rules) -> Self {
        Self { rest: bytes, offset: 0, rules, enclosed: false }
    }

    /// A reader of objects that were taken out of a larger input, where they start at `offset`.
    #[must_use]
    pub const fn within(bytes: &'a [u8], rules: Rules, offset: usize) -> Self {
        Self { rest: bytes, offset, rules, enclosed: true }
    }

    /// A reader of an input whose first `offset` octets were skipped.
    pub(crate) const fn starting_at(bytes: &'a [u8], rules: Rules, offset: usize) -> Self {
        Self { rest: bytes, offset, rules, enclosed: false }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Where the next object starts, in octets from the start of the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What was not read yet.
    #[must_use]
    pub const fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// The rules by which objects are read.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) const fn is_enclosed(&self) -> bool {
        self.enclosed
    }

    /// The tag of the next object, without reading it; none at the end.
    ///
    /// # Errors
    /// Every kind that names a tag, and [`ErrorKind::Truncated`] or [`ErrorKind::Overrun`] when it is
    /// cut.
    pub fn peek_tag(&self) -> Result<Option<Tag>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        match Tag::parse(self.rest, self.rules) {
            Ok((tag, _)) => Ok(Some(tag)),
            Err(error) => Err(self.locate(error)),
        }
    }

    /// Reads the next object.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] at the end of the input, [`ErrorKind::Overrun`] at the end of the
    /// enclosing object or when the object reaches past it, and every kind that names a tag or a
    /// length.
    pub fn read(&mut self) -> Result<Element<'a>, Error> {
        let (header, rest) = Header::split(self.rest, self.rules).map_err(|e| self.locate(e))?;
        let cut = Error::new(ErrorKind::Truncated, self.rest.len());
        let (value, rest) = rest.split_at_checked(header.length).ok_or(self.locate(cut))?;
        let total = self.rest.len().saturating_sub(rest.len());
        let raw = self.rest.get(..total).ok_or(self.locate(cut))?;
        let element =
            Element { raw, value, tag: header.tag, offset: self.offset, rules: self.rules };
        self.rest = rest;
        self.offset = self.offset.saturating_add(total);
        Ok(element)
    }

    /// Reads the next object, which must have this tag.
    ///
    /// # Errors
    /// [`ErrorKind::Missing`] at the end, [`ErrorKind::UnexpectedTag`] with what was found, and those
    /// of [`Self::read`].
    pub fn expect(&mut self, tag: Tag) -> Result<Element<'a>, Error> {
        match self.peek_tag()? {
            None => Err(Error::new(ErrorKind::Missing { expected: tag }, self.offset)),
            Some(found) if found == tag => self.read(),
            Some(found) => {
                Err(Error::new(ErrorKind::UnexpectedTag { expected: tag, found }, self.offset))
            }
        }
    }

    /// Reads the next object if it has this tag; otherwise reads nothing.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Element<'a>>, Error> {
        if self.peek_tag()? == Some(tag) { self.read().map(Some) } else { Ok(None) }
    }

    /// Reads on until an object with this tag was read; none when the end comes first.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn find(&mut self, tag: Tag) -> Result<Option<Element<'a>>, Error> {
        while !self.is_empty() {
            let element = self.read()?;
            if element.tag() == tag {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// Ends the reading: everything must have been read.
    ///
    /// # Errors
    /// [`ErrorKind::TrailingBytes`].
    pub const fn finish(&self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::TrailingBytes, self.offset))
        }
    }

    /// Turns a place within `self.rest` into one of the outermost input. Where octets are missing
    /// because an enclosing object ends, the fault is the object's, so it is named instead.
    const fn locate(&self, error: Error) -> Error {
        match error.kind {
            ErrorKind::Truncated if self.enclosed => Error::new(ErrorKind::Overrun, self.offset),
            _ => error.shifted(self.offset),
        }
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("offset", &self.offset)
            .field("remaining", &self.rest.len())
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Reader<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Reader {{ offset: {=usize}, remaining: {=usize}, rules: {} }}",
            self.offset,
            self.rest.len(),
            self.rules
        );
    }
}

impl<'a> IntoIterator for Reader<'a> {
    type Item = Result<Element<'a>, Error>;
    type IntoIter = Elements<'a>;

    fn into_iter(self) -> Elements<'a> {
        Elements { reader: self, failed: false }
    }
}

/// The objects of a [`Reader`] as an iterator, which ends after the first error.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Elements<'a> {
    reader: Reader<'a>,
    failed: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.reader.is_empty() {
            return None;
        }
        let result = self.reader.read();
        self.failed = result.is_err();
        Some(result)
    }
}

impl FusedIterator for Elements<'_> {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::tags;

    /// SEQUENCE { INTEGER 7, UTF8String "secret" }, NULL
    const INPUT: [u8; 15] =
        [0x30, 11, 0x02, 1, 7, 0x0C, 6, b's', b'e', b'c', b'r', b'e', b't', 0x05, 0];

    #[test]
    fn reads_in_order_and_says_what_it_found_instead() {
        let mut outer = Reader::new(&INPUT, Rules::Der);
        assert_eq!(outer.peek_tag(), Ok(Some(tags::SEQUENCE)));
        let sequence = outer.expect(tags::SEQUENCE).unwrap();
        assert_eq!((sequence.offset(), sequence.value_offset()), (0, 2));

        let mut inner = sequence.children().unwrap();
        assert_eq!(inner.optional(tags::BOOLEAN), Ok(None));
        let number = inner.optional(tags::INTEGER).unwrap().unwrap();
        assert_eq!((number.value(), number.raw()), (&INPUT[4..5], &INPUT[2..5]));
        assert_eq!(inner.finish(), Err(Error::new(ErrorKind::TrailingBytes, 5)));
        let kind = ErrorKind::UnexpectedTag { expected: tags::BOOLEAN, found: tags::UTF8_STRING };
        assert_eq!(inner.expect(tags::BOOLEAN), Err(Error::new(kind, 5)));
        let text = inner.expect(tags::UTF8_STRING).unwrap();
        assert_eq!(text.children().unwrap_err(), Error::new(ErrorKind::NotConstructed, 5));
        let kind = ErrorKind::Missing { expected: tags::BOOLEAN };
        assert_eq!(inner.expect(tags::BOOLEAN), Err(Error::new(kind, 13)));
        assert_eq!((inner.peek_tag(), inner.optional(tags::NULL)), (Ok(None), Ok(None)));
        assert_eq!(inner.finish(), Ok(()));
        assert_eq!(inner.read(), Err(Error::new(ErrorKind::Overrun, 13)));

        assert_eq!(outer.remaining(), [0x05, 0]);
        assert_eq!(outer.find(tags::NULL).unwrap().unwrap().offset(), 13);
        assert_eq!(outer.find(tags::NULL), Ok(None));
        assert_eq!(outer.read(), Err(Error::new(ErrorKind::Truncated, 15)));
    }

    #[test]
    fn iteration_ends_after_the_first_error() {
        let mut elements = Reader::new(&[0x05, 0, 0x04, 5, 0xAA], Rules::Ber).into_iter();
        assert!(elements.next().unwrap().is_ok());
        assert_eq!(elements.next(), Some(Err(Error::new(ErrorKind::Truncated, 5))));
        assert_eq!(elements.next(), None);
    }

    #[test]
    fn debug_texts_do_not_show_values() {
        let reader = Reader::new(&INPUT, Rules::Der);
        let visit = crate::Walk::<4>::new(&INPUT, Rules::Der).nth(2).unwrap().unwrap();
        let text = std::format!(
            "{reader:?} {visit:?} {:?} {:?} {:?}",
            visit.element,
            crate::Walk::<4>::new(&INPUT, Rules::Der),
            reader.clone().into_iter()
        );
        assert!(text.contains("Element { tag: Tag(0C), offset: 5, length: 6, .. }"), "{text}");
        assert!(!text.contains("secret") && !text.contains("115"), "{text}");
    }
}
