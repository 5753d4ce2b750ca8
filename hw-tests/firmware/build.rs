//! Links the images by the script of the board's start-up, and names the root to those that verify.

use std::{path::Path, process::ExitCode};

/// The DER file of the root certificate under which the card's certificate must lie.
const ROOT: &str = "KAZASU_FIRMWARE_ROOT";

fn main() -> ExitCode {
    let has = |name: &str| std::env::var_os(name).is_some();
    // Hosts only format this package; their linker has another language.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let riscv = std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("riscv32");
        println!("cargo:rustc-link-arg-bins=-T{}", if riscv { "virt.x" } else { "link.x" });
        println!("cargo:rustc-link-arg-bins=--gc-sections");
        println!("cargo:rustc-link-arg-bins=--nmagic");
        if has("CARGO_FEATURE_DEFMT") {
            println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
        }
    }
    println!("cargo:rerun-if-env-changed={ROOT}");
    if !has("CARGO_FEATURE_VERIFY") {
        return ExitCode::SUCCESS;
    }
    let Some(root) = std::env::var_os(ROOT) else {
        println!(
            "cargo::error={ROOT} is not set. Set it to the DER file of the root certificate that \
             the cards of this reader lie under, as an absolute path. For the virtual card: \
             kazasu card root --out card-root.der"
        );
        return ExitCode::FAILURE;
    };
    let root = Path::new(&root);
    if !root.is_absolute() || !root.is_file() {
        println!("cargo::error={ROOT} is no file with an absolute path: {}", root.display());
        return ExitCode::FAILURE;
    }
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rustc-env={ROOT}={}", root.display());
    ExitCode::SUCCESS
}
