//! `kazasu attributes`, `kazasu card-face show` and `kazasu face photo`: what is read, what is verified,
//! what is shown, and what a wrong code costs.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Answer, Call, Folder, holds};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

/// What a card says is text: it neither steers the terminal nor writes a line of its own.
#[test]
fn a_card_writes_nothing_but_its_text() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let hexadecimal =
        |text: &str| -> String { text.bytes().map(|it| format!("{it:02x}")).collect() };
    let card = String::from_utf8(folder.read("card.json")).unwrap();
    for (evil, shown) in [
        ("\u{1B}[2J\u{1B}[32mX.....", "name: \\u{1b}[2J\\u{1b}[32mX....."),
        ("X\r(verified)\n\u{7F}.", "name: X\\u{d}(verified)\\u{a}\\u{7f}."),
        ("X\u{202E}Y\u{2066}Z\u{9B}1mAB", "name: X\\u{202e}Y\\u{2066}Z\\u{9b}1mAB"),
    ] {
        assert_eq!(evil.len(), NAME.len(), "{evil:?}");
        assert!(card.contains(&hexadecimal(NAME)));
        folder.write("card.json", card.replace(&hexadecimal(NAME), &hexadecimal(evil)));
        let line = format!("{ATTRIBUTES} --check none --show-personal");
        let run = folder.call(&line).codes(&[TEXT_PIN]).run();
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains(&format!("{shown} (not verified)")), "{:?}", run.out);
        let steers = |it: char| (it.is_control() && it != '\n') || it == '\u{202E}';
        assert!(!run.out.contains(steers), "{:?}", run.out);
    }
}

const NAME: &str = "架空　見本";
const FACE: &str = "card-face show --reader virtual:card.json";
const AGE: &str = "card-face show --by birth-date --reader virtual:card.json";
const ATTRIBUTES: &str = "attributes --reader virtual:card.json";
const TEXT_PIN: &str = "2345";
/// 照合番号B of the test card (docs/card-facts.md §3), and as its parts.
const TEST_NUMBER_B: &str = "55021720352285";

fn commands(answer: &Answer) -> u64 {
    answer.value["exchange"]["commands"].as_u64().unwrap()
}

#[test]
fn the_demonstration_card_shows_what_is_on_it() {
    let answer = Call::new("attributes --show-personal").json("attributes");
    assert_eq!(answer.end(), (0, "verified"));
    let attributes = &answer.value["attributes"];
    assert_eq!(attributes["name"], json!({"value": NAME, "standing": "verified"}));
    assert_eq!(attributes["birth"]["value"], "1985-06-15");
    assert_eq!(attributes["sex"]["value"], "female");
    assert_eq!(answer.value["record"]["hierarchy"], "virtual");
    assert_eq!(commands(&answer), 6);
    let answer = Call::new("card-face show --show-personal").json("card-face");
    assert_eq!(answer.end(), (0, "verified"));
    let face = &answer.value["card_face"];
    assert_eq!(face["birth"], json!({"value": "1985-06-15", "standing": "verified"}));
    assert_eq!(face["expiry"]["standing"], "unsigned");
    assert_eq!(face["security_code"], json!({"value": "***", "standing": "unsigned"}));
    assert_eq!((&face["photo"]["width"], &face["photo"]["height"]), (&json!(378), &json!(472)));
    assert_eq!(answer.value["authenticity"], "proven");
    assert_eq!(commands(&answer), 6);
    let answer = Call::new("card-face show --by birth-date").json("card-face");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(answer.value["record"]["kind"], "age");
    assert_eq!(answer.value["card_face"]["photo"], Value::Null);
    for (line, text) in [
        ("attributes", "That they are this card's is not proven"),
        ("attributes --by number-b --lang ja", "署名を検証しました"),
        ("card-face show", "the card proved that it is no copy"),
        ("card-face show --check signature", "whether the card is a copy was not checked"),
        ("card-face show --by birth-date --check none", "nothing was verified"),
    ] {
        let run = Call::new(line).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{line}");
        assert!(run.out.contains(text) && run.out.contains("***"), "{line}: {}", run.out);
    }
}

