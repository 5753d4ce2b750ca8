//! Activation, frame by frame: what a field sends, and what it makes of the answers.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_nfc::{
    Action, BitRate, Capabilities, Duration, Error, Event, Exchange, Field, Identity, Instant,
    Kind, Rates, Reception, Settings, Several, State, frame,
};

const B: Kind = Kind::B;
const A: Kind = Kind::A;

/// docs/card-facts.md §1.2: JPKI (07), with an invented PUPI.
const ATQB: &str = "50 12345678 000041E0 B381A1";

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// A field, its clock and its buffer.
struct Bench {
    field: Field,
    now: u64,
    buffer: [u8; 256],
    /// Frames that were sent, with their checksum.
    sent: Vec<(Exchange, Vec<u8>)>,
    switched: Vec<bool>,
}

impl Bench {
    fn new(settings: Settings, rates: Rates) -> Self {
        let field = Field::new(settings, Capabilities::new(256).with_rates(rates));
        Self { field, now: 0, buffer: [0; 256], sent: Vec::new(), switched: Vec::new() }
    }

    /// Steps until a frame is to be sent or something is told; time passes only while nothing is to
    /// be done.
    fn step(&mut self, mut event: Event, command: &[u8]) -> Action {
        loop {
            let now = Instant::from_micros(self.now);
            let mut response = [0; 300];
            let action = self.field.step(now, event, &mut self.buffer, command, &mut response);
            event = Event::Ready;
            match action {
                Action::Switch(on) => self.switched.push(on),
                Action::Wait { until } if self.field.state() == State::Busy => {
                    self.now = until.micros();
                }
                Action::Exchange(exchange) => {
                    self.now = self.now.max(exchange.not_before.micros()) + 1_000;
                    let frame = self.buffer[..exchange.bytes()].to_vec();
                    self.sent.push((exchange, frame));
                    return action;
                }
                _ => return action,
            }
        }
    }

    /// Bytes come, with their checksum.
    fn answer(&mut self, kind: Kind, body: &str) -> Action {
        let length = frame::write(kind, &mut self.buffer, &bytes(body)).unwrap();
        self.step(Event::Received(Reception::Frame { bits: length as u16 * 8 }), &[])
    }

    /// Bits come without one.
    fn bits(&mut self, body: &str, bits: u16) -> Action {
        let body = bytes(body);
        self.buffer[..body.len()].copy_from_slice(&body);
        self.step(Event::Received(Reception::Frame { bits }), &[])
    }

    fn receive(&mut self, reception: Reception) -> Action {
        if reception == Reception::Silence {
            let wait = self.sent.last().unwrap().0.wait;
            self.now += wait.micros();
        }
        self.step(Event::Received(reception), &[])
    }

    fn silence(&mut self) -> Action {
        self.receive(Reception::Silence)
    }

    /// The last frame, without its checksum.
    fn last(&self, kind: Kind) -> Vec<u8> {
        frame::open(kind, &self.sent.last().unwrap().1).unwrap().to_vec()
    }

    /// To the first request.
    fn activate(&mut self) -> Action {
        self.field.activate();
        self.step(Event::Ready, &[])
    }
}

fn choose() -> Settings {
    let mut settings = Settings::default();
    settings.several = Several::Choose;
    settings
}

