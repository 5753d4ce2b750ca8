//! `--air-time`: figures of a model for a session over any reader, from its lengths alone.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Answer, Call, Folder};
use serde_json::Value;

/// A member of the model's object.
fn of<'v>(answer: &'v Answer, name: &str) -> &'v Value {
    &answer.value["air_time"][name]
}

fn number(answer: &Answer, name: &str) -> f64 {
    of(answer, name).as_f64().unwrap()
}

/// The air at each bit rate, the slowest first.
fn rates(answer: &Answer) -> Vec<f64> {
    let rates = of(answer, "rates").as_array().unwrap();
    assert_eq!(rates.iter().map(|it| &it["kbps"]).collect::<Vec<_>>(), [106, 212, 424, 848]);
    rates.iter().map(|it| it["air_ms"].as_f64().unwrap()).collect()
}

#[test]
fn a_check_in_has_its_time_in_text_and_in_json() {
    let answer = Call::new("check-in --air-time").json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(
        (of(&answer, "basis"), of(&answer, "declared_by")),
        (&"model".into(), &"known_card".into())
    );
    assert_eq!(
        (number(&answer, "kbps_to_card"), number(&answer, "kbps_from_card")),
        (424.0, 424.0)
    );
    // SELECT, READ, tries, VERIFY, SIGN.
    assert_eq!(number(&answer, "card_ms"), 39.0 + 12.0 + 12.0 + 61.0 + 712.0);
    let rates = rates(&answer);
    assert!(rates.is_sorted_by(|a, b| a > b), "{rates:?}");
    assert_eq!(number(&answer, "air_ms"), rates[2]);
    // 92 bytes of commands, 1858 of answers, in frames with 3 bytes around each part, after the
    // activation: about 0.2 s at 106 kbit/s.
    assert!((190.0..220.0).contains(&rates[0]), "{rates:?}");

    let run = Call::new("check-in --air-time --lang en").run();
    assert_eq!(run.code, 0);
    let line = run.out.lines().find(|line| line.starts_with("Over NFC, by a model: ")).unwrap();
    assert!(line.contains("air 0.0") && line.contains("card 0.84 s"), "{line}");
    for text in
        ["424 kbit/s as most known cards declare", "Nothing of it was measured", "848 kbit/s 0.0"]
    {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let run = Call::new("check-in --air-time --lang ja").run();
    for text in ["計算値", "通信 0.0", "カード 0.84秒", "実測値ではありません"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
}

#[test]
fn without_the_option_nothing_is_said() {
    let answer = Call::new("check-in").json("check-in");
    assert_eq!(answer.value.get("air_time"), None);
    assert!(!Call::new("check-in").run().out.contains("NFC"));
}

#[test]
fn every_job_with_a_card_has_it() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let reader = "--reader virtual:card.json --air-time";
    let attributes = folder.call(&format!("attributes {reader}")).codes(&["2345"]);
    let attributes = attributes.json("attributes");
    assert_eq!(attributes.code, 0);
    assert!(number(&attributes, "air_ms") > 1.0);
    let face = folder.call(&format!("card-face show {reader}"));
    let face = face.codes(&[&folder.number_b("card.json")]).json("card-face");
    // Its photo is the most of it.
    assert!(rates(&face)[0] > rates(&attributes)[0]);
    let status = folder.call(&format!("pin status {reader}")).json("pin-status");
    assert!(number(&status, "frames") > 4.0);
    folder.write("text", "text");
    let sign = folder.call(&format!("sign --key auth --in text --out sig {reader}"));
    assert!(number(&sign.secrets(&["1234"]).json("sign"), "card_ms") > 712.0);
    let cert = folder.call(&format!("cert show --kind auth {reader}")).json("cert-show");
    assert_eq!(number(&cert, "card_ms"), 39.0 + 12.0);
}

#[test]
fn a_run_that_failed_has_the_time_of_what_was_exchanged() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let call = folder.call("check-in --reader virtual:card.json --air-time").secrets(&["9876"]);
    let answer = call.json("check-in");
    assert_eq!(answer.end(), (10, "pin_wrong"));
    assert!(number(&answer, "card_ms") < 712.0);
    // A card that cannot be opened has none.
    let answer = folder.call("check-in --reader virtual:none.json --air-time").json("check-in");
    assert_eq!(answer.code, 3);
    assert_eq!(answer.value.get("air_time"), None);
}

#[test]
fn rates_and_times_can_be_set() {
    let slow = Call::new("check-in --air-time --air-rate 106").json("check-in");
    assert_eq!(number(&slow, "kbps_from_card"), 106.0);
    assert_eq!(number(&slow, "air_ms"), rates(&slow)[0]);
    let line = "check-in --air-time --card-times signature=500,read-byte=0.5";
    let answer = Call::new(line).json("check-in");
    let times = of(&answer, "card_times_ms");
    assert_eq!(
        (times["signature"].as_f64(), times["read_byte"].as_f64()),
        (Some(500.0), Some(0.5))
    );
    assert_eq!(times["select"].as_f64(), Some(39.0));
    let longer = number(&answer, "card_ms") - (39.0 + 12.0 + 12.0 + 61.0 + 500.0);
    // Half a millisecond for each byte of the certificate.
    assert!((700.0..900.0).contains(&longer), "{longer}");
}

#[test]
fn a_phone_is_another_card() {
    let folder = Folder::new();
    folder.issue("phone.json", "--token iphone");
    let call = folder.call("pin status --reader virtual:phone.json --air-time");
    let answer = call.json("pin-status");
    assert_eq!(of(&answer, "declared_by"), "phone");
    assert_eq!(number(&answer, "kbps_to_card"), 848.0);
}

#[test]
fn wrong_values_are_usage() {
    for (option, says) in [
        ("--air-time --air-rate 300", "106, 212, 424 or 848"),
        ("--air-time --card-times sign=3", "`sign` is none of"),
        ("--air-time --card-times select", "is not NAME=MS"),
        ("--air-time --card-times select=-1", "between 0 and 60000"),
        ("--air-time --card-times select=NaN", "between 0 and 60000"),
        ("--air-rate 106", "--air-time"),
    ] {
        let said = Call::new(&format!("check-in {option}")).usage();
        assert!(said.contains(says), "{option}: {said}");
    }
}
