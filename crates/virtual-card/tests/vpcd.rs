//! A card in a slot, against a vpcd that the test plays itself. The real one: `cargo xtask pcsc`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::{PIN, command, demonstration, select_command};
use kazasu_apdu::{Status, transport};
use kazasu_virtual_card::vpcd::{End, Error, Slot};
use kazasu_virtual_card::{ApplicationName, Effect, Fault, Reference, SecurityStatus, When};

const LONG: Duration = Duration::from_secs(10);

/// The side that listens.
struct Reader(TcpListener);

impl Reader {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn slot(&self) -> Slot {
        Slot::connect(self.0.local_addr().unwrap(), demonstration()).unwrap()
    }

    fn accept(&self) -> Peer {
        let stream = self.0.accept().unwrap().0;
        stream.set_read_timeout(Some(LONG)).unwrap();
        Peer(stream)
    }
}

struct Peer(TcpStream);

impl Peer {
    fn send(&mut self, content: &[u8]) {
        // Apart, as Debian's vpcd does.
        self.0.write_all(&u16::try_from(content.len()).unwrap().to_be_bytes()).unwrap();
        self.0.write_all(content).unwrap();
    }

    fn receive(&mut self) -> Vec<u8> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length).unwrap();
        let mut content = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut content).unwrap();
        content
    }

    fn ask(&mut self, content: &[u8]) -> Vec<u8> {
        self.send(content);
        self.receive()
    }

    fn select(&mut self) {
        assert_eq!(self.ask(&select_command(ApplicationName::Jpki)), [0x90, 0x00]);
    }

    /// All that comes until the connection ends.
    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).unwrap();
        rest
    }
}

fn verify(pin: &[u8]) -> Vec<u8> {
    command([0x00, 0x20, 0x00, 0x98], pin, None)
}

const QUERY: &[u8] = &[0x00, 0x20, 0x00, 0x98];

#[test]
fn controls_and_commands_reach_the_card() {
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    peer.send(&[0x01]);
    let atr = peer.ask(&[0x04]);
    assert_eq!(atr, slot.with_card(|card| card.atr()));
    assert!(slot.wait_for_power(LONG));
    peer.select();
    assert_eq!(peer.ask(&verify(PIN)), [0x90, 0x00]);
    assert!(slot.with_card(|card| card.is_verified(Reference::Auth)));
    peer.send(&[0x02]);
    assert_eq!(peer.ask(QUERY), [0x69, 0x86], "a reset leaves no application selected");
    assert!(slot.with_card(|card| card.is_verified(Reference::Auth)), "and this card verified");
    slot.with_card(|card| card.settings_mut().warm_reset = SecurityStatus::Clears);
    peer.send(&[0x02]);
    peer.ask(&[0x04]);
    assert!(!slot.with_card(|card| card.is_verified(Reference::Auth)));
    peer.select();
    assert_eq!(peer.ask(&verify(PIN)), [0x90, 0x00]);
    peer.send(&[0x00]);
    peer.ask(&[0x04]);
    assert!(!slot.with_card(|card| card.is_verified(Reference::Auth)));

    let counts = slot.counts();
    assert_eq!((counts.insertions, counts.power_ons, counts.power_offs), (1, 1, 1));
    assert_eq!((counts.resets, counts.answers_to_reset, counts.commands), (2, 3, 5));
    assert_eq!((counts.bytes_received, counts.bytes_sent), (15 + 9 + 4 + 15 + 9, 10));
    let verifies: Vec<_> = slot.log().into_iter().filter(|entry| entry.is_verify()).collect();
    assert_eq!(verifies.len(), 2);
    assert_eq!(verifies[0].status, Some(Status::OK));
    slot.clear_log();
    assert!(slot.log().is_empty() && slot.counts().commands == 0);
}

#[test]
fn removal_takes_the_power_and_insertion_begins_anew() {
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    peer.select();
    assert_eq!(peer.ask(&verify(PIN)), [0x90, 0x00]);
    slot.remove();
    assert!(!slot.is_inserted());
    assert_eq!(slot.wait_for_end(LONG), Some(End::Removed));
    assert!(!slot.with_card(|card| card.is_verified(Reference::Auth)));
    assert!(peer.rest().is_empty());

    // Removed on command it stays out, whatever was said of faults.
    slot.reinsert_after(Some(Duration::ZERO));
    assert_eq!(slot.wait_for_end(Duration::ZERO), Some(End::Removed));
    slot.insert().unwrap();
    slot.insert().unwrap();
    let mut peer = reader.accept();
    assert_eq!(peer.ask(QUERY), [0x69, 0x86]);
    assert_eq!(slot.counts().insertions, 2);
    let card = slot.stop().unwrap();
    assert_eq!(card.tries(Reference::Auth), Some(3));
    assert!(peer.rest().is_empty());
}

