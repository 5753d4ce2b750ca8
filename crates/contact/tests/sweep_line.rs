//! Every fault of the line at every character of a whole check-in, both ways: the engine recovers by
//! the rules of the protocol, or ends in an error of its own within its waiting times.
//!
//! Time is simulated. What must never be: a panic, a second VERIFY, a try lost that was not asked
//! for, or an order to the slot without an end (the link asserts that).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod meeting;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kazasu_virtual_card::Times;
use kazasu_virtual_card::contact::{
    self, AnswerToReset, Direction, LineEffect, LineFault, Procedure, WaitingTimeExtension,
};
use meeting::patient::Patient;
use meeting::{Met, Setup, check_in};

/// What became of the cases.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    recovered: usize,
    /// Ended in errors of the engine, each so often.
    errors: BTreeMap<String, usize>,
    /// The line brought something else than was sent, and nobody could see it in the characters.
    unnoticed: usize,
    /// Of these with faults of one character each.
    unnoticed_once: usize,
    longest_order: Duration,
    longest_check_in: Duration,
}

impl Tally {
    fn add(&mut self, met: &Met, faults: &[LineFault]) {
        self.cases += 1;
        self.longest_order = self.longest_order.max(met.longest);
        self.longest_check_in = self.longest_check_in.max(met.time);
        assert!(met.verify_commands <= 1, "{} VERIFY: {faults:?}", met.verify_commands);
        assert!(met.tries_left >= 2, "{} tries: {faults:?}", met.tries_left);
        if let Some(told) = met.tries_told {
            assert_eq!(told, met.tries_left, "{faults:?}: {met:?}");
        }
        if met.verified() {
            self.recovered += 1;
            return;
        }
        match met.errors.first() {
            Some(error) => {
                let name = format!("{error:?}");
                let name = name.split(['(', ' ']).next().unwrap_or_default();
                *self.errors.entry(name.to_owned()).or_default() += 1;
            }
            // A byte of T=0 changed without a trace: the card answered something else, and the
            // check-in says so.
            None => {
                assert!(met.outcome.is_some());
                let once = faults.iter().all(|fault| fault.times == Times::Once);
                self.unnoticed_once += usize::from(once);
                self.unnoticed += 1;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.recovered += other.recovered;
        self.unnoticed += other.unnoticed;
        self.unnoticed_once += other.unnoticed_once;
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
        self.longest_order = self.longest_order.max(other.longest_order);
        self.longest_check_in = self.longest_check_in.max(other.longest_check_in);
    }

    fn print(&self, name: &str, begin: Instant) {
        let ended: usize = self.errors.values().sum();
        println!(
            "{name}: {} cases in {:.1} s: {} recovered, {ended} ended in an error of the engine, {} \
             unnoticed by the protocol ({} with one fault); longest order {:?}, longest check-in {:?} (simulated)",
            self.cases,
            begin.elapsed().as_secs_f32(),
            self.recovered,
            self.unnoticed,
            self.unnoticed_once,
            self.longest_order,
            self.longest_check_in,
        );
        println!("  {:?}", self.errors);
    }
}

/// Runs all cases on all processors.
fn run(setup: &Setup, cases: &[Vec<LineFault>]) -> Tally {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut patient = Patient::new(true);
                let mut tally = Tally::default();
                while let Some(faults) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let setup = Setup { faults: faults.clone(), ..setup.clone() };
                    tally.add(&check_in(&mut patient, &setup), faults);
                }
                all.lock().unwrap().merge(tally);
            });
        }
    });
    all.into_inner().unwrap()
}

/// Each effect, once and for ever, at each character of a check-in without faults.
fn every_fault(setup: &Setup) -> Vec<Vec<LineFault>> {
    let met = check_in(&mut Patient::new(true), setup);
    assert!(met.verified(), "{met:?}");
    let effects = [
        (LineEffect::Flip(0b0_0000_1000), Times::Once),
        (LineEffect::Flip(0b0_0000_1000), Times::Always),
        (LineEffect::Flip(0b0_0001_1000), Times::Once),
        (LineEffect::Flip(0b0_0001_1000), Times::Always),
        (LineEffect::Flip(0b1_0000_0000), Times::Once),
        (LineEffect::Lose, Times::Once),
        (LineEffect::Double, Times::Once),
        (LineEffect::Double, Times::Always),
        (LineEffect::Silence, Times::Once),
        (LineEffect::Silence, Times::Always),
        (LineEffect::Babble(0x00), Times::Once),
        (LineEffect::Babble(0x60), Times::Always),
    ];
    let mut cases = Vec::new();
    let ways = [(Direction::ToCard, met.to_card), (Direction::ToReader, met.to_reader)];
    for (direction, count) in ways {
        for at in 0..count {
            cases.extend(
                effects.map(|(effect, times)| vec![LineFault { direction, at, effect, times }]),
            );
        }
    }
    cases
}

