//! The check-in by face without memory for the card face: the photo goes to the matcher in pieces, the
//! verdict is that of the card face in memory, and the matcher is asked for nothing before all of it was
//! verified.
#![cfg(feature = "face")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;
#[path = "../../face/tests/common/says.rs"]
mod says;

use common::codes::{Codes, authorities, custom_authorities};
use common::desk::{Lens, photo, pictures, policy};
use common::flip::Flip;
use common::{Setup, instructions, issue, session, verifies};
use kazasu::apdu::Transport;
use kazasu::face::{
    Capture, Decision, DemonstrationMatcher, Liveness, Matcher, MatcherIdentity, PhotoKind,
    PhotoProblem, PhotoSink, Policy, Preparation, Scale,
};
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::sha256;
use kazasu::{
    Failure, Identification, Memory, Nonce, Outcome, check_in_by_face, check_in_by_face_stream,
};
use kazasu_virtual_card::{Card, Effect, Fault, Issue, Link, Photo, When};
use says::Says;

const YES: Decision = Decision::Compared { score: 10, liveness: Liveness::Passed };

/// Notes what is asked of a matcher.
struct Watched<M> {
    inner: M,
    photo: Vec<u8>,
    longest: usize,
    lengths: Vec<usize>,
    /// Calls that want something of the photo.
    asked: usize,
}

impl<M> Watched<M> {
    fn new(inner: M) -> Self {
        Self { inner, photo: Vec::new(), longest: 0, lengths: Vec::new(), asked: 0 }
    }
}

impl<M: Matcher> PhotoSink for Watched<M> {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        self.lengths.push(length);
        self.inner.begin(kind, length)
    }
    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        self.longest = self.longest.max(piece.len());
        self.photo.extend_from_slice(piece);
        self.inner.write(piece)
    }
}

impl<M: Matcher> Matcher for Watched<M> {
    fn identity(&self) -> MatcherIdentity {
        self.inner.identity()
    }
    fn scale(&self) -> Scale {
        self.inner.scale()
    }
    fn prepare(&mut self) -> Preparation {
        self.asked += 1;
        assert_eq!(self.lengths, [self.photo.len()], "asked before the photo was whole");
        self.inner.prepare()
    }
    fn start(&mut self) {
        self.asked += 1;
        self.inner.start();
    }
    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        self.asked += 1;
        self.inner.compare(capture)
    }
    fn forget(&mut self) {
        if !self.photo.is_empty() {
            self.lengths.clear();
        }
        self.photo.clear();
        self.inner.forget();
    }
}

type Ended = (Outcome, Option<Failure>, Option<u8>, Option<[u8; 32]>);

/// In pieces, with this much room for commands and answers.
fn in_pieces<T: Transport>(
    link: T,
    (command_room, room): (usize, usize),
    anchors: &CvcAnchors<'_>,
    holder: &mut Codes,
    policy: Policy,
    matcher: &mut dyn Matcher,
    lens: &mut Lens,
) -> Ended {
    session(link, &Setup { command_room, room, ..Setup::new() }, |session| {
        let identification = Identification::new(anchors, Nonce::given(&[7; 32]).unwrap());
        let report =
            check_in_by_face_stream(session, identification, policy, holder, matcher, lens);
        let verified = report.outcome.is_verified();
        assert_eq!(report.identified.is_some(), verified);
        assert_eq!((report.face.is_some(), report.failure.is_none()), (verified, verified));
        if let (Some(identified), Some(face)) = (&report.identified, &report.face) {
            assert!(identified.authentic().is_of(face));
            assert_eq!(identified.face(), report.evidence.as_ref());
        }
        let photo = report.face.map(|face| *face.photo_sha256());
        (report.outcome, report.failure, report.tries_left, photo)
    })
}

/// With the card face in memory.
fn whole<T: Transport>(
    link: T,
    anchors: &CvcAnchors<'_>,
    holder: &mut Codes,
    policy: Policy,
    matcher: &mut dyn Matcher,
    lens: &mut Lens,
) -> Ended {
    let mut bytes = vec![0; 32_768];
    session(link, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let identification = Identification::new(anchors, Nonce::given(&[7; 32]).unwrap());
        let report =
            check_in_by_face(session, identification, policy, holder, matcher, lens, &mut memory);
        let photo = report.face.map(|face| sha256(face.photo()));
        (report.outcome, report.failure, report.tries_left, photo)
    })
}

fn with_photo(photo: Photo) -> Issue {
    let mut issue = issue();
    issue.photo = photo;
    issue
}

fn link(photo: Photo) -> Link {
    Link::new(Card::issue(with_photo(photo)).unwrap())
}

fn says(decision: Decision) -> (Watched<Says>, Policy) {
    let matcher = Watched::new(Says(decision));
    let policy = Policy::new(matcher.scale().threshold(5).unwrap());
    (matcher, policy)
}

#[test]
fn a_photo_of_20_kb_identifies_its_holder_through_buffers_of_half_a_kib() {
    let anchors = authorities();
    for (commands, answers) in [(262, 1026), (64, 258)] {
        let mut link = link(Photo::Padded(20_000));
        let mut holder = Codes::of(link.card().unwrap());
        let (mut matcher, policy) = says(YES);
        let (mut lens, rooms) = (Lens::native(), (commands, answers));
        let ended =
            in_pieces(&mut link, rooms, &anchors, &mut holder, policy, &mut matcher, &mut lens);
        let photo = sha256(&Photo::Padded(20_000).bytes().unwrap());
        assert_eq!(ended, (Outcome::Verified, None, Some(10), Some(photo)));
        assert!(matcher.longest <= answers - 2, "{}", matcher.longest);
        assert_eq!((matcher.asked, matcher.photo.len()), (3, 0), "asked thrice, and forgotten");
        assert_eq!((verifies(link.log()), lens.captures), (1, 1));
        assert_eq!(instructions(&link).last(), Some(&0x2A), "the challenge after the match");
    }
}

