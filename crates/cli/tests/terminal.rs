//! At a terminal, which `script` of util-linux plays.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Folder, holds};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

const FILE: &str = "check-in --reader virtual:card.json";

fn at_terminal(folder: &Folder, line: &str, typed: &str) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_kazasu");
    let mut child = Command::new("script")
        .args(["-qec", &format!("{program} {line}"), "/dev/null"])
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
