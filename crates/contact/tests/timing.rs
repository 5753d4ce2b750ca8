//! Times in etu and microseconds, against figures that were computed by hand.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::bytes;
use kazasu_contact::atr::Atr;
use kazasu_contact::timing::{
    ANSWER_BEGINS, Blocks, Characters, Guard, INITIAL_WAITING_TIME, RESET_LOW, block_waiting_time,
    character_waiting_time, longest_turn, waiting_time,
};
use kazasu_contact::{Duration, Instant, Protocol, Rate};

/// The exact time of so many cycles of CLK, rounded up to microseconds.
fn cycles(clock: u32, count: u64) -> u64 {
    (count * 1_000_000).div_ceil(u64::from(clock))
}

#[test]
fn etu() {
    // F, D, f, etu, µs rounded up.
    let rows = [
        (372, 1, 3_571_200, 1, 105),    // 104.17
        (372, 1, 3_571_200, 12, 1_250), // 1,250.0
        (372, 1, 3_571_200, 9_600, 1_000_000),
        (372, 1, 5_000_000, 1, 75), // 74.4
        (372, 1, 1_000_000, 1, 372),
        (512, 32, 5_000_000, 10, 32), // 3.2 each
        (512, 8, 4_000_000, 22, 352), // 16 each
        (2048, 64, 5_000_000, 1_000, 6_400),
        (1860, 20, 5_000_000, 100, 1_860),
        (372, 12, 3_571_200, 12, 105), // 8.68 each
    ];
    for (f, d, clock, count, micros) in rows {
        let time = Rate::new(clock, f, d).etu(count).micros();
        // Exact fractions may round up by the last 2^-16 µs of each etu.
        let more = u64::from(count) / 65_536 + 1;
        assert!((micros..=micros + more).contains(&time), "{f}/{d} at {clock}: {time}");
    }
}

#[test]
fn nothing_overflows() {
    for clock in [0, 1, 1_000_000, 5_000_000, u32::MAX] {
        for (f, d) in [(0, 0), (1, 1), (372, 1), (2048, 64), (u16::MAX, u8::MAX)] {
            let rate = Rate::new(clock, f, d);
            for count in [0, 1, 9_600, u32::MAX] {
                let time = rate.etu(count);
                assert!(time <= Duration::MAX);
                let _ = Instant::from_micros(u64::MAX - 1).after(time);
            }
            let _ = rate.baud();
            let _ = (block_waiting_time(255, rate), character_waiting_time(255, rate));
            let _ = waiting_time(255, rate);
        }
    }
    assert_eq!(Duration::from_micros(u64::MAX), Duration::MAX);
    assert_eq!(Duration::from_secs(u32::MAX).times(u32::MAX).plus(Duration::MAX), Duration::MAX);
    assert_eq!(Instant::from_micros(5).since(Instant::from_micros(9)), Duration::ZERO);
    assert_eq!(Instant::NEVER.after(Duration::MAX), Instant::NEVER);
}

#[test]
fn never_shorter_than_exact_and_hardly_longer() {
    for clock in [1_000_000, 3_571_200, 3_579_545, 4_000_000, 4_915_200, 5_000_000] {
        for f in [372, 558, 744, 1116, 1488, 1860, 512, 768, 1024, 1536, 2048] {
            for d in [1, 2, 4, 8, 16, 32, 64, 12, 20] {
                for count in [1, 11, 12, 22, 9_600, 32_779, 491_520] {
                    let exact = (u64::from(count) * u64::from(f) * 1_000_000)
                        .div_ceil(u64::from(clock) * u64::from(d));
                    let time = Rate::new(clock, f, d).etu(count).micros();
                    let more = u64::from(count) / 65_536 + 1;
                    assert!((exact..=exact + more).contains(&time), "{f}/{d} {clock} {count}");
                }
            }
        }
    }
}

#[test]
fn baud_rates() {
    assert_eq!(Rate::initial(3_571_200).baud(), 9_600);
    assert_eq!(Rate::new(3_571_200, 372, 12).baud(), 115_200);
    assert_eq!(Rate::new(5_000_000, 512, 32).baud(), 312_500);
    assert_eq!(Rate::initial(3_579_545).baud(), 9_622);
}

#[test]
fn reset_and_answer() {
    for clock in [1_000_000, 3_571_200, 5_000_000] {
        let rate = Rate::initial(clock);
        let low = rate.etu(RESET_LOW).micros();
        assert!(low >= cycles(clock, 400) && low <= cycles(clock, 400 + 372) + 1);
        let begins = rate.etu(ANSWER_BEGINS).micros();
        assert!(begins >= cycles(clock, 40_000) && begins <= cycles(clock, 40_000 + 372) + 1);
    }
    let waiting = Rate::initial(3_571_200).etu(INITIAL_WAITING_TIME).micros();
    assert!((1_000_000..=1_000_001).contains(&waiting), "{waiting}");
}

