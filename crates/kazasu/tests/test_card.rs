//! The files of a real JPKI test card, read through the virtual card by the flows: who it belongs to,
//! under whom, and what no signature covers.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::Codes;
use common::{Setup, session};
use kazasu::mynacard::Reference;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::records::{RecordDate, Sex, Unsigned};
use kazasu::pki::{Hierarchy, sha256};
use kazasu::{
    AttributesCode, Failure, Memory, Nonce, Outcome, RecordChecks, attributes, card_face,
    card_information,
};
use kazasu_virtual_card::{Card, Issue, Link};

/// What the attribution that comes with the files says of their holder.
const NUMBER_B: &str = "55021720352285";
const BIRTH_KEY: &str = "550217";

fn link() -> Link {
    Link::new(Card::issue(Issue::test_card().seed(1)).unwrap())
}

fn holder() -> Codes {
    Codes { birth: BIRTH_KEY.to_owned(), number_b: NUMBER_B.to_owned(), ..Codes::wrong() }
}

/// Width, height, bits and colour type of a PNG (ISO/IEC 15948, IHDR).
fn png(bytes: &[u8]) -> (u32, u32, u8, u8) {
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR"));
    let number = |at: usize| u32::from_be_bytes(*bytes[at..].first_chunk().unwrap());
    (number(16), number(20), bytes[24], bytes[25])
}

/// Width, height, components, bits and enumerated colour space of a JP2 (ISO/IEC 15444-1, I.5.3).
fn jp2(bytes: &[u8]) -> (u32, u32, u16, u8, u32) {
    let after = |name: &[u8]| bytes.windows(4).position(|at| at == name).unwrap() + 4;
    let number = |at: usize| u32::from_be_bytes(*bytes[at..].first_chunk().unwrap());
    let (header, colour) = (after(b"ihdr"), after(b"colr"));
    let components = u16::from_be_bytes(*bytes[header + 8..].first_chunk().unwrap());
    assert_eq!(bytes[colour], 1, "an enumerated colour space");
    (number(header + 4), number(header), components, bytes[header + 10] + 1, number(colour + 3))
}

#[test]
fn the_card_face_is_the_holders_under_the_test_authority() {
    let anchors = CvcAnchors::production().with_test();
    let checks = RecordChecks::signature(&anchors);
    let mut link = link();
    let mut holder = holder();
    let mut bytes = [0; 4096];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        let report = card_face(session, Some(checks), &mut holder, &mut memory);
        assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
        let face = report.verified.unwrap();
        assert_eq!(face.hierarchy(), Hierarchy::Test);
        assert_eq!(face.birth().digits(), "19800217");
        assert!(face.sex() == Sex::Male);
        assert_eq!(jp2(face.photo()), (378, 472, 1, 8, 17));
        assert_eq!(face.photo().len(), 1854);
        assert_eq!(png(face.name_image()), (216, 12, 1, 0));
        assert_eq!(png(face.address_image()), (288, 12, 1, 0));
        // No signature covers these two, and their types say so.
        let expiry: Unsigned<RecordDate> = face.expiry();
        assert_eq!(expiry.unsigned().digits(), "20350217");
        let code: Unsigned<&[u8]> = face.security_code_image();
        assert_eq!(png(code.unsigned()), (24, 12, 1, 0));
    });
    assert_eq!(holder.asked, [(Reference::CardFaceNumberB, 10)]);
    assert_eq!(link.commands(), 5);
}

#[test]
fn nobody_has_the_test_cards_key() {
    let anchors = CvcAnchors::production().with_test();
    let nonce = Nonce::given(&[7; 32]).unwrap();
    let checks = RecordChecks::card(&anchors, nonce);
    let mut link = link();
    let mut bytes = [0; 4096];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        let report = card_face(session, Some(checks), &mut holder(), &mut memory);
        assert_eq!(report.outcome, Outcome::RecordNotGenuine);
        assert!(matches!(report.failure, Some(Failure::Authenticity(_))));
        assert!(report.verified.is_none() && report.authentic.is_none());
    });
}

#[test]
fn production_does_not_vouch_for_it() {
    let anchors = CvcAnchors::production();
    let checks = RecordChecks::signature(&anchors);
    let mut link = link();
    let mut holder = holder();
    let mut bytes = [0; 4096];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        let report = card_face(session, Some(checks), &mut holder, &mut memory);
        assert_eq!(report.outcome, Outcome::NotTrusted);
    });
    assert!(holder.asked.is_empty());
}

#[test]
fn the_attributes_are_those_of_the_holder() {
    let mut link = link();
    let mut bytes = [0; 1024];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        // Its integrity record was not published, so that they cannot be verified.
        let code = AttributesCode::NumberB;
        let report = attributes(session, code, None, &mut holder(), &mut memory);
        assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
        assert!(report.verified.is_none());
        let read = report.unverified.unwrap();
        assert_eq!(read.unverified_name(), "黒桐　幹也");
        assert_eq!(read.unverified_address(), "東京都清瀬市観布子南１２－７－２０２");
        assert_eq!(read.unverified_birth().digits(), "19800217");
        assert!(read.unverified_sex() == Sex::Male);
    });
    assert_eq!(link.commands(), 4);
}

#[test]
fn its_expiry_stands_in_the_card_information_too() {
    let mut link = link();
    session(&mut link, &Setup::new(), |session| {
        let information = card_information(session).information.unwrap();
        assert_eq!(information.unsigned_expiry(), "20350217");
    });
}

#[test]
fn the_photo_is_the_published_one() {
    // Of the file as it was published, so that nothing that stands between can change it unseen.
    let file = include_bytes!("../../pki/tests/data/test-card/surface-0002.bin");
    let photo = file.windows(12).position(|at| at == b"\0\0\0\x0CjP  \r\n\x87\n").unwrap();
    let published = sha256(&file[photo..photo + 1854]);
    let mut link = link();
    let mut bytes = [0; 4096];
    let mut memory = Memory::new(&mut bytes);
    session(&mut link, &Setup::new(), |session| {
        let report = card_face(session, None, &mut holder(), &mut memory);
        assert_eq!(sha256(report.unverified.unwrap().unverified_photo()), published);
    });
}