#[test]
fn a_my_number_card() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    assert_eq!(bench.switched, [false, true]);
    // Off for 6 ms, on for 5 ms, and a millisecond for the frame.
    assert_eq!(bench.now, 12_000);
    // WUPB for all families, one slot.
    assert_eq!(bench.sent[0].1, bytes("05 00 08 39 73"));
    assert_eq!(bench.sent[0].0.wait, Duration::from_micros(567 + 1_000));
    assert!(matches!(bench.answer(B, ATQB), Action::Exchange(_)));
    // 424 kbit/s in both directions, frames of 256 bytes, no CID.
    assert_eq!(bench.last(B), bytes("1D 12345678 00 A8 01 00"));
    assert_eq!(bench.sent[1].0.to_card, BitRate::Kbps106);
    // TR2 of code 0 is 1792/fc, 132.2 µs.
    assert_eq!(bench.sent[1].0.not_before, Instant::from_micros(12_000 + 133));
    assert_eq!(bench.answer(B, "00"), Action::Activated);
    let card = *bench.field.card().unwrap();
    assert_eq!((card.to_card, card.from_card), (BitRate::Kbps424, BitRate::Kbps424));
    assert_eq!((card.frame, card.cid, card.presence), (256, None, 1));
    assert_eq!(card.fwt(), Duration::from_micros(309_315));
    assert_eq!(card.atr(&mut [0; 20]), bytes("3B888001000041E0B381A1003B"));
    assert_eq!(bench.field.state(), State::Ready);
    // Nothing of the card's is in the log.
    assert!(!format!("{card:?}").contains("18"), "{card:?}");

    // A command goes out at the agreed rate.
    bench.field.transmit(&[0x00, 0xA4]).unwrap();
    bench.step(Event::Ready, &[0x00, 0xA4]);
    assert_eq!(bench.last(B), bytes("02 00A4"));
    assert_eq!(bench.sent[2].0.from_card, BitRate::Kbps424);
    assert_eq!(bench.answer(B, "02 9000"), Action::Answered(2));

    // The card is watched every 100 ms.
    let now = bench.now;
    assert_eq!(
        bench.step(Event::Ready, &[]),
        Action::Wait { until: Instant::from_micros(now + 100_000) }
    );
    bench.now += 100_000;
    bench.step(Event::Ready, &[]);
    assert_eq!(bench.last(B), [0xB3]);
    assert!(matches!(bench.answer(B, "A2"), Action::Wait { .. }));

    // And told to sleep in the end.
    bench.field.deactivate();
    bench.step(Event::Ready, &[]);
    assert_eq!(bench.last(B), [0xC2]);
    assert_eq!(bench.answer(B, "C2"), Action::Deactivated);
    assert_eq!(bench.switched, [false, true, false]);
    assert_eq!((bench.field.state(), bench.field.card()), (State::Off, None));
}

#[test]
fn the_answers_to_reset_of_the_card_facts() {
    for (application, protocol, atr) in [
        ("000005E0", "B381A1", "3B888001000005E0B381A1007F"),
        ("000041E0", "B381A1", "3B888001000041E0B381A1003B"),
        ("004B51FF", "0081D1", "3B888001004B51FF0081D100BC"),
        ("004B51FF", "B381D1", "3B888001004B51FFB381D1000F"),
    ] {
        let mut bench = Bench::new(Settings::default(), Rates::ONLY_106);
        bench.activate();
        bench.answer(B, &format!("50 00000000 {application} {protocol}"));
        assert_eq!(bench.last(B), bytes("1D 00000000 00 08 01 00"));
        assert_eq!(bench.answer(B, "00"), Action::Activated);
        assert_eq!(bench.field.card().unwrap().atr(&mut [0; 20]), bytes(atr));
    }
}

#[test]
fn removal_is_told_within_300_ms() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.answer(B, ATQB);
    bench.answer(B, "00");
    // At once after an exchange: the worst moment.
    let left = bench.now;
    bench.now += 100_000;
    bench.step(Event::Ready, &[]);
    for _ in 0..3 {
        assert!(matches!(bench.silence(), Action::Exchange(_)));
    }
    assert_eq!(bench.silence(), Action::Failed(Error::CardRemoved));
    assert!(bench.now - left < 300_000, "{} µs", bench.now - left);
    assert_eq!(bench.switched.last(), Some(&false));
    assert_eq!(bench.field.transmit(&[0]), Err(Error::NotReady));
    assert_eq!(bench.step(Event::Ready, &[]), Action::Idle);
}

#[test]
fn removal_during_a_command_is_told_100_ms_after_the_waiting_time() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.answer(B, ATQB);
    bench.answer(B, "00");
    bench.field.transmit(&[0xAA]).unwrap();
    bench.step(Event::Ready, &[0xAA]);
    let left = bench.now;
    for _ in 0..3 {
        assert!(matches!(bench.silence(), Action::Exchange(_)));
    }
    assert_eq!(bench.silence(), Action::Failed(Error::CardRemoved));
    assert!(bench.now - left < 309_315 + 100_000, "{} µs", bench.now - left);
}