fn sweep(name: &str, setup: &Setup) -> Tally {
    let begin = Instant::now();
    let cases = every_fault(setup);
    let tally = run(setup, &cases);
    tally.print(name, begin);
    assert_eq!(tally.cases, cases.len());
    assert!(tally.longest_order < Duration::from_secs(15), "{tally:?}");
    tally
}

#[test]
fn every_fault_at_every_character_over_t1() {
    let tally = sweep("T=1", &Setup::new(contact::JPKI_02));
    assert!(tally.cases > 20_000);
    // A block that is damaged once comes again: five of the twelve.
    assert!(tally.recovered * 5 > tally.cases * 2, "{tally:?}");
    noticed(&tally);
}

/// What LRC cannot see of blocks is what changes the same two bits in an even number of characters,
/// and for the card, which acts at once, one in 256 of the doubled bytes.
fn noticed(tally: &Tally) {
    assert!(tally.unnoticed_once <= 5, "{tally:?}");
    assert!(tally.unnoticed * 100 < tally.cases, "{tally:?}");
}

#[test]
fn every_fault_at_every_character_of_chains_and_extensions() {
    // Commands and answers in chains of 32, and the card asks for time before each answer.
    let mut setup = Setup::short(contact::SYNTHETIC_T1_DEFAULTS);
    setup.reader.ifsd = 64;
    setup.card.waiting_time_extension = Some(WaitingTimeExtension { requests: 1, multiplier: 1 });
    let tally = sweep("T=1, chains and extensions", &setup);
    assert!(tally.recovered * 5 > tally.cases * 2, "{tally:?}");
    noticed(&tally);
}

#[test]
fn every_fault_at_every_character_over_t0() {
    let tally = sweep("T=0", &Setup::short(contact::SYNTHETIC_T0));
    assert!(tally.cases > 20_000);
    assert!(tally.recovered > 0);
}

#[test]
fn every_fault_at_every_character_over_t0_without_error_signal() {
    let mut setup = Setup::short(contact::SYNTHETIC_T0_INVERSE);
    setup.error_signal = false;
    setup.card.procedure = Procedure::Mixed;
    sweep("T=0, no error signal, byte by byte", &setup);
}

/// A generator whose numbers are the same everywhere (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

fn random(atr: AnswerToReset, seed: u64, count: usize) -> Tally {
    let begin = Instant::now();
    let setup = Setup::new(atr);
    let met = check_in(&mut Patient::new(true), &setup);
    let mut numbers = Numbers(seed);
    let mut cases = Vec::new();
    for _ in 0..count {
        let faults = 2 + numbers.below(6);
        let mut case = Vec::new();
        for _ in 0..faults {
            let direction =
                if numbers.below(3) == 0 { Direction::ToCard } else { Direction::ToReader };
            let sent = match direction {
                Direction::ToCard => met.to_card,
                Direction::ToReader => met.to_reader,
            };
            let effect = match numbers.below(8) {
                0..=2 => LineEffect::Flip(1 << numbers.below(9)),
                3 => LineEffect::Flip(u16::try_from(numbers.below(512)).unwrap()),
                4 | 5 => LineEffect::Lose,
                6 => LineEffect::Double,
                _ if numbers.below(4) == 0 => LineEffect::Silence,
                _ => LineEffect::Babble(u8::try_from(numbers.below(256)).unwrap()),
            };
            case.push(LineFault::once(direction, numbers.below(sent), effect));
        }
        cases.push(case);
    }
    let tally = run(&setup, &cases);
    tally.print(&format!("{}, several faults", atr.name), begin);
    tally
}

#[test]
fn several_faults_at_random() {
    for (seed, atr) in (1..).zip([
        contact::JPKI_01,
        contact::JPKI_02,
        contact::SYNTHETIC_T1_CRC,
        contact::SYNTHETIC_T0,
    ]) {
        let tally = random(atr, seed, 1000);
        assert_eq!(tally.cases, 1000);
    }
}
