//! A bench: a UART, the contacts and a clock in simulated time, with the virtual card in the slot.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use embedded_hal_nb::{nb, serial};
use kazasu_contact::driver::{Contacts, SerialFault, SerialIo, SerialNb, Time, Unsupported};
use kazasu_contact::slot::{Class, Contact, Level, Serial};
use kazasu_contact::{Instant, Settings, Slot};
use kazasu_virtual_card::contact::{Character, ContactCard, ContactSettings, Output};
use kazasu_virtual_card::{Card, Issue};

/// The clock on CLK.
pub const CLOCK: u32 = 4_000_000;

/// What comes to the UART: its moment, and its levels, or none when its parity is wrong.
type Arrival = (Duration, Option<u8>);

pub struct Bench {
    pub card: ContactCard,
    pub now: Duration,
    pub present: bool,
    /// Does what is sent come back?
    pub echo: bool,
    /// The echo of this character (its number) comes back damaged, as by an error signal.
    pub damaged_echo: Option<u64>,
    /// And so does every one from this on.
    pub refused_from: Option<u64>,
    /// As what a damaged character is told.
    pub damage: serial::ErrorKind,
    pub sent: u64,
    /// Characters that the UART takes at once, the one on its way included.
    pub transmit_queue: u32,
    /// Characters that its receiver holds; it says once that it lost some.
    pub receive_queue: usize,
    pub serial: Option<Serial>,
    pub configured: u32,
    incoming: VecDeque<Arrival>,
    outgoing: VecDeque<(Duration, u8)>,
    /// When all that the UART took has left it.
    free: Duration,
}

#[derive(Clone)]
pub struct Shared(pub Rc<RefCell<Bench>>);

pub fn bench(settings: ContactSettings, extended: bool) -> Shared {
    let mut card = Card::issue(Issue::demonstration().seed(1)).unwrap();
    card.settings_mut().extended_length = extended;
    Shared(Rc::new(RefCell::new(Bench {
        card: ContactCard::new(card, settings),
        now: Duration::ZERO,
        present: true,
        echo: false,
        damaged_echo: None,
        refused_from: None,
        damage: serial::ErrorKind::FrameFormat,
        sent: 0,
        transmit_queue: 1,
        receive_queue: usize::MAX,
        serial: None,
        configured: 0,
        incoming: VecDeque::new(),
        outgoing: VecDeque::new(),
        free: Duration::ZERO,
    })))
}

pub fn slot() -> Slot {
    Slot::new(Settings::new(CLOCK, &[Class::C, Class::A]))
}

impl Bench {
    fn etu(&self, count: u32) -> Duration {
        let micros = self.serial.map_or(1_000, |serial| serial.rate.etu(count).micros());
        Duration::from_micros(micros)
    }

    /// When something happens next that the driver did not do.
    fn next(&self) -> Option<Duration> {
        let sent = self.outgoing.front().map(|(at, _)| *at);
        let came = self.incoming.front().map(|(at, _)| *at).filter(|at| *at > self.now);
        [sent, came, self.card.next()].into_iter().flatten().min()
    }

    pub fn advance(&mut self, to: Duration) {
        let to = to.max(self.now);
        while let Some(at) = self.next().filter(|at| *at <= to) {
            self.now = self.now.max(at);
            while let Some((_, byte)) = self.outgoing.pop_front_if(|(at, _)| *at <= self.now) {
                let character = Character::from_levels(byte, self.card.convention());
                self.card.receive(character, self.now);
            }
            while let Some(output) = self.card.poll(self.now) {
                if let Output::Character { character, etu } = output {
                    let levels =
                        character.decode(self.card.convention()).map(|_| character.levels());
                    self.incoming.push_back((self.now + etu * 10, levels));
                }
            }
        }
        self.now = to;
    }

    /// Something on the line that neither side sent.
    pub fn disturb(&mut self) {
        self.incoming.push_back((self.now, Some(0x55)));
    }

    /// Does the UART take another character?
    fn has_room(&self) -> bool {
        let character = self.etu(self.serial.map_or(12, |serial| serial.character.into()));
        self.free <= self.now + character * self.transmit_queue.saturating_sub(1)
    }

    fn take(&mut self) -> Option<Option<u8>> {
        let now = self.now;
        self.advance(now);
        let came = self.incoming.iter().take_while(|(at, _)| *at <= now).count();
        if came > self.receive_queue {
            self.incoming.drain(self.receive_queue..came);
            self.incoming[self.receive_queue - 1].1 = None;
        }
        self.incoming.pop_front_if(|(at, _)| *at <= now).map(|(_, levels)| levels)
    }

