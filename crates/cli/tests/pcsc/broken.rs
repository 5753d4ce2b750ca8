//! What a broken card looks like: each way has its own outcome, none is taken for data, none
//! repeats a VERIFY, none takes longer than the time-out.

use crate::bench::{Bench, CHECK_IN, COMMANDS, PATIENCE, SOON, VERIFY, verifies};
use kazasu_virtual_card::{Effect, Fault, Reference, When};
use std::time::{Duration, Instant};

#[test]
fn an_answer_of_no_bytes_from_a_card_that_is_back_at_once() {
    let Some(bench) = Bench::take() else { return };
    for command in 1..=COMMANDS {
        for effect in [Effect::drop_before(), Effect::drop_after()] {
            let context = format!("command {command}, {effect:?}");
            let slot = bench.demonstration();
            // Before pcscd looks, so that the old handle goes on and no reset is reported.
            slot.reinsert_after(Some(Duration::from_millis(20)));
            slot.push_fault(Fault::once(When::Command(command), effect));
            let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
            program.enter("1234");
            let answer = program.json("check-in", SOON);
            let expected: &[i32] = if command == VERIFY { &[22] } else { &[14, 20, 28] };
            assert!(expected.contains(&answer.code), "{context}: {answer:?}");
            bench.wait_for_card(0);
            assert_eq!(verifies(&slot), usize::from(command >= VERIFY), "{context}");
            assert!(!crate::raw::attempt(0).signed(), "{context}: the next program can sign");
            bench.works_again(&slot, &context);
        }
    }
}

#[test]
fn an_answer_cut_in_the_middle() {
    let Some(bench) = Bench::take() else { return };
    // After 1 byte nothing looks like a status word; after 2 and more the end of what came does.
    for (command, length) in [
        (1, 1),
        (2, 1),
        (2, 2),
        (2, 3),
        (2, 300),
        (2, 1592),
        (3, 1),
        (4, 1),
        (5, 1),
        (5, 2),
        (5, 257),
    ] {
        let context = format!("command {command}, {length} bytes");
        let slot = bench.demonstration();
        slot.push_fault(Fault::once(When::Command(command), Effect::Cut(length)));
        let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        program.enter("1234");
        let answer = program.json("check-in", SOON);
        let expected: &[i32] = if command == VERIFY { &[22] } else { &[14, 20, 28] };
        assert!(expected.contains(&answer.code), "{context}: {answer:?}");
        assert_eq!(answer.value["challenge"]["verified"], false, "{context}");
        assert!(verifies(&slot) <= 1, "{context}");
        bench.works_again(&slot, &context);
    }
}

/// The last two bytes of what came are 9000: the end of a certificate is missing, or of a signature.
#[test]
fn an_answer_whose_middle_looks_like_its_end() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let whole = slot.with_card(|card| {
        card.certificate(kazasu_virtual_card::CertificateKind::Auth).unwrap().to_vec()
    });
    let at = whole.windows(2).position(|pair| matches!(pair, [0x61 | 0x6C | 0x90, _])).unwrap();
    slot.push_fault(Fault::once(When::Command(2), Effect::Cut(at + 2)));
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    program.enter("1234");
    let answer = program.json("check-in", SOON);
    assert!(matches!(answer.code, 14 | 20 | 28), "{answer:?}");
    assert_eq!(verifies(&slot), 0);
    bench.works_again(&slot, "after it");
}

#[test]
fn a_card_that_never_answers() {
    let Some(bench) = Bench::take() else { return };
    for command in [2, VERIFY] {
        let slot = bench.demonstration();
        slot.push_fault(Fault::once(When::Command(command), Effect::no_answer()));
        let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        program.enter("1234");
        let begin = Instant::now();
        let answer = program.json("check-in", PATIENCE);
        // The limit of a command, and of letting the card go.
        assert!(begin.elapsed() < Duration::from_secs(13), "{:?}", begin.elapsed());
        let end = if command == VERIFY { (22, "outcome_unknown") } else { (26, "timed_out") };
        assert_eq!(answer.end(), end);
        assert_eq!(verifies(&slot), usize::from(command == VERIFY));
        assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
        // Every client of the service waits for that card, until somebody takes it away.
        slot.remove();
        bench.works_again(&slot, &format!("command {command}"));
    }
}

#[test]
fn a_card_that_never_answers_does_not_keep_ctrl_c_waiting() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    slot.push_fault(Fault::once(When::Command(2), Effect::no_answer()));
    let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
    bench.wait_for("it hangs", || slot.counts().commands == 2);
    program.signal("INT");
    assert_eq!(program.json("check-in", SOON).end(), (27, "cancelled"));
    slot.remove();
    bench.works_again(&slot, "after it");
}
