//! `kazasu check-in` as scripts and people meet it: exit numbers, tries, and what stays untouched.

mod common;

use common::{Folder, NONCE, OTHER_NONCE, PIN, TEST_CARD_NOW, WRONG_PIN, holds, unhex};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

const FILE: &str = "check-in --reader virtual:card.json";

#[test]
fn the_demonstration_is_verified_and_says_what_it_is() {
    let folder = Folder::new();
    let run = folder.call("check-in").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for text in ["Demonstration card", "Verified.", " ms  signature verified", "5 commands"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let answer = folder.call("check-in").json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
    let value = &answer.value;
    assert_eq!(value["trust"]["hierarchy"], "virtual");
    assert_eq!(value["challenge"]["nonce_source"], "fresh");
    assert_eq!(value["challenge"]["nonce"].as_str().map(str::len), Some(64));
    let again = folder.call("check-in").json("check-in");
    assert_ne!(value["challenge"]["nonce"], again.value["challenge"]["nonce"]);
    // It uses the PIN that is given, and not its own beside it.
    let wrong = folder.call("check-in").secrets(&[WRONG_PIN]).json("check-in");
    assert_eq!(wrong.end(), (10, "pin_wrong"));
    assert_eq!(folder.names(), [""; 0], "it leaves nothing behind");
}

#[test]
fn commands_per_check_in() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.issue("short.json", "--no-extended-length");
    for (options, commands) in [
        ("virtual:card.json", 5),
        ("virtual:card.json --extended-length on", 5),
        ("virtual:card.json --extended-length off", 11),
        ("virtual:short.json", 12),
        ("virtual:short.json --extended-length off", 11),
    ] {
        let answer =
            folder.call(&format!("check-in --reader {options}")).secrets(&[PIN]).json("check-in");
        assert_eq!(answer.end(), (0, "verified"), "{options}");
        assert_eq!(answer.value["exchange"]["commands"], commands, "{options}");
    }
    // A card that refuses what is forced on it is named, and loses no try.
    let answer = folder
        .call("check-in --reader virtual:short.json --extended-length on")
        .secrets(&[PIN])
        .json("check-in");
    assert_eq!(answer.code, 28);
    assert_eq!(folder.pin_tries("short.json"), 3);
}

#[test]
fn a_wrong_pin_costs_one_try_and_a_right_one_restores_all() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let run = folder.call(FILE).secrets(&[WRONG_PIN]).run();
    assert_eq!(run.code, 10);
    assert_eq!(folder.pin_tries("card.json"), 2);
    assert!(run.out.contains("2 tries are left; with none the PIN is blocked."), "{}", run.out);

    let run = folder.call(FILE).secrets(&[WRONG_PIN]).argument("--lang").argument("ja").run();
    assert_eq!(run.code, 10);
    assert_eq!(folder.pin_tries("card.json"), 1);
    assert!(run.out.contains("残り1回です。次に間違えるとロックされ"), "{}", run.out);

    // The last one: not without the holder's word, and then no PIN is asked for.
    let before = folder.read("card.json");
    for secrets in [&[WRONG_PIN][..], &[]] {
        let answer = folder.call(FILE).secrets(secrets).json("check-in");
        assert_eq!(answer.end(), (12, "last_try_refused"));
        assert_eq!(answer.value["tries_left"], 1);
        assert_eq!(folder.read("card.json"), before);
    }
    assert_eq!(folder.call(FILE).run().code, 12, "without a terminal too");

    let answer = folder.call(FILE).argument("--confirm-last-try").secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(answer.value["tries_left"], 3);
    assert_eq!(folder.pin_tries("card.json"), 3);
}

#[test]
fn two_tries_left_is_said_in_japanese_too() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let run = folder.call(FILE).secrets(&[WRONG_PIN]).argument("--lang=ja").run();
    assert!(run.out.contains("残り2回です。0回になるとロックされます。"), "{}", run.out);
}

