//! `kazasu check-in --method face` and `--method visual`: every exit number that they can end in, what
//! the card is asked, and what stays of a photo.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Answer, Call, Folder, Run, TEST_CARD_NOW, holds};
use kazasu::face::decode::Picture;
use kazasu::face::{DemonstrationMatcher, Photo};
use serde_json::{Value, json};
use std::io::Write;
#[cfg(unix)]
use std::process::Command;
use std::process::Stdio;
use std::time::{Duration, Instant};

const FACE: &str = "check-in --method face";
const READER: &str = "--reader virtual:card.json";
const VISUAL: &str = "check-in --method visual --operator C-17 --reason PIN-forgotten";

fn commands(answer: &Answer) -> u64 {
    answer.value["exchange"]["commands"].as_u64().unwrap()
}

/// A folder with a card, its number B, and its photo as `own.png`.
fn with_card(options: &str) -> (Folder, String) {
    let folder = Folder::new();
    folder.issue("card.json", options);
    let number = folder.number_b("card.json");
    let line = format!("face photo {READER} --check signature --out own.png");
    assert_eq!(folder.call(&line).codes(&[&number]).run().code, 0);
    (folder, number)
}

fn picture(folder: &Folder, name: &str) -> Picture {
    Picture::decode(&Photo::new(&folder.read(name)).unwrap()).unwrap()
}

/// Writes a picture of grey pixels.
fn draw(folder: &Folder, name: &str, like: &Picture, grey: impl Fn(u16, u16) -> u8) {
    let (width, height) = (like.width(), like.height());
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = pixels.map(|(x, y)| grey(x, y)).collect();
    let picture = Picture::from_grey(width, height, pixels).unwrap();
    folder.write(name, picture.to_png().unwrap());
}

#[test]
fn the_demonstration_says_what_its_matcher_is() {
    for (key_use, number) in [("", 6), ("--key-use stand-in", 14)] {
        let answer = Call::new(&format!("{FACE} {key_use}")).json("check-in");
        assert_eq!(answer.end(), (0, "verified"), "{key_use}");
        assert_eq!(answer.value["matcher"]["purpose"], "demonstration");
        assert!(answer.value["matcher"]["pad"].as_str().unwrap().contains("stand-in"));
        assert_eq!(answer.value["record"]["hierarchy"], "virtual");
        assert_eq!(commands(&answer), number);
        let run = Call::new(&format!("{FACE} {key_use}")).run();
        for text in ["Verified.", "recognises nobody", "liveness: passed (a stand-in)"] {
            assert!(run.code == 0 && run.out.contains(text), "{text}: {}", run.out);
        }
    }
    let answer = Call::new(FACE).json("check-in");
    assert_eq!(answer.value["certificate"], "not_proven");
    assert_eq!(answer.value["key_use"], "card-authenticity");
    let answer = Call::new(&format!("{FACE} --key-use stand-in")).json("check-in");
    assert_eq!(answer.value["key_use"], "stand-in");
    assert_eq!(answer.value["certificate"]["kind"], "auth");
    assert_eq!(answer.value["trust"]["hierarchy"], "virtual");
    let run = Call::new(FACE).run();
    assert!(run.out.contains("signer's certificate read"), "{}", run.out);
    let run = Call::new(&format!("{FACE} --lang ja")).run();
    assert!(run.out.contains("人物を認識しません"), "{}", run.out);
    // The PIN is as it was.
    let answer = Call::new("check-in --method pin").json("check-in");
    assert_eq!((answer.end(), commands(&answer)), ((0, "verified"), 5));
}