#[test]
fn types_are_polled_for_in_turn_until_the_limit() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    let mut action = bench.activate();
    while let Action::Exchange(_) = action {
        action = bench.silence();
    }
    assert_eq!(action, Action::Failed(Error::NoCard));
    assert!((10_000_000..10_200_000).contains(&bench.now), "{}", bench.now);
    for (index, (exchange, frame)) in bench.sent.iter().enumerate() {
        if index % 2 == 0 {
            assert_eq!((exchange.kind, &frame[..]), (B, &bytes("05 00 08 39 73")[..]));
        } else {
            assert_eq!((exchange.kind, exchange.bits, &frame[..]), (A, 7, &[0x52][..]));
        }
    }
    // Five milliseconds without modulation before each.
    let least =
        bench.sent.windows(2).map(|pair| pair[1].0.not_before.since(pair[0].0.not_before).micros());
    assert!(least.min().unwrap() > 5_000);
}

#[test]
fn two_cards_are_told() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    // Both at once.
    bench.receive(Reception::Garbled);
    assert_eq!(bench.last(B), bytes("05 00 0A"));
    bench.silence();
    assert_eq!(bench.last(B), [0x15]);
    bench.answer(B, "50 00000001 000041E0 B381A1");
    assert_eq!(bench.last(B), [0x25]);
    bench.silence();
    assert_eq!(bench.last(B), [0x35]);
    assert_eq!(bench.answer(B, "50 00000002 000041E0 B381A1"), Action::Failed(Error::TwoCards));
    assert_eq!(bench.switched.last(), Some(&false));
}

#[test]
fn noise_is_not_two_cards() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.receive(Reception::Garbled);
    bench.silence();
    bench.silence();
    bench.answer(B, ATQB);
    assert_eq!(bench.last(B), [0x35]);
    bench.silence();
    assert_eq!(bench.last(B)[0], 0x1D);
    assert_eq!(bench.answer(B, "00"), Action::Activated);
}

#[test]
fn cards_that_share_every_slot_are_not_readable() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    let mut action = bench.activate();
    while let Action::Exchange(_) = action {
        // ATTRIB never goes out, and time passes by itself.
        assert_eq!(bench.last(B)[0] & 0x0F, 0x05);
        action = bench.receive(Reception::Garbled);
    }
    assert_eq!(action, Action::Failed(Error::Unreadable));
    assert!(bench.now < 1_500_000);
}

#[test]
fn one_card_after_the_other() {
    let mut bench = Bench::new(choose(), Rates::ALL);
    bench.activate();
    bench.answer(B, ATQB);
    bench.answer(B, "00");
    bench.field.next();
    bench.step(Event::Ready, &[]);
    assert_eq!(bench.last(B), [0xC2]);
    bench.answer(B, "C2");
    // REQB: the halted one stays silent. The field stays on.
    assert_eq!(bench.last(B), bytes("05 00 00"));
    bench.answer(B, "50 00000002 00000000 0081A1");
    bench.answer(B, "00");
    assert_eq!(bench.field.card().unwrap().presence, 2);
    bench.field.next();
    bench.step(Event::Ready, &[]);
    bench.answer(B, "C2");
    bench.silence();
    assert_eq!(bench.sent.last().unwrap().1, [0x26]);
    assert_eq!(bench.silence(), Action::Failed(Error::NoCard));
    assert_eq!(bench.switched, [false, true, false]);
}

#[test]
fn broken_activations_begin_anew_and_slow_down() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.answer(B, ATQB);
    // A card may take its 309 ms; the first time it is not granted them.
    assert_eq!(bench.sent.last().unwrap().0.wait, Duration::from_millis(51));
    bench.silence();
    assert_eq!(bench.switched, [false, true, false, true]);
    bench.answer(B, ATQB);
    assert_eq!(bench.last(B)[6], 0xA8);
    assert_eq!(bench.sent.last().unwrap().0.wait, Duration::from_micros(310_315));
    bench.receive(Reception::Garbled);
    bench.answer(B, ATQB);
    assert_eq!(bench.last(B)[6], 0x08);
    assert_eq!(bench.answer(B, "00"), Action::Activated);
    assert_eq!(bench.field.card().unwrap().from_card, BitRate::Kbps106);
}

