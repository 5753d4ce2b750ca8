//! Whatever a card sends: no panic, an end within the limits, and no command that goes out twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Card, Driver, Line, bytes, line};
use kazasu_contact::atr::{Atr, Progress, Reader};
use kazasu_contact::{Action, Class, Duration, Settings, Slot, State};
use proptest::prelude::*;
use std::collections::VecDeque;

/// T=1: it waits for whole blocks and answers each with what was prepared, good or bad.
#[derive(Debug)]
struct BlockCard {
    replies: VecDeque<Vec<Line>>,
    heard: Vec<u8>,
    blocks: Vec<Vec<u8>>,
    announced: bool,
}

impl Card for BlockCard {
    fn reset(&mut self, _: bool) -> Vec<Line> {
        line(&bytes("3BE000FF8131FE4514"))
    }

    fn received(&mut self, byte: u8) -> Vec<Line> {
        self.heard.push(byte);
        let whole =
            self.heard.get(2).is_some_and(|length| self.heard.len() == 4 + *length as usize);
        if !whole {
            return Vec::new();
        }
        let block = core::mem::take(&mut self.heard);
        let ifs = block[1] == 0xC1;
        self.blocks.push(block);
        if ifs && !self.announced {
            self.announced = true;
            return line(&bytes("00E101FE1E"));
        }
        self.replies.pop_front().unwrap_or_default()
    }
}

/// T=0: from the end of the header on, it answers each character.
#[derive(Debug)]
struct CharacterCard {
    replies: VecDeque<Vec<Line>>,
    heard: Vec<u8>,
}

impl Card for CharacterCard {
    fn reset(&mut self, _: bool) -> Vec<Line> {
        line(&bytes("3B00"))
    }

    fn received(&mut self, byte: u8) -> Vec<Line> {
        self.heard.push(byte);
        if self.heard.len() < 5 { Vec::new() } else { self.replies.pop_front().unwrap_or_default() }
    }
}

/// Anything after the reset.
#[derive(Debug)]
struct Babbler {
    resets: VecDeque<Vec<Line>>,
    replies: VecDeque<Vec<Line>>,
}

impl Card for Babbler {
    fn reset(&mut self, _: bool) -> Vec<Line> {
        self.resets.pop_front().unwrap_or_default()
    }

    fn received(&mut self, _: u8) -> Vec<Line> {
        self.replies.pop_front().unwrap_or_default()
    }
}

const LIMIT: u64 = 5_000_000;

fn settings() -> Settings {
    let mut settings = Settings::new(3_571_200, &[Class::B]);
    settings.exchange_limit = Duration::from_micros(LIMIT);
    settings
}

/// Runs one command over an activated card. What it ended with, and that it ended in time.
fn exchange<C: Card>(driver: &mut Driver<C>, command: &[u8], room: usize) -> Action {
    let mut slot = Slot::new(settings());
    slot.activate();
    assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Activated);
    let from = driver.now;
    slot.transmit(command).unwrap();
    let mut response = vec![0; room];
    let end = driver.run(&mut slot, command, &mut response);
    // The limit, the characters of one block of the reader, and the steps of the deactivation.
    assert!(driver.now - from <= LIMIT + 400_000, "{} µs", driver.now - from);
    match end {
        Action::Answered(length) => assert!(length <= room),
        Action::Failed(_) => assert!(slot.state() == State::Ready || !driver.powered()),
        other => panic!("{other:?}"),
    }
    end
}

fn item() -> impl Strategy<Value = Line> {
    prop_oneof![
        8 => any::<u8>().prop_map(Line::Byte),
        1 => Just(Line::Garbled),
        1 => (0..3_000_000_u64).prop_map(Line::Pause),
    ]
}

fn noise() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(item(), 0..40)
}

