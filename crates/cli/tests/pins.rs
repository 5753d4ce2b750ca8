//! `kazasu pin status`, `kazasu pin change` and the cards in files.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Call, Folder, PASSWORD, PIN, WRONG_PIN};
use serde_json::{Value, json};

fn states(value: &Value) -> Vec<(&str, Option<u64>, &str)> {
    let pins = value["pins"].as_array().unwrap();
    pins.iter()
        .map(|pin| {
            let of = |name: &str| pin[name].as_str().unwrap();
            (of("reference"), pin["tries_left"].as_u64(), of("state"))
        })
        .collect()
}

#[test]
fn the_counters_of_all_references() {
    let folder = Folder::new();
    folder.issue("card.json", "--tries 2");
    let before = folder.read("card.json");
    let all = |auth, state| {
        vec![
            ("auth", Some(auth), state),
            ("sign", Some(5), "open"),
            ("text", Some(3), "open"),
            ("basic_resident", Some(3), "open"),
            ("common", Some(3), "open"),
        ]
    };
    for line in ["pin status --reader virtual:card.json", "card show card.json"] {
        let schema = if line.starts_with("pin") { "pin-status" } else { "card" };
        let answer = folder.call(line).json(schema);
        assert_eq!(answer.end(), (0, "done"));
        assert_eq!(states(&answer.value), all(2, "open"), "{line}");
    }
    assert_eq!(folder.read("card.json"), before);
    folder.issue("blocked.json", "--tries 0");
    let answer = folder.call("pin status --reader virtual:blocked.json").json("pin-status");
    assert_eq!(states(&answer.value), all(0, "blocked"));
    let run = folder.call("pin status --reader virtual:blocked.json").run();
    assert!(run.out.contains("PIN for user authentication: blocked"), "{}", run.out);
    let run = folder.call("pin status --reader virtual:blocked.json --lang ja").run();
    assert!(run.out.contains("利用者証明用の暗証番号: ロック中"), "{}", run.out);
    // A phone has the JPKI application alone.
    folder.issue("phone.json", "--token android");
    let answer = folder.call("pin status --reader virtual:phone.json").json("pin-status");
    assert_eq!(
        states(&answer.value)[2..],
        [("text", None, "absent"), ("basic_resident", None, "absent"), ("common", None, "absent")]
    );
}

#[test]
fn a_changed_pin_is_the_only_one_taken() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    for (kind, old, new, full) in
        [("auth", PIN, "4321", 3), ("sign", PASSWORD, "SECRET99", 5), ("text", "2345", "5432", 3)]
    {
        let line = format!("pin change --kind {kind} --reader virtual:card.json");
        let change =
            |from: &str, to: &str| folder.call(&line).secrets(&[from, to]).json("pin-change");
        let answer = change(old, new);
        assert_eq!(answer.end(), (0, "done"), "{kind}");
        assert_eq!(answer.value["tries_left"], full);
        let answer = change(old, new);
        assert_eq!(answer.end(), (10, "pin_wrong"), "{kind}: the old one is refused");
        assert_eq!(answer.value["tries_left"], full - 1);
        assert_eq!(change(new, old).end(), (0, "done"), "{kind}: the new one is taken");
        assert_eq!(change(old, new).end(), (0, "done"), "{kind}");
    }
    let check_in = |pin: &str| {
        folder.call("check-in --reader virtual:card.json").secrets(&[pin]).json("check-in")
    };
    assert_eq!(check_in(PIN).end(), (10, "pin_wrong"));
    assert_eq!(check_in("4321").end(), (0, "verified"));
    let show = |password: &str| {
        let call = folder.call("cert show --kind sign --reader virtual:card.json");
        call.secrets(&[password]).json("cert-show").code
    };
    assert_eq!((show(PASSWORD), show("SECRET99")), (10, 0));
}

#[test]
fn a_change_of_a_wrong_form_touches_no_card() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    let line = "pin change --kind auth --reader virtual:card.json";
    for secrets in [&[][..], &[PIN], &[PIN, "123"], &[PIN, "abcd"], &["12", "4321"], &["", ""]] {
        let error = folder.call(line).secrets(secrets).usage();
        assert!(error.to_lowercase().contains("no try was used"), "{error}");
    }
    let error = folder.call(line).usage();
    assert!(error.contains("--pin-stdin"), "{error}");
    let sign = folder.call("pin change --kind sign --reader virtual:card.json");
    sign.secrets(&[PASSWORD, "lower123"]).usage();
    for kind in ["common", "juki", ""] {
        folder.call("pin change --kind").argument(kind).usage();
    }
    assert_eq!(folder.read("card.json"), before);
}

