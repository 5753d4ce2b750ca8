//! T=1 by scenarios: error-free and erroneous operation, in the notation of ISO/IEC 7816-3
//! Annex A.
//!
//! A line beginning with `>` is a block of the reader, with `<` one of the card. After the `<`
//! stands what the line does to it: `!` a wrong error detection code, `~` a character with wrong
//! parity, `-` its last character lost, `+` its last character doubled. `< nothing` is silence. A
//! block of the reader that gets lost on its way needs no mark: the card's reaction says it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::bytes;
use kazasu_contact::atr::Atr;
use kazasu_contact::t1::Engine;
use kazasu_contact::{Action, Error, Event, Instant, Rate, Settings};
use std::collections::VecDeque;

/// A block without its error detection code, from the standard's notation.
fn prologue(text: &str) -> Vec<u8> {
    let (head, data) = match text.find(')') {
        Some(end) => (&text[..=end], bytes(&text[end + 1..])),
        None => panic!("no block: {text}"),
    };
    let digit = |at: usize| u8::from(head.as_bytes()[at] == b'1');
    let pcb = match head {
        "S(RESYNCH request)" => 0xC0,
        "S(RESYNCH response)" => 0xE0,
        "S(IFS request)" => 0xC1,
        "S(IFS response)" => 0xE1,
        "S(ABORT request)" => 0xC2,
        "S(ABORT response)" => 0xE2,
        "S(WTX request)" => 0xC3,
        "S(WTX response)" => 0xE3,
        _ if head.starts_with("I(") => digit(2) << 6 | digit(4) << 5,
        _ if head.ends_with(",edc)") => 0x81 | digit(2) << 4,
        _ if head.ends_with(",other)") => 0x82 | digit(2) << 4,
        _ if head.starts_with("R(") => 0x80 | digit(2) << 4,
        _ => panic!("no block: {head}"),
    };
    let mut block = vec![0x00, pcb, u8::try_from(data.len()).unwrap()];
    block.extend(data);
    block
}

fn sealed(text: &str) -> Vec<u8> {
    let mut block = prologue(text);
    block.push(block.iter().fold(0, |sum, byte| sum ^ byte));
    block
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Byte(u8),
    Garbled,
}

/// The blocks of a script, one after the other.
struct Script {
    steps: VecDeque<(String, Vec<Vec<Item>>)>,
}

impl Script {
    fn new(text: &str) -> Self {
        let mut steps: VecDeque<(String, Vec<Vec<Item>>)> = VecDeque::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(block) = line.strip_prefix('>') {
                steps.push_back((block.trim().to_owned(), Vec::new()));
            } else if let Some(reply) = line.strip_prefix('<') {
                steps.back_mut().unwrap().1.push(Self::reply(reply));
            } else {
                panic!("neither > nor <: {line}");
            }
        }
        Self { steps }
    }

    fn reply(text: &str) -> Vec<Item> {
        if text.trim() == "nothing" {
            return Vec::new();
        }
        let mark = text.chars().next().unwrap();
        let text = text.trim_start_matches(['!', '~', '-', '+']).trim();
        let mut items: Vec<Item> = sealed(text).into_iter().map(Item::Byte).collect();
        match mark {
            '!' => {
                let Some(Item::Byte(last)) = items.last_mut() else { panic!("no bytes") };
                *last ^= 0x55;
            }
            '~' => items[1] = Item::Garbled,
            '-' => {
                items.pop();
            }
            '+' => items.push(*items.last().unwrap()),
            _ => {}
        }
        items
    }
}

struct Ran {
    end: Action,
    response: Vec<u8>,
    micros: u64,
}

/// 3.571 MHz, and an answer to reset with N = 255, IFSC 32, BWI 4, CWI 5.
fn engine(settings: &Settings, ifsc: u8) -> Engine {
    let mut atr = vec![0x3B, 0xC0, 0x11, 0xFF, 0x81, 0x31, ifsc, 0x45];
    atr[1] = 0xD0;
    atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
    let atr = Atr::parse(&atr).unwrap();
    Engine::new(&atr, Rate::initial(3_571_200), settings).unwrap()
}

fn settings() -> Settings {
    let mut settings = Settings::new(3_571_200, &[kazasu_contact::Class::B]);
    settings.ifsd = 32;
    settings
}

