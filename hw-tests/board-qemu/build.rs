//! Hands the memory map to the linker script of cortex-m-rt, which looks for it by name, and the
//! script of the RISC-V board to its images.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    std::fs::write(Path::new(&out).join("memory.x"), include_str!("memory.x"))?;
    std::fs::write(Path::new(&out).join("virt.x"), include_str!("virt.x"))?;
    println!("cargo:rustc-link-search={out}");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=virt.x");
    Ok(())
}
