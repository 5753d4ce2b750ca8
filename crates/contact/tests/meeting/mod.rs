//! Where the reader's engine and the virtual card's own reading of the standard meet: a driver of
//! the slot in simulated time, and check-ins over it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

pub(crate) mod link;
pub(crate) mod patient;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kazasu::apdu::{Channel, ExtendedLength, Session};
use kazasu::mynacard::Pin;
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{Anchor, Anchors, Kind, Time, Validator};
use kazasu::{Cleared, Failure, Job, Nonce, Outcome, PinHolder, authenticate};
use kazasu_contact::{Class, Error, Preference, Settings};
use kazasu_virtual_card::contact::{AnswerToReset, ContactSettings, Direction, LineFault};
use kazasu_virtual_card::{CertificateKind, root_certificate};

use link::SlotLink;
use patient::Patient;

pub(crate) const CLOCK: u32 = 4_000_000;

/// A reader's settings for these tests: its driver is never late.
pub(crate) fn reader() -> Settings {
    let mut settings = Settings::new(CLOCK, &[Class::C, Class::B, Class::A]);
    settings.preference = Preference::First;
    settings
}

pub(crate) fn card(atr: AnswerToReset) -> ContactSettings {
    ContactSettings::with(atr)
}

/// How a check-in is run.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) reader: Settings,
    pub(crate) card: ContactSettings,
    pub(crate) mode: ExtendedLength,
    pub(crate) faults: Vec<LineFault>,
    /// Does the UART of the reader repeat, and ask to repeat, by the error signal of T=0?
    pub(crate) error_signal: bool,
}

impl Setup {
    pub(crate) fn new(atr: AnswerToReset) -> Self {
        Self {
            reader: reader(),
            card: card(atr),
            mode: ExtendedLength::Auto,
            faults: Vec::new(),
            error_signal: true,
        }
    }

    pub(crate) fn short(atr: AnswerToReset) -> Self {
        Self { mode: ExtendedLength::Off, ..Self::new(atr) }
    }

    pub(crate) fn fault(&self, fault: LineFault) -> Self {
        let mut setup = self.clone();
        setup.faults.push(fault);
        setup
    }
}

/// What a check-in came to.
#[derive(Debug)]
pub(crate) struct Met {
    /// `None`: the slot could not be activated.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) failure: Option<Failure>,
    pub(crate) cleared: Option<Cleared>,
    /// What the engine ended in, each time that it did.
    pub(crate) errors: Vec<Error>,
    pub(crate) tries_told: Option<u8>,
    pub(crate) tries_left: u8,
    pub(crate) verify_commands: u64,
    /// Commands that reached the card.
    pub(crate) commands: u64,
    /// Commands that the check-in gave to the slot, and bytes of them and of the answers.
    pub(crate) apdus: Vec<(usize, usize)>,
    pub(crate) to_card: u64,
    pub(crate) to_reader: u64,
    pub(crate) violations: Vec<kazasu_virtual_card::contact::Violation>,
    pub(crate) collisions: u64,
    /// Simulated time of all.
    pub(crate) time: Duration,
    /// Simulated time of the longest order to the slot.
    pub(crate) longest: Duration,
}

impl Met {
    pub(crate) fn verified(&self) -> bool {
        self.outcome.is_some_and(|outcome| outcome.is_verified())
    }
}

/// A whole check-in: activation, SELECT, certificate, PIN, signature, deactivation.
pub(crate) fn check_in(patient: &mut Patient, setup: &Setup) -> Met {
    patient.begin();
    let mut link = SlotLink::new(patient, setup);
    let activated = link.activate().is_ok();
    let mut met = if activated {
        let (mut outgoing, mut incoming) = ([0; 300], vec![0; 4096]);
        let channel = Channel::new(&mut outgoing, &mut incoming).with_extended_length(setup.mode);
        let mut session = Session::new(&mut link, channel);
        let mut holder = PinHolder::new(Pin::new(b"1234").unwrap());
        let mut certificate = [0; 3072];
        let anchors = anchors();
        let nonce = Nonce::given(&[0x5A; 32]).unwrap();
        let report = authenticate(
            &mut session,
            &Validator::new(&anchors).with_backend(Alloc),
            now(),
            &Job::check_in(&nonce),
            &mut holder,
            &mut certificate,
        );
        Met {
            outcome: Some(report.outcome),
            failure: report.failure,
            cleared: Some(report.cleared),
            tries_told: report.tries_left,
            ..Met::none()
        }
    } else {
        Met::none()
    };
    link.deactivate();
    met.errors = std::mem::take(&mut link.errors);
    met.apdus = std::mem::take(&mut link.apdus);
    met.longest = link.longest;
    let wire = &link.wire;
    (met.to_card, met.to_reader) = (wire.sent(Direction::ToCard), wire.sent(Direction::ToReader));
    (met.time, met.collisions) = (wire.now(), wire.collisions());
    met.violations = wire.card().violations().to_vec();
    met.commands = wire.card().commands();
    drop(link);
    (met.tries_left, met.verify_commands) = patient.end();
    met
}

impl Met {
    fn none() -> Self {
        Self {
            outcome: None,
            failure: None,
            cleared: None,
            errors: Vec::new(),
            tries_told: None,
            tries_left: 0,
            verify_commands: 0,
            commands: 0,
            apdus: Vec::new(),
            to_card: 0,
            to_reader: 0,
            violations: Vec::new(),
            collisions: 0,
            time: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }
}

/// The root of virtual cards and nothing else.
fn anchors() -> Anchors<'static> {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    let root = ROOT.get_or_init(|| root_certificate(CertificateKind::Auth).unwrap());
    Anchors::none().with(Anchor::virtual_card(root).unwrap().for_kind(Kind::Auth)).unwrap()
}

/// Now; the cards are issued today.
fn now() -> Time {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_unix(i64::try_from(elapsed.as_secs()).unwrap())
}
