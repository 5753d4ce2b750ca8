//! A simulated line: a driver that keeps the contract of `Slot`, and time that is only counted.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use kazasu_contact::{Action, Contact, Event, Instant, Level, Serial, Slot};
use std::collections::VecDeque;

pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What comes from the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Byte(u8),
    Garbled,
    /// So long nothing, in microseconds, beyond the time of a character.
    Pause(u64),
}

pub fn line(bytes: &[u8]) -> Vec<Line> {
    bytes.iter().map(|byte| Line::Byte(*byte)).collect()
}

/// A card that is played.
pub trait Card {
    /// RST went high while there was power and clock.
    fn reset(&mut self, cold: bool) -> Vec<Line>;
    /// The reader sent a character.
    fn received(&mut self, byte: u8) -> Vec<Line>;
    /// The line was set up anew.
    fn configured(&mut self, serial: Serial) {
        let _ = serial;
    }
    /// May the board supply this class?
    fn supplies(&mut self, class: kazasu_contact::Class) -> bool {
        let _ = class;
        true
    }
}

/// The driver.
#[derive(Debug)]
pub struct Driver<C> {
    pub card: C,
    pub now: u64,
    pub queue: VecDeque<Line>,
    pub sent: Vec<u8>,
    pub lines: Vec<Contact>,
    pub serial: Option<Serial>,
    /// The card leaves before this action.
    pub removal: Option<usize>,
    pub actions: usize,
    powered: bool,
    clocked: bool,
    was_reset: bool,
}

impl<C: Card> Driver<C> {
    pub fn new(card: C) -> Self {
        Self {
            card,
            now: 0,
            queue: VecDeque::new(),
            sent: Vec::new(),
            lines: Vec::new(),
            serial: None,
            removal: None,
            actions: 0,
            powered: false,
            clocked: false,
            was_reset: false,
        }
    }

    pub fn powered(&self) -> bool {
        self.powered
    }

    fn character(&self) -> u64 {
        self.serial.map_or(1_000, |serial| serial.rate.etu(u32::from(serial.character)).micros())
    }

    /// Runs until something ordered has ended.
    pub fn run(&mut self, slot: &mut Slot, command: &[u8], response: &mut [u8]) -> Action {
        let mut event = Event::Ready;
        loop {
            if self.removal.is_some_and(|at| self.actions >= at) {
                event = Event::Removed;
            }
            self.actions += 1;
            assert!(self.actions < 10_000_000, "there is no end");
            let action = slot.step(Instant::from_micros(self.now), event, command, response);
            event = match action {
                Action::Set(contact) => self.set(contact),
                Action::Configure(serial) => {
                    self.serial = Some(serial);
                    self.card.configured(serial);
                    Event::Ready
                }
                Action::Send { byte, not_before, .. } => {
                    assert!(self.powered && self.clocked, "sent to a card without power");
                    self.now = self.now.max(not_before.micros()) + self.character();
                    self.sent.push(byte);
                    // What was in the receiver is dropped.
                    self.queue.clear();
                    self.queue.extend(self.card.received(byte));
                    Event::Ready
                }
                Action::Listen { until } => self.listen(until),
                end => return end,
            };
        }
    }

    fn set(&mut self, contact: Contact) -> Event {
        self.lines.push(contact);
        match contact {
            Contact::Vcc(Some(class)) if !self.card.supplies(class) => return Event::Unsupported,
            Contact::Vcc(class) => {
                self.powered = class.is_some();
                self.was_reset = false;
                self.queue.clear();
            }
            Contact::Clk(running) => self.clocked = running,
            Contact::Rst(Level::High) => {
                assert!(self.powered && self.clocked, "reset without power");
                self.queue.clear();
                self.queue.extend(self.card.reset(!self.was_reset));
                self.was_reset = true;
            }
            Contact::Rst(Level::Low) | Contact::Io(_) => {}
        }
        Event::Ready
    }

    fn listen(&mut self, until: Instant) -> Event {
        let until = until.micros();
        assert_ne!(until, u64::MAX, "a wait without end");
        while let Some(Line::Pause(pause)) = self.queue.front().copied() {
            if self.now + pause > until {
                self.queue[0] = Line::Pause(self.now + pause - until);
                self.now = until;
                return Event::Ready;
            }
            self.now += pause;
            self.queue.pop_front();
        }
        let next = self.now + self.character();
        if self.queue.is_empty() || next > until {
            self.now = self.now.max(until);
            return Event::Ready;
        }
        self.now = next;
        match self.queue.pop_front() {
            Some(Line::Byte(byte)) => Event::Received(byte),
            _ => Event::Garbled,
        }
    }
}

/// A card by script: what it answers to each reset, and to each piece that the reader sends.
#[derive(Debug, Default)]
pub struct Scripted {
    pub resets: VecDeque<Vec<Line>>,
    pub pieces: VecDeque<(Vec<u8>, Vec<Line>)>,
    pub classes: Vec<kazasu_contact::Class>,
    pub colds: usize,
    pub warms: usize,
    pub serials: Vec<Serial>,
    heard: Vec<u8>,
}

impl Scripted {
    /// Answers to resets in hex; an empty one is silence.
    pub fn new(resets: &[&str]) -> Self {
        Self { resets: resets.iter().map(|hex| line(&bytes(hex))).collect(), ..Self::default() }
    }

    /// When the reader has sent `request`, `answer` follows.
    pub fn piece(mut self, request: &str, answer: &str) -> Self {
        self.pieces.push_back((bytes(request), line(&bytes(answer))));
        self
    }
}

impl Card for Scripted {
    fn reset(&mut self, cold: bool) -> Vec<Line> {
        if cold {
            self.colds += 1;
        } else {
            self.warms += 1;
        }
        self.resets.pop_front().unwrap_or_default()
    }

    fn received(&mut self, byte: u8) -> Vec<Line> {
        self.heard.push(byte);
        let (expected, _) = self
            .pieces
            .front()
            .unwrap_or_else(|| panic!("nothing more is expected, but: {:02X?}", self.heard));
        assert!(expected.starts_with(&self.heard), "{:02X?} is not {expected:02X?}", self.heard);
        if expected.len() > self.heard.len() {
            return Vec::new();
        }
        self.heard.clear();
        self.pieces.pop_front().unwrap().1
    }

    fn configured(&mut self, serial: Serial) {
        self.serials.push(serial);
    }

    fn supplies(&mut self, class: kazasu_contact::Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }
}
