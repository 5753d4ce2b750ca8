//! Through the real pcscd and vpcd, with the virtual card in the slot. Runs where `cargo xtask pcsc`
//! has put a pcscd of its own into the environment (`KAZASU_TEST_PCSC`), and nowhere else: a service
//! that runs on the machine is left alone.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{End, Person, check_in_over};
use kazasu::apdu::Transport;
use kazasu::apdu::transport::ErrorKind;
use kazasu::{Cleared, Outcome};
use kazasu_pcsc::service::{Disposition, Protocols, ReaderState, Service, ShareMode};
use kazasu_pcsc::{Canceller, Error, Event, Link, ReaderName, Readers, Settings, System};
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Card, Effect, Fault, Issue, Reference, When};
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// More than anything here needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// No check-in takes longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(2);
const CHALLENGE: [u8; 5] = [0x00, 0x84, 0x00, 0x00, 0x08];
const SELECT: [u8; 15] =
    [0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const QUERY: [u8; 4] = [0x00, 0x20, 0x00, 0x98];

fn enabled() -> bool {
    std::env::var_os("KAZASU_TEST_PCSC").is_some()
}

/// One test at a time has the slot; and the card in it.
struct Bench {
    slot: Slot,
    _turn: MutexGuard<'static, ()>,
}

fn bench() -> Option<Bench> {
    static TURN: Mutex<()> = Mutex::new(());
    if !enabled() {
        println!("not run: there is no pcscd for tests here; `cargo xtask pcsc` brings one");
        return None;
    }
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let addresses = std::env::var("KAZASU_TEST_VPCD").unwrap();
    let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
    let slot = Slot::connect(addresses.split(',').next().unwrap(), card).unwrap();
    assert!(slot.wait_for_power(PATIENCE));
    // pcscd 1.9 may keep telling that the reader is empty when a card comes just as another one
    // leaves; the next card that comes is told again.
    for _ in 0..3 {
        if is_told_of_a_card() {
            return Some(Bench { slot, _turn: turn });
        }
        slot.remove();
        std::thread::sleep(Duration::from_secs(1));
        slot.insert().unwrap();
    }
    unreachable!("pcscd has the card and tells nobody");
}

fn reader() -> ReaderName {
    "Virtual PCD 00 00".into()
}

fn open(settings: Settings) -> Result<Link, Error> {
    Readers::system().open(&reader(), settings)
}

fn check_in(meanwhile: &mut dyn FnMut()) -> End {
    match open(Settings::default()) {
        Ok(link) => check_in_over(link, Person { on_pin_pad: false, meanwhile }),
        Err(error) => End {
            outcome: error.kind().into(),
            failure: None,
            cleared: None,
            tries_left: None,
            error: Some(error),
        },
    }
}

impl Bench {
    /// Puts the card back and checks in.
    fn works_again(&self, context: &str) {
        if !self.slot.is_inserted() {
            self.slot.insert().unwrap();
        }
        assert!(self.slot.wait_for_power(PATIENCE), "{context}");
        wait_for_card();
        let end = check_in(&mut || {});
        assert_eq!(end.outcome, Outcome::Verified, "{context}, then {end:?}");
    }
}

/// Does the service tell of the card within 3 s?
fn is_told_of_a_card() -> bool {
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        let all = Readers::system().list().unwrap();
        if all.iter().any(|it| it.name == reader() && it.has_card() && !it.is_mute()) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Waits until the service sees a card that answers.
fn wait_for_card() {
    let mut watcher = Readers::system().watch(&Canceller::new()).unwrap();
    while let Some(event) = watcher.wait(Some(PATIENCE)).unwrap() {
        if matches!(&event, Event::CardIn { reader: at, .. } if *at == reader()) {
            return;
        }
    }
}

#[test]
fn a_check_in_is_verified_and_the_card_loses_its_power() {
    let Some(bench) = bench() else { return };
    bench.slot.clear_log();
    let end = check_in(&mut || {});
    assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
    assert_eq!(end.cleared, Some(Cleared::PowerOff));
    // vpcd does not wait until the card has heard of it; sooner than pcscd by itself.
    let until = Instant::now() + Duration::from_millis(300);
    while bench.slot.counts().power_offs == 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    let counts = bench.slot.counts();
    println!("commands of a check-in: {}", counts.commands);
    assert!(counts.power_offs > 0, "{counts:?}");
    assert!(!bench.slot.with_card(|card| card.is_verified(Reference::Auth)));
}

#[test]
fn an_empty_answer_is_a_removed_card_and_never_data() {
    let Some(bench) = bench() else { return };
    let commands = {
        bench.slot.clear_log();
        assert_eq!(check_in(&mut || {}).outcome, Outcome::Verified);
        bench.slot.counts().commands
    };
    for nth in 1..=commands {
        bench.slot.with_faults(|faults| {
            faults.clear();
            let nth = faults.commands() + nth;
            faults.push(Fault::once(When::Command(nth), Effect::drop_after()));
        });
        bench.slot.clear_log();
        let begun = Instant::now();
        let end = check_in(&mut || {});
        let took = begun.elapsed();
        let context = format!("{nth}: {end:?} in {took:.1?}");
        println!("pulled in command {context}");
        assert!(took < LIMIT, "{context}");
        assert!(matches!(end.outcome, Outcome::CardRemoved | Outcome::OutcomeUnknown), "{context}");
        let verifies = bench.slot.log().iter().filter(|entry| entry.is_verify()).count();
        assert!(verifies <= 1, "{context}");
        bench.works_again(&context);
    }
}

#[test]
fn an_answer_cut_in_the_middle_is_named_and_ends_the_presence() {
    let Some(bench) = bench() else { return };
    for length in [1, 5] {
        let mut link = open(Settings::default()).unwrap();
        bench.slot.push_fault(Fault::once(When::Ins(0x84), Effect::Cut(length)));
        let mut answer = [0; 258];
        let first = link.transmit(&CHALLENGE, &mut answer);
        let second = link.transmit(&CHALLENGE, &mut answer);
        println!("cut after {length}: {first:?}, then {second:?}");
        // Either the service saw that the card left, or what came is passed up as it is.
        assert!(!matches!(second, Ok(10)) || first == Ok(length));
        assert!(second.is_err(), "{second:?}");
        drop(link);
        bench.works_again("cut");
    }
}

#[test]
fn a_card_put_back_at_once_is_named_though_the_service_reports_no_reset() {
    let Some(bench) = bench() else { return };
    let mut link = open(Settings::default()).unwrap();
    let mut answer = [0; 258];
    assert_eq!(link.transmit(&SELECT, &mut answer), Ok(2));
    assert_eq!(link.transmit(&QUERY, &mut answer), Ok(2));
    assert_eq!(answer[..2], [0x63, 0xC3]);
    let context = System.establish().unwrap();
    let mut states = [ReaderState::unaware(reader())];
    context.status_change(Some(Duration::ZERO), &mut states).unwrap();
    let before = states[0].events;
    bench.slot.remove();
    bench.slot.insert().unwrap();
    let result = link.transmit(&QUERY, &mut answer);
    std::thread::sleep(Duration::from_millis(700));
    context.status_change(Some(Duration::ZERO), &mut states).unwrap();
    println!(
        "put back at once: {result:?} {:02X?}, events {before} then {}",
        &answer[..2],
        states[0].events
    );
    // Never the counter of an application that is not selected any more.
    assert!(result.is_err() || answer[..2] != [0x63, 0xC3]);
    drop(link);

    // The same while the holder thinks about the PIN.
    let slot = &bench.slot;
    let mut meanwhile = || {
        slot.remove();
        slot.insert().unwrap();
    };
    let end = check_in(&mut meanwhile);
    println!("put back at once in a check-in: {end:?}");
    assert!(!end.outcome.is_verified(), "{end:?}");
    assert_eq!(bench.slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
    bench.works_again("put back at once");
}

#[test]
fn a_card_that_never_answers_is_a_time_out() {
    let Some(bench) = bench() else { return };
    bench.slot.push_fault(Fault::once(When::Ins(0x84), Effect::no_answer()));
    let settings = Settings::default().with_command_limit(Duration::from_millis(300));
    let mut link = open(settings).unwrap();
    let begun = Instant::now();
    let error = link.transmit(&CHALLENGE, &mut [0; 258]).unwrap_err();
    println!("never answers: {error} after {:.1?}", begun.elapsed());
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(begun.elapsed() < LIMIT);
    let begun = Instant::now();
    drop(link);
    assert!(begun.elapsed() < LIMIT);
    // When the card is taken away the call returns, and everything works again.
    bench.slot.remove();
    bench.works_again("never answers");
}

#[test]
fn a_waiting_call_is_cancelled() {
    let Some(bench) = bench() else { return };
    bench.slot.push_fault(Fault::once(When::Ins(0x84), Effect::Slow(Duration::from_millis(500))));
    let mut link = open(Settings::default()).unwrap();
    let canceller = link.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        canceller.cancel();
    });
    let begun = Instant::now();
    let error = link.transmit(&CHALLENGE, &mut [0; 258]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
    let offs = bench.slot.counts().power_offs;
    link.power_off().unwrap();
    assert!(bench.slot.counts().power_offs > offs);
    thread.join().unwrap();
    drop(link);
    bench.works_again("cancelled");
}

#[test]
fn the_second_program_is_told_that_the_card_is_in_use() {
    let Some(_bench) = bench() else { return };
    let link = open(Settings::default()).unwrap();
    let impatient = Settings::default().with_in_use_limit(Duration::from_millis(200));
    for settings in [impatient.clone(), impatient.shared()] {
        let error = open(settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InUse, "{error}");
    }
    drop(link);
    drop(open(Settings::default()).unwrap());
}

#[test]
fn a_reset_by_another_program_is_seen_by_a_shared_link() {
    let Some(bench) = bench() else { return };
    let mut link = open(Settings::default().shared()).unwrap();
    let mut answer = [0; 258];
    assert_eq!(link.transmit(&CHALLENGE, &mut answer), Ok(10));
    let context = System.establish().unwrap();
    let other = context.connect(&reader(), ShareMode::Shared, Protocols::T1).unwrap();
    other.disconnect(Disposition::ResetCard).unwrap();
    let error = link.transmit(&CHALLENGE, &mut answer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CardReset, "{error}");
    drop(link);
    bench.works_again("reset");
}

#[test]
fn cards_come_and_go_as_events() {
    let Some(bench) = bench() else { return };
    let mut watcher = Readers::system().watch(&Canceller::new()).unwrap();
    let mut until = |wanted: fn(&Event) -> bool| {
        while let Some(event) = watcher.wait(Some(PATIENCE)).unwrap() {
            if wanted(&event) {
                return;
            }
        }
        panic!("no such event");
    };
    until(|event| matches!(event, Event::CardIn { .. }));
    bench.slot.remove();
    until(|event| matches!(event, Event::CardOut { .. }));
    bench.slot.insert().unwrap();
    until(|event| matches!(event, Event::CardIn { .. }));
}

/// Tells a measurement, also where the output of tests that pass is kept back.
macro_rules! tell {
    ($($text:tt)*) => {
        let _ = writeln!(std::io::stderr(), "  {}", format_args!($($text)*));
    };
}

/// What the layer may cost.
const GOAL: f64 = 1.05;
/// What it may cost on a machine that does other things as well.
const RATIO: f64 = 1.5;

/// A round that other work has spoilt is not the layer's.
#[test]
fn what_the_link_costs_over_the_bare_calls() {
    let Some(_bench) = bench() else { return };
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        best = best.min(cost());
        if best <= GOAL {
            break;
        }
    }
    assert!(best <= RATIO, "{best:.3}");
}

/// Tells and returns how much longer the commands of a check-in take over the link.
fn cost() -> f64 {
    let context = System.establish().unwrap();
    let mut bare = context.connect(&reader(), ShareMode::Exclusive, Protocols::T1).unwrap();
    let mut room = vec![0; 65_538];
    let status = median(201, &mut || drop(bare.status().unwrap()));
    let mut states = [ReaderState::unaware(reader())];
    let change = median(201, &mut || {
        context.status_change(Some(Duration::ZERO), &mut states).unwrap();
    });
    tell!("SCardStatus {status:.1?}, SCardGetStatusChange {change:.1?}");
    let commands = check_in_commands();
    // In turns, so that what else the machine does meets both.
    let mut times: [Vec<Vec<Duration>>; 2] = [(); 2].map(|()| vec![Vec::new(); commands.len()]);
    for _ in 0..20 {
        for _ in 0..10 {
            for (command, times) in commands.iter().zip(&mut times[0]) {
                let begun = Instant::now();
                bare.transmit(command, &mut room).unwrap();
                times.push(begun.elapsed());
            }
        }
        bare.disconnect(Disposition::UnpowerCard).unwrap();
        let mut link = open(Settings::default()).unwrap();
        for _ in 0..10 {
            for (command, times) in commands.iter().zip(&mut times[1]) {
                let begun = Instant::now();
                link.transmit(command, &mut room).unwrap();
                times.push(begun.elapsed());
            }
        }
        drop(link);
        bare = context.connect(&reader(), ShareMode::Exclusive, Protocols::T1).unwrap();
    }
    bare.disconnect(Disposition::UnpowerCard).unwrap();
    let [plain, ours] = times.map(|times| {
        times
            .into_iter()
            .map(|mut times| {
                times.sort_unstable();
                times[times.len() / 2]
            })
            .collect::<Vec<_>>()
    });
    tell!("bare {plain:.1?}, over the link {ours:.1?}");
    let [plain, ours] = [plain, ours].map(|times| times.iter().sum::<Duration>());
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    tell!("a check-in's commands: {plain:.2?} bare, {ours:.2?} over the link, ratio {ratio:.3}");
    ratio
}

/// SELECT, the certificate in one piece, tries, VERIFY, signature.
fn check_in_commands() -> Vec<Vec<u8>> {
    let mut sign = vec![0x80, 0x2A, 0x00, 0x97, 0x33];
    sign.extend(kazasu::mynacard::digest_info_sha256(&[0x5A; 32]));
    sign.push(0x00);
    vec![
        SELECT.to_vec(),
        vec![0x00, 0xB0, 0x8A, 0x00, 0x00, 0x00, 0x00],
        QUERY.to_vec(),
        b"\x00\x20\x00\x98\x041234".to_vec(),
        sign,
    ]
}

fn median(times: usize, run: &mut dyn FnMut()) -> Duration {
    let mut times: Vec<_> = (0..times)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
