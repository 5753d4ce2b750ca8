//! Panic paths that can be seen in the source of crates for firmware.
//!
//! The linked image is the proof (`cargo xtask probe`); this names the line.

use super::{Finding, rules};
use crate::source::{self, File};

/// A line that says why an index cannot fail may use one.
const REASON: &str = "// in bounds:";

const CALLS: &[&str] = &[
    ".unwrap()",
    ".unwrap_err()",
    ".expect(\"",
    "panic!(",
    "unreachable!(",
    "todo!(",
    "unimplemented!(",
    ".split_at(",
    ".split_at_mut(",
    ".copy_from_slice(",
    ".clone_from_slice(",
    ".chunks(",
    ".chunks_exact(",
    ".windows(",
];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.is_rust() && !f.is_test() && rules::is_firmware(f)) {
        let product = source::without_tests(&file.text);
        let code = source::code(product);
        let mut reason_above = false;
        for (number, (line, original)) in code.lines().zip(product.lines()).enumerate() {
            let excused = reason_above || original.contains(REASON);
            reason_above = original.trim_start().starts_with(REASON)
                || (reason_above && original.trim_start().starts_with("//"));
            for call in CALLS.iter().filter(|call| line.contains(**call)) {
                if !excused {
                    findings.push(Finding::new(file, number + 1, format!("can panic: {call}")));
                }
            }
            if !excused && indexes(line) {
                let what = format!("can panic: indexing without a '{REASON}' reason");
                findings.push(Finding::new(file, number + 1, what));
            }
        }
    }
    findings
}

/// Whether a bracket directly follows a value: rustfmt puts a space before every other one.
fn indexes(line: &str) -> bool {
    let mut previous = ' ';
    for character in line.chars() {
        if character == '[' && (previous.is_alphanumeric() || "_)]?".contains(previous)) {
            return true;
        }
        previous = character;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<usize> {
        let file = File { path: "crates/tlv/src/reader.rs".to_owned(), text: text.to_owned() };
        check(&[file]).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn panics_are_found_and_named_by_line() {
        assert_eq!(findings("a\nb.unwrap();\nc[0];\nd()[..n];\ne.expect(\"why\");"), [2, 3, 4, 5]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        let text = "reader.expect(tags::SEQUENCE)?;\nlet x: [u8; 4] = [0; 4];\n#[inline]\n\
                    // a[0].unwrap()\nf(&[1, 2]);\nx.unwrap_or(1);\n#[cfg(test)]\nmod tests {\n\
                    a[0].unwrap();\n}\n";
        assert!(findings(text).is_empty());
    }

    #[test]
    fn a_reason_excuses_the_line_below_it() {
        assert!(
            findings("// in bounds: i < N, the length of the array,\n// always\nx[i];").is_empty()
        );
        assert_eq!(findings("// in bounds: i < N\nx[i];\ny[i];"), [3]);
    }
}
