//! What the driver says when the board, the line or the caller does not do what it should.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod bench;

use std::time::Duration;

use bench::{CLOCK, Shared, bench, slot};
use kazasu_apdu::{PowerOff, Transport};
use kazasu_contact::driver::{
    Configure, Contacts, Echo, Error, Line, Link, Outcome, Progress, Received, SerialFault, Time,
    Unsupported,
};
use kazasu_contact::slot::{Class, Contact, Level, Serial, State};
use kazasu_contact::{Instant, Settings, Slot};
use kazasu_virtual_card::Reference;
use kazasu_virtual_card::contact::{ContactSettings, EnvelopeEnd, JPKI_02, SYNTHETIC_T0};

const SELECT: [u8; 15] = [0, 0xA4, 4, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1];
const SELECT_AUTH: [u8; 7] = [0, 0xA4, 2, 0x0C, 2, 0, 0x18];
const VERIFY: [u8; 9] = [0, 0x20, 0, 0x80, 4, b'1', b'2', b'3', b'4'];

/// Brings the card up and verifies its PIN.
fn verify<L: Line, C: Contacts>(link: &mut Link<L, C, Shared>) {
    let mut response = [0; 258];
    link.reconnect().unwrap();
    for command in [SELECT.as_slice(), &SELECT_AUTH, &VERIFY] {
        let length = link.transmit(command, &mut response).unwrap();
        assert_eq!(response.get(..length), Some([0x90, 0].as_slice()));
    }
}

fn is_verified(shared: &Shared) -> bool {
    shared.0.borrow().card.responder().is_verified(Reference::Auth)
}

/// Contacts of which one cannot be set any more; all that was tried.
struct Stuck {
    contacts: Shared,
    stuck: Option<Contact>,
    tried: Vec<Contact>,
    /// When the power was taken and given.
    power: Vec<(Duration, bool)>,
}

impl Contacts for Stuck {
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported> {
        self.tried.push(contact);
        if let Contact::Vcc(class) = contact {
            let now = self.contacts.0.borrow().now;
            self.power.push((now, class.is_some()));
        }
        if self.stuck == Some(contact) { Err(Unsupported) } else { self.contacts.set(contact) }
    }
}

fn stuck(shared: &Shared) -> Stuck {
    Stuck { contacts: shared.clone(), stuck: None, tried: Vec::new(), power: Vec::new() }
}

#[test]
fn power_that_cannot_be_taken_is_not_called_taken() {
    let down = [
        Contact::Rst(Level::Low),
        Contact::Clk(false),
        Contact::Io(Level::Low),
        Contact::Vcc(None),
    ];
    for contact in down {
        let shared = bench(ContactSettings::with(JPKI_02), false);
        let mut link = Link::new(slot(), shared.nb(), stuck(&shared), shared.clone());
        verify(&mut link);
        let contacts = link.board_mut().1;
        contacts.stuck = Some(contact);
        contacts.tried.clear();
        assert_eq!(link.power_off(), Err(Error::Contacts), "{contact:?}");
        // All four are tried, in their order, whichever of them failed.
        assert!(link.board_mut().1.tried.ends_with(&down));
        assert_eq!(is_verified(&shared), contact == Contact::Vcc(None));
        // Once the board works again, so does the slot.
        link.board_mut().1.stuck = None;
        assert_eq!(link.power_off(), Ok(PowerOff::Done));
        assert!(!is_verified(&shared));
    }
}

#[test]
fn a_contact_that_cannot_be_set_is_no_mute_card() {
    for contact in [Contact::Rst(Level::Low), Contact::Clk(true), Contact::Rst(Level::High)] {
        let shared = bench(ContactSettings::with(JPKI_02), false);
        let mut link = Link::new(slot(), shared.nb(), stuck(&shared), shared.clone());
        link.board_mut().1.stuck = Some(contact);
        assert_eq!(link.reconnect(), Err(Error::Contacts), "{contact:?}");
        assert_eq!(link.board_mut().1.tried.last(), Some(&Contact::Vcc(None)));
    }
}

#[test]
fn a_card_stays_without_power_between_two_orders() {
    let mut settings = Settings::new(CLOCK, &[Class::A]);
    settings.power_down = kazasu_contact::Duration::from_millis(50);
    let shared = bench(ContactSettings::with(JPKI_02), false);
    let slot = Slot::new(settings);
    let mut link = Link::new(slot, shared.nb(), stuck(&shared), shared.clone());
    link.reconnect().unwrap();
    // The first activation waits for nothing.
    assert_eq!(link.board_mut().1.power.as_slice(), [(Duration::ZERO, true)]);
    link.power_off().unwrap();
    link.reconnect().unwrap();
    let [_, (off, false), (on, true)] = *link.board_mut().1.power.as_slice() else {
        panic!("{:?}", link.board_mut().1.power);
    };
    assert!(on - off >= Duration::from_millis(50), "{:?}", on - off);
    // Who waits longer does not wait again.
    link.power_off().unwrap();
    shared.0.borrow_mut().advance(on + Duration::from_secs(9));
    let before = shared.0.borrow().now;
    link.reconnect().unwrap();
    assert_eq!(link.board_mut().1.power.last(), Some(&(before, true)));
}

