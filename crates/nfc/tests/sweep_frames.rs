//! Every frame of a check-in lost, corrupted or late, one at a time, both ways: the engine recovers
//! by the rules of the protocol, or ends in an error of its own within its waiting times.
//!
//! Time is simulated. What must never be: a panic, a second VERIFY, a try lost, an answer that is
//! not the card's, an order without an end (the front end asserts that).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod meeting;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kazasu_virtual_card::Times;
use kazasu_virtual_card::radio::{
    Direction, FrameEffect, FrameFault, PiccSettings, TypeASettings, TypeBSettings, Violation,
    WorkTimes,
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
    violations: BTreeMap<String, usize>,
    longest_order: Duration,
    longest_check_in: Duration,
}

impl Tally {
    fn add(&mut self, met: &Met, fault: &FrameFault, once: bool) {
        self.cases += 1;
        self.longest_order = self.longest_order.max(met.longest);
        self.longest_check_in = self.longest_check_in.max(met.time);
        assert!(met.verify_commands <= 1, "{} VERIFY: {fault:?}", met.verify_commands);
        assert_eq!(met.tries_left, 3, "{fault:?}: {met:?}");
        assert!(met.tries_told.is_none_or(|told| told == 3), "{fault:?}");
        for violation in &met.violations {
            *self.violations.entry(format!("{violation:?}")).or_default() += 1;
            assert!(*violation != Violation::BlockNumber, "{fault:?}");
        }
        if met.verified() {
            self.recovered += 1;
            return;
        }
        let (error, _) =
            met.errors.first().unwrap_or_else(|| panic!("no error: {fault:?} {met:?}"));
        *self.errors.entry(format!("{error:?}")).or_default() += 1;
        // A single fault of a frame costs at most a repetition, and never the session, unless the
        // answer is later than the card may be.
        let late =
            matches!(&fault.effect, FrameEffect::Late(by) if *by > Duration::from_millis(20));
        assert!(!once || late, "{fault:?}: {error:?}");
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.recovered += other.recovered;
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
        for (violation, count) in other.violations {
            *self.violations.entry(violation).or_default() += count;
        }
        self.longest_order = self.longest_order.max(other.longest_order);
        self.longest_check_in = self.longest_check_in.max(other.longest_check_in);
    }
}

/// Every bit of this many is flipped; all of them if the environment asks for it.
fn stride() -> usize {
    if std::env::var_os("KAZASU_EVERY_BIT").is_some() { 1 } else { 97 }
}

fn faults(setup: &Setup) -> Vec<FrameFault> {
    let met = check_in(&mut Patient::new(true), setup);
    assert!(met.verified(), "{met:?}");
    let mut faults = Vec::new();
    let mut numbers = [0_u64; 2];
    for frame in &met.log {
        let number = &mut numbers[usize::from(frame.direction == Direction::ToReader)];
        let at = *number;
        *number += 1;
        let levels = frame.length * 10 + 22;
        let mut effects = vec![
            FrameEffect::Lose,
            FrameEffect::Late(Duration::from_micros(300)),
            FrameEffect::Late(Duration::from_millis(5)),
            FrameEffect::Late(Duration::from_millis(60)),
            FrameEffect::Late(Duration::from_millis(330)),
            FrameEffect::Late(Duration::from_millis(2_600)),
            FrameEffect::Cut(5),
            FrameEffect::Cut(levels / 2),
            FrameEffect::Flip((0..levels).collect()),
            // Marks, the first character, the last, and the checksum.
            FrameEffect::Flip(vec![0]),
            FrameEffect::Flip(vec![13, 14, 15, 16]),
            FrameEffect::Flip(vec![levels - 20]),
        ];
        let bits = (at as usize % stride()..levels).step_by(stride());
        effects.extend(bits.map(|bit| FrameEffect::Flip(vec![bit])));
        let direction = frame.direction;
        for effect in effects {
            faults.push(FrameFault::once(direction, at, effect));
        }
        for effect in [FrameEffect::Lose, FrameEffect::Flip(vec![14])] {
            faults.push(FrameFault::always(direction, at, effect));
        }
    }
    faults
}

fn sweep(name: &str, setup: &Setup) {
    let begin = std::time::Instant::now();
    let cases = faults(setup);
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut patient = Patient::new(true);
                let mut tally = Tally::default();
                while let Some(fault) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let met = check_in(&mut patient, &setup.fault(fault.clone()));
                    tally.add(&met, fault, fault.times == Times::Once);
                }
                all.lock().unwrap().merge(tally);
            });
        }
    });
    let tally = all.into_inner().unwrap();
    println!(
        "{name}: {} cases in {:.1} s, {} recovered; longest order {:?}, longest check-in {:?} (simulated)",
        tally.cases,
        begin.elapsed().as_secs_f32(),
        tally.recovered,
        tally.longest_order,
        tally.longest_check_in
    );
    println!("  {:?}", tally.errors);
    println!("  {:?}", tally.violations);
    assert_eq!(tally.cases, cases.len());
    assert!(tally.recovered * 10 > tally.cases * 7, "{tally:?}");
}

#[test]
fn every_frame_of_a_card_at_424() {
    sweep("JPKI (06)", &Setup::new(PiccSettings::type_b(TypeBSettings::JPKI_06)));
}

#[test]
fn every_frame_of_a_card_at_106_with_short_commands() {
    let mut setup = Setup::new(PiccSettings::type_b(TypeBSettings::JPKI_08));
    setup.mode = kazasu::apdu::ExtendedLength::Off;
    sweep("JPKI (08)", &setup);
}

#[test]
fn every_frame_of_a_slow_card_with_small_frames_and_a_cid() {
    let mut setup = Setup::new(PiccSettings::type_b(TypeBSettings {
        protocol_info: [0x00, 0x21, 0x81],
        ..TypeBSettings::JPKI_06
    }));
    setup.reader.cid = Some(3);
    setup.card.work = WorkTimes::OBSERVED;
    sweep("32 bytes, FWI 8, CID 3", &setup);
}

#[test]
fn every_frame_of_a_phone() {
    sweep("phone", &Setup::new(PiccSettings::type_a(TypeASettings::PHONE)));
}
