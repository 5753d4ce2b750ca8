//! Reading files at the edges: lengths that lie, chunks of every size, 32 KiB.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::run_with_room;
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Command, Status, Transport};
use kazasu_mynacard::{
    Application, Buffer, Error, Extent, File, FileError, ReadFile, Sink, SinkFull,
};
use kazasu_tlv::Tag;
use proptest::prelude::*;

const OBJECT: File = File {
    application: Application::Jpki,
    identifier: 0x000A,
    extent: Extent::Object(Tag::new(0x30)),
};

/// A card with one file, that gives as many bytes at once as the script says.
struct Server {
    file: Vec<u8>,
    chunks: Vec<usize>,
    /// Status word of an answer that is shorter than asked for.
    short: u16,
    reads: usize,
}

impl Server {
    fn new(file: Vec<u8>, chunks: &[usize]) -> Self {
        Self { file, chunks: chunks.to_vec(), short: 0x9000, reads: 0 }
    }
}

impl Transport for Server {
    type Error = ErrorKind;

    fn transmit(&mut self, bytes: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        let (command, _) = Command::parse(bytes).unwrap();
        // What has no byte at offset 0 may be meant by another name; it is no other file.
        if command.ins == 0xA4 {
            response.get_mut(..2).unwrap().copy_from_slice(&[0x90, 0x00]);
            return Ok(2);
        }
        assert_eq!(command.ins, 0xB0);
        let chunk = self.chunks.get(self.reads % self.chunks.len()).copied().unwrap();
        self.reads += 1;
        assert!(self.reads <= 33_100, "it does not end");
        let offset = if command.p1 & 0x80 == 0 {
            usize::from(command.p1) << 8 | usize::from(command.p2)
        } else {
            assert_eq!(command.p1, 0x8A, "a short identifier that nobody asked for");
            usize::from(command.p2)
        };
        let (answer, status) = match self.file.get(offset..) {
            None | Some([]) => (&[][..], 0x6B00),
            Some(rest) => {
                let asked = usize::try_from(command.le).unwrap();
                let length = asked.min(chunk).min(rest.len());
                let status = if length < asked { self.short } else { 0x9000 };
                (rest.get(..length).unwrap(), status)
            }
        };
        let length = answer.len() + 2;
        let room = response.get_mut(..length).ok_or(ErrorKind::BufferTooSmall)?;
        room[..answer.len()].copy_from_slice(answer);
        room[answer.len()..].copy_from_slice(&u16::to_be_bytes(status));
        Ok(length)
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Takes everything and checks that it is no more than was announced.
#[derive(Default)]
struct Strict {
    announced: Option<usize>,
    taken: Vec<u8>,
}

impl Sink for Strict {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        assert!(self.announced.replace(total).is_none(), "announced twice");
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        self.taken.extend(bytes);
        assert!(self.taken.len() <= self.announced.unwrap());
        Ok(())
    }
}

/// An object of `length` bytes in all with a two-byte length field.
fn object(length: usize) -> Vec<u8> {
    let value = length - 4;
    let mut file = vec![0x30, 0x82];
    file.extend(u16::try_from(value).unwrap().to_be_bytes());
    file.extend((0..value).map(|at| u8::try_from(at % 251).unwrap()));
    file
}

fn read(server: &mut Server, room: usize, file: File) -> (Result<usize, Error>, Vec<u8>) {
    let mut read = ReadFile::new(file, Strict::default());
    let result = run_with_room(server, room, &mut read);
    (result, read.into_sink().taken)
}

#[test]
fn files_up_to_32_kib() {
    for length in [4, 5, 255, 256, 257, 260, 512, 1000, 0x7FFF, 0x8000] {
        let object = object(length);
        for room in [258, 259, 4096, 65_538] {
            for filler in [0, 1, 300] {
                let file = [object.clone(), vec![0xFF; filler]].concat();
                let mut server = Server::new(file, &[usize::MAX]);
                let (result, taken) = read(&mut server, room, OBJECT);
                assert_eq!(result, Ok(length), "{length} {room} {filler}");
                assert_eq!(taken, object);
            }
        }
    }
}

#[test]
fn up_to_two_stray_bytes_are_read_over_where_they_were_seen() {
    let object = object(700);
    let after_stray = File { extent: Extent::ObjectAfterStray(Tag::new(0x30)), ..OBJECT };
    // Bytes that look like nothing, like a tag, like a tag and a length.
    for stray in
        [&[][..], &[0x00], &[0xFF, 0xFF], &[0x30], &[0x12, 0x34], &[0x7F, 0x21], &[0x04, 0x82]]
    {
        for chunks in [&[1][..], &[2], &[3, 1], &[usize::MAX]] {
            let file = [stray, &object, &[0xFF; 9]].concat();
            let mut server = Server::new(file.clone(), chunks);
            let (result, taken) = read(&mut server, 258, after_stray);
            // A stray 30 is taken for the object, whose length is then another one.
            if stray == [0x30] {
                assert_ne!(result, Ok(701));
                continue;
            }
            assert_eq!(result, Ok(700 + stray.len()), "{stray:02X?} {chunks:?}");
            assert_eq!(taken, file.get(..taken.len()).unwrap());
            assert!(taken.ends_with(&object));
            // Elsewhere they are not.
            let mut server = Server::new(file, chunks);
            assert_eq!(read(&mut server, 258, OBJECT).0.is_ok(), stray.is_empty());
        }
    }
    for file in [[&[0, 0, 0][..], &object].concat(), vec![0xFF; 16], vec![0x00, 0x00, 0x31, 0x03]] {
        let mut server = Server::new(file, &[usize::MAX]);
        let refused = read(&mut server, 258, after_stray).0;
        assert_eq!(refused, Err(Error::File(FileError::Content)));
    }
    for file in [File::CARD_FACE, File::ATTRIBUTES] {
        assert_eq!(file.extent, Extent::ObjectAfterStray(Tag::new(0xFF20)));
    }
}

#[test]
fn an_offset_that_cannot_be_sent_is_an_error_and_not_another_file() {
    // Beyond 0x8000 the next offset would have the bit set with which P1 names another file.
    for length in [0x8001, 0x80FF] {
        for first in [1, 0x8000] {
            let mut server = Server::new(object(length), &[first, usize::MAX]);
            let (result, taken) = read(&mut server, 65_538, OBJECT);
            assert_eq!(result, Err(Error::File(FileError::TooLong { length })));
            assert_eq!(taken, []);
        }
    }
    let mut server = Server::new(object(0x8000), &[0x7FFF, usize::MAX]);
    assert_eq!(read(&mut server, 65_538, OBJECT), (Ok(0x8000), object(0x8000)));
}

#[test]
fn lengths_that_lie() {
    let lying = |header: &[u8], length: usize| {
        let mut file = header.to_vec();
        file.resize(length, 0x55);
        file
    };
    for (file, error) in [
        // Longer than the file.
        (lying(&[0x30, 0x82, 0x05, 0xDC], 600), FileError::Ended { at: 600, expected: 1504 }),
        (lying(&[0x30, 0x05], 6), FileError::Ended { at: 6, expected: 7 }),
        // Longer than any file.
        (lying(&[0x30, 0x82, 0x7F, 0xFD], 600), FileError::TooLong { length: 0x8001 }),
        (lying(&[0x30, 0x82, 0xFF, 0xFF], 600), FileError::TooLong { length: 0x1_0003 }),
        (lying(&[0x30, 0x83, 0xFF, 0xFF, 0xFF], 600), FileError::TooLong { length: 0x100_0004 }),
        // No length, and no object.
        (lying(&[0x30, 0x80], 600), FileError::Content),
        (lying(&[0x30, 0x84, 0, 0, 0, 1], 600), FileError::Content),
        (lying(&[0x31, 0x82, 0x02, 0x00], 600), FileError::Content),
        (vec![0xFF; 600], FileError::Content),
        (vec![0x00; 600], FileError::Content),
        // It ends inside its header.
        (vec![0x30], FileError::Ended { at: 1, expected: 1 }),
        (vec![0x30, 0x82, 0x01], FileError::Ended { at: 3, expected: 3 }),
    ] {
        for room in [258, 4096] {
            for chunks in [&[usize::MAX][..], &[1], &[3, 100]] {
                let mut server = Server::new(file.clone(), chunks);
                let (result, _) = read(&mut server, room, OBJECT);
                assert_eq!(result, Err(Error::File(error)), "{chunks:?} {:?}", &file[..1]);
            }
        }
    }
}

#[test]
fn an_empty_object_is_a_file() {
    let mut server = Server::new(vec![0x30, 0x00, 0xFF, 0xFF], &[1]);
    assert_eq!(read(&mut server, 258, OBJECT), (Ok(2), vec![0x30, 0x00]));
}

#[test]
fn a_sink_that_is_too_small_takes_nothing() {
    let mut bytes = [0; 599];
    let mut server = Server::new(object(600), &[usize::MAX]);
    let mut read = ReadFile::new(OBJECT, Buffer::new(&mut bytes));
    let result = run_with_room(&mut server, 258, &mut read);
    assert_eq!(result, Err(Error::File(FileError::SinkFull { needed: 600 })));
    assert_eq!((read.into_sink().written().len(), server.reads), (0, 1));
    assert!(bytes.iter().all(|byte| *byte == 0));
}

proptest! {
    #[test]
    fn whatever_the_chunks_the_object_is_whole_or_there_is_an_error(
        length in 4_usize..0x8100,
        filler in 0_usize..300,
        missing in prop_oneof![Just(0_usize), 0_usize..600],
        chunks in proptest::collection::vec(
            prop_oneof![0_usize..9, 1_usize..300, 1000_usize..40_000, Just(usize::MAX)], 1..6),
        short in prop_oneof![Just(0x9000_u16), Just(0x6282)],
        room in prop_oneof![Just(258_usize), Just(300), Just(4096), Just(65_538)],
    ) {
        let object = object(length);
        let mut file = [object.clone(), vec![0xFF; filler]].concat();
        file.truncate(file.len().saturating_sub(missing));
        let whole = file.len() >= length;
        let mut server = Server { short, ..Server::new(file.clone(), &chunks) };
        let (result, taken) = read(&mut server, room, OBJECT);
        match result {
            Ok(read) => {
                prop_assert_eq!(read, length);
                prop_assert_eq!(taken, object);
            }
            Err(error) => {
                let empty = file.is_empty() && error.status() == Some(Status::WRONG_OFFSET);
                prop_assert!(empty || matches!(error, Error::File(_)), "{}", error);
                prop_assert!(object.starts_with(&taken));
                let hinders = chunks.contains(&0) || length > 0x8000;
                prop_assert!(!whole || hinders, "{} {:?}", error, chunks);
            }
        }
    }

    #[test]
    fn a_file_of_known_length_is_whole_or_there_is_an_error(
        length in 0_usize..2000,
        wanted in 1_usize..2000,
        chunks in proptest::collection::vec(1_usize..300, 1..6),
    ) {
        let file: Vec<u8> = (0..length).map(|at| u8::try_from(at % 253).unwrap()).collect();
        let mut server = Server::new(file.clone(), &chunks);
        let fixed = File { extent: Extent::Fixed(wanted), ..OBJECT };
        let (result, taken) = read(&mut server, 258, fixed);
        prop_assert!(file.starts_with(&taken));
        prop_assert_eq!(result.is_ok(), length >= wanted);
        if result.is_ok() {
            prop_assert_eq!(taken.len(), wanted);
        }
    }
}
