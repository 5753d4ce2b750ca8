//! Programs and files of the operating system, and the Debian packages that bring them.
//!
//! A package is asked for by what it is needed for and not by its name, so that a machine that got
//! the same programs another way is left alone.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use crate::context::{Context, output, run};

/// A Debian package and the test whether what it brings is already there.
#[derive(Clone, Copy)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) present: fn() -> bool,
}

pub(crate) const BINUTILS_ARM: Package = Package {
    name: "binutils-arm-none-eabi",
    present: || in_path("arm-none-eabi-ld") && in_path("arm-none-eabi-nm"),
};
pub(crate) const GXX: Package = Package { name: "g++", present: || in_path("c++") };
pub(crate) const OPENSSL: Package = Package { name: "openssl", present: || in_path("openssl") };
pub(crate) const QEMU_ARM: Package =
    Package { name: "qemu-system-arm", present: || in_path("qemu-system-arm") };
pub(crate) const DEBIAN_RUST: [Package; 3] = [
    Package { name: "cargo-web", present: || Path::new("/usr/bin/cargo").is_file() },
    Package { name: "rustc-web", present: debian_rustc_is_new_enough },
    Package {
        name: "rust-web-src",
        present: || Path::new("/usr/lib/rustlib/src/rust/library/core/Cargo.toml").is_file(),
    },
];

/// Whether a program is found by its name.
pub(crate) fn in_path(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder: PathBuf| folder.join(program).is_file())
}

/// Debian's default `rustc` is years older than edition 2024.
fn debian_rustc_is_new_enough() -> bool {
    let version = output(std::process::Command::new("/usr/bin/rustc").arg("--version"));
    version.is_ok_and(|version| {
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        minor >= Some(95)
    })
}

/// Names of the packages that are missing, each once.
pub(crate) fn missing(packages: impl IntoIterator<Item = Package>) -> Vec<&'static str> {
    let mut names: Vec<_> = packages
        .into_iter()
        .filter(|package| !(package.present)())
        .map(|package| package.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Installs packages as root; says how to install them to everyone else.
pub(crate) fn install(context: &Context, names: &[&str]) -> Result<()> {
    let line =
        format!("apt-get update && apt-get install -y --no-install-recommends {}", names.join(" "));
    if !is_root(context)? {
        bail!(
            "Debian packages are missing, and only root can install them:\n\n  sudo sh -c '{line}'\
             \n\nOr leave out what needs them: cargo xtask test --without-system"
        );
    }
    println!("installing: {}", names.join(" "));
    let apt = |words: &str| {
        let mut command = context.command("apt-get");
        command
            .args(["-q", "-y", "-o", "DPkg::Lock::Timeout=600"])
            .args(words.split_whitespace())
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command
    };
    // Old lists may be good enough; the installation decides.
    run(&mut apt("update"))?;
    let mut install = apt("install --no-install-recommends");
    if !run(install.args(names))? {
        bail!("the packages could not be installed; the line was: {line}");
    }
    Ok(())
}

fn is_root(context: &Context) -> Result<bool> {
    let id = output(context.command("id").arg("-u")).context("who runs this is not known")?;
    Ok(id.trim() == "0")
}
