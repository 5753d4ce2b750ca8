//! Response APDUs (ISO/IEC 7816-4 clause 5.1): data and status word.
//!
//! Never guesses: what is too short to hold a status word, or ends in bytes that cannot be one,
//! is an error and never data.

use crate::Status;
use core::fmt;

/// A response APDU that borrows its data field. `Debug` prints no data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// Data field, without the status word.
    pub data: &'a [u8],
    /// SW1-SW2.
    pub status: Status,
}

impl<'a> Response<'a> {
    /// Splits the bytes that a link delivered into data and status word.
    ///
    /// # Errors
    /// [`ResponseError::TooShort`] for fewer than two bytes; [`ResponseError::InvalidStatus`] when
    /// the last two are no status word (ISO/IEC 7816-4 clause 5.1.3 allows `61`–`6F` and `9x`
    /// as SW1): the answer was cut on its way.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ResponseError> {
        let Some((data, &[sw1, sw2])) = bytes.split_last_chunk::<2>() else {
            return Err(ResponseError::TooShort { length: bytes.len() });
        };
        let status = Status(u16::from_be_bytes([sw1, sw2]));
        if matches!(sw1, 0x61..=0x6F | 0x90..=0x9F) {
            Ok(Self { data, status })
        } else {
            Err(ResponseError::InvalidStatus)
        }
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} data bytes, {})", self.data.len(), self.status)
    }
}

/// Why bytes are not a response APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResponseError {
    /// Fewer bytes than a status word has.
    TooShort {
        /// Bytes received.
        length: usize,
    },
    /// The last two bytes cannot be a status word. They are not repeated here: they may be data.
    InvalidStatus,
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => write!(
                f,
                "the card's answer has {length} bytes and so no status word; \
                 the link lost it, place the card again"
            ),
            Self::InvalidStatus => f.write_str(
                "the card's answer does not end in a status word; \
                 the link cut it, place the card again",
            ),
        }
    }
}

impl core::error::Error for ResponseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_status_are_split() {
        let response = Response::parse(&[1, 2, 3, 0x90, 0x00]).unwrap();
        assert_eq!(response.data, &[1, 2, 3]);
        assert_eq!(response.status, Status::OK);
    }

    #[test]
    fn what_cannot_hold_a_status_word_is_an_error() {
        assert_eq!(Response::parse(&[]), Err(ResponseError::TooShort { length: 0 }));
        assert_eq!(Response::parse(&[0x90]), Err(ResponseError::TooShort { length: 1 }));
        for sw1 in (0..=0x60).chain(0x70..=0x8F).chain(0xA0..=0xFF) {
            assert_eq!(Response::parse(&[sw1, 0]), Err(ResponseError::InvalidStatus));
        }
    }
}
