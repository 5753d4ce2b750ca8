//! After a check-in by face no piece of the photo, of the image of the name, or of the code is in the
//! memory of the process, whatever the library had it in: heap, stack and the caller's buffers.
//!
//! A child process makes the card and records what it answers; this one has all of that in disguise
//! only, plays it back through a link, and looks through its own memory.
#![cfg(all(feature = "face", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;
#[path = "../../face/tests/common/says.rs"]
mod says;

use common::codes::{Codes, authorities};
use common::{Setup, issue, session};
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{Channel, Session, Transport};
use kazasu::face::{Capture, Decision, DeviceFault, Instant, Liveness, Matcher, Policy, Step};
use kazasu::mynacard::{SinkFull, VerificationNumberB};
use kazasu::pki::records::{CardFacePart, CardFacePiece};
use kazasu::{
    Camera, CardFaceSink, Declined, Holder, Identification, Memory, Nonce, Outcome, OwnedSecret,
    RecordChecks, Request, card_face_stream, check_in_by_face, check_in_by_face_stream,
};
use kazasu_virtual_card::{Card, Link, Photo};
use says::Says;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Command;

/// Bytes of a piece that is looked for.
const PIECE: usize = 16;
/// Every byte of what must not be found, changed in this way.
const DISGUISE: u8 = 0x5A;
/// How much is looked through at once: a page.
const WINDOW: usize = 4_096;
/// Is there in the child.
const ROLE: &str = "KAZASU_TEST_RECORDS";

const NONCE: [u8; 32] = [9; 32];

// ---- The child: makes the card, and prints what it says in disguise.

struct Recorder<'l> {
    link: &'l mut Link,
    out: &'l mut String,
}

impl Transport for Recorder<'_> {
    type Error = kazasu_virtual_card::LinkError;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        let length = self.link.transmit(command, response)?;
        writeln!(self.out, "answer {}", disguised(&response[..length])).unwrap();
        Ok(length)
    }
    fn power_off(&mut self) -> Result<kazasu::apdu::PowerOff, Self::Error> {
        self.link.power_off()
    }
    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.link.reconnect()
    }
}

fn disguised(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{:02x}", byte ^ DISGUISE))
}

const YES: Decision = Decision::Compared { score: 10, liveness: Liveness::Passed };

fn record() {
    let card = Card::issue(issue()).unwrap();
    let mut holder = Codes::of(&card);
    let mut out = format!("\ncode {}\n", disguised(holder.number_b.as_bytes()));
    let mut link = Link::new(card);
    let anchors = authorities();
    let mut bytes = vec![0; 8192];
    let mut lens = Lens { now: 0, look: None };
    let recorder = Recorder { link: &mut link, out: &mut out };
    let name = session(recorder, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let nonce = Nonce::given(&NONCE).unwrap();
        let identification = Identification::new(&anchors, nonce);
        let policy = Policy::new(Says(YES).scale().threshold(5).unwrap());
        let report = check_in_by_face(
            session,
            identification,
            policy,
            &mut holder,
            &mut Says(YES),
            &mut lens,
            &mut memory,
        );
        report.face.unwrap().name_image().to_vec()
    });
    // The date of birth as records have it: `birth` finds copies that are not followed by the next field.
    writeln!(out, "birth {}", disguised(b"19850615")).unwrap();
    let photo = Photo::default().bytes().unwrap();
    for (what, bytes) in [("photo", &photo), ("name", &name)] {
        for piece in bytes.chunks_exact(PIECE) {
            // What is the same byte over and over may be anything.
            let distinct: std::collections::BTreeSet<u8> = piece.iter().copied().collect();
            if distinct.len() >= PIECE / 2 {
                writeln!(out, "{what} {}", disguised(piece)).unwrap();
            }
        }
    }
    println!("{out}");
}

impl common::Look for Recorder<'_> {}

// ---- The parent: has nothing but disguises.

/// What the child printed, still disguised.
struct Recorded {
    code: Vec<u8>,
    answers: Vec<Vec<u8>>,
    pieces: Vec<(String, Vec<u8>)>,
    /// Where a piece may begin, by its first two bytes: one pass for all of them.
    begins: Vec<bool>,
}

