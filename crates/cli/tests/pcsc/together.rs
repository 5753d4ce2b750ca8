//! Two programs at once.

use crate::bench::{BEFORE_PIN, Bench, CHECK_IN, PATIENCE, SOON, VERIFY, verifies};
use kazasu_pcsc::service::ShareMode;
use kazasu_virtual_card::{Effect, Fault, When};
use std::time::Duration;

#[test]
fn the_second_is_told_so_while_the_first_waits_for_its_pin() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let mut first = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
    for line in [
        CHECK_IN,
        "pin status --reader pcsc --wait 0",
        "cert show --kind auth --reader pcsc --wait 0",
    ] {
        let mut second = bench.start(&format!("{line} --json"));
        let run = second.wait(SOON);
        assert_eq!(run.code, 23, "{line}: {run:?}");
        assert!(run.out.contains("\"in_use\""), "{run:?}");
    }
    assert_eq!(slot.counts().commands, BEFORE_PIN, "the second met the card");
    assert!(first.is_running());
    first.enter("1234");
    assert_eq!(first.json("check-in", SOON).end(), (0, "verified"));
    assert_eq!(verifies(&slot), 1);
    bench.works_again(&slot, "after it");
}

#[test]
fn the_second_is_told_so_in_the_middle_of_an_exchange() {
    let Some(bench) = Bench::take() else { return };
    for command in [2, VERIFY] {
        let slot = bench.demonstration();
        slot.push_fault(Fault::once(
            When::Command(command),
            Effect::Slow(Duration::from_millis(2500)),
        ));
        let mut first = bench.start(&format!("{CHECK_IN} --json --pin-stdin --trace"));
        first.enter("1234");
        bench.wait_for("its turn", || first.err().lines().count() as u64 == command - 1);
        let mut second = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        second.enter("1234");
        assert_eq!(second.json("check-in", PATIENCE).end(), (23, "in_use"));
        assert_eq!(first.json("check-in", PATIENCE).end(), (0, "verified"));
        assert_eq!(slot.counts().commands, 5, "those of the first");
        bench.works_again(&slot, "after it");
    }
}

#[test]
fn another_program_that_holds_the_card_is_named() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    for mode in [ShareMode::Exclusive, ShareMode::Shared] {
        let other = crate::raw::Client::connect(0, mode);
        let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        program.enter("1234");
        assert_eq!(program.json("check-in", PATIENCE).end(), (23, "in_use"), "{mode:?}");
        assert_eq!(slot.counts().commands, 0);
        drop(other);
    }
    bench.works_again(&slot, "after it");
}

#[test]
fn one_that_holds_it_for_a_moment_is_waited_for() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.demonstration();
    let other = crate::raw::Client::connect(0, ShareMode::Exclusive);
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    program.enter("1234");
    std::thread::sleep(Duration::from_millis(300));
    drop(other);
    assert_eq!(program.json("check-in", PATIENCE).end(), (0, "verified"));
}

/// It says so at once, goes on when it can, and ends as it would have at once.
#[test]
fn a_card_that_is_held_is_waited_for_with_a_word_of_it() {
    let Some(bench) = Bench::take() else { return };
    let slots = [bench.demonstration(), bench.foreign(1)];
    // One reader by its name; any; and any, with both cards held.
    for (reader, held) in [("pcsc:Virtual PCD 00 00", 1), ("pcsc", 1), ("pcsc", 2)] {
        let context = format!("{reader}, {held} held");
        let hold = || -> Vec<_> {
            (0..held).map(|slot| crate::raw::Client::connect(slot, ShareMode::Exclusive)).collect()
        };
        let start = |wait| {
            let line = ["check-in", "--reader", reader, "--anchor", "root.der", "--json"];
            let mut program =
                bench.start_with(line.into_iter().chain(["--wait", wait, "--pin-stdin"]));
            program.enter("1234");
            program
        };
        let others = hold();
        let mut program = start("4");
        bench.wait_for("it says so", || program.err().contains("Another program"));
        assert!(program.is_running(), "{context}: it did not wait");
        let answer = program.json("check-in", PATIENCE);
        assert_eq!(answer.end(), (23, "in_use"), "{context}: {answer:?}");
        assert_eq!(answer.err.matches("Another program").count(), 1, "{context}: {}", answer.err);
        assert!(program.time() >= Duration::from_millis(3500), "{context}: {:?}", program.time());
        let mut program = start("20");
        bench.wait_for("it says so", || program.err().contains("Another program"));
        drop(others);
        let answer = program.json("check-in", Duration::from_secs(6));
        assert_eq!(answer.end(), (0, "verified"), "{context}: {answer:?}");
    }
    assert_eq!(slots.map(|slot| verifies(&slot)), [3, 0]);
}
