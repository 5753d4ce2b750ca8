//! The host's side of one command, byte by byte: an answer that comes twice, and a line on which
//! something comes without end.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_nfc::{Duration, Instant};
use kazasu_pn532::host::{Action, Event, Host, Manner};
use kazasu_pn532::{Bus, BusFault, Error, Order, Pn532, Settings, frame};

const EXCHANGE: u8 = 0x40;

/// A serial line, and what the chip puts on it.
struct Line {
    host: Host,
    now: u64,
    buffer: [u8; frame::BUFFER],
    /// What was sent.
    sent: Vec<Vec<u8>>,
}

impl Line {
    fn new() -> Self {
        let manner =
            Manner { wake: &[0x55], wake_source: 0x10, window: None, before: 0, reset: false };
        Self { host: Host::new(manner), now: 0, buffer: [0; frame::BUFFER], sent: Vec::new() }
    }

    /// Carries out the order, while these pieces come: each at its moment after the order went out,
    /// in microseconds. What was said in answer, without D5 and the code.
    fn order(&mut self, order: &Order<'_>, mut pieces: &[(u64, Vec<u8>)]) -> Vec<u8> {
        self.host.begin();
        let begun = self.sent.len();
        let (mut event, mut out) = (Event::Ready, None);
        loop {
            self.now += 10;
            let now = Instant::from_micros(self.now);
            let settings = Settings::default();
            event = match self.host.step(now, event, &settings, order, &mut self.buffer) {
                Action::Send { from, to } => {
                    let bytes = self.buffer[from..to].to_vec();
                    if bytes.get(6) == Some(&EXCHANGE) {
                        out = Some(self.now);
                    }
                    self.sent.push(bytes);
                    Event::Moved(to - from)
                }
                Action::Receive { from, .. } => match (pieces, out) {
                    ([(at, piece), rest @ ..], Some(out)) if self.now >= out + at => {
                        pieces = rest;
                        self.buffer[from..from + piece.len()].copy_from_slice(piece);
                        Event::Moved(piece.len())
                    }
                    _ => {
                        self.now += if out.is_some() { 1_000 } else { 0 };
                        Event::Ready
                    }
                },
                Action::Wait(until) => {
                    self.now = self.now.max(until.micros());
                    Event::Ready
                }
                Action::Answered(length) => {
                    let once =
                        self.sent[begun..].iter().filter(|one| one.get(6) == Some(&EXCHANGE));
                    assert_eq!(once.count(), 1, "a command that may reach a card is sent once");
                    return self.buffer[2..length.unwrap()].to_vec();
                }
                action => panic!("{action:?}"),
            };
        }
    }
}

/// As the chip makes it.
fn answer(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x00, 0x00, 0xFF, data.len() as u8 + 2];
    bytes.push(0_u8.wrapping_sub(bytes[3]));
    bytes.extend([0xD5, EXCHANGE + 1]);
    bytes.extend(data);
    let sum = bytes[5..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    bytes.extend([0_u8.wrapping_sub(sum), 0x00]);
    bytes
}

fn exchange(data: &[u8]) -> Order<'_> {
    Order::once(EXCHANGE, &[0x01], data, Duration::from_secs(10))
}

/// The chip was asked once more by NACK just when it answered: what NACK brings comes while the next
/// command goes out, and is no answer to that.
#[test]
fn what_nack_brought_too_late_is_not_the_answer_to_the_next_command() {
    let mut line = Line::new();
    let first = answer(&[0x00, 0x63, 0xC3]);
    let pieces = [(1_000, frame::ACK.to_vec()), (10_020_000, first.clone())];
    assert_eq!(line.order(&exchange(&[0x00, 0x20]), &pieces), [0x00, 0x63, 0xC3]);
    assert!(line.sent.iter().any(|bytes| *bytes == frame::NACK));
    let pieces = [(10, first), (1_000, frame::ACK.to_vec()), (50_000, answer(&[0x00, 0x90, 0x00]))];
    assert_eq!(line.order(&exchange(&[0x00, 0x20]), &pieces), [0x00, 0x90, 0x00]);
}

/// An answer without ACK may be one: NACK brings it again as soon as it is clear that no ACK comes.
#[test]
fn an_answer_without_ack_is_asked_for_again() {
    let mut line = Line::new();
    let right = answer(&[0x00, 0x90, 0x00]);
    let begin = line.now;
    let pieces = [(20_000, right.clone()), (70_000, right)];
    assert_eq!(line.order(&exchange(&[0x00, 0x20]), &pieces), [0x00, 0x90, 0x00]);
    assert!(line.sent.iter().any(|bytes| *bytes == frame::NACK));
    assert!(line.now - begin < 200_000, "{} µs", line.now - begin);
}

/// A bus on which the same bytes come for ever; of frames, or a stream.
struct Stuck {
    bytes: Vec<u8>,
    at: usize,
    window: Option<usize>,
}

impl Bus for Stuck {
    const WAKE: &'static [u8] = &[0x55];
    const WAKE_SOURCE: u8 = 0x10;

    fn window(&self) -> Option<usize> {
        self.window
    }

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        Ok(bytes.len())
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        for place in room.iter_mut() {
            *place = self.bytes[self.at % self.bytes.len()];
            self.at += 1;
        }
        Ok(room.len())
    }
}

/// MISO without a wire is high, which says "ready" for ever; so is a UART that hears another device.
#[test]
fn a_line_that_is_stuck_is_named() {
    let echo = [0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00];
    let long = [0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x01, 0x09, 0xF6];
    let error = [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00];
    for window in [None, Some(40), Some(frame::BUFFER)] {
        for bytes in [
            &[0xFF][..],
            &[0x00],
            &[0x01],
            &[0x55, 0x00],
            &frame::ACK,
            &frame::NACK,
            &echo,
            &long,
            &error,
        ] {
            let mut now = 0;
            let clock = || {
                now += 100;
                assert!(now < 20_000_000, "{bytes:X?}, {window:?}");
                now
            };
            let bus = Stuck { bytes: bytes.to_vec(), at: 0, window };
            let woken = Pn532::new(bus, clock, Settings::default()).wake();
            let refused = bytes == error && woken == Err(Error::Refused);
            assert!(refused || woken == Err(Error::NoAnswer), "{bytes:X?}, {window:?}: {woken:?}");
        }
    }
}
