//! The real pcscd killed in every state of a check-in, and started again: the link says that the
//! service is down, and the next check-in works in the same process.
//!
//! The test runs itself a second time inside of a pcscd that it may kill: libpcsclite finds its
//! service by the environment.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Person, check_in_over};
use kazasu::{Cleared, Outcome};
use kazasu_pcsc::{Canceller, Error, Event, Link, Readers, Settings, Watcher};
use kazasu_test_pcscd::PrivatePcscd;
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Card, Effect, Fault, Issue, When};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// In the environment of the second run.
const INSIDE: &str = "KAZASU_TEST_KILL";
const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn the_service_is_killed_in_every_state() {
    if std::env::var_os("KAZASU_TEST_PCSC").is_none() {
        println!("not run: `cargo xtask pcsc` runs it");
        return;
    }
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let mut pcscd = PrivatePcscd::start().unwrap();
    let mut command = pcscd.command(std::env::current_exe().unwrap());
    command.args(["--exact", "the_service_is_killed_in_every_state", "--nocapture"]);
    command.env(INSIDE, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut answers = child.stdin.take().unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.as_str() {
            "@kill" => pcscd.kill().unwrap(),
            "@restart" => pcscd.restart().unwrap(),
            _ => {
                println!("{line}");
                continue;
            }
        }
        writeln!(answers, "done").unwrap();
    }
    assert!(child.wait().unwrap().success());
}

fn ask(what: &str) {
    println!("@{what}");
    std::io::stdout().flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn open() -> Result<Link, Error> {
    Readers::system().open(&"Virtual PCD 00 00".into(), Settings::default())
}

fn wait_for(watcher: &mut Watcher, wanted: fn(&Event) -> bool) {
    while let Some(event) = watcher.wait(Some(PATIENCE)).unwrap() {
        if wanted(&event) {
            return;
        }
    }
    panic!("no such event");
}

fn inside() {
    let addresses = std::env::var("KAZASU_TEST_VPCD").unwrap();
    let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
    let slot = Slot::connect(addresses.split(',').next().unwrap(), card).unwrap();
    slot.reinsert_after(Some(Duration::from_millis(50)));
    let mut watcher = Readers::system().watch(&Canceller::new()).unwrap();
    wait_for(&mut watcher, |event| matches!(event, Event::CardIn { .. }));

    // While a command is under way, at each of the five.
    for nth in 1..=5 {
        slot.with_faults(|faults| {
            let nth = faults.commands() + nth;
            let slow = Effect::Slow(Duration::from_millis(300));
            faults.push(Fault::once(When::Command(nth), slow));
        });
        let link = open().unwrap();
        let (outcome, took) = std::thread::scope(|scope| {
            let check_in = scope.spawn(|| {
                let begun = Instant::now();
                let person = Person { on_pin_pad: false, meanwhile: &mut || {} };
                (check_in_over(link, person).outcome, begun.elapsed())
            });
            // The commands before the slow one are answered in no time.
            std::thread::sleep(Duration::from_millis(100));
            ask("kill");
            check_in.join().unwrap()
        });
        println!("killed in command {nth}: {outcome} in {took:.1?}");
        assert!(matches!(outcome, Outcome::ServiceDown | Outcome::OutcomeUnknown), "{outcome}");
        assert!(took < LIMIT, "{took:?}");
        works_again(&mut watcher);
    }

    // While the holder thinks.
    let person = Person { on_pin_pad: false, meanwhile: &mut || ask("kill") };
    let end = check_in_over(open().unwrap(), person);
    println!("killed before the PIN: {end:?}");
    assert!(matches!(end.outcome, Outcome::ServiceDown | Outcome::OutcomeUnknown), "{end:?}");
    // Nobody took the card's power.
    assert_eq!(end.cleared, Some(Cleared::Failed));
    // Before the link is opened.
    let error = open().unwrap_err();
    println!("killed before: {error}");
    assert_eq!(Outcome::from(error.kind()), Outcome::ServiceDown);
    works_again(&mut watcher);
}

fn works_again(watcher: &mut Watcher) {
    wait_for(watcher, |event| matches!(event, Event::ServiceDown { .. }));
    ask("restart");
    wait_for(watcher, |event| matches!(event, Event::ServiceUp));
    wait_for(watcher, |event| matches!(event, Event::CardIn { .. }));
    let person = Person { on_pin_pad: false, meanwhile: &mut || {} };
    let end = check_in_over(open().unwrap(), person);
    assert_eq!(end.outcome, Outcome::Verified, "{end:?}");
}
