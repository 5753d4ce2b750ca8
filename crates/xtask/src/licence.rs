//! Licence expressions (SPDX 2.3 annex D), judged against a list of allowed licences.

use anyhow::{Context as _, Result, bail, ensure};

/// Whether the allowed licences suffice for an expression. A slash is the old way to write OR.
pub(crate) fn satisfied(expression: &str, allowed: &[String]) -> Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let satisfied = any(&mut words, allowed)?;
    if let Some(word) = words.next() {
        bail!("'{word}' is not expected in the licence expression '{expression}'");
    }
    Ok(satisfied)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> Result<bool> {
    let mut satisfied = all(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        satisfied |= all(words, allowed)?;
    }
    Ok(satisfied)
}

fn all(words: &mut Words<'_>, allowed: &[String]) -> Result<bool> {
    let mut satisfied = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        satisfied &= one(words, allowed)?;
    }
    Ok(satisfied)
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> Result<bool> {
    let word = words.next().context("a licence expression ends too early")?;
    if word == "(" {
        let satisfied = any(words, allowed)?;
        ensure!(words.next() == Some(")"), "a bracket in a licence expression is not closed");
        return Ok(satisfied);
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        let exception = words.next().context("a licence expression ends in WITH")?;
        licence.push_str(" WITH ");
        licence.push_str(exception);
    }
    Ok(allowed.contains(&licence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_tighter_than_or() {
        let allowed = ["MIT", "Unicode-3.0"].map(str::to_owned);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("Apache-2.0 OR MIT", true),
            ("Apache-2.0/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("GPL-3.0-only OR MIT AND Zlib", false),
            ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
            ("MIT WITH Some-exception", false),
        ] {
            assert_eq!(satisfied(expression, &allowed).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn malformed_expressions_are_refused() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0"] {
            assert!(satisfied(expression, &[]).is_err(), "{expression}");
        }
    }
}
