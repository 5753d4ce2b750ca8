//! At a terminal, which `script` of util-linux plays.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Folder, holds};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const FILE: &str = "check-in --reader virtual:card.json";

fn at_terminal(folder: &Folder, line: &str, typed: &str) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_kazasu");
    typed_at(folder, &format!("{program} {line}"), typed)
}

fn typed_at(folder: &Folder, line: &str, typed: &str) -> (i32, String) {
    let mut child = Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .current_dir(folder.path("."))
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("script of util-linux is needed: {error}"));
    // Whoever types before the question is asked is not heard with the echo off.
    let mut stdin = child.stdin.take().unwrap();
    let typed = typed.to_owned();
    let hand = std::thread::spawn(move || {
        for line in typed.lines() {
            std::thread::sleep(Duration::from_millis(500));
            stdin.write_all(line.as_bytes()).unwrap();
            stdin.write_all(b"\n").unwrap();
        }
        stdin
    });
    let output = child.wait_with_output().unwrap();
    drop(hand.join().unwrap());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Types each line when its question is on the screen; `\x04` is Ctrl-D.
fn answered_at(folder: &Folder, line: &str, answers: &[(&str, &str)]) -> (i32, String) {
    let mut child = Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .current_dir(folder.path("."))
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("script of util-linux is needed: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut out, mut seen, mut answers) = (Vec::new(), 0, answers.iter());
    let mut next = answers.next();
    let mut octet = [0];
    while stdout.read(&mut octet).unwrap() > 0 {
        out.extend_from_slice(&octet);
        if let Some((question, typed)) = next
            && out[seen..].ends_with(question.as_bytes())
        {
            seen = out.len();
            stdin.write_all(typed.as_bytes()).unwrap();
            next = answers.next();
        }
    }
    let code = child.wait().unwrap().code().unwrap();
    drop(stdin);
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn an_empty_entry_cancels() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let (code, out) = at_terminal(&folder, &format!("{FILE} --json"), "\n");
    assert_eq!(code, 27, "{out}");
    let line = out.lines().last().unwrap();
    let value = serde_json::from_str(line.trim()).unwrap();
    holds("check-in", &value).unwrap();
    assert_eq!(folder.pin_tries("card.json"), 3);
    let (code, out) = at_terminal(&folder, &format!("{FACE} --json"), "\n");
    assert_eq!(code, 27, "{out}");
    holds("card-face", &serde_json::from_str(out.lines().last().unwrap().trim()).unwrap()).unwrap();
    assert_eq!(folder.tries("card.json", "surface", "0012"), 10);
}

#[test]
fn a_malformed_entry_is_asked_for_again_and_never_shown() {
    let folder = Folder::new();
    folder.issue("card.json", "--pin 7351");
    let (code, out) = at_terminal(&folder, FILE, "73x1\n7351\n");
    assert_eq!(code, 0, "{out}");
    assert_eq!(out.matches("PIN for user authentication (3 left): ").count(), 2, "{out}");
    assert!(!out.contains("7351") && !out.contains("73x1"), "{out}");
}

#[test]
fn the_last_try_is_confirmed_by_word() {
    let folder = Folder::new();
    folder.issue("card.json", "--tries 1");
    let (code, out) = at_terminal(&folder, FILE, "no\n");
    assert_eq!(code, 12, "{out}");
    assert_eq!(folder.pin_tries("card.json"), 1);
    let (code, out) = at_terminal(&folder, FILE, "yes\n1234\n");
    assert_eq!(code, 0, "{out}");
    assert_eq!(folder.pin_tries("card.json"), 3);
}

const FACE: &str = "card-face show --reader virtual:card.json";

/// A wrong code may be given anew in the same session, which takes no third one.
#[test]
fn two_wrong_codes_stop_the_session() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let right = folder.number_b("card.json");
    let tries = || folder.tries("card.json", "surface", "0012");
    let (code, out) = at_terminal(&folder, FACE, &format!("60061520369999\n{right}\n"));
    assert_eq!((code, tries()), (0, 10), "{out}");
    assert!(out.contains("The code is wrong. 9 tries are left"), "{out}");
    assert!(out.contains("security code) (9 left): "), "{out}");
    assert!(!out.contains(&right) && !out.contains("9999"), "{out}");

    let typed = "60061520369999\n60061520369998\n";
    let (code, out) = at_terminal(&folder, &format!("{FACE} --json"), typed);
    assert_eq!((code, tries()), (38, 8), "{out}");
    let line = out.lines().last().unwrap();
    let value: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    holds("card-face", &value).unwrap();
    assert_eq!((&value["outcome"], &value["tries_left"]), (&"codes_stopped".into(), &8.into()));
    // Who gives no second one had a wrong one.
    let (code, out) = at_terminal(&folder, &format!("{FACE} --lang ja"), "60061520369999\n\n");
    assert_eq!((code, tries()), (36, 7), "{out}");
    // Neither is asked for beyond the reserve without a word.
    folder.set_tries("card.json", "surface", "0012", 3);
    let (code, out) = at_terminal(&folder, FACE, "60061520369999\nno\n");
    assert_eq!((code, tries()), (12, 2), "{out}");
    assert!(out.contains("Only 2 tries of the number B"), "{out}");
    let (code, out) = at_terminal(&folder, FACE, &format!("yes\n{right}\n"));
    assert_eq!((code, tries()), (0, 10), "{out}");
}

