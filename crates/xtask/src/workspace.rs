//! Formatting, lints and tests of the whole workspace.

use anyhow::Result;

use crate::{context::Context, metadata, pcsc, tally::Tally};

/// Manifests of the workspaces that stand beside the main one.
pub(crate) const SATELLITES: [&str; 3] =
    ["benches/servers/Cargo.toml", "crates/fuzz/Cargo.toml", "hw-tests/Cargo.toml"];

/// Needs a linker script and a global logger, which a host program has not.
pub(crate) const NOT_ON_HOSTS: &str = "defmt";

/// What can panic. Indexing an array by a constant is checked by the compiler and allowed.
const PANICS: [&str; 8] = [
    "clippy::expect_used",
    "clippy::get_unwrap",
    "clippy::indexing_slicing",
    "clippy::panic",
    "clippy::panic_in_result_fn",
    "clippy::string_slice",
    "clippy::unreachable",
    "clippy::unwrap_used",
];

pub(crate) fn fmt(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    context.check(&mut tally, &mut context.cargo("fmt --all --check"))?;
    for manifest in SATELLITES {
        if context.root.join(manifest).is_file() {
            let mut fmt = context.cargo("fmt --all --check --manifest-path");
            context.check(&mut tally, fmt.arg(manifest))?;
        }
    }
    Ok(tally)
}

pub(crate) fn clippy(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    let workspace = pcsc::workspace();
    pcsc::note(&mut tally);
    let mut plain = context.cargo(&format!("clippy {workspace} --all-targets --locked"));
    context.check(&mut tally, plain.args(["--", "-D", "warnings"]))?;
    let features = host_features(context)?;
    let mut full = context.cargo(&format!("clippy {workspace} --all-targets --locked --features"));
    context.check(&mut tally, full.arg(&features).args(["--", "-D", "warnings"]))?;
    // Nothing is linked by a check, so here `defmt` may be on.
    let mut defmt = context.cargo(&format!("clippy {workspace} --lib --locked --features"));
    defmt.arg(features_but(context, &[])?);
    context.check(&mut tally, defmt.args(["--", "-D", "warnings"]))?;
    // Code for firmware has no panic path. Tests may panic, so only the libraries are looked at.
    let mut strict = context.cargo("clippy --lib --all-features --locked");
    for name in crate::features::FIRMWARE {
        strict.args(["-p", name]);
    }
    strict.args(["--", "-D", "warnings"]);
    for lint in PANICS {
        strict.args(["-D", lint]);
    }
    context.check(&mut tally, &mut strict)?;
    Ok(tally)
}

/// Firmware crates that never allocate, whatever their features: these only add adapters.
const SAME_WITH_HEAP: [&str; 3] = ["kazasu-contact", "kazasu-nfc", "kazasu-pn532"];

pub(crate) fn unit(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    let features = host_features(context)?;
    let workspace = pcsc::workspace();
    pcsc::note(&mut tally);
    let mut full = context.cargo(&format!("test {workspace} --locked --no-fail-fast --features"));
    context.tests(&mut tally, full.arg(&features))?;
    // The crates for firmware once more as firmware gets them: features unify across a workspace,
    // so the run above never sees them without `alloc`. Those that have no such feature have been seen
    // as they are, and their sweeps take long.
    let mut bare = context.cargo("test --locked --no-fail-fast");
    for name in crate::features::FIRMWARE.iter().filter(|name| !SAME_WITH_HEAP.contains(name)) {
        bare.args(["-p", name]);
    }
    context.tests(&mut tally, &mut bare)?;
    if context.without_system {
        println!("  tests that call openssl did nothing; they are counted as one that was skipped");
        tally.skipped += 1;
    }
    Ok(tally)
}

/// All features of all packages that a host program can be linked with, as `--features` takes them.
pub(crate) fn host_features(context: &Context) -> Result<String> {
    features_but(context, &[NOT_ON_HOSTS])
}

fn features_but(context: &Context, without: &[&str]) -> Result<String> {
    let packages = metadata::packages(context, "Cargo.toml")?;
    let features: Vec<_> = packages
        .iter()
        .filter(|package| package.source.is_none())
        .flat_map(|package| {
            package
                .features
                .iter()
                .filter(|feature| *feature != "default" && !without.contains(&feature.as_str()))
                .map(|feature| format!("{}/{feature}", package.name))
        })
        .filter(|feature| pcsc::has(feature))
        .collect();
    Ok(features.join(","))
}
