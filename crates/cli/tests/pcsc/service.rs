//! The service ended (SIGKILL) in every state of a check-in, and not running at all.

use crate::bench::{BEFORE_PIN, Bench, CHECK_IN, COMMANDS, PATIENCE, SOON, VERIFY, tell, verifies};
use kazasu_virtual_card::{Effect, Fault, When};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than the service needs to be ended, shorter than a check-in may take.
const SLOW: Duration = Duration::from_millis(700);

#[test]
fn not_running_it_is_named() {
    let Some(mut bench) = Bench::own() else { return };
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    let mut program = bench.start(&format!("{CHECK_IN} --json"));
    assert_eq!(program.json("check-in", SOON).end(), (24, "service_down"));
}

#[test]
fn ended_at_every_command_it_has_its_own_outcome_and_the_next_works() {
    let Some(mut bench) = Bench::own() else { return };
    for command in 1..=COMMANDS {
        let slot = bench.demonstration();
        slot.reinsert_after(Some(Duration::from_millis(50)));
        slot.push_fault(Fault::once(When::Command(command), Effect::Slow(SLOW)));
        let mut program = bench.start(&format!("{CHECK_IN} --json --trace --pin-stdin"));
        program.enter("1234");
        // Those before have been answered; this one is under way.
        bench.wait_for("its turn", || program.err().lines().count() as u64 == command - 1);
        sleep(Duration::from_millis(if command == 1 { 400 } else { 150 }));
        bench.pcscd.as_mut().unwrap().kill().unwrap();
        let answer = program.json("check-in", SOON);
        let end = if command == VERIFY { (22, "outcome_unknown") } else { (24, "service_down") };
        assert_eq!(answer.end(), end, "command {command}: {answer:?}");
        assert_eq!(slot.counts().commands, command, "nothing was repeated");
        assert_eq!(verifies(&slot), usize::from(command >= VERIFY));
        bench.pcscd.as_mut().unwrap().restart().unwrap();
        bench.works_again(&slot, &format!("command {command}"));
    }
}

#[test]
fn ended_while_the_pin_is_awaited_it_ends_at_once() {
    let Some(mut bench) = Bench::own() else { return };
    let slot = bench.demonstration();
    slot.reinsert_after(Some(Duration::from_millis(50)));
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    assert_eq!(program.json("check-in", SOON).end(), (24, "service_down"));
    assert_eq!(verifies(&slot), 0);
    bench.pcscd.as_mut().unwrap().restart().unwrap();
    bench.works_again(&slot, "after it");
}

#[test]
fn ended_while_a_card_is_awaited_it_ends_at_once() {
    let Some(mut bench) = Bench::own() else { return };
    let mut program =
        bench.start("check-in --reader pcsc --anchor root.der --json --pin-stdin --wait 20");
    bench.wait_for("a card is awaited", || !program.err().is_empty());
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    let answer = program.json("check-in", SOON);
    assert_eq!(answer.end(), (24, "service_down"), "{answer:?}");
}

/// Wherever it strikes, also between an answer and the next command.
#[test]
fn ended_at_any_moment_no_pin_goes_out_twice() {
    let Some(mut bench) = Bench::own() else { return };
    let mut ends = Vec::new();
    for delay in (0..10).map(|step| Duration::from_micros(400 * step)) {
        let slot = bench.demonstration();
        slot.reinsert_after(Some(Duration::from_millis(50)));
        slot.clear_log();
        let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        program.enter("1234");
        bench.wait_for("the first command", || slot.counts().commands > 0);
        sleep(delay);
        let begin = Instant::now();
        bench.pcscd.as_mut().unwrap().kill().unwrap();
        let answer = program.json("check-in", PATIENCE);
        assert!(begin.elapsed() < SOON, "{answer:?}");
        assert!(matches!(answer.code, 0 | 22 | 24), "{answer:?}");
        assert!(verifies(&slot) <= 1);
        ends.push(answer.code);
        bench.pcscd.as_mut().unwrap().restart().unwrap();
        bench.works_again(&slot, &format!("after {delay:?}"));
    }
    tell(format_args!("exit numbers, the service ended later and later: {ends:?}"));
}
