//! No PIN, password, name, address or My Number in any text of a whole session, nor in its buffers
//! afterwards.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::effects::all;
use common::{Person, anchors, issue, nonce, now};
use kazasu::apdu::{Channel, Entry, Session, Status, Transport};
use kazasu::mynacard::{
    Application, Buffer, File, Input, Key, LastTry, Password, Pin, ReadFile, ReadTries, Reference,
    SelectApplication, Sign, SinkFull, Verify,
};
use kazasu::pki::Validator;
use kazasu::pki::records::CardFacePiece;
use kazasu::pki::rsa::Alloc;
use kazasu::{
    AttributesCode, CardFaceSink, CertificateFile, Failure, Job, Memory, OwnedSecret, RecordChecks,
};
use kazasu_virtual_card::{Card, Effect, Fault, Holder, Link, Secret, When};
use std::fmt::{Debug, Write as _};

const PIN: &str = "7391";
const WRONG_PIN: &str = "8462";
const NEW_PIN: &str = "6208";
const PASSWORD: &str = "QX7ZK9WV3";
const WRONG_PASSWORD: &str = "JH5TT8RRQ";

fn card() -> Card {
    let mut issue = issue();
    issue.auth_pin = Secret::new(PIN);
    issue.sign_password = Secret::new(PASSWORD);
    Card::issue(issue).unwrap()
}

fn person(knows: bool) -> Person {
    let (pin, password) = if knows { (PIN, PASSWORD) } else { (WRONG_PIN, WRONG_PASSWORD) };
    Person { pin: pin.to_owned(), password: password.to_owned(), ..Person::right() }
}

/// What must not occur, in every form in which a program might print bytes.
fn needles() -> Vec<String> {
    let holder = Holder::sample();
    let number = card().secret(kazasu_virtual_card::Reference::TextNumberA).unwrap().clone();
    let number_b = card().secret(kazasu_virtual_card::Reference::SurfaceNumberB).unwrap().clone();
    let mut needles = Vec::new();
    for text in [
        PIN,
        WRONG_PIN,
        NEW_PIN,
        PASSWORD,
        WRONG_PASSWORD,
        &holder.name,
        &holder.address,
        holder.name.split('\u{3000}').next().unwrap(),
        number.reveal(),
        number_b.reveal(),
        "19850615",
    ] {
        let join = |separator: &str, format: fn(u8) -> String| {
            text.bytes().map(format).collect::<Vec<_>>().join(separator)
        };
        needles.push(text.to_owned());
        for separator in ["", " ", ", ", ":", "-"] {
            needles.push(join(separator, |byte| format!("{byte:02x}")));
            needles.push(join(separator, |byte| format!("{byte:02X}")));
            needles.push(join(separator, |byte| format!("0x{byte:02x}")));
            needles.push(join(separator, |byte| format!("0x{byte:02X}")));
        }
        for separator in [",", ", ", ",\n    ", ",\n        ", ",\n            "] {
            needles.push(join(separator, |byte| format!("{byte}")));
        }
        // `\u{67b6}`, and `\xe6` of an escaped byte string.
        needles.push(text.escape_unicode().to_string());
        if !text.is_ascii() {
            needles.push(text.escape_default().to_string());
            needles.push(text.as_bytes().escape_ascii().to_string());
        }
    }
    needles
}

/// Fails when one of the needles is in the text.
#[track_caller]
fn assert_silent(text: &str, needles: &[String]) {
    for needle in needles {
        if let Some(at) = text.find(needle.as_str()) {
            let before: String = text.get(..at).unwrap().chars().rev().take(120).collect();
            let before: String = before.chars().rev().collect();
            panic!("{needle:?} occurs after {before:?}");
        }
    }
}

fn note(text: &mut String, value: &impl Debug) {
    writeln!(text, "{value:?}\n{value:#?}\n{value:x?}\n{value:X?}").unwrap();
}

