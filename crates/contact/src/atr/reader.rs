//! Reading an answer to reset character by character.

use super::interface::{Groups, Interface};
use super::{Atr, Convention, Error, ErrorKind, MAX_LENGTH};

/// TS of the direct convention.
const TS_DIRECT: u8 = 0x3B;
/// TS of the inverse convention, in that convention.
pub(super) const TS_INVERSE: u8 = 0x3F;
/// TS of the inverse convention as a receiver of the direct convention reads it.
const TS_INVERSE_RAW: u8 = 0x03;

/// What a character brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More are to come.
    More,
    /// That was the last.
    Complete(Atr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    InitialCharacter,
    Format,
    /// Interface bytes; the high nibble holds those of this group that are still to come.
    Interface(u8),
    /// So many historical bytes.
    Historical(u8),
    Check,
    Nothing,
}

/// Reads an answer to reset character by character.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    bytes: [u8; MAX_LENGTH],
    length: u8,
    next: Next,
    historical: u8,
    historical_length: u8,
    /// A TD named something other than T=0, so there is a TCK.
    checked: bool,
    exclusive_or: u8,
    /// Bytes come as a receiver of the direct convention reads characters of the inverse one.
    decode: bool,
}

impl Reader {
    /// A reader that waits for TS.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; MAX_LENGTH],
            length: 0,
            next: Next::InitialCharacter,
            historical: 0,
            historical_length: 0,
            checked: false,
            exclusive_or: 0,
            decode: false,
        }
    }

    /// Characters read so far, decoded.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The convention, once TS came.
    #[must_use]
    pub fn convention(&self) -> Option<Convention> {
        match self.bytes().first() {
            Some(&TS_INVERSE) => Some(Convention::Inverse),
            Some(_) => Some(Convention::Direct),
            None => None,
        }
    }

    /// Must bytes be decoded with [`decode_inverse`]? True when TS came as `03`: the card uses the
    /// inverse convention and the receiver does not decode it.
    #[must_use]
    pub const fn decodes(&self) -> bool {
        self.decode
    }

    /// Takes a character as the receiver read it: least significant bit first, high is one. A
    /// receiver that decodes the inverse convention itself gives `3F` as the first.
    ///
    /// # Errors
    /// When this cannot be an answer to reset.
    #[inline(never)]
    pub fn push(&mut self, raw: u8) -> Result<Progress, Error> {
        if self.next == Next::InitialCharacter && raw == TS_INVERSE_RAW {
            self.decode = true;
        }
        self.push_decoded(if self.decode { decode_inverse(raw) } else { raw })
    }

    /// Takes a character that is decoded already.
    pub(super) fn push_decoded(&mut self, byte: u8) -> Result<Progress, Error> {
        let position = usize::from(self.length);
        let Some(place) = self.bytes.get_mut(position) else {
            return Err(Error::new(ErrorKind::TooLong, position));
        };
        *place = byte;
        self.length = self.length.saturating_add(1);
        if position > 0 {
            self.exclusive_or ^= byte;
        }
        self.next = match self.next {
            Next::InitialCharacter => match byte {
                TS_DIRECT | TS_INVERSE => Next::Format,
                _ => return Err(Error::new(ErrorKind::InitialCharacter, position)),
            },
            Next::Format => {
                self.historical_length = byte & 0x0F;
                self.after_group(byte & 0xF0)
            }
            Next::Interface(0x80) => {
                let protocol = byte & 0x0F;
                // TD1 is the first TD: none has been seen when nothing came but its own group.
                if protocol == 15 && self.is_first_td() {
                    return Err(Error::new(ErrorKind::NoProtocol, position));
                }
                self.checked |= protocol != 0;
                self.after_group(byte & 0xF0)
            }
            // TA, TB or TC: strike it out, lowest bit first.
            Next::Interface(pending) => self.after_group(pending & pending.wrapping_sub(1)),
            Next::Historical(left) => self.after_historical(left.saturating_sub(1)),
            Next::Check if self.exclusive_or != 0 => {
                return Err(Error::new(ErrorKind::CheckByte, position));
            }
            Next::Check => Next::Nothing,
            Next::Nothing => return Err(Error::new(ErrorKind::Trailing, position)),
        };
        if self.next != Next::Nothing {
            return self.room().map(|()| Progress::More);
        }
        let interface = self.bytes.get(1..usize::from(self.historical)).unwrap_or_default();
        Ok(Progress::Complete(Atr {
            bytes: self.bytes,
            length: self.length,
            historical: self.historical,
            historical_length: self.historical_length,
            interface: Interface::of(Groups::new(interface)),
        }))
    }

    /// Refuses at once what is longer than the standard allows, so that nobody waits for the rest.
    fn room(&self) -> Result<(), Error> {
        let more = match self.next {
            Next::InitialCharacter | Next::Format | Next::Nothing => 0,
            Next::Interface(pending) => {
                pending.count_ones() + u32::from(self.historical_length) + u32::from(self.checked)
            }
            Next::Historical(left) => u32::from(left) + u32::from(self.checked),
            Next::Check => 1,
        };
        if u32::from(self.length) + more > MAX_LENGTH as u32 {
            return Err(Error::new(ErrorKind::TooLong, usize::from(self.length)));
        }
        Ok(())
    }

    /// Was the byte that came last TD1?
    fn is_first_td(&self) -> bool {
        let format = self.bytes.get(1).copied().unwrap_or(0);
        u32::from(self.length) == 2 + (format & 0xF0).count_ones()
    }

    fn after_group(&mut self, pending: u8) -> Next {
        if pending != 0 {
            return Next::Interface(pending);
        }
        self.historical = self.length;
        self.after_historical(self.historical_length)
    }

    fn after_historical(&self, left: u8) -> Next {
        match (left, self.checked) {
            (0, true) => Next::Check,
            (0, false) => Next::Nothing,
            _ => Next::Historical(left),
        }
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

/// A character of the inverse convention, read as if it were of the direct one, or the other way
/// round: the order of the bits and their sense are exchanged.
#[must_use]
pub const fn decode_inverse(raw: u8) -> u8 {
    !raw.reverse_bits()
}