#[test]
fn every_way_in_which_a_face_is_not_verified() {
    let (folder, number) = with_card("");
    folder.issue("other.json", "--photo another");
    let line = "face photo --reader virtual:other.json --out other.png";
    assert_eq!(folder.call(line).codes(&[&folder.number_b("other.json")]).run().code, 0);
    let own = picture(&folder, "own.png");
    draw(&folder, "blank.png", &own, |_, _| 128);
    // A surface that is darker at one side: a blank that was shifted.
    draw(&folder, "shifted-blank.png", &own, |x, _| if x < 120 { 60 } else { 200 });
    draw(&folder, "shifted.png", &own, |x, y| own.pixel((x + 120) % own.width(), y));
    draw(&folder, "dark.png", &own, |_, _| 3);
    draw(&folder, "bright.png", &own, |_, _| 255);
    let mut grey = own.grey().to_vec();
    DemonstrationMatcher::mark_as_attack(&mut grey, own.width());
    let marked = Picture::from_grey(own.width(), own.height(), grey).unwrap();
    folder.write("screen.png", marked.to_png().unwrap());
    let small = Picture::from_grey(8, 8, (0..64).map(|it| it * 4).collect()).unwrap();
    folder.write("small.png", small.to_png().unwrap());

    let call = |options: &str| folder.call(&format!("{FACE} {READER} {options}")).codes(&[&number]);
    for (options, end, verdict, detail) in [
        ("--probe own.png", (0, "verified"), "match", json!(null)),
        ("--probe other.png", (30, "face_no_match"), "no_match", json!(null)),
        ("--probe shifted.png", (30, "face_no_match"), "no_match", json!(null)),
        ("--probe shifted-blank.png", (30, "face_no_match"), "no_match", json!(null)),
        ("--probe blank.png", (32, "face_quality"), "quality", json!("no-face")),
        ("--probe dark.png", (32, "face_quality"), "quality", json!("too-dark")),
        ("--probe bright.png", (32, "face_quality"), "quality", json!("too-bright")),
        ("--probe small.png", (32, "face_quality"), "quality", json!("too-far")),
        ("--probe screen.png", (31, "face_suspected_attack"), "suspected_attack", json!("screen")),
        (
            "--probe own.png --stand-in-liveness failed",
            (31, "face_suspected_attack"),
            "suspected_attack",
            json!("unspecified"),
        ),
        (
            "--probe own.png --stand-in-liveness not-checked",
            (33, "face_device_fault"),
            "device_fault",
            json!("liveness-not-checked"),
        ),
        // A good liveness makes nobody another.
        (
            "--probe other.png --stand-in-liveness passed",
            (30, "face_no_match"),
            "no_match",
            json!(null),
        ),
    ] {
        let answer = call(options).json("check-in");
        assert_eq!(answer.end(), end, "{options}: {}", answer.value);
        assert_eq!(answer.value["decision"]["verdict"], verdict, "{options}");
        assert_eq!(answer.value["decision"]["detail"], detail, "{options}");
        // Who is not recognised is not proven, and the card is asked for nothing more.
        assert_eq!(commands(&answer), if end.0 == 0 { 6 } else { 5 }, "{options}");
        assert_eq!(answer.value["tries_left"], 10, "{options}");
        for language in ["en", "ja"] {
            let run = call(&format!("{options} --lang {language}")).run();
            assert_eq!(run.code, end.0, "{options}");
            let next = ["PIN", "暗証番号", "Staff", "職員"].iter().any(|it| run.out.contains(it));
            assert!(end.0 == 0 || next, "what then: {}", run.out);
            assert!(end.0 == 0 || !run.out.contains("Verified"), "{}", run.out);
        }
    }
    assert_eq!(folder.tries("card.json", "surface", "0012"), 10);
    assert_eq!(folder.pin_tries("card.json"), 3, "no face ever costs a try");
}

#[test]
fn codes_of_a_check_in_by_face_are_guarded_too() {
    let (folder, number) = with_card("");
    let call = |options: &str| folder.call(&format!("{FACE} {READER} --probe own.png {options}"));
    let wrong = "60061520369999";
    let answer = call("").codes(&[wrong]).json("check-in");
    assert_eq!(answer.end(), (36, "code_wrong"));
    assert_eq!((&answer.value["tries_left"], &answer.value["decision"]), (&json!(9), &Value::Null));
    folder.set_tries("card.json", "surface", "0012", 2);
    let before = folder.read("card.json");
    let answer = call("").codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (12, "last_try_refused"));
    assert_eq!(folder.read("card.json"), before);
    let answer = call("--confirm-last-try").codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
    folder.set_tries("card.json", "surface", "0012", 0);
    assert_eq!(call("").codes(&[&number]).json("check-in").end(), (37, "code_blocked"));
    let answer = call("").json("check-in");
    assert_eq!(answer.end(), (37, "code_blocked"), "nobody is asked for one");
}

#[test]
fn a_card_that_is_not_genuine_proves_nobody() {
    let (folder, number) = with_card("--copied");
    let yes = [number.as_str(), "yes", "yes"];
    let face = format!("{FACE} {READER} --probe own.png");
    let visual = format!("{VISUAL} {READER} --photo-out now.png");
    let answer = folder.call(&face).codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (35, "record_not_genuine"), "a copy, whoever stands there");
    assert_eq!(answer.value["decision"]["verdict"], "match");
    let answer = folder.call(&visual).codes(&yes).json("check-in");
    assert_eq!(answer.end(), (35, "record_not_genuine"));

    let (folder, number) = with_card("");
    let content = folder.content("card.json", "surface", "0002");
    let photo = content.windows(8).position(|it| it == b"\0\0\0\x0CjP  ").unwrap();
    folder.damage("card.json", "surface", "0002", photo + 1000);
    let answer = folder.call(&face).codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (35, "record_not_genuine"), "another photo on a genuine card");
    assert_eq!(answer.value["decision"], Value::Null, "nobody was looked at");
    let answer = folder.call(&visual).codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (35, "record_not_genuine"), "no answer was wanted");
    assert!(!folder.has("now.png"));
}

