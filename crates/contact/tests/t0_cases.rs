//! T=0: all cases of command APDUs, procedure bytes, GET RESPONSE, ENVELOPE, and what goes wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::bytes;
use kazasu_contact::atr::Atr;
use kazasu_contact::t0::Engine;
use kazasu_contact::{Action, Error, Event, Instant, Rate, Settings};
use std::collections::VecDeque;

fn engine() -> Engine {
    let mut settings = Settings::new(3_571_200, &[kazasu_contact::Class::B]);
    settings.null_limit = 5;
    Engine::new(&Atr::parse(&[0x3B, 0x00]).unwrap(), Rate::initial(3_571_200), &settings)
}

/// `>` what the reader sends, `<` what the card sends then.
fn run(engine: &mut Engine, script: &str, command: &[u8], room: usize) -> (Action, Vec<u8>, u64) {
    let mut steps: VecDeque<(bool, Vec<u8>)> = script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| (line.starts_with('>'), bytes(&line[1..])))
        .collect();
    let mut response = vec![0; room];
    let (mut now, mut event) = (1_000_000_u64, Event::Ready);
    let character = Rate::initial(3_571_200).etu(12).micros();
    engine.transmit(Instant::from_micros(now), command).unwrap();
    let from = now;
    for _ in 0..1_000_000 {
        while steps.front().is_some_and(|(_, bytes)| bytes.is_empty()) {
            steps.pop_front();
        }
        match engine.step(Instant::from_micros(now), event, command, &mut response) {
            Action::Send { byte, not_before, last } => {
                now = now.max(not_before.micros()) + character;
                match steps.front_mut() {
                    Some((true, bytes)) => assert_eq!(byte, bytes.remove(0), "left: {steps:02X?}"),
                    _ => panic!("not expected: {byte:02X}, left: {steps:02X?}"),
                }
                let turn = matches!(steps.front(), Some((true, bytes)) if bytes.is_empty());
                assert_eq!(last, turn, "{steps:02X?}");
                event = Event::Ready;
            }
            Action::Listen { until } => match steps.front_mut() {
                Some((false, bytes)) => {
                    now += character;
                    event = Event::Received(bytes.remove(0));
                }
                _ => {
                    now = now.max(until.micros());
                    event = Event::Ready;
                }
            },
            end => {
                assert!(steps.iter().all(|(_, bytes)| bytes.is_empty()), "left: {steps:02X?}");
                let length = if let Action::Answered(length) = end { length } else { 0 };
                return (end, response[..length].to_vec(), now - from);
            }
        }
    }
    panic!("there is no end");
}

fn answers(name: &str, script: &str, command: &str, response: &str) {
    let mut engine = engine();
    // Twice: nothing of the first is left.
    for _ in 0..2 {
        let (end, got, _) = run(&mut engine, script, &bytes(command), 70_000);
        assert_eq!(end, Action::Answered(bytes(response).len()), "{name}");
        assert_eq!(got, bytes(response), "{name}");
    }
}

fn fails(name: &str, script: &str, command: &str, error: Error) -> u64 {
    let (end, _, micros) = run(&mut engine(), script, &bytes(command), 300);
    assert_eq!(end, Action::Failed(error), "{name}");
    micros
}