fn run(
    engine: &mut Engine,
    script: &str,
    command: &[u8],
    room: usize,
    from: u64,
    cancel_at: Option<usize>,
) -> Ran {
    let mut script = Script::new(script);
    let mut response = vec![0; room];
    let mut now = from;
    let mut block = Vec::new();
    let mut blocks = 0;
    let mut queue: VecDeque<Item> = VecDeque::new();
    let mut event = Event::Ready;
    let etu = |count| Rate::initial(3_571_200).etu(count).micros();
    if command.is_empty() {
        assert!(engine.announce(Instant::from_micros(now)));
    } else {
        engine.transmit(Instant::from_micros(now), command);
    }
    for _ in 0..100_000 {
        match engine.step(Instant::from_micros(now), event, command, &mut response) {
            Action::Send { byte, not_before, last } => {
                now = now.max(not_before.micros()) + etu(11);
                block.push(byte);
                queue.clear();
                if last {
                    let (expected, replies) = script
                        .steps
                        .pop_front()
                        .unwrap_or_else(|| panic!("the script has ended, but: {block:02X?}"));
                    assert_eq!(block, sealed(&expected), "expected {expected}");
                    block.clear();
                    blocks += 1;
                    queue = replies.into_iter().flatten().collect();
                    if cancel_at == Some(blocks) {
                        engine.cancel();
                    }
                }
                event = Event::Ready;
            }
            Action::Listen { until } => match queue.pop_front() {
                Some(item) => {
                    now += etu(11);
                    event = match item {
                        Item::Byte(byte) => Event::Received(byte),
                        Item::Garbled => Event::Garbled,
                    };
                }
                None => {
                    now = now.max(until.micros());
                    event = Event::Ready;
                }
            },
            end => {
                assert!(script.steps.is_empty(), "left: {:?}", script.steps);
                response.truncate(match end {
                    Action::Answered(length) => length,
                    _ => 0,
                });
                return Ran { end, response, micros: now - from };
            }
        }
    }
    panic!("there is no end");
}

/// Two exchanges, so that numbers are seen to go on.
fn answers(name: &str, script: &str, command: &str, response: &str) {
    let mut engine = engine(&settings(), 32);
    let ran = run(&mut engine, script, &bytes(command), 300, 0, None);
    assert_eq!(ran.end, Action::Answered(bytes(response).len()), "{name}");
    assert_eq!(ran.response, bytes(response), "{name}");
}

fn fails(name: &str, script: &str, command: &str, error: Error) -> Ran {
    let mut engine = engine(&settings(), 32);
    let ran = run(&mut engine, script, &bytes(command), 300, 0, None);
    assert_eq!(ran.end, Action::Failed(error), "{name}");
    ran
}

const COMMAND: &str = "00B0000002";
/// 70 bytes: three blocks of a card with IFSC 32.
const LONG: &str = "00D600004101010101010101010101010101010101010101010101010101010202020202020202020202020202020202020202020202020202020202020202030303030303";

#[test]
fn error_free() {
    let rows = [
        ("1 exchange of I-blocks", "> I(0,0) 00B0000002\n< I(0,0) AABB9000", COMMAND, "AABB9000"),
        (
            "2 more waiting time",
            "> I(0,0) 00B0000002\n< S(WTX request) 02\n> S(WTX response) 02\n< I(0,0) AABB9000",
            COMMAND,
            "AABB9000",
        ),
        (
            "3 another information field size of the card",
            "> I(0,0) 00B0000002\n< S(IFS request) 10\n> S(IFS response) 10\n< I(0,0) AABB9000",
            COMMAND,
            "AABB9000",
        ),
        (
            "4 chain of the card",
            "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< I(1,1) 02\n> R(0)\n< I(0,0) 9000",
            COMMAND,
            "01029000",
        ),
        (
            "5 more waiting time within a chain",
            "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< S(WTX request) 01\n> S(WTX response) 01\n< I(1,0) 9000",
            COMMAND,
            "019000",
        ),
    ];
    for (name, script, command, response) in rows {
        answers(name, script, command, response);
    }
}

/// The three blocks of `LONG`.
fn parts() -> [String; 3] {
    [&LONG[..64], &LONG[64..128], &LONG[128..]].map(str::to_owned)
}

