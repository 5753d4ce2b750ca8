//! Compilers for targets other than the host's, and the standard libraries for them.
//!
//! Where rustup has a target, its compiler is used as it is. Elsewhere Debian's compiler builds the
//! libraries from its own sources, once for each version of it. rustup is never asked to download.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    context::{Context, output, run as run_command},
    system::{self, Package},
};

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Targets, and what of the standard library is needed for them.
pub(crate) struct Recipe {
    /// Below the folder of build products; the libraries are kept there.
    pub(crate) folder: &'static str,
    pub(crate) targets: &'static [&'static str],
    /// As `-Z build-std` takes them.
    pub(crate) crates: &'static str,
    /// How the libraries are built: further arguments for cargo.
    pub(crate) profile: &'static [&'static str],
    pub(crate) rustflags: &'static str,
    /// The linker for a target, where Debian lacks the one that the compiler would call.
    pub(crate) linker: fn(&Context, &str) -> Option<OsString>,
}

/// A cargo that can build for the targets of a [`Recipe`].
pub(crate) struct Toolchain {
    cargo: PathBuf,
    environment: Vec<(String, OsString)>,
}

impl Toolchain {
    /// Cargo with a line of plain words as arguments.
    pub(crate) fn cargo(&self, context: &Context, words: &str) -> Command {
        let mut command = context.command(&self.cargo);
        command.args(words.split_whitespace());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// What has to be installed before [`toolchain`] can work.
pub(crate) fn packages(context: &Context, recipe: &Recipe) -> Vec<Package> {
    if rustup_has_targets(context, recipe) { Vec::new() } else { system::DEBIAN_RUST.to_vec() }
}

pub(crate) fn toolchain(context: &Context, recipe: &Recipe) -> Result<Toolchain> {
    if rustup_has_targets(context, recipe) {
        return Ok(Toolchain { cargo: context.cargo.clone(), environment: Vec::new() });
    }
    let names = system::missing(system::DEBIAN_RUST);
    let targets = recipe.targets.join(" and ");
    ensure!(
        names.is_empty(),
        "there is no standard library for {targets}; install {}",
        names.join(" ")
    );
    let sysroot = debian_sysroot(context, recipe)?;
    let mut environment = vec![("RUSTC".to_owned(), wrapper(&sysroot)?.into_os_string())];
    for target in recipe.targets {
        if let Some(linker) = (recipe.linker)(context, target) {
            let variable = target.to_uppercase().replace('-', "_");
            environment.push((format!("CARGO_TARGET_{variable}_LINKER"), linker));
        }
    }
    Ok(Toolchain { cargo: DEBIAN_CARGO.into(), environment })
}

fn rustup_has_targets(context: &Context, recipe: &Recipe) -> bool {
    let Ok(sysroot) = output(context.command(host_rustc()).args(["--print", "sysroot"])) else {
        return false;
    };
    let targets = Path::new(sysroot.trim()).join("lib/rustlib");
    recipe.targets.iter().all(|target| targets.join(target).join("lib").is_dir())
}

fn host_rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// A sysroot with the libraries of the recipe and the host's own, built when it is not there yet
/// for the compiler's version.
fn debian_sysroot(context: &Context, recipe: &Recipe) -> Result<PathBuf> {
    let version = output(context.command(DEBIAN_RUSTC).arg("--version"))?;
    let name: String =
        version.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let home = context.target.join(recipe.folder);
    let sysroot = home.join(name);
    let libraries = sysroot.join("lib/rustlib");
    if recipe.targets.iter().all(|target| libraries.join(target).is_dir()) {
        return Ok(sysroot);
    }
    println!("  building {} with {}", recipe.crates, version.trim());
    let empty = home.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(
        empty.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
    let built = home.join("empty-target");
    // What another compiler left there would be copied too.
    if built.exists() {
        fs::remove_dir_all(&built)?;
    }
    let mut build = context.command(DEBIAN_CARGO);
    build
        .args(["build", "--quiet"])
        .args(recipe.profile)
        .args(["-Z", &format!("build-std={}", recipe.crates), "--target-dir"])
        .arg(&built)
        .args(recipe.targets.iter().flat_map(|target| ["--target", target]))
        .current_dir(&empty)
        .env("RUSTC", DEBIAN_RUSTC)
        // Unlocks -Z; the program built is ours and empty.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", recipe.rustflags);
    ensure!(run_command(&mut build)?, "{} could not be built", recipe.crates);

    fs::create_dir_all(&libraries)?;
    for target in recipe.targets {
        // Filled under another name first, so that a broken build never looks like a whole one.
        let unfinished = libraries.join(format!("{target}.unfinished"));
        let whole = libraries.join(target);
        for folder in [&unfinished, &whole] {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
        }
        copy_libraries(&built.join(target), &unfinished.join("lib"))?;
        fs::rename(&unfinished, &whole)?;
    }
    link_host_libraries(context, &libraries)?;
    Ok(sysroot)
}

/// Copies every library that was built for one target, but not the empty program's.
fn copy_libraries(built: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let mut copied = 0;
    for profile in fs::read_dir(built)? {
        let folder = profile?.path().join("deps");
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let from = entry?.path();
            let name = from.file_name().context("a library without a name")?;
            if is_library(name) {
                fs::copy(&from, to.join(name))?;
                copied += 1;
            }
        }
    }
    ensure!(copied > 0, "no library was built in {}", built.display());
    Ok(())
}

fn is_library(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("lib") && name.ends_with(".rlib") && !name.starts_with("libempty-")
}

/// Build scripts and macros run on the host and need its library in the same sysroot.
fn link_host_libraries(context: &Context, libraries: &Path) -> Result<()> {
    let debian = output(context.command(DEBIAN_RUSTC).args(["--print", "sysroot"]))?;
    for entry in fs::read_dir(Path::new(debian.trim()).join("lib/rustlib"))? {
        let entry = entry?;
        let link = libraries.join(entry.file_name());
        if entry.path().join("lib").is_dir() && !link.exists() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(entry.path(), link)?;
        }
    }
    Ok(())
}

/// A compiler that uses the sysroot: cargo has no setting for one.
fn wrapper(sysroot: &Path) -> Result<PathBuf> {
    let path = sysroot.join("rustc");
    let quoted = sysroot.to_string_lossy().replace('\'', "'\\''");
    let text = format!("#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot '{quoted}' \"$@\"\n");
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(path);
    }
    fs::write(&path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_program_is_no_library() {
        assert!(is_library(OsStr::new("libcore-79f3.rlib")));
        assert!(is_library(OsStr::new("libstd-4d0a.rlib")));
        for name in ["libempty-1f02.rlib", "libcore-79f3.rmeta", "core-79f3.d"] {
            assert!(!is_library(OsStr::new(name)), "{name}");
        }
    }
}
