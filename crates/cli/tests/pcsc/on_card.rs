//! What stands on the card, and who stands before it, through the service.

use crate::bench::{Bench, PATIENCE, SOON, has_lost_power, verifies};
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Effect, Fault, Reference, When};

const FACE: &str =
    "card-face show --reader pcsc --authority face.json --wait 0 --json --code-stdin";
const VISUAL: &str = "check-in --method visual --operator C-17 --reason mask --reader pcsc --wait 0 \
                      --authority face.json --photo-out now.png --json --code-stdin";
/// Commands of a card face that is verified and no copy: SELECT, the signer, the tries, VERIFY, READ,
/// the challenge; and those before the code.
const COMMANDS: u64 = 6;
const BEFORE_CODE: u64 = 3;
const VERIFY: u64 = 4;

fn authorities(bench: &Bench) {
    for (kind, file) in [("card-face", "face.json"), ("input-support", "text.json")] {
        let line = format!("card root --kind {kind} --out {file}");
        assert_eq!(bench.folder.call(&line).run().code, 0);
    }
}

fn number_b(slot: &Slot) -> String {
    slot.with_card(|card| card.secret(Reference::SurfaceNumberB).unwrap().reveal().to_owned())
}

fn tries(slot: &Slot) -> Option<u8> {
    slot.with_card(|card| card.tries(Reference::SurfaceNumberB))
}

#[test]
fn records_are_read_and_verified_as_in_process() {
    let Some(bench) = Bench::take() else { return };
    authorities(&bench);
    let slot = bench.demonstration();
    slot.clear_log();
    let mut program = bench.start(FACE);
    program.enter(&number_b(&slot));
    let answer = program.json("card-face", PATIENCE);
    assert_eq!(answer.end(), (0, "verified"), "{answer:?}");
    assert_eq!(answer.value["record"]["hierarchy"], "custom");
    assert_eq!(answer.value["authenticity"], "proven");
    assert_eq!(answer.value["exchange"]["commands"], COMMANDS);
    assert_eq!(answer.value["status_cleared"], "power_off");
    assert!(has_lost_power(&slot), "the card kept its power");
    let line = "attributes --reader pcsc --authority text.json --wait 0 --json --code-stdin";
    let mut program = bench.start(line);
    program.enter("2345");
    assert_eq!(program.json("attributes", PATIENCE).end(), (0, "verified"));
    // Virtual authorities count in process only: nobody is asked for a code.
    slot.clear_log();
    let mut program = bench.start(&FACE.replace("--authority face.json", ""));
    assert_eq!(program.json("card-face", PATIENCE).end(), (16, "not_trusted"));
    // Nor does the matcher for demonstrations, which is found out before the card is asked anything.
    assert_eq!(bench.folder.call("face photo --out own.png").run().code, 0);
    let line = "check-in --method face --probe own.png --reader pcsc --wait 0 \
                --authority face.json --json --code-stdin";
    let answer = bench.start(line).json("check-in", PATIENCE);
    assert_eq!(answer.end(), (16, "not_trusted"));
    assert_eq!((verifies(&slot), tries(&slot)), (0, Some(10)));
}

#[test]
fn a_card_that_is_pulled_while_a_code_is_awaited_is_asked_for_no_more() {
    let Some(bench) = Bench::take() else { return };
    authorities(&bench);
    let slot = bench.demonstration();
    let mut program = bench.start(FACE);
    bench.wait_for("the code is awaited", || slot.counts().commands == BEFORE_CODE);
    slot.remove();
    let answer = program.json("card-face", SOON);
    assert_eq!(answer.end(), (14, "card_removed"));
    assert_eq!((verifies(&slot), tries(&slot)), (0, Some(10)));
    bench.works_again(&slot, "after it");
}

#[test]
fn a_card_that_is_pulled_at_any_command_shows_nothing() {
    let Some(bench) = Bench::take() else { return };
    authorities(&bench);
    for command in 1..=COMMANDS {
        let slot = bench.demonstration();
        let number = number_b(&slot);
        slot.push_fault(Fault::once(When::Command(command), Effect::drop_after()));
        let mut program = bench.start(FACE);
        program.enter(&number);
        let answer = program.json("card-face", SOON);
        let end = if command == VERIFY { (22, "outcome_unknown") } else { (14, "card_removed") };
        assert_eq!(answer.end(), end, "command {command}: {answer:?}");
        assert!(answer.value["card_face"].is_null(), "command {command}");
        assert_eq!(verifies(&slot), usize::from(command >= VERIFY), "command {command}");
        bench.works_again(&slot, &format!("command {command}"));
    }
}

#[test]
fn staff_confirm_the_card_that_lies_there_and_no_other() {
    let Some(bench) = Bench::take() else { return };
    authorities(&bench);
    let slot = bench.demonstration();
    let number = number_b(&slot);
    let mut program = bench.start(VISUAL);
    for line in [number.as_str(), "yes", "yes"] {
        program.enter(line);
    }
    let answer = program.json("check-in", PATIENCE);
    assert_eq!(answer.end(), (0, "verified"), "{answer:?}");
    assert_eq!(answer.value["record"]["hierarchy"], "custom");

    // It leaves between the two answers: what was confirmed counts no more.
    let mut program = bench.start(VISUAL);
    program.enter(&number);
    program.enter("yes");
    let photo = bench.folder.path("now.png");
    bench.wait_for("the photo is shown", || photo.metadata().is_ok_and(|it| it.len() > 0));
    slot.remove();
    let answer = program.json("check-in", SOON);
    assert_eq!(answer.end(), (14, "card_removed"));
    assert!(answer.value["confirmation"].is_null() && !photo.exists(), "{answer:?}");
    bench.works_again(&slot, "after it");
}