#[test]
fn chains_of_the_reader() {
    let [a, b, c] = parts();
    let plain = format!("> I(0,1) {a}\n< R(1)\n> I(1,1) {b}\n< R(0)\n> I(0,0) {c}\n< I(0,0) 9000");
    answers("6 chain of the reader", &plain, LONG, "9000");
    let script = format!(
        "> I(0,1) {a}\n< R(1)\n> I(1,1) {b}\n< R(0)\n> I(0,0) {c}\n\
         < I(0,1) 11\n> R(1)\n< I(1,1) 22\n> R(0)\n< I(0,0) 9000"
    );
    answers("7 chains of both", &script, LONG, "11229000");
    let script = format!(
        "> I(0,1) {a}\n< R(0,edc)\n> I(0,1) {a}\n< R(1)\n> I(1,1) {b}\n< R(0)\n> I(0,0) {c}\n< I(0,0) 9000"
    );
    answers("8 a block of the chain is damaged", &script, LONG, "9000");
    let script = format!(
        "> I(0,1) {a}\n<!R(1)\n> R(0,edc)\n< R(1)\n> I(1,1) {b}\n< R(0)\n> I(0,0) {c}\n< I(0,0) 9000"
    );
    answers("9 the acknowledgement is damaged", &script, LONG, "9000");
    let script = format!(
        "> I(0,1) {a}\n< R(1)\n> I(1,1) {b}\n< nothing\n> R(0,other)\n< R(1)\n> I(1,1) {b}\n\
         < R(0)\n> I(0,0) {c}\n< I(0,0) 9000"
    );
    answers("10 a block of the chain is lost wholly", &script, LONG, "9000");
    // The card announces a smaller size in the middle: from the next block on.
    let rest = &LONG[64..];
    let (d, e, f) = (&rest[..32], &rest[32..64], &rest[64..]);
    let script = format!(
        "> I(0,1) {a}\n< S(IFS request) 10\n> S(IFS response) 10\n< R(1)\n> I(1,1) {d}\n< R(0)\n\
         > I(0,1) {e}\n< R(1)\n> I(1,0) {f}\n< I(0,0) 9000"
    );
    answers("11 another size within a chain", &script, LONG, "9000");
    let script = format!("> I(0,1) {a}\n< S(ABORT request)\n> S(ABORT response)\n< R(1)");
    fails("12 the card gives up the reader's chain", &script, LONG, Error::Aborted);
    let script = format!(
        "> I(0,1) {a}\n< I(0,0) 6700\n> R(0,other)\n< R(1)\n> I(1,1) {b}\n< R(0)\n> I(0,0) {c}\n< I(0,0) 9000"
    );
    answers("13 an I-block within the reader's chain is refused", &script, LONG, "9000");
}