/// What happens to one character of the reader.
#[derive(Clone, Copy, PartialEq)]
enum Spoil {
    /// It is right on the wire, and its echo is told as this.
    Echo(Received),
    /// Two of its bits are turned over on the wire, which no parity shows.
    Bits,
}

struct Spoiled<L> {
    line: L,
    spoil: Spoil,
    /// How many characters until then.
    left: Option<u32>,
    /// Was it sent, and its echo not yet seen?
    echo: bool,
    sent: u32,
}

impl<L: Line> Configure for Spoiled<L> {
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault> {
        self.line.configure(serial)
    }
}

impl<L: Line> Line for Spoiled<L> {
    fn receive(&mut self) -> Result<Option<Received>, SerialFault> {
        let received = self.line.receive()?;
        match self.spoil {
            Spoil::Echo(told) if received.is_some() && std::mem::take(&mut self.echo) => {
                Ok(Some(told))
            }
            _ => Ok(received),
        }
    }

    fn send(&mut self, byte: u8) -> Result<bool, SerialFault> {
        let due = self.left == Some(0);
        let turned = due && self.spoil == Spoil::Bits;
        if !self.line.send(if turned { byte ^ 3 } else { byte })? {
            return Ok(false);
        }
        self.echo = due;
        self.left = self.left.and_then(|left| left.checked_sub(1));
        self.sent += 1;
        Ok(true)
    }

    fn is_sent(&mut self) -> Result<bool, SerialFault> {
        self.line.is_sent()
    }
}

#[test]
fn a_wrong_echo_costs_no_try() {
    for spoil in [Spoil::Echo(Received::Garbled), Spoil::Echo(Received::Character(0)), Spoil::Bits]
    {
        let shared = bench(ContactSettings::with(SYNTHETIC_T0), false);
        shared.0.borrow_mut().echo = true;
        let line = Spoiled { line: shared.nb(), spoil, left: None, echo: false, sent: 0 };
        let link = Link::new(slot(), line, shared.clone(), shared.clone());
        let mut link = link.with_echo(Echo::On);
        verify(&mut link);
        // The header of five, and the third digit.
        link.board_mut().0.left = Some(5 + 2);
        link.board_mut().0.sent = 0;
        let error = link.transmit(&VERIFY, &mut [0; 258]).unwrap_err();
        assert_eq!(error, Error::Slot(kazasu_contact::Error::ParityError));
        // The fourth digit did not follow, and the power is gone.
        assert_eq!(link.board_mut().0.sent, 5 + 3);
        assert!(!is_verified(&shared));
        assert_eq!(shared.0.borrow().card.responder().tries(Reference::Auth), Some(3));
    }
}

#[test]
fn in_a_block_no_character_is_sent_again_whatever_its_echo() {
    // Three bytes, the command, the LRC.
    let block = 3 + SELECT.len() as u32 + 1;
    let told = [Received::Framing, Received::Garbled, Received::Character(0)];
    for (told, at) in told.into_iter().flat_map(|told| [(told, 4), (told, block - 1)]) {
        let shared = bench(ContactSettings::with(JPKI_02), false);
        shared.0.borrow_mut().echo = true;
        let spoil = Spoil::Echo(told);
        let line = Spoiled { line: shared.nb(), spoil, left: None, echo: false, sent: 0 };
        let link = Link::new(slot(), line, shared.clone(), shared.clone());
        let mut link = link.with_echo(Echo::On);
        verify(&mut link);
        link.board_mut().0.left = Some(at);
        link.board_mut().0.sent = 0;
        assert_eq!(link.transmit(&SELECT, &mut [0; 258]), Ok(2));
        assert_eq!(link.board_mut().0.sent, block);
        assert_eq!(link.counts().repeated, 0);
    }
}

#[test]
fn echoes_of_a_block_that_was_given_up_are_not_waited_for() {
    let shared = bench(ContactSettings::with(JPKI_02), false);
    {
        let mut bench = shared.0.borrow_mut();
        (bench.echo, bench.transmit_queue) = (true, 259);
    }
    let link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
    let mut link = link.with_echo(Echo::On);
    verify(&mut link);
    link.begin_exchange(&SELECT).unwrap();
    // All of it is in the queue, and nothing of it came back.
    assert!(matches!(link.poll(&SELECT, &mut [0; 258]), Progress::Wait(_)));
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    verify(&mut link);
}