/// Runs every flow over the link and collects all there is to read about them.
fn everything(faults: &[Fault], knows: bool) -> String {
    let mut text = String::new();
    let mut entries = String::new();
    let anchors = anchors();
    let validator = Validator::new(&anchors).with_backend(Alloc);
    note(&mut text, &validator);
    let mut card = card();
    for flow in 0..11 {
        card.power_on();
        let mut link = Link::new(card);
        for fault in faults {
            link.faults_mut().push(fault.clone());
        }
        let mut trace = |entry: &Entry| writeln!(entries, "{entry} {entry:?} {entry:#?}").unwrap();
        let (mut outgoing, mut incoming) = ([0; 300], [0; 4096]);
        let channel = Channel::new(&mut outgoing, &mut incoming).with_trace(&mut trace);
        let mut session = Session::new(&mut link, channel);
        let (mut person, mut certificate) = (person(knows), [0; 3072]);
        let failure = match flow {
            0 | 1 => {
                let check_in = Job::check_in(&nonce());
                let job = if flow == 0 {
                    check_in
                } else {
                    Job::sign(Key::Sign, kazasu::pki::Digest::sha256([7; 32]))
                };
                note(&mut text, &job);
                let report = kazasu::authenticate(
                    &mut session,
                    &validator,
                    now(),
                    &job,
                    &mut person,
                    &mut certificate,
                );
                note(&mut text, &report);
                note(&mut text, &report.judged);
                note(&mut text, &report.proof);
                report.failure
            }
            2 | 3 => {
                let which = if flow == 2 { CertificateFile::Auth } else { CertificateFile::Sign };
                let report = kazasu::read_certificate(
                    &mut session,
                    &validator,
                    now(),
                    which,
                    &mut person,
                    &mut certificate,
                );
                note(&mut text, &report);
                report.failure
            }
            4 => {
                let report = kazasu::tries_left(&mut session);
                note(&mut text, &report);
                report.failure
            }
            5 => {
                let new = OwnedSecret::from(Pin::new(NEW_PIN.as_bytes()).unwrap());
                let report = kazasu::change(&mut session, Reference::Auth, &mut person, &new);
                note(&mut text, &report);
                report.failure
            }
            _ => on_the_card(flow, &mut session, knows, &mut text),
        };
        if let Some(failure) = failure {
            writeln!(text, "{failure} {failure:?}").unwrap();
        }
        if let Some(error) = session.last_error() {
            writeln!(text, "{error} {error:?}").unwrap();
        }
        note(&mut text, &session);
        note(&mut text, session.channel());
        drop(session);
        note(&mut text, &link);
        card = link.into_card().unwrap();
    }
    text + &entries
}

/// The flows over what stands on the card.
fn on_the_card(
    flow: u8,
    session: &mut Session<'_, &mut Link>,
    knows: bool,
    text: &mut String,
) -> Option<Failure> {
    struct Nowhere;
    impl CardFaceSink for Nowhere {
        fn piece(&mut self, _: CardFacePiece<'_>) -> Result<(), SinkFull> {
            Ok(())
        }
        fn discard(&mut self) {}
    }
    let anchors = authorities();
    let checks = RecordChecks::card(&anchors, nonce());
    note(text, &checks);
    let card = session.transport().card().unwrap();
    let mut holder = if knows { Codes::of(card) } else { Codes::wrong() };
    let mut bytes = [0; 8192];
    let mut memory = Memory::new(&mut bytes);
    note(text, &memory);
    macro_rules! noted {
        ($report:expr) => {{
            let report = $report;
            note(text, &report);
            report.failure
        }};
    }
    match flow {
        6 => noted!(kazasu::card_face(session, Some(checks), &mut holder, &mut memory)),
        7 => noted!(kazasu::card_face_stream(session, checks, &mut holder, &mut Nowhere)),
        8 => noted!(kazasu::age_record(session, None, &mut holder, &mut memory)),
        9 => {
            let code = AttributesCode::NumberB;
            noted!(kazasu::attributes(session, code, None, &mut holder, &mut memory))
        }
        _ => noted!(kazasu::card_information(session)),
    }
}

#[test]
fn the_texts_of_whole_sessions() {
    let needles = needles();
    for knows in [true, false] {
        let text = everything(&[], knows);
        assert!(text.contains("(secret)"), "the trace saw no VERIFY");
        assert_silent(&text, &needles);
    }
}

