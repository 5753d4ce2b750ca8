//! What the tests share: the data files, the clock and the back ends.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

pub(crate) mod issuer;

use kazasu_pki::{Backend, Time, rsa::Fixed};

/// The clock of the tests, within the validity of the test card.
pub(crate) fn now() -> Time {
    Time::parse_rfc3339("2026-11-21T09:30:00+09:00").unwrap()
}

fn read(path: &str) -> Vec<u8> {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file of the real test card.
pub(crate) fn test_card(name: &str) -> Vec<u8> {
    read(&format!("tests/data/test-card/{name}.der"))
}

/// A file of the real test card that holds no X.509 certificate.
pub(crate) fn card_file(name: &str) -> Vec<u8> {
    read(&format!("tests/data/test-card/{name}.bin"))
}

/// A certificate that `generate.sh` made.
pub(crate) fn generated(name: &str) -> Vec<u8> {
    read(&format!("tests/data/generated/{name}.der"))
}

/// A signature that `generate.sh` made.
pub(crate) fn signature(name: &str) -> Vec<u8> {
    read(&format!("tests/data/generated/{name}.sig"))
}

/// What it signed.
pub(crate) fn message() -> Vec<u8> {
    read("tests/data/generated/message.txt")
}

/// A built-in root.
pub(crate) fn root(name: &str) -> Vec<u8> {
    read(&format!("data/roots/{name}.cer"))
}

/// Every certificate there is, with its path.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let folders = ["data/roots", "data/roots/test", "tests/data/test-card", "tests/data/generated"];
    let mut files = Vec::new();
    for folder in folders {
        let path = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "der" || it == "cer") {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 60);
    files
}

/// Every back end that this build has.
pub(crate) fn backends() -> Vec<(&'static str, &'static dyn Backend)> {
    vec![
        ("fixed", &const { Fixed::new() } as &dyn Backend),
        #[cfg(feature = "alloc")]
        ("alloc", &kazasu_pki::rsa::Alloc),
    ]
}