#[test]
fn what_disturbed_the_line_between_two_commands_is_no_answer() {
    for atr in [JPKI_02, SYNTHETIC_T0] {
        let shared = bench(ContactSettings::with(atr), false);
        let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
        verify(&mut link);
        for _ in 0..3 {
            shared.0.borrow_mut().disturb();
        }
        let sent = link.counts().sent;
        assert_eq!(link.transmit(&SELECT, &mut [0; 258]), Ok(2), "{}", atr.name);
        // Over T=1 in a block.
        let block = if atr == JPKI_02 { 4 } else { 0 };
        assert_eq!(link.counts().sent - sent, SELECT.len() as u32 + block);
    }
}

#[test]
fn success_is_never_told_of_a_command_that_the_card_did_not_get() {
    for end in [EnvelopeEnd::EmptyData, EnvelopeEnd::WholeCommand] {
        for le in [[].as_slice(), &[0, 0]] {
            let mut settings = ContactSettings::with(SYNTHETIC_T0);
            settings.envelope_end = end;
            let shared = bench(settings, true);
            let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
            verify(&mut link);
            // VERIFY with more bytes than any PIN has.
            let command = [&[0, 0x20, 0, 0x80, 0, 1, 0], [b'1'; 256].as_slice(), le].concat();
            let commands = || shared.0.borrow().card.commands();
            let (before, sent) = (commands(), link.counts().sent);
            let mut response = [0; 258];
            let answered = link.transmit(&command, &mut response);
            if le.is_empty() {
                assert_eq!(answered, Err(Error::Slot(kazasu_contact::Error::LongCommand)));
                assert_eq!((commands(), link.counts().sent), (before, sent));
                assert_eq!(link.transmit(&SELECT, &mut response), Ok(2));
                continue;
            }
            assert_eq!(answered, Ok(2));
            assert_ne!(response.get(..2), Some([0x90, 0].as_slice()), "{end:?}");
            // What the card said to GET RESPONSE, or to the command.
            let came = u64::from(end == EnvelopeEnd::WholeCommand);
            assert_eq!(commands() - before, came, "{end:?}");
        }
    }
}

#[test]
fn a_character_that_is_refused_for_ever_is_given_up_at_once() {
    let shared = bench(ContactSettings::with(SYNTHETIC_T0), false);
    shared.0.borrow_mut().echo = true;
    let link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
    let mut link = link.with_echo(Echo::On);
    link.reconnect().unwrap();
    let (sent, before) = (link.counts().sent, shared.0.borrow().now);
    let third = shared.0.borrow().sent + 2;
    shared.0.borrow_mut().refused_from = Some(third);
    let error = link.transmit(&SELECT, &mut [0; 258]).unwrap_err();
    assert_eq!(error, Error::Slot(kazasu_contact::Error::ParityError));
    // Two that were taken, one that was not, three repetitions.
    assert_eq!(link.counts().sent - sent, 2 + 1 + 3);
    assert!(shared.0.borrow().now - before < Duration::from_millis(100));
}

/// A clock at one of whose readings the program is interrupted.
struct Interrupted {
    clock: Shared,
    /// Before the reading, or after it.
    before: bool,
    /// Readings are counted once so many characters were sent.
    sent: u64,
    left: u32,
}

impl Time for Interrupted {
    fn now(&mut self) -> Instant {
        let now = self.clock.now();
        let mut bench = self.clock.0.borrow_mut();
        if bench.sent < self.sent || self.left == 0 {
            return now;
        }
        self.left -= 1;
        if self.left > 0 {
            return now;
        }
        let to = bench.now + Duration::from_millis(5);
        bench.advance(to);
        drop(bench);
        if self.before { self.clock.now() } else { now }
    }

    fn idle(&mut self, until: Instant) {
        self.clock.idle(until);
    }
}

#[test]
fn what_the_receiver_kept_is_never_too_late() {
    let mut interrupted = 0;
    for left in (1..4_000).step_by(29) {
        let shared = bench(ContactSettings::with(JPKI_02), false);
        let clock =
            Interrupted { clock: shared.clone(), before: left % 2 == 0, sent: u64::MAX, left };
        let mut link = Link::new(slot(), shared.nb(), shared.clone(), clock);
        let mut response = [0; 258];
        link.reconnect().unwrap();
        link.transmit(&SELECT, &mut response).unwrap();
        link.transmit(&[0, 0xA4, 2, 0x0C, 2, 0, 0x0A], &mut response).unwrap();
        // One block of the reader: three bytes, the command of five, the LRC.
        let sent = shared.0.borrow().sent + 9;
        link.board_mut().2.sent = sent;
        let answered = link.transmit(&[0, 0xB0, 0, 0, 0xE7], &mut response);
        // Nothing was asked for again.
        assert_eq!((answered, shared.0.borrow().sent), (Ok(0xE9), sent), "{left}");
        interrupted += u32::from(link.board_mut().2.left == 0);
    }
    assert!(interrupted > 10, "{interrupted}");
}

