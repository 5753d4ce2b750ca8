//! A driver for the slot whose UART, pins and clock are the virtual card's wire.

use std::time::Duration;

use kazasu::apdu::transport::Capabilities;
use kazasu::apdu::{PowerOff, Transport};
use kazasu_contact::{Action, Contact, Error, Event, Instant, Level, Parity, Serial, Slot, State};
use kazasu_virtual_card::contact::{Character, ContactCard, Convention, Received, Responder, Wire};

use super::Setup;
use super::patient::Patient;

/// No order to a slot takes more steps, in whatever time.
const STEPS: u32 = 2_000_000;

/// Nothing that happens to a slot takes longer: two minutes, the limit of an exchange twice over.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// A UART with the error signal of T=0 repeats a character so often.
const REPETITIONS: u32 = 4;

pub(crate) struct SlotLink<R> {
    pub(crate) wire: Wire<R>,
    slot: Slot,
    serial: Option<Serial>,
    etu: Duration,
    /// When the UART can send the next character.
    free: Duration,
    has_error_signal: bool,
    /// Every error that the engine ended in.
    pub(crate) errors: Vec<Error>,
    /// Bytes of each command, and of its answer.
    pub(crate) apdus: Vec<(usize, usize)>,
    pub(crate) longest: Duration,
}

impl<'p> SlotLink<&'p mut Patient> {
    pub(crate) fn new(patient: &'p mut Patient, setup: &Setup) -> Self {
        let mut wire = Wire::new(ContactCard::new(patient, setup.card.clone()));
        for fault in &setup.faults {
            wire.faults_mut().push(*fault);
        }
        Self::over(wire, Slot::new(setup.reader), setup.error_signal)
    }
}

impl<R: Responder> SlotLink<R> {
    pub(crate) fn over(wire: Wire<R>, slot: Slot, has_error_signal: bool) -> Self {
        Self {
            wire,
            slot,
            serial: None,
            etu: Duration::from_micros(93),
            free: Duration::ZERO,
            has_error_signal,
            errors: Vec::new(),
            apdus: Vec::new(),
            longest: Duration::ZERO,
        }
    }

    pub(crate) const fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(crate) fn activate(&mut self) -> Result<(), Error> {
        self.slot.activate();
        self.run(&[], &mut []).map(|_| ())
    }

    pub(crate) fn deactivate(&mut self) {
        self.slot.deactivate();
        self.run(&[], &mut []).unwrap();
        assert_eq!(self.slot.state(), State::Inactive);
    }

    /// Does what the slot says until it says that it is done.
    fn run(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        let begin = self.wire.now();
        let mut event = Event::Ready;
        for _ in 0..STEPS {
            let now = Instant::from_micros(u64::try_from(self.wire.now().as_micros()).unwrap());
            let action = self.slot.step(now, event, command, response);
            let end = match action {
                Action::Activated | Action::Deactivated => Some(Ok(0)),
                Action::Answered(length) => Some(Ok(length)),
                Action::Failed(error) => {
                    self.errors.push(error);
                    Some(Err(error))
                }
                Action::Idle => panic!("nothing to do, and nothing done"),
                Action::Set(contact) => {
                    self.set(contact);
                    None
                }
                Action::Configure(serial) => {
                    self.configure(serial);
                    None
                }
                Action::Send { byte, not_before, last } => {
                    self.send(byte, not_before, last);
                    None
                }
                Action::Listen { until } => {
                    event = self.listen(until);
                    continue;
                }
            };
            let took = self.wire.now() - begin;
            assert!(took < LIMIT, "the slot takes {took:?}");
            if let Some(end) = end {
                self.longest = self.longest.max(took);
                return end;
            }
            event = Event::Ready;
        }
        panic!("the slot makes no end");
    }

    fn set(&mut self, contact: Contact) {
        match contact {
            Contact::Vcc(class) => self.wire.set_supply(class.is_some()),
            Contact::Rst(level) => self.wire.set_reset(level == Level::High),
            Contact::Clk(runs) => self.wire.set_clock(runs.then_some(super::CLOCK)),
            Contact::Io(_) => {}
        }
    }

    fn configure(&mut self, serial: Serial) {
        let (f, d) = (u64::from(serial.rate.f()), u64::from(serial.rate.d()));
        self.etu = Duration::from_nanos(f * 1_000_000_000 / (d * u64::from(super::CLOCK)));
        self.wire.set_etu(self.etu);
        self.serial = Some(serial);
    }

    fn convention(&self) -> Convention {
        match self.serial.map(|serial| serial.parity) {
            Some(Parity::Odd) => Convention::Inverse,
            _ => Convention::Direct,
        }
    }

    fn signals(&self) -> bool {
        self.has_error_signal && self.serial.is_some_and(|serial| serial.error_signal)
    }

    /// Lets time pass; what arrives is dropped, except an error signal.
    fn pass(&mut self, until: Duration) -> bool {
        let mut signalled = false;
        loop {
            self.wire.advance(until);
            match self.wire.receive() {
                Some(Received::ErrorSignal) => signalled = true,
                Some(_) => {}
                None if self.wire.now() >= until => return signalled,
                None => {}
            }
        }
    }

    fn send(&mut self, byte: u8, not_before: Instant, last: bool) {
        let length = u32::from(self.serial.map_or(12, |serial| serial.character));
        self.pass(self.free.max(Duration::from_micros(not_before.micros())));
        let character = Character::from_levels(byte, self.convention());
        let mut repeated = 0;
        loop {
            self.wire.send(character);
            let begun = self.wire.now();
            self.free = begun + self.etu * length;
            if !self.signals() {
                break;
            }
            let signalled = self.pass(begun + self.etu * 11);
            if !signalled || repeated == REPETITIONS {
                break;
            }
            repeated += 1;
            self.pass(begun + self.etu * 13);
        }
        if last {
            self.pass(self.free);
        }
    }

    fn listen(&mut self, until: Instant) -> Event {
        let until = Duration::from_micros(until.micros());
        let mut repeated = 0;
        loop {
            self.wire.advance(until);
            let character = match self.wire.receive() {
                None => return Event::Ready,
                Some(Received::ErrorSignal) => continue,
                Some(Received::Character(character)) => character,
                Some(_) => return Event::Garbled,
            };
            if character.decode(self.convention()).is_some() {
                return Event::Received(character.levels());
            }
            if !self.signals() || repeated == REPETITIONS {
                return Event::Garbled;
            }
            repeated += 1;
            self.wire.send_error_signal();
        }
    }
}

impl<R: Responder> Transport for SlotLink<R> {
    type Error = Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        self.slot.transmit(command)?;
        let length = self.run(command, response)?;
        self.apdus.push((command.len(), length));
        Ok(length)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn power_off(&mut self) -> Result<PowerOff, Error> {
        self.deactivate();
        Ok(PowerOff::Done)
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        self.activate()
    }
}