#[test]
fn the_texts_of_sessions_with_faults() {
    let needles = needles();
    // Each fault once, at one of the commands after the selection.
    for (effect, number) in all().into_iter().zip((2..=5).cycle()) {
        let fault = Fault::once(When::Command(number), effect);
        assert_silent(&everything(&[fault], true), &needles);
    }
}

#[test]
fn a_link_with_a_certificate_half_delivered() {
    let pieces = Fault::always(When::Ins(0xB0), Effect::GetResponse(16));
    let mut link = Link::new(card()).with_fault(pieces);
    let jpki = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
    let verify = [&[0x00, 0x20, 0x00, 0x9B, 9], PASSWORD.as_bytes()].concat();
    let mut answer = [0; 300];
    for command in [&jpki[..], &verify, &[0x00, 0xB0, 0x81, 0x00, 0x00, 0x00, 0x00]] {
        link.transmit(command, &mut answer).unwrap();
    }
    assert_eq!(answer[..2], [0x61, 16]);
    let mut text = String::new();
    note(&mut text, &link);
    assert_silent(&text, &needles());
}

#[test]
fn the_texts_of_procedures_and_their_results() {
    let needles = needles();
    let mut text = String::new();
    let mut link = Link::new(card());
    let (mut outgoing, mut incoming) = ([0; 300], [0; 4096]);
    let mut session = Session::new(&mut link, Channel::new(&mut outgoing, &mut incoming));
    session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
    let tries = session.run(&mut ReadTries::new(Reference::Sign)).unwrap();
    note(&mut text, &tries);
    let password = Password::new(PASSWORD.as_bytes()).unwrap();
    let verified = session.run(&mut Verify::new(tries, &password, LastTry::Keep)).unwrap();
    note(&mut text, &verified);

    let mut bytes = [0; 3072];
    let mut read = ReadFile::new(File::SIGN_CERTIFICATE, Buffer::new(&mut bytes));
    session.run(&mut read).unwrap();
    note(&mut text, &read);
    note(&mut text, &read.into_sink());
    let mut read = ReadFile::new(File::SIGN_CERTIFICATE, Vec::new());
    session.run(&mut read).unwrap();
    note(&mut text, &read);

    let name = Holder::sample().name;
    let mut sign = Sign::new(Key::Sign, Input::Hashed(name.as_bytes()), &verified).unwrap();
    let signature = session.run(&mut sign).unwrap();
    note(&mut text, &sign);
    note(&mut text, &signature);
    note(&mut text, &session);
    assert_silent(&text, &needles);
    for error in [
        format!("{:?}", Pin::new(b"739x").err()),
        format!("{:?}", Password::new(PASSWORD.to_lowercase().as_bytes()).err()),
    ] {
        assert_silent(&error, &needles);
        assert!(!error.contains("739") && !error.contains("qx7"));
    }
}

#[test]
fn the_buffers_keep_no_secret() {
    // An answer to VERIFY and a broken exchange alike.
    for fault in [
        None,
        Some(Effect::drop_after()),
        Some(Effect::drop_before()),
        Some(Effect::Cut(1)),
        Some(Effect::Status { acted: true, status: Status(0x6F00) }),
    ] {
        let mut link = Link::new(card());
        if let Some(effect) = fault {
            link.faults_mut().push(Fault::once(When::InsWithData(0x20), effect));
        }
        let (mut outgoing, mut incoming) = ([0xEE; 300], [0xEE; 4096]);
        {
            let channel = Channel::new(&mut outgoing, &mut incoming);
            let mut session = Session::new(&mut link, channel);
            session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
            let tries = session.run(&mut ReadTries::new(Reference::Auth)).unwrap();
            let pin = Pin::new(PIN.as_bytes()).unwrap();
            let _ = session.run(&mut Verify::new(tries, &pin, LastTry::Keep));
            // What is left of the last command; it is not the PIN's.
            let (command, _) = session.channel_mut().exchange();
            assert!(!command.windows(4).any(|window| window == PIN.as_bytes()));
            let _ = session.run(&mut ReadFile::new(File::AUTH_CERTIFICATE, Vec::new()));
        }
        assert!(outgoing.iter().chain(&incoming).all(|byte| *byte == 0));
    }
}
