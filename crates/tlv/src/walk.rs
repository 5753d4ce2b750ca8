//! Every object of an input, parents before children, to a bounded depth. Iterative: its stack is
//! an array of `DEPTH` numbers, whatever the input says.

use core::{fmt, iter::FusedIterator};

use crate::{Element, Error, ErrorKind, Reader, Rules};

/// One step of a [`Walk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Visit<'a> {
    /// How many objects are around this one; 0 for the outermost.
    pub depth: usize,
    /// The object.
    pub element: Element<'a>,
}

/// Visits every object, parents before children, over at most `DEPTH` levels.
///
/// Values of primitive objects are not looked into. The walk ends after the first error, of the kinds
/// of [`Reader::read`], or [`ErrorKind::TooDeep`] at the first object that lies below the last level.
#[derive(Clone)]
pub struct Walk<'a, const DEPTH: usize> {
    rest: &'a [u8],
    offset: usize,
    rules: Rules,
    /// Where the input ends.
    end: usize,
    /// Where each enclosing object ends, outermost first; the first `depth` of them count.
    ends: [usize; DEPTH],
    depth: usize,
    /// Whether the end of the input is the end of an enclosing object.
    enclosed: bool,
}

impl<'a, const DEPTH: usize> Walk<'a, DEPTH> {
    /// A walk over all objects in `bytes`, one after the other.
    #[must_use]
    pub const fn new(bytes: &'a [u8], rules: Rules) -> Self {
        Self::over(Reader::new(bytes, rules))
    }

    /// A walk over what `reader` has not read yet.
    #[must_use]
    pub const fn over(reader: Reader<'a>) -> Self {
        let rest = reader.remaining();
        Self {
            rest,
            offset: reader.offset(),
            rules: reader.rules(),
            end: reader.offset().saturating_add(rest.len()),
            ends: [0; DEPTH],
            depth: 0,
            enclosed: reader.is_enclosed(),
        }
    }

    /// A walk over an object, itself included as the outermost.
    #[must_use]
    pub const fn of(element: Element<'a>) -> Self {
        Self::over(Reader::within(element.raw(), element.rules(), element.offset()))
    }

    /// Where the innermost object ends that is around the next one.
    fn innermost_end(&self) -> usize {
        self.depth.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(self.end)
    }

    fn step(&mut self) -> Result<Option<Visit<'a>>, Error> {
        while self.depth > 0 && self.offset >= self.innermost_end() {
            self.depth = self.depth.saturating_sub(1);
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.depth >= DEPTH {
            return Err(Error::new(ErrorKind::TooDeep, self.offset));
        }
        let here = self.innermost_end().saturating_sub(self.offset);
        let siblings = self.rest.get(..here).unwrap_or(self.rest);
        let mut reader = if self.enclosed || self.depth > 0 {
            Reader::within(siblings, self.rules, self.offset)
        } else {
            Reader::starting_at(siblings, self.rules, self.offset)
        };
        let element = reader.read()?;
        let visit = Visit { depth: self.depth, element };
        let consumed = if element.tag().is_constructed() {
            if let Some(end) = self.ends.get_mut(self.depth) {
                *end = element.offset().saturating_add(element.raw().len());
            }
            self.depth = self.depth.saturating_add(1);
            element.header_length()
        } else {
            element.raw().len()
        };
        self.rest = self.rest.get(consumed..).unwrap_or_default();
        self.offset = self.offset.saturating_add(consumed);
        Ok(Some(visit))
    }
}

impl<'a, const DEPTH: usize> Iterator for Walk<'a, DEPTH> {
    type Item = Result<Visit<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.step();
        if result.is_err() {
            self.rest = &[];
            self.depth = 0;
        }
        result.transpose()
    }
}

impl<const DEPTH: usize> FusedIterator for Walk<'_, DEPTH> {}

impl<const DEPTH: usize> fmt::Debug for Walk<'_, DEPTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("offset", &self.offset)
            .field("remaining", &self.rest.len())
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<const DEPTH: usize> defmt::Format for Walk<'_, DEPTH> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Walk {{ offset: {=usize}, remaining: {=usize}, depth: {=usize} }}",
            self.offset,
            self.rest.len(),
            self.depth
        );
    }
}
