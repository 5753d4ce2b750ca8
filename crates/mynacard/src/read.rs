//! READ BINARY of a whole file, streamed to a sink (ISO/IEC 7816-4 clause 11.3.3).
//!
//! Takes a file's length from the object in it, never from the file's end, and ignores the filler
//! after it (docs/card-facts.md §2.9). Never hands out a file as whole that is not.

use crate::error::{Error, FileError, Operation};
use crate::file::File;
use crate::sink::Sink;
use core::fmt;
use kazasu_apdu::{Command, Event, Outgoing, Procedure, Status, Step};
use kazasu_tlv::{ErrorKind, Header, Rules, Tag};

/// Highest offset that P1-P2 can carry (15 bits).
const OFFSET_MAX: usize = 0x7FFF;
/// Longest file that can be read: every byte of it has an offset, whatever the answers' lengths. A
/// set bit 8 of P1 would name another file.
const LENGTH_MAX: usize = OFFSET_MAX + 1;
/// Bytes that hold every TLV header of a card: two of tag, three of length, with room to spare.
const HEADER: usize = 8;
/// Stray bytes that some cards have before the object of an EF 0002 (docs/card-facts.md §2.9).
const STRAY: usize = 2;

/// How the length of a file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Extent {
    /// It begins with this object, and ends for us where the object ends.
    Object(Tag),
    /// The same, but up to two stray bytes may stand before the object, as was seen in the files with
    /// attributes and card face. They are read with it: the offsets in it may count them.
    ObjectAfterStray(Tag),
    /// It has so many bytes.
    Fixed(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// READ BINARY with the short identifier.
    ReadShort,
    /// SELECT of the file, for cards that refuse the short identifier.
    Select,
    /// READ BINARY of the current file.
    Read,
}

/// Reads a file of the selected application into a sink.
///
/// Output: the file's length in bytes. With extended length that is one command, else one for
/// each 256 bytes; a buffer that is smaller costs more commands and nothing else. `Debug` prints
/// neither the sink nor what was read: a file may be personal.
pub struct ReadFile<S> {
    file: File,
    sink: S,
    state: State,
    read: usize,
    total: Option<usize>,
    header: heapless::Vec<u8, { STRAY + HEADER }>,
}

