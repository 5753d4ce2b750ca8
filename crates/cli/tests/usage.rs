//! How the program is called: help, languages, paths, environments, and readers who go away.

mod common;

use common::{Call, Folder, PIN, Run};
use kazasu::Outcome;
use std::process::Stdio;

const COMMANDS: [(&str, &[&str]); 17] = [
    (
        "check-in",
        &[
            "--method",
            "pin|face|visual",
            "--key-use",
            "card-authenticity|stand-in",
            "--probe",
            "--stand-in-liveness",
            "--operator",
            "--reason",
            "--photo-out",
            "--answer-within",
            "--authority",
            "--code-stdin",
            "--reader",
            "--pin-stdin",
            "--nonce",
            "--now",
            "--confirm-last-try",
            "--test-hierarchy",
            "--anchor",
            "--extended-length",
            "--evidence",
            "--json",
            "--lang",
            "--show-personal",
            "--trace",
        ],
    ),
    (
        "attributes",
        &[
            "--by",
            "pin|number-b",
            "--check",
            "signature|none",
            "--show-personal",
            "--reader",
            "--code-stdin",
            "--confirm-last-try",
            "--test-hierarchy",
            "--authority",
            "--trace",
            "--json",
            "--lang",
        ],
    ),
    ("card-face", &["show"]),
    (
        "card-face show",
        &[
            "--by",
            "number-b|birth-date",
            "--check",
            "card|signature|none",
            "--no-photo",
            "--show-personal",
            "--reader",
            "--code-stdin",
            "--confirm-last-try",
            "--test-hierarchy",
            "--authority",
            "--trace",
            "--json",
            "--lang",
        ],
    ),
    ("face", &["photo"]),
    ("face photo", &["--out", "--original", "--check", "--reader", "--code-stdin", "--json"]),
    ("cert", &["show"]),
    (
        "cert show",
        &[
            "--kind",
            "auth|auth-ca|sign|sign-ca",
            "--out",
            "--untrusted",
            "--reader",
            "--json",
            "--pin-stdin",
            "--confirm-last-try",
            "--show-personal",
        ],
    ),
    ("sign", &["--key", "auth|sign", "--in", "--out", "--reader", "--json", "--pin-stdin"]),
    (
        "verify",
        &[
            "--evidence",
            "--nonce",
            "--in",
            "--sig",
            "--cert",
            "--anchor",
            "--signature-only",
            "--now",
            "--test-hierarchy",
            "--json",
        ],
    ),
    ("pin", &["status", "change"]),
    ("pin status", &["--reader", "--json"]),
    ("pin change", &["--kind", "auth|sign|text", "--reader", "--pin-stdin", "--confirm-last-try"]),
    ("card", &["issue", "show", "root"]),
    (
        "card issue",
        &[
            "--out",
            "--pin",
            "--password",
            "--tries",
            "--not-after",
            "--no-extended-length",
            "--fresh-keys",
            "--test-card",
            "--token",
        ],
    ),
    ("card show", &["<FILE>", "--show-personal", "--json"]),
    ("card root", &["--card", "--out", "--kind"]),
];

#[test]
fn every_command_has_help_that_names_its_options() {
    for (command, options) in COMMANDS {
        for flag in ["--help", "-h"] {
            let run = Call::new(&format!("{command} {flag}")).run();
            assert_eq!((run.code, run.err.as_str()), (0, ""), "{command}");
            for option in options {
                assert!(run.out.contains(option), "{command} {flag}: {option}\n{}", run.out);
            }
            assert!(!run.out.contains("--secret"), "{command}");
        }
    }
}

#[test]
fn help_lists_the_exit_numbers_that_the_library_has() {
    let help = Call::new("--help").run().out;
    let text = help.split("Exit numbers: ").nth(1).unwrap().split('.').next().unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let listed: Vec<(u8, Vec<String>)> = words
        .split(", ")
        .map(|entry| {
            let (code, names) = entry.split_once(' ').unwrap();
            (code.parse().unwrap(), names.split(" or ").map(str::to_owned).collect())
        })
        .collect();
    for outcome in Outcome::ALL {
        let (_, names) = listed.iter().find(|(code, _)| *code == outcome.code()).unwrap();
        assert!(names.contains(&outcome.to_string()), "{outcome}: {names:?}");
    }
    let own = [(1, "internal error"), (2, "usage"), (3, "file error")];
    for (code, name) in own {
        assert!(listed.contains(&(code, vec![name.to_owned()])), "{code}");
    }
    let codes: std::collections::BTreeSet<_> = Outcome::ALL.iter().map(|it| it.code()).collect();
    assert_eq!(listed.len(), codes.len() + own.len());
}

#[test]
fn without_a_command_there_is_help_on_standard_error() {
    for line in ["", "cert", "pin", "card"] {
        let run = Call::new(line).run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line}");
        assert!(run.err.contains("Usage: kazasu"), "{}", run.err);
    }
    for line in ["check_in", "help", "--json", "check-in extra", "check-in --nonce", "cert show"] {
        let run = Call::new(line).run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line}");
        assert_ne!(run.err, "");
    }
    let run = Call::new("--version").run();
    assert_eq!(run.code, 0);
    assert!(run.out.starts_with("kazasu "), "{}", run.out);
}