#[test]
fn the_last_try_of_a_change_is_guarded_too() {
    let folder = Folder::new();
    folder.issue("card.json", "--tries 1");
    let before = folder.read("card.json");
    let line = "pin change --kind auth --reader virtual:card.json";
    let answer = folder.call(line).secrets(&[WRONG_PIN, "4321"]).json("pin-change");
    assert_eq!(answer.end(), (12, "last_try_refused"));
    assert_eq!(answer.value["tries_left"], 1);
    assert_eq!(folder.read("card.json"), before);
    let confirmed = format!("{line} --confirm-last-try");
    let answer = folder.call(&confirmed).secrets(&[PIN, "4321"]).json("pin-change");
    assert_eq!(answer.end(), (0, "done"));
    folder.issue("blocked.json", "--tries 0");
    let line = "pin change --kind auth --reader virtual:blocked.json --confirm-last-try";
    let answer = folder.call(line).secrets(&[PIN, "4321"]).json("pin-change");
    assert_eq!(answer.end(), (11, "pin_blocked"));
}

#[test]
fn a_phone_has_no_pin_for_input_support() {
    let folder = Folder::new();
    folder.issue("phone.json", "--token iphone");
    let call = folder.call("pin change --kind text --reader virtual:phone.json");
    let answer = call.secrets(&[PIN, "4321"]).json("pin-change");
    assert_eq!(answer.end(), (29, "no_application"));
    let message = answer.value["message"].as_str().unwrap();
    assert!(message.contains("券面事項入力補助AP") && message.contains("phone"), "{message}");
}

#[test]
fn cards_are_issued_as_asked() {
    let folder = Folder::new();
    folder.issue("card.json", "--pin 7351 --password ABC123 --no-extended-length");
    let answer = folder.call("card show card.json").json("card");
    let card = &answer.value["card"];
    assert_eq!(card["token"], "card");
    assert_eq!(card["extended_length"], false);
    assert_eq!(card["holder"], json!({"name": "***", "address": "***", "birth": "***"}));
    assert_eq!(card["certificates"].as_array().map(Vec::len), Some(2));
    let check_in = folder.call("check-in --reader virtual:card.json").secrets(&["7351"]);
    assert_eq!(check_in.json("check-in").code, 0);

    // An existing card is not overwritten.
    let before = folder.read("card.json");
    let again = folder.call("card issue --out card.json").json("card");
    assert_eq!(again.end(), (3, "file_error"));
    assert_eq!(folder.read("card.json"), before);

    // Fresh keys are nobody else's.
    let key = |name: &str| {
        let value: Value = serde_json::from_slice(&folder.read(name)).unwrap();
        value["card"]["applications"][0]["files"]["0017"]["key"]["source"].clone()
    };
    folder.issue("fresh.json", "--fresh-keys");
    assert!(key("fresh.json").get("fresh").is_some(), "{}", key("fresh.json"));
    let check_in = folder.call("check-in --reader virtual:fresh.json").secrets(&[PIN]);
    assert_eq!(check_in.json("check-in").code, 0);

    let test = folder.call("card issue --out test.json --test-card --json").run();
    assert_eq!(test.code, 0, "{}", test.err);
    let answer = folder.call("card show test.json").json("card");
    assert!(answer.value["card"]["holder"].is_null());
    let answer = folder.call("card root --card test.json --out root.der").json("card");
    assert_eq!(answer.end(), (3, "file_error"));
    assert!(!folder.has("root.der"));

    for options in [
        "--pin 123",
        "--pin 12x4",
        "--password short",
        "--password lowercase1",
        "--tries 4",
        "--tries -1",
        "--not-after tomorrow",
        "--not-after 2027-02-30",
        "--token watch",
        "--test-card --fresh-keys",
        "--test-card --not-after 2030-01-01",
    ] {
        folder.call(&format!("card issue --out other.json {options}")).usage();
        assert!(!folder.has("other.json"), "{options}");
    }
    let nowhere = folder.call("card issue --out no/such/folder/card.json").json("card");
    assert_eq!(nowhere.end(), (3, "file_error"));
}

#[test]
fn no_secret_is_an_argument_but_the_invented_ones() {
    for line in [
        "check-in --pin 1234",
        "check-in --password TEST1234",
        "cert show --kind sign --password TEST1234",
        "sign --key auth --in x --out y --pin 1234",
        "pin change --kind auth --new 1234",
        "pin change --kind auth --pin 1234",
        "pin change --kind auth 1234 4321",
    ] {
        Call::new(line).usage();
    }
}