#[test]
fn short_commands() {
    let rows = [
        ("case 1", "> 0020008000\n< 63C3", "00200080", "63C3"),
        ("case 1 with NULL", "> 0020008000\n< 60606063C3", "00200080", "63C3"),
        ("case 1 with an acknowledgement", "> 0020008000\n< 2063C3", "00200080", "63C3"),
        ("case 1, 6Cxx is handed up", "> 0020008000\n< 6C02", "00200080", "6C02"),
        ("case 2", "> 00B0000002\n< B0AABB9000", "00B0000002", "AABB9000"),
        ("case 2, byte by byte", "> 00B0000002\n< 4FAA4FBB9000", "00B0000002", "AABB9000"),
        ("case 2, mixed", "> 00B0000003\n< 4FAA60B0BBCC9000", "00B0000003", "AABBCC9000"),
        ("case 2, refused", "> 00B0000002\n< 6982", "00B0000002", "6982"),
        ("case 2, warning in the middle", "> 00B0000003\n< 4FAA6282", "00B0000003", "AA6282"),
        (
            "case 2, 6Cxx",
            "> 00B0000009\n< 6C02\n> 00B0000002\n< B0AABB9000",
            "00B0000009",
            "AABB9000",
        ),
        (
            "case 2, more than Le",
            "> 00B0000001\n< 6C02\n> 00B0000002\n< B0AABB9000",
            "00B0000001",
            "AA9000",
        ),
        ("case 2, 6Cxx twice", "> 00B0000009\n< 6C02\n> 00B0000002\n< 6C01", "00B0000009", "6C01"),
        (
            "case 2, 61xx",
            "> 00B0000002\n< 6105\n> 00C0000002\n< C0AABB9000",
            "00B0000002",
            "AABB9000",
        ),
        ("case 3", "> 0020008004\n< 20\n> 31323334\n< 9000", "002000800431323334", "9000"),
        (
            "case 3, byte by byte",
            "> 0020008002\n< DF\n> 31\n< DF\n> 32\n< 9000",
            "00200080023132",
            "9000",
        ),
        (
            "case 3, mixed",
            "> 0020008003\n< DF\n> 31\n< 6020\n> 3233\n< 9000",
            "0020008003313233",
            "9000",
        ),
        ("case 3, refused before the data", "> 0020008004\n< 6984", "002000800431323334", "6984"),
        ("case 3, never again", "> 0020008001\n< 20\n> 31\n< 6C01", "002000800131", "6C01"),
        (
            "case 3, 61xx is handed up",
            "> 00A4000002\n< A4\n> 3F00\n< 610A",
            "00A40000023F00",
            "610A",
        ),
        (
            "case 4",
            "> 0088000002\n< 88\n> 1122\n< 6103\n> 00C0000003\n< C0AABBCC9000",
            "0088000002112200",
            "AABBCC9000",
        ),
        (
            "case 4, not more than Le",
            "> 0088000001\n< 88\n> 11\n< 6103\n> 00C0000002\n< C0AABB6101",
            "00880000011102",
            "AABB6101",
        ),
        (
            "case 4, in pieces",
            "> 0088000001\n< 88\n> 11\n< 6102\n> 00C0000002\n< C0AABB6101\n> 00C0000001\n< C0CC9000",
            "00880000011100",
            "AABBCC9000",
        ),
        (
            "case 4, GET RESPONSE wants another Le",
            "> 0088000001\n< 88\n> 11\n< 6102\n> 00C0000002\n< 6C01\n> 00C0000001\n< C0CC9000",
            "00880000011100",
            "CC9000",
        ),
        (
            "case 4, GET RESPONSE fails",
            "> 0088000001\n< 88\n> 11\n< 6102\n> 00C0000002\n< 6F00",
            "00880000011100",
            "6F00",
        ),
        (
            "case 4, 61xx without end",
            "> 0088000001\n< 88\n> 11\n< 6102\n> 00C0000002\n< 6102",
            "00880000011100",
            "6102",
        ),
        ("case 4, refused", "> 0088000001\n< 88\n> 11\n< 6A80", "00880000011100", "6A80"),
        ("case 4, 6Cxx is handed up", "> 0088000001\n< 88\n> 11\n< 6C02", "00880000011100", "6C02"),
        (
            "case 4, 9000 and there are data",
            "> 0088000001\n< 88\n> 11\n< 9000\n> 00C0000000\n< 6C02\n> 00C0000002\n< C0AABB9000",
            "00880000011100",
            "AABB9000",
        ),
        (
            "case 4, 9000 and there are none: what GET RESPONSE is told",
            "> 0088000001\n< 88\n> 11\n< 9000\n> 00C0000008\n< 6D00",
            "00880000011108",
            "6D00",
        ),
        (
            "class of GET RESPONSE: the channel, without chaining and secure messaging",
            "> 1D88000001\n< 88\n> 11\n< 6101\n> 01C0000001\n< C0AA9000",
            "1D880000011100",
            "AA9000",
        ),
        (
            "class of GET RESPONSE after a proprietary one",
            "> 8088000001\n< 88\n> 11\n< 6101\n> 00C0000001\n< C0AA9000",
            "80880000011100",
            "AA9000",
        ),
    ];
    for (name, script, command, response) in rows {
        answers(name, script, command, response);
    }
}

#[test]
fn le_of_zero_is_256() {
    let data = "5A".repeat(256);
    answers("256", &format!("> 00B0000000\n< B0{data}9000"), "00B0000000", &format!("{data}9000"));
}

#[test]
fn extended_lengths() {
    let data = "5A".repeat(256);
    answers("case 2, Le 2", "> 00B0000002\n< B0AABB9000", "00B00000000002", "AABB9000");
    answers(
        "case 2, Le 256",
        &format!("> 00B0000000\n< B0{data}9000"),
        "00B00000000100",
        &format!("{data}9000"),
    );
    let more = "A5".repeat(44);
    answers(
        "case 2, Le 65,536: gathered by GET RESPONSE",
        &format!(
            "> 00B0000000\n< B0{data}6100\n> 00C0000000\n< C0{data}612C\n> 00C000002C\n< C0{more}9000"
        ),
        "00B00000000000",
        &format!("{data}{data}{more}9000"),
    );
    answers(
        "case 2, Le 300: not more than that",
        &format!("> 00B0000000\n< B0{data}6100\n> 00C000002C\n< C0{more}61D4"),
        "00B0000000012C",
        &format!("{data}{more}61D4"),
    );
    answers("case 3, Lc 1", "> 0020008001\n< 20\n> 31\n< 9000", "0020008000000131", "9000");
    answers(
        "case 4, Lc 1",
        "> 0088000001\n< 88\n> 11\n< 6101\n> 00C0000001\n< C0AA9000",
        "00880000000001110000",
        "AA9000",
    );
}

