//! The example, run: in process with a card at hand, and as the program that a person starts.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

use example_check_in::{Logging, PinPad, check_in};
use kazasu::Outcome;
use kazasu::apdu::transport::ErrorKind;
use kazasu::pki::{Anchor, Anchors, Time};
use kazasu::virtual_card::{
    Card, CertificateKind, Effect, Fault, Issue, Link, Reference, When, root_certificate,
};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

/// How a run ended, what the display showed and what the log holds.
struct Ended {
    outcome: Outcome,
    display: String,
    log: String,
    /// VERIFY commands that cost a try or gave them back.
    verifies: usize,
}

fn link(tries: u8) -> Link {
    let mut issue = Issue::demonstration().seed(1);
    issue.tries = vec![(Reference::Auth, tries)];
    Link::new(Card::issue(issue).unwrap())
}

fn clock() -> Time {
    Time::from_unix(UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap())
}

fn run(mut link: Link, keys: &str) -> Ended {
    let root = root_certificate(CertificateKind::Auth).unwrap();
    let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
    let (mut display, mut log) = (Vec::new(), Vec::new());
    let reader = Logging::new(&mut link, &mut log);
    let mut pin_pad = PinPad::new(keys.as_bytes(), &mut display);
    let outcome = check_in(reader, &anchors, clock, &mut pin_pad).unwrap();
    let verifies = link.log().iter().filter(|entry| entry.is_verify()).count();
    let [display, log] = [display, log].map(|bytes| String::from_utf8(bytes).unwrap());
    Ended { outcome, display, log, verifies }
}

#[test]
fn the_right_pin_checks_in_and_stands_nowhere() {
    let ended = run(link(3), "1234\n");
    assert_eq!((ended.outcome, ended.verifies), (Outcome::Verified, 1));
    assert!(ended.display.contains("virtual hierarchy, certificate valid"), "{}", ended.display);
    assert_eq!(ended.log.lines().count(), 5, "{}", ended.log);
    for text in [&ended.display, &ended.log] {
        assert!(!text.contains("1234") && !text.contains("31, 32, 33, 34"), "{text}");
    }
}

#[test]
fn a_wrong_pin_may_be_entered_again_as_a_new_check_in() {
    let ended = run(link(3), "9876\n1234\n");
    assert_eq!((ended.outcome, ended.verifies), (Outcome::Verified, 2));
    assert!(ended.display.contains("2 tries left"), "{}", ended.display);
}

#[test]
fn what_is_no_pin_is_asked_again_and_costs_nothing() {
    let ended = run(link(3), "12a4\n12345\n1234\n");
    assert_eq!((ended.outcome, ended.verifies), (Outcome::Verified, 1));

    // The end of an entry that is too long is no entry.
    let long = format!("{}9876\n1234\n", "0".repeat(64));
    let ended = run(link(3), &long);
    assert_eq!((ended.outcome, ended.verifies), (Outcome::Verified, 1));
}

#[test]
fn no_pin_is_a_cancellation() {
    for keys in ["", "\n"] {
        let ended = run(link(3), keys);
        assert_eq!((ended.outcome, ended.verifies), (Outcome::Cancelled, 0));
    }
}

#[test]
fn the_last_try_is_the_holders_decision() {
    for keys in ["no\n1234\n", "", "1234\n"] {
        let ended = run(link(1), keys);
        assert_eq!((ended.outcome, ended.verifies), (Outcome::LastTryRefused, 0), "{keys:?}");
    }
    let ended = run(link(1), "yes\n1234\n");
    assert_eq!((ended.outcome, ended.verifies), (Outcome::Verified, 1));
}

#[test]
fn a_card_that_leaves_is_named_and_its_pin_is_not_sent_again() {
    let effect = Effect::Break { acted: true, kind: ErrorKind::CardRemoved };
    let fault = Fault::once(When::InsWithData(0x20), effect);
    let ended = run(link(3).with_fault(fault), "1234\n1234\n");
    assert_eq!((ended.outcome, ended.verifies), (Outcome::OutcomeUnknown, 1));
    assert!(ended.log.contains("no answer"), "{}", ended.log);
}

#[test]
fn nobody_elses_root_is_trusted() {
    let mut log = Vec::new();
    let reader = Logging::new(link(3), &mut log);
    let mut pin_pad = PinPad::new(&b"1234\n"[..], Vec::new());
    let outcome = check_in(reader, &Anchors::production(), clock, &mut pin_pad).unwrap();
    assert_eq!(outcome, Outcome::NotTrusted);
    assert!(!String::from_utf8(log).unwrap().contains("[00, 20"), "a PIN was asked for");
}

#[test]
fn the_program_checks_in() {
    for (keys, code, text) in [("1234\n", 0, "Verified"), ("\n", 27, "Cancelled")] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_example-check-in"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        program.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        let output = program.wait_with_output().unwrap();
        let display = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{display}");
        assert!(display.contains(text), "{display}");
    }
}