#[test]
fn the_last_try_wrong_blocks_and_a_blocked_pin_asks_for_nothing() {
    let folder = Folder::new();
    folder.issue("card.json", "--tries 1");
    let answer =
        folder.call(FILE).argument("--confirm-last-try").secrets(&[WRONG_PIN]).json("check-in");
    assert!(matches!(answer.code, 10 | 11), "{:?}", answer.end());
    assert_eq!(answer.value["tries_left"], 0);
    let before = folder.read("card.json");
    for options in ["", " --confirm-last-try"] {
        let answer = folder.call(&format!("{FILE}{options}")).secrets(&[]).json("check-in");
        assert_eq!(answer.end(), (11, "pin_blocked"));
    }
    let run = folder.call(FILE).run();
    assert_eq!(run.code, 11);
    assert!(run.out.contains("municipality"), "says what then: {}", run.out);
    assert_eq!(folder.read("card.json"), before);
}

#[test]
fn dates_and_grace() {
    let folder = Folder::new();
    folder.issue("card.json", "--issued 2022-04-01 --not-after 2027-03-10");
    // Japan's midnight is what counts.
    for (now, code, phase) in [
        ("2022-03-31T23:59:59+09:00", 17, "not_yet"),
        ("2022-04-01T00:00:00+09:00", 0, "valid"),
        ("2026-12-09T23:59:59+09:00", 0, "valid"),
        ("2027-03-10T23:59:59+09:00", 0, "expiring"),
        ("2027-03-10T15:00:00Z", 21, "grace"),
        ("2027-06-10T23:59:59+09:00", 21, "grace"),
        ("2027-06-11T00:00:00+09:00", 17, "over"),
    ] {
        let call = folder.call(FILE).argument("--now").argument(now);
        let answer = call.secrets(&[PIN]).json("check-in");
        assert_eq!(answer.code, code, "{now}");
        assert_eq!(answer.value["certificate"]["phase"], phase, "{now}");
    }
    // Not valid: the PIN is not asked for.
    let answer = folder.call(FILE).argument("--now=2030-01-01T00:00:00Z").json("check-in");
    assert_eq!(answer.end(), (17, "over"));
    let answer = folder.call(FILE).argument("--now=2020-01-01T00:00:00Z").json("check-in");
    assert_eq!(answer.end(), (17, "not_yet_valid"));
    // Grace says so to people, in both languages.
    for (lang, text) in [("en", "eligibility only"), ("ja", "資格情報の提供のみ")] {
        let call = folder.call(FILE).argument("--now=2027-04-01T00:00:00Z");
        let run = call.argument("--lang").argument(lang).secrets(&[PIN]).run();
        assert_eq!(run.code, 21);
        assert!(run.out.contains(text), "{}", run.out);
    }
}

#[test]
fn a_card_issued_as_expired_is_over_and_well_formed() {
    let folder = Folder::new();
    folder.issue("card.json", "--not-after 2020-02-29");
    let answer = folder.call(FILE).secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (17, "over"));
    assert_eq!(answer.value["trust"]["hierarchy"], "virtual");
    let certificate = &answer.value["certificate"];
    assert!(certificate["not_before"].as_str() < certificate["not_after"].as_str());
}

#[test]
fn a_phone_asks_for_its_pin_first_and_has_no_grace() {
    let folder = Folder::new();
    let dates = "--issued 2022-04-01 --not-after 2027-03-10";
    folder.issue("android.json", &format!("--token android {dates}"));
    folder.issue("iphone.json", &format!("--token iphone {dates}"));
    for reader in ["virtual:android.json", "virtual:iphone.json"] {
        let call = |now: &str| {
            folder.call(&format!("check-in --reader {reader} --now {now}")).secrets(&[PIN])
        };
        let answer = call("2026-01-01T00:00:00Z").json("check-in");
        assert_eq!(answer.end(), (0, "verified"), "{reader}");
        let answer = call("2027-04-01T00:00:00Z").json("check-in");
        assert_eq!(answer.end(), (17, "over"), "{reader}");
        assert_eq!(answer.value["certificate"]["phase"], "grace");
        assert_eq!(answer.value["challenge"]["signature"], Value::Null);
    }
    let run = folder
        .call("check-in --reader virtual:android.json --now 2026-01-01T00:00:00Z")
        .secrets(&[PIN])
        .run();
    let at = |text: &str| run.out.find(text).unwrap_or_else(|| panic!("{text}: {}", run.out));
    assert!(at("PIN accepted") < at("certificate read"));
    let wrong = folder.call("check-in --reader virtual:android.json").secrets(&[WRONG_PIN]);
    assert_eq!(wrong.json("check-in").end(), (10, "pin_wrong"));
    assert_eq!(folder.pin_tries("android.json"), 2);
}

