//! Links the images by the script of cortex-m-rt.

fn main() {
    // Hosts only format this package; their linker has another language.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
        println!("cargo:rustc-link-arg-bins=--gc-sections");
        println!("cargo:rustc-link-arg-bins=--nmagic");
    }
}
