//! A fault at every command of the flows over what stands on the card: no try is lost, nothing is handed
//! out that is not right, nothing stays.
#![cfg(feature = "virtual-card")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::{anchors, issue, now, status, verifies};
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{Channel, Session, Status};
use kazasu::mynacard::SinkFull;
use kazasu::pki::Validator;
use kazasu::pki::records::{CardFacePart, CardFacePiece};
use kazasu::{
    AttributesCode, CardFaceSink, Cleared, Failure, Job, Memory, Nonce, Outcome, RecordChecks,
    StandInInstitutionAuthentication,
};
use kazasu_virtual_card::{
    Card, Effect, Fault, Link, OnReconnect, Photo, Reference, SignatureDefect, When,
};

const BIRTH: &str = "19850615";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Age,
    Attributes,
    Face,
    Stream,
    WithoutPin,
}

impl Flow {
    const ALL: [Self; 5] =
        [Self::Age, Self::Attributes, Self::Face, Self::Stream, Self::WithoutPin];

    const fn reference(self) -> Reference {
        match self {
            Self::Age => Reference::SurfaceBirth,
            Self::Attributes => Reference::TextNumberB,
            Self::Face | Self::Stream => Reference::SurfaceNumberB,
            Self::WithoutPin => Reference::Auth,
        }
    }
}

/// How a flow ended.
#[derive(Debug)]
struct Ended {
    outcome: Outcome,
    failure: Option<Failure>,
    cleared: Cleared,
    /// Was anything handed out, and was it right?
    given: Option<bool>,
    still_verified: bool,
}

#[derive(Default)]
struct Collect {
    photo: Vec<u8>,
    discarded: bool,
}

impl CardFaceSink for Collect {
    fn piece(&mut self, piece: CardFacePiece<'_>) -> Result<(), SinkFull> {
        assert!(!self.discarded);
        if piece.part() == CardFacePart::Photo {
            self.photo.extend_from_slice(piece.octets());
        }
        Ok(())
    }

    fn discard(&mut self) {
        assert!(!self.discarded, "told twice");
        self.photo.clear();
        self.discarded = true;
    }
}

fn run(link: &mut Link, flow: Flow, holder: &mut Codes) -> Ended {
    let authorities = authorities();
    let nonce = Nonce::given(&[7; 32]).unwrap();
    let checks = RecordChecks::card(&authorities, nonce.clone());
    let name = link.card().unwrap().holder().unwrap().name.clone();
    let (mut outgoing, mut incoming, mut bytes) = ([0; 320], [0; 1026], [0; 8192]);
    let mut memory = Memory::new(&mut bytes);
    let mut session = Session::new(link, Channel::new(&mut outgoing, &mut incoming));
    let (outcome, failure, cleared, given) = match flow {
        Flow::Age => {
            let it = kazasu::age_record(&mut session, Some(checks), holder, &mut memory);
            assert_eq!(it.verified.is_some(), it.authentic.is_some());
            let given = it.verified.map(|record| record.birth().digits() == BIRTH);
            (it.outcome, it.failure, it.cleared, given.or(it.unverified.map(|_| false)))
        }
        Flow::Attributes => {
            let code = AttributesCode::NumberB;
            let it =
                kazasu::attributes(&mut session, code, Some(&authorities), holder, &mut memory);
            let given = it.verified.map(|record| record.name() == name);
            (it.outcome, it.failure, it.cleared, given.or(it.unverified.map(|_| false)))
        }
        Flow::Face => {
            let it = kazasu::card_face(&mut session, Some(checks), holder, &mut memory);
            assert_eq!(it.verified.is_some(), it.authentic.is_some());
            let sample = Photo::Sample.bytes().unwrap();
            let given = it.verified.map(|face| face.photo() == sample);
            (it.outcome, it.failure, it.cleared, given.or(it.unverified.map(|_| false)))
        }
        Flow::Stream => {
            let mut sink = Collect::default();
            let it = kazasu::card_face_stream(&mut session, checks, holder, &mut sink);
            assert_eq!(sink.discarded, it.failure.is_some());
            assert_eq!(it.verified.is_some(), it.authentic.is_some());
            let sample = Photo::Sample.bytes().unwrap();
            let given = it.photo.map(|_| sink.photo == sample);
            (it.outcome, it.failure, it.cleared, given)
        }
        Flow::WithoutPin => {
            let anchors = anchors();
            let validator = Validator::new(&anchors);
            let job = Job::check_in(&nonce);
            let mut provider = StandInInstitutionAuthentication::new();
            let mut certificate = [0; 3072];
            let it = kazasu::authenticate_without_pin(
                &mut session,
                &validator,
                now(),
                &job,
                &mut provider,
                &mut |_| {},
                &mut certificate,
            );
            (it.outcome, it.failure, it.cleared, it.proof.map(|_| true))
        }
    };
    let (command, answer) = session.channel_mut().exchange();
    assert!(command.iter().chain(&*answer).all(|byte| *byte == 0), "something is left");
    let still_verified =
        session.transport().card().is_some_and(|card| card.is_verified(flow.reference()));
    Ended { outcome, failure, cleared, given, still_verified }
}

