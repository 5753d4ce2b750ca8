//! The flows over what stands on the card, as firmware links them: the card face in pieces and whole,
//! the age record, the attributes, the card information.

#![no_std]
#![no_main]

use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::SinkFull;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::records::CardFacePiece;
use kazasu::{AttributesCode, CardFaceSink, Memory, RecordChecks};
use probe::Anybody;

probe::entry!(main);

struct Away;

impl CardFaceSink for Away {
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull> {
        probe::keep(piece.part() as u32 + piece.octets().len() as u32 + piece.length() as u32);
        if piece.octets().len() > probe::unknown_number() { Err(SinkFull) } else { Ok(()) }
    }

    fn discard(&mut self) {
        probe::keep(1);
    }
}

fn main() {
    let (mut outgoing, mut incoming, mut bytes) = ([0; 262], [0; 1026], [0; 2048]);
    let mut session = Session::new(probe::Link, Channel::new(&mut outgoing, &mut incoming));
    let anchors = CvcAnchors::production();
    let Some(nonce) = probe::nonce() else { return };
    let checks = RecordChecks::card(&anchors, nonce.clone());
    let mut memory = Memory::new(&mut bytes);

    let report = kazasu::card_face_stream(&mut session, checks, &mut Anybody, &mut Away);
    probe::keep(u32::from(report.outcome.code()));
    probe::keep(report.photo.map_or(0, |photo| photo.length as u32));
    let checks = RecordChecks::card(&anchors, nonce);
    let report = kazasu::card_face(&mut session, Some(checks), &mut Anybody, &mut memory);
    probe::keep(report.verified.map_or(0, |face| face.photo().len() as u32));
    let report = kazasu::age_record(&mut session, None, &mut Anybody, &mut memory);
    probe::keep(
        report.unverified.map_or(0, |age| u32::from(age.unverified_birth().date().is_some())),
    );
    for code in [AttributesCode::Pin, AttributesCode::NumberB] {
        let trusted = Some(&anchors);
        let report = kazasu::attributes(&mut session, code, trusted, &mut Anybody, &mut memory);
        probe::keep(report.verified.map_or(0, |it| it.name().len() as u32));
    }
    let report = kazasu::card_information(&mut session);
    probe::keep(report.information.map_or(0, |it| it.unsigned_serial().len() as u32));
}
