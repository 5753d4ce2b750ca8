//! The part of `deny.toml` that is checked without cargo-deny: `licenses.allow` and `bans.deny`.
//!
//! It reads the plain TOML that the file is written in and not every form that TOML has.

use anyhow::{Result, ensure};

#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct DenyFile {
    /// Licences that may be relied on.
    pub(crate) allowed_licences: Vec<String>,
    /// Crates that may not be in the tree at all.
    pub(crate) banned: Vec<String>,
    /// Crates of which one version at most may be in the tree.
    pub(crate) single: Vec<String>,
}

impl DenyFile {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| [line, "\n"])
            .collect();
        let mut file = Self {
            allowed_licences: strings(array(&text, "licenses", "allow")),
            ..Self::default()
        };
        for entry in array(&text, "bans", "deny").split('{').skip(1) {
            let Some(name) = strings(entry).into_iter().next() else { continue };
            if entry.contains("deny-multiple-versions = true") {
                file.single.push(name);
            } else if !name.contains(':') {
                // Bans of some versions only are left to cargo-deny.
                file.banned.push(name);
            }
        }
        ensure!(!file.allowed_licences.is_empty(), "licenses.allow is empty or not readable");
        ensure!(!file.single.is_empty(), "bans.deny is empty or not readable");
        Ok(file)
    }
}

/// The text between the brackets of `key = [ … ]` in a section; empty when it is not there.
fn array<'a>(text: &'a str, section: &str, key: &str) -> &'a str {
    let section = text.split_once(&format!("[{section}]\n")).map_or("", |(_, rest)| rest);
    let section = section.split("\n[").next().unwrap_or_default();
    let start = format!("{key} = [");
    let array = section
        .strip_prefix(start.as_str())
        .or_else(|| section.split_once(&format!("\n{start}")).map(|(_, rest)| rest));
    array.and_then(|array| array.split_once(']')).map_or("", |(array, _)| array)
}

/// The double-quoted texts.
fn strings(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lists_that_are_checked() {
        let file = DenyFile::parse(
            "# [licenses]\n[graph]\nall-features = true\n\n[licenses]\nconfidence-threshold = 0.9\n\
             allow = [\n    # why\n    \"MIT\",\n    \"Apache-2.0\",\n]\n\n[bans]\n\
             deny = [\n    { crate = \"der\", deny-multiple-versions = true },\n    \
             { crate = \"openssl-sys\", reason = \"no C\" },\n    \
             { crate = \"cms:<0.3\" },\n]\n[sources]\nallow = []\n",
        )
        .unwrap();
        assert_eq!(file.allowed_licences, ["MIT", "Apache-2.0"]);
        assert_eq!(file.single, ["der"]);
        assert_eq!(file.banned, ["openssl-sys"]);
    }

    #[test]
    fn an_unreadable_file_is_not_an_empty_one() {
        assert!(DenyFile::parse("").is_err());
        assert!(DenyFile::parse("[licenses]\nallow = [\"MIT\"]\n").is_err());
    }
}
