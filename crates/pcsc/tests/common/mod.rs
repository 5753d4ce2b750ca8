//! What the tests share: a virtual card on the stand-in's reader, and a check-in over it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::{Pin, Reference};
use kazasu::pki::{Anchor, Anchors, Time, Validator};
use kazasu::{
    Cleared, Declined, Failure, Holder, Job, Nonce, Outcome, OwnedSecret, Request, authenticate,
};
use kazasu_pcsc::stand_in::{self, StandIn};
use kazasu_pcsc::{Error, Link, Readers, Settings};
use kazasu_virtual_card::{Card, CertificateKind, Issue, root_certificate};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const READER: &str = "Stand-in 00 00";
pub(crate) const PIN: &[u8; 4] = b"1234";

/// A virtual card that the test can still look at when it is on a reader.
#[derive(Clone)]
pub(crate) struct SharedCard(Arc<Mutex<Seen>>);

pub(crate) struct Seen {
    pub(crate) card: Card,
    /// Header and data length of every command.
    pub(crate) commands: Vec<([u8; 4], usize)>,
}

impl SharedCard {
    pub(crate) fn new() -> Self {
        // Keys are costly: one card, copied by its seed.
        let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
        Self(Arc::new(Mutex::new(Seen { card, commands: Vec::new() })))
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn boxed(&self) -> Box<dyn stand_in::Card> {
        Box::new(self.clone())
    }

    /// VERIFY commands with data: each may cost a try.
    pub(crate) fn verifies(&self) -> usize {
        self.seen().commands.iter().filter(|(header, data)| header[1] == 0x20 && *data > 0).count()
    }

    /// Is a PIN verified, so that whoever comes next can sign?
    pub(crate) fn signs_without_pin(&self) -> bool {
        let mut seen = self.seen();
        let digest_info: Vec<u8> = [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09]
            .into_iter()
            .chain([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20])
            .chain([0; 32])
            .collect();
        let mut sign = vec![0x80, 0x2A, 0x00, 0x97, 0x33];
        sign.extend(digest_info);
        sign.push(0x00);
        seen.card.respond(&sign).ends_with(&[0x90, 0x00])
    }
}

impl stand_in::Card for SharedCard {
    fn atr(&self) -> Vec<u8> {
        self.seen().card.atr().to_vec()
    }
    fn power_on(&mut self) {
        self.seen().card.power_on();
    }
    fn power_off(&mut self) {
        self.seen().card.power_off();
    }
    fn warm_reset(&mut self) {
        self.seen().card.warm_reset();
    }
    fn respond(&mut self, command: &[u8]) -> Vec<u8> {
        let mut seen = self.seen();
        let header = *command.first_chunk::<4>().unwrap();
        let parsed = kazasu::apdu::Command::parse(command).unwrap().0.data.len();
        seen.commands.push((header, parsed));
        seen.card.respond(command)
    }
}

/// A service with one reader and a card on it.
pub(crate) fn stand_in() -> (StandIn, SharedCard) {
    let service = StandIn::new();
    service.plug(READER);
    let card = SharedCard::new();
    service.insert(READER, card.boxed());
    (service, card)
}

pub(crate) fn readers(service: &StandIn) -> Readers {
    Readers::over(service.service())
}

pub(crate) fn open(service: &StandIn, settings: Settings) -> Result<Link, Error> {
    readers(service).open(&READER.into(), settings)
}

/// The roots of virtual cards and nothing else.
pub(crate) fn anchors() -> Anchors<'static> {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    let root = ROOT.get_or_init(|| root_certificate(CertificateKind::Auth).unwrap());
    Anchors::none().with(Anchor::virtual_card(root).unwrap()).unwrap()
}

pub(crate) fn now() -> Time {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_unix(i64::try_from(elapsed.as_secs()).unwrap())
}

/// Who gives the PIN, and what happens meanwhile.
pub(crate) struct Person<'a> {
    pub(crate) on_pin_pad: bool,
    pub(crate) meanwhile: &'a mut dyn FnMut(),
}

impl Holder for Person<'_> {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        assert_eq!(request.reference, Reference::Auth);
        (self.meanwhile)();
        Ok(if self.on_pin_pad { OwnedSecret::OnPinPad } else { Pin::new(PIN).unwrap().into() })
    }
}

/// How a check-in ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) outcome: Outcome,
    pub(crate) failure: Option<Failure>,
    pub(crate) cleared: Option<Cleared>,
    pub(crate) tries_left: Option<u8>,
    pub(crate) error: Option<Error>,
}

/// A check-in from opening the link to closing it.
pub(crate) fn check_in(service: &StandIn, settings: Settings) -> End {
    let mut meanwhile = || {};
    check_in_with(service, settings, Person { on_pin_pad: false, meanwhile: &mut meanwhile })
}

pub(crate) fn check_in_with(service: &StandIn, settings: Settings, person: Person<'_>) -> End {
    match open(service, settings) {
        Ok(link) => check_in_over(link, person),
        Err(error) => End {
            outcome: error.kind().into(),
            failure: None,
            cleared: None,
            tries_left: None,
            error: Some(error),
        },
    }
}

pub(crate) fn check_in_over(link: Link, mut person: Person<'_>) -> End {
    let (mut commands, mut answers) = ([0; 262], [0; 4096]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let anchors = anchors();
    let validator = Validator::new(&anchors);
    let mut certificate = [0; 4096];
    let nonce = Nonce::given(&[0x5A; 32]).unwrap();
    let job = Job::check_in(&nonce);
    let report = authenticate(&mut session, &validator, now(), &job, &mut person, &mut certificate);
    End {
        outcome: report.outcome,
        failure: report.failure,
        cleared: Some(report.cleared),
        tries_left: report.tries_left,
        error: session.last_error().copied(),
    }
}
