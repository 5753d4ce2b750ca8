//! The block protocol, block by block: the scenarios of ISO/IEC 14443-4 annex B, and what lies
//! beyond them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_nfc::block::{Engine, Input, Order, Step};
use kazasu_nfc::{Duration, Error, Instant, Kind, Settings, frame, timing};

/// 30 bytes: with frames of 16 bytes a chain of 13, 13 and 4.
const LONG: [u8; 30] = [0x55; 30];

/// One order: what is ordered, the blocks of the reader each with what comes back, and the end.
///
/// A block is `READER<CARD`, in hex, without checksum: `!` for the card's is one that is damaged,
/// `-` is silence. `12*` is a block with 13 bytes of [`LONG`].
struct Turn(&'static str, &'static str, Step);

const fn short(blocks: &'static str, answered: usize) -> Turn {
    Turn("short", blocks, Step::Answered(answered))
}
const fn long(blocks: &'static str) -> Turn {
    Turn("long", blocks, Step::Answered(1))
}
const fn check(blocks: &'static str) -> Turn {
    Turn("check", blocks, Step::Present)
}
const fn deselect(blocks: &'static str) -> Turn {
    Turn("deselect", blocks, Step::Deselected)
}
const fn failure(blocks: &'static str, error: Error) -> Turn {
    Turn("short", blocks, Step::Failed(error))
}

/// Exchanges that go well: they show that both sides have the same block number.
const ZERO: Turn = short("02AA<0290", 1);
const ONE: Turn = short("03AA<0390", 1);

