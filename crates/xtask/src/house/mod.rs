//! The house rules of CONTRIBUTING.md that a program can check.
//!
//! Each rule is one check: it passes when it finds nothing in the whole repository.

mod panics;
mod rules;

use anyhow::Result;

use crate::{
    context::Context,
    source::{self, File},
    tally::Tally,
};

/// One place that breaks a rule.
pub(crate) struct Finding {
    path: String,
    /// From 1; 0 when it is the file as a whole.
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, what: what.into() }
    }
}

type Rule = (&'static str, fn(&[File]) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("no path of one machine and no registry host", rules::no_machine_paths),
    ("nothing is left as a note to do later", rules::no_notes),
    ("private keys are built by the virtual card only", rules::private_keys),
    ("unsafe code stays where C is called or hardware is touched", rules::unsafe_code),
    ("crates for firmware are no_std and forbid unsafe code", rules::firmware_attributes),
    ("crates for firmware have no panic in sight", panics::check),
    ("every module says what it is", rules::module_headers),
    ("files are short", rules::short_files),
    ("no test is switched off or passes by panicking", rules::honest_tests),
    ("every manifest takes the shared lints", rules::shared_lints),
    ("the changelog names every crate", rules::changelog),
];

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let files = source::files(context)?;
    let mut tally = Tally::default();
    for (name, rule) in RULES {
        let findings = rule(&files);
        tally.count(findings.is_empty());
        println!("  {}: {name}", if findings.is_empty() { "ok" } else { "BROKEN" });
        for Finding { path, line, what } in findings {
            match line {
                0 => println!("    {path}: {what}"),
                line => println!("    {path}:{line}: {what}"),
            }
        }
    }
    Ok(tally)
}
