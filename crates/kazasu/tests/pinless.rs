//! The check-in without a PIN: with the stand-in of virtual cards, which nothing else accepts, and with
//! providers that misbehave.
#![cfg(feature = "virtual-card")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Setup, anchors, instructions, issue, nonce, now, session};
use kazasu::apdu::{Command, EncodeError, ExtendedLength, Response, Status};
use kazasu::mynacard::{
    Application, AuthenticateInstitution, Error, Input, InstitutionAuthentication,
    InstitutionError, InstitutionScheme, InstitutionStep, Key, KeyUse, Operation,
    SelectApplication, Sign,
};
use kazasu::pki::{Anchor, Anchors, Kind, Validator};
use kazasu::{
    Cleared, Failure, Job, Outcome, Proof, StandInInstitutionAuthentication,
    authenticate_without_pin,
};
use kazasu_virtual_card::{Card, CertificateKind, Effect, Fault, Link, When, root_certificate};

fn card(stand_in: bool) -> Link {
    let mut issue = issue();
    issue.stand_in_institution = stand_in;
    Link::new(Card::issue(issue).unwrap())
}

struct Ended {
    outcome: Outcome,
    failure: Option<Failure>,
    proof: Option<Proof>,
    cleared: Cleared,
}

fn run(
    link: &mut Link,
    anchors: &Anchors<'_>,
    job: &Job,
    provider: &mut dyn InstitutionAuthentication,
) -> Ended {
    let (mut outgoing, mut incoming) = ([0; 320], [0; 4096]);
    let channel = kazasu::apdu::Channel::new(&mut outgoing, &mut incoming);
    let mut session = kazasu::apdu::Session::new(link, channel);
    let mut certificate = [0; 3072];
    let report = authenticate_without_pin(
        &mut session,
        &Validator::new(anchors),
        now(),
        job,
        provider,
        &mut |_| {},
        &mut certificate,
    );
    Ended {
        outcome: report.outcome,
        failure: report.failure,
        proof: report.proof,
        cleared: report.cleared,
    }
}

#[test]
fn the_stand_in_opens_the_key_of_a_virtual_card() {
    let mut link = card(true);
    let mut provider = StandInInstitutionAuthentication::new();
    for _ in 0..2 {
        link.clear_log();
        let ended = run(&mut link, &anchors(), &Job::check_in(&nonce()), &mut provider);
        assert_eq!((ended.outcome, ended.failure), (Outcome::Verified, None));
        assert_eq!(ended.cleared, Cleared::PowerOff, "the key was open");
        let proof = ended.proof.unwrap();
        assert_eq!((proof.key_use(), proof.key_use().as_str()), (KeyUse::StandIn, "stand-in"));
        assert_eq!(proof.hierarchy(), kazasu::pki::Hierarchy::Virtual);
        assert_eq!(instructions(&link), [0xA4, 0xB0, 0xA4, 0xA2, 0xA2, 0x53, 0x53, 0x2A]);
    }
    assert_eq!(link.card().unwrap().verify_commands_seen(), 0);
}