/// The least that it can cost, with extended length: SELECT, tries, VERIFY, READ.
#[test]
fn commands_per_reading() {
    for (line, schema, outcome, number) in [
        ("attributes --check none", "attributes", "done", 4),
        ("attributes --by number-b --check none", "attributes", "done", 4),
        ("card-face show --check none", "card-face", "done", 4),
        ("card-face show --check signature", "card-face", "verified", 5),
        ("face photo --out photo.png --check signature", "face-photo", "verified", 5),
        ("face photo --out photo.png", "face-photo", "verified", 6),
    ] {
        let folder = Folder::new();
        let answer = folder.call(line).json(schema);
        assert_eq!((answer.end(), commands(&answer)), ((0, outcome), number), "{line}");
        if line.contains("none") {
            assert_eq!(answer.value["record"], Value::Null, "{line}");
        }
    }
}

#[test]
fn a_code_may_be_written_as_it_stands_on_the_card() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    let year = &number[6..10];
    let tries = |file| folder.tries("card.json", "surface", file);
    for birth in ["600615", "1985-06-15", "S60.6.15", "昭和60年6月15日"] {
        let run = folder.call(AGE).codes(&[birth]).json("card-face");
        assert_eq!(run.end(), (0, "verified"), "{birth}");
        let code = format!("{birth} {year} 0000");
        let run = folder.call(FACE).codes(&[&code]).json("card-face");
        assert_eq!(run.end(), (0, "verified"), "{code}");
    }
    assert_eq!(folder.call(FACE).codes(&[&number]).run().code, 0);
    // What is not clear is not tried.
    let before = folder.read("card.json");
    for code in ["1985", "1926-12-25 2036 0000", &number[1..], "600615 36 0000", "六〇〇六一五"]
    {
        let error = folder.call(FACE).codes(&[code]).usage();
        assert!(error.contains("no try was used") && !error.contains(code), "{error}");
    }
    for call in [folder.call(FACE), folder.call(ATTRIBUTES)] {
        let error = call.usage();
        assert!(error.contains("-stdin") && error.contains("terminal"), "{error}");
    }
    assert_eq!(folder.read("card.json"), before);
    assert_eq!((tries("0011"), tries("0012")), (10, 10));
}

#[test]
fn a_wrong_code_costs_one_of_ten_and_the_last_two_are_kept() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let right = folder.number_b("card.json");
    let wrong = "60061520369999";
    for (line, right, wrong, application, file, schema) in [
        (FACE, right.as_str(), wrong, "surface", "0012", "card-face"),
        (AGE, "600615", "600616", "surface", "0011", "card-face"),
        (
            "face photo --out photo.png --reader virtual:card.json",
            right.as_str(),
            wrong,
            "surface",
            "0012",
            "face-photo",
        ),
        (
            "attributes --by number-b --reader virtual:card.json",
            right.as_str(),
            wrong,
            "text",
            "0015",
            "attributes",
        ),
    ] {
        let tries = || folder.tries("card.json", application, file);
        let answer = folder.call(line).codes(&[wrong]).json(schema);
        assert_eq!(answer.end(), (36, "code_wrong"), "{line}");
        assert_eq!((answer.value["tries_left"].as_u64(), tries()), (Some(9), 9), "{line}");
        let run = folder.call(line).codes(&[wrong]).run();
        assert!(run.out.contains("8 tries are left; with none the code is blocked"), "{}", run.out);

        // The reserve, which a machine that reads the card wrong must not use up.
        folder.set_tries("card.json", application, file, 2);
        let before = folder.read("card.json");
        let answer = folder.call(line).codes(&[right]).json(schema);
        assert_eq!(answer.end(), (12, "last_try_refused"), "{line}");
        let run = folder.call(line).argument("--lang=ja").codes(&[]).run();
        assert!(run.code == 12 && run.out.contains("残り2回のため"), "{}", run.out);
        let run = folder.call(line).codes(&[]).run();
        assert!(run.out.contains("last tries of the code are left (2)"), "{}", run.out);
        assert_eq!(folder.read("card.json"), before, "{line}");
        let answer = folder.call(line).argument("--confirm-last-try").codes(&[right]).json(schema);
        assert_eq!((answer.end(), tries()), ((0, "verified"), 10), "{line}");

        folder.set_tries("card.json", application, file, 1);
        let answer = folder.call(line).argument("--confirm-last-try").codes(&[wrong]).json(schema);
        assert!(matches!(answer.code, 36 | 37), "{line}: {:?}", answer.end());
        assert_eq!(answer.value["tries_left"], 0);
        let before = folder.read("card.json");
        let answer = folder.call(line).argument("--confirm-last-try").codes(&[]).json(schema);
        assert_eq!(answer.end(), (37, "code_blocked"), "{line}");
        let run = folder.call(line).codes(&[]).run();
        assert!(run.code == 37 && run.out.contains("municipality"), "{}", run.out);
        assert_eq!(folder.read("card.json"), before);
        folder.set_tries("card.json", application, file, 10);
    }
    assert_eq!(folder.pin_tries("card.json"), 3, "another counter");
}

