//! `kazasu sign` and `kazasu verify`, with openssl as the independent judge.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Folder, PASSWORD, PIN, TEST_CARD_NOW, WRONG_PIN};
use std::fs;

/// A folder with a card, a text signed by both keys, certificates and roots.
fn signed() -> Folder {
    let folder = Folder::new();
    folder.issue("card.json", "--issued 2022-04-01 --not-after 2031-06-15");
    folder.write("text", b"what is signed\n");
    for (key, secret) in [("auth", PIN), ("sign", PASSWORD)] {
        let reader = "--reader virtual:card.json";
        let line = format!("sign --key {key} --in text --out {key}.sig {reader}");
        let answer = folder.call(&line).secrets(&[secret]).json("sign");
        assert_eq!(answer.end(), (0, "verified"), "{key}");
        assert_eq!(answer.value["certificate"]["kind"], key);
        let line = format!("cert show --kind {key} --out {key}.der {reader}");
        assert_eq!(folder.call(&line).secrets(&[secret]).json("cert-show").code, 0);
        let line = format!("card root --card card.json --kind {key} --out {key}-root.der");
        assert_eq!(folder.call(&line).json("card").code, 0);
    }
    folder
}

fn verify(folder: &Folder, key: &str, options: &str) -> common::Answer {
    let line = format!("verify --in text --sig {key}.sig --cert {key}.der {options}");
    folder.call(&line).json("verify")
}

#[test]
fn both_keys_sign_and_openssl_agrees() {
    let folder = signed();
    for key in ["auth", "sign"] {
        assert_eq!(folder.read(&format!("{key}.sig")).len(), 256);
        let answer = verify(&folder, key, &format!("--anchor {key}-root.der"));
        assert_eq!(answer.end(), (0, "verified"), "{key}");
        assert_eq!(answer.value["trust"]["hierarchy"], "custom");
        assert_eq!(answer.value["certificate"]["kind"], key);

        folder.openssl_well(&format!("x509 -inform DER -in {key}.der -out cert.pem"));
        let public = folder.openssl_well("x509 -in cert.pem -noout -pubkey");
        folder.write("key.pem", public);
        folder.openssl_well(&format!("dgst -sha256 -verify key.pem -signature {key}.sig text"));
        let digest = folder.openssl_well("dgst -sha256 -r text");
        let digest = String::from_utf8(digest).unwrap();
        assert!(digest.starts_with(answer.value["signature"]["digest_sha256"].as_str().unwrap()));
    }
}

#[test]
fn what_was_tampered_with_is_refused() {
    let folder = signed();
    let anchor = "--anchor auth-root.der";
    let flip = |name: &str, at: usize| {
        let good = folder.read(name);
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        folder.write(name, bad);
        good
    };
    for (name, at, code) in [("text", 3, 19), ("auth.sig", 0, 19), ("auth.sig", 255, 19)] {
        let good = flip(name, at);
        assert_eq!(verify(&folder, "auth", anchor).code, code, "{name} at {at}");
        assert_eq!(verify(&folder, "auth", "--signature-only").code, code, "{name} at {at}");
        folder.write(name, good);
    }
    let good = flip("auth.der", 700);
    assert_eq!(verify(&folder, "auth", anchor).end(), (16, "not_trusted"));
    folder.write("auth.der", good);

    let signature = folder.read("auth.sig");
    for wrong in [&signature[..255], &[&signature[..], &[0]].concat(), b""] {
        folder.write("auth.sig", wrong);
        assert_eq!(verify(&folder, "auth", anchor).end(), (19, "signature_wrong"));
    }
    folder.write("auth.sig", folder.read("sign.sig"));
    assert_eq!(verify(&folder, "auth", anchor).end(), (19, "signature_wrong"));
    folder.write("auth.sig", signature);
    assert_eq!(verify(&folder, "auth", anchor).code, 0);
}

#[test]
fn chain_dates_and_purpose_count_unless_only_the_signature_is_asked_for() {
    let folder = signed();
    assert_eq!(
        verify(&folder, "auth", "").end(),
        (16, "not_trusted"),
        "no virtual root by default"
    );
    assert_eq!(verify(&folder, "auth", "--test-hierarchy").code, 16);
    assert_eq!(verify(&folder, "auth", "--anchor sign-root.der").code, 16);
    assert_eq!(verify(&folder, "sign", "--anchor auth-root.der").code, 16);
    let at = |now: &str| verify(&folder, "sign", &format!("--anchor sign-root.der --now {now}"));
    assert_eq!(at("2031-06-15T23:59:59+09:00").code, 0);
    // The months of grace are for an identity, not for signatures.
    assert_eq!(at("2031-06-16T00:00:00+09:00").end(), (17, "over"));
    assert_eq!(at("2022-03-31T00:00:00+09:00").end(), (17, "not_yet_valid"));

    let only = verify(&folder, "sign", "--signature-only --now 2040-01-01T00:00:00Z");
    assert_eq!(only.end(), (0, "verified"));
    assert_eq!(only.value["method"], "signature_only");
    assert!(only.value["trust"].is_null());
    for (lang, text) in [("en", "NOTHING ELSE was checked"), ("ja", "確認していません")] {
        let line = "verify --in text --sig sign.sig --cert sign.der --signature-only --lang";
        let run = folder.call(line).argument(lang).run();
        assert_eq!(run.code, 0);
        assert!(run.out.contains(text), "{}", run.out);
        assert!(!run.out.contains("Verified."), "{}", run.out);
    }
    // An authority's own certificate is no holder's.
    let line = "verify --in text --sig auth.sig --cert auth-root.der --anchor auth-root.der";
    assert_eq!(folder.call(line).json("verify").end(), (16, "not_trusted"));
}

