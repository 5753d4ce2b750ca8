//! The schemas themselves: that they are schemas, that they agree with the library's outcomes, and
//! that they refuse what is not so. What the program prints is held to them in every other test.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Call, Folder, NONCE, PIN, holds, schemas};
use kazasu::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

const COMMANDS: [&str; 12] = [
    "attributes",
    "card",
    "card-face",
    "cert-show",
    "check-in",
    "doctor",
    "face-photo",
    "pin-change",
    "pin-status",
    "readers",
    "sign",
    "verify",
];
/// Those that are no answer of a command.
const OTHERS: [&str; 4] = ["authority", "common", "evidence", "reader-event"];

fn schema(name: &str) -> Value {
    let path = schemas().join(format!("{name}.schema.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_file_is_a_schema_of_the_right_draft() {
    let mut names: Vec<_> = fs::read_dir(schemas())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".schema.json").map(str::to_owned))
        .collect();
    names.sort();
    let mut expected: Vec<_> = COMMANDS.to_vec();
    expected.extend(OTHERS);
    expected.sort_unstable();
    assert_eq!(names, expected);
    for name in &names {
        let draft = "https://json-schema.org/draft/2020-12/schema";
        assert_eq!(schema(name)["$schema"], draft, "{name}");
        // Compiling checks it against that draft, and finds every reference.
        let _ = holds(name, &Value::Null);
    }
}

/// Objects that list members must not allow others; the schemas are no stricter by accident.
#[test]
fn no_object_allows_more_than_it_lists() {
    fn walk(name: &str, at: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                if members.get("type") == Some(&json!("object")) && members.contains_key("required")
                {
                    assert_eq!(
                        members.get("additionalProperties"),
                        Some(&json!(false)),
                        "{name}{at}"
                    );
                }
                members.iter().for_each(|(key, value)| walk(name, &format!("{at}/{key}"), value));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(i, value)| walk(name, &format!("{at}/{i}"), value));
            }
            _ => {}
        }
    }
    for name in COMMANDS.iter().chain(&OTHERS) {
        walk(name, "", &schema(name));
    }
}

#[test]
fn outcomes_have_the_numbers_that_the_library_gives_them() {
    let common = schema("common");
    let listed: BTreeSet<(String, u64)> = common["$defs"]["ended"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            let of = |name: &str| pair["properties"][name]["const"].clone();
            (of("outcome").as_str().unwrap().to_owned(), of("code").as_u64().unwrap())
        })
        .collect();
    let mut known: BTreeSet<(String, u64)> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.to_string(), u64::from(outcome.code())))
        .collect();
    // The program's own; 2 prints no object.
    for (name, code) in [("done", 0), ("internal_error", 1), ("file_error", 3)] {
        known.insert((name.to_owned(), code));
    }
    assert_eq!(listed, known);
    for command in COMMANDS {
        for outcome in schema(command)["properties"]["outcome"]["enum"].as_array().unwrap() {
            let name = outcome.as_str().unwrap();
            assert!(listed.iter().any(|(listed, _)| listed == name), "{command}: {name}");
        }
    }
}

