//! A driver and the chip in software, joined by each of the chip's interfaces, in simulated time;
//! and check-ins over them.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

// The check-in is the same on every link.
#[path = "../../../virtual-card/tests/meeting/session.rs"]
pub(crate) mod session;
pub(crate) mod wires;

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

use kazasu::apdu::{ExtendedLength, Transport};
use kazasu_nfc::{CardLink, Link};
use kazasu_pn532::{Bus, Pn532 as Driver, Reset, Settings};
use kazasu_virtual_card::pn532::{
    ChipEffect, ChipFault, HostInterface, Pn532 as Chip, Pn532Settings, Until,
};
use kazasu_virtual_card::radio::{Field, Picc, PiccSettings, TypeASettings, TypeBSettings};
use kazasu_virtual_card::{Card, Issue, Reference, Reply, Responder};
use session::Said;
use wires::{Clock, ResetWire, Uart, World, i2c, spi};

/// A card that others look into while it is in the field. It keeps the signatures that it made,
/// because signing takes longer than all the rest of a check-in.
#[derive(Clone)]
pub(crate) struct Patient {
    card: Rc<RefCell<Card>>,
    signed: Rc<RefCell<Signed>>,
}

/// Commands, and their answers.
type Signed = Vec<(Vec<u8>, Vec<u8>)>;

thread_local! {
    static PATIENT: Patient = Patient {
        card: Rc::new(RefCell::new(Card::issue(Issue::demonstration().seed(1)).unwrap())),
        signed: Rc::default(),
    };
}

impl Responder for Patient {
    fn respond(&mut self, command: &[u8]) -> Reply {
        let mut card = self.card.borrow_mut();
        if command.get(1) != Some(&0x2A) || !card.is_verified(Reference::Auth) {
            return card.respond(command).into();
        }
        let mut signed = self.signed.borrow_mut();
        if let Some((_, signature)) = signed.iter().find(|(of, _)| of == command) {
            return signature.clone().into();
        }
        let signature = card.respond(command);
        signed.push((command.to_vec(), signature.clone()));
        signature.into()
    }
    fn power_on(&mut self) {
        self.card.borrow_mut().power_on();
    }
    fn power_off(&mut self) {
        self.card.borrow_mut().power_off();
    }
    fn warm_reset(&mut self) {
        self.card.borrow_mut().warm_reset();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    UartIo,
    UartNb,
    I2c,
    Spi,
}

pub(crate) const WIRES: [Wire; 4] = [Wire::UartIo, Wire::UartNb, Wire::I2c, Wire::Spi];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Our engine.
    Raw,
    /// The chip's own.
    Chip,
}

pub(crate) const WAYS: [Way; 2] = [Way::Raw, Way::Chip];

#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) card: PiccSettings,
    pub(crate) chip: Pn532Settings,
    pub(crate) faults: Vec<ChipFault>,
    pub(crate) driver: Settings,
    /// Is there a wire to RSTPDN?
    pub(crate) reset: bool,
    /// Is there one from IRQ?
    pub(crate) irq: bool,
}

impl Setup {
    pub(crate) fn new(card: PiccSettings) -> Self {
        Self {
            card,
            chip: Pn532Settings::default(),
            faults: Vec::new(),
            driver: Settings::default(),
            reset: false,
            irq: false,
        }
    }
}

pub(crate) fn type_b() -> PiccSettings {
    PiccSettings::type_b(TypeBSettings::JPKI_06)
}

pub(crate) fn phone() -> PiccSettings {
    PiccSettings::type_a(TypeASettings::PHONE)
}

/// What a check-in came to.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) activated: Result<(), String>,
    pub(crate) said: Said,
    pub(crate) verify_commands: u64,
    pub(crate) tries_left: u8,
    pub(crate) violations: usize,
    pub(crate) field_is_on: bool,
    pub(crate) commands: u64,
    pub(crate) time: Duration,
    pub(crate) frames: u64,
}

impl Deref for Met {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.said
    }
}

pub(crate) fn world<R: Responder>(
    responder: R,
    wire: Wire,
    setup: &Setup,
) -> Rc<RefCell<World<R>>> {
    let interface = match wire {
        Wire::UartIo | Wire::UartNb => HostInterface::Uart,
        Wire::I2c => HostInterface::I2c,
        Wire::Spi => HostInterface::Spi,
    };
    let field = Field::with(Picc::new(responder, setup.card.clone()));
    let mut chip = Chip::new(field, setup.chip.clone()).on(interface);
    for fault in &setup.faults {
        chip.push_fault(fault.clone());
    }
    World::new(chip)
}