#[test]
fn damaged_and_lost_blocks() {
    let rows = [
        (
            "14 the reader's block is damaged",
            "> I(0,0) 00B0000002\n< R(0,edc)\n> I(0,0) 00B0000002\n< I(0,0) 9000",
        ),
        (
            "15 the reader's block is damaged twice",
            "> I(0,0) 00B0000002\n< R(0,edc)\n> I(0,0) 00B0000002\n< R(0,other)\n> I(0,0) 00B0000002\n< I(0,0) 9000",
        ),
        ("16 wrong code", "> I(0,0) 00B0000002\n<!I(0,0) 9000\n> R(0,edc)\n< I(0,0) 9000"),
        ("17 wrong parity", "> I(0,0) 00B0000002\n<~I(0,0) 9000\n> R(0,edc)\n< I(0,0) 9000"),
        (
            "18 a character is lost",
            "> I(0,0) 00B0000002\n<-I(0,0) 9000\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "19 a character too many, which may have shifted the block",
            "> I(0,0) 00B0000002\n<+I(0,0) 9000\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "20 the reader's block is lost: the card asks for it",
            "> I(0,0) 00B0000002\n< nothing\n> R(0,other)\n< R(0)\n> I(0,0) 00B0000002\n< I(0,0) 9000",
        ),
        (
            "21 the card's block is lost",
            "> I(0,0) 00B0000002\n< nothing\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "22 the request for it is damaged too: the card asks in turn",
            "> I(0,0) 00B0000002\n<!I(0,0) 9000\n> R(0,edc)\n< R(1,edc)\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "23 a block with the wrong number",
            "> I(0,0) 00B0000002\n< I(1,0) 9000\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "24 a request of the card is damaged",
            "> I(0,0) 00B0000002\n<!S(WTX request) 01\n> R(0,edc)\n< S(WTX request) 01\n> S(WTX response) 01\n< I(0,0) 9000",
        ),
        (
            "25 the response to it is damaged: the card asks again",
            "> I(0,0) 00B0000002\n< S(WTX request) 01\n> S(WTX response) 01\n< S(WTX request) 01\n> S(WTX response) 01\n< I(0,0) 9000",
        ),
        (
            "26 what follows the response is damaged",
            "> I(0,0) 00B0000002\n< S(IFS request) 40\n> S(IFS response) 40\n<!I(0,0) 9000\n> R(0,edc)\n< I(0,0) 9000",
        ),
        (
            "27 reserved sizes and multipliers are refused",
            "> I(0,0) 00B0000002\n< S(IFS request) 00\n> R(0,other)\n< S(WTX request) 00\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "28 a response that nobody asked for",
            "> I(0,0) 00B0000002\n< S(WTX response) 01\n> R(0,other)\n< I(0,0) 9000",
        ),
        (
            "29 only the reader may resynchronise",
            "> I(0,0) 00B0000002\n< S(RESYNCH request)\n> R(0,other)\n< I(0,0) 9000",
        ),
    ];
    for (name, script) in rows {
        answers(name, script, COMMAND, "9000");
    }
    answers(
        "30 within the card's chain",
        "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n<!I(1,1) 02\n> R(1,edc)\n< I(1,1) 02\n> R(0)\n< nothing\n> R(0,other)\n< I(0,0) 9000",
        COMMAND,
        "01029000",
    );
    answers(
        "31 the acknowledgement was lost: the block comes again and counts once",
        "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< I(0,1) 01\n> R(1,other)\n< I(1,0) 9000",
        COMMAND,
        "019000",
    );
    answers(
        "32 after the card's first block the command is not sent again, whatever it asks",
        "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< R(0)\n> R(1,other)\n< I(1,0) 9000",
        COMMAND,
        "019000",
    );
}

#[test]
fn resynchronisation() {
    let damaged = "> I(0,0) 00B0000002\n<!I(0,0) 9000\n> R(0,edc)\n<!I(0,0) 9000\n> R(0,edc)\n<!I(0,0) 9000\n";
    // Something right came before, else there is no S(RESYNCH) (rule 7.4.1).
    let warmed = |engine: &mut Engine| {
        let script = "> I(0,0) 00B0000002\n< I(0,0) 9000";
        assert_eq!(run(engine, script, &bytes(COMMAND), 300, 0, None).end, Action::Answered(2));
    };
    let second = damaged.replace("I(0,0)", "I(1,0)").replace("R(0,edc)", "R(1,edc)");

    let mut one = engine(&settings(), 32);
    warmed(&mut one);
    let script = format!("{second}> S(RESYNCH request)\n< S(RESYNCH response)");
    let ran = run(&mut one, &script, &bytes(COMMAND), 300, 10_000_000, None);
    assert_eq!(ran.end, Action::Failed(Error::Resynchronised));
    // The numbers begin anew, and the command does only when the caller says so.
    let script = "> I(0,0) 00B0000002\n< I(0,0) 9000";
    let ran = run(&mut one, script, &bytes(COMMAND), 300, 20_000_000, None);
    assert_eq!(ran.end, Action::Answered(2));

    let mut two = engine(&settings(), 32);
    warmed(&mut two);
    let script = format!(
        "{second}> S(RESYNCH request)\n<!S(RESYNCH response)\n> S(RESYNCH request)\n< nothing\n\
         > S(RESYNCH request)\n< S(RESYNCH response)"
    );
    let ran = run(&mut two, &script, &bytes(COMMAND), 300, 10_000_000, None);
    assert_eq!(ran.end, Action::Failed(Error::Resynchronised));

    let mut three = engine(&settings(), 32);
    warmed(&mut three);
    let script = format!(
        "{second}> S(RESYNCH request)\n< nothing\n> S(RESYNCH request)\n< R(0)\n\
         > S(RESYNCH request)\n< nothing"
    );
    let ran = run(&mut three, &script, &bytes(COMMAND), 300, 10_000_000, None);
    assert_eq!(ran.end, Action::Failed(Error::Unresponsive));

    // The card asks for the same block for ever.
    let mut four = engine(&settings(), 32);
    warmed(&mut four);
    let script = "> I(1,0) 00B0000002\n< R(1)\n> I(1,0) 00B0000002\n< R(1)\n> I(1,0) 00B0000002\n\
                  < R(1)\n> S(RESYNCH request)\n< S(RESYNCH response)";
    let ran = run(&mut four, script, &bytes(COMMAND), 300, 10_000_000, None);
    assert_eq!(ran.end, Action::Failed(Error::Resynchronised));
}