#[test]
fn a_test_card_is_refused_without_its_hierarchy_and_wrong_with_it() {
    let folder = Folder::new();
    folder.issue("card.json", "--test-card");
    let before = folder.read("card.json");
    let call = |options: &str| folder.call(&format!("{FILE} --now {TEST_CARD_NOW} {options}"));
    let answer = call("").secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (16, "not_trusted"));
    assert_eq!(answer.value["exchange"]["commands"], 2, "no counter was read, no PIN sent");
    assert_eq!(folder.read("card.json"), before);
    // Without a terminal: the certificate comes first, the missing PIN second.
    assert_eq!(call("").json("check-in").code, 16);
    let error = call("--test-hierarchy").usage();
    assert!(error.contains("--pin-stdin"), "{error}");

    let answer = call("--test-hierarchy").secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (19, "signature_wrong"));
    assert_eq!(answer.value["trust"]["hierarchy"], "test");
    assert_eq!(answer.value["challenge"]["signature"], Value::Null);
    let run = call("--test-hierarchy --evidence evidence.json").secrets(&[PIN]).run();
    assert_eq!(run.code, 19);
    assert!(!folder.has("evidence.json"));
}

#[test]
fn a_named_root_is_custom_and_the_only_one_beside_the_production_ones() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    for line in [
        "card root --card card.json --out root.der",
        "card root --card card.json --kind sign --out sign-root.der",
    ] {
        assert_eq!(folder.call(line).run().code, 0);
    }
    let call = |options: &str| folder.call(&format!("{FILE} {options}"));
    let answer = call("--anchor root.der").secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(answer.value["trust"]["hierarchy"], "custom");

    let before = folder.read("card.json");
    for anchors in ["--anchor sign-root.der", "--anchor sign-root.der --test-hierarchy"] {
        let answer = call(anchors).secrets(&[PIN]).json("check-in");
        assert_eq!(answer.end(), (16, "not_trusted"), "{anchors}");
        assert_eq!(answer.value["exchange"]["commands"], 2);
    }
    assert_eq!(folder.read("card.json"), before);
    let both = call("--anchor sign-root.der --anchor root.der").secrets(&[PIN]).json("check-in");
    assert_eq!(both.end(), (0, "verified"));

    // What is no root is a file error, and PEM is named.
    folder.write("garbage.der", b"garbage");
    let pem = folder.openssl_well("x509 -inform DER -in root.der -outform PEM");
    folder.write("root.pem", pem);
    for (anchor, text) in
        [("garbage.der", "garbage.der"), ("root.pem", "PEM"), ("missing.der", "cannot be read")]
    {
        let answer = call(&format!("--anchor {anchor}")).secrets(&[PIN]).json("check-in");
        assert_eq!(answer.end(), (3, "file_error"));
        let message = answer.value["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn an_untrusted_card_does_not_wait_for_the_pin() {
    let folder = Folder::new();
    folder.issue("card.json", "--test-card");
    // Standard input stays open and nobody writes: only a program that does not read it ends.
    let mut child = folder
        .call(FILE)
        .argument("--pin-stdin")
        .command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let open = child.stdin.take().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("it waits for a PIN");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    drop(open);
    assert_eq!(status.code(), Some(16));
}

#[test]
fn a_card_has_one_user_at_a_time() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    // The first one holds the card while it waits for the PIN.
    let mut first = folder
        .call(FILE)
        .argument("--pin-stdin")
        .argument("--trace")
        .command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = first.stderr.take().unwrap();
    let mut byte = [0];
    std::io::Read::read_exact(&mut stderr, &mut byte).unwrap();

    let schemas = [
        (FILE, "check-in"),
        ("pin status --reader virtual:card.json", "pin-status"),
        ("pin change --kind auth --reader virtual:card.json", "pin-change"),
        ("cert show --kind auth --reader virtual:card.json", "cert-show"),
        ("sign --key auth --in card.json --out sig --reader virtual:card.json", "sign"),
        ("card show card.json", "card"),
        ("card root --card card.json --out root.der", "card"),
    ];
    // A card that is there is never issued again, in use or not.
    let again = folder.call("card issue --out card.json").json("card");
    assert_eq!(again.end(), (3, "file_error"));
    for (line, schema) in schemas {
        assert_eq!(folder.call(line).json(schema).end(), (23, "in_use"), "{line}");
    }
    assert!(!folder.has("sig") && !folder.has("root.der"));

    let drain = std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    first.stdin.take().unwrap().write_all(b"1234\n").unwrap();
    let output = first.wait_with_output().unwrap();
    drain.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(folder.call(FILE).secrets(&[PIN]).json("check-in").code, 0);
}

