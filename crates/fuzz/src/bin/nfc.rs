#![no_main]
//! The reader's side of ISO/IEC 14443 under a radio that answers anything: no end is missed, no
//! command goes out twice, and nothing is sent without a field.

use kazasu_nfc::{
    Action, Capabilities, Event, Field, Instant, Rates, Reception, Settings, Several, State, frame,
};
use libfuzzer_sys::fuzz_target;

/// A command of three parts where frames have 32 bytes, each part another.
const COMMAND: [u8; 80] = {
    let mut bytes = [0; 80];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = at as u8;
        at += 1;
    }
    bytes
};

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, length: usize) -> &[u8] {
        let (bytes, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}

/// What was sent of the command.
#[derive(Default)]
struct Sent {
    gone: usize,
    number: Option<u8>,
    last: usize,
}

impl Sent {
    fn block(&mut self, body: &[u8]) {
        let (pcb, information) = body.split_first().expect("a block");
        if pcb & 0xE2 != 0x02 {
            return;
        }
        let information = if pcb & 0x08 == 0 { information } else { &information[1..] };
        if self.number == Some(pcb & 1) {
            assert_eq!(&COMMAND[self.last..self.gone], information, "another part, same number");
            return;
        }
        (self.number, self.last) = (Some(pcb & 1), self.gone);
        self.gone += information.len();
        let part = COMMAND.get(self.last..self.gone);
        assert_eq!(part, Some(information), "sent a second time");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let setting = input.byte().unwrap_or_default();
    let mut settings = Settings::default();
    settings.cid = (setting & 0x10 != 0).then_some(setting & 0x0F);
    settings.extended_atqb = setting & 0x20 != 0;
    if setting & 0x40 != 0 {
        settings.several = Several::Choose;
    }
    let rates = Rates::from_byte(input.byte().unwrap_or_default());
    let mut field = Field::new(settings, Capabilities::new(64).with_rates(rates));
    let (mut buffer, mut response) = ([0; 64], [0; 40]);
    let (mut now, mut on, mut event) = (0_u64, false, Event::Ready);
    let mut sent = Sent::default();
    let mut presence = 0;
    field.activate();
    // What has no answer left gets silence, and comes to its end by that.
    for _ in 0..100_000 {
        let moment = Instant::from_micros(now);
        let action = field.step(moment, event, &mut buffer, &COMMAND, &mut response);
        event = Event::Ready;
        match action {
            Action::Switch(to) => on = to,
            Action::Wait { until } => now = now.max(until.micros()),
            Action::Exchange(exchange) => {
                assert!(on, "a frame without a field");
                now = now.max(exchange.not_before.micros()) + 500;
                if field.card().is_some() && field.state() != State::Ready {
                    let body = frame::open(exchange.kind, &buffer[..exchange.bytes()]);
                    sent.block(body.expect("a good checksum"));
                }
                // Above F0 what happens, below how long the frame is.
                let what = input.byte().unwrap_or(0xF0);
                event = Event::Received(match what {
                    0xF0 => {
                        now += exchange.wait.micros();
                        Reception::Silence
                    }
                    0xF1 => Reception::Garbled,
                    0xF2 => {
                        event = Event::Lost;
                        continue;
                    }
                    0xF3 => Reception::Collision { bits: u16::from(input.byte().unwrap_or(0)) },
                    0xF4.. => {
                        let bits = u16::from(input.byte().unwrap_or(0));
                        let raw = input.bytes(usize::from(bits).div_ceil(8).min(64));
                        buffer[..raw.len()].copy_from_slice(raw);
                        Reception::Frame { bits }
                    }
                    length => {
                        let body = input.bytes(usize::from(length).min(62));
                        let length = frame::write(exchange.kind, &mut buffer, body).expect("room");
                        Reception::Frame { bits: length as u16 * 8 }
                    }
                });
            }
            Action::Answered(length) => {
                assert!(length <= response.len());
                assert_eq!(sent.gone, COMMAND.len(), "an answer before the whole command");
            }
            Action::Idle if input.0.is_empty() => return,
            Action::Activated => {
                let card = field.card().expect("a card");
                assert!(card.presence > presence, "a presence of its own");
                presence = card.presence;
            }
            Action::Idle | Action::Present | Action::Deactivated | Action::Failed(_) => {}
        }
        // The next order, when there is room for one.
        match (field.state(), input.0.is_empty()) {
            (State::Busy, _) | (State::Off, true) => {}
            (State::Ready, true) => field.deactivate(),
            (State::Off, false) => {
                // Settings that make no sense fail at once, and again.
                input.byte();
                field.activate();
            }
            (State::Ready, false) if matches!(action, Action::Wait { .. }) => {}
            (State::Ready, false) => match input.byte().unwrap_or_default() % 8 {
                0 => field.next(),
                1 => field.check().expect("ready"),
                2 => field.deactivate(),
                _ => {
                    sent = Sent::default();
                    field.transmit(&COMMAND).unwrap_or_default();
                }
            },
        }
    }
    panic!("no end");
});
