//! Reading the repository's own files: which there are, and Rust source without what is not code.

use std::path::PathBuf;

use anyhow::Result;

use crate::context::{Context, output};

/// A text file of the repository.
pub(crate) struct File {
    /// Path from the top of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file holds tests and nothing else.
    pub(crate) fn is_test(&self) -> bool {
        ["/tests/", "/benches/", "/examples/"].iter().any(|part| self.path.contains(part))
            || ["/tests.rs", "_tests.rs"].iter().any(|end| self.path.ends_with(end))
    }
}

/// Every text file that git tracks or would track, in the order of their paths.
pub(crate) fn files(context: &Context) -> Result<Vec<File>> {
    let mut git = context.command("git");
    // A checkout often belongs to another user than the one who checks it; reading it is harmless.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]);
    let list = output(&mut git)?;
    let mut files = Vec::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let file: PathBuf = context.root.join(path);
        // What is deleted is still tracked, and what is not text is not read.
        if let Ok(text) = std::fs::read_to_string(file) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

/// Source up to the unit tests at its foot.
pub(crate) fn without_tests(text: &str) -> &str {
    let mut search = 0;
    while let Some(at) = text.get(search..).and_then(|rest| rest.find("#[cfg(test)]")) {
        let begin = search + at;
        let rest = text.get(begin + "#[cfg(test)]".len()..).unwrap_or_default();
        // The first line that is no attribute says what the attribute is on.
        let item = rest.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with("#["));
        if item.is_some_and(|item| item.starts_with("mod ") && item.ends_with('{')) {
            return text.get(..begin).unwrap_or_default();
        }
        search = begin + 1;
    }
    text
}

/// Source with comments and the insides of literals blanked out; lines keep their numbers.
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(character) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest, previous) {
            out.push_str(if character == '\'' { "' '" } else { "\" \"" });
            blank(&mut out, rest.get(..length).unwrap_or_default(), false);
            rest = rest.get(length..).unwrap_or_default();
            previous = '"';
            continue;
        } else {
            out.push(character);
            previous = character;
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
            continue;
        };
        blank(&mut out, rest.get(..length).unwrap_or_default(), true);
        rest = rest.get(length..).unwrap_or_default();
        previous = ' ';
    }
    out
}

/// Keeps the line breaks of what is left out.
fn blank(out: &mut String, text: &str, space: bool) {
    if space {
        out.push(' ');
    }
    out.extend(text.chars().filter(|c| *c == '\n'));
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else if let Some(character) = rest.chars().next() {
            at += character.len_utf8();
        } else {
            break;
        }
    }
    text.len()
}

/// Length of the string or character literal that the text begins with, if it does.
fn literal(text: &str, previous: char) -> Option<usize> {
    let word = previous.is_alphanumeric() || previous == '_';
    let body = if word { text } else { text.trim_start_matches(['b', 'c']) };
    let prefix = text.len() - body.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r').filter(|_| !word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inner = raw.get(hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
        return Some(prefix + 1 + hashes + 1 + length);
    }
    if let Some(inner) = body.strip_prefix('"') {
        return Some(prefix + 1 + quoted(inner, '"'));
    }
    let inner = body.strip_prefix('\'')?;
    let mut characters = inner.chars();
    let first = characters.next()?;
    // 'a' is a character, 'a without a second quote a lifetime.
    if first == '\\' || characters.next() == Some('\'') {
        return Some(prefix + 1 + quoted(inner, '\''));
    }
    None
}

/// Length up to and with the closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text = "a // b.unwrap()\nlet s = \"x[0] \\\" //\"; /* c /* d */\n e */ f('\"', 'a')";
        let stripped = code(text);
        assert_eq!(stripped.lines().count(), text.lines().count());
        for absent in ["unwrap", "x[0]", "c ", "d", " e"] {
            assert!(!stripped.contains(absent), "{absent} in {stripped}");
        }
        assert!(stripped.contains("f(' ', ' ')"), "{stripped}");
    }

    #[test]
    fn raw_and_byte_strings_and_lifetimes() {
        let stripped =
            code("fn f<'a>(x: &'a str) { r#\"y \" z\"#; br\"v\"; b\"w\"; b'u'; bar(t) }");
        for absent in ['y', 'z', 'v', 'w', 'u'] {
            assert!(!stripped.contains(absent), "{absent} in {stripped}");
        }
        assert!(stripped.contains("fn f<'a>(x: &'a st"), "{stripped}");
        assert!(stripped.contains("bar(t)"), "{stripped}");
    }

    #[test]
    fn unit_tests_at_the_foot_are_cut() {
        let text =
            "//! m\n#[cfg(test)]\nuse x;\nfn f() {}\n#[cfg(test)]\n#[allow(a)]\nmod tests {\n}";
        assert_eq!(without_tests(text), "//! m\n#[cfg(test)]\nuse x;\nfn f() {}\n");
        assert_eq!(
            without_tests("#[cfg(test)]\nmod tests;\nfn f() {}"),
            "#[cfg(test)]\nmod tests;\nfn f() {}"
        );
    }
}
