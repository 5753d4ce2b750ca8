//! What a run leaves alone: the files that it reads, and the card when a signal ended it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod common;

use common::Folder;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn an_output_never_replaces_what_the_run_reads() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    fs::write(folder.path("text"), "to be signed").unwrap();
    assert_eq!(folder.call("card root --out root.der").run().code, 0);
    let before = folder.read("card.json");
    let root = folder.read("root.der");
    for call in [
        "check-in --reader virtual:card.json --evidence card.json",
        "check-in --reader virtual:card.json --anchor root.der --evidence root.der",
        "cert show --kind auth --reader virtual:card.json --out ./card.json",
        "sign --key auth --reader virtual:card.json --in text --out text",
        "sign --key auth --reader virtual:card.json --in text --out card.json",
        "card root --card card.json --out card.json",
    ] {
        let run = folder.call(call).run();
        assert_eq!(run.code, 2, "{call}: {}", run.err);
        assert!(run.err.contains("is read by this run"), "{call}: {}", run.err);
    }
    assert_eq!(folder.read("card.json"), before);
    assert_eq!(folder.read("root.der"), root);
    assert_eq!(folder.read("text"), b"to be signed");
}

/// A signal ends a run that waits, before the card is touched and while it waits for a PIN; a PIN
/// that comes afterwards is not used.
#[test]
fn a_signal_ends_a_run_that_waits() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let before = folder.read("card.json");
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (arguments, late) in [
        (vec!["check-in", "--reader", "virtual:card.json", "--pin-stdin", "--json"], true),
        (vec!["sign", "--key", "auth", "--in", "pipe", "--out", "signature", "--json"], false),
        (
            vec!["card-face", "show", "--reader", "virtual:card.json", "--code-stdin", "--json"],
            true,
        ),
        (vec!["attributes", "--reader", "virtual:card.json", "--code-stdin", "--json"], true),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kazasu"))
            .args(&arguments)
            .current_dir(folder.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(400));
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        if late {
            // What comes at the same moment may be used; what comes after it never is.
            std::thread::sleep(Duration::from_millis(300));
            let _ = child.stdin.take().unwrap().write_all(b"9999\n");
        }
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(27), "{arguments:?}: {out}");
        let object: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(object["outcome"], "cancelled", "{out}");
        assert_eq!(folder.read("card.json"), before);
    }
}

/// Two signals end it at once, and nothing of a photo or of what was begun stays.
#[test]
fn two_signals_leave_no_file() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let number = folder.number_b("card.json");
    let visual = "check-in --method visual --operator C-17 --reason mask --photo-out now.png";
    for (line, typed, begun) in
        [("face photo --out two.png", "", ".new"), (visual, number.as_str(), "now.png")]
    {
        let before = folder.names();
        let mut call = folder.call(&format!("{line} --reader virtual:card.json --code-stdin"));
        let mut child = call.command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if !typed.is_empty() {
            writeln!(stdin, "{typed}").unwrap();
        }
        let until = std::time::Instant::now() + Duration::from_secs(20);
        let there = || folder.names().into_iter().find(|name| name.ends_with(begun));
        let full =
            |name: &String| begun == ".new" || folder.read(name).ends_with(b"IEND\xAEB`\x82");
        while !there().is_some_and(|name| full(&name)) {
            assert!(std::time::Instant::now() < until, "{begun} is not there");
            std::thread::sleep(Duration::from_millis(5));
        }
        // What is removed is still to be seen under another name.
        fs::hard_link(folder.path(&there().unwrap()), folder.path("kept")).unwrap();
        let twice = format!("kill -TERM {0}; kill -INT {0}", child.id());
        assert!(Command::new("sh").args(["-c", &twice]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(27));
        assert!(folder.read("kept").iter().all(|byte| *byte == 0), "{begun} is overwritten");
        fs::remove_file(folder.path("kept")).unwrap();
        assert_eq!(folder.names(), before, "{line}");
    }
}
