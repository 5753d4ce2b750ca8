//! A radio that answers anything: whatever it brings, nothing panics or goes on for ever, and a
//! command goes out once.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_apdu::Transport;
use kazasu_apdu::transport::ErrorKind;
use kazasu_nfc::type_a::Ats;
use kazasu_nfc::type_b::Atqb;
use kazasu_nfc::{
    Capabilities, Exchange, FrontEnd, Instant, Kind, Link, Rates, Reception, Settings, Several,
    frame,
};
use proptest::prelude::*;

/// What the air brings.
#[derive(Clone, Debug)]
enum Air {
    /// A frame with a good checksum.
    Good(Vec<u8>),
    /// Bits as they are, or up to a collision.
    Raw(Vec<u8>, u16, bool),
    Garbled,
    Silence,
    /// The chip fails.
    Fault,
}

struct Radio {
    now: u64,
    on: bool,
    script: std::vec::IntoIter<Air>,
    /// Frames that were sent in this exchange.
    sent: Vec<Vec<u8>>,
    kind: Kind,
}

impl FrontEnd for Radio {
    type Error = ErrorKind;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(64).with_rates(Rates::ALL)
    }
    fn now(&mut self) -> Instant {
        Instant::from_micros(self.now)
    }
    fn wait(&mut self, until: Instant) {
        self.now = self.now.max(until.micros());
    }
    fn switch(&mut self, on: bool) -> Result<(), ErrorKind> {
        self.on = on;
        Ok(())
    }
    fn exchange(&mut self, exchange: &Exchange, buffer: &mut [u8]) -> Result<Reception, ErrorKind> {
        assert!(self.on, "a frame without a field");
        assert!(exchange.bits > 0 && exchange.bytes() <= 64);
        if exchange.bits.is_multiple_of(8) && exchange.align == 0 && buffer[0] & 0xF0 != 0x90 {
            let sent = frame::open(exchange.kind, &buffer[..exchange.bytes()]);
            self.sent.push(sent.unwrap().to_vec());
        }
        self.kind = exchange.kind;
        self.now += 500;
        Ok(match self.script.next().unwrap_or(Air::Silence) {
            Air::Good(body) => {
                let length = frame::write(exchange.kind, buffer, &body).unwrap();
                Reception::Frame { bits: length as u16 * 8 }
            }
            Air::Raw(bytes, bits, collision) => {
                buffer[..bytes.len()].copy_from_slice(&bytes);
                // Also more than there can be.
                if collision { Reception::Collision { bits } } else { Reception::Frame { bits } }
            }
            Air::Garbled => Reception::Garbled,
            Air::Silence => {
                self.now += exchange.wait.micros();
                Reception::Silence
            }
            Air::Fault => return Err(ErrorKind::ReaderLost),
        })
    }
}

/// Blocks and answers that come near to something, and bytes that do not.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let block = prop_oneof![
        Just(0x02),
        Just(0x03),
        Just(0x12),
        Just(0x13),
        Just(0xA2),
        Just(0xA3),
        Just(0xF2),
        Just(0xC2),
        Just(0xB2),
        Just(0x0A),
        any::<u8>(),
    ];
    prop_oneof![
        6 => (block, prop::collection::vec(any::<u8>(), 0..3))
            .prop_map(|(pcb, rest)| [&[pcb][..], &rest].concat()),
        1 => prop::collection::vec(any::<u8>(), 7..8)
            .prop_map(|rest| [&[0x50, 1, 2, 3, 4][..], &rest].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn air() -> impl Strategy<Value = Vec<Air>> {
    let one = prop_oneof![
        8 => body().prop_map(Air::Good),
        2 => (prop::collection::vec(any::<u8>(), 0..8), any::<u16>(), any::<bool>())
            .prop_map(|(bytes, bits, collision)| Air::Raw(bytes, bits, collision)),
        1 => (prop::collection::vec(any::<u8>(), 0..8), 0..50_u16, any::<bool>())
            .prop_map(|(bytes, bits, collision)| Air::Raw(bytes, bits, collision)),
        2 => Just(Air::Garbled),
        2 => Just(Air::Silence),
        1 => Just(Air::Fault),
    ];
    prop::collection::vec(one, 0..60)
}

/// The I-blocks of one command: each part as often as may be, but always the same part under the
/// same number, one after the other, and never one more than there are.
fn once(sent: &[Vec<u8>], command: &[u8]) {
    let mut gone = Vec::new();
    let mut last: Option<&Vec<u8>> = None;
    for block in sent.iter().filter(|block| block[0] & 0xE2 == 0x02) {
        if last == Some(block) {
            continue;
        }
        assert!(last.is_none_or(|last| last[0] & 1 != block[0] & 1), "the number stays: {sent:X?}");
        let prologue = if block[0] & 0x08 == 0 { 1 } else { 2 };
        gone.extend_from_slice(&block[prologue..]);
        assert!(command.starts_with(&gone), "sent a second time: {sent:X?}");
        assert_eq!(block[0] & 0x10 == 0, gone.len() == command.len());
        last = Some(block);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn anything(
        good in any::<bool>(),
        cid in prop::option::of(0..15_u8),
        several in any::<bool>(),
        script in air(),
        length in 1..150_usize,
    ) {
        // Half of them get past the activation.
        let welcome = [
            Air::Good(vec![0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0xB3, 0x21, 0x41]),
            Air::Good(vec![cid.unwrap_or(0)]),
        ];
        let script: Vec<Air> = welcome.into_iter().filter(|_| good).chain(script).collect();
        let mut settings = Settings::default();
        settings.cid = cid;
        if several {
            settings.several = Several::Choose;
        }
        let radio =
            Radio { now: 0, on: false, script: script.into_iter(), sent: Vec::new(), kind: Kind::B };
        let mut buffer = [0; 64];
        let mut link = Link::new(radio, settings, &mut buffer);
        let mut up = link.reconnect().is_ok();
        // Each part of a command is another.
        let command: Vec<u8> = (0..length as u8).collect();
        for _ in 0..4 {
            link.front_end_mut().sent.clear();
            let mut response = [0; 40];
            let result = link.transmit(&command, &mut response);
            once(&link.front_end().sent, &command);
            if !up {
                prop_assert!(result.is_err());
                prop_assert!(link.front_end().sent.is_empty());
            }
            let _ = link.check();
            if link.card().is_none() {
                // Whoever lost the card gets nothing any more until it was activated again.
                up = link.next_card().is_ok();
            }
        }
        // Minutes at most: each of the four commands and activations has its limit.
        prop_assert!(link.front_end().now < 400_000_000, "{}", link.front_end().now);
    }

    #[test]
    fn answers_of_activation(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
        if let Some(atqb) = Atqb::parse(&bytes) {
            prop_assert!(bytes.len() == 12 || bytes.len() == 13);
            prop_assert_eq!(&atqb.pupi()[..], &bytes[1..5]);
            prop_assert_eq!(&atqb.protocol_info[..], &bytes[9..12]);
        }
        if let Some(ats) = Ats::parse(&bytes) {
            prop_assert_eq!(usize::from(bytes[0]), bytes.len());
            prop_assert!(ats.historical().len() <= 15);
        }
    }
}
