//! What is left on the card: after every end that the program controls, nobody signs with the PIN
//! that was presented. After SIGKILL it controls nothing, and what then happens is measured.

use crate::bench::{
    BEFORE_PIN, Bench, CHECK_IN, PATIENCE, Program, SOON, VERIFY, tell, verifies, with_warm_reset,
};
use crate::raw::{self, Client, attempt, select, sign, verify};
use kazasu_pcsc::service::ShareMode;
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Effect, Fault, Reference, SecurityStatus, When};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const SETTINGS: [SecurityStatus; 2] = [SecurityStatus::Keeps, SecurityStatus::Clears];

/// The status word of a key whose PIN was not presented.
const REFUSED: u16 = 0x6982;

/// The next program, which has been trying to connect since before the end, gets nothing.
fn refused(attempt: &raw::Attempt, context: &str) {
    assert!(!attempt.signed(), "{context}: {attempt:04X?}");
    assert_eq!(attempt.answers.last(), Some(&REFUSED), "{context}: {attempt:04X?}");
}

/// This witness can see what it must not see: a program that leaves its PIN behind.
#[test]
fn the_witness_signs_with_a_pin_that_was_left() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.demonstration();
    let mut careless = Client::connect(0, ShareMode::Shared);
    careless.transmit(&select()).unwrap();
    careless.transmit(&verify()).unwrap();
    assert!(careless.transmit(&sign()).unwrap().len() > 256);
    // Dropped, it resets the card warm, and this card keeps its security status then.
    drop(careless);
    assert!(attempt(0).signed());
}

#[test]
fn after_success_and_after_a_wrong_pin() {
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        let slot = bench.insert(0, with_warm_reset(setting));
        for (pin, code) in [("1234", 0), ("9876", 10)] {
            slot.clear_log();
            let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
            bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
            let next = thread::spawn(|| attempt(0));
            program.enter(pin);
            assert_eq!(program.json("check-in", PATIENCE).code, code);
            refused(&next.join().unwrap(), &format!("{setting:?}, {code}"));
            // And somebody who comes a moment later.
            refused(&attempt(0), &format!("{setting:?}, {code}, later"));
        }
    }
}

#[test]
fn after_the_other_commands_that_take_a_pin() {
    let Some(bench) = Bench::take() else { return };
    bench.folder.write("text", "text");
    for setting in SETTINGS {
        let slot = bench.insert(0, with_warm_reset(setting));
        for (line, secrets) in [
            ("sign --key auth --in text --out sig --anchor root.der", &["1234"][..]),
            ("pin change --kind auth", &["1234", "1234"]),
        ] {
            slot.clear_log();
            let mut program = bench.start(&format!("{line} --reader pcsc --wait 0 --pin-stdin"));
            secrets.iter().for_each(|secret| program.enter(secret));
            bench.wait_for("it holds the card", || slot.counts().commands > 0);
            let next = thread::spawn(|| attempt(0));
            let run = program.wait(PATIENCE);
            assert_eq!(run.code, 0, "{line}: {run:?}");
            refused(&next.join().unwrap(), &format!("{setting:?}, {line}"));
        }
    }
}

#[test]
fn after_a_signal_while_the_pin_is_awaited() {
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        for signal in ["INT", "TERM", "HUP", "QUIT", "ALRM", "USR1"] {
            let context = format!("{setting:?}, SIG{signal}");
            let slot = bench.insert(0, with_warm_reset(setting));
            let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
            bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
            let next = thread::spawn(|| attempt(0));
            program.signal(signal);
            assert_eq!(program.json("check-in", SOON).end(), (27, "cancelled"), "{context}");
            refused(&next.join().unwrap(), &context);
            assert_eq!(verifies(&slot), 0, "{context}");
            assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
            bench.works_again(&slot, &context);
        }
    }
}

#[test]
fn after_a_signal_in_the_middle_of_an_exchange() {
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        let signals =
            [("INT", VERIFY), ("TERM", VERIFY), ("INT", 5), ("TERM", 5), ("QUIT", 5), ("ALRM", 5)];
        for (signal, command) in signals {
            let context = format!("{setting:?}, SIG{signal}, command {command}");
            let slot = bench.insert(0, with_warm_reset(setting));
            slot.push_fault(Fault::once(
                When::Command(command),
                Effect::Slow(Duration::from_millis(1000)),
            ));
            let mut program = bench.start(&format!("{CHECK_IN} --json --trace --pin-stdin"));
            program.enter("1234");
            bench.wait_for("its turn", || program.err().lines().count() as u64 == command - 1);
            sleep(Duration::from_millis(200));
            let next = thread::spawn(|| attempt(0));
            program.signal(signal);
            let answer = program.json("check-in", SOON);
            // Whether the card took the PIN is not known when its answer was not waited for.
            let end = if command == VERIFY { (22, "outcome_unknown") } else { (27, "cancelled") };
            assert_eq!(answer.end(), end, "{context}");
            refused(&next.join().unwrap(), &context);
            assert_eq!(verifies(&slot), 1, "{context}");
            bench.works_again(&slot, &context);
        }
    }
}

/// Longer than the link waits for other calls that were given up.
const SLOW: Duration = Duration::from_millis(3000);

/// Gives up a check-in that waits for a slow card, 100 ms into that command.
fn given_up(bench: &Bench, setting: SecurityStatus, command: u64) -> (Slot, Program) {
    let slot = bench.insert(0, with_warm_reset(setting));
    slot.push_fault(Fault::once(When::Command(command), Effect::Slow(SLOW)));
    let mut program = bench.start(&format!("{CHECK_IN} --json --trace --pin-stdin"));
    program.enter("1234");
    bench.wait_for("its turn", || program.err().lines().count() as u64 == command - 1);
    sleep(Duration::from_millis(100));
    program.signal("INT");
    (slot, program)
}

