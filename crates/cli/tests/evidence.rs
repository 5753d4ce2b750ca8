//! Evidence in the months of grace: only where a card is said to hold the keys.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Folder, NONCE, OTHER_NONCE, PIN, holds};
use serde_json::{Value, json};

const DATES: &str = "--issued 2022-04-01 --not-after 2027-03-10";
const VALID: &str = "2026-01-01T00:00:00Z";
const GRACE: &str = "2027-04-01T00:00:00Z";

/// A folder with the evidence of a check-in with such a card at that moment.
fn checked_in(token: &str, now: &str, code: i32) -> (Folder, Value) {
    let folder = Folder::new();
    folder.issue("card.json", &format!("--token {token} {DATES}"));
    assert_eq!(folder.call("card root --card card.json --out root.der").run().code, 0);
    let line = "check-in --reader virtual:card.json --evidence evidence.json";
    let call = folder.call(&format!("{line} --nonce {NONCE} --now {now}"));
    assert_eq!(call.secrets(&[PIN]).json("check-in").code, code);
    let evidence = serde_json::from_slice(&folder.read("evidence.json")).unwrap();
    holds("evidence", &evidence).unwrap();
    (folder, evidence)
}

fn verify(folder: &Folder, now: &str) -> (i32, String) {
    let line = format!("verify --evidence evidence.json --nonce {NONCE} --anchor root.der");
    let answer = folder.call(&format!("{line} --now {now}")).json("verify");
    let (code, outcome) = answer.end();
    (code, outcome.to_owned())
}

#[test]
fn a_card_in_grace_is_in_grace_for_the_judge_too() {
    let (folder, evidence) = checked_in("card", GRACE, 21);
    assert_eq!(evidence["token"], "my_number_card");
    assert_eq!(verify(&folder, GRACE), (21, "verified_in_grace".to_owned()));
}

#[test]
fn a_phone_has_no_grace_for_the_judge_either() {
    for token in ["android", "iphone"] {
        let (folder, mut evidence) = checked_in(token, VALID, 0);
        assert_eq!(evidence["token"], Value::Null, "it did not matter");
        assert_eq!(verify(&folder, VALID), (0, "verified".to_owned()));
        // Not said, and said to be something else than a card.
        assert_eq!(verify(&folder, GRACE), (17, "over".to_owned()), "{token}");
        for name in [token, "basic_resident_card", "other"] {
            evidence["token"] = json!(name);
            holds("evidence", &evidence).unwrap();
            folder.write("evidence.json", evidence.to_string());
            assert_eq!(verify(&folder, GRACE), (17, "over".to_owned()), "{name}");
            assert_eq!(verify(&folder, VALID), (0, "verified".to_owned()), "{name}");
        }
        evidence["token"] = json!("card");
        assert!(holds("evidence", &evidence).is_err());
        folder.write("evidence.json", evidence.to_string());
        assert_eq!(verify(&folder, VALID), (3, "file_error".to_owned()));
    }
}

#[test]
fn what_is_to_be_judged_and_which_challenge_is_other_is_named() {
    let folder = Folder::new();
    let run = folder.call("verify").run();
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--evidence") && run.err.contains("--in"), "{}", run.err);

    folder.issue("card.json", "");
    assert_eq!(folder.call("card root --out root.der").run().code, 0);
    let line = format!("check-in --reader virtual:card.json --nonce {NONCE} --evidence made.json");
    assert_eq!(folder.call(&line).secrets(&[PIN]).run().code, 0);
    let line = format!("verify --evidence made.json --nonce {OTHER_NONCE} --anchor root.der");
    let answer = folder.call(&line).json("verify");
    assert_eq!(answer.end(), (19, "signature_wrong"));
    assert!(answer.value["message"].as_str().unwrap().contains("another challenge"));
}
