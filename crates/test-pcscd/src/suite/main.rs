//! The virtual card in a real reader: pcscd and vpcd, with OpenSC and libpcsclite as witnesses.
//!
//! Run by `cargo xtask pcsc`. It starts the pcscd that it uses, and nothing here asks a card for
//! what another program could not ask.

#![forbid(unsafe_code)]

mod broken;
mod client;
mod leftovers;
mod opensc;
mod reader;
mod speed;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kazasu_test_pcscd::{ADDRESSES, PrivatePcscd};
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Card, Issue};

/// What a check found; an error is what is wrong.
type Outcome = Result<(), Box<dyn Error>>;

/// A check that is right in less is not slow, on any machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of what pcscd wrote, when something failed. It says much about every card that was removed.
const LOG_LINES: usize = 20;

/// A name and what it does with vpcd's addresses.
type Check = (&'static str, fn(&Bench) -> Outcome);

const SUITES: &[(&str, &[Check])] = &[
    ("OpenSC", opensc::CHECKS),
    ("reader", reader::CHECKS),
    ("broken cards", broken::CHECKS),
    ("leftovers", leftovers::CHECKS),
    ("speed", speed::CHECKS),
];

/// What a check has to work with.
struct Bench {
    addresses: Vec<String>,
}

impl Bench {
    /// A card in slot 0 that pcscd has seen.
    fn insert(&self, card: Card) -> Result<Slot, Box<dyn Error>> {
        self.insert_into(0, card)
    }

    fn insert_into(&self, slot: u16, card: Card) -> Result<Slot, Box<dyn Error>> {
        let address = self.addresses.get(usize::from(slot)).ok_or("there is no such slot")?;
        let reader = PrivatePcscd::reader(slot);
        let slot = Slot::connect(address.as_str(), card)?;
        ensure(slot.wait_for_power(PATIENCE), "pcscd did not take the card")?;
        until_told(&slot, &reader)?;
        Ok(slot)
    }
}

/// Puts a card in again until pcscd tells its clients of it.
///
/// pcscd 1.9 may keep telling that the reader is empty when a card comes just as another one
/// leaves; the next card that comes is told again.
fn until_told(slot: &Slot, reader: &str) -> Outcome {
    for _ in 0..3 {
        if client::is_told_of(reader, Duration::from_secs(3))? {
            return Ok(());
        }
        slot.remove();
        std::thread::sleep(Duration::from_secs(1));
        slot.insert()?;
    }
    Err("pcscd has the card and tells nobody".into())
}

fn main() -> ExitCode {
    let result = match std::env::var(ADDRESSES) {
        Ok(_) if std::env::args().any(|argument| argument == leftovers::HOLD) => leftovers::hold(),
        Ok(addresses) => Ok(checks(&addresses)),
        Err(_) => with_pcscd(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("pcsc-suite: {error}");
        ExitCode::FAILURE
    })
}

/// libpcsclite finds its service by the environment, which a program cannot safely change for
/// itself.
fn with_pcscd() -> Result<ExitCode, Box<dyn Error>> {
    let pcscd = PrivatePcscd::start()?;
    let status = pcscd.command(std::env::current_exe()?).status()?;
    if !status.success() {
        let log = pcscd.log();
        let lines: Vec<_> = log.lines().rev().take(LOG_LINES).collect();
        println!("  pcscd wrote last:");
        lines.iter().rev().for_each(|line| println!("    {line}"));
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn checks(addresses: &str) -> ExitCode {
    let bench = Bench { addresses: addresses.split(',').map(str::to_owned).collect() };
    let (mut passed, mut failed) = (0, 0);
    for (suite, checks) in SUITES {
        for (name, check) in *checks {
            let begin = Instant::now();
            let outcome = check(&bench);
            let seconds = begin.elapsed().as_secs_f64();
            match outcome {
                Ok(()) => {
                    passed += 1;
                    println!("  ok: {suite}: {name} ({seconds:.1} s)");
                }
                Err(error) => {
                    failed += 1;
                    println!("  FAILED: {suite}: {name} ({seconds:.1} s): {error}");
                }
            }
        }
    }
    // The form of Rust's test programs, which `cargo xtask` counts.
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ensure(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn ensure_equal<T: PartialEq + std::fmt::Debug>(found: T, wanted: T, what: &str) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{what}: {found:?} instead of {wanted:?}").into())
    }
}

fn demonstration() -> Result<Card, Box<dyn Error>> {
    Ok(Card::issue(Issue::demonstration())?)
}