#[test]
fn card_files_that_are_none() {
    let folder = Folder::new();
    folder.issue("good.json", "");
    let good = folder.read("good.json");
    let cut = &good[..good.len() / 2];
    let flipped =
        String::from_utf8(good.clone()).unwrap().replacen("tries_limit", "tries_l1mit", 1);
    let later =
        String::from_utf8(good.clone()).unwrap().replacen("\"version\": 2", "\"version\": 3", 1);
    for (name, bytes) in [
        ("cut", cut),
        ("flipped", flipped.as_bytes()),
        ("later", later.as_bytes()),
        ("foreign", b"{\"name\": \"somebody's own file\"}"),
        ("binary", &[0xFF, 0x00, 0xFE]),
        ("empty", b""),
    ] {
        folder.write("card.json", bytes);
        let answer = folder.call(FILE).secrets(&[PIN]).json("check-in");
        assert_eq!(answer.end(), (3, "file_error"), "{name}");
        let message = answer.value["message"].as_str().unwrap();
        assert_eq!(message.matches("card.json").count(), 1, "{message}");
        assert_eq!(answer.err, format!("kazasu: {message}\n"));
        assert_eq!(folder.read("card.json"), bytes, "{name} is untouched");
    }
    fs::create_dir(folder.path("folder")).unwrap();
    for reader in ["missing.json", "folder", "no/such/folder/card.json"] {
        let call = folder.call(&format!("check-in --reader virtual:{reader}"));
        assert_eq!(call.secrets(&[PIN]).json("check-in").end(), (3, "file_error"), "{reader}");
    }
    let names = folder.names();
    assert!(!names.iter().any(|name| name.starts_with("missing")), "{names:?}");
}

#[test]
fn a_card_without_jpki_is_no_my_number_card() {
    let folder = Folder::new();
    folder.issue("good.json", "");
    folder.alter("good.json", "card.json", |value| {
        value["card"]["applications"].as_array_mut().unwrap().retain(|it| it["name"] != "jpki");
    });
    let answer = folder.call(FILE).secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (13, "not_a_my_number_card"));
    let answer = folder.call("pin status --reader virtual:card.json").json("pin-status");
    assert_eq!(answer.end(), (13, "not_a_my_number_card"));
}

#[test]
fn a_card_whose_certificate_is_damaged_keeps_its_tries() {
    let folder = Folder::new();
    folder.issue("good.json", "");
    // One byte of the signature, one of the length, one of the key.
    for at in [2 * 4, 2 * 2, 2 * 600] {
        folder.alter("good.json", "card.json", |value| {
            let content = value
                .pointer_mut("/card/applications/0/files/000A/transparent/content")
                .expect("the auth certificate");
            let mut text = content.as_str().unwrap().to_owned();
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            text.replace_range(at..=at, other);
            *content = text.into();
        });
        let before = folder.read("card.json");
        let answer = folder.call(FILE).secrets(&[PIN]).json("check-in");
        assert!(matches!(answer.code, 16 | 28), "{at}: {:?}", answer.end());
        assert_eq!(folder.read("card.json"), before);
    }
}

#[test]
fn a_try_that_cannot_be_written_down_is_named() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    // The card writes its state beside the file first; a folder of that name is in the way.
    fs::create_dir(folder.path("card.json.new")).unwrap();
    let answer = folder.call(FILE).secrets(&[PIN]).json("check-in");
    assert_eq!(answer.end(), (3, "file_error"));
    assert_eq!(folder.read("card.json"), before);
    let change = folder.call("pin change --kind auth --reader virtual:card.json");
    assert_eq!(change.secrets(&[PIN, "4321"]).json("pin-change").end(), (3, "file_error"));
    let run = folder.call(FILE).secrets(&[PIN]).run();
    assert!(run.err.contains("card.json"), "{}", run.err);
}

