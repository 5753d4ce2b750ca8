//! The check-in by face that also opens the key for user authentication without a PIN: with the
//! stand-in of virtual cards, in one card presence, and not before the holder is known.
#![cfg(all(feature = "face", feature = "virtual-card"))]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities, custom_authorities};
use common::desk::{Clerk, Lens, photo, pictures, policy};
use common::{Setup, anchors, instructions, issue, now, session, verifies};
use kazasu::apdu::ExtendedLength;
use kazasu::face::{Answer, DemonstrationMatcher, Liveness, Operator, Reason, VisualPolicy};
use kazasu::mynacard::KeyUse;
use kazasu::pki::Validator;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::records::{CardFace, Verified};
use kazasu::{
    Cleared, Failure, Identification, IdentificationReport, IdentifiedBy, Job, Memory, Nonce,
    Outcome, Reply, StandInInstitutionAuthentication, WithoutPin, check_in_by_face_without_pin,
    check_in_by_visual_check_without_pin,
};
use kazasu_virtual_card::{Card, Effect, Fault, Link, When};

const JPKI: [u8; 8] = [0xA4, 0xB0, 0xA4, 0xA2, 0xA2, 0x53, 0x53, 0x2A];
const FACE: [u8; 6] = [0xA4, 0xB0, 0x20, 0x20, 0xB0, 0x2A];

fn card(stand_in: bool) -> Link {
    let mut issue = issue();
    issue.stand_in_institution = stand_in;
    Link::new(Card::issue(issue).unwrap())
}

enum Who<'w> {
    Face(&'w mut Lens),
    Staff(&'w mut Clerk),
}

type Report<'b> = IdentificationReport<Verified<CardFace<'b>>>;

/// Runs it, and looks at the report.
fn run<R>(link: &mut Link, who: Who<'_>, look: impl FnOnce(&Report<'_>, &[u8]) -> R) -> R {
    let mut holder = Codes::of(&common::card());
    let setup = Setup { command_room: 320, room: 8192, ..Setup::new() };
    run_with(link, &setup, &authorities(), &mut holder, who, look)
}

fn run_with<R>(
    link: &mut Link,
    setup: &Setup,
    authorities: &CvcAnchors<'_>,
    holder: &mut Codes,
    who: Who<'_>,
    look: impl FnOnce(&Report<'_>, &[u8]) -> R,
) -> R {
    let roots = anchors();
    let (mut bytes, mut certificate) = ([0; 8192], [0; 3072]);
    session(link, setup, |session| {
        let mut memory = Memory::new(&mut bytes);
        let nonce = Nonce::given(&[3; 32]).unwrap();
        let identification = Identification::new(authorities, nonce);
        let mut without_pin = WithoutPin {
            validator: &Validator::new(&roots),
            now: now(),
            job: &Job::check_in(&common::nonce()),
            provider: &mut StandInInstitutionAuthentication::new(),
            certificate: &mut certificate,
        };
        let report = match who {
            Who::Face(lens) => check_in_by_face_without_pin(
                session,
                identification,
                policy(),
                holder,
                &mut DemonstrationMatcher::new(Liveness::Passed),
                lens,
                &mut memory,
                &mut without_pin,
            ),
            Who::Staff(clerk) => check_in_by_visual_check_without_pin(
                session,
                identification,
                VisualPolicy::default(),
                Operator::new("C-17").unwrap(),
                Reason::new("mask").unwrap(),
                holder,
                clerk,
                &mut memory,
                &mut without_pin,
            ),
        };
        assert_eq!(report.identified.is_some(), report.outcome.is_verified());
        look(&report, without_pin.certificate)
    })
}

#[test]
fn the_certificate_is_proven_in_the_same_presence() {
    for staff in [false, true] {
        let mut link = card(true);
        let mut clerk = Clerk::saying([Reply::Answer(Answer::Yes)]);
        let mut lens = Lens::of(photo());
        let who = if staff { Who::Staff(&mut clerk) } else { Who::Face(&mut lens) };
        run(&mut link, who, |report, certificate| {
            assert_eq!((report.outcome, report.failure), (Outcome::Verified, None));
            let identified = report.identified.as_ref().unwrap();
            assert_eq!(identified.key_use(), IdentifiedBy::Certificate(KeyUse::StandIn));
            assert_eq!(identified.key_use().as_str(), "stand-in");
            let proof = identified.proof().unwrap();
            assert_eq!(proof.certificate_sha256(), &kazasu::pki::sha256(der(certificate)));
            assert_eq!(report.cleared, Cleared::PowerOff);
        });
        assert_eq!(instructions(&link), [&FACE[..], &JPKI].concat());
        assert_eq!(link.card().unwrap().verify_commands_seen(), 1);
    }
}

/// A certificate without what follows it in the memory.
fn der(memory: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_be_bytes([memory[2], memory[3]])) + 4;
    &memory[..length]
}

#[test]
fn the_key_is_not_opened_for_whoever_is_not_known() {
    let mut link = card(true);
    let mut lens = Lens::of(pictures());
    run(&mut link, Who::Face(&mut lens), |report, _| {
        assert_eq!(report.outcome, Outcome::FaceNoMatch);
    });
    assert_eq!(instructions(&link), FACE[..5]);
    let mut clerk = Clerk::saying([Reply::Answer(Answer::No)]);
    let mut link = card(true);
    run(&mut link, Who::Staff(&mut clerk), |report, _| {
        assert_eq!(report.outcome, Outcome::VisualRefused);
    });
    assert_eq!(instructions(&link), FACE[..5]);
}

