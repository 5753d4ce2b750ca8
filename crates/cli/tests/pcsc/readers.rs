//! `readers` and `doctor`.

use crate::bench::{Bench, PATIENCE, SOON, demonstration, has_lost_power, verifies};
use crate::common::{TEST_CARD_NOW, holds};
use crate::raw::Client;
use kazasu_pcsc::service::ShareMode;
use kazasu_test_pcscd::PrivatePcscd;
use kazasu_virtual_card::{Card, Date, Effect, Fault, Issue, Reference, When};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

fn states(bench: &Bench) -> Vec<(String, String)> {
    let answer = bench.start("readers --json").json("readers", SOON);
    assert_eq!(answer.end(), (0, "done"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let readers = answer.value["readers"].as_array().unwrap();
    readers.iter().map(|reader| (text(&reader["name"]), text(&reader["state"]))).collect()
}

#[test]
fn readers_are_listed_with_what_is_on_them() {
    let Some(bench) = Bench::take() else { return };
    let names = [0, 1].map(PrivatePcscd::reader);
    let with = |first: &str, second: &str| {
        vec![(names[0].clone(), first.to_owned()), (names[1].clone(), second.to_owned())]
    };
    assert_eq!(states(&bench), with("empty", "empty"));
    let slot = bench.insert(1, demonstration());
    assert_eq!(states(&bench), with("empty", "card"));
    let answer = bench.start("readers --json").json("readers", SOON);
    let atr = slot.with_card(|card| card.atr().to_vec());
    let atr: String = atr.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer.value["readers"][1]["atr"], atr);
    let run = bench.start("readers").wait(SOON);
    assert_eq!((run.code, run.out.lines().count()), (0, 2), "{run:?}");
    let other = Client::connect(1, ShareMode::Exclusive);
    assert_eq!(states(&bench), with("empty", "in_use"));
    drop(other);
    assert_eq!(slot.counts().commands, 0, "listing asks the card nothing");
}

#[test]
fn readers_are_watched() {
    let Some(bench) = Bench::take() else { return };
    let mut program = bench.start("readers --watch --json");
    let seen = |program: &crate::bench::Program| -> Vec<Value> {
        let out = program.out();
        let events: Vec<Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for event in &events {
            holds("reader-event", event).unwrap();
        }
        events
    };
    let event = |event: &str, slot| json!({ "event": event, "reader": PrivatePcscd::reader(slot) });
    bench.wait_for("both readers", || seen(&program).len() == 2);
    assert_eq!(seen(&program), [event("plugged", 0), event("plugged", 1)]);
    let slot = bench.insert(1, demonstration());
    bench.wait_for("card in", || seen(&program).contains(&event("card_in", 1)));
    // pcscd wakes nobody because a program uses the card; it is told with the next event.
    let other = Client::connect(1, ShareMode::Exclusive);
    drop(other);
    slot.remove();
    bench.wait_for("card out", || seen(&program).contains(&event("card_out", 1)));
    slot.insert().unwrap();
    let came = |events: &[Value]| events.iter().filter(|it| **it == event("card_in", 1)).count();
    bench.wait_for("card in again", || came(&seen(&program)) == 2);
    assert!(
        !seen(&program)
            .iter()
            .any(|event| event["reader"] == PrivatePcscd::reader(0) && event["event"] != "plugged")
    );
    program.signal("INT");
    assert_eq!(program.wait(SOON).code, 27);
}

#[test]
fn a_watch_outlives_the_service() {
    let Some(mut bench) = Bench::own() else { return };
    let mut program = bench.start("readers --watch --json");
    let count = |program: &crate::bench::Program, what: &str| {
        program.out().matches(&format!("\"{what}\"")).count()
    };
    bench.wait_for("both readers", || count(&program, "plugged") == 2);
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    bench.wait_for("service down", || count(&program, "service_down") == 1);
    bench.pcscd.as_mut().unwrap().restart().unwrap();
    bench.wait_for("service up", || count(&program, "service_up") == 1);
    bench.wait_for("both readers again", || count(&program, "plugged") == 4);
    let slot = bench.demonstration();
    bench.wait_for("card in", || count(&program, "card_in") == 1);
    drop(slot);
    program.signal("TERM");
    let run = program.wait(SOON);
    assert_eq!(run.code, 27);
    for line in run.out.lines() {
        holds("reader-event", &serde_json::from_str(line).unwrap()).unwrap();
    }
}

#[test]
fn without_the_service_readers_and_doctor_say_so() {
    let Some(mut bench) = Bench::own() else { return };
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    let answer = bench.start("readers --json").json("readers", SOON);
    assert_eq!(answer.end(), (24, "service_down"));
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (24, "service_down".to_owned()));
    assert_eq!(states_of(&findings, "service"), ["bad"]);
    assert!(findings.iter().all(|finding| finding["check"] != "readers"));
}