#[test]
fn arguments_of_a_wrong_form_touch_no_card() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    let (short, long) = ("00".repeat(15), "00".repeat(65));
    for arguments in [
        ["--nonce", &short],
        ["--nonce", &long],
        ["--nonce", "0g0102030405060708090a0b0c0d0e0f"],
        ["--nonce", "00010203040506070809 a0b0c0d0e0f"],
        ["--nonce", "000102030405060708090a0b0c0d0e0"],
        ["--nonce", ""],
        ["--now", "yesterday"],
        ["--now", "2026-02-30T00:00:00Z"],
        ["--now", "2026-11-21"],
        ["--lang", "fr"],
        ["--extended-length", "sometimes"],
    ] {
        let call = folder.call(FILE).argument(arguments[0]).argument(arguments[1]);
        call.secrets(&[PIN]).usage();
    }
    for reader in ["pcsc2", "usb", "virtual:", "card.json", "", "virtual2", ":card.json", "VIRTUAL"]
    {
        folder.call("check-in --reader").argument(reader).secrets(&[PIN]).usage();
    }
    let anchors = "--anchor a ".repeat(9);
    folder.call(&format!("{FILE} {anchors}")).secrets(&[PIN]).usage();
    assert_eq!(folder.read("card.json"), before);
    for nonce in ["00".repeat(16), "Ff".repeat(64)] {
        let call = folder.call(FILE).argument("--nonce").argument(&nonce);
        let answer = call.secrets(&[PIN]).json("check-in");
        assert_eq!(answer.value["challenge"]["nonce"], nonce.to_lowercase());
        assert_eq!(answer.value["challenge"]["nonce_source"], "given");
    }
}

#[test]
fn a_pin_of_a_wrong_form_uses_no_try() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    let long = "1".repeat(70);
    for pin in ["123", "12345", "12a4", "", " 1234", "１２３", "1234 ", "TEST1234", &long] {
        let error = folder.call(FILE).secrets(&[pin]).usage();
        assert!(error.contains("no try was used"), "{error}");
        assert!(pin.trim().is_empty() || !error.contains(pin.trim()), "{error}");
    }
    for (input, text) in [(&b""[..], "one line for each"), (&[0xFF, 0xFE, b'\n'], "plain text")] {
        let error = folder.call(FILE).argument("--pin-stdin").input(input).usage();
        assert!(error.contains(text), "{error}");
    }
    let error = folder.call(FILE).usage();
    assert!(error.contains("--pin-stdin") && error.contains("terminal"), "{error}");
    assert_eq!(folder.read("card.json"), before);
    // The end of the line may be missing, or that of Windows, and the digits those of a Japanese keyboard.
    for input in [&b"1234"[..], b"1234\r\n", "１２３４".as_bytes()] {
        let call = folder.call(FILE).argument("--pin-stdin").input(input);
        assert_eq!(call.json("check-in").code, 0);
    }
}

#[test]
fn evidence_is_judged_again_without_the_card() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let call = folder.call(&format!("{FILE} --nonce {NONCE} --evidence evidence.json"));
    let answer = call.secrets(&[PIN]).json("check-in");
    assert_eq!(answer.code, 0);
    let evidence: Value = serde_json::from_slice(&folder.read("evidence.json")).unwrap();
    holds("evidence", &evidence).unwrap();
    assert_eq!(evidence["nonce"], NONCE);
    assert_eq!(evidence["signature"], answer.value["challenge"]["signature"]);

    assert_eq!(folder.call("card root --out root.der").run().code, 0);
    fs::remove_file(folder.path("card.json")).unwrap();
    let verify = |nonce: &str, options: &str| {
        folder.call(&format!("verify --evidence evidence.json --nonce {nonce} {options}"))
    };
    let good = verify(NONCE, "--anchor root.der").json("verify");
    assert_eq!(good.end(), (0, "verified"));
    assert_eq!(good.value["trust"]["hierarchy"], "custom");
    assert_eq!(good.value["certificate"], answer.value["certificate"]);
    let other = verify(OTHER_NONCE, "--anchor root.der").json("verify");
    assert_eq!(other.end(), (19, "signature_wrong"));
    let run = verify(OTHER_NONCE, "--anchor root.der").run();
    assert!(run.out.contains("another challenge"), "{}", run.out);
    // Without a card there is no virtual root by default.
    assert_eq!(verify(NONCE, "").json("verify").end(), (16, "not_trusted"));
    let old = verify(NONCE, "--anchor root.der --now 2020-01-01T00:00:00Z").json("verify");
    assert_eq!(old.end(), (17, "not_yet_valid"));

    // The file may name another nonce, or be altered: what was given out decides.
    let rewrite = |name: &str, from: &str, to: &str| {
        let mut altered = evidence.clone();
        let text = altered[name].as_str().unwrap().replacen(from, to, 1);
        altered[name] = text.into();
        folder.write("altered.json", serde_json::to_vec(&altered).unwrap());
        folder
            .call(&format!(
                "verify --evidence altered.json --nonce {OTHER_NONCE} --anchor root.der"
            ))
            .json("verify")
            .code
    };
    assert_eq!(rewrite("nonce", NONCE, OTHER_NONCE), 19);
    assert_eq!(rewrite("scheme", "rsassa-pkcs1-v1_5-sha256", "rsassa-none"), 3);
    assert_eq!(rewrite("format", "-1", "-2"), 3);
    assert_eq!(rewrite("certificate", "30", "31"), 16);
    assert_eq!(rewrite("nonce", "00", "xx"), 3);
    folder.write("altered.json", b"[]");
    let none =
        folder.call(&format!("verify --evidence altered.json --nonce {NONCE}")).json("verify");
    assert_eq!(none.end(), (3, "file_error"));
}