#[test]
fn nothing_right_since_the_reset() {
    let ran = fails(
        "33 silence from the beginning",
        "> I(0,0) 00B0000002\n< nothing\n> R(0,other)\n< nothing\n> R(0,other)\n< nothing",
        COMMAND,
        Error::Unresponsive,
    );
    // BWT is 11 etu + 16 · 960 · 372 / f = 1,601.1 ms, and 0.5 ms for the driver, three times; then
    // the characters that went out: 9, 4 and 4 of 11 etu each.
    let (waits, characters) = (3 * 1_601_650, 17 * 1_146);
    assert!(ran.micros.abs_diff(waits + characters) < 10_000, "{}", ran.micros);
}

#[test]
fn limits_of_time() {
    let mut settings = settings();
    settings.extension_limit = kazasu_contact::Duration::from_secs(10);
    // BWT is 1.6 s: three times two of them fit, the fourth does not.
    let ask = "< S(WTX request) 02\n> S(WTX response) 02\n";
    let script = format!("> I(0,0) 00B0000002\n{ask}{ask}{ask}< S(WTX request) 02");
    let mut one = engine(&settings, 32);
    let ran = run(&mut one, &script, &bytes(COMMAND), 300, 0, None);
    assert_eq!(ran.end, Action::Failed(Error::ExtensionLimit));
    // A single request that asks for too much.
    let mut two = engine(&settings, 32);
    let script = "> I(0,0) 00B0000002\n< S(WTX request) FF";
    let ran = run(&mut two, script, &bytes(COMMAND), 300, 0, None);
    assert_eq!(ran.end, Action::Failed(Error::ExtensionLimit));
    // The granted time is waited, and then the block is asked for.
    let mut three = engine(&settings, 32);
    let script = "> I(0,0) 00B0000002\n< S(WTX request) 05\n> S(WTX response) 05\n< nothing\n\
                  > R(0,other)\n< I(0,0) 9000";
    let ran = run(&mut three, script, &bytes(COMMAND), 300, 0, None);
    assert_eq!(ran.end, Action::Answered(2));
    assert!((8_000_000..8_100_000).contains(&ran.micros), "{}", ran.micros);
    // For one block: the next silence is one BWT long.
    let mut four = engine(&settings, 32);
    let script = "> I(0,0) 00B0000002\n< S(WTX request) 05\n> S(WTX response) 05\n< nothing\n\
                  > R(0,other)\n< nothing\n> R(0,other)\n< I(0,0) 9000";
    let ran = run(&mut four, script, &bytes(COMMAND), 300, 0, None);
    assert_eq!(ran.end, Action::Answered(2));
    assert!((9_600_000..9_700_000).contains(&ran.micros), "{}", ran.micros);
}

#[test]
fn announcement_of_the_reader_s_size() {
    let mut settings = settings();
    settings.ifsd = 254;
    let mut one = engine(&settings, 254);
    assert_eq!(one.sizes(), (254, 32));
    let script = "> S(IFS request) FE\n< S(IFS response) FE";
    assert_eq!(run(&mut one, script, &[], 0, 0, None).end, Action::Answered(0));
    assert_eq!(one.sizes(), (254, 254));
    assert!(!one.announce(Instant::from_micros(1)));

    // Damaged, and another size than was said: asked again.
    let mut two = engine(&settings, 254);
    let script = "> S(IFS request) FE\n<!S(IFS response) FE\n> S(IFS request) FE\n\
                  < S(IFS response) 20\n> S(IFS request) FE\n< S(IFS response) FE";
    assert_eq!(run(&mut two, script, &[], 0, 0, None).end, Action::Answered(0));

    // Not at all.
    let mut three = engine(&settings, 254);
    let script = "> S(IFS request) FE\n< nothing\n> S(IFS request) FE\n< nothing\n\
                  > S(IFS request) FE\n< nothing";
    let end = run(&mut three, script, &[], 0, 0, None).end;
    assert_eq!(end, Action::Failed(Error::Unresponsive));

    // A command before it was announced takes it along.
    let mut four = engine(&settings, 254);
    let script = "> S(IFS request) FE\n< S(IFS response) FE\n> I(0,0) 00B0000002\n< I(0,0) 9000";
    assert_eq!(run(&mut four, script, &bytes(COMMAND), 9, 0, None).end, Action::Answered(2));
}