#[test]
fn the_language_is_the_one_asked_for_or_the_environments() {
    let text = |call: Call| call.run().out;
    let plain = || Call::new("check-in");
    let japanese = "本人確認が完了しました。";
    for (out, ja) in [
        (text(plain()), false),
        (text(plain().argument("--lang=ja")), true),
        (text(plain().environment("LANG", "ja_JP.UTF-8")), true),
        (text(plain().environment("LANG", "ja_JP.UTF-8").argument("--lang=en")), false),
        (text(plain().environment("LANG", "en_US.UTF-8").argument("--lang=ja")), true),
        (text(plain().environment("LC_ALL", "C").environment("LANG", "ja_JP.UTF-8")), false),
        (text(plain().environment("LC_ALL", "").environment("LANG", "ja_JP.UTF-8")), true),
        (text(plain().environment("LC_MESSAGES", "ja").environment("LANG", "C")), true),
        (text(plain().environment("LANG", "C")), false),
    ] {
        assert_eq!(out.contains(japanese), ja, "{out}");
        assert_eq!(out.contains("Verified."), !ja, "{out}");
    }
    // JSON is the same in every language.
    let answer = plain().argument("--lang=ja").json("check-in");
    assert_eq!(answer.end(), (0, "verified"));
}

#[test]
fn paths_as_people_have_them() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("my cards")).unwrap();
    for name in ["my cards/a card.json", "カード.json", "a:b.json", "./-card.json"] {
        let run = Call::with(["card", "issue", "--out"]).argument(folder.path(name)).run();
        assert_eq!(run.code, 0, "{}", run.err);
        // Absolute, and relative to the working folder.
        for path in [folder.path(name).to_str().unwrap(), name] {
            let mut call = Call::with(["check-in", "--reader"]).argument(format!("virtual:{path}"));
            call.command.current_dir(folder.path("."));
            assert_eq!(call.secrets(&[PIN]).json("check-in").code, 0, "{path}");
        }
    }
    let mut call = folder.call("check-in --reader").argument("virtual:../a:b.json");
    call.command.current_dir(folder.path("my cards"));
    assert_eq!(call.secrets(&[PIN]).json("check-in").code, 0);
}

#[test]
fn an_empty_environment_is_enough() {
    let folder = Folder::new();
    let mut call = folder.call("check-in --evidence evidence.json");
    call.command.env_clear();
    assert_eq!(call.json("check-in").end(), (0, "verified"));
    assert!(folder.has("evidence.json"));
}

#[test]
fn a_reader_who_goes_away_changes_no_result() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    folder.write("text", b"to be signed");
    for (line, code) in [
        ("check-in --evidence evidence.json", 0),
        ("check-in --json", 0),
        ("check-in --trace", 0),
        ("check-in --json --anchor missing", 3),
        ("check-in --reader virtual:card.json --now 2050-01-01T00:00:00Z", 17),
        ("sign --key auth --in text --out sig", 0),
        ("cert show --kind sign", 0),
        ("pin status", 0),
        ("card show card.json", 0),
        ("--help", 0),
        ("", 2),
    ] {
        // Both ends are gone before it starts to print.
        let (out, err) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        let mut call = folder.call(line);
        call.command.stdin(Stdio::null()).stdout(out.1).stderr(err.1);
        drop((out.0, err.0));
        let status = call.command.status().unwrap();
        assert_eq!(status.code(), Some(code), "{line}");
    }
    assert!(folder.has("evidence.json") && folder.has("sig"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_is_lost_is_a_file_error() {
    for line in ["check-in", "check-in --json", "pin status"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut call = Call::new(line);
        call.command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
        let run = Run::of(call.command.spawn().unwrap().wait_with_output().unwrap());
        assert_eq!(run.code, 3, "{line}");
        assert!(run.err.contains("standard output cannot be written"), "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn outputs_that_are_no_plain_files() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let folder = Folder::new();
    // A device is written to, not replaced.
    let run = folder.call("check-in --evidence /dev/null").run();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    // A link keeps pointing to the file.
    folder.write("target.json", b"old");
    symlink("target.json", folder.path("link.json")).unwrap();
    assert_eq!(folder.call("check-in --evidence link.json").run().code, 0);
    assert!(folder.path("link.json").is_symlink());
    assert!(folder.read("target.json").starts_with(b"{"));
    // What its owner has protected stays.
    folder.write("kept.json", b"old");
    let kept = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(folder.path("kept.json"), kept).unwrap();
    let answer = folder.call("check-in --evidence kept.json").json("check-in");
    assert_eq!(answer.end(), (3, "file_error"));
    assert_eq!(folder.read("kept.json"), b"old");
}

#[test]
fn the_trace_shows_headers_and_no_data() {
    let folder = Folder::new();
    folder.issue("card.json", "");
    let run = folder.call("check-in --reader virtual:card.json --trace").secrets(&[PIN]).run();
    assert_eq!(run.code, 0);
    let lines: Vec<_> = run.err.lines().collect();
    assert_eq!(lines.len(), 5, "{}", run.err);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("> ") && line.contains("9000") || line.contains("63C3")),
        "{}",
        run.err
    );
    // 4 digits went out in one of them, as a length.
    assert!(!run.err.contains("31 32 33 34") && !run.err.contains("31323334"), "{}", run.err);
    let json = folder.call("check-in --reader virtual:card.json --trace").secrets(&[PIN]);
    assert_eq!(json.json("check-in").code, 0, "the trace does not go to standard output");
}
