//! Rules over names, attributes and words in the repository's files.

use super::Finding;
use crate::source::{self, File};

/// Folders of the crates that firmware links.
const FIRMWARE: [&str; 6] = [
    "crates/apdu/",
    "crates/face/",
    "crates/kazasu/",
    "crates/mynacard/",
    "crates/pki/",
    "crates/tlv/",
];

/// Folders where C is called or hardware is touched.
const UNSAFE: [&str; 3] = ["crates/capi/", "crates/pcsc/", "hw-tests/"];

/// Longer files hold more than one concept.
const MOST_LINES: usize = 600;

// Assembled, so that this file does not break its own rules.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers"),
    concat!("../sha", "red"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("crates.io", "-index"),
    concat!("pypi", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

pub(super) fn is_firmware(file: &File) -> bool {
    FIRMWARE.iter().any(|folder| file.path.starts_with(folder))
}

/// Lines that contain one of the words.
fn containing(file: &File, text: &str, words: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(**word)) {
            findings.push(Finding::new(file, number + 1, *word));
        }
    }
    findings
}

/// The same in code only: not in comments and not in texts.
fn in_code(files: &[File], words: &[&str], allowed: &[&str]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.is_rust() && !allowed.iter().any(|at| file.path.starts_with(at)))
        .flat_map(|file| containing(file, &source::code(&file.text), words))
        .collect()
}

pub(super) fn no_machine_paths(files: &[File]) -> Vec<Finding> {
    let files = files.iter().filter(|file| !file.path.ends_with("Cargo.lock"));
    files.flat_map(|file| containing(file, &file.text, MACHINE)).collect()
}

pub(super) fn no_notes(files: &[File]) -> Vec<Finding> {
    files.iter().flat_map(|file| containing(file, &file.text, NOTES)).collect()
}

pub(super) fn private_keys(files: &[File]) -> Vec<Finding> {
    in_code(files, &["RsaPrivateKey", "SigningKey"], &["crates/virtual-card/"])
}

pub(super) fn unsafe_code(files: &[File]) -> Vec<Finding> {
    let words =
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "[unsafe("];
    in_code(files, &words, &UNSAFE)
}

pub(super) fn firmware_attributes(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in FIRMWARE {
        let path = format!("{folder}src/lib.rs");
        let Some(file) = files.iter().find(|file| file.path == path) else {
            findings.push(Finding { path, line: 0, what: "is not there".to_owned() });
            continue;
        };
        let code = source::code(&file.text);
        for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if !code.lines().any(|line| line.trim() == attribute) {
                findings.push(Finding::new(file, 0, format!("{attribute} is missing")));
            }
        }
    }
    findings
}

pub(super) fn module_headers(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.is_rust() && !file.text.starts_with("//!"))
        // A fuzz target's first line switches its main function off; build scripts may be plain.
        .filter(|file| !file.text.starts_with("#![no_main]\n//!"))
        .map(|file| Finding::new(file, 1, "does not begin with //!"))
        .collect()
}

pub(super) fn short_files(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.is_rust())
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let what = format!("{lines} lines; split it by concept below {MOST_LINES}");
            (lines >= MOST_LINES).then(|| Finding::new(file, 0, what))
        })
        .collect()
}

pub(super) fn honest_tests(files: &[File]) -> Vec<Finding> {
    in_code(files, &["#[ignore", "#[should_panic"], &["hw-tests/"])
}

pub(super) fn shared_lints(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        .filter(|file| {
            ["crates/", "benches/", "examples/"].iter().any(|f| file.path.starts_with(f))
        })
        // A workspace of its own has lints of its own.
        .filter(|file| !file.text.contains("[workspace]"))
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| Finding::new(file, 0, "[lints] workspace = true is missing"))
        .collect()
}

pub(super) fn changelog(files: &[File]) -> Vec<Finding> {
    let Some(changelog) = files.iter().find(|file| file.path == "CHANGELOG.md") else {
        let path = "CHANGELOG.md".to_owned();
        return vec![Finding { path, line: 0, what: "is not there".to_owned() }];
    };
    files
        .iter()
        .filter_map(|file| file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
        // Tools of this repository, which nobody gets as a release.
        .filter(|folder| !["fuzz", "hostile", "xtask"].contains(folder))
        .filter(|folder| !changelog.text.contains(&format!("`{folder}`")))
        .filter(|folder| !changelog.text.contains(&format!("`kazasu-{folder}`")))
        // The program has the name of the project, so its folder's name tells a user nothing.
        .filter(|folder| *folder != "cli" || !changelog.text.contains("program `kazasu`"))
        .map(|folder| Finding::new(changelog, 0, format!("does not name `{folder}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn machine_paths_are_found_outside_of_lock_files() {
        let text = concat!("see /ho", "me/someone/x");
        assert_eq!(no_machine_paths(&[file("docs/a.md", text)]).len(), 1);
        assert!(no_machine_paths(&[file("crates/fuzz/Cargo.lock", text)]).is_empty());
    }

    #[test]
    fn private_keys_belong_to_the_card() {
        let text = "//! m\nuse rsa::RsaPrivateKey;\n";
        assert_eq!(private_keys(&[file("crates/pki/tests/a.rs", text)]).len(), 1);
        assert!(private_keys(&[file("crates/virtual-card/src/a.rs", text)]).is_empty());
        assert!(private_keys(&[file("crates/pki/src/a.rs", "// RsaPrivateKey\n")]).is_empty());
    }

    #[test]
    fn attributes_of_firmware_crates_are_required() {
        let whole = "//! m\n#![no_std]\n#![forbid(unsafe_code)]\n";
        let mut files: Vec<_> =
            FIRMWARE.iter().map(|folder| file(&format!("{folder}src/lib.rs"), whole)).collect();
        assert!(firmware_attributes(&files).is_empty());
        files[0].text = "//! m\n//! #![no_std]\n#![forbid(unsafe_code)]\n".to_owned();
        assert_eq!(firmware_attributes(&files).len(), 1);
        files.remove(1);
        assert_eq!(firmware_attributes(&files).len(), 2);
    }

    #[test]
    fn the_changelog_names_crates_by_folder_or_package() {
        let files = [
            file("CHANGELOG.md", "## Unreleased\n- `tlv`: new\n- `kazasu-apdu`: new\n"),
            file("crates/apdu/Cargo.toml", ""),
            file("crates/tlv/Cargo.toml", ""),
            file("crates/pki/Cargo.toml", ""),
            file("crates/xtask/Cargo.toml", ""),
        ];
        let findings = changelog(&files);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("pki"));
    }

    #[test]
    fn headers_lengths_notes_and_lints() {
        assert_eq!(module_headers(&[file("crates/a/src/b.rs", "use x;\n")]).len(), 1);
        assert_eq!(short_files(&[file("a.rs", &"\n".repeat(MOST_LINES))]).len(), 1);
        assert_eq!(no_notes(&[file("a.md", concat!("TO", "DO: later"))]).len(), 1);
        assert_eq!(shared_lints(&[file("crates/a/Cargo.toml", "[package]\n")]).len(), 1);
        assert_eq!(honest_tests(&[file("crates/a/src/b.rs", "#[ignore]\nfn f() {}\n")]).len(), 1);
        assert_eq!(unsafe_code(&[file("crates/a/src/b.rs", "unsafe { f() }\n")]).len(), 1);
    }
}