impl<S> fmt::Debug for ReadFile<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadFile")
            .field("file", &self.file)
            .field("state", &self.state)
            .field("read", &self.read)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl<S: Sink> ReadFile<S> {
    /// Reads `file` into `sink`.
    #[must_use]
    pub const fn new(file: File, sink: S) -> Self {
        Self {
            file,
            sink,
            state: State::ReadShort,
            read: 0,
            total: None,
            header: heapless::Vec::new(),
        }
    }

    /// The sink back.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn send_read<T>(&self, outgoing: &mut Outgoing<'_>) -> Step<T> {
        let left = match self.total {
            Some(total) => total.saturating_sub(self.read),
            None => usize::MAX,
        };
        let le = u32::try_from(left).unwrap_or(u32::MAX).min(outgoing.most());
        // Bit 8 of P1 stays clear: `read` is below the length, and that is at most `LENGTH_MAX`.
        let [_, _, high, low] = (self.read as u32).to_be_bytes();
        let (p1, p2) = match (self.state, self.file.short_identifier()) {
            (State::ReadShort, Some(short)) => (0x80 | short, 0),
            _ => (high, low),
        };
        outgoing.send(&Command::new(0x00, 0xB0, p1, p2).with_le(le))
    }

    fn send_select<T>(&mut self, outgoing: &mut Outgoing<'_>) -> Step<T> {
        self.state = State::Select;
        let identifier = self.file.identifier.to_be_bytes();
        // P1 = 02: the only form that the card takes (docs/card-facts.md §1.3).
        outgoing.send(&Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(&identifier))
    }

    /// Takes a chunk; true when the file is complete.
    fn take(&mut self, data: &[u8]) -> Result<bool, FileError> {
        let total = match (self.total, self.file.extent) {
            (Some(total), _) => total,
            (None, Extent::Fixed(total)) => self.begin(total, &[])?,
            (None, Extent::Object(tag) | Extent::ObjectAfterStray(tag)) => {
                let room = self.header.capacity().saturating_sub(self.header.len());
                // The first bytes are kept until they show the length.
                let head = data.get(..room.min(data.len())).unwrap_or_default();
                let before = self.header.clone();
                let _ = self.header.extend_from_slice(head);
                match self.length(tag)? {
                    Some(total) => self.begin(total, &before)?,
                    None if data.is_empty() => return Err(FileError::Content),
                    None => {
                        self.read = self.read.saturating_add(data.len());
                        return Ok(false);
                    }
                }
            }
        };
        let left = total.saturating_sub(self.read);
        let chunk = data.get(..left).unwrap_or(data);
        if chunk.is_empty() && left > 0 {
            return Err(FileError::Ended { at: self.read, expected: total });
        }
        self.sink.write(chunk).map_err(|_| FileError::SinkFull { needed: total })?;
        self.read = self.read.saturating_add(chunk.len());
        Ok(self.read >= total)
    }

    /// The length up to the end of the object, when the first bytes show it: at the start, or after
    /// stray bytes where some may be. `None` while more bytes may yet show it.
    fn length(&self, tag: Tag) -> Result<Option<usize>, FileError> {
        let strays = match self.file.extent {
            Extent::ObjectAfterStray(_) => STRAY,
            Extent::Object(_) | Extent::Fixed(_) => 0,
        };
        let mut open = false;
        for stray in 0..=strays {
            match Header::parse(self.header.get(stray..).unwrap_or_default(), Rules::Ber) {
                Ok(header) if header.tag == tag => {
                    let total = header.total_length().map_err(|_| FileError::Content)?;
                    return Ok(Some(total.saturating_add(stray)));
                }
                Err(error) if matches!(error.kind, ErrorKind::Truncated) => open = true,
                _ => {}
            }
        }
        if open { Ok(None) } else { Err(FileError::Content) }
    }

    fn begin(&mut self, total: usize, before: &[u8]) -> Result<usize, FileError> {
        if total > LENGTH_MAX {
            return Err(FileError::TooLong { length: total });
        }
        let full = FileError::SinkFull { needed: total };
        self.sink.begin(total).map_err(|_| full)?;
        self.sink.write(before).map_err(|_| full)?;
        self.total = Some(total);
        Ok(total)
    }
}

/// May this answer mean that the short identifier, and not the file, was refused?
pub(crate) const fn refuses_short_identifier(status: Status) -> bool {
    matches!(
        status,
        Status::NO_CURRENT_EF
            | Status::FUNCTION_NOT_SUPPORTED
            | Status::NOT_FOUND
            | Status::WRONG_P1_P2
            | Status::REFERENCE_NOT_FOUND
            | Status::WRONG_OFFSET
            | Status::WRONG_DATA
    )
}

impl<S: Sink> Procedure for ReadFile<S> {
    type Output = Result<usize, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = match self.state {
            State::Select => Operation::SelectFile,
            State::ReadShort | State::Read => Operation::ReadBinary,
        };
        let response = match event {
            Event::Start if self.file.short_identifier().is_some() => {
                return self.send_read(outgoing);
            }
            Event::Start => return self.send_select(outgoing),
            Event::Failed(fault) => return Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => response,
        };
        let status = response.status;
        match self.state {
            State::ReadShort if refuses_short_identifier(status) => self.send_select(outgoing),
            State::Select if status == Status::OK => {
                self.state = State::Read;
                self.send_read(outgoing)
            }
            State::ReadShort | State::Read if status.is_success() => {
                self.state = State::Read;
                match self.take(response.data) {
                    Ok(true) => Step::Done(Ok(self.read)),
                    Ok(false) => self.send_read(outgoing),
                    Err(error) => Step::Done(Err(Error::File(error))),
                }
            }
            State::Read if status == Status::WRONG_OFFSET && self.read > 0 => {
                let expected = self.total.unwrap_or(self.read);
                Step::Done(Err(Error::File(FileError::Ended { at: self.read, expected })))
            }
            _ => Step::Done(Err(Error::Status { operation, status })),
        }
    }
}