#[test]
fn only_the_virtual_hierarchy_accepts_it() {
    let roots =
        [CertificateKind::Auth, CertificateKind::Sign].map(|it| root_certificate(it).unwrap());
    let custom =
        Anchors::none().with(Anchor::custom(&roots[0]).unwrap().for_kind(Kind::Auth)).unwrap();
    let mut link = card(true);
    let mut provider = StandInInstitutionAuthentication::new();
    let ended = run(&mut link, &custom, &Job::check_in(&nonce()), &mut provider);
    assert_eq!((ended.outcome, ended.failure), (Outcome::NotTrusted, Some(Failure::StandIn)));
    assert!(ended.proof.is_none());
    // Nothing was sent for it.
    assert_eq!(instructions(&link), [0xA4, 0xB0]);

    // Nor one that says so only when it is too late.
    struct Late(StandInInstitutionAuthentication, bool);
    impl InstitutionAuthentication for Late {
        fn scheme(&self) -> InstitutionScheme {
            if self.1 { InstitutionScheme::StandIn } else { InstitutionScheme::Certified }
        }
        fn certificate_body(&self) -> &[u8] {
            self.0.certificate_body()
        }
        fn certificate_signature(&self) -> &[u8] {
            self.0.certificate_signature()
        }
        fn next(&mut self, answer: Option<Response<'_>>) -> InstitutionStep<'_> {
            self.1 = true;
            self.0.next(answer)
        }
    }
    let mut late = Late(StandInInstitutionAuthentication::new(), false);
    let ended = run(&mut link, &custom, &Job::check_in(&nonce()), &mut late);
    assert_eq!((ended.failure, ended.proof), (Some(Failure::StandIn), None));
}

#[test]
fn a_card_that_was_not_issued_with_it_refuses_it() {
    let mut link = card(false);
    let mut provider = StandInInstitutionAuthentication::new();
    let ended = run(&mut link, &anchors(), &Job::check_in(&nonce()), &mut provider);
    let (operation, status) = (Operation::InstitutionAuthentication, Status::WRONG_LENGTH);
    let error = InstitutionError::Card(Error::Status { operation, status });
    assert_eq!(ended.failure, Some(Failure::Institution(error)));
    assert_eq!((ended.outcome, ended.proof), (Outcome::BadAnswer, None));
    assert_eq!(ended.cleared, Cleared::PowerOff);
}

#[test]
fn there_is_no_way_to_the_signature_key() {
    let mut link = card(true);
    let job = Job::sign(Key::Sign, kazasu::pki::Digest::sha256([7; 32]));
    let mut provider = StandInInstitutionAuthentication::new();
    let ended = run(&mut link, &anchors(), &job, &mut provider);
    assert!(matches!(ended.failure, Some(Failure::Input(_))));
    assert!(instructions(&link).is_empty());
}

/// Asks for this instruction, again and again.
struct Asks(u8);

impl InstitutionAuthentication for Asks {
    fn scheme(&self) -> InstitutionScheme {
        InstitutionScheme::StandIn
    }
    fn certificate_body(&self) -> &[u8] {
        &[]
    }
    fn certificate_signature(&self) -> &[u8] {
        &[]
    }
    fn next(&mut self, _: Option<Response<'_>>) -> InstitutionStep<'_> {
        InstitutionStep::Send(Command::new(0x00, self.0, 0x00, 0x98).with_data(b"1234"))
    }
}

#[test]
fn a_provider_uses_no_try_and_comes_to_an_end() {
    for (ins, expected, sent) in [
        (0x20, InstitutionError::Forbidden { ins: 0x20 }, 0),
        (0x24, InstitutionError::Forbidden { ins: 0x24 }, 0),
        (0x2C, InstitutionError::Forbidden { ins: 0x2C }, 0),
        (0xA4, InstitutionError::Forbidden { ins: 0xA4 }, 0),
        (0x82, InstitutionError::TooManyCommands, 8),
    ] {
        // The card takes whatever is handed over.
        let fault = |ins| {
            Fault::always(When::Ins(ins), Effect::Status { acted: false, status: Status::OK })
        };
        let mut link = card(false).with_fault(fault(0xA2)).with_fault(fault(0x82));
        let ended = run(&mut link, &anchors(), &Job::check_in(&nonce()), &mut Asks(ins));
        assert_eq!(ended.failure, Some(Failure::Institution(expected)), "{ins:02X}");
        assert_eq!(
            link.log().iter().filter(|entry| entry.ins == ins).count(),
            sent + usize::from(ins == 0xA4) * 2
        );
        assert_eq!(link.card().unwrap().deeds().verify_commands, 0);
    }
}

#[test]
fn a_reader_that_cannot_carry_it_is_told_so_before_the_card_is_asked() {
    for (mode, command_room) in [(ExtendedLength::Off, 320), (ExtendedLength::Auto, 313)] {
        let mut link = card(true);
        let roots = anchors();
        let setup = Setup { mode, command_room, ..Setup::new() };
        let mut certificate = [0; 3072];
        session(&mut link, &setup, |session| {
            let report = authenticate_without_pin(
                session,
                &Validator::new(&roots),
                now(),
                &Job::check_in(&nonce()),
                &mut StandInInstitutionAuthentication::new(),
                &mut |_| {},
                &mut certificate,
            );
            assert_eq!(report.outcome, Outcome::ReaderUnfit);
            let text = report.failure.unwrap().to_string();
            assert!(text.contains("this reader") && !text.contains("the card"), "{text}");
        });
        assert!(instructions(&link).is_empty());
    }
}

#[test]
fn what_a_provider_won_ends_with_the_presence() {
    let mut link = card(true);
    session(&mut link, &Setup::new(), |session| {
        session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
        let mut provider = StandInInstitutionAuthentication::new();
        // Its buffer is too small for the certificate: nothing was sent.
        let refused = session.run(&mut AuthenticateInstitution::new(&mut provider));
        assert_eq!(refused.err(), Some(InstitutionError::NotSent(EncodeError::BufferTooSmall)));
    });
    let (mut outgoing, mut incoming) = ([0; 320], [0; 300]);
    let channel = kazasu::apdu::Channel::new(&mut outgoing, &mut incoming);
    let mut session = kazasu::apdu::Session::new(&mut link, channel);
    session.reconnect().unwrap();
    session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
    let mut provider = StandInInstitutionAuthentication::new();
    let opened = session.run(&mut AuthenticateInstitution::new(&mut provider)).unwrap();
    assert_eq!(opened.scheme(), InstitutionScheme::StandIn);
    let input = [7; 51];
    let mut sign = Sign::without_pin(Input::Verbatim(&input), &opened).unwrap();
    let signature = session.run(&mut sign).unwrap();
    assert_eq!((signature.key(), signature.key_use()), (Key::Auth, KeyUse::StandIn));
    session.power_off().unwrap();
    session.reconnect().unwrap();
    let mut sign = Sign::without_pin(Input::Verbatim(&input), &opened).unwrap();
    assert_eq!(session.run(&mut sign), Err(Error::EvidenceExpired));
}