#[test]
fn the_pin_for_input_support_is_a_pin() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let call = || folder.call(ATTRIBUTES);
    assert_eq!(call().codes(&[TEXT_PIN]).json("attributes").end(), (0, "verified"));
    let answer = call().secrets(&["9999"]).json("attributes");
    assert_eq!(answer.end(), (10, "pin_wrong"), "--pin-stdin is the same option");
    assert_eq!(folder.tries("card.json", "text", "0011"), 2);
    assert_eq!(call().codes(&["9999"]).run().code, 10);
    assert_eq!(call().codes(&[TEXT_PIN]).json("attributes").end(), (12, "last_try_refused"));
    let answer = call().argument("--confirm-last-try").codes(&["9999"]).json("attributes");
    assert!(matches!(answer.code, 10 | 11), "{:?}", answer.end());
    assert_eq!(call().codes(&[TEXT_PIN]).json("attributes").end(), (11, "pin_blocked"));
}

#[test]
fn a_copy_is_told_and_so_is_what_was_tampered_with() {
    let folder = Folder::new();
    folder.issue("card.json", "--copied");
    let number = folder.number_b("card.json");
    let copied = || folder.call(FACE).codes(&[&number]);
    let answer = copied().json("card-face");
    assert_eq!(answer.end(), (35, "record_not_genuine"));
    assert_eq!(answer.value["card_face"], Value::Null, "a copy shows nothing");
    // Its records are right: nothing but the challenge tells.
    assert_eq!(copied().argument("--check=signature").json("card-face").end(), (0, "verified"));
    let call = || folder.call("face photo --reader virtual:card.json --out photo.png");
    let answer = call().codes(&[&number]).json("face-photo");
    assert_eq!(answer.end(), (35, "record_not_genuine"));
    assert!(!folder.has("photo.png"));
    let answer = folder.call(AGE).codes(&["600615"]).json("card-face");
    assert_eq!(answer.end(), (35, "record_not_genuine"));

    // A bit of the photo, and one of the name.
    for (application, at, line) in [("surface", 2500, FACE), ("text", 24, ATTRIBUTES)] {
        let folder = Folder::new();
        folder.issue("card.json", "");
        folder.damage("card.json", application, "0002", at);
        let code =
            if application == "text" { TEXT_PIN.to_owned() } else { folder.number_b("card.json") };
        let schema = if application == "text" { "attributes" } else { "card-face" };
        let answer = folder.call(line).codes(&[&code]).json(schema);
        assert_eq!(answer.end(), (35, "record_not_genuine"), "{line}");
        assert_eq!(answer.value["record"], Value::Null);
        for language in ["en", "ja"] {
            let run = folder.call(&format!("{line} --lang {language}")).codes(&[&code]).run();
            let text = if language == "ja" { "真正ではありません" } else { "not genuine" };
            assert!(
                run.out.contains(text) && run.out.contains("record_not_genuine (35)"),
                "{}",
                run.out
            );
        }
        let answer = folder.call(&format!("{line} --check none")).codes(&[&code]).json(schema);
        assert_eq!(answer.end(), (0, "done"), "it says that nothing was verified");
    }
    // The signer's certificate: nobody is asked for a code.
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.damage("card.json", "surface", "0004", 300);
    let before = folder.read("card.json");
    let answer = folder.call(FACE).codes(&[]).json("card-face");
    assert!(matches!(answer.code, 28 | 35), "{:?}", answer.end());
    assert_eq!(folder.read("card.json"), before);
}

