//! Bare-metal builds: the core library for Cortex-M, and the crates for firmware built with it.

use anyhow::Result;

use crate::{
    context::Context,
    features::{FACADE, FIRMWARE},
    sysroot::{self, Recipe, Toolchain},
    system::Package,
    tally::Tally,
};

/// Cortex-M0 (no compare-and-swap, no divide) and Cortex-M4F.
pub(crate) const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];

const RECIPE: Recipe = Recipe {
    folder: "bare",
    targets: &TARGETS,
    crates: "core,alloc",
    profile: &["--release"],
    // Without bitcode these libraries could not take part in link-time optimisation.
    rustflags: "-Cembed-bitcode=yes",
    // Debian has no rust-lld.
    linker: Some("arm-none-eabi-ld"),
};

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    sysroot::packages(context, &RECIPE)
}

pub(crate) fn toolchain(context: &Context) -> Result<Toolchain> {
    sysroot::toolchain(context, &RECIPE)
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let toolchain = toolchain(context)?;
    let mut tally = Tally::default();
    for target in TARGETS {
        for name in FIRMWARE.into_iter().chain([FACADE]) {
            let mut build = toolchain.cargo(context, "build --quiet --release --locked -p");
            build.args([name, "--target", target, "--target-dir"]);
            context.check(&mut tally, build.arg(context.target.join("bare/build")))?;
        }
    }
    Ok(tally)
}
