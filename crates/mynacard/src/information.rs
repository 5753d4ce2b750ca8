//! The card information of 共通カードAP: one record of EF 0001 (docs/card-facts.md §2.5).
//!
//! No signature covers any of it, and it is free to read: good for finding a card again and for
//! asking back, no evidence.

use crate::error::{Error, FileError, Operation};
use crate::read::refuses_short_identifier;
use core::fmt;
use kazasu_apdu::{Command, Event, Outgoing, Procedure, Status, Step};
use zeroize::Zeroize;

/// Tag and length of the record.
const HEADER: [u8; 2] = [0x01, 0x1C];
/// EF 0001 holds the records.
const FILE: [u8; 2] = [0x00, 0x01];

/// Serial number, municipality and expiry of a card. That the record exists and has 28 characters is
/// confirmed; that these are 15, 5 and 8 of them rests on one source.
///
/// The serial number tells one card from all others, so that `Debug` prints none of it and it is
/// wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct CardInformation([u8; 28]);

impl CardInformation {
    /// Reads the record: tag 01, length 28, digits; filler may follow. `None` when it is none.
    #[must_use]
    pub fn parse(record: &[u8]) -> Option<Self> {
        let digits = record.strip_prefix(&HEADER)?.first_chunk::<28>()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(*digits))
    }

    /// The serial number (製造番号, 発行番号), 15 digits.
    #[must_use]
    pub fn unsigned_serial(&self) -> &str {
        self.text(0, 15)
    }

    /// The municipality's code (団体コード), five digits.
    #[must_use]
    pub fn unsigned_municipality(&self) -> &str {
        self.text(15, 5)
    }

    /// The day on which the card expires (有効期限), `YYYYMMDD`.
    #[must_use]
    pub fn unsigned_expiry(&self) -> &str {
        self.text(20, 8)
    }

    fn text(&self, at: usize, length: usize) -> &str {
        let digits = self.0.get(at..at.saturating_add(length)).unwrap_or_default();
        core::str::from_utf8(digits).unwrap_or_default()
    }
}

impl Drop for CardInformation {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for CardInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardInformation(***)")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    ReadShort,
    Select,
    Read,
}

/// READ RECORD of the card information; 共通カードAP must be the selected application. One command, with
/// the short identifier refused three.
#[derive(Debug)]
pub struct ReadCardInformation {
    state: State,
}

impl ReadCardInformation {
    /// The procedure.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::ReadShort }
    }

    fn send_read<T>(p2: u8, outgoing: &mut Outgoing<'_>) -> Step<T> {
        let le = outgoing.most().min(0x100);
        // The first record.
        outgoing.send(&Command::new(0x00, 0xB2, 0x01, p2).with_le(le))
    }
}

impl Default for ReadCardInformation {
    fn default() -> Self {
        Self::new()
    }
}

impl Procedure for ReadCardInformation {
    type Output = Result<CardInformation, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = match self.state {
            State::Select => Operation::SelectFile,
            State::ReadShort | State::Read => Operation::ReadRecord,
        };
        let response = match event {
            // The short identifier of EF 0001, then "by number".
            Event::Start => return Self::send_read(0x0C, outgoing),
            Event::Failed(fault) => return Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => response,
        };
        match (self.state, response.status) {
            (State::ReadShort, status) if refuses_short_identifier(status) => {
                self.state = State::Select;
                outgoing.send(&Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(&FILE))
            }
            (State::Select, Status::OK) => {
                self.state = State::Read;
                Self::send_read(0x04, outgoing)
            }
            (State::ReadShort | State::Read, status) if status.is_success() => {
                let information = CardInformation::parse(response.data);
                Step::Done(information.ok_or(Error::File(FileError::Content)))
            }
            (_, status) => Step::Done(Err(Error::Status { operation, status })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_28_digits_after_its_header() {
        let mut record = [b'1'; 32];
        record[..2].copy_from_slice(&HEADER);
        record[17..22].copy_from_slice(b"99999");
        record[22..30].copy_from_slice(b"20350615");
        record[30..].fill(0xFF);
        let information = CardInformation::parse(&record).unwrap();
        assert_eq!(information.unsigned_serial(), "111111111111111");
        assert_eq!(information.unsigned_municipality(), "99999");
        assert_eq!(information.unsigned_expiry(), "20350615");
        assert_eq!(CardInformation::parse(&record[..29]), None);
        record[5] = b' ';
        assert_eq!(CardInformation::parse(&record), None);
        assert_eq!(CardInformation::parse(&[]), None);
    }
}