#[test]
fn a_card_that_does_not_take_the_institution_is_not_half_verified() {
    let mut link = card(false);
    let mut lens = Lens::of(photo());
    run(&mut link, Who::Face(&mut lens), |report, _| {
        assert!(!report.outcome.is_verified(), "{:?}", report.outcome);
        assert!(matches!(report.failure, Some(Failure::Institution(_))), "{:?}", report.failure);
        assert_eq!((report.tries_left, report.cleared), (Some(10), Cleared::PowerOff));
    });
    assert_eq!(verifies(link.log()), 1);
}

#[test]
fn a_fault_at_any_command_verifies_nobody() {
    for number in 1..=14 {
        for effect in [Effect::drop_before(), Effect::drop_after(), Effect::no_answer()] {
            let fault = Fault::once(When::Command(number), effect.clone());
            let mut link = card(true).with_fault(fault);
            let mut lens = Lens::of(photo());
            run(&mut link, Who::Face(&mut lens), |report, _| {
                assert!(!report.outcome.is_verified(), "{number} {effect:?}");
                assert!(report.face.is_none());
            });
            assert!(verifies(link.log()) <= 1);
        }
    }
}

#[test]
fn the_status_is_cleared_by_another_application_than_the_last() {
    let mut link = card(true).without_power_off();
    let mut lens = Lens::of(photo());
    run(&mut link, Who::Face(&mut lens), |report, _| {
        assert_eq!((report.outcome, report.cleared), (Outcome::Verified, Cleared::Selection));
    });
    let last = link.log().last().unwrap();
    assert_eq!((last.ins, last.p1), (0xA4, 0x04));
    assert!(
        !kazasu_virtual_card::Reference::ALL
            .iter()
            .any(|one| link.card().unwrap().is_verified(*one))
    );
    // Without the second part it is the card face that is left.
    let mut link = card(false).without_power_off();
    let mut lens = Lens::of(pictures());
    run(&mut link, Who::Face(&mut lens), |report, _| {
        assert_eq!((report.outcome, report.cleared), (Outcome::FaceNoMatch, Cleared::Selection));
    });
    assert!(!link.card().unwrap().is_verified(kazasu_virtual_card::Reference::SurfaceNumberB));
}

/// Runs both, with a reader that cannot, and gives the commands.
fn in_vain(
    link: impl Fn() -> Link,
    setup: &Setup,
    authorities: &CvcAnchors<'_>,
) -> (Failure, Vec<u8>) {
    let mut ends = [false, true].map(|staff| {
        let mut link = link();
        let (mut clerk, mut lens) = (Clerk::saying([]), Lens::of(photo()));
        let mut holder = Codes::of(&common::card());
        let who = if staff { Who::Staff(&mut clerk) } else { Who::Face(&mut lens) };
        let failure = run_with(&mut link, setup, authorities, &mut holder, who, |report, _| {
            let failure = report.failure.unwrap();
            assert_eq!(report.outcome, failure.outcome());
            failure
        });
        // Nobody was asked for anything, and no try was used.
        assert!(holder.asked.is_empty());
        assert_eq!((lens.captures, clerk.shown, clerk.asked.len()), (0, 0, 0));
        assert_eq!(link.card().unwrap().deeds().verify_commands, 0);
        (failure, instructions(&link))
    });
    assert_eq!(ends[0], ends[1]);
    std::mem::replace(&mut ends[0], (Failure::StandIn, Vec::new()))
}

#[test]
fn a_reader_that_cannot_carry_it_asks_for_no_code() {
    let room = Setup { command_room: 320, room: 8192, ..Setup::new() };
    let trusted = authorities();
    for setup in [
        Setup { mode: ExtendedLength::Off, ..room },
        Setup { learned: true, ..room },
        Setup { command_room: 313, ..room },
    ] {
        let (failure, commands) = in_vain(|| card(true), &setup, &trusted);
        assert_eq!((failure.outcome(), commands), (Outcome::ReaderUnfit, vec![]));
        assert!(failure.to_string().contains("this reader"), "{failure}");
    }
    let declared = || card(true).declare_extended_length(Some(false));
    let (failure, commands) = in_vain(declared, &room, &trusted);
    assert_eq!((failure.outcome(), commands), (Outcome::ReaderUnfit, vec![]));
    // It shows with the first file that is read: the certificate, twice, before the code.
    let short = || {
        let mut issue = issue();
        (issue.stand_in_institution, issue.settings.extended_length) = (true, false);
        Link::new(Card::issue(issue).unwrap())
    };
    let (failure, commands) = in_vain(short, &room, &trusted);
    assert_eq!(failure.outcome(), Outcome::ReaderUnfit);
    assert!(
        commands.starts_with(&[0xA4, 0xB0, 0xB0]) && !commands.contains(&0x20),
        "{commands:X?}"
    );
}

#[test]
fn a_stand_in_is_refused_before_a_code_is_asked_for() {
    let room = Setup { command_room: 320, room: 8192, ..Setup::new() };
    let mut link = card(true);
    let (mut clerk, mut holder) = (Clerk::saying([]), Codes::of(&common::card()));
    let who = Who::Staff(&mut clerk);
    run_with(&mut link, &room, &custom_authorities(), &mut holder, who, |report, _| {
        assert_eq!((report.outcome, report.failure), (Outcome::NotTrusted, Some(Failure::StandIn)));
    });
    assert!(holder.asked.is_empty());
    assert_eq!((instructions(&link), clerk.shown), (vec![0xA4, 0xB0], 0));
}
