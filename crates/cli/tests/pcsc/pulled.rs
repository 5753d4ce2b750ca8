//! The card pulled in every state of a check-in.

use crate::bench::{BEFORE_PIN, Bench, CHECK_IN, COMMANDS, SOON, VERIFY, verifies};
use kazasu_virtual_card::{Effect, Fault, Reference, When};

#[test]
fn at_every_command_it_has_its_own_outcome_and_the_next_works() {
    let Some(bench) = Bench::take() else { return };
    for command in 1..=COMMANDS {
        for (acted, effect) in [(false, Effect::drop_before()), (true, Effect::drop_after())] {
            let context = format!("command {command}, acted: {acted}");
            let slot = bench.demonstration();
            slot.push_fault(Fault::once(When::Command(command), effect));
            let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
            program.enter("1234");
            let answer = program.json("check-in", SOON);
            let end =
                if command == VERIFY { (22, "outcome_unknown") } else { (14, "card_removed") };
            assert_eq!(answer.end(), end, "{context}: {answer:?}");
            assert_eq!(slot.counts().commands, command, "{context}: nothing was repeated");
            assert_eq!(verifies(&slot), usize::from(command >= VERIFY), "{context}");
            // A card that is out says nothing of its counter.
            assert!(
                command != VERIFY || answer.value["tries_left"].is_null(),
                "{context}: {answer:?}"
            );
            bench.works_again(&slot, &context);
        }
    }
}

#[test]
fn a_wrong_pin_whose_answer_is_lost_is_counted_once() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    slot.push_fault(Fault::once(When::Command(VERIFY), Effect::drop_after()));
    let answer = bench.check_in("--reader pcsc --anchor root.der --wait 0", "9876");
    assert_eq!(answer.end(), (22, "outcome_unknown"));
    assert_eq!(verifies(&slot), 1);
    assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(2));
    bench.works_again(&slot, "after it");
}

#[test]
fn while_the_pin_is_awaited_the_run_ends_at_once() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
    slot.remove();
    let answer = program.json("check-in", SOON);
    assert_eq!(answer.end(), (14, "card_removed"));
    assert_eq!(verifies(&slot), 0);
    bench.works_again(&slot, "after it");
}

#[test]
fn another_card_put_in_while_the_pin_is_awaited_does_not_get_it() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    bench.wait_for("the PIN is awaited", || slot.counts().commands == BEFORE_PIN);
    // Within 400 ms, so that pcscd most often sees neither.
    slot.remove();
    slot.insert().unwrap();
    assert!(slot.wait_for_power(SOON));
    program.enter("1234");
    let answer = program.json("check-in", SOON);
    assert_ne!(answer.code, 0, "{answer:?}");
    assert!(answer.value["challenge"]["signature"].is_null(), "{answer:?}");
    assert!(verifies(&slot) <= 1);
    // Whoever had pulled it: the new presence is left without a PIN.
    assert!(!crate::raw::attempt(0).signed());
    bench.works_again(&slot, "after it");
}
