//! The card face through a small buffer: a photo of 20 KB, one KiB at a time, and never whole.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::flip::Flip;
use common::{issue, verifies};
use kazasu::apdu::{Channel, Session, Transport};
use kazasu::mynacard::SinkFull;
use kazasu::pki::records::{CardFacePart, CardFacePiece, RecordError};
use kazasu::pki::sha256;
use kazasu::tlv::Tag;
use kazasu::{CardFaceSink, CardFaceStreamReport, Failure, Nonce, Outcome, RecordChecks};
use kazasu_virtual_card::{Card, Effect, Fault, Link, Photo, When};

/// Room for one answer.
const BUFFER: usize = 1024;
const PHOTO: usize = 20_000;

#[derive(Default)]
struct Collect {
    photo: Vec<u8>,
    others: usize,
    longest: usize,
    room: Option<usize>,
    discarded: usize,
}

impl CardFaceSink for Collect {
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull> {
        let octets = piece.octets();
        self.longest = self.longest.max(octets.len());
        match piece.part() {
            CardFacePart::Photo => {
                assert_eq!((piece.length(), piece.start()), (PHOTO, self.photo.len()));
                self.photo.extend_from_slice(octets);
            }
            _ => self.others += octets.len(),
        }
        if self.room.is_some_and(|room| self.photo.len() > room) { Err(SinkFull) } else { Ok(()) }
    }

    fn discard(&mut self) {
        self.photo.clear();
        self.discarded += 1;
    }
}

fn link(copied: bool) -> Link {
    let mut issue = issue();
    issue.photo = Photo::Padded(PHOTO);
    issue.copied = copied;
    Link::new(Card::issue(issue).unwrap())
}

fn stream(link: &mut Link, sink: &mut Collect) -> (CardFaceStreamReport, [u8; BUFFER]) {
    let holder = Codes::of(link.card().unwrap());
    stream_over(link, holder, sink)
}

fn stream_over(
    link: impl Transport,
    mut holder: Codes,
    sink: &mut dyn CardFaceSink,
) -> (CardFaceStreamReport, [u8; BUFFER]) {
    let anchors = authorities();
    let nonce = Nonce::given(&[7; 32]).unwrap();
    let checks = RecordChecks::card(&anchors, nonce);
    let (mut outgoing, mut incoming) = ([0; 262], [0xEE; BUFFER]);
    let mut session = Session::new(link, Channel::new(&mut outgoing, &mut incoming));
    let report = kazasu::card_face_stream(&mut session, checks, &mut holder, sink);
    drop(session);
    (report, incoming)
}

#[test]
fn a_photo_of_20_kb_passes_through_one_kib() {
    let mut link = link(false);
    let mut sink = Collect::default();
    let (report, left) = stream(&mut link, &mut sink);
    assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
    let photo = report.photo.unwrap();
    assert_eq!((photo.length, sink.photo.len()), (PHOTO, PHOTO));
    assert_eq!(sink.photo, Photo::Padded(PHOTO).bytes().unwrap());
    assert_eq!(photo.sha256, sha256(&sink.photo));
    assert_eq!(photo.head, *b"\0\0\0\x0CjP  \r\n\x87\n");
    assert_eq!(report.verified.unwrap().birth().digits(), "19850615");
    assert!(report.authentic.unwrap().is_of(&report.verified.unwrap()));
    assert!(sink.longest <= BUFFER - 2, "{}", sink.longest);
    assert!(sink.others > 100);
    assert_eq!((sink.discarded, verifies(link.log())), (0, 1));
    // SELECT, the certificate, tries, VERIFY, the file in pieces of 1,022, the challenge.
    // 556 bytes of values that the sink does not get, 50 of tags and lengths at most.
    let file = PHOTO + sink.others + 556;
    let pieces = file.div_ceil(BUFFER - 2)..=(file + 50).div_ceil(BUFFER - 2);
    assert!(pieces.contains(&(link.commands() - 5)), "{} {pieces:?}", link.commands());
    assert_eq!(left, [0; BUFFER]);
}

#[test]
fn what_cannot_be_believed_is_discarded() {
    // A copied card, a sink that is full, a bit that changed on the way, and a link that breaks.
    let mut sink = Collect::default();
    let (report, _) = stream(&mut link(true), &mut sink);
    assert_eq!((report.outcome, sink.discarded), (Outcome::RecordNotGenuine, 1));
    assert!(matches!(report.failure, Some(Failure::Authenticity(_))));
    assert!(report.photo.is_none() && report.verified.is_none() && sink.photo.is_empty());

    let mut sink = Collect { room: Some(5_000), ..Collect::default() };
    let (report, _) = stream(&mut link(false), &mut sink);
    assert_eq!((report.outcome, sink.discarded), (Outcome::BadAnswer, 1));
    assert!(sink.photo.is_empty());

    let fault = Fault::once(When::Command(12), Effect::drop_after());
    let mut sink = Collect::default();
    let (report, left) = stream(&mut link(false).with_fault(fault), &mut sink);
    assert_eq!((report.outcome, sink.discarded), (Outcome::LinkBroken, 1));
    assert_eq!((left, sink.photo.len()), ([0; BUFFER], 0));

    let mut card = link(false);
    let (holder, mut sink) = (Codes::of(card.card().unwrap()), Collect::default());
    let flip = Flip { link: &mut card, command: 12, place: 100 };
    let (report, left) = stream_over(flip, holder, &mut sink);
    assert_eq!(report.failure, Some(Failure::Record(RecordError::BadSignature)));
    assert_eq!((report.outcome, sink.discarded), (Outcome::RecordNotGenuine, 1));
    assert_eq!((left, sink.photo.len()), ([0; BUFFER], 0));
}

/// Takes everything but the first piece.
#[derive(Default)]
struct Late {
    pieces: usize,
    discarded: usize,
}

impl CardFaceSink for Late {
    fn piece(&mut self, _: CardFacePiece<'_>) -> Result<(), SinkFull> {
        self.pieces += 1;
        if self.pieces == 1 { Err(SinkFull) } else { Ok(()) }
    }

    fn discard(&mut self) {
        self.discarded += 1;
    }
}

#[test]
fn a_sink_that_was_full_once_is_given_nothing_more() {
    // The name and the beginning of the address are in one answer.
    let mut link = link(false);
    let (holder, mut sink) = (Codes::of(link.card().unwrap()), Late::default());
    let (report, _) = stream_over(&mut link, holder, &mut sink);
    assert_eq!(report.outcome, Outcome::BadAnswer);
    assert_eq!((sink.pieces, sink.discarded), (1, 1));
}

#[test]
fn a_record_that_is_none_is_named() {
    // The length of the date of birth changes, which follows the offset table.
    let mut card = link(false);
    let (holder, mut sink) = (Codes::of(card.card().unwrap()), Collect::default());
    let flip = Flip { link: &mut card, command: 5, place: 28 };
    let (report, _) = stream_over(flip, holder, &mut sink);
    let refusal = RecordError::Field { tag: Tag::new(0xDF22) };
    assert_eq!(report.failure, Some(Failure::Record(refusal)));
    assert_eq!((report.outcome, sink.discarded), (Outcome::BadAnswer, 1));
    assert_eq!(card.commands(), 5 + 1, "nothing more is read but the counter");
}