#[test]
fn more_than_255_bytes_go_by_envelope() {
    let data = "77".repeat(256);
    // Case 3: a 9000 to the last ENVELOPE may be that of a card that waits for another.
    let command = bytes(&format!("002A00AE000100{data}"));
    assert_eq!(engine().transmit(Instant::ORIGIN, &command), Err(Error::LongCommand));
    // Case 4: 4 + 3 + 256 + 2 = 265 bytes in 255 and 10.
    let command = format!("002A00AE000100{data}0000");
    let (first, second) = command.split_at(510);
    answers(
        "case 4",
        &format!(
            "> 00C20000FF\n< C2\n> {first}\n< 9000\n> 00C200000A\n< C2\n> {second}\n< 6102\n\
             > 00C0000002\n< C0AABB9000"
        ),
        &command,
        "AABB9000",
    );
    answers(
        "case 4, 9000 and the card waits for another ENVELOPE",
        &format!(
            "> 00C20000FF\n< C2\n> {first}\n< 9000\n> 00C200000A\n< C2\n> {second}\n< 9000\n\
             > 00C0000000\n< 6985"
        ),
        &command,
        "6985",
    );
    answers("a card without ENVELOPE", "> 00C20000FF\n< 6D00", &command, "6D00");
    answers(
        "refused in the middle",
        &format!("> 00C20000FF\n< C2\n> {first}\n< 6102"),
        &command,
        "6102",
    );
}

#[test]
fn what_is_no_command() {
    for command in [
        "",
        "00",
        "00B000",
        "006000000000",
        "0090000000",
        "00B000000100",
        "00200080023132333435",
        "00B000000000000101",
        "0020008000000231",
        "00200080000000",
        "002000800000",
    ] {
        let result = engine().transmit(Instant::ORIGIN, &bytes(command));
        let known = matches!(command, "00200080000000" | "00B000000100");
        // 00B0000001 00 has Lc 1 and data 00; the other is Le in extended form.
        assert_eq!(result.is_err(), !known, "{command}");
    }
}

#[test]
fn what_goes_wrong() {
    // WT is 10 · 960 · 372 / f = 1 s.
    let micros = fails("silence", "> 00B0000002", "00B0000002", Error::TimedOut);
    assert!((1_000_000..1_020_000).contains(&micros), "{micros}");
    fails("silence within the data", "> 00B0000002\n< B0AA", "00B0000002", Error::TimedOut);
    fails("silence within the status", "> 00B0000002\n< 90", "00B0000002", Error::TimedOut);
    fails("no procedure byte", "> 00B0000002\n< B1", "00B0000002", Error::ProcedureByte(0xB1));
    fails(
        "an answer of the other protocol",
        "> 00B0000002\n< 00",
        "00B0000002",
        Error::ProcedureByte(0),
    );
    fails("NULL without end", "> 00B0000002\n< 606060606060", "00B0000002", Error::NullLimit);
    let nulls = fails(
        "no byte of data is left",
        "> 0020008000\n< 202020202020",
        "00200080",
        Error::NullLimit,
    );
    assert!(nulls < 100_000);
    let mut engine = engine();
    let command = bytes("00B0000002");
    engine.transmit(Instant::ORIGIN, &command).unwrap();
    let mut now = 0;
    let mut step = |event| {
        now += 2_000;
        engine.step(Instant::from_micros(now), event, &command, &mut [0; 9])
    };
    for _ in 0..5 {
        assert!(matches!(step(Event::Ready), Action::Send { .. }));
    }
    assert!(matches!(step(Event::Ready), Action::Listen { .. }));
    assert_eq!(step(Event::Garbled), Action::Failed(Error::ParityError));
    assert_eq!(step(Event::Ready), Action::Idle);
}

#[test]
fn an_answer_larger_than_its_buffer() {
    let mut engine = engine();
    let script = "> 00B0000003\n< B0AABBCC9000";
    let (end, ..) = run(&mut engine, script, &bytes("00B0000003"), 4);
    assert_eq!(end, Action::Failed(Error::BufferTooSmall));
    let (end, ..) = run(&mut engine, script, &bytes("00B0000003"), 5);
    assert_eq!(end, Action::Answered(5));
}