#[test]
fn a_broken_exchange_closes_the_connection_instead_of_an_answer() {
    for (effect, left) in [(Effect::drop_before(), 3), (Effect::drop_after(), 2)] {
        let reader = Reader::new();
        let slot = reader.slot();
        let mut peer = reader.accept();
        peer.select();
        slot.push_fault(Fault::once(When::InsWithData(0x20), effect));
        peer.send(&verify(b"0000"));
        assert!(peer.rest().is_empty());
        assert_eq!(slot.wait_for_end(LONG), Some(End::Fault));
        assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(left));
        assert_eq!(slot.log().last().map(|entry| entry.status), Some(None));
    }
}

#[test]
fn a_cut_answer_is_announced_whole_and_ends_early() {
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    peer.select();
    slot.push_fault(Fault::once(When::Ins(0xB0), Effect::Cut(7)));
    peer.send(&[0x00, 0xB0, 0x8B, 0x00, 0x10]);
    let came = peer.rest();
    assert_eq!(came[..2], [0, 18]);
    assert_eq!(came.len(), 2 + 7);
    assert_eq!(slot.wait_for_end(LONG), Some(End::Fault));
}

#[test]
fn a_card_that_never_answers_can_be_removed() {
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    peer.select();
    slot.push_fault(Fault::once(When::Ins(0x20), Effect::no_answer()));
    peer.send(QUERY);
    peer.0.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let silence = peer.0.read(&mut [0; 1]).unwrap_err().kind();
    assert!(matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence:?}");
    assert!(slot.is_inserted());
    slot.remove();
    assert!(peer.rest().is_empty());
}

#[test]
fn a_card_comes_back_after_a_fault_and_after_the_service_did() {
    let reader = Reader::new();
    let address = reader.0.local_addr().unwrap();
    let slot = reader.slot();
    slot.reinsert_after(Some(Duration::from_millis(50)));
    let mut peer = reader.accept();
    let removed = Effect::Break { acted: false, kind: transport::ErrorKind::CardRemoved };
    slot.push_fault(Fault::once(When::Command(1), removed));
    let begin = Instant::now();
    peer.send(QUERY);
    assert!(peer.rest().is_empty());
    let mut peer = reader.accept();
    assert!(begin.elapsed() >= Duration::from_millis(45));
    peer.select();

    drop((reader, peer));
    // For a while nobody listens.
    std::thread::sleep(Duration::from_millis(200));
    let reader = Reader(TcpListener::bind(address).unwrap());
    reader.accept().select();
    assert_eq!(slot.counts().insertions, 3);
}

#[test]
fn what_is_wrong_with_the_other_side_has_a_name() {
    let ends: [(&[u8], Error); 4] = [
        (&[0, 1, 7], Error::UnknownControl(7)),
        (&[0, 0, 1, 2, 3], Error::EmptyMessage),
        (&[0, 9, 1, 2], Error::Truncated),
        (&[], Error::Closed),
    ];
    for (sent, error) in ends {
        let reader = Reader::new();
        let slot = reader.slot();
        let mut peer = reader.accept();
        peer.0.write_all(sent).unwrap();
        // The slot may have gone already.
        let _ = peer.0.shutdown(std::net::Shutdown::Write);
        assert_eq!(slot.wait_for_end(LONG), Some(End::Failed(error)));
    }
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    slot.push_fault(Fault::once(When::Any, Effect::Lengthen(vec![0; 65_534])));
    peer.send(QUERY);
    let end = slot.wait_for_end(LONG);
    assert_eq!(end, Some(End::Failed(Error::AnswerTooLong { length: 65_536 })));
}

#[test]
fn the_longest_messages_pass() {
    let reader = Reader::new();
    let slot = reader.slot();
    let mut peer = reader.accept();
    slot.push_fault(Fault::once(When::Any, Effect::Lengthen(vec![0; 65_533])));
    let mut longest = vec![0x00, 0xA4, 0x04, 0x0C, 0x00, 0xFF, 0xF8];
    longest.resize(65_535, 0xD3);
    let answer = peer.ask(&longest);
    assert_eq!((answer.len(), &answer[65_533..]), (65_535, [0x6A, 0x82].as_slice()));
    assert_eq!(slot.log()[0].lc, 65_528);
}

#[test]
fn nobody_there_is_refused_by_name() {
    let address = Reader::new().0.local_addr().unwrap();
    let refused = Slot::connect(address, demonstration());
    assert_eq!(refused.map(drop), Err(Error::Refused { address }));
    assert_eq!(Slot::prepare("127.0.0.1", demonstration()).map(drop), Err(Error::BadAddress));
    let slot = Slot::prepare(address, demonstration()).unwrap();
    assert_eq!(slot.insert(), Err(Error::Refused { address }));
    assert!(!slot.wait_for_power(Duration::ZERO));
    slot.remove();
    assert_eq!(slot.wait_for_end(Duration::ZERO), None);
}
