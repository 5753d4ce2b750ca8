//! Octets as the crate `der` wants to read them. Its own reader copies with a function that panics
//! when lengths differ; they never do, but the panic would be linked into firmware.

use der::{EncodingRules, Error, ErrorKind, Length, Reader};

/// A reader of borrowed octets. Positions count from the start of what it was made for.
#[derive(Clone)]
pub(super) struct Octets<'a> {
    rest: &'a [u8],
    position: Length,
    /// Where the innermost object that is being read ends.
    end: Length,
}

impl<'a> Octets<'a> {
    /// Of all of `octets`, if they are no more than `der` can count.
    pub(super) fn new(octets: &'a [u8]) -> Result<Self, Error> {
        Ok(Self { rest: octets, position: Length::ZERO, end: Length::try_from(octets.len())? })
    }
}

impl<'a> Reader<'a> for Octets<'a> {
    const CAN_READ_SLICE: bool = true;

    fn encoding_rules(&self) -> EncodingRules {
        EncodingRules::Der
    }

    fn input_len(&self) -> Length {
        self.end
    }

    fn position(&self) -> Length {
        self.position
    }

    fn read_nested<T, F, E>(&mut self, length: Length, read: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnOnce(&mut Self) -> Result<T, E>,
    {
        let (outer, inner) = (self.end, (self.position + length)?);
        if inner > outer {
            return Err(incomplete(inner, outer).at(self.position).into());
        }
        self.end = inner;
        let value = read(self)?;
        if self.position != inner {
            let remaining = inner.saturating_sub(self.position);
            let kind = ErrorKind::TrailingData { decoded: self.position, remaining };
            return Err(kind.at(self.position).into());
        }
        self.end = outer;
        Ok(value)
    }

    fn read_slice(&mut self, length: Length) -> Result<&'a [u8], Error> {
        let end = (self.position + length)?;
        let split = usize::try_from(length).ok().and_then(|at| self.rest.split_at_checked(at));
        match split {
            Some((octets, rest)) if end <= self.end => {
                (self.rest, self.position) = (rest, end);
                Ok(octets)
            }
            _ => Err(incomplete(end, self.end).at(self.position)),
        }
    }

    fn read_into<'o>(&mut self, buffer: &'o mut [u8]) -> Result<&'o [u8], Error> {
        let octets = self.read_slice(Length::try_from(buffer.len())?)?;
        for (octet, source) in buffer.iter_mut().zip(octets) {
            *octet = *source;
        }
        Ok(buffer)
    }
}

const fn incomplete(expected: Length, actual: Length) -> ErrorKind {
    ErrorKind::Incomplete { expected_len: expected, actual_len: actual }
}

#[cfg(test)]
mod tests {
    use der::{Decode, SliceReader};
    use proptest::prelude::*;

    use super::*;
    use crate::revocation::asn1::{Extensions, Moment, SequenceOf, Unsigned, Whole};

    /// The same decision as that of the crate's own reader.
    fn same<'a, T: Decode<'a, Error = Error>>(octets: &'a [u8]) {
        let ours = Octets::new(octets).and_then(|mut reader| {
            let value = T::decode(&mut reader)?;
            reader.finish().map(|()| drop(value))
        });
        let theirs = SliceReader::new(octets).and_then(|mut reader| {
            let value = T::decode(&mut reader)?;
            reader.finish().map(|()| drop(value))
        });
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{ours:?} {theirs:?}");
    }

    fn same_by_all(octets: &[u8]) {
        same::<Whole<'_>>(octets);
        same::<Unsigned<'_>>(octets);
        same::<Moment>(octets);
        same::<SequenceOf<'_, Whole<'_>>>(octets);
        same::<SequenceOf<'_, Unsigned<'_>>>(octets);
        same::<Extensions<'_>>(octets);
    }

    #[test]
    fn it_judges_as_the_reader_of_the_crate_does() {
        for octets in [
            &[][..],
            &[0x30],
            &[0x30, 0],
            &[0x30, 3, 2, 1, 1],
            &[0x30, 3, 2, 1, 1, 0],
            &[0x30, 2, 2, 1, 1],
            &[0x30, 3, 2, 2, 1],
            &[0x30, 11, 0x30, 9, 6, 3, 0x55, 0x1D, 0x14, 4, 2, 5, 0],
            &[0x30, 0x81, 3, 2, 1, 1],
            b"\x17\x0D261121003000Z",
        ] {
            same_by_all(octets);
        }
    }

    proptest! {
        #[test]
        fn also_random_octets(octets: [u8; 24], length in 0..24_usize, inner in 0..24_u8) {
            same_by_all(&octets[..length]);
            let mut sequence = octets;
            (sequence[0], sequence[1], sequence[2]) = (0x30, inner, 0x02);
            same_by_all(&sequence[..length]);
            sequence[2] = 0x30;
            same_by_all(&sequence[..length]);
        }
    }
}
