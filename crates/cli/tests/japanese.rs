//! `--lang ja`: refusals, usage errors and broken cards are told in Japanese alone, on both streams.

mod common;

use common::{Call, Folder, PIN, Run, WRONG_PIN};

/// Three English words one after the other; names in capitals and options are none.
fn english(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        let mut run = 0;
        line.split_whitespace().any(|word| {
            let word = word.trim_matches(|it: char| it.is_ascii_punctuation() && it != '-');
            let letters = word.len() > 1 && word.bytes().all(|it| it.is_ascii_lowercase());
            run = if letters { run + 1 } else { 0 };
            run >= 3
        })
    })
}

fn japanese(line: &str, run: &Run, code: i32) {
    assert_eq!(run.code, code, "{line}: {}{}", run.out, run.err);
    for text in [&run.out, &run.err] {
        assert_eq!(english(text), None, "{line}");
    }
    assert!(!run.out.contains("知らない理由") && !run.err.contains("知らない理由"), "{line}");
    let text = format!("{}{}", run.out, run.err);
    assert!(text.chars().any(|it| ('\u{3040}'..='\u{30FF}').contains(&it)), "{line}: {text}");
}

#[test]
fn a_wrong_call_is_told_in_japanese() {
    for line in [
        "check-inn",
        "check-in --nonsense",
        "check-in --nonce zz",
        "check-in --nonce 00",
        "check-in --now yesterday",
        "check-in --reader usb",
        "check-in --wait -1",
        "check-in --wait 999999",
        "check-in --method hand",
        "check-in --method visual",
        "check-in extra",
        "check-in --air-rate 106",
        "check-in --air-time --air-rate 300",
        "check-in --air-time --card-times sign=3",
        "check-in --air-time --card-times select",
        "check-in --air-time --card-times select=-1",
        "check-in --reader",
        "check-in --probe a.png",
        "check-in --method face --reader virtual:missing.json --code-stdin",
        "check-in --method visual --operator a --reason b",
        "check-in --method visual --operator a --reason b --code-stdin",
        "card issue",
        "card issue --out a.json --tries 9",
        "card issue --out a.json --pin 12345",
        "card issue --out a.json --test-card --copied",
        "card issue --out a.json --issued 2026-13-01",
        "card serve --card a.json --fault nothing",
        "card serve --card a.json --remove-after x",
        "verify",
        "verify --evidence a --in b",
        "cert show --kind other",
        "attributes --reader virtual:missing.json",
    ] {
        let folder = Folder::new();
        let run = folder.call(line).argument("--lang").argument("ja").run();
        let code = if line.contains("missing.json") && !line.contains("face") { 3 } else { 2 };
        japanese(line, &run, code);
        assert!(run.err.starts_with("kazasu: "), "{line}: {}", run.err);
        // The environment's language counts as well.
        let run = folder.call(line).environment("LANG", "ja_JP.UTF-8").run();
        japanese(line, &run, code);
        // And the one that was asked for before it.
        let english = folder.call(line).argument("--lang=en").environment("LANG", "ja").run();
        assert_eq!(english.code, code);
        assert!(english.err.is_ascii(), "{line}: {}", english.err);
    }
    // Help is there in English, wherever it was asked for.
    let run = Call::new("check-in --help").environment("LANG", "ja").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn files_that_cannot_be_used_are_told_in_japanese() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.issue("test.json", "--test-card");
    folder.write("pem.der", b"-----BEGIN CERTIFICATE-----");
    folder.write("text", b"{}");
    for line in [
        "check-in --anchor missing",
        "check-in --anchor pem.der",
        "check-in --anchor text",
        "check-in --evidence .",
        "check-in --evidence missing/file",
        "check-in --reader virtual:missing.json",
        "check-in --reader virtual:text",
        "check-in --method face --probe text",
        "card-face show --authority text",
        "card root --card test.json --out root.der",
        "card issue --out card.json",
        "verify --evidence text --nonce 000102030405060708090a0b0c0d0e0f",
        "verify --in text --sig missing --cert text",
    ] {
        japanese(line, &folder.call(line).argument("--lang=ja").run(), 3);
    }
    let line = "check-in --evidence card.json --reader virtual:card.json";
    japanese(line, &folder.call(line).argument("--lang=ja").run(), 2);
}

#[test]
fn refusals_are_told_in_japanese() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.issue("blocked.json", "--tries 0");
    folder.issue("last.json", "--tries 1");
    folder.issue("copy.json", "--copied");
    folder.issue("phone.json", "--token iphone");
    folder.issue("test.json", "--test-card");
    folder.issue("over.json", "--not-after 2024-01-01");
    let number = folder.number_b("copy.json");
    for (line, secret, code) in [
        ("check-in --reader virtual:card.json", PIN, 0),
        ("check-in --air-time --reader virtual:card.json", PIN, 0),
        ("check-in --reader virtual:card.json", WRONG_PIN, 10),
        ("check-in --reader virtual:card.json", "１２３４", 0),
        ("check-in --reader virtual:card.json", "123", 2),
        ("check-in --reader virtual:card.json", "12a4", 2),
        ("check-in --reader virtual:card.json", "", 27),
        ("check-in --reader virtual:blocked.json", PIN, 11),
        ("check-in --reader virtual:last.json", PIN, 12),
        ("check-in --reader virtual:copy.json", PIN, 19),
        ("check-in --reader virtual:test.json", PIN, 16),
        ("check-in --reader virtual:over.json", PIN, 17),
        ("card-face show --reader virtual:copy.json", &number, 35),
        ("card-face show --reader virtual:copy.json", "00000000000000", 36),
        ("card-face show --reader virtual:copy.json", "1", 2),
        ("card-face show --reader virtual:phone.json", &number, 29),
        ("attributes --reader virtual:card.json", "9999", 10),
        ("pin change --kind text --reader virtual:phone.json", "1234\n4321", 29),
        ("pin status --reader virtual:phone.json", "", 0),
        ("cert show --kind auth --reader virtual:over.json", "", 17),
        ("card show card.json", "", 0),
    ] {
        let mut call = folder.call(line).argument("--lang=ja");
        if !secret.is_empty() || code == 27 {
            call = call.argument("--pin-stdin").input(format!("{secret}\n").as_bytes());
        }
        let run = call.run();
        // An empty line is no PIN: a usage error at a pipe.
        let code = if code == 27 { 2 } else { code };
        japanese(line, &run, code);
    }
    // Doctor, with or without readers.
    let run = Call::new("doctor --lang=ja").run();
    assert_eq!(english(&run.out), None, "{}", run.out);
}