#[test]
fn extended_atqb_and_start_up_guard_time() {
    let mut settings = Settings::default();
    (settings.extended_atqb, settings.cid) = (true, Some(3));
    let mut bench = Bench::new(settings, Rates::ALL);
    bench.activate();
    assert_eq!(bench.last(B), bytes("05 00 18"));
    bench.answer(B, &format!("{ATQB} 50"));
    assert_eq!(bench.last(B)[8], 3);
    let before = bench.now;
    assert_eq!(bench.answer(B, "13"), Action::Activated);
    // SFGI 5: 4096 · 32 / fc.
    assert_eq!(bench.now - before, 9_667);
    let card = bench.field.card().unwrap();
    assert!(matches!(card.identity, Identity::B { mbli: 1, .. }));
    assert_eq!(card.cid, Some(3));
    // MBLI 1: one frame size.
    assert_eq!(bench.field.transmit(&[0; 257]), Err(Error::CommandLength));
    assert_eq!(bench.field.transmit(&[]), Err(Error::CommandLength));
    bench.field.transmit(&[0; 256]).unwrap();
}

#[test]
fn other_cards() {
    // Type B without part 4; with the reserved bit; Type A without part 4.
    for info in ["0080A1", "0089A1"] {
        let mut bench = Bench::new(Settings::default(), Rates::ALL);
        bench.activate();
        assert_eq!(
            bench.answer(B, &format!("50 00000000 00000000 {info}")),
            Action::Failed(Error::UnsupportedCard)
        );
    }
    let mut bench = Bench::new(choose(), Rates::ALL);
    bench.activate();
    bench.silence();
    bench.bits("0400", 16);
    bench.bits("01020304 04", 40);
    bench.answer(A, "08");
    assert_eq!(bench.last(A), bytes("50 00"));
    bench.silence();
    // It is asleep, and polling goes on.
    assert_eq!(bench.last(B), bytes("05 00 00"));
}

#[test]
fn a_phone() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.silence();
    bench.bits("0400", 16);
    assert_eq!(bench.sent.last().unwrap().1, bytes("93 20"));
    bench.bits("08 A1 B2 C3 D8", 40);
    assert_eq!(bench.last(A), bytes("93 70 08 A1 B2 C3 D8"));
    bench.answer(A, "20");
    assert_eq!(bench.last(A), bytes("E0 80"));
    let before = bench.now;
    // FSCI 8, 212 and 424 and 848 in both directions, FWI 8, SFGI 1, CID; historical 80 31.
    bench.answer(A, "07 78 77 81 02 80 31");
    assert_eq!(bench.now - before, 605 + 1_000);
    assert_eq!(bench.last(A), bytes("D0 11 0F"));
    assert_eq!(bench.answer(A, "D0"), Action::Activated);
    let card = *bench.field.card().unwrap();
    assert_eq!((card.to_card, card.from_card), (BitRate::Kbps848, BitRate::Kbps848));
    assert_eq!(card.atr(&mut [0; 20]), bytes("3B82800180 31 B2"));
    assert!(!format!("{card:?}").contains("161"), "{card:?}");
    let Identity::A { uid, .. } = card.identity else { panic!("{card:?}") };
    assert_eq!(uid.bytes(), bytes("08A1B2C3"));
}

#[test]
fn a_shorter_answer_to_select() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    bench.activate();
    bench.silence();
    bench.bits("0400", 16);
    bench.bits("08 A1 B2 C3 D8", 40);
    bench.answer(A, "20");
    // No PPS where no rate is declared; FSCI 2, FWI 4.
    assert_eq!(bench.answer(A, "01"), Action::Activated);
    let card = bench.field.card().unwrap();
    assert_eq!((card.frame, card.fwi, card.cid), (32, 4, None));
}

