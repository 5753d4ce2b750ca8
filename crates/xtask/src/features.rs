//! Each no_std crate without features, with each feature alone, and with all of them.
//!
//! Features unify across a graph, so a build of the workspace never sees most of these sets.

use anyhow::{Context as _, Result};

use crate::{context::Context, metadata, tally::Tally};

/// What firmware links.
pub(crate) const FIRMWARE: [&str; 8] = [
    "kazasu-tlv",
    "kazasu-apdu",
    "kazasu-contact",
    "kazasu-face",
    "kazasu-mynacard",
    "kazasu-nfc",
    "kazasu-pki",
    "kazasu-pn532",
];

/// The facade, whose features choose among the others.
pub(crate) const FACADE: &str = "kazasu";

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let packages = metadata::packages(context, "Cargo.toml")?;
    let mut tally = Tally::default();
    for name in FIRMWARE.into_iter().chain([FACADE]) {
        let package = packages
            .iter()
            .find(|package| package.name == name)
            .with_context(|| format!("{name} is not in the workspace"))?;
        let sets = sets(&package.features);
        for set in &sets {
            // Clippy, because it lints this package only and builds no program: `defmt` could not
            // be linked on a host. Tests are checked with none and with all.
            let tests = set.is_empty() || Some(set) == sets.last();
            let targets = if tests { "--all-targets" } else { "--lib" };
            let mut check = context.cargo("clippy --quiet --locked");
            check.args([targets, "-p", name, "--no-default-features", "--features", set]);
            context.check(&mut tally, check.args(["--", "-D", "warnings"]))?;
        }
    }
    Ok(tally)
}

/// None, each alone, all; as `--features` takes them.
fn sets(features: &[String]) -> Vec<String> {
    let real: Vec<&str> =
        features.iter().map(String::as_str).filter(|feature| *feature != "default").collect();
    let mut sets = vec![String::new()];
    sets.extend(real.iter().map(|feature| (*feature).to_owned()));
    if real.len() > 1 {
        sets.push(real.join(","));
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_each_and_all() {
        let features = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let names: Vec<String> = features(&["alloc", "default", "defmt"]);
        assert_eq!(sets(&names), ["", "alloc", "defmt", "alloc,defmt"]);
        let names: Vec<String> = features(&["default", "defmt"]);
        assert_eq!(sets(&names), ["", "defmt"]);
    }
}