#[test]
fn the_verdict_is_that_of_the_card_face_in_memory() {
    let failed = Decision::Compared { score: 10, liveness: Liveness::Failed };
    let below = Decision::Compared { score: 4, liveness: Liveness::Passed };
    let (own, other) = (authorities(), custom_authorities());
    let mut copied = issue();
    copied.copied = true;
    let noise = Photo::Bytes(vec![0x5A; 900]);
    let one = Photo::Bytes(vec![0xFF]);
    let photos = [Photo::Sample, noise, one, Photo::Another];
    let cards = photos.map(with_photo).into_iter().chain([copied]).collect::<Vec<_>>();
    let mut seen = std::collections::BTreeSet::new();
    for issue in &cards {
        for decision in [YES, failed, below] {
            for (anchors, knows) in [(&own, true), (&own, false), (&other, true)] {
                let run = |pieces: bool| {
                    let mut link = Link::new(Card::issue(issue.clone()).unwrap());
                    let mut holder =
                        if knows { Codes::of(link.card().unwrap()) } else { Codes::wrong() };
                    let (mut matcher, policy) = says(decision);
                    let mut lens = Lens::native();
                    let (lens, matcher) = (&mut lens, &mut matcher);
                    if pieces {
                        let rooms = (262, 300);
                        in_pieces(&mut link, rooms, anchors, &mut holder, policy, matcher, lens)
                    } else {
                        whole(&mut link, anchors, &mut holder, policy, matcher, lens)
                    }
                };
                let ended = run(true);
                assert_eq!(ended, run(false));
                seen.insert(ended.0.as_str());
            }
        }
    }
    let expected = [
        "code_wrong",
        "face_no_match",
        "face_quality",
        "face_suspected_attack",
        "record_not_genuine",
        "verified",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_same_people_are_recognised() {
    let anchors = authorities();
    for (picture, outcome) in [(photo(), Outcome::Verified), (pictures(), Outcome::FaceNoMatch)] {
        let mut link = link(Photo::Sample);
        let mut holder = Codes::of(link.card().unwrap());
        let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
        let mut lens = Lens::of(picture);
        let ended = in_pieces(
            &mut link,
            (262, 1026),
            &anchors,
            &mut holder,
            policy(),
            &mut matcher,
            &mut lens,
        );
        assert_eq!(ended.0, outcome);
    }
    // On another card than a virtual one nobody is asked for a code.
    let mut link = link(Photo::Sample);
    let mut holder = Codes::of(link.card().unwrap());
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    let mut lens = Lens::of(photo());
    let (rooms, others) = ((262, 1026), custom_authorities());
    let ended =
        in_pieces(&mut link, rooms, &others, &mut holder, policy(), &mut matcher, &mut lens);
    assert_eq!(ended.1, Some(Failure::DemonstrationMatcher));
    assert!(holder.asked.is_empty());
}

#[test]
fn a_matcher_is_asked_for_nothing_by_a_card_face_that_is_not_genuine() {
    let anchors = authorities();
    let mut commands = 0;
    // Every piece of the file in turn, with one bit changed on its way.
    for command in 5..60 {
        let mut card = link(Photo::Padded(5_000));
        let (mut holder, mut lens) = (Codes::of(card.card().unwrap()), Lens::native());
        let (mut matcher, policy) = says(YES);
        let flip = Flip { link: &mut card, command, place: 100 };
        let rooms = (262, 258);
        let ended = in_pieces(flip, rooms, &anchors, &mut holder, policy, &mut matcher, &mut lens);
        commands = instructions(&card).len();
        if instructions(&card).get(command - 1) != Some(&0xB0) {
            break;
        }
        // Expiry and security code are not signed, and stand after the signature.
        if ended.0.is_verified() {
            assert!(command + 2 >= commands, "{command} of {commands}");
            continue;
        }
        assert_eq!(matcher.asked, 0, "{command}: {:?}", ended.1);
        assert!(matcher.photo.is_empty() && lens.captures == 0, "{command}: not forgotten");
        assert_ne!(instructions(&card).last(), Some(&0x2A));
    }
    assert!(commands > 20, "{commands}");
}

#[test]
fn a_fault_at_any_command_verifies_nobody() {
    let anchors = authorities();
    let run = |fault: Option<Fault>| {
        let mut card = link(Photo::Sample);
        if let Some(fault) = fault {
            card.faults_mut().push(fault);
        }
        let (mut holder, mut lens) = (Codes::of(card.card().unwrap()), Lens::native());
        let (mut matcher, policy) = says(YES);
        let rooms = (262, 1026);
        let ended =
            in_pieces(&mut card, rooms, &anchors, &mut holder, policy, &mut matcher, &mut lens);
        assert!(matcher.photo.is_empty(), "not forgotten");
        assert!(verifies(card.log()) <= 1);
        (ended.0, card.commands() as u64)
    };
    let (outcome, commands) = run(None);
    assert_eq!(outcome, Outcome::Verified);
    for number in 1..=commands {
        for effect in [Effect::drop_before(), Effect::drop_after(), Effect::no_answer()] {
            let (outcome, _) = run(Some(Fault::once(When::Command(number), effect.clone())));
            assert!(!outcome.is_verified(), "{number} {effect:?}");
        }
    }
}