fn doctor(bench: &Bench, options: &str) -> ((i32, String), Vec<Value>) {
    let line = format!("doctor --json {options}");
    let answer = bench.start(&line).json("doctor", PATIENCE);
    let end = answer.end();
    let end = (end.0, end.1.to_owned());
    (end, answer.value["findings"].as_array().unwrap().clone())
}

fn states_of<'f>(findings: &'f [Value], check: &str) -> Vec<&'f str> {
    let of = findings.iter().filter(|finding| finding["check"] == check);
    of.map(|finding| finding["state"].as_str().unwrap()).collect()
}

fn found(findings: &[Value], check: &str, text: &str) -> bool {
    findings.iter().any(|finding| {
        finding["check"] == check && finding["found"].as_str().unwrap().contains(text)
    })
}

#[test]
fn the_doctor_finds_nothing_where_all_is_well() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (0, "done".to_owned()), "{findings:#?}");
    for check in ["clock", "service", "reader", "driver", "card", "extended length"] {
        assert!(!states_of(&findings, check).is_empty(), "{check}: {findings:#?}");
    }
    assert!(found(&findings, "card", "My Number card"));
    assert!(found(&findings, "extended length", "taken"));
    assert_eq!(verifies(&slot), 0, "no PIN is used");
    assert!(has_lost_power(&slot), "the card kept its power");
    let run = bench.start("doctor --lang ja").wait(SOON);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
}

#[test]
fn the_doctor_names_each_finding() {
    let Some(bench) = Bench::take() else { return };
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (15, "no_card".to_owned()));
    assert!(states_of(&findings, "card").contains(&"bad"));
    let (end, findings) = doctor(&bench, "--reader Nonsuch");
    assert_eq!(end, (15, "no_reader".to_owned()));
    assert_eq!(states_of(&findings, "readers"), ["bad"]);

    let slot = bench.foreign(0);
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (15, "no_card".to_owned()), "{findings:#?}");
    assert!(states_of(&findings, "card").contains(&"remark"));
    drop(slot);
    sleep(Duration::from_millis(600));

    let mut issue = Issue::demonstration().seed(1);
    issue.settings.extended_length = false;
    let slot = bench.insert(0, Card::issue(issue).unwrap());
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end.0, 0, "{findings:#?}");
    assert!(found(&findings, "extended length", "refused"));
    let other = Client::connect(0, ShareMode::Exclusive);
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (23, "in_use".to_owned()), "{findings:#?}");
    assert!(!found(&findings, "card", "no My Number card"), "{findings:#?}");
    drop(other);
    drop(slot);
    sleep(Duration::from_millis(600));

    // A card whose certificate begins later than now.
    let year = &TEST_CARD_NOW[..4].parse::<u16>().unwrap();
    let mut issue = Issue::demonstration().seed(1);
    issue.issued = Date::new(year + 20, 1, 1).unwrap();
    let slot = bench.insert(0, Card::issue(issue).unwrap());
    let (end, findings) = doctor(&bench, "");
    assert_eq!(end, (17, "not_yet_valid".to_owned()), "{findings:#?}");
    drop(slot);
    sleep(Duration::from_millis(600));

    // One that has ended, with its months of grace and within them.
    let today = Date::today();
    let last_month = match today.month() {
        1 => Date::new(today.year() - 1, 12, 1),
        month => Date::new(today.year(), month - 1, 1),
    };
    let last_month = last_month.unwrap();
    for (issued, not_after, end, state) in [
        (Date::new(2020, 1, 1).unwrap(), Date::new(2021, 1, 1).unwrap(), (17, "over"), "bad"),
        (Date::new(2022, 1, 1).unwrap(), last_month, (0, "done"), "remark"),
    ] {
        let mut issue = Issue::demonstration().seed(1);
        (issue.issued, issue.not_after) = (issued, Some(not_after));
        let slot = bench.insert(0, Card::issue(issue).unwrap());
        let (ended, findings) = doctor(&bench, "");
        assert_eq!(ended, (end.0, end.1.to_owned()), "{findings:#?}");
        assert_eq!(states_of(&findings, "clock"), ["ok", state], "{findings:#?}");
        assert!(found(&findings, "clock", "or the clock is ahead"), "{findings:#?}");
        drop(slot);
        sleep(Duration::from_millis(600));
    }

    // As a phone, which shows its certificate after the PIN only.
    let mut issue = Issue::demonstration().seed(1);
    issue.auth_certificate_needs_pin = Some(true);
    let _slot = bench.insert(0, Card::issue(issue).unwrap());
    let (end, findings) = doctor(&bench, "");
    assert_eq!(states_of(&findings, "certificate"), ["remark"], "{findings:#?}");
    assert_eq!(end.0, 0, "{findings:#?}");
}

