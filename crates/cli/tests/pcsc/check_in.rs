//! A check-in through the service: trust, budgets, and which reader is meant.

use crate::bench::{Bench, CHECK_IN, PATIENCE, SOON, demonstration, has_lost_power, verifies};
use crate::common::{NONCE, Run, TEST_CARD_NOW};
use kazasu_test_pcscd::PrivatePcscd;
use kazasu_virtual_card::{Card, Effect, Fault, Issue, Reference, When};
use std::thread::sleep;
use std::time::Duration;

fn without_extended_length() -> Card {
    let mut issue = Issue::demonstration().seed(1);
    issue.settings.extended_length = false;
    Card::issue(issue).unwrap()
}

#[test]
fn verifies_under_the_anchor_that_was_named_and_under_no_other() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let verified = bench.check_in("--reader pcsc --anchor root.der", "1234");
    assert_eq!(verified.end(), (0, "verified"));
    assert_eq!(verified.value["trust"]["hierarchy"], "custom");
    assert_eq!(verified.value["challenge"]["verified"], true);
    assert_eq!(verified.value["status_cleared"], "power_off");
    // A wrong PIN, which must not even be asked for.
    slot.clear_log();
    let refused = bench.check_in("--reader pcsc", "9876");
    assert_eq!(refused.end(), (16, "not_trusted"));
    assert_eq!(refused.value["challenge"]["verified"], false);
    assert_eq!(verifies(&slot), 0);
    assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
    assert!(has_lost_power(&slot), "the card kept its power");
}

#[test]
fn the_evidence_is_good_without_a_card() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.demonstration();
    let line = format!("--reader pcsc --anchor root.der --nonce {NONCE} --evidence evidence.json");
    assert_eq!(bench.check_in(&line, "1234").code, 0);
    let line = format!("verify --evidence evidence.json --nonce {NONCE} --anchor root.der");
    assert_eq!(bench.folder.call(&line).json("verify").end(), (0, "verified"));
}

#[test]
fn needs_the_commands_that_it_needs_in_process() {
    let Some(bench) = Bench::take() else { return };
    for (card, options, commands, by_rule) in [
        (demonstration(), "", 5, 0),
        (without_extended_length(), "", 12, 1),
        (without_extended_length(), "--extended-length off", 11, 0),
    ] {
        let slot = bench.insert(0, card);
        slot.clear_log();
        let answer = bench.check_in(&format!("--reader pcsc --anchor root.der {options}"), "1234");
        assert_eq!(answer.end(), (0, "verified"), "{options}");
        let exchange = &answer.value["exchange"];
        assert_eq!(exchange["commands"], commands, "{options}: {exchange}");
        assert!(exchange["commands_by_rule"].as_u64().unwrap() <= by_rule, "{exchange}");
        // What the card saw is what the program says.
        assert_eq!(slot.counts().commands, commands, "{options}");
        assert_eq!(exchange["bytes_sent"], slot.counts().bytes_received);
        assert_eq!(exchange["bytes_received"], slot.counts().bytes_sent);
    }
}

#[test]
fn a_reader_is_named_whole_or_in_part() {
    let Some(bench) = Bench::take() else { return };
    let slots = [bench.insert(0, demonstration()), bench.insert(1, demonstration())];
    for (name, slot) in [
        (PrivatePcscd::reader(0), 0),
        (PrivatePcscd::reader(1), 1),
        ("00 00".to_owned(), 0),
        ("00 01".to_owned(), 1),
    ] {
        slots.iter().for_each(kazasu_virtual_card::vpcd::Slot::clear_log);
        let reader = format!("pcsc:{name}");
        let line = ["check-in", "--json", "--pin-stdin", "--anchor", "root.der", "--reader"];
        let mut program = bench.start_with(line.into_iter().chain([reader.as_str()]));
        program.enter("1234");
        assert_eq!(program.json("check-in", PATIENCE).end(), (0, "verified"), "{name}");
        assert_eq!(verifies(&slots[slot]), 1, "{name}");
        assert_eq!(slots[1 - slot].counts().commands, 0, "{name}");
    }
    // A part that several have.
    let mut program = bench.start_with(["check-in", "--reader", "pcsc:Virtual PCD"]);
    listed(&program.wait(SOON));
    // Nobody has it.
    let answer = bench.check_in("--reader pcsc:Nonsuch --wait 0 --anchor root.der", "1234");
    assert_eq!(answer.end(), (15, "no_reader"));
}

/// A usage error that names both readers as they are to be named.
fn listed(run: &Run) {
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    for slot in [0, 1] {
        assert!(run.err.contains(&format!("'pcsc:{}'", PrivatePcscd::reader(slot))), "{run:?}");
    }
}

#[test]
fn several_my_number_cards_are_listed_and_none_is_taken() {
    let Some(bench) = Bench::take() else { return };
    let slots = [bench.insert(0, demonstration()), bench.insert(1, demonstration())];
    let mut program = bench.start(CHECK_IN);
    listed(&program.wait(SOON));
    for slot in &slots {
        assert_eq!(slot.counts().commands, 1, "SELECT and no more");
        assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
    }
}