#[test]
fn a_chain_that_is_given_up() {
    // By the card: whatever follows, the answer is not whole.
    fails(
        "34 the card gives up its own chain",
        "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< S(ABORT request)\n> S(ABORT response)\n< I(1,0) 6F00",
        COMMAND,
        Error::Aborted,
    );
    fails(
        "35 and says no more",
        "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< S(ABORT request)\n> S(ABORT response)\n< nothing",
        COMMAND,
        Error::Aborted,
    );
    // By the reader.
    let mut one = engine(&settings(), 32);
    let script = "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< I(1,1) 02\n> S(ABORT request)\n\
                  < S(ABORT response)";
    let ran = run(&mut one, script, &bytes(COMMAND), 300, 0, Some(2));
    assert_eq!(ran.end, Action::Failed(Error::Cancelled));
    // Both are in step: N(S) of the card is 0 again, that of the reader 1.
    let script = "> I(1,0) 00B0000002\n< I(0,0) 9000";
    let ran = run(&mut one, script, &bytes(COMMAND), 300, 10_000_000, None);
    assert_eq!(ran.end, Action::Answered(2));
    // Too late: the last block comes.
    let mut two = engine(&settings(), 32);
    let script = "> I(0,0) 00B0000002\n< I(0,1) 01\n> R(1)\n< I(1,0) 9000";
    let ran = run(&mut two, script, &bytes(COMMAND), 300, 0, Some(2));
    assert_eq!(ran.end, Action::Answered(3));
}

#[test]
fn a_block_longer_than_was_announced() {
    for (length, fits) in [(32, true), (33, false)] {
        let data = format!("{}9000", "5A".repeat(length - 2));
        let again = if fits { "" } else { "\n> R(0,other)\n< I(0,0) 9000" };
        let mut engine = engine(&settings(), 32);
        let script = format!("> I(0,0) 00B0000002\n< I(0,0) {data}{again}");
        let ran = run(&mut engine, &script, &bytes(COMMAND), 300, 0, None);
        assert_eq!(ran.end, Action::Answered(if fits { length } else { 2 }));
    }
}

#[test]
fn an_answer_larger_than_its_buffer() {
    let mut engine = engine(&settings(), 32);
    let script = "> I(0,0) 00B0000002\n< I(0,1) 0102\n> R(1)\n< I(1,0) 039000";
    let ran = run(&mut engine, script, &bytes(COMMAND), 4, 0, None);
    assert_eq!(ran.end, Action::Failed(Error::BufferTooSmall));
    // Both are in step all the same.
    let script = "> I(1,0) 00B0000002\n< I(0,0) 9000";
    let ran = run(&mut engine, script, &bytes(COMMAND), 4, 10_000_000, None);
    assert_eq!(ran.end, Action::Answered(2));
}

#[test]
fn babble_has_an_end() {
    let mut engine = engine(&settings(), 32);
    let command = bytes(COMMAND);
    engine.transmit(Instant::ORIGIN, &command);
    let (mut now, mut event) = (0_u64, Event::Ready);
    for _ in 0..10_000 {
        match engine.step(Instant::from_micros(now), event, &command, &mut [0; 300]) {
            Action::Send { .. } => event = Event::Ready,
            Action::Listen { .. } => event = Event::Received(0xFF),
            end => {
                assert_eq!(end, Action::Failed(Error::Babble));
                assert!(now < 1_000_000);
                return;
            }
        }
        now += 1_146;
    }
    panic!("there is no end");
}