/// Some of each kind; the check-in goes through them all.
fn effects() -> Vec<Effect> {
    let mut effects = Vec::new();
    for kind in [ErrorKind::LinkBroken, ErrorKind::CardRemoved, ErrorKind::TimedOut] {
        effects.extend([false, true].map(|acted| Effect::Break { acted, kind }));
    }
    for word in [0x9000, 0x63C2, 0x63C9, 0x6700, 0x6982, 0x6984, 0x6A82, 0x6B00, 0x6F00] {
        effects.extend([false, true].map(|acted| status(acted, word)));
    }
    effects.extend([0, 1, 2, 5, 300].map(Effect::Cut));
    effects.extend([1, 300].map(|length| Effect::Lengthen(vec![0x90; length])));
    effects.extend([0, 3, 100].map(|length| Effect::ShortRead { length, status: Status(0x6282) }));
    effects.push(Effect::WrongLe);
    effects.push(Effect::GetResponse(100));
    effects.push(Effect::Signature(SignatureDefect::Random));
    effects.push(Effect::Signature(SignatureDefect::Foreign));
    effects
}

#[test]
fn whatever_goes_wrong() {
    let mut issue = issue();
    issue.stand_in_institution = true;
    let mut card = Card::issue(issue).unwrap();
    let effects = effects();
    let mut runs = 0;
    for (flow, knows) in Flow::ALL.into_iter().flat_map(|flow| [(flow, true), (flow, false)]) {
        if flow == Flow::WithoutPin && !knows {
            continue;
        }
        let mut commands = 0;
        for (number, effect) in std::iter::once((0, None)).chain(
            (1..=9).flat_map(|number| effects.iter().map(move |effect| (number, Some(effect)))),
        ) {
            if number > commands && effect.is_some() {
                break;
            }
            // Every try is there again.
            card = refreshed(card, flow);
            let mut holder = if knows { Codes::of(&card) } else { Codes::wrong() };
            let before = card.tries(flow.reference()).unwrap();
            let mut link = Link::new(card).on_reconnect(OnReconnect::PowerCycle);
            if let Some(effect) = effect {
                link.faults_mut().push(Fault::once(When::Command(number), effect.clone()));
            }
            let ended = run(&mut link, flow, &mut holder);
            runs += 1;
            let case = format!("{flow:?} {knows} {number} {effect:?}\n{ended:?}");
            if effect.is_none() {
                commands = link.commands() as u64;
                assert_eq!(ended.outcome == Outcome::Verified, knows, "{case}");
            }
            assert!(verifies(link.log()) <= 1, "{case}");
            assert!(holder.asked.len() <= 1, "{case}");
            assert_eq!(ended.failure.is_none(), ended.outcome == Outcome::Verified, "{case}");
            assert_eq!(ended.given.is_some(), ended.failure.is_none(), "{case}");
            assert_ne!(ended.given, Some(false), "{case}");
            assert!(ended.cleared != Cleared::Failed && !ended.still_verified, "{case}");
            card = link.into_card().unwrap();
            let after = card.tries(flow.reference()).unwrap();
            assert!(before - after <= u8::from(flow != Flow::WithoutPin), "{case}");
            assert!(ended.outcome != Outcome::Verified || knows, "{case}");
        }
        assert!(commands >= 3, "{flow:?}");
    }
    assert!(runs > 1_000, "{runs}");
}

/// With all tries of the flow's code, by the right one.
fn refreshed(mut card: Card, flow: Flow) -> Card {
    let (reference, secret) =
        (flow.reference(), card.secret(flow.reference()).unwrap().reveal().to_owned());
    if flow == Flow::WithoutPin || card.tries(reference) == Some(10) {
        return card;
    }
    let (application, ef) = reference.place();
    card.power_on();
    card.respond(&[&[0x00, 0xA4, 0x04, 0x0C, 10][..], &application.aid()].concat());
    let length = u8::try_from(secret.len()).unwrap();
    let p2 = 0x80 | u8::try_from(ef).unwrap();
    card.respond(&[&[0x00, 0x20, 0x00, p2, length][..], secret.as_bytes()].concat());
    card.power_off();
    assert_eq!(card.tries(reference), Some(10));
    card
}