#[test]
fn what_is_not_so_is_refused() {
    let good = Call::new("check-in").json("check-in").value;
    assert_eq!(holds("check-in", &good), Ok(()));
    let change = |path: &str, value: Value| {
        let mut bad = good.clone();
        let at = path.rfind('/').unwrap();
        bad.pointer_mut(&path[..at]).unwrap()[&path[at + 1..]] = value;
        bad
    };
    let signature = good["challenge"]["signature"].as_str().unwrap();
    for (path, value) in [
        ("/outcome", json!("pin_wrong")),
        ("/outcome", json!("well")),
        ("/code", json!(21)),
        ("/code", json!("0")),
        ("/message", json!("all is well")),
        ("/more", json!(1)),
        ("/tries_left", json!(null)),
        ("/tries_left", json!(-1)),
        ("/method", json!("face")),
        ("/key_use", json!("stand-in")),
        ("/certificate", json!(null)),
        ("/certificate", json!("not_proven")),
        ("/certificate/phase", json!("over")),
        ("/certificate/more", json!(1)),
        ("/certificate/kind", json!("sign")),
        ("/certificate/not_before", json!("2026-11-20")),
        ("/trust", json!(null)),
        ("/trust/hierarchy", json!("trusted")),
        ("/trust/anchor_sha256", json!("00")),
        ("/challenge/verified", json!(false)),
        ("/challenge/signature", json!(null)),
        ("/challenge/signature", json!(signature.to_uppercase())),
        ("/challenge/nonce", json!("00".repeat(15))),
        ("/challenge/scheme", json!("none")),
        ("/revocation", json!("good")),
        ("/exchange/commands", json!(5.5)),
    ] {
        let bad = change(path, value.clone());
        assert!(holds("check-in", &bad).is_err(), "{path} = {value}");
    }
    for name in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert!(holds("check-in", &bad).is_err(), "without {name}");
    }

    let good = Call::new("check-in --method face").json("check-in").value;
    let change = |path: &str, value: Value| {
        let mut bad = good.clone();
        let at = path.rfind('/').unwrap();
        bad.pointer_mut(&path[..at]).unwrap()[&path[at + 1..]] = value;
        bad
    };
    for (path, value) in [
        ("/method", json!("pin")),
        ("/method", json!("visual")),
        ("/key_use", json!("institution")),
        ("/key_use", json!("stand-in")),
        ("/certificate", json!(null)),
        ("/trust", json!({"hierarchy": "virtual", "anchor_sha256": "00".repeat(32)})),
        ("/challenge/verified", json!(false)),
        ("/challenge/signature", json!("00".repeat(256))),
        ("/record", json!(null)),
        ("/record/hierarchy", json!("production")),
        ("/record/kind", json!("age")),
        ("/authenticity", json!(null)),
        ("/matcher/purpose", json!("production")),
        ("/decision", json!(null)),
        ("/decision/verdict", json!("no_match")),
        ("/decision/liveness", json!("not-checked")),
        ("/confirmation", json!(null)),
        ("/outcome", json!("face_no_match")),
    ] {
        let bad = change(path, value.clone());
        assert!(holds("check-in", &bad).is_err(), "{path} = {value}");
    }
    for name in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert!(holds("check-in", &bad).is_err(), "without {name}");
    }
    for (line, schema, values) in [
        (
            "card-face show",
            "card-face",
            &[
                ("/card_face/security_code/value", json!("1234")),
                ("/card_face/photo/standing", json!("not_verified")),
                ("/card_face/expiry/standing", json!("verified")),
                ("/record", json!(null)),
                ("/authenticity", json!(null)),
                ("/tries_left", json!(null)),
            ][..],
        ),
        (
            "attributes",
            "attributes",
            &[
                ("/attributes", json!(null)),
                ("/attributes/name/standing", json!("unsigned")),
                ("/record/kind", json!("card-face")),
                ("/outcome", json!("done")),
            ],
        ),
    ] {
        let good = Call::new(line).json(schema).value;
        for (path, value) in values {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = value.clone();
            assert!(holds(schema, &bad).is_err(), "{schema}: {path} = {value}");
        }
    }

    let folder = Folder::new();
    let line = format!("check-in --nonce {NONCE} --evidence evidence.json");
    assert_eq!(folder.call(&line).secrets(&[PIN]).run().code, 0);
    let evidence: Value = serde_json::from_slice(&folder.read("evidence.json")).unwrap();
    assert_eq!(holds("evidence", &evidence), Ok(()));
    for name in evidence.as_object().unwrap().keys() {
        let mut bad = evidence.clone();
        bad[name] = json!("zz");
        assert!(holds("evidence", &bad).is_err(), "{name}");
        bad.as_object_mut().unwrap().remove(name);
        assert!(holds("evidence", &bad).is_err(), "without {name}");
    }
}
