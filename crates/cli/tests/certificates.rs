//! `kazasu cert show`: the four certificates, and what is written when one is not trusted.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Folder, PASSWORD, PIN, TEST_CARD_NOW, unhex};
use serde_json::Value;

/// The bytes of a file of the JPKI application, from the card file.
fn content(folder: &Folder, file: &str) -> Vec<u8> {
    let value: Value = serde_json::from_slice(&folder.read("card.json")).unwrap();
    let applications = value["card"]["applications"].as_array().unwrap();
    let jpki = applications.iter().find(|it| it["name"] == "jpki").unwrap();
    unhex(jpki["files"][file]["transparent"]["content"].as_str().unwrap())
}

#[test]
fn the_four_certificates() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    for (kind, file, secrets) in [
        ("auth", "000A", &[][..]),
        ("auth-ca", "000B", &[]),
        ("sign", "0001", &[PASSWORD]),
        ("sign-ca", "0002", &[]),
    ] {
        let line = format!("cert show --kind {kind} --reader virtual:card.json --out {kind}.der");
        let call = || match secrets {
            [] => folder.call(&line),
            secrets => folder.call(&line).secrets(secrets),
        };
        let answer = call().json("cert-show");
        assert_eq!(answer.end(), (0, "verified"), "{kind}");
        assert_eq!(answer.value["certificate"]["kind"], kind);
        assert_eq!(answer.value["trust"]["hierarchy"], "virtual");
        let der = folder.read(&format!("{kind}.der"));
        assert_eq!(der, content(&folder, file), "{kind}");
        folder.openssl_well(&format!("x509 -inform DER -in {kind}.der -noout"));
        // Over an existing file, as text.
        let run = call().run();
        assert_eq!(run.code, 0);
        assert!(run.out.contains("The certificate is trusted."), "{}", run.out);
    }
    // The one that is free is shown without a line that nobody has.
    let free = folder.call("cert show --kind auth --reader virtual:card.json").secrets(&[]);
    assert_eq!(free.json("cert-show").code, 0);
    let closed = folder.call("cert show --kind sign --reader virtual:card.json");
    assert!(closed.usage().contains("--pin-stdin"));
    // openssl finds the same path, and no other.
    for (kind, other) in [("auth", "sign"), ("sign", "auth")] {
        for name in [kind.to_owned(), format!("{kind}-ca"), format!("{other}-ca")] {
            folder.openssl_well(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
        }
        folder.openssl_well(&format!("verify -CAfile {kind}-ca.pem {kind}.pem"));
        assert!(
            !folder.openssl(&format!("verify -CAfile {other}-ca.pem {kind}.pem")).status.success()
        );
    }
}

#[test]
fn a_demonstration_card_shows_all_without_being_asked() {
    for kind in ["auth", "auth-ca", "sign", "sign-ca"] {
        let answer = common::Call::new(&format!("cert show --kind {kind}")).json("cert-show");
        assert_eq!(answer.end(), (0, "verified"), "{kind}");
    }
}

#[test]
fn without_trust_nothing_is_written_unless_that_is_asked_for() {
    let folder = Folder::new();
    folder.issue("card.json", "--test-card");
    for kind in ["auth", "auth-ca", "sign", "sign-ca"] {
        let line = format!(
            "cert show --kind {kind} --reader virtual:card.json --now {TEST_CARD_NOW} --out {kind}.der"
        );
        let call = |options: &str| {
            let call = folder.call(&format!("{line} {options}"));
            if kind == "sign" { call.secrets(&[PASSWORD]) } else { call }
        };
        let answer = call("").json("cert-show");
        assert_eq!(answer.end(), (16, "not_trusted"), "{kind}");
        assert_eq!(answer.value["certificate"]["kind"], kind, "it is shown");
        assert!(!folder.has(&format!("{kind}.der")));
        let run = call("").run();
        assert!(run.out.contains("not written, because it is not trusted"), "{}", run.out);

        assert_eq!(call("--untrusted").json("cert-show").end(), (16, "not_trusted"));
        let untrusted = folder.read(&format!("{kind}.der"));
        let trusted = call("--test-hierarchy").json("cert-show");
        assert_eq!(trusted.end(), (0, "verified"), "{kind}");
        assert_eq!(trusted.value["trust"]["hierarchy"], "test");
        assert_eq!(folder.read(&format!("{kind}.der")), untrusted);
    }
    folder.call("cert show --kind auth --untrusted").usage();
}

#[test]
fn a_certificate_outside_its_validity_is_shown_and_named() {
    let folder = Folder::new();
    folder.issue("card.json", "--issued 2022-04-01 --not-after 2027-03-10");
    for (kind, now, end) in [
        ("auth", "2021-01-01T00:00:00Z", (17, "not_yet_valid")),
        ("auth", "2027-04-01T00:00:00Z", (17, "over")),
        ("auth", "2031-01-01T00:00:00Z", (17, "over")),
        ("sign", "2031-01-01T00:00:00Z", (17, "over")),
        ("auth-ca", "2031-01-01T00:00:00Z", (0, "verified")),
        ("auth-ca", "2050-02-01T00:00:00Z", (17, "over")),
        ("sign-ca", "2019-01-01T00:00:00Z", (17, "not_yet_valid")),
    ] {
        let line = format!("cert show --kind {kind} --reader virtual:card.json --now {now}");
        let call = folder.call(&line);
        let call = if kind == "sign" { call.secrets(&[PASSWORD]) } else { call };
        let answer = call.json("cert-show");
        assert_eq!(answer.end(), end, "{kind} at {now}");
        assert_eq!(answer.value["certificate"]["kind"], kind);
    }
}

#[test]
fn a_wrong_password_costs_one_try_of_its_own() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let line = "cert show --kind sign --reader virtual:card.json --out sign.der";
    let answer = folder.call(line).secrets(&["WRONG999"]).json("cert-show");
    assert_eq!(answer.end(), (10, "pin_wrong"));
    assert_eq!(answer.value["tries_left"], 4);
    assert_eq!(folder.tries("card.json", "jpki", "001B"), 4);
    assert_eq!(folder.pin_tries("card.json"), 3);
    assert!(!folder.has("sign.der"));
    for (secret, _) in [(PIN, "too short"), ("test1234", "small letters"), ("TESTTEST", "no digit")]
    {
        let error = folder.call(line).secrets(&[secret]).usage();
        assert!(error.contains("no try was used"), "{error}");
    }
    assert_eq!(folder.tries("card.json", "jpki", "001B"), 4);
}