/// The matcher for demonstrations counts with virtual cards only, whatever it says.
#[test]
fn a_real_card_is_not_matched_by_the_demonstration() {
    let (folder, _) = with_card("");
    folder.issue("test.json", "--test-card");
    let number = "55021720352285";
    let line = format!(
        "{FACE} --reader virtual:test.json --test-hierarchy --probe own.png --now {TEST_CARD_NOW}"
    );
    let answer = folder.call(&line).codes(&[number]).json("check-in");
    assert_eq!(answer.end(), (16, "not_trusted"));
    assert!(answer.value["message"].as_str().unwrap().contains("demonstrations"));
    let without = line.replace("--test-hierarchy", "");
    let before = folder.read("test.json");
    assert_eq!(folder.call(&without).codes(&[number]).json("check-in").code, 16);
    assert_eq!(folder.read("test.json"), before, "no code was sent");
    // Nor does a virtual card count whose authority somebody brings.
    let root = "card root --kind card-face --out authority.json";
    assert_eq!(folder.call(root).run().code, 0);
    let line = format!("{FACE} {READER} --probe own.png --authority authority.json");
    let answer = folder.call(&line).codes(&[&folder.number_b("card.json")]).json("check-in");
    assert_eq!(answer.end(), (16, "not_trusted"));
}

#[test]
fn the_stand_in_needs_a_card_that_takes_it_and_a_good_certificate() {
    let folder = Folder::new();
    folder.issue("plain.json", "");
    folder.issue("card.json", "--stand-in-institution --issued 2022-04-01 --not-after 2027-03-10");
    let number = folder.number_b("card.json");
    let line = format!("face photo {READER} --out own.png");
    assert_eq!(folder.call(&line).codes(&[&number]).run().code, 0);
    let call = |card: &str, now: &str| {
        let line = format!(
            "{FACE} --key-use stand-in --probe own.png --reader virtual:{card} --now {now}"
        );
        folder.call(&line).codes(&[&folder.number_b(card)]).json("check-in")
    };
    for (now, end) in [
        ("2026-11-21T00:00:00Z", (0, "verified")),
        ("2027-04-01T00:00:00Z", (21, "verified_in_grace")),
        ("2028-01-01T00:00:00Z", (17, "over")),
        ("2022-01-01T00:00:00Z", (17, "not_yet_valid")),
    ] {
        let answer = call("card.json", now);
        assert_eq!(answer.end(), end, "{now}: {}", answer.value);
        assert_eq!(answer.value["decision"]["verdict"], "match");
    }
    let answer = call("plain.json", "2027-01-01T00:00:00Z");
    assert_eq!(answer.end(), (28, "bad_answer"), "{}", answer.value);
    assert_eq!(folder.pin_tries("card.json"), 3);
    // A certificate of one hierarchy and a card face of another do not belong together.
    assert_eq!(folder.call("card root --card card.json --out root.der").run().code, 0);
    let line = format!("{FACE} {READER} --key-use stand-in --probe own.png --anchor root.der");
    let answer = folder.call(&line).codes(&[&number]).json("check-in");
    assert_eq!(answer.end(), (16, "not_trusted"), "{}", answer.value);
}

