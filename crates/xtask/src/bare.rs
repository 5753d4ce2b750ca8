//! Bare-metal builds: the core library for Cortex-M and RISC-V, and the crates for firmware built
//! with it.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use crate::{
    context::{Context, output},
    features::{FACADE, FIRMWARE},
    sysroot::{self, Recipe, Toolchain},
    system::Package,
    tally::Tally,
};

/// Cortex-M0 (no compare-and-swap, no divide) and Cortex-M4F.
pub(crate) const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];

/// RISC-V with multiplication, atomics and compressed instructions.
pub(crate) const RISCV: &str = "riscv32imac-unknown-none-elf";

const RECIPE: Recipe = Recipe {
    folder: "bare",
    targets: &[TARGETS[0], TARGETS[1], RISCV],
    crates: "core,alloc",
    profile: &["--release"],
    // Without bitcode these libraries could not take part in link-time optimisation.
    rustflags: "-Cembed-bitcode=yes",
    linker: |context, target| {
        if target == RISCV { rust_lld(context) } else { Some("arm-none-eabi-ld".into()) }
    },
};

/// Debian has no rust-lld, rustup's compiler brings one. Its name tells the compiler what it is.
fn rust_lld(context: &Context) -> Option<OsString> {
    let sysroot = output(context.command("rustc").args(["--print", "sysroot"])).ok()?;
    let host = output(context.command("rustc").args(["--print", "host-tuple"])).ok()?;
    let lld = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld");
    lld.is_file().then(|| lld.into_os_string())
}

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    sysroot::packages(context, &RECIPE)
}

pub(crate) fn toolchain(context: &Context) -> Result<Toolchain> {
    sysroot::toolchain(context, &RECIPE)
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let toolchain = toolchain(context)?;
    let mut tally = Tally::default();
    for target in TARGETS.into_iter().chain([RISCV]) {
        for name in FIRMWARE.into_iter().chain([FACADE]) {
            let mut build = toolchain.cargo(context, "build --quiet --release --locked -p");
            build.args([name, "--target", target, "--target-dir"]);
            context.check(&mut tally, build.arg(context.target.join("bare/build")))?;
        }
    }
    Ok(tally)
}