/// The card is waited for, because it has taken the PIN or may have.
#[test]
fn after_a_signal_that_a_slow_card_outlasts() {
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        for (command, end) in [(VERIFY, (22, "outcome_unknown")), (5, (27, "cancelled"))] {
            let context = format!("{setting:?}, command {command}");
            let begun = Instant::now();
            let (slot, mut program) = given_up(&bench, setting, command);
            let next = thread::spawn(|| attempt(0));
            let answer = program.json("check-in", Duration::from_secs(6));
            assert_eq!(answer.end(), end, "{context}");
            // Not earlier than the card: until then it has its power.
            assert!(begun.elapsed() >= SLOW, "{context}: {:?}", begun.elapsed());
            assert!(answer.err.contains("Waiting for the card"), "{context}: {}", answer.err);
            refused(&next.join().unwrap(), &context);
            assert_eq!(verifies(&slot), 1, "{context}");
            bench.works_again(&slot, &context);
        }
    }
}

/// The second signal is that of somebody who takes the risk, and is told of it.
#[test]
fn after_a_second_signal_it_ends_at_once_and_what_is_left_is_measured() {
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        let (slot, mut program) = given_up(&bench, setting, 5);
        let next = thread::spawn(|| attempt(0));
        sleep(Duration::from_millis(100));
        let begun = Instant::now();
        program.signal("INT");
        let answer = program.json("check-in", SOON);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(answer.end(), (27, "cancelled"));
        assert!(answer.err.contains("take it away"), "{}", answer.err);
        let message = answer.value["message"].as_str().unwrap();
        assert!(message.contains("twice"), "{message}");
        let next = next.join().unwrap();
        tell(format_args!(
            "a slow card that two signals did not wait for, {setting:?}: {next:04X?}"
        ));
        assert!(setting == SecurityStatus::Keeps || !next.signed());
        bench.works_again(&slot, "after it");
    }
}

/// The program does not panic on purpose; the link that it uses does, with the PIN verified.
#[test]
fn after_a_panic() {
    use kazasu::apdu::Transport;
    let Some(bench) = Bench::take() else { return };
    for setting in SETTINGS {
        let _slot = bench.insert(0, with_warm_reset(setting));
        let readers = kazasu_pcsc::Readers::system();
        let name = &readers.list().unwrap()[0].name;
        let mut link = readers.open(name, kazasu_pcsc::Settings::default()).unwrap();
        let mut answer = [0; 258];
        for (command, length) in [(select(), 2), (verify(), 2), (sign(), 258)] {
            assert_eq!(link.transmit(&command, &mut answer).unwrap(), length);
        }
        let next = thread::spawn(|| attempt(0));
        let panicked = thread::spawn(move || {
            let _link = link;
            // Raised without the hook that would print it.
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(panicked.join().is_err());
        refused(&next.join().unwrap(), &format!("{setting:?}"));
    }
}

/// Kills a check-in when the card has taken its PIN and signs; what the next program gets.
fn killed(bench: &Bench, setting: SecurityStatus) -> (bool, Duration, Duration) {
    let slot = bench.insert(0, with_warm_reset(setting));
    slot.push_fault(Fault::once(When::Command(5), Effect::Slow(Duration::from_millis(300))));
    let mut program = bench.start(&format!("{CHECK_IN} --trace --pin-stdin"));
    program.enter("1234");
    bench.wait_for("VERIFY", || program.err().lines().count() as u64 == VERIFY);
    let offs = slot.counts().power_offs;
    let next = thread::spawn(|| attempt(0));
    let moment = program.kill();
    let next = next.join().unwrap();
    (next.signed(), next.connected - moment, off_after(&slot, offs, moment))
}

/// How long after that moment pcscd takes the card's power.
fn off_after(slot: &Slot, offs: u64, moment: Instant) -> Duration {
    let until = Instant::now() + PATIENCE;
    while slot.counts().power_offs == offs && Instant::now() < until {
        sleep(Duration::from_millis(2));
    }
    moment.elapsed()
}

#[test]
fn after_sigkill_a_card_that_clears_is_safe_and_one_that_keeps_is_measured() {
    let Some(bench) = Bench::take() else { return };
    for round in 0..5 {
        let (signed, ..) = killed(&bench, SecurityStatus::Clears);
        assert!(!signed, "round {round}");
    }
    let mut signed = 0;
    for _ in 0..5 {
        let (did, connected, off) = killed(&bench, SecurityStatus::Keeps);
        signed += usize::from(did);
        tell(format_args!(
            "after SIGKILL, warm reset keeps: the next program had the card after {connected:.0?} \
             and {}; power off after {off:.0?}",
            if did { "signed" } else { "was refused" }
        ));
    }
    tell(format_args!("after SIGKILL, warm reset keeps: {signed} of 5 signed"));
    // How long the card stays usable when nobody takes it.
    for _ in 0..3 {
        let slot = bench.insert(0, with_warm_reset(SecurityStatus::Keeps));
        let mut program = bench.start(&format!("{CHECK_IN} --trace --pin-stdin"));
        slot.push_fault(Fault::once(When::Command(5), Effect::Slow(Duration::from_millis(100))));
        program.enter("1234");
        bench.wait_for("VERIFY", || program.err().lines().count() as u64 == VERIFY);
        let offs = slot.counts().power_offs;
        let moment = program.kill();
        tell(format_args!("after SIGKILL: power off after {:.0?}", off_after(&slot, offs, moment)));
    }
}
