//! Windows from Linux: the crates of a PC/SC host type-checked for Microsoft's tool chain, and
//! linked with Debian's MinGW. No program is run; nothing here says that one works.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{
    context::{Context, output},
    sysroot::{self, Recipe},
    system::{self, Package},
    tally::Tally,
};

/// What most programs for Windows are built with. Linking needs Microsoft's libraries.
const MSVC: &str = "x86_64-pc-windows-msvc";
/// What can be linked without them.
const GNU: &str = "x86_64-pc-windows-gnu";

/// A recipe for each, so that an installed target of rustup is used although the other is missing.
const RECIPES: [Recipe; 2] = [
    // A check reads the types of a library and none of its code.
    recipe("windows/msvc", &[MSVC], "-Zno-codegen"),
    recipe("windows/gnu", &[GNU], ""),
];

/// Folders and packages. The program has its readers without a feature on Windows.
const PACKAGES: &[(&str, &str)] = &[
    ("crates/pcsc", "kazasu-pcsc"),
    ("crates/cli", "kazasu-cli"),
    ("examples/windows-host", "example-windows-host"),
];

const MINGW: Package = Package {
    name: "gcc-mingw-w64-x86-64",
    present: || system::in_path("x86_64-w64-mingw32-gcc") && system::in_path(OBJDUMP),
};
const OBJDUMP: &str = "x86_64-w64-mingw32-objdump";

/// The library of Windows that speaks PC/SC, as the programs name it.
const WINSCARD: &str = "winscard.dll";

/// Nothing is measured or run, so what costs time and changes no type and no symbol is left out.
const UNOPTIMISED: [&str; 4] = [
    "profile.dev.debug=0",
    "profile.dev.package.\"*\".opt-level=0",
    "profile.dev.package.kazasu-pki.opt-level=0",
    "profile.dev.package.kazasu-tlv.opt-level=0",
];

const fn recipe(
    folder: &'static str,
    targets: &'static [&'static str],
    rustflags: &'static str,
) -> Recipe {
    Recipe {
        folder,
        targets,
        crates: "std,panic_abort",
        profile: &["--config", UNOPTIMISED[0]],
        rustflags,
        linker: |_, _| None,
    }
}

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    // The same for each recipe, so one that needs them names them.
    let compiler = RECIPES.iter().map(|recipe| sysroot::packages(context, recipe));
    let compiler = compiler.max_by_key(Vec::len).unwrap_or_default();
    [vec![MINGW], compiler].concat()
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    let built = context.target.join("windows/build");
    let packages = PACKAGES.iter().filter(|(folder, _)| context.root.join(folder).is_dir());
    let packages: Vec<&str> = packages.flat_map(|(_, name)| ["-p", name]).collect();
    for (recipe, word) in RECIPES.iter().zip(["check", "build"]) {
        let toolchain = sysroot::toolchain(context, recipe)?;
        let mut cargo = toolchain.cargo(context, word);
        cargo.args(["--quiet", "--locked"]).args(&packages);
        cargo.args(recipe.targets.iter().flat_map(|target| ["--target", target]));
        cargo.args(UNOPTIMISED.into_iter().flat_map(|setting| ["--config", setting]));
        // A warning here is one that no lint on Linux sees.
        cargo.env("RUSTFLAGS", "-Dwarnings").arg("--target-dir");
        context.check(&mut tally, cargo.arg(&built))?;
    }
    if tally.failed == 0 {
        tally.count(calls_winscard(context, &built.join(GNU).join("debug/kazasu.exe"))?);
    }
    Ok(tally)
}

/// Whether the linked program imports the functions of PC/SC.
fn calls_winscard(context: &Context, program: &Path) -> Result<bool> {
    ensure!(program.is_file(), "{} was not linked", program.display());
    let headers = output(context.command(OBJDUMP).arg("--private-headers").arg(program))?;
    let found = imports(&headers, WINSCARD);
    if !found {
        println!("  {} does not import {WINSCARD}", program.display());
    }
    Ok(found)
}

/// Whether a library is in the import table that `objdump` prints.
fn imports(headers: &str, library: &str) -> bool {
    let names = headers.lines().filter_map(|line| line.trim().strip_prefix("DLL Name:"));
    names.map(str::trim).any(|name| name.eq_ignore_ascii_case(library))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_whatever_their_case() {
        let headers = "\tDLL Name: KERNEL32.dll\n\tvma:  Hint/Ord\n\tDLL Name: WinSCard.dll\n";
        assert!(imports(headers, WINSCARD));
        assert!(!imports("\tDLL Name: KERNEL32.dll\n", WINSCARD));
        assert!(!imports("winscard.dll\n", WINSCARD));
    }
}