/// Bytes of a real test card: its holder, its photo, its pictures, and what is not signed.
#[test]
fn the_files_of_a_real_test_card_verify_to_the_test_authority() {
    let folder = Folder::new();
    folder.issue("card.json", "--test-card");
    let call = |options: &str| folder.call(&format!("{FACE} {options}"));
    let before = folder.read("card.json");
    let answer = call("").codes(&[TEST_NUMBER_B]).json("card-face");
    assert_eq!(answer.end(), (16, "not_trusted"));
    assert_eq!(folder.read("card.json"), before, "no code was sent");

    let line = "--test-hierarchy --check signature --show-personal";
    let answer = call(line).codes(&["S55.2.17 2035 2285"]).json("card-face");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(answer.value["record"]["hierarchy"], "test");
    assert_eq!(answer.value["authenticity"], "not_checked");
    let face = &answer.value["card_face"];
    let field = |value: &str, standing: &str| json!({"value": value, "standing": standing});
    assert_eq!(face["birth"], field("1980-02-17", "verified"));
    assert_eq!(face["sex"], field("male", "verified"));
    assert_eq!(face["expiry"], field("2035-02-17", "unsigned"));
    assert_eq!(face["security_code"], field("***", "unsigned"));
    for (image, kind, width, height) in [
        ("photo", "jp2", 378, 472),
        ("name_image", "png", 216, 12),
        ("address_image", "png", 288, 12),
    ] {
        let image = &face[image];
        assert_eq!(image["kind"], kind);
        assert_eq!((&image["width"], &image["height"]), (&json!(width), &json!(height)));
        assert_eq!(image["standing"], "verified");
    }
    // Nobody has its private key, so it is a copy.
    let answer = call("--test-hierarchy").codes(&[TEST_NUMBER_B]).json("card-face");
    assert_eq!(answer.end(), (35, "record_not_genuine"));
    // Its integrity record is not published.
    let line = format!("{ATTRIBUTES} --test-hierarchy --show-personal --check none");
    let answer = folder.call(&line).codes(&[TEXT_PIN]).json("attributes");
    assert_eq!(answer.end(), (0, "done"));
    assert_eq!(answer.value["attributes"]["birth"], field("1980-02-17", "not_verified"));
}

#[test]
fn authorities_can_be_brought_and_are_then_the_only_virtual_ones() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    for kind in ["card-face", "input-support"] {
        let line = format!("card root --kind {kind} --out {kind}.json");
        assert_eq!(folder.call(&line).json("card").code, 0);
        let file: Value = serde_json::from_slice(&folder.read(&format!("{kind}.json"))).unwrap();
        assert_eq!((holds("authority", &file), &file["role"]), (Ok(()), &json!(kind)));
    }
    let face = |options: &str| folder.call(&format!("{FACE} {options}")).codes(&[&number]);
    let answer = face("--authority card-face.json").json("card-face");
    assert_eq!(answer.end(), (0, "verified"));
    assert_eq!(answer.value["record"]["hierarchy"], "custom");
    // That of another part of the card vouches for nothing here.
    assert_eq!(face("--authority input-support.json").json("card-face").end(), (16, "not_trusted"));
    let line = format!("{ATTRIBUTES} --authority input-support.json");
    assert_eq!(folder.call(&line).codes(&[TEXT_PIN]).json("attributes").end(), (0, "verified"));
    folder.write("none.json", "{}");
    for file in ["none.json", "missing.json", "card.json"] {
        let answer = face(&format!("--authority {file}")).json("card-face");
        assert_eq!(answer.end(), (3, "file_error"), "{file}");
    }
    face(&"--authority card-face.json ".repeat(9)).usage();
}