#[test]
fn the_only_my_number_card_is_the_one_that_is_meant() {
    let Some(bench) = Bench::take() else { return };
    for at in [0, 1] {
        let card = bench.insert(at, demonstration());
        let beside = bench.foreign(1 - at);
        let answer = bench.check_in("--reader pcsc --anchor root.der --wait 0", "1234");
        assert_eq!(answer.end(), (0, "verified"), "{answer:?}");
        assert_eq!(verifies(&card), 1);
        assert_eq!(verifies(&beside), 0);
        beside.remove();
        let answer = bench.check_in("--reader pcsc --anchor root.der --wait 0", "1234");
        assert_eq!(answer.end(), (0, "verified"), "beside nothing: {answer:?}");
    }
}

#[test]
fn a_card_that_is_none_is_named() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.foreign(0);
    let answer = bench.check_in("--reader pcsc --anchor root.der --wait 0", "1234");
    assert_eq!(answer.end(), (13, "not_a_my_number_card"));
    let _other = bench.foreign(1);
    let answer = bench.check_in("--reader pcsc --anchor root.der --wait 0", "1234");
    assert_eq!(answer.end(), (13, "not_a_my_number_card"));
}

#[test]
fn a_card_that_breaks_beside_a_foreign_one_is_not_called_foreign() {
    let Some(bench) = Bench::take() else { return };
    let _beside = bench.foreign(0);
    for (effect, codes) in
        [(Effect::drop_before(), &[14, 20, 28][..]), (Effect::no_answer(), &[26])]
    {
        let slot = bench.insert(1, demonstration());
        slot.push_fault(Fault::once(When::Ins(0xA4), effect.clone()));
        let mut program = bench.start(&format!("{CHECK_IN} --json --pin-stdin"));
        let answer = program.json("check-in", PATIENCE);
        assert!(codes.contains(&answer.code), "{effect:?}: {answer:?}");
        assert_eq!(verifies(&slot), 0);
        // Every client of the service waits for a silent card, until somebody takes it away.
        slot.remove();
        drop(slot);
        sleep(Duration::from_millis(600));
    }
}

#[test]
fn a_jpki_test_card_needs_its_hierarchy_and_its_keys() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.insert(0, Card::issue(Issue::test_card()).unwrap());
    let now = format!("--reader pcsc --now {TEST_CARD_NOW}");
    assert_eq!(bench.check_in(&now, "1234").end(), (16, "not_trusted"));
    let test = format!("{now} --test-hierarchy");
    assert_eq!(bench.check_in(&test, "1234").end(), (19, "signature_wrong"));
}

#[test]
fn without_a_card_it_waits_as_long_as_it_is_told() {
    let Some(bench) = Bench::take() else { return };
    let mut program = bench.start(&format!("{CHECK_IN} --json"));
    assert_eq!(program.json("check-in", SOON).end(), (15, "no_card"));
    let mut program = bench.start("check-in --reader pcsc --anchor root.der --wait 1 --json");
    assert_eq!(program.json("check-in", PATIENCE).end(), (15, "no_card"));
    let time = program.time();
    assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&time), "{time:?}");
}

#[test]
fn a_card_that_comes_later_is_taken() {
    let Some(bench) = Bench::take() else { return };
    // For people and for scripts; each says what to do, and only once.
    for json in ["", " --json"] {
        let mut program =
            bench.start(&format!("check-in --reader pcsc --anchor root.der --pin-stdin{json}"));
        let asked = "Place the My Number card on the reader.";
        bench.wait_for("it asks for the card", || {
            let text = if json.is_empty() { program.out() } else { program.err() };
            text.contains(asked)
        });
        sleep(Duration::from_millis(300));
        assert!(program.is_running());
        program.enter("1234");
        let _slot = bench.demonstration();
        let run = program.wait(PATIENCE);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(
            [&run.out, &run.err].map(|text| text.matches(asked).count()).iter().sum::<usize>(),
            1
        );
        drop(_slot);
        bench.wait_for("the slot is empty", || {
            crate::raw::list().iter().all(|reader| !reader.has_card())
        });
    }
}

#[test]
fn a_foreign_card_makes_way_for_the_right_one() {
    let Some(bench) = Bench::take() else { return };
    let beside = bench.foreign(0);
    let other = bench.foreign(1);
    let mut program =
        bench.start("check-in --reader pcsc --anchor root.der --pin-stdin --json --wait 15");
    program.enter("1234");
    bench.wait_for("both were looked at", || {
        beside.counts().commands > 0 && other.counts().commands > 0
    });
    other.remove();
    sleep(Duration::from_millis(600));
    assert!(program.is_running(), "it took the foreign card that is left");
    let _slot = bench.insert(1, demonstration());
    assert_eq!(program.json("check-in", PATIENCE).end(), (0, "verified"));
}