/// Neither a card that is something else nor one that is well.
#[test]
fn the_doctor_tells_a_broken_exchange_from_a_foreign_card() {
    let Some(bench) = Bench::take() else { return };
    let (select, read) = (When::Ins(0xA4), When::Ins(0xB0));
    for (when, effect, codes) in [
        (select, Effect::drop_before(), &[14, 20, 28][..]),
        (select, Effect::Cut(1), &[14, 20, 28]),
        (read, Effect::drop_before(), &[14, 20, 28]),
        (read, Effect::Cut(300), &[14, 20, 28]),
        (select, Effect::no_answer(), &[26]),
        (read, Effect::no_answer(), &[26]),
    ] {
        let context = format!("{when:?}, {effect:?}");
        let check = if when == select { "card" } else { "certificate" };
        let slot = bench.demonstration();
        slot.push_fault(Fault::once(when, effect));
        let (end, findings) = doctor(&bench, "");
        assert!(codes.contains(&end.0), "{context}: {end:?} {findings:#?}");
        assert!(states_of(&findings, check).contains(&"bad"), "{context}: {findings:#?}");
        assert!(!found(&findings, "card", "not a My Number card"), "{context}: {findings:#?}");
        assert!(!found(&findings, "card", "no My Number card"), "{context}: {findings:#?}");
        // Every client of the service waits for a silent card, until somebody takes it away.
        slot.remove();
        drop(slot);
        sleep(Duration::from_millis(600));
    }
}

/// Of several readers one is enough, unless another one was asked for.
#[test]
fn the_doctor_judges_by_the_reader_that_was_asked_for() {
    let Some(bench) = Bench::take() else { return };
    let names = [0, 1].map(PrivatePcscd::reader);
    let _good = bench.demonstration();
    let _held = bench.insert(1, demonstration());
    let other = Client::connect(1, ShareMode::Exclusive);
    let of = |findings: &[Value], reader: &str, check: &str| -> Vec<String> {
        let of = findings.iter().filter(|it| it["reader"] == reader && it["check"] == check);
        of.map(|it| it["state"].as_str().unwrap().to_owned()).collect()
    };
    let doctor = |reader: &str| {
        let arguments = ["doctor", "--json", "--reader", reader];
        let answer = bench.start_with(arguments).json("doctor", PATIENCE);
        (answer.code, answer.value["findings"].as_array().unwrap().clone())
    };
    // All, by nothing, by how their names begin, and by what they contain.
    let (end, findings) = self::doctor(&bench, "");
    assert_eq!(end.0, 0, "{findings:#?}");
    for reader in ["virtual", "PCD"] {
        let (code, findings) = doctor(reader);
        assert_eq!(code, 0, "{findings:#?}");
        assert_eq!(of(&findings, &names[0], "card"), ["ok"]);
        assert_eq!(of(&findings, &names[1], "card"), ["remark"]);
    }
    assert_eq!(doctor(&names[0]).0, 0);
    // As a check-in takes it.
    assert_eq!(doctor(&format!("pcsc:{}", names[0])).0, 0);
    let (code, findings) = doctor(&names[1]);
    assert_eq!(code, 23, "{findings:#?}");
    assert_eq!(of(&findings, &names[1], "card"), ["bad"]);
    assert!(of(&findings, &names[0], "reader").is_empty(), "{findings:#?}");
    let (code, findings) = doctor("Nonsuch");
    assert_eq!(code, 15);
    assert!(names.iter().all(|name| found(&findings, "readers", name)), "{findings:#?}");
    drop(other);
}

#[test]
fn a_name_that_no_reader_has_ends_at_once_with_those_that_are_there() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.demonstration();
    let names = [0, 1].map(PrivatePcscd::reader);
    let line = "check-in --reader pcsc:Vitrual --pin-stdin";
    let answer = bench.start(&format!("{line} --json")).json("check-in", SOON);
    assert_eq!(answer.end(), (15, "no_reader"));
    let message = answer.value["message"].as_str().unwrap();
    assert!(names.iter().all(|name| message.contains(name)), "{message}");
    assert!(!answer.err.contains("Place") && !answer.err.contains("Connect"), "{}", answer.err);
    let run = bench.start(line).wait(SOON);
    assert_eq!(run.code, 15);
    assert!(names.iter().all(|name| run.out.contains(name)), "{run:?}");
    // Who says how long waits for a reader of that name, and is told so.
    for (wait, asked) in [("0", false), ("1", true)] {
        let mut program = bench.start(&format!("{line} --json --wait {wait}"));
        let answer = program.json("check-in", PATIENCE);
        assert_eq!(answer.end(), (15, "no_reader"));
        assert_eq!(answer.err.contains("Connect the card reader \"Vitrual\""), asked, "{answer:?}");
        assert_eq!(answer.err.contains(&names[0]), asked, "{answer:?}");
        // Counted from when the test had started it.
        assert!(!asked || program.time() >= Duration::from_millis(600), "{:?}", program.time());
    }
}