fn key(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn recorded() -> Recorded {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_of_the_holder_is_left", "--nocapture", "--test-threads=1"])
        .env(ROLE, "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let begins = vec![false; 0x1_0000];
    let mut recorded =
        Recorded { code: Vec::new(), answers: Vec::new(), pieces: Vec::new(), begins };
    for line in String::from_utf8(child.stdout).unwrap().lines() {
        let Some((what, hex)) = line.split_once(' ') else { continue };
        let bytes = || -> Vec<u8> {
            let pairs = hex.as_bytes().chunks_exact(2);
            let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            pairs.map(byte).collect()
        };
        match what {
            "code" => {
                recorded.code = bytes();
                recorded.pieces.push((what.to_owned(), bytes()));
            }
            "answer" => recorded.answers.push(bytes()),
            "photo" | "name" | "birth" => recorded.pieces.push((what.to_owned(), bytes())),
            _ => {}
        }
    }
    for (_, piece) in &recorded.pieces {
        recorded.begins[key(piece)] = true;
    }
    recorded
}

/// Plays it back, straight into the library's buffer.
struct Playback<'r> {
    recorded: &'r Recorded,
    at: usize,
    /// The answer of which only so many bytes come, and nothing after it.
    last: (usize, usize),
}

impl<'r> Playback<'r> {
    fn new(recorded: &'r Recorded) -> Self {
        Self { recorded, at: 0, last: (usize::MAX, 0) }
    }
}

impl Transport for Playback<'_> {
    type Error = ErrorKind;

    fn transmit(&mut self, _: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        let answer = self.recorded.answers.get(self.at).filter(|_| self.at <= self.last.0);
        let (data, status) =
            answer.and_then(|it| it.split_last_chunk::<2>()).ok_or(ErrorKind::LinkBroken)?;
        let data = if self.at == self.last.0 { &data[..self.last.1] } else { data };
        self.at += 1;
        for (to, from) in response.iter_mut().zip(data.iter().chain(status)) {
            *to = *from ^ DISGUISE;
        }
        Ok(data.len() + 2)
    }
    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Err(ErrorKind::NoCard)
    }
}

impl Holder for &Recorded {
    fn secret(&mut self, _: Request) -> Result<OwnedSecret, Declined> {
        let mut digits = [0; 14];
        for (to, from) in digits.iter_mut().zip(&self.code) {
            *to = *from ^ DISGUISE;
        }
        let secret = VerificationNumberB::new(&digits).unwrap().into();
        // The test's own copy.
        for digit in std::hint::black_box(&mut digits) {
            *digit = 0;
        }
        Ok(secret)
    }
}

/// A camera that may look at the memory in the middle of the session.
struct Lens<'l> {
    now: u64,
    look: Option<&'l mut dyn FnMut()>,
}

impl Camera for Lens<'_> {
    fn now(&mut self) -> Instant {
        self.now += 1;
        Instant::from_millis(self.now)
    }
    fn capture(&mut self) -> Option<Capture<'_>> {
        if let Some(look) = &mut self.look {
            look();
        }
        Some(Capture::Native(1))
    }
    fn tell(&mut self, _: Step) {}
    fn wait(&mut self, _: Step) -> bool {
        true
    }
}

/// Which pieces are somewhere in the memory that this process can write to.
fn found(recorded: &Recorded) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = Vec::new();
    let mut window = vec![0; WINDOW];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (begin, rest) = line.split_once('-').unwrap();
        let end = rest.split_once(' ').unwrap().0;
        let [mut at, end] = [begin, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        while at < end {
            let length = usize::try_from(end - at).unwrap().min(window.len());
            memory.seek(SeekFrom::Start(at)).unwrap();
            if memory.read_exact(&mut window[..length]).is_err() {
                break;
            }
            look_through(&mut window[..length], recorded, &mut found);
            // The next one overlaps, for what lies across the edge; no piece is longer.
            at += if length == window.len() { (length - PIECE) as u64 } else { length as u64 };
        }
    }
    window.fill(0);
    found
}

fn look_through(window: &mut [u8], recorded: &Recorded, found: &mut Vec<String>) {
    // Most pages were never written to.
    const ZEROS: [u8; WINDOW] = [0; WINDOW];
    if *window == ZEROS[..window.len()] {
        return;
    }
    // Disguised at once: then no copy of a find is found again.
    for byte in &mut *window {
        *byte ^= DISGUISE;
    }
    for at in 0..window.len() - 1 {
        if !recorded.begins[key(&window[at..])] {
            continue;
        }
        for (number, (what, piece)) in recorded.pieces.iter().enumerate() {
            if window[at..].starts_with(piece) {
                found.push(format!("{what} {number}"));
            }
        }
    }
    for byte in &mut *window {
        *byte = 0;
    }
}

/// A whole check-in, and how it ended.
fn check_in(
    recorded: &Recorded,
    matcher: &mut dyn Matcher,
    policy: Policy,
    lens: &mut Lens<'_>,
) -> Outcome {
    let anchors = authorities();
    let (mut outgoing, mut incoming, mut bytes) = ([0; 320], vec![0; 8192], vec![0; 8192]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Playback::new(recorded), channel);
    let mut memory = Memory::new(&mut bytes);
    let nonce = Nonce::given(&NONCE).unwrap();
    let report = check_in_by_face(
        &mut session,
        Identification::new(&anchors, nonce),
        policy,
        &mut &*recorded,
        matcher,
        lens,
        &mut memory,
    );
    report.outcome
}