/// ISO/IEC 14443-3 clause 6.5: a UID of ten bytes in three cascade levels.
#[test]
fn three_cascade_levels() {
    let mut bench = Bench::new(Settings::default(), Rates::ONLY_106);
    bench.activate();
    bench.silence();
    bench.bits("0403", 16);
    bench.bits("88 01 02 03 88", 40);
    bench.answer(A, "04");
    assert_eq!(bench.sent.last().unwrap().1, bytes("95 20"));
    bench.bits("88 04 05 06 8F", 40);
    bench.answer(A, "24");
    assert_eq!(bench.sent.last().unwrap().1, bytes("97 20"));
    bench.bits("07 08 09 0A 0C", 40);
    bench.answer(A, "20");
    assert_eq!(bench.last(A), bytes("E0 80"));
    // An ATS that announces what it has not: all over again.
    bench.answer(A, "02 70");
    assert_eq!(bench.last(B), bytes("05 00 08"));
}

#[test]
fn a_bit_collision() {
    // Two cards whose first UIDs are 93 and 13: bit 7 differs.
    let two = |settings| {
        let mut bench = Bench::new(settings, Rates::ALL);
        bench.activate();
        bench.silence();
        bench.receive(Reception::Collision { bits: 3 });
        assert_eq!(bench.sent.last().unwrap().1, bytes("93 20"));
        bench.buffer[0] = 0x13;
        let action = bench.receive(Reception::Collision { bits: 7 });
        (bench, action)
    };
    let (mut bench, action) = two(choose());
    assert!(matches!(action, Action::Exchange(_)));
    // The first byte is known whole, with a one where they differ.
    assert_eq!(bench.sent.last().unwrap().1, bytes("93 30 93"));
    // Another difference, in bit 2 of the second byte.
    bench.buffer[0] = 0xFD;
    bench.receive(Reception::Collision { bits: 1 });
    let (exchange, frame) = bench.sent.last().unwrap().clone();
    assert_eq!((exchange.bits, exchange.align), (16 + 10, 2));
    assert_eq!(frame[..2], [0x93, 0x32]);
    assert_eq!(frame[3] & 0x03, 0x03);
    // The rest of 93 A7 00 00: from bit 2 of A7 on, where the buffer's lower two are of no meaning.
    bench.bits("A4 00 00 34", 30);
    assert_eq!(bench.last(A), bytes("93 70 93 A7 00 00 34"));

    // Once may be noise; twice they are two.
    let (mut bench, action) = two(Settings::default());
    assert!(matches!(action, Action::Exchange(_)));
    assert_eq!(bench.switched, [false, true, false, true]);
    bench.silence();
    bench.bits("0400", 16);
    bench.buffer[0] = 0x13;
    assert_eq!(bench.receive(Reception::Collision { bits: 7 }), Action::Failed(Error::TwoCards));
}

#[test]
fn orders_at_any_time() {
    let mut bench = Bench::new(Settings::default(), Rates::ALL);
    assert_eq!(bench.step(Event::Ready, &[]), Action::Idle);
    assert_eq!(bench.field.check(), Err(Error::NotReady));
    bench.activate();
    bench.field.cancel();
    assert_eq!(bench.answer(B, ATQB), Action::Failed(Error::Cancelled));
    assert_eq!(bench.switched, [false, true, false]);
    bench.activate();
    bench.field.deactivate();
    assert_eq!(bench.silence(), Action::Deactivated);
    bench.activate();
    assert_eq!(bench.step(Event::Lost, &[]), Action::Failed(Error::FrontEnd));
    assert_eq!(bench.field.state(), State::Off);
    // While the card is watched, an order waits for the answer and then goes.
    bench.activate();
    bench.answer(B, ATQB);
    bench.answer(B, "00");
    bench.now += 100_000;
    bench.step(Event::Ready, &[]);
    assert_eq!(bench.field.state(), State::Ready);
    bench.field.transmit(&[0xAA]).unwrap();
    let length = frame::write(B, &mut bench.buffer, &[0xA3]).unwrap();
    let event = Event::Received(Reception::Frame { bits: length as u16 * 8 });
    assert!(matches!(bench.step(event, &[0xAA]), Action::Exchange(_)));
    assert_eq!(bench.last(B), [0x02, 0xAA]);
    // An event that does not belong here sends nothing a second time.
    assert_eq!(bench.step(Event::Ready, &[0xAA]), Action::Failed(Error::FrontEnd));
}

