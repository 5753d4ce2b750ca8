//! Hostile certificates and mutations of real ones, judged by `crates/hostile`: built optimised, and
//! its closing lines counted. Judges nothing itself.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use anyhow::{Context as _, Result};

use crate::{
    context::{Context, announce, line},
    tally::Tally,
};

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let mut command = context.cargo("run --release --quiet --locked -p kazasu-hostile --");
    command.args(&context.hostile).stdout(Stdio::piped());
    announce(&command);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", line(&command)))?;
    let stdout = child.stdout.take().context("the judgement has no output")?;
    let mut tally = Tally::default();
    for text in BufReader::new(stdout).lines() {
        let text = text?;
        println!("  {text}");
        tally.passed += judged(&text).unwrap_or(0);
    }
    if !child.wait()?.success() {
        tally.failed += 1;
    }
    Ok(tally)
}

/// How many a closing line says were judged as they should: `refused 12 of 12, …`. There is none
/// when anything was not.
fn judged(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("refused ").or_else(|| text.strip_prefix("accepted "))?;
    let (right, rest) = rest.split_once(" of ")?;
    let all = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    (right == all).then(|| right.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_counts_are_counted() {
        assert_eq!(judged("refused 600 of 600, each for its reason, by both tiers"), Some(600));
        assert_eq!(judged("accepted 38 of 38 that are good, by both tiers"), Some(38));
        assert_eq!(judged("refused 599 of 600, each"), None);
        assert_eq!(judged("FAILED: only 599 of 600 were refused as they should"), None);
        assert_eq!(judged("  serial-zero: ACCEPTED by alloc"), None);
    }
}