/// The same in pieces.
fn check_in_by_stream(
    recorded: &Recorded,
    matcher: &mut dyn Matcher,
    policy: Policy,
    lens: &mut Lens<'_>,
) -> Outcome {
    let anchors = authorities();
    let (mut outgoing, mut incoming) = ([0; 320], vec![0; 8192]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Playback::new(recorded), channel);
    let identification = Identification::new(&anchors, Nonce::given(&NONCE).unwrap());
    let holder = &mut &*recorded;
    check_in_by_face_stream(&mut session, identification, policy, holder, matcher, lens).outcome
}

/// Lets the images pass and keeps nothing of them.
struct Through(usize);

impl CardFaceSink for Through {
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull> {
        if piece.part() == CardFacePart::Photo {
            self.0 += piece.octets().len();
        }
        Ok(())
    }
    fn discard(&mut self) {}
}

/// The card face in pieces: how it ended, and how much of the photo passed.
fn stream(recorded: &Recorded, last: (usize, usize)) -> (Outcome, usize) {
    let anchors = authorities();
    let (mut outgoing, mut incoming) = ([0; 320], vec![0; 8192]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Playback { last, ..Playback::new(recorded) }, channel);
    let checks = RecordChecks::card(&anchors, Nonce::given(&NONCE).unwrap());
    let mut through = Through(0);
    let report = card_face_stream(&mut session, checks, &mut &*recorded, &mut through);
    (report.outcome, through.0)
}

#[test]
fn nothing_of_the_holder_is_left() {
    if std::env::var_os(ROLE).is_some() {
        return record();
    }
    let recorded = recorded();
    let count = |what| recorded.pieces.iter().filter(|(one, _)| one == what).count();
    assert!(count("photo") > 50 && count("name") > 2 && count("code") == 1);
    assert_eq!(count("birth"), 1);
    // In the middle the photo must be found, or the search would prove nothing.
    let mut within = Vec::new();
    let mut look = || within = found(&recorded);
    let policy = Policy::new(Says(YES).scale().threshold(5).unwrap());
    let mut lens = Lens { now: 0, look: Some(&mut look) };
    let outcome = check_in(&recorded, &mut Says(YES), policy, &mut lens);
    assert_eq!(outcome, Outcome::Verified);
    let seen = |what| within.iter().any(|one: &String| one.starts_with(what));
    assert!(seen("photo") && seen("name") && seen("birth"), "{within:?}");
    assert_eq!(found(&recorded), Vec::<String>::new(), "after a match");

    // And after every other end.
    for (decision, expected) in [
        (Decision::Compared { score: 1, liveness: Liveness::Passed }, Outcome::FaceNoMatch),
        (Decision::Compared { score: 1, liveness: Liveness::Failed }, Outcome::FaceSuspectedAttack),
        (Decision::DeviceFault(DeviceFault::Camera), Outcome::FaceDeviceFault),
    ] {
        let mut lens = Lens { now: 0, look: None };
        let outcome = check_in(&recorded, &mut Says(decision), policy, &mut lens);
        assert_eq!(outcome, expected);
        assert_eq!(found(&recorded), Vec::<String>::new(), "after {expected}");
    }
    // Where the link breaks in the middle of the photo no report has anything. Nor does any verification
    // come, so the code may still lie on the stack, where the holder's answer was moved from.
    let (longest, answer) =
        recorded.answers.iter().enumerate().max_by_key(|(_, answer)| answer.len()).unwrap();
    let (outcome, passed) = stream(&recorded, (longest, answer.len() / 2));
    assert!(outcome == Outcome::LinkBroken && passed > 20 * PIECE, "{passed}");
    let record = found(&recorded).into_iter().filter(|what| !what.starts_with("code"));
    assert_eq!(
        record.collect::<Vec<_>>(),
        Vec::<String>::new(),
        "after half a card face in pieces"
    );
    // What passes in pieces leaves the report, which has the date of birth by value.
    let images = || found(&recorded).into_iter().filter(|what| !what.starts_with("birth"));
    let (outcome, passed) = stream(&recorded, (usize::MAX, 0));
    assert!(outcome == Outcome::Verified && passed > 50 * PIECE, "{passed}");
    assert_eq!(images().collect::<Vec<_>>(), Vec::<String>::new(), "after the card face in pieces");
    let mut lens = Lens { now: 0, look: None };
    assert_eq!(check_in_by_stream(&recorded, &mut Says(YES), policy, &mut lens), Outcome::Verified);
    assert_eq!(images().collect::<Vec<_>>(), Vec::<String>::new(), "after a check-in in pieces");
    // A decoder of images keeps what it likes, and is not in this test: docs/face.md.
}