#[test]
fn extra_guard_time_is_kept() {
    // N = 10 and 200 with T=0; 10 with T=1.
    for atr in [vec![0x3B, 0x40, 0x0A], vec![0x3B, 0x40, 0xC8], vec![0x3B, 0xC0, 0x0A, 0x01, 0xCB]]
    {
        let mut settings = ContactSettings::default();
        settings.atr.clone_from(&atr);
        let shared = bench(settings, false);
        let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
        verify(&mut link);
        assert_eq!(shared.0.borrow().card.violations(), [], "{atr:02X?}");
    }
}

#[test]
fn a_card_that_leaves_between_two_commands_loses_its_power() {
    let removed = Error::Slot(kazasu_contact::Error::CardRemoved);
    let shared = bench(ContactSettings::with(JPKI_02), false);
    let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
    verify(&mut link);
    assert_eq!(link.poll(&[], &mut []), Progress::Wait(Instant::NEVER));
    shared.0.borrow_mut().present = false;
    // In a loop that looks.
    assert_eq!(link.poll(&[], &mut []), Progress::Done(Outcome::Failed(removed)));
    assert_eq!(link.slot().state(), State::Inactive);
    assert!(!is_verified(&shared));
    assert_eq!(link.poll(&[], &mut []), Progress::Wait(Instant::NEVER));

    // With the next command of one that does not: nothing of it is sent.
    shared.0.borrow_mut().present = true;
    verify(&mut link);
    shared.0.borrow_mut().present = false;
    let sent = link.counts().sent;
    assert_eq!(link.transmit(&SELECT, &mut [0; 258]), Err(removed));
    assert_eq!(link.counts().sent, sent);
    assert!(!is_verified(&shared));
}

#[test]
fn a_link_that_is_dropped_leaves_no_power() {
    let shared = bench(ContactSettings::with(JPKI_02), false);
    let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
    verify(&mut link);
    assert!(is_verified(&shared));
    drop(link);
    assert!(!is_verified(&shared));
    // In the middle of a command as well.
    let mut link = Link::new(slot(), shared.nb(), shared.clone(), shared.clone());
    verify(&mut link);
    link.begin_exchange(&SELECT).unwrap();
    assert!(matches!(link.poll(&SELECT, &mut [0; 258]), Progress::Wait(_)));
    drop(link);
    assert!(!is_verified(&shared));
    assert_eq!(shared.0.borrow().card.violations(), []);
}

/// A UART that takes so many characters and then has no room, or never says that it has sent.
struct Holding<L> {
    line: L,
    room: u32,
    sends: bool,
}

impl<L: Line> Configure for Holding<L> {
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault> {
        self.line.configure(serial)
    }
}

impl<L: Line> Line for Holding<L> {
    fn receive(&mut self) -> Result<Option<Received>, SerialFault> {
        self.line.receive()
    }

    fn send(&mut self, byte: u8) -> Result<bool, SerialFault> {
        let sent = self.room > 0 && self.line.send(byte)?;
        self.room -= u32::from(sent);
        Ok(sent)
    }

    fn is_sent(&mut self) -> Result<bool, SerialFault> {
        Ok(self.sends && self.line.is_sent()?)
    }
}

#[test]
fn a_uart_that_never_sends_is_given_up() {
    for (room, sends) in [(3, true), (u32::MAX, false)] {
        let shared = bench(ContactSettings::with(JPKI_02), false);
        let line = Holding { line: shared.nb(), room: u32::MAX, sends: true };
        let mut link = Link::new(slot(), line, shared.clone(), shared.clone());
        verify(&mut link);
        link.board_mut().0.room = room;
        link.board_mut().0.sends = sends;
        link.begin_exchange(&SELECT).unwrap();
        let before = shared.0.borrow().now;
        let ended = (0..100_000).find_map(|_| match link.poll(&SELECT, &mut [0; 258]) {
            Progress::Done(outcome) => Some(outcome),
            Progress::Wait(_) => {
                let mut bench = shared.0.borrow_mut();
                let to = bench.now + Duration::from_micros(100);
                bench.advance(to);
                None
            }
        });
        assert_eq!(ended, Some(Outcome::Failed(Error::Serial)));
        assert!(shared.0.borrow().now - before < Duration::from_secs(2));
        assert!(!is_verified(&shared));
    }
}
