#![no_main]
//! A contact slot whose card sends anything: it ends within its times, and a command goes out once.
//!
//! The first byte chooses the answer to reset, the second the room for the answer, and the rest is
//! what the line brings: three bytes tell of a character that cannot be read, of silence, and of a
//! byte as it stands.

use kazasu_contact::atr::Atr;
use kazasu_contact::{Action, Class, Contact, Event, Instant, Level, Settings, Slot};
use libfuzzer_sys::fuzz_target;

/// T=1, T=1 by PPS at a higher rate, T=0, T=0 and T=1, and T=1 with a CRC.
const ANSWERS: [&[u8]; 5] = [
    &[0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14],
    &[
        0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73,
        0xC6, 0x01, 0xC0, 0x3B,
    ],
    &[0x3B, 0x00],
    &[0x3B, 0x80, 0x80, 0x01, 0x01],
    &[0x3B, 0x80, 0x81, 0x51, 0xFE, 0x01, 0xAF],
];
/// VERIFY with a PIN that occurs nowhere else.
const COMMAND: [u8; 9] = [0x00, 0x20, 0x00, 0x80, 0x04, 0xD1, 0xD2, 0xD3, 0xD4];

fuzz_target!(|bytes: &[u8]| {
    let _ = Atr::parse(bytes);
    let Some(([answer, room], rest)) = bytes.split_first_chunk::<2>() else { return };
    let mut line = Line {
        input: rest.iter(),
        answer: [].iter(),
        whole: ANSWERS.get(usize::from(*answer)).copied().unwrap_or_default(),
        now: 0,
        sent: Vec::new(),
        power: false,
        reset: true,
    };
    let mut slot = Slot::new(Settings::new(3_571_200, &[Class::B]));
    slot.activate();
    if line.run(&mut slot, &mut []) != Action::Activated {
        assert!(!line.power, "a card that failed has power");
        return;
    }
    line.sent.clear();
    let from = line.now;
    slot.transmit(&COMMAND).expect("the card is ready");
    let mut response = vec![0; usize::from(*room)];
    let end = line.run(&mut slot, &mut response);
    assert!(line.now - from < 65_000_000, "{} µs", line.now - from);
    if let Action::Answered(length) = end {
        assert!(length <= response.len());
    }
    blocks_are_the_same(&line.sent);
    slot.deactivate();
    assert_eq!(line.run(&mut slot, &mut []), Action::Deactivated);
    assert!(!line.power);
});

/// Each copy of the PIN that went out stands behind the same bytes: a repeated block, never a new
/// one. (In T=0 there is one copy at most.)
fn blocks_are_the_same(sent: &[u8]) {
    let mut copies = sent.windows(9).enumerate().filter(|(_, bytes)| **bytes == COMMAND);
    let Some((first, _)) = copies.next() else { return };
    let before = |at: usize| at.checked_sub(3).and_then(|from| sent.get(from..at));
    for (at, _) in copies {
        assert_eq!(before(at), before(first), "a new block with an old command");
    }
}

struct Line<'a> {
    input: core::slice::Iter<'a, u8>,
    answer: core::slice::Iter<'a, u8>,
    whole: &'a [u8],
    now: u64,
    sent: Vec<u8>,
    power: bool,
    /// RST is low: nothing comes.
    reset: bool,
}

impl Line<'_> {
    fn run(&mut self, slot: &mut Slot, response: &mut [u8]) -> Action {
        let mut event = Event::Ready;
        for _ in 0..1_000_000 {
            let now = Instant::from_micros(self.now);
            event = match slot.step(now, event, &COMMAND, response) {
                Action::Set(contact) => {
                    match contact {
                        Contact::Vcc(class) => self.power = class.is_some(),
                        Contact::Rst(level) => {
                            self.reset = level == Level::Low;
                            self.answer = self.whole.iter();
                        }
                        _ => {}
                    }
                    Event::Ready
                }
                Action::Configure(_) => Event::Ready,
                Action::Send { byte, not_before, .. } => {
                    assert!(self.power, "sent to a card without power");
                    self.now = self.now.max(not_before.micros()) + 1_000;
                    self.sent.push(byte);
                    Event::Ready
                }
                Action::Listen { until } => {
                    assert_ne!(until, Instant::NEVER);
                    if self.reset {
                        self.now = self.now.max(until.micros());
                        event = Event::Ready;
                        continue;
                    }
                    self.now += 1_000;
                    match self.answer.next().or_else(|| self.input.next()) {
                        Some(0xF0) => Event::Garbled,
                        Some(0xF1) | None => {
                            self.now = self.now.max(until.micros());
                            Event::Ready
                        }
                        // A byte as it stands, so that these can come too.
                        Some(0xF2) => {
                            self.input.next().map_or(Event::Ready, |byte| Event::Received(*byte))
                        }
                        Some(byte) => Event::Received(*byte),
                    }
                }
                end => return end,
            };
        }
        panic!("there is no end");
    }
}