#[test]
fn staff_confirm_twice_or_not_at_all() {
    let (folder, number) = with_card("--stand-in-institution");
    let call = |answers: &[&str], options: &str| {
        let lines: Vec<&str> =
            [number.as_str()].into_iter().chain(answers.iter().copied()).collect();
        folder.call(&format!("{VISUAL} {READER} --photo-out now.png {options}")).codes(&lines)
    };
    for (answers, end) in [
        (&["yes", "yes"][..], (0, "verified")),
        (&["はい", "はい"], (0, "verified")),
        (&["no"], (34, "visual_refused")),
        (&["yes", "no"], (34, "visual_refused")),
        (&["yes", "perhaps"], (34, "visual_refused")),
        (&["yes", ""], (34, "visual_refused")),
        (&["YES"], (34, "visual_refused")),
        // Who does not answer did not say yes.
        (&["yes"], (27, "cancelled")),
        (&[], (27, "cancelled")),
    ] {
        let answer = call(answers, "").json("check-in");
        assert_eq!(answer.end(), end, "{answers:?}: {}", answer.value);
        let confirmation = &answer.value["confirmation"];
        if end.0 == 0 {
            assert_eq!(
                (&confirmation["operator"], &confirmation["reason"]),
                (&json!("C-17"), &json!("PIN-forgotten"))
            );
            assert_eq!(answer.value["certificate"], "not_proven");
        } else {
            assert_eq!(confirmation, &Value::Null);
        }
        assert!(!folder.has("now.png"), "{answers:?}");
    }
    let answer = call(&["yes", "yes"], "--key-use stand-in").json("check-in");
    assert_eq!(answer.end(), (0, "verified"), "{}", answer.value);
    assert_eq!(answer.value["trust"]["hierarchy"], "virtual");
    let run = call(&["yes", "yes"], "").run();
    assert!(run.out.contains("confirmed by staff: C-17, PIN-forgotten, 20"), "{}", run.out);
    let run = call(&["yes", "no"], "--lang ja").run();
    assert!(run.code == 34 && run.out.contains("目視で本人と確認されませんでした"), "{}", run.out);
    // A wrong code is a wrong code, and asks staff for nothing.
    let line = format!("{VISUAL} {READER} --photo-out now.png");
    let answer = folder.call(&line).codes(&["60061520369999"]).json("check-in");
    assert_eq!(answer.end(), (36, "code_wrong"));
    // Each file that stood there before is somebody's.
    folder.write("now.png", b"what was there before");
    assert_eq!(call(&["yes", "yes"], "").json("check-in").end(), (3, "file_error"));
    assert_eq!(folder.read("now.png"), b"what was there before");
}

#[test]
fn what_is_asked_for_wrongly_touches_no_card() {
    let (folder, number) = with_card("");
    let before = folder.read("card.json");
    folder.write("text.txt", b"no picture");
    let long = "x".repeat(65);
    for line in [
        format!("{FACE} {READER}"),
        format!("{FACE} {READER} --probe own.png --evidence evidence.json"),
        format!("{FACE} {READER} --probe own.png --operator C-17"),
        format!("{FACE} {READER} --probe own.png --key-use pin"),
        format!("check-in {READER} --probe own.png"),
        format!("check-in {READER} --key-use stand-in"),
        format!("check-in {READER} --method visual --operator C-17"),
        format!("check-in {READER} --method visual --reason none"),
        format!(
            "check-in {READER} --method visual --photo-out now.png --operator C --reason {long}"
        ),
        format!("{VISUAL} {READER} --photo-out now.png --probe own.png"),
        // Nobody could see the photo.
        format!("{VISUAL} {READER}"),
        format!("{VISUAL} {READER} --photo-out now.png --answer-within 0"),
    ] {
        folder.call(&line).codes(&[&number]).usage();
    }
    for probe in ["missing.png", "text.txt", "card.json"] {
        let answer = folder.call(&format!("{FACE} {READER} --probe {probe}")).codes(&[&number]);
        assert_eq!(answer.json("check-in").end(), (3, "file_error"), "{probe}");
    }
    assert_eq!(folder.read("card.json"), before);
    assert!(!folder.has("now.png") && !folder.has("evidence.json"));
}

/// Staff who could not be asked neither confirmed nor refused anybody.
#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let folder = Folder::new();
    for input in ["", "yes\nyes\n", "no\n"] {
        let call = folder.call(&format!("{VISUAL} --photo-out now.png --reader virtual"));
        let error = call.input(input.as_bytes()).usage();
        assert!(error.contains("--code-stdin") && error.contains("answers of staff"), "{error}");
        assert!(!folder.has("now.png"));
    }
}

/// Nobody answers: it ends by itself, and the photo is gone. A signal ends it at once, and so is it.
#[test]
fn an_open_question_ends_by_itself_and_by_a_signal() {
    let (folder, number) = with_card("");
    let start = |options: &str| {
        let line = format!("{VISUAL} {READER} --photo-out now.png --json {options}");
        let mut call = folder.call(&line).argument("--code-stdin");
        let mut child = call
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It stays open, as that of somebody who thinks.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{number}\nyes\n").as_bytes()).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while folder.path("now.png").metadata().map_or(0, |it| it.len()) == 0 {
            assert!(Instant::now() < until, "the photo is not shown");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(folder.read("now.png").starts_with(b"\x89PNG"));
        (child, stdin)
    };
    let (child, _stdin) = start("--answer-within 1");
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 26, "{}", run.out);
    holds("check-in", &serde_json::from_str(&run.out).unwrap()).unwrap();
    assert!(!folder.has("now.png"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let (child, _stdin) = start("");
        let mode = folder.path("now.png").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, 27, "{}", run.out);
        holds("check-in", &serde_json::from_str(&run.out).unwrap()).unwrap();
        assert!(!folder.has("now.png"));
    }
}
