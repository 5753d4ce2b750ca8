//! Bare-metal builds: the core library for Cortex-M, and the crates for firmware built with it.
//!
//! Where rustup has the targets, its compiler is used as it is. Elsewhere Debian's compiler builds
//! `core` and `alloc` from its own sources, once, into a sysroot below `target/bare`. rustup is
//! never asked to download.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    context::{Context, output, run as run_command},
    features::{FACADE, FIRMWARE},
    system::{self, Package},
    tally::Tally,
};

/// Cortex-M0 (no compare-and-swap, no divide) and Cortex-M4F.
pub(crate) const TARGETS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A cargo that can build for [`TARGETS`].
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

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    if rustup_has_targets(context) { Vec::new() } else { system::DEBIAN_RUST.to_vec() }
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

fn rustup_has_targets(context: &Context) -> bool {
    let Ok(sysroot) = output(context.command(host_rustc()).args(["--print", "sysroot"])) else {
        return false;
    };
    let targets = Path::new(sysroot.trim()).join("lib/rustlib");
    TARGETS.iter().all(|target| targets.join(target).join("lib").is_dir())
}

fn host_rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

pub(crate) fn toolchain(context: &Context) -> Result<Toolchain> {
    if rustup_has_targets(context) {
        return Ok(Toolchain { cargo: context.cargo.clone(), environment: Vec::new() });
    }
    let names = system::missing(system::DEBIAN_RUST);
    ensure!(names.is_empty(), "there is no core library for Cortex-M; install {}", names.join(" "));
    let sysroot = debian_sysroot(context)?;
    let mut environment = vec![("RUSTC".to_owned(), wrapper(&sysroot)?.into_os_string())];
    for target in TARGETS {
        // Debian has no rust-lld.
        let variable = target.to_uppercase().replace('-', "_");
        environment.push((format!("CARGO_TARGET_{variable}_LINKER"), "arm-none-eabi-ld".into()));
    }
    Ok(Toolchain { cargo: DEBIAN_CARGO.into(), environment })
}

/// A sysroot with `core` and `alloc` for [`TARGETS`] and the host's own library, built when it is
/// not there yet for the compiler's version.
fn debian_sysroot(context: &Context) -> Result<PathBuf> {
    let version = output(context.command(DEBIAN_RUSTC).arg("--version"))?;
    let name: String =
        version.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let bare = context.target.join("bare");
    let sysroot = bare.join(name);
    let libraries = sysroot.join("lib/rustlib");
    if TARGETS.iter().all(|target| libraries.join(target).is_dir()) {
        return Ok(sysroot);
    }
    println!("  building core and alloc with {}", version.trim());
    let empty = bare.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(
        empty.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
    let built = bare.join("empty-target");
    let mut build = context.command(DEBIAN_CARGO);
    build
        .args(["build", "--quiet", "--release", "-Z", "build-std=core,alloc", "--target-dir"])
        .arg(&built)
        .args(TARGETS.iter().flat_map(|target| ["--target", target]))
        .current_dir(&empty)
        .env("RUSTC", DEBIAN_RUSTC)
        // Unlocks -Z; the program built is ours and empty.
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode these libraries could not take part in link-time optimisation.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes");
    ensure!(run_command(&mut build)?, "core and alloc could not be built");

    fs::create_dir_all(&libraries)?;
    for target in TARGETS {
        // Filled under another name first, so that a broken build never looks like a whole one.
        let unfinished = libraries.join(format!("{target}.unfinished"));
        let folder = unfinished.join("lib");
        fs::create_dir_all(&folder)?;
        for library in ["core", "alloc", "compiler_builtins"] {
            let from = newest(&built.join(target).join("release/deps"), library)?;
            let to = folder.join(from.file_name().context("a library without a name")?);
            fs::copy(&from, to)?;
        }
        fs::rename(&unfinished, libraries.join(target))?;
    }
    link_host_libraries(context, &libraries)?;
    Ok(sysroot)
}

/// The last built `lib{name}-*.rlib` of a folder.
fn newest(folder: &Path, name: &str) -> Result<PathBuf> {
    let prefix = format!("lib{name}-");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let file = file.to_string_lossy();
        if file.starts_with(&prefix) && file.ends_with(".rlib") {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    match found.into_iter().max() {
        Some((_, path)) => Ok(path),
        None => bail!("{prefix}*.rlib was not built"),
    }
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
