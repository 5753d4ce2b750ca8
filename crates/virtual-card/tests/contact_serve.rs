//! A card behind two byte pipes, and a reader of a few lines at their other ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kazasu_virtual_card::contact::{
    self, AnswerToReset, ContactCard, ContactSettings, Direction, LineEffect, LineFault, Pipe,
    ServeSettings, Served, Violation, serve,
};
use kazasu_virtual_card::{Card, Issue};

struct Reader {
    data: UnixStream,
    lines: UnixStream,
    served: JoinHandle<(ContactCard, Served)>,
}

impl Reader {
    fn new(atr: AnswerToReset, settings: ServeSettings) -> Self {
        let (data, card_data) = UnixStream::pair().unwrap();
        let (lines, card_lines) = UnixStream::pair().unwrap();
        data.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let served = thread::spawn(move || {
            let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
            let card = ContactCard::new(card, ContactSettings::with(atr));
            let data = Pipe::try_from(card_data).unwrap();
            serve(card, data, Pipe::try_from(card_lines).unwrap(), settings)
        });
        Self { data, lines, served }
    }

    fn lines(&mut self, commands: &[u8]) -> Vec<u8> {
        self.lines.write_all(commands).unwrap();
        let mut answers = vec![0; commands.len()];
        self.lines.read_exact(&mut answers).unwrap();
        answers
    }

    fn receive(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.data.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn is_silent(&mut self) -> bool {
        self.data.read(&mut [0]).is_err()
    }

    fn end(self) -> (ContactCard, Served) {
        drop((self.data, self.lines));
        self.served.join().unwrap()
    }
}

/// SELECT of the JPKI application in an I-block, and what it is answered.
const SELECT: [u8; 19] = [
    0x00, 0x00, 0x0F, 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00,
    0x00, 0x01, 0x3E,
];
const SELECTED: [u8; 6] = [0x00, 0x00, 0x02, 0x90, 0x00, 0x92];

#[test]
fn a_reader_behind_the_pipes_activates_asks_and_deactivates() {
    let mut reader = Reader::new(contact::JPKI_01, ServeSettings::default());
    assert_eq!(reader.lines(&[0x06, 0x77]), [0x06, 0xFF]);
    assert_eq!(reader.lines(&[0x01, 0x05, 0x03]), [0x01, 0x05, 0x03]);
    assert_eq!(reader.receive(9), contact::JPKI_01.bytes);
    reader.data.write_all(&SELECT).unwrap();
    assert_eq!(reader.receive(6), SELECTED);
    // A warm reset, and the command in pieces that come late.
    reader.lines(&[0x02, 0x03]);
    assert_eq!(reader.receive(9), contact::JPKI_01.bytes);
    for piece in SELECT.chunks(7) {
        reader.data.write_all(piece).unwrap();
        thread::sleep(Duration::from_millis(60));
    }
    assert_eq!(reader.receive(6), SELECTED);
    reader.lines(&[0x02, 0x04, 0x00]);
    assert!(reader.is_silent());
    let (card, served) = reader.end();
    assert_eq!(card.commands(), 2);
    assert!(!card.violations().contains(&Violation::DeactivationOrder));
    assert_eq!((served.cold_resets, served.warm_resets, served.deactivations), (1, 1, 1));
    assert_eq!((served.received, served.sent), (38, 30));
}

#[test]
fn levels_of_the_inverse_convention_pass_as_they_are() {
    let mut reader = Reader::new(contact::SYNTHETIC_T0_INVERSE, ServeSettings::default());
    reader.lines(&[0x01, 0x05, 0x03]);
    let inverse = |byte: &u8| (!*byte).reverse_bits();
    let sent: Vec<u8> = [0x3F, 0x10, 0x13].iter().map(inverse).collect();
    assert_eq!(sent[0], 0x03);
    assert_eq!(reader.receive(3), sent);
    // An instruction that this card has not.
    let header: Vec<u8> = [0x00, 0x02, 0x00, 0x00, 0x00].iter().map(inverse).collect();
    reader.data.write_all(&header).unwrap();
    let status: Vec<u8> = reader.receive(2).iter().map(inverse).collect();
    assert_eq!(status, [0x6D, 0x00]);
    reader.end();
}

#[test]
fn an_echo_comes_before_the_answer() {
    let mut settings = ServeSettings::default();
    settings.echo = true;
    let mut reader = Reader::new(contact::JPKI_01, settings);
    reader.lines(&[0x01, 0x05, 0x03]);
    reader.receive(9);
    reader.data.write_all(&SELECT).unwrap();
    assert_eq!(reader.receive(19), SELECT);
    assert_eq!(reader.receive(6), SELECTED);
    reader.end();
}

#[test]
fn a_silent_line_recovers_with_the_reset_and_half_a_block_is_asked_for_again() {
    let mut settings = ServeSettings::default();
    settings.patience = Duration::from_millis(50);
    settings.faults.push(LineFault::once(Direction::ToReader, 9, LineEffect::Silence));
    let mut reader = Reader::new(contact::JPKI_01, settings);
    reader.lines(&[0x01, 0x05, 0x03]);
    reader.receive(9);
    reader.data.write_all(&SELECT).unwrap();
    assert!(reader.is_silent());
    reader.lines(&[0x02, 0x03]);
    assert_eq!(reader.receive(9), contact::JPKI_01.bytes);
    reader.data.write_all(&SELECT[..8]).unwrap();
    assert_eq!(reader.receive(4), [0x00, 0x82, 0x00, 0x82]);
    reader.end();
}