/// What the known cards declare (docs/card-facts.md §1.1), at 3.5712 MHz: CWT, BWT, BGT in
/// microseconds, and the length of a character.
#[test]
fn known_cards() {
    // 372 / 3.5712 MHz = 104.167 µs; CWI 5: 43 etu; BWI 4: 11 etu + 15,360 · 372 / f = 1.6 s.
    let rows = [
        ("3BE000FF8131FE4514", 1, 1, 4_480, 1_601_146, 2_292),
        // CWI 6: 75 etu. At D = 4, a quarter of it; the second part of BWT does not change.
        ("3BDA13FF8131FB468012392F31C173C601C03B", 372, 4, 1_954, 1_600_287, 573),
        ("3BC5FF8131FB458073C6010000", 1, 1, 4_480, 1_601_146, 2_292),
        // F = 512: 143.369 µs; CWI 0: 12 etu.
        ("3BF59100FF918171FE400042000100D1D6", 512, 1, 1_721, 1_601_578, 3_155),
        ("3BF59100FF918171FE4000420001B3A115", 512, 1, 1_721, 1_601_578, 3_155),
    ];
    for (hex, f, d, cwt, bwt, bgt) in rows {
        let rate = Rate::new(3_571_200, if f == 1 { 372 } else { f }, d);
        let times = Blocks::new(&Atr::parse(&bytes(hex)).unwrap(), rate);
        let near = |time: Duration, wanted: u64| time.micros().abs_diff(wanted) <= 1;
        assert!(near(times.character_waiting, cwt), "{hex}: {}", times.character_waiting);
        assert!(near(times.block_waiting, bwt), "{hex}: {}", times.block_waiting);
        assert!(near(times.block_guard, bgt), "{hex}: {}", times.block_guard);
        assert_eq!(times.guard, Guard { character: 11, spacing: Duration::ZERO });
    }
}

/// Every CWI and BWI, in etu, from the table of clause 11.4.3.
#[test]
fn every_waiting_time_integer() {
    // One etu is one microsecond here, and the second part of BWT is 372 times as long.
    let rate = Rate::new(1_000_000, 1, 1);
    let cwt = [12, 13, 15, 19, 27, 43, 75, 139, 267, 523, 1035, 2059, 4107, 8203, 16395, 32779];
    for (cwi, etu) in cwt.into_iter().enumerate() {
        assert_eq!(character_waiting_time(cwi as u8, rate).micros(), etu, "CWI {cwi}");
    }
    for bwi in 0..=9_u8 {
        let exact = 11 + 960 * 372 * (1 << bwi);
        assert_eq!(block_waiting_time(bwi, rate).micros(), exact, "BWI {bwi}");
    }
    // T=0: WI 10 at 372 is one second at 3.5712 MHz; D does not matter.
    for d in [1, 16] {
        let time = waiting_time(10, Rate::new(3_571_200, 372, d)).micros();
        assert!((1_000_000..=1_000_001).contains(&time), "{time}");
    }
    assert_eq!(waiting_time(1, Rate::new(1_000_000, 512, 1)).micros(), 491_520);
    assert_eq!(waiting_time(255, Rate::new(1_000_000, 372, 1)).micros(), 91_065_600);
}

#[test]
fn extra_guard_time() {
    // TA1 = 94 (F = 512, D = 8), TC1 as given, and T=15 or not.
    let atr = |n: u8, globals: bool| {
        let mut bytes = vec![0x3B, 0xD0, 0x94, n];
        bytes.extend(if globals { &[0x81, 0x1F, 0x03][..] } else { &[0x01][..] });
        bytes.push(bytes[1..].iter().fold(0, |sum, byte| sum ^ byte));
        Atr::parse(&bytes).unwrap()
    };
    let initial = Rate::initial(1_000_000);
    let guard = |n, globals, protocol| {
        let guard = Guard::new(&atr(n, globals), protocol, initial);
        (guard.character, guard.spacing.micros())
    };
    assert_eq!(guard(0, false, Protocol::T1), (12, 0));
    assert_eq!(guard(3, false, Protocol::T1), (12, (12 + 3) * 372));
    assert_eq!(guard(254, false, Protocol::T0), (12, (12 + 254) * 372));
    // With T=15: R is Fi / Di of TA1, 512 / 8 = 64 cycles.
    assert_eq!(guard(3, true, Protocol::T0), (12, 12 * 372 + 3 * 64));
    assert_eq!(guard(255, false, Protocol::T0), (12, 0));
    assert_eq!(guard(255, false, Protocol::T1), (11, 0));
    assert_eq!(Guard::initial(&atr(255, false), 1_000_000).character, 12);
    let times = Characters::new(&atr(0, false), initial);
    // Fi is that of TA1, whatever is in force: 10 · 960 · 512 cycles.
    assert_eq!(times.waiting.micros(), 4_915_200);
    assert_eq!(times.turnaround.micros(), 16 * 372);
}

/// Extra guard time is waited for by the reader, so nothing of it is in a queue that is not whole.
#[test]
fn the_longest_turn_of_a_reader() {
    let atr = |n: u8| {
        let mut bytes = vec![0x3B, 0xC0, n, 0x81, 0x31, 0x20, 0x45];
        bytes.push(bytes[1..].iter().fold(0, |sum, byte| sum ^ byte));
        Atr::parse(&bytes).unwrap()
    };
    // One etu is one microsecond; CWI 5 is 43 etu.
    let rate = Rate::new(1_000_000, 1, 1);
    for (n, queue, turn) in [
        (0, 1, 31),
        (0, 2, 43),
        (0, 16, 43 + 14 * 12),
        (255, 1, 32),
        (255, 16, 43 + 14 * 11),
        (10, 1, 21),
        (10, 16, 21),
        (10, 259, 21),
        (254, 1, 0),
        (0, 0, 19),
    ] {
        let time = longest_turn(&atr(n), rate, queue).micros();
        assert_eq!(time, turn, "N = {n}, {queue}");
    }
    assert_eq!(longest_turn(&atr(255), rate, 259), Duration::MAX);
}