/// A whole check-in: activation, SELECT, certificate, PIN, signature, field off.
pub(crate) fn check_in(wire: Wire, way: Way, setup: &Setup) -> Met {
    let patient = PATIENT.with(Patient::clone);
    patient.card.borrow_mut().power_off();
    let before = patient.card.borrow().verify_commands_seen();
    let world = world(patient.clone(), wire, setup);
    macro_rules! over {
        ($bus:expr) => {{
            let bus = $bus;
            if setup.reset {
                let reset = ResetWire(world.clone());
                run(Driver::with_reset(bus, Clock(world.clone()), reset, setup.driver), way)
            } else {
                run(Driver::new(bus, Clock(world.clone()), setup.driver), way)
            }
        }};
    }
    let mut met = match (wire, setup.irq) {
        (Wire::UartIo, _) => over!(kazasu_pn532::bus::SerialIo::new(Uart::new(&world))),
        (Wire::UartNb, _) => over!(kazasu_pn532::bus::SerialNb::new(Uart::new(&world))),
        (Wire::I2c, false) => over!(i2c(&world)),
        (Wire::I2c, true) => over!(wires::i2c_with_irq(&world)),
        (Wire::Spi, false) => over!(spi(&world)),
        (Wire::Spi, true) => over!(wires::spi_with_irq(&world)),
    };
    let world = world.borrow();
    let card = patient.card.borrow();
    met.verify_commands = card.verify_commands_seen() - before;
    met.tries_left = card.tries(Reference::Auth).unwrap_or(0);
    let field = world.chip.field();
    met.violations = field.card(0).unwrap().violations().len();
    met.field_is_on = field.is_on();
    met.commands = world.chip.commands();
    met.time = world.now;
    met.frames = field.traffic().frames();
    met
}

fn run<B: Bus, T: kazasu_pn532::Time, R: Reset>(driver: Driver<B, T, R>, way: Way) -> Met {
    let mut frame = [0; 256];
    match way {
        Way::Raw => {
            let mut settings = kazasu_nfc::Settings::default();
            settings.poll_limit = kazasu_nfc::Duration::from_millis(500);
            through(&mut Link::new(driver, settings, &mut frame))
        }
        Way::Chip => through(&mut CardLink::new(driver, kazasu_nfc::Duration::from_millis(500))),
    }
}

fn through<T: Transport>(link: &mut T) -> Met {
    let activated = link.reconnect().map_err(|error| error.to_string());
    let mut met = Met {
        activated,
        said: Said::default(),
        verify_commands: 0,
        tries_left: 0,
        violations: 0,
        field_is_on: true,
        commands: 0,
        time: Duration::ZERO,
        frames: 0,
    };
    if met.activated.is_ok() {
        met.said = session::check_in(&mut *link, ExtendedLength::Auto);
    }
    let _ = link.power_off();
    met
}

/// How long the next order to the card takes, and the end of power, of a chip that dies before it.
pub(crate) fn died(wire: Wire, way: Way) -> (Duration, Duration) {
    let run = |off: bool| {
        let world = world(PATIENT.with(Patient::clone), wire, &Setup::new(type_b()));
        macro_rules! over {
            ($bus:expr) => {{
                let driver = Driver::new($bus, Clock(world.clone()), Settings::default());
                let mut frame = [0; 256];
                match way {
                    Way::Raw => {
                        let mut link =
                            Link::new(driver, kazasu_nfc::Settings::default(), &mut frame);
                        dying(&world, &mut link, off)
                    }
                    Way::Chip => {
                        let limit = kazasu_nfc::Duration::from_millis(500);
                        dying(&world, &mut CardLink::new(driver, limit), off)
                    }
                }
            }};
        }
        match wire {
            Wire::UartIo => over!(kazasu_pn532::bus::SerialIo::new(Uart::new(&world))),
            Wire::UartNb => over!(kazasu_pn532::bus::SerialNb::new(Uart::new(&world))),
            Wire::I2c => over!(i2c(&world)),
            Wire::Spi => over!(spi(&world)),
        }
    };
    (run(false), run(true))
}

fn dying<T: Transport>(world: &Rc<RefCell<World<Patient>>>, link: &mut T, off: bool) -> Duration {
    link.reconnect().map_err(|error| error.to_string()).unwrap();
    let begin = {
        let mut world = world.borrow_mut();
        let next = world.chip.commands() + 1;
        world.chip.push_fault(ChipFault::always(next, ChipEffect::Stop(Until::Reset)));
        world.now
    };
    let failed = match off {
        true => link.power_off().is_err(),
        false => link.transmit(&[0x00, 0xA4, 0x00, 0x00], &mut [0; 256]).is_err(),
    };
    assert!(failed);
    world.borrow().now - begin
}
