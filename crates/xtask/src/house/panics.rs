//! Calls that can panic in the source of crates for firmware.
//!
//! Indexing is found by clippy, which knows an array from a slice; the linked image is the proof
//! (`cargo xtask probe`). This one names the line.

use super::{Finding, rules};
use crate::source::{self, File};

/// A line, or a comment above it, that says why the lengths fit may use the slice calls.
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
        }
    }
    findings
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
        let text = "a\nb.unwrap();\nd\n    .split_at(4);\ne.expect(\"why\");\npanic!(\"x\");";
        assert_eq!(findings(text), [2, 4, 5, 6]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        let text = "reader.expect(tags::SEQUENCE)?;\nx.unwrap_or(1);\n// a.unwrap()\n\
                    x.split_at_checked(4)?;\n#[cfg(test)]\nmod tests {\na.unwrap();\n}\n";
        assert!(findings(text).is_empty());
    }

    #[test]
    fn a_reason_excuses_the_line_below_it() {
        let text = "// in bounds: both are N long,\n// always\na.copy_from_slice(b);";
        assert!(findings(text).is_empty());
        assert_eq!(findings(&format!("{text}\na.copy_from_slice(b);")), [4]);
    }
}