    fn give(&mut self, byte: u8) -> bool {
        let now = self.now;
        self.advance(now);
        if !self.has_room() {
            return false;
        }
        let starts = now.max(self.free);
        let serial = self.serial.unwrap();
        let number = self.sent;
        let refused = self.refused_from.is_some_and(|from| number >= from);
        let damaged = refused || self.damaged_echo == Some(number);
        self.sent += 1;
        self.free = starts + self.etu(u32::from(serial.character));
        let arrives = starts + self.etu(10);
        if self.echo {
            let levels = (!damaged).then_some(byte);
            self.incoming.push_back((arrives, levels));
        }
        // A character that the card calls damaged is not taken by it.
        if !damaged {
            self.outgoing.push_back((arrives, byte));
        }
        true
    }
}

impl Time for Shared {
    fn now(&mut self) -> Instant {
        Instant::from_micros(self.0.borrow().now.as_micros() as u64)
    }

    /// To the next thing that happens.
    fn idle(&mut self, until: Instant) {
        let mut bench = self.0.borrow_mut();
        let until = Duration::from_micros(until.micros());
        let next = bench.next().map_or(until, |next| next.min(until));
        // At least a microsecond, because the driver's moments are whole ones.
        let next = next.max(bench.now + Duration::from_micros(1));
        bench.advance(next);
    }
}

impl Contacts for Shared {
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported> {
        let mut bench = self.0.borrow_mut();
        let now = bench.now;
        match contact {
            Contact::Vcc(Some(Class::B | Class::C)) => return Err(Unsupported),
            Contact::Vcc(class) => bench.card.set_supply(class.is_some(), now),
            Contact::Clk(runs) => bench.card.set_clock(runs.then_some(CLOCK), now),
            Contact::Rst(level) => bench.card.set_reset(level == Level::High, now),
            Contact::Io(_) => {}
        }
        Ok(())
    }

    fn is_present(&mut self) -> bool {
        self.0.borrow().present
    }
}

/// The UART.
#[derive(Clone)]
pub struct Port(Shared);

pub type Configured = fn(&mut Port, &Serial) -> Result<(), SerialFault>;

fn configure(port: &mut Port, serial: &Serial) -> Result<(), SerialFault> {
    let mut bench = port.0.0.borrow_mut();
    bench.serial = Some(*serial);
    bench.configured += 1;
    Ok(())
}

impl Shared {
    pub fn nb(&self) -> SerialNb<Port, Configured> {
        SerialNb::new(Port(self.clone()), configure)
    }

    pub fn io(&self) -> SerialIo<Port, Configured> {
        SerialIo::new(Port(self.clone()), configure)
    }
}

impl serial::ErrorType for Port {
    type Error = serial::ErrorKind;
}

impl serial::Read<u8> for Port {
    fn read(&mut self) -> nb::Result<u8, serial::ErrorKind> {
        let mut bench = self.0.0.borrow_mut();
        match bench.take() {
            Some(Some(levels)) => Ok(levels),
            Some(None) => Err(nb::Error::Other(bench.damage)),
            None => Err(nb::Error::WouldBlock),
        }
    }
}

impl serial::Write<u8> for Port {
    fn write(&mut self, byte: u8) -> nb::Result<(), serial::ErrorKind> {
        if self.0.0.borrow_mut().give(byte) { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }

    fn flush(&mut self) -> nb::Result<(), serial::ErrorKind> {
        let bench = self.0.0.borrow();
        if bench.now < bench.free { Err(nb::Error::WouldBlock) } else { Ok(()) }
    }
}

#[derive(Debug)]
pub struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("damaged")
    }
}

impl std::error::Error for Damaged {}

impl embedded_io::Error for Damaged {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::InvalidData
    }
}

impl embedded_io::ErrorType for Port {
    type Error = Damaged;
}

impl embedded_io::ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, Damaged> {
        let mut bench = self.0.0.borrow_mut();
        let now = bench.now;
        bench.advance(now);
        Ok(bench.incoming.front().is_some_and(|(at, _)| *at <= now))
    }
}

impl embedded_io::Read for Port {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Damaged> {
        let came = self.0.0.borrow_mut().take();
        let byte = came.flatten().ok_or(Damaged)?;
        *room.first_mut().unwrap() = byte;
        Ok(1)
    }
}

impl embedded_io::WriteReady for Port {
    fn write_ready(&mut self) -> Result<bool, Damaged> {
        Ok(self.0.0.borrow().has_room())
    }
}

impl embedded_io::Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Damaged> {
        let byte = *bytes.first().unwrap();
        Ok(usize::from(self.0.0.borrow_mut().give(byte)))
    }

    fn flush(&mut self) -> Result<(), Damaged> {
        let mut bench = self.0.0.borrow_mut();
        let free = bench.free;
        bench.advance(free);
        Ok(())
    }
}