/// One without ISO/IEC 14443-4 that does not heed HLTB or HLTA must not keep the reader for ever.
#[test]
fn a_card_that_cannot_be_halted_has_the_time_of_polling() {
    for kind in [B, A] {
        let mut settings = choose();
        settings.type_b = kind == B;
        settings.poll_limit = Duration::from_secs(1);
        let mut bench = Bench::new(settings, Rates::ALL);
        let mut action = bench.activate();
        for _ in 0..10_000 {
            let Action::Exchange(exchange) = action else { break };
            assert_eq!(exchange.kind, kind);
            action = match bench.sent.last().unwrap().1[..] {
                // Protocol type 0.
                [0x05, ..] => bench.answer(B, "50 11223344 00000000 0080A1"),
                [0x26 | 0x52] => bench.bits("0400", 16),
                [0x93, 0x20] => bench.bits("1122334444", 40),
                [0x93, 0x70, ..] => bench.answer(A, "08"),
                _ => bench.silence(),
            };
        }
        assert_eq!(action, Action::Failed(Error::UnsupportedCard), "{kind:?}");
        assert!(bench.now < 1_200_000, "{} µs", bench.now);
    }
}

#[test]
fn settings_that_make_no_sense() {
    let mut settings = Settings::default();
    settings.cid = Some(15);
    let mut bench = Bench::new(settings, Rates::ALL);
    assert_eq!(bench.activate(), Action::Failed(Error::Settings));
    let mut field = Field::new(Settings::default(), Capabilities::new(256));
    field.activate();
    let small = &mut [0; 15];
    assert_eq!(
        field.step(Instant::ORIGIN, Event::Ready, small, &[], &mut []),
        Action::Switch(false)
    );
    assert_eq!(
        field.step(Instant::ORIGIN, Event::Ready, small, &[], &mut []),
        Action::Failed(Error::Settings)
    );
    // A front end with frames that no FSDI has.
    let mut field = Field::new(Settings::default(), Capabilities::new(15));
    field.activate();
    field.step(Instant::ORIGIN, Event::Ready, &mut [0; 256], &[], &mut []);
    assert_eq!(
        field.step(Instant::ORIGIN, Event::Ready, &mut [0; 256], &[], &mut []),
        Action::Failed(Error::Settings)
    );
}

/// FSDI 9 to C and FSCI 9 to C, of the amended standard.
#[test]
fn frames_beyond_256_bytes() {
    let mut buffer = [0; 1_100];
    let mut field = Field::new(Settings::default(), Capabilities::new(4_096));
    field.activate();
    let mut answers = ["50 00000000 00000000 0091A1", "00"].into_iter();
    let (mut event, mut now, mut sent) = (Event::Ready, Instant::ORIGIN, Vec::new());
    loop {
        match field.step(now, event, &mut buffer, &[], &mut []) {
            Action::Exchange(exchange) => {
                sent.push(buffer[..exchange.bytes()].to_vec());
                let body = bytes(answers.next().unwrap());
                let length = frame::write(B, &mut buffer, &body).unwrap();
                event = Event::Received(Reception::Frame { bits: length as u16 * 8 });
            }
            Action::Wait { until } => (event, now) = (Event::Ready, until),
            Action::Switch(_) => event = Event::Ready,
            action => {
                assert_eq!(action, Action::Activated);
                break;
            }
        }
    }
    // 1100 bytes hold a frame of 1024: FSDI A. The card takes 512.
    assert_eq!(sent[1][6], 0x0A);
    assert_eq!(field.card().unwrap().frame, 512);
    field.transmit(&[0x55; 700]).unwrap();
    let action = field.step(now, Event::Ready, &mut buffer, &[0x55; 700], &mut []);
    let Action::Exchange(exchange) = action else { panic!("{action:?}") };
    assert_eq!(exchange.bits, 512 * 8);
}