/// A photo is drawn where the terminal has greys, and nowhere else; text only with leave.
#[test]
fn a_photo_is_drawn_where_it_can_be() {
    let folder = Folder::new();
    let drawn = |environment: &str, line: &str| {
        let program = env!("CARGO_BIN_EXE_kazasu");
        let line = format!("env -u COLORTERM -u NO_COLOR {environment} {program} {line}");
        let output = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(folder.path("."))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{environment} {line}");
        String::from_utf8(output.stdout).unwrap()
    };
    let all = drawn("TERM=xterm COLORTERM=truecolor", "card-face show");
    assert_eq!(all.matches("\u{1B}[0m").count(), 27, "44 columns of 378 x 472 pixels: {all}");
    assert!(all.contains("\u{1B}[38;2;"), "{all}");
    let palette = drawn("TERM=xterm-256color", "card-face show");
    assert!(palette.contains("\u{1B}[38;5;") && !palette.contains("38;2;"), "{palette}");
    for (environment, line) in [
        ("TERM=xterm COLORTERM=truecolor", "card-face show --no-photo"),
        ("TERM=xterm COLORTERM=truecolor", "card-face show --json"),
        ("TERM=xterm COLORTERM=truecolor NO_COLOR=1", "card-face show"),
        ("TERM=linux", "card-face show"),
        ("TERM=dumb COLORTERM=truecolor", "card-face show --show-personal"),
    ] {
        let out = drawn(environment, line);
        assert!(!out.contains('\u{1B}') && !out.contains('▀'), "{environment} {line}: {out}");
    }
    let is_dot = |character: char| ('\u{2801}'..='\u{28FF}').contains(&character);
    assert!(!all.contains(is_dot), "the name is not shown: {all}");
    assert!(drawn("TERM=linux", "card-face show --show-personal").contains(is_dot));
}

/// The end of a question to staff.
const ANSWER: &str = "yes or no: ";

/// A visual check on a terminal with greys.
fn visual_check(line: &str) -> String {
    let program = env!("CARGO_BIN_EXE_kazasu");
    format!(
        "env COLORTERM=truecolor {program} check-in --method visual --operator C-17 --reason mask {line}"
    )
}