/// A block with a right code.
fn block() -> impl Strategy<Value = Vec<Line>> {
    let pcb = prop_oneof![
        Just(0x00_u8),
        Just(0x40),
        Just(0x20),
        Just(0x60),
        Just(0x80),
        Just(0x90),
        Just(0x81),
        Just(0x91),
        Just(0x82),
        Just(0x92),
        Just(0xC0),
        Just(0xC1),
        Just(0xC2),
        Just(0xC3),
        Just(0xE0),
        Just(0xE1),
        Just(0xE2),
        Just(0xE3),
        any::<u8>(),
    ];
    (pcb, prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(pcb, mut data)| {
        match pcb {
            0x80..=0xBF | 0xC0 | 0xC2 | 0xE0 | 0xE2 => data.clear(),
            0xC1 | 0xC3 | 0xE1 | 0xE3 => data = vec![data.first().copied().unwrap_or(1) % 4],
            _ => {}
        }
        let mut bytes = vec![0, pcb, data.len() as u8];
        bytes.extend(data);
        bytes.push(bytes.iter().fold(0, |sum, byte| sum ^ byte));
        line(&bytes)
    })
}

/// Right, damaged or no block at all.
fn reply() -> impl Strategy<Value = Vec<Line>> {
    prop_oneof![
        6 => block(),
        1 => Just(Vec::new()),
        1 => (block(), any::<prop::sample::Index>(), 0..4_u8).prop_map(|(mut block, at, what)| {
            let at = at.index(block.len());
            match what {
                0 => block[at] = Line::Garbled,
                1 => { block.remove(at); }
                2 => block.insert(at, block[at]),
                _ => if let Line::Byte(byte) = &mut block[at] { *byte ^= 0x10 },
            }
            block
        }),
        1 => noise(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn blocks(replies in prop::collection::vec(reply(), 0..24), room in 0..300_usize) {
        let card = BlockCard {
            replies: replies.into(),
            heard: Vec::new(),
            blocks: Vec::new(),
            announced: false,
        };
        let mut driver = Driver::new(card);
        let command = bytes("002000800431323334");
        exchange(&mut driver, &command, room);
        // The PIN: always in the same block, under the same number.
        let mut pins = driver.card.blocks.iter().filter(|block| block[1] & 0x80 == 0);
        let first = pins.next().unwrap();
        prop_assert_eq!(&first[3..first.len() - 1], &command[..]);
        prop_assert!(pins.all(|block| block == first));
        // What goes out after S(RESYNCH) is never the command.
        let resynch = driver.card.blocks.iter().position(|block| block[1] == 0xC0);
        if let Some(at) = resynch {
            prop_assert!(driver.card.blocks[at..].iter().all(|block| block[1] == 0xC0));
        }
    }

    #[test]
    fn long_commands_are_cut_once(
        replies in prop::collection::vec(reply(), 0..24),
        length in 255..1_000_usize,
    ) {
        let card = BlockCard {
            replies: replies.into(),
            heard: Vec::new(),
            blocks: Vec::new(),
            announced: false,
        };
        let mut driver = Driver::new(card);
        // Every place of it is different, so that each block is known by its first bytes.
        let command: Vec<u8> =
            (0..length).map(|at| if at % 2 == 0 { (at / 256) as u8 } else { at as u8 }).collect();
        exchange(&mut driver, &command, 300);
        let blocks: Vec<&Vec<u8>> =
            driver.card.blocks.iter().filter(|block| block[1] & 0x80 == 0).collect();
        // Each is the one before it again, or the one that follows it.
        let mut offset = 0;
        for pair in blocks.windows(2) {
            if pair[0] != pair[1] {
                offset += pair[0].len() - 4;
                let data = &pair[1][3..pair[1].len() - 1];
                prop_assert!(command[offset..].starts_with(data));
                prop_assert_ne!(pair[0][1] & 0x40, pair[1][1] & 0x40);
            }
        }
    }

    #[test]
    fn characters(replies in prop::collection::vec(noise(), 0..60), room in 0..300_usize) {
        let mut driver =
            Driver::new(CharacterCard { replies: replies.into(), heard: Vec::new() });
        let command = bytes("002000800431323334");
        exchange(&mut driver, &command, room);
        prop_assert!(command.starts_with(&driver.card.heard) || driver.card.heard == command);
    }

    #[test]
    fn procedure_bytes(
        replies in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    Just(0x60_u8), Just(0x88), Just(0x77), Just(0x61), Just(0x6C), Just(0x90),
                    Just(0x00), Just(0x02), Just(0xC0), Just(0x3F), Just(0xC2), Just(0x3D),
                ]
                .prop_map(Line::Byte),
                0..12,
            ),
            0..60,
        ),
        command in prop_oneof![
            Just("00880000"), Just("0088000002"), Just("0088000003414243"),
            Just("008800000341424302"), Just("00880000000100"), Just("0088000000000141 0000"),
        ],
    ) {
        let mut driver =
            Driver::new(CharacterCard { replies: replies.into(), heard: Vec::new() });
        exchange(&mut driver, &bytes(command), 70_000);
        // The data, if any, went out once at most.
        let data = driver.card.heard.iter().filter(|byte| **byte == 0x41).count();
        prop_assert!(data <= 1);
    }

    #[test]
    fn anything_after_the_reset(
        resets in prop::collection::vec(noise(), 0..4),
        replies in prop::collection::vec(noise(), 0..10),
        prefix in prop_oneof![Just(""), Just("3B"), Just("3BE0"), Just("3F"), Just("3B9013"), Just("03")],
    ) {
        let resets = resets
            .into_iter()
            .map(|reset| [line(&bytes(prefix)), reset].concat())
            .collect();
        let mut slot = Slot::new(settings());
        let mut driver = Driver::new(Babbler { resets, replies: replies.into() });
        slot.activate();
        let end = driver.run(&mut slot, &[], &mut []);
        match end {
            Action::Activated => prop_assert!(driver.powered()),
            Action::Failed(_) => prop_assert!(!driver.powered()),
            other => prop_assert!(false, "{:?}", other),
        }
        // Three answers of 2.2 s and a PPS exchange of five characters, twice, and S(IFS).
        prop_assert!(driver.now < 40_000_000, "{}", driver.now);
    }

    #[test]
    fn whole_and_bit_by_bit(answer in prop::collection::vec(any::<u8>(), 0..40)) {
        let answer = [&[0x3B][..], &answer].concat();
        let whole = Atr::parse(&answer);
        let mut reader = Reader::new();
        let mut piecewise = None;
        for (at, byte) in answer.iter().enumerate() {
            match reader.push(*byte) {
                Ok(Progress::More) => {}
                Ok(Progress::Complete(atr)) => {
                    piecewise = Some(Ok((atr, at + 1)));
                    break;
                }
                Err(error) => {
                    piecewise = Some(Err(error));
                    break;
                }
            }
        }
        match (whole, piecewise) {
            (Ok(atr), Some(Ok((other, length)))) => {
                prop_assert_eq!(atr, other);
                prop_assert_eq!(length, answer.len());
                let interface: usize = atr
                    .groups()
                    .map(|group| {
                        [group.ta, group.tb, group.tc, group.td].iter().flatten().count()
                    })
                    .sum();
                let check = usize::from(
                    atr.groups().filter_map(|group| group.td).any(|td| td & 0x0F != 0),
                );
                let sum = 2 + interface + atr.historical().bytes().len() + check;
                prop_assert_eq!(sum, answer.len());
            }
            (Err(_), Some(Ok((_, length)))) => prop_assert!(length < answer.len()),
            (Err(error), Some(Err(other))) => prop_assert_eq!(error, other),
            (Err(_), None) => {}
            (whole, piecewise) => prop_assert!(false, "{:?} {:?}", whole, piecewise),
        }
    }
}