#[test]
fn evidence_is_judged_by_openssl_alone() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let call = folder.call(&format!("{FILE} --nonce {NONCE} --evidence evidence.json"));
    assert_eq!(call.secrets(&[PIN]).json("check-in").code, 0);
    assert_eq!(folder.call("card root --card card.json --out root.der").run().code, 0);

    let evidence: Value = serde_json::from_slice(&folder.read("evidence.json")).unwrap();
    for (field, file) in [("nonce", "nonce"), ("signature", "sig"), ("certificate", "cert.der")] {
        folder.write(file, unhex(evidence[field].as_str().unwrap()));
    }
    assert_eq!(evidence["scheme"], "rsassa-pkcs1-v1_5-sha256");
    folder.openssl_well("x509 -inform DER -in root.der -out root.pem");
    folder.openssl_well("x509 -inform DER -in cert.der -out cert.pem");
    folder.openssl_well("verify -CAfile root.pem -purpose sslclient cert.pem");
    let key = folder.openssl_well("x509 -in cert.pem -noout -pubkey");
    folder.write("key.pem", key);
    folder.openssl_well("dgst -sha256 -verify key.pem -signature sig nonce");
    // And openssl can say no.
    folder.write("nonce", unhex(OTHER_NONCE));
    assert!(!folder.openssl("dgst -sha256 -verify key.pem -signature sig nonce").status.success());
}

#[test]
fn evidence_is_written_when_verified_and_only_then() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.write("evidence.json", b"what was there before");
    let call = || folder.call(&format!("{FILE} --evidence evidence.json"));
    assert_eq!(call().secrets(&[WRONG_PIN]).json("check-in").code, 10);
    assert_eq!(call().argument("--now=2050-01-01T00:00:00Z").json("check-in").code, 17);
    call().secrets(&["12"]).usage();
    call().usage();
    assert_eq!(folder.read("evidence.json"), b"what was there before");
    assert_eq!(folder.names(), ["card.json", "card.json.lock", "evidence.json"]);
    assert_eq!(call().secrets(&[PIN]).json("check-in").code, 0);
    assert!(folder.read("evidence.json").starts_with(b"{"));
    assert_eq!(folder.names(), ["card.json", "card.json.lock", "evidence.json"]);
}

#[test]
fn an_output_that_cannot_be_written_costs_no_try() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    fs::create_dir(folder.path("folder")).unwrap();
    for output in ["no/such/folder/file", "folder", "folder/", "..", "/", "card.json/x"] {
        for (line, schema) in [
            (format!("{FILE} --evidence {output}"), "check-in"),
            (
                format!("sign --key auth --in card.json --reader virtual:card.json --out {output}"),
                "sign",
            ),
            (
                format!("cert show --kind auth --reader virtual:card.json --out {output}"),
                "cert-show",
            ),
            (format!("card root --out {output}"), "card"),
        ] {
            let mut call = folder.call(&line);
            if schema != "card" {
                call = call.secrets(&[WRONG_PIN]);
            }
            assert_eq!(call.json(schema).end(), (3, "file_error"), "{line}");
        }
    }
    assert_eq!(folder.read("card.json"), before);
}