fn bytes(hex: &str) -> Vec<u8> {
    match hex.strip_suffix('*') {
        Some(pcb) => [&bytes(pcb)[..], &LONG[..13]].concat(),
        None => (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect(),
    }
}

fn run(engine: &mut Engine, Turn(order, blocks, end): &Turn) -> Vec<u8> {
    let settings = Settings::default();
    let (order, command) = match *order {
        "short" => (Order::Transmit, &[0xAA][..]),
        "long" => (Order::Transmit, &LONG[..]),
        "check" => (Order::Check, &[][..]),
        _ => (Order::Deselect, &[][..]),
    };
    let (mut buffer, mut response) = ([0; 64], [0; 64]);
    let mut now = Instant::ORIGIN;
    let mut step = engine.start(now, &settings, order, &mut buffer, command);
    for block in blocks.split_whitespace() {
        let (reader, card) = block.split_once('<').unwrap();
        let Step::Send { length, wait } = step else { panic!("{step:?} instead of {block}") };
        now = now.after(if card == "-" { wait } else { Duration::from_millis(1) });
        assert_eq!(frame::open(Kind::B, &buffer[..length]), Some(&bytes(reader)[..]), "{block}");
        let input = match card {
            "-" => Input::Silence,
            "!" => {
                let length = frame::write(Kind::B, &mut buffer, &[0x02, 0x90]).unwrap();
                buffer[0] ^= 0x01;
                Input::Frame(length)
            }
            card => Input::Frame(frame::write(Kind::B, &mut buffer, &bytes(card)).unwrap()),
        };
        step = engine.step(now, &settings, input, &mut buffer, command, &mut response);
    }
    assert_eq!(step, *end, "{blocks}");
    match step {
        Step::Answered(length) => response[..length].to_vec(),
        _ => Vec::new(),
    }
}

fn all(frame: u16, turns: &[Turn]) {
    let mut engine = Engine::new(Kind::B, 10, frame, None);
    for turn in turns {
        run(&mut engine, turn);
    }
}

/// ISO/IEC 14443-4 annex B: error-free operation (1 to 5) and error handling.
#[test]
fn annex_b() {
    let scenarios: [&[Turn]; 22] = [
        // Exchange of I-blocks.
        &[ZERO, ONE],
        // S(WTX).
        &[short("02AA<F201 F201<0290", 1), ONE],
        // DESELECT.
        &[ZERO, deselect("C2<C2")],
        // The reader chains.
        &[long("12*<A2 13*<A3 0255555555<0290"), ONE],
        // The card chains.
        &[short("02AA<120102 A3<0303", 3), ZERO],
        // Start of the protocol: the first block is lost.
        &[short("02AA<- B2<A3 02AA<0290", 1), ONE],
        // A later block is lost.
        &[ZERO, short("03AA<- B3<A2 03AA<0390", 1), ZERO],
        // The answer is damaged.
        &[short("02AA<! B2<0290", 1), ONE],
        // The answer is damaged, and R(NAK) lost.
        &[short("02AA<! B2<- B2<0290", 1), ONE],
        // S(WTX) request is damaged.
        &[short("02AA<! B2<F201 F201<0290", 1), ONE],
        // S(WTX) request is damaged, and R(NAK) lost.
        &[short("02AA<! B2<- B2<F201 F201<0290", 1), ONE],
        // S(WTX) response is lost.
        &[short("02AA<F201 F201<- B2<F201 F201<0290", 1), ONE],
        // The answer after S(WTX) is damaged.
        &[short("02AA<F201 F201<! B2<0290", 1), ONE],
        // The answer after S(WTX) is damaged, and R(NAK) lost.
        &[short("02AA<F201 F201<! B2<- B2<0290", 1), ONE],
        // S(DESELECT) is lost.
        &[ZERO, deselect("C2<- C2<C2")],
        // The reader chains: R(ACK) is damaged.
        &[long("12*<! B2<A2 13*<A3 0255555555<0290"), ONE],
        // The reader chains: an I-block is lost.
        &[long("12*<A2 13*<- B3<A2 13*<A3 0255555555<0290"), ONE],
        // The reader chains: R(ACK) is damaged, and R(NAK) lost.
        &[long("12*<! B2<- B2<A2 13*<A3 0255555555<0290"), ONE],
        // The card chains: R(ACK) is lost.
        &[short("02AA<1201 A3<- A3<1302 A2<0203", 3), ONE],
        // The card chains: an I-block is damaged.
        &[short("02AA<1201 A3<! A3<1302 A2<0203", 3), ONE],
        // The card chains: an I-block is damaged, and R(ACK) lost.
        &[short("02AA<1201 A3<! A3<- A3<1302 A2<0203", 3), ONE],
        // The card chains: its first block is damaged.
        &[short("02AA<! B2<1201 A3<0302", 2), ZERO],
    ];
    for turns in scenarios {
        all(16, turns);
    }
}

#[test]
fn presence_checks_disturb_nothing() {
    all(16, &[check("B2<A3"), ZERO, check("B3<A2"), check("B3<A2"), ONE]);
    all(16, &[ZERO, check("B3<- B3<! B3<A2"), ONE]);
}

#[test]
fn an_answer_in_pieces() {
    let mut engine = Engine::new(Kind::B, 10, 256, None);
    assert_eq!(run(&mut engine, &short("02AA<120102 A3<13 A2<0203", 3)), [1, 2, 3]);
}

/// A late R(ACK) of a presence check does not make an I-block go out twice: only what the card
/// answers to a block that was sent after it counts.
#[test]
fn a_late_acknowledgement_repeats_nothing() {
    let late = [ZERO, check("B3<- B3<A2"), short("03AA<A2 B3<0390", 1), ZERO];
    all(16, &late);
    // The same when the I-block was lost indeed: one more question, then it goes out again.
    let lost = [ZERO, check("B3<- B3<A2"), short("03AA<A2 B3<A2 03AA<0390", 1), ZERO];
    all(16, &lost);
    // In a chain of the reader: the second R(ACK) is the answer to the first question.
    all(16, &[long("12*<- B2<A2 13*<A2 B3<A3 0255555555<0290"), ONE]);
}

/// Blocks with a CID, in both directions; a power level indication is passed over.
#[test]
fn card_identifier() {
    let mut engine = Engine::new(Kind::A, 4, 16, Some(5));
    let settings = Settings::default();
    let (mut buffer, mut response) = ([0; 64], [0; 8]);
    let step = engine.start(Instant::ORIGIN, &settings, Order::Transmit, &mut buffer, &LONG);
    assert!(matches!(step, Step::Send { length: 16, .. }));
    assert_eq!(buffer[..3], [0x1A, 0x05, 0x55]);
    let mut answer = |block: &[u8]| {
        let length = frame::write(Kind::A, &mut buffer, block).unwrap();
        engine.step(
            Instant::ORIGIN,
            &settings,
            Input::Frame(length),
            &mut buffer,
            &LONG,
            &mut response,
        );
        [buffer[0], buffer[1]]
    };
    // Without a CID, and with that of another card.
    assert_eq!(answer(&[0xA2]), [0xBA, 0x05]);
    assert_eq!(answer(&[0xAA, 0x04]), [0xBA, 0x05]);
    assert_eq!(answer(&[0xAA, 0xC5]), [0x1B, 0x05]);
    assert_eq!(answer(&[0xFA, 0x05, 0x43]), [0xFA, 0x05]);
    assert_eq!(answer(&[0xAB, 0x05]), [0x0A, 0x05]);
}

#[test]
fn silence_is_a_card_that_is_gone_and_damage_is_not() {
    all(16, &[failure("02AA<- B2<- B2<- B2<-", Error::CardRemoved)]);
    all(16, &[failure("02AA<! B2<! B2<! B2<! B2<! B2<!", Error::Unreadable)]);
    // Noise beside silence makes no card.
    all(16, &[failure("02AA<! B2<- B2<- B2<- B2<! B2<! B2<-", Error::CardRemoved)]);
    all(16, &[failure("02AA<- B2<! B2<! B2<! B2<! B2<! B2<!", Error::CardRemoved)]);
    all(16, &[Turn("check", "B2<- B2<! B2<- B2<- B2<-", Step::Failed(Error::CardRemoved))]);
    // Whether S(DESELECT) was heard does not matter.
    all(16, &[deselect("C2<- C2<-")]);
    all(16, &[deselect("C2<! C2<0290")]);
}

#[test]
fn a_card_that_leaves_the_protocol() {
    // The wrong number; R(ACK) for what is no chain; R(NAK); S(DESELECT); a NAD; nothing at all.
    let blocks = "02AA<0390 B2<A2 B2<B2 B2<C2 B2<060090 B2<";
    all(16, &[failure(blocks, Error::Protocol)]);
    // An answer before the whole command is none.
    all(16, &[long("12*<0290 B2<A2 13*<A3 0255555555<0290"), ONE]);
    // One that has got nothing, for ever.
    let blocks = "02AA<- B2<A3 02AA<- B2<A3 02AA<- B2<A3 02AA<- B2<A3 02AA<- B2<A3 02AA<- B2<A3";
    all(16, &[failure(blocks, Error::Unreadable)]);
}

#[test]
fn waiting_time_extension() {
    let settings = Settings::default();
    let mut engine = Engine::new(Kind::B, 10, 256, None);
    let (mut buffer, mut response) = ([0; 64], [0; 8]);
    let wait = |cycles| timing::span(cycles).plus(settings.latency);
    let sent = |cycles| Step::Send { length: 4, wait: wait(cycles) };
    let step = engine.start(Instant::ORIGIN, &settings, Order::Transmit, &mut buffer, &[0xAA]);
    assert_eq!(step, sent(timing::fwt(10)));
    let mut extend = |wtxm: u8| {
        let length = frame::write(Kind::B, &mut buffer, &[0xF2, wtxm]).unwrap();
        let input = Input::Frame(length);
        let step =
            engine.step(Instant::ORIGIN, &settings, input, &mut buffer, &[0xAA], &mut response);
        (step, buffer[0], buffer[1])
    };
    assert_eq!(extend(0x02), (sent(2 << 22), 0xF2, 0x02));
    // The power level indication is not repeated; what is reserved counts as 59; 0 is nothing.
    assert_eq!(extend(0xC3), (sent(3 << 22), 0xF2, 0x03));
    assert_eq!(extend(0x3C), (sent(timing::FWT_MAX), 0xF2, 59));
    assert_eq!(extend(0x00).1, 0xB2);
    // 0.6 s, 0.9 s and 4.9 s are gone of ten seconds.
    assert_eq!(extend(0x3B).0, Step::Failed(Error::ExtensionLimit));
}

#[test]
fn too_large_an_answer_leaves_the_card_ready() {
    let settings = Settings::default();
    let mut engine = Engine::new(Kind::B, 10, 256, None);
    let (mut buffer, mut response) = ([0; 64], [0; 2]);
    engine.start(Instant::ORIGIN, &settings, Order::Transmit, &mut buffer, &[0xAA]);
    let mut answer = |block: &[u8]| {
        let length = frame::write(Kind::B, &mut buffer, block).unwrap();
        engine.step(
            Instant::ORIGIN,
            &settings,
            Input::Frame(length),
            &mut buffer,
            &[0xAA],
            &mut response,
        )
    };
    assert!(matches!(answer(&[0x12, 1, 2, 3]), Step::Send { .. }));
    assert_eq!(answer(&[0x03, 4]), Step::Failed(Error::BufferTooSmall));
    run(&mut engine, &ZERO);
}
