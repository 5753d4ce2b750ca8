//! Where the reader's engine and the virtual card's own reading of the standard meet: a driver of
//! the slot in simulated time, and check-ins over it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

pub(crate) mod link;
// The card and the check-in are the same on every link.
#[path = "../../../virtual-card/tests/meeting/patient.rs"]
pub(crate) mod patient;
#[path = "../../../virtual-card/tests/meeting/session.rs"]
pub(crate) mod session;

use std::ops::Deref;
use std::time::Duration;

use kazasu::apdu::ExtendedLength;
use kazasu_contact::{Class, Error, Preference, Settings};
use kazasu_virtual_card::contact::{AnswerToReset, ContactSettings, Direction, LineFault};

use link::SlotLink;
use patient::Patient;
use session::Said;

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
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) said: Said,
    /// What the engine ended in, each time that it did.
    pub(crate) errors: Vec<Error>,
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

impl Deref for Met {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.said
    }
}

/// A whole check-in: activation, SELECT, certificate, PIN, signature, deactivation.
pub(crate) fn check_in(patient: &mut Patient, setup: &Setup) -> Met {
    patient.begin();
    let mut link = SlotLink::new(patient, setup);
    let mut met = Met::default();
    if link.activate().is_ok() {
        met.said = session::check_in(&mut link, setup.mode);
    }
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
    assert!(!patient.is_verified(), "the card is left with a code verified");
    (met.tries_left, met.verify_commands) = patient.end();
    met
}
