//! Where the reader's engine and the virtual card's own reading of ISO/IEC 14443 meet: a front end
//! in simulated time, and check-ins over it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

// The card and the check-in are the same on every link.
#[path = "../../../virtual-card/tests/meeting/patient.rs"]
pub(crate) mod patient;
#[path = "../../../virtual-card/tests/meeting/session.rs"]
pub(crate) mod session;

use std::ops::Deref;
use std::time::Duration;

use kazasu::apdu::{ExtendedLength, PowerOff, Transport, transport::Capabilities as Passes};
use kazasu_air::{Never, Radio};
use kazasu_nfc::{Capabilities, Error, Link, LinkError, Rates, Settings};
use kazasu_virtual_card::radio::{
    BitRate, Bystander, Field, FrameFault, Noise, Passed, Picc, PiccSettings, Traffic, Violation,
};

use patient::Patient;
use session::Said;

/// How a check-in is run.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) reader: Settings,
    pub(crate) capabilities: Capabilities,
    pub(crate) card: PiccSettings,
    pub(crate) mode: ExtendedLength,
    pub(crate) faults: Vec<FrameFault>,
    pub(crate) noise: Option<(Noise, u64)>,
    /// Does the front end go on listening after a disturbance?
    pub(crate) listens_on: bool,
    /// The card leaves and comes back.
    pub(crate) away: Option<(Duration, Option<Duration>)>,
}

impl Setup {
    pub(crate) fn new(card: PiccSettings) -> Self {
        let mut reader = Settings::default();
        reader.poll_limit = kazasu_nfc::Duration::from_secs(2);
        Self {
            reader,
            capabilities: Capabilities::new(256).with_rates(Rates::ALL),
            card,
            mode: ExtendedLength::Auto,
            faults: Vec::new(),
            noise: None,
            listens_on: true,
            away: None,
        }
    }

    pub(crate) fn fault(&self, fault: FrameFault) -> Self {
        let mut setup = self.clone();
        setup.faults.push(fault);
        setup
    }

    pub(crate) fn field<'p>(&self, patient: &'p mut Patient) -> Field<&'p mut Patient> {
        let mut field = Field::with(Picc::new(patient, self.card.clone()));
        field.keep_log();
        self.faults.iter().for_each(|fault| field.push_fault(fault.clone()));
        if let Some((noise, seed)) = self.noise {
            field.set_noise(noise, seed);
        }
        if let Some((leaves, returns)) = self.away {
            field.leave_at(0, leaves);
            if let Some(returns) = returns {
                field.enter_at(0, returns);
            }
        }
        field
    }
}

/// What a check-in came to.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) said: Said,
    /// What the engine ended in, and when.
    pub(crate) errors: Vec<(Error, Duration)>,
    pub(crate) tries_left: u8,
    pub(crate) verify_commands: u64,
    /// Commands that reached the card.
    pub(crate) commands: u64,
    /// Bytes of the commands that the check-in gave to the link, and of the answers.
    pub(crate) apdus: Vec<(usize, usize)>,
    pub(crate) traffic: Traffic,
    pub(crate) log: Vec<Passed>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) rates: (BitRate, BitRate),
    pub(crate) powered: u32,
    /// Simulated time of all, and of the longest order.
    pub(crate) time: Duration,
    pub(crate) longest: Duration,
}

impl Deref for Met {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.said
    }
}

/// The link, and what passes through it.
pub(crate) struct Meeting<'b, 'p> {
    pub(crate) link: Link<'b, Radio<&'p mut Patient>>,
    pub(crate) errors: Vec<(Error, Duration)>,
    pub(crate) apdus: Vec<(usize, usize)>,
    pub(crate) longest: Duration,
    pub(crate) rates: (BitRate, BitRate),
}

impl<'b, 'p> Meeting<'b, 'p> {
    pub(crate) fn new(patient: &'p mut Patient, setup: &Setup, frame: &'b mut [u8]) -> Self {
        let mut radio = Radio::new(setup.field(patient), setup.capabilities);
        radio.listens_on = setup.listens_on;
        let mut settings = setup.reader;
        // What this front end adds to a waiting time is known.
        settings.latency = kazasu_nfc::Duration::from_micros(100);
        Self {
            link: Link::new(radio, settings, frame),
            errors: Vec::new(),
            apdus: Vec::new(),
            longest: Duration::ZERO,
            rates: Default::default(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.link.front_end().now
    }

    pub(crate) fn order<T>(
        &mut self,
        order: impl FnOnce(&mut Link<'b, Radio<&'p mut Patient>>) -> Result<T, LinkError<Never>>,
    ) -> Result<T, LinkError<Never>> {
        let begin = self.now();
        self.link.front_end_mut().begin();
        let result = order(&mut self.link);
        let now = self.now();
        self.longest = self.longest.max(now - begin);
        if let Err(error) = &result {
            self.errors.push((error.field(), now));
        }
        result
    }

    pub(crate) fn put_bystander(&mut self, bystander: Bystander) -> usize {
        self.link.front_end_mut().field.put_bystander(bystander)
    }

    pub(crate) fn card(&self) -> &Picc<&'p mut Patient> {
        self.link.front_end().field.card(0).unwrap()
    }

    /// A whole check-in with the card that is active: certificate, PIN, signature, field off.
    pub(crate) fn check_in(&mut self, mode: ExtendedLength) -> Met {
        self.rates = self.card().rates();
        Met { said: session::check_in(&mut *self, mode), ..Met::default() }
    }

    /// What passed.
    pub(crate) fn finish(self, mut met: Met) -> Met {
        let radio = self.link.front_end();
        met.traffic = radio.field.traffic();
        met.log = radio.field.log().to_vec();
        met.time = radio.now;
        let card = self.card();
        met.violations = card.violations().to_vec();
        met.commands = card.commands();
        met.powered = card.responder().powered();
        (met.tries_left, met.verify_commands) = card.responder().end();
        Met {
            errors: self.errors,
            apdus: self.apdus,
            longest: self.longest,
            rates: self.rates,
            ..met
        }
    }
}

impl Transport for Meeting<'_, '_> {
    type Error = LinkError<Never>;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        let length = self.order(|link| link.transmit(command, response))?;
        self.apdus.push((command.len(), length));
        Ok(length)
    }

    fn capabilities(&self) -> Passes {
        self.link.capabilities()
    }

    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.order(Link::power_off)
    }

    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.order(Link::reconnect)
    }
}

/// A whole check-in: activation, SELECT, certificate, PIN, signature, field off.
pub(crate) fn check_in(patient: &mut Patient, setup: &Setup) -> Met {
    patient.begin();
    let mut frame = [0; 256];
    let mut meeting = Meeting::new(patient, setup, &mut frame);
    let met = match meeting.reconnect() {
        Ok(()) => meeting.check_in(setup.mode),
        Err(_) => Met::default(),
    };
    meeting.finish(met)
}