/// Staff see the photo on a screen of its own, which is left again, and answer in words.
#[test]
fn staff_are_asked_beside_the_photo() {
    let folder = Folder::new();
    let visual = |answers: &[&str], line: &str| {
        let answers: Vec<_> = answers.iter().map(|typed| (ANSWER, *typed)).collect();
        answered_at(&folder, &visual_check(line), &answers)
    };
    let (code, out) = visual(&["yes\n", "well\n", "yes\n"], "");
    assert_eq!(code, 0, "{out}");
    let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text}: {out}"));
    assert!(at("\u{1B}[?1049h") < at("▀") && at("▀") < at("the person who stands before you"));
    assert!(at("the face that is printed") < at("\u{1B}[?1049l"), "{out}");
    assert_eq!(out.matches("the face that is printed").count(), 2, "asked again: {out}");
    assert!(at("\u{1B}[?1049l") < at("confirmed by staff: C-17, mask"), "{out}");
    assert!(!out[at("\u{1B}[?1049l")..].contains('▀'), "{out}");
    let (code, out) = answered_at(&folder, &visual_check("--lang ja"), &[("と入力: ", "いいえ\n")]);
    assert!(code == 34 && out.contains("目の前の方ですか"), "{out}");
    let (code, out) = visual(&["yes\n", "yes\n"], "--json");
    let value = serde_json::from_str(out.rsplit("?1049l").next().unwrap().trim()).unwrap();
    holds("check-in", &value).unwrap();
    assert_eq!((code, &value["confirmation"]["operator"]), (0, &"C-17".into()));
}

/// What was typed before a question was there is no answer to it.
#[test]
fn staff_answer_what_they_were_asked() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    let line = visual_check("--reader virtual:card.json --answer-within 2");
    let code = "(10 left): ";
    // All before the photo.
    let ahead = format!("{number}\nyes\nyes\n");
    let (end, out) = answered_at(&folder, &line, &[(code, &ahead)]);
    assert!(end == 26 && !out.contains("confirmed by staff"), "{end} {out}");
    // Both at the first question.
    let number = format!("{number}\n");
    let (end, out) = answered_at(&folder, &line, &[(code, &number), (ANSWER, "yes\nyes\n")]);
    assert!(end == 26 && !out.contains("confirmed by staff"), "{end} {out}");
    let answers = [(code, number.as_str()), (ANSWER, "yes\n"), (ANSWER, "yes\n")];
    let (end, out) = answered_at(&folder, &line, &answers);
    assert!(end == 0 && out.contains("confirmed by staff"), "{end} {out}");
}

/// Ctrl-D at a question gives up, as it does at a code.
#[test]
fn the_end_of_the_input_gives_up() {
    let folder = Folder::new();
    for answers in [&[(ANSWER, "\x04")][..], &[(ANSWER, "yes\n"), (ANSWER, "\x04")]] {
        let (code, out) = answered_at(&folder, &visual_check(""), answers);
        assert!(code == 27 && out.matches(ANSWER).count() == answers.len(), "{code} {out}");
        assert!(!out.contains("key use"), "no key was used: {out}");
    }
}

/// A date that is none is asked for again, in the language of the run, and full-width digits are digits.
#[test]
fn a_japanese_keyboard_is_understood() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let line = "card-face show --by birth-date --reader virtual:card.json --lang ja";
    let (code, out) = at_terminal(&folder, line, "S60.13.1\n６００６１５\n");
    assert_eq!((code, folder.tries("card.json", "surface", "0011")), (0, 10), "{out}");
    assert!(out.contains("6桁") && !out.contains("no try was used"), "{out}");
}

/// A photo that no face can be told by is not shown, and no card is asked for it.
#[test]
fn a_window_too_small_for_a_face_is_refused() {
    let folder = Folder::new();
    for (rows, columns, end) in [(9, 80, 2), (24, 6, 2), (21, 80, 2), (24, 80, 0), (22, 80, 0)] {
        let line = format!("stty rows {rows} cols {columns}; {}", visual_check(""));
        let (code, out) = answered_at(&folder, &line, &[(ANSWER, "yes\n"), (ANSWER, "yes\n")]);
        assert_eq!(code, end, "{rows} x {columns}: {out}");
        assert_eq!(out.contains('▀'), end == 0, "{rows} x {columns}: {out}");
        assert!(end == 0 || (out.contains("larger") && out.contains("--photo-out")), "{out}");
    }
}