#[test]
fn files_that_are_none() {
    let folder = signed();
    folder.openssl_well("x509 -inform DER -in auth.der -out cert.pem");
    folder.write("garbage", b"garbage");
    for (line, code) in [
        ("--in text --sig auth.sig --cert cert.pem", 3),
        ("--in text --sig auth.sig --cert garbage", 16),
        ("--in text --sig auth.sig --cert garbage --signature-only", 16),
        ("--in missing --sig auth.sig --cert auth.der", 3),
        ("--in text --sig missing --cert auth.der", 3),
        ("--in text --sig auth.sig --cert missing", 3),
        ("--in . --sig auth.sig --cert auth.der", 3),
    ] {
        assert_eq!(folder.call(&format!("verify {line}")).json("verify").code, code, "{line}");
    }
    for line in [
        "verify",
        "verify --in text",
        "verify --in text --sig auth.sig",
        "verify --evidence text",
        "verify --nonce 000102030405060708090a0b0c0d0e0f",
        "verify --evidence text --in text --nonce 000102030405060708090a0b0c0d0e0f",
        "sign --key other --in text --out sig",
        "sign --in text --out sig",
    ] {
        folder.call(line).usage();
    }
}

#[test]
fn a_signature_that_did_not_come_about_leaves_the_old_file() {
    let folder = signed();
    folder.write("out.sig", b"the old one");
    let line = "sign --key auth --in text --out out.sig --reader virtual:card.json";
    let names = folder.names();
    assert_eq!(folder.call(line).secrets(&[WRONG_PIN]).json("sign").end(), (10, "pin_wrong"));
    folder.call(line).usage();
    let call = folder.call(&format!("{line} --anchor sign-root.der"));
    assert_eq!(call.secrets(&[PIN]).json("sign").end(), (16, "not_trusted"));
    let call = folder.call(&format!("{line} --now 2031-07-01T00:00:00Z"));
    assert_eq!(call.secrets(&[PIN]).json("sign").end(), (17, "over"));
    let missing = folder.call(&line.replace("--in text", "--in missing")).secrets(&[PIN]);
    assert_eq!(missing.json("sign").end(), (3, "file_error"));
    assert_eq!(folder.read("out.sig"), b"the old one");
    assert_eq!(folder.names(), names, "nothing is left behind");
    assert_eq!(folder.call(line).secrets(&[PIN]).json("sign").code, 0);
    assert_eq!(folder.read("out.sig"), folder.read("auth.sig"));
}

#[test]
fn a_signature_of_a_card_without_the_keys_is_not_handed_out() {
    let folder = Folder::new();
    folder.issue("card.json", "--test-card");
    folder.write("text", b"what is signed");
    for (key, secret) in [("auth", PIN), ("sign", PASSWORD)] {
        let line = format!(
            "sign --key {key} --in text --out sig --reader virtual:card.json --test-hierarchy \
             --now {TEST_CARD_NOW}"
        );
        let answer = folder.call(&line).secrets(&[secret]).json("sign");
        assert_eq!(answer.end(), (19, "signature_wrong"), "{key}");
        assert!(!folder.has("sig"));
    }
}

#[test]
fn large_and_empty_files_are_signed() {
    let folder = signed();
    for length in [0, 65_536, 3 << 20] {
        folder.write("text", vec![0x5A; length]);
        let line = "sign --key auth --in text --out auth.sig --reader virtual:card.json";
        assert_eq!(folder.call(line).secrets(&[PIN]).json("sign").code, 0, "{length}");
        assert_eq!(verify(&folder, "auth", "--anchor auth-root.der").code, 0, "{length}");
    }
    fs::remove_file(folder.path("text")).unwrap();
}

#[test]
fn a_copied_card_cannot_sign() {
    let folder = Folder::new();
    folder.issue("card.json", "--copied");
    let line = "sign --key auth --in text --out copy.sig --reader virtual:card.json";
    folder.write("text", b"what is signed\n");
    let answer = folder.call(line).secrets(&[PIN]).json("sign");
    assert_eq!(answer.end(), (19, "signature_wrong"));
    assert!(!folder.has("copy.sig"));
    let answer =
        folder.call("check-in --reader virtual:card.json").secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (19, "signature_wrong"));
}