#[test]
fn the_photo_is_written_whole_or_not_at_all_and_for_its_owner_alone() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    let call = |options: &str| {
        folder.call(&format!("face photo --reader virtual:card.json {options}")).codes(&[&number])
    };
    let answer = call("--out photo.png").json("face-photo");
    assert_eq!(answer.end(), (0, "verified"));
    assert!(folder.read("photo.png").starts_with(b"\x89PNG\r\n\x1A\n"));
    let answer = call("--out photo.jp2 --original").json("face-photo");
    let original = folder.read("photo.jp2");
    assert!(original.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n"));
    assert_eq!(answer.value["photo"]["bytes"], original.len());
    let names = ["card.json", "card.json.lock", "photo.jp2", "photo.png"];
    assert_eq!(folder.names(), names);

    // What is there stays there unless a photo takes its place, and then nobody else may read it.
    folder.write("photo.png", b"what was there before");
    let wrong = folder.call("face photo --reader virtual:card.json --out photo.png");
    assert_eq!(wrong.codes(&["00000000000000"]).run().code, 36);
    assert_eq!(folder.read("photo.png"), b"what was there before");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name| fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(folder.path("photo.png"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(call("--out photo.png").run().code, 0);
        assert_eq!((mode("photo.png"), mode("photo.jp2")), (0o600, 0o600));
    }
    assert_eq!(folder.names(), names);

    // Without a name of a file there is none, and the card's own is none.
    assert!(call("").run().code == 2 && call("--out card.json").run().code == 2);
    fs::create_dir(folder.path("folder")).unwrap();
    let before = folder.read("card.json");
    for out in ["folder", "no/such/folder/photo.png"] {
        let answer = call(&format!("--out {out}")).json("face-photo");
        assert_eq!(answer.end(), (3, "file_error"), "{out}");
    }
    assert_eq!(folder.read("card.json"), before);
}

/// A photo that cannot be decoded is still the card's.
#[test]
fn a_photo_of_another_sort_is_kept_as_it_is() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    // Of no kind that is known, and with nothing verified, so that the decoder meets it.
    let content = folder.content("card.json", "surface", "0002");
    let photo = content.windows(8).position(|it| it == b"\0\0\0\x0CjP  ").unwrap();
    folder.damage("card.json", "surface", "0002", photo + 4);
    let line = "face photo --reader virtual:card.json --check none --out photo";
    let answer = folder.call(line).codes(&[&number]).json("face-photo");
    assert_eq!(answer.end(), (28, "bad_answer"));
    let message = answer.value["message"].as_str().unwrap();
    assert!(message.contains("--original") && !folder.has("photo"), "{message}");
    let answer = folder.call(line).argument("--original").codes(&[&number]).json("face-photo");
    assert_eq!(answer.end(), (0, "done"));
    assert!(folder.has("photo"));
}

#[test]
fn cards_without_these_applications_are_named() {
    let folder = Folder::new();
    folder.issue("card.json", "--token iphone");
    for (line, schema) in [(FACE, "card-face"), (AGE, "card-face"), (ATTRIBUTES, "attributes")] {
        let answer = folder.call(line).codes(&[]).json(schema);
        assert_eq!(answer.end(), (29, "no_application"), "{line}");
        let message = answer.value["message"].as_str().unwrap();
        assert!(message.contains("application 券面事項"), "{message}");
    }
    // A try that cannot be written down is named, and a card in use by another program.
    let folder = Folder::new();
    folder.issue("card.json", "");
    fs::create_dir(folder.path("card.json.new")).unwrap();
    let answer = folder.call(FACE).codes(&["00000000000000"]).json("card-face");
    assert_eq!(answer.end(), (3, "file_error"));
}

#[test]
fn a_card_in_use_is_left_alone() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    // The first one holds the card while it waits for the code.
    let mut first = folder
        .call(FACE)
        .argument("--code-stdin")
        .argument("--trace")
        .command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = first.stderr.take().unwrap();
    stderr.read_exact(&mut [0]).unwrap();
    let drain = std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    for (line, schema) in [
        (FACE, "card-face"),
        (AGE, "card-face"),
        (ATTRIBUTES, "attributes"),
        ("face photo --reader virtual:card.json --out photo.png", "face-photo"),
        (
            "check-in --method visual --operator C-17 --reason mask --photo-out photo.png --code-stdin --reader \
             virtual:card.json",
            "check-in",
        ),
    ] {
        assert_eq!(folder.call(line).json(schema).end(), (23, "in_use"), "{line}");
    }
    assert!(!folder.has("photo.png"));
    let number = folder.number_b("card.json");
    first.stdin.take().unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
    drain.join().unwrap().unwrap();
}
