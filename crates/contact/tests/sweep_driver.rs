//! Every fault of the line at every character of a session with a PIN, over the driver: with an echo
//! and without, T=1 and T=0. The driver recovers or ends in an error, in simulated time that has an
//! end; no second VERIFY, and no card that keeps a verified PIN.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod bench;

use std::collections::BTreeMap;
use std::time::Duration;

use bench::{bench, slot};
use kazasu_apdu::{PowerOff, Transport};
use kazasu_contact::driver::{Configure, Echo, Line, Link, Received, SerialFault};
use kazasu_contact::slot::Serial;
use kazasu_virtual_card::Reference;
use kazasu_virtual_card::contact::{AnswerToReset, ContactSettings, JPKI_02, SYNTHETIC_T0};

const COMMANDS: [&[u8]; 4] = [
    &[0, 0xA4, 4, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1],
    &[0, 0xA4, 2, 0x0C, 2, 0, 0x18],
    &[0, 0x20, 0, 0x80],
    &[0, 0x20, 0, 0x80, 4, b'1', b'2', b'3', b'4'],
];

const RECOVERED: &str = "recovered";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Effect {
    /// It never reaches the wire, nor does its echo come.
    Lost,
    /// Two bits of it are turned over, which no parity shows.
    Turned,
    /// It comes twice.
    Doubled,
    /// It is told as this.
    Told(Received),
}

/// A line whose fault meets one character, sent or received; echoes count as received.
struct Faulty<L> {
    line: L,
    sent: Option<(u32, Effect)>,
    received: Option<(u32, Effect)>,
    again: Option<Received>,
    counts: (u32, u32),
}

impl<L: Line> Configure for Faulty<L> {
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault> {
        self.line.configure(serial)
    }
}

impl<L: Line> Line for Faulty<L> {
    fn receive(&mut self) -> Result<Option<Received>, SerialFault> {
        if let Some(again) = self.again.take() {
            return Ok(Some(again));
        }
        let Some(received) = self.line.receive()? else { return Ok(None) };
        let due = self.received.filter(|(at, _)| *at == self.counts.1);
        self.counts.1 += 1;
        match due {
            None => Ok(Some(received)),
            Some((_, Effect::Lost)) => self.receive(),
            Some((_, Effect::Told(told))) => Ok(Some(told)),
            Some((_, Effect::Doubled)) => {
                self.again = Some(received);
                Ok(Some(received))
            }
            Some((_, Effect::Turned)) => Ok(Some(match received {
                Received::Character(byte) => Received::Character(byte ^ 0x18),
                other => other,
            })),
        }
    }

    fn send(&mut self, byte: u8) -> Result<bool, SerialFault> {
        let due = self.sent.filter(|(at, _)| *at == self.counts.0);
        let passed = match due {
            Some((_, Effect::Lost)) => true,
            Some((_, Effect::Turned)) => self.line.send(byte ^ 0x18)?,
            _ => self.line.send(byte)?,
        };
        self.counts.0 += u32::from(passed);
        Ok(passed)
    }

    fn is_sent(&mut self) -> Result<bool, SerialFault> {
        self.line.is_sent()
    }
}

/// What a session came to: how it ended, and what was sent and received.
fn session(
    atr: AnswerToReset,
    echo: Echo,
    queue: u32,
    sent: Option<(u32, Effect)>,
    received: Option<(u32, Effect)>,
) -> (String, (u32, u32)) {
    let shared = bench(ContactSettings::with(atr), false);
    {
        let mut bench = shared.0.borrow_mut();
        (bench.echo, bench.transmit_queue) = (echo == Echo::On, queue);
    }
    let line = Faulty { line: shared.nb(), sent, received, again: None, counts: (0, 0) };
    let link = Link::new(slot(), line, shared.clone(), shared.clone());
    let mut link = link.with_echo(echo);
    let mut response = [0; 258];
    let mut end = link.reconnect().map_err(|error| format!("{error:?}"));
    let mut right = true;
    for command in COMMANDS {
        if end.is_err() {
            break;
        }
        end = link
            .transmit(command, &mut response)
            .map(|length| right &= length == 2 && matches!(response[0], 0x90 | 0x63))
            .map_err(|error| format!("{error:?}"));
    }
    let counts = link.board_mut().0.counts;
    let off = link.power_off();
    let case = format!("{}, {echo:?}, {queue}, {sent:?}, {received:?}: {end:?}", atr.name);
    assert_eq!(off, Ok(PowerOff::Done), "{case}");
    let bench = shared.0.borrow();
    let card = bench.card.responder();
    assert!(!card.is_verified(Reference::Auth), "{case}");
    assert!(card.verify_commands_seen() <= 1, "{case}");
    assert!(card.tries(Reference::Auth) >= Some(2), "{case}");
    assert!(bench.now < Duration::from_secs(40), "{case}: {:?}", bench.now);
    let name = match end {
        Ok(()) if right => RECOVERED.to_owned(),
        Ok(()) => "unnoticed".to_owned(),
        Err(error) => error,
    };
    (name, counts)
}

/// What became of every fault; how many sessions, and how many of them ended as if nothing were.
fn sweep(atr: AnswerToReset, echo: Echo, queue: u32) -> (usize, usize) {
    let (name, (to_card, to_reader)) = session(atr, echo, queue, None, None);
    assert_eq!(name, RECOVERED, "{} {echo:?} {queue}", atr.name);
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |(name, _): (String, _)| *tally.entry(name).or_default() += 1;
    for at in 0..to_card {
        for effect in [Effect::Lost, Effect::Turned] {
            count(session(atr, echo, queue, Some((at, effect)), None));
        }
    }
    for at in 0..to_reader {
        for effect in [
            Effect::Lost,
            Effect::Turned,
            Effect::Doubled,
            Effect::Told(Received::Garbled),
            Effect::Told(Received::Framing),
        ] {
            count(session(atr, echo, queue, None, Some((at, effect))));
        }
    }
    println!("{}, {echo:?}, {queue}: {tally:?}", atr.name);
    (tally.values().sum(), tally.get(RECOVERED).copied().unwrap_or(0))
}

#[test]
fn every_fault_at_every_character_over_t1() {
    for (echo, queue) in [(Echo::Off, 1), (Echo::On, 259)] {
        let (cases, recovered) = sweep(JPKI_02, echo, queue);
        // What stays are characters of the reader whose echo is lost with them.
        assert!(cases > 300 && recovered * 10 > cases * 9, "{recovered} of {cases}");
    }
}

#[test]
fn every_fault_at_every_character_over_t0() {
    for (echo, queue) in [(Echo::Off, 2), (Echo::On, 1)] {
        let (cases, recovered) = sweep(SYNTHETIC_T0, echo, queue);
        assert!(cases > 150 && recovered > 0, "{recovered} of {cases}");
    }
}
