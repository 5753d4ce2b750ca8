//! Links the crates for firmware into images for Cortex-M, looks for panic code by symbol, and
//! measures. It does not run the images.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::{
    bare,
    context::{Context, output, run as run_command},
    sysroot::Toolchain,
    system::{self, Package},
    tally::Tally,
};

/// Parts of the names of functions that a panic passes through.
const PANIC_SYMBOLS: &[&str] = &[
    "panicking",
    "panic_",
    "_panic",
    "rust_begin_unwind",
    "slice_index",
    "slice_error_fail",
    "unwrap_failed",
    "expect_failed",
    "len_mismatch_fail",
    "handle_error",
];

/// The image that panics on purpose. Without it, a check that finds nothing would prove nothing.
const CONTROL: &str = "panics";

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    let mut packages = bare::packages(context);
    packages.push(system::BINUTILS_ARM);
    packages
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let toolchain = bare::toolchain(context)?;
    let mut tally = Tally::default();
    for target in bare::TARGETS {
        let folder = build(context, &toolchain, target, &["--bins"])?;
        for image in images(&context.root.join("hw-tests/probe/src/bin"))? {
            let path = folder.join(&image);
            let symbols = output(context.command("arm-none-eabi-nm").arg(&path))?;
            let panics = panics(&symbols);
            if image == CONTROL {
                tally.count(!panics.is_empty());
                if panics.is_empty() {
                    println!("  {target}: panic code is not found even where it is");
                }
                continue;
            }
            tally.count(panics.is_empty());
            let size = output(context.command("arm-none-eabi-size").arg(&path))?;
            println!("  {target} {image}: {}", sizes(&size)?);
            for symbol in panics {
                println!("    panic code is linked: {symbol}");
            }
        }
    }
    Ok(tally)
}

/// Builds images and tells in which folder they are.
pub(crate) fn build(
    context: &Context,
    toolchain: &Toolchain,
    target: &str,
    which: &[&str],
) -> Result<PathBuf> {
    let built = context.target.join("bare/probe");
    let mut build = toolchain.cargo(context, "build --quiet --release --locked -p probe");
    build.args(which).args(["--target", target, "--target-dir"]).arg(&built);
    build.current_dir(context.root.join("hw-tests"));
    ensure!(run_command(&mut build)?, "the probe could not be built for {target}");
    Ok(built.join(target).join("release"))
}

fn images(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// The names of panic code in what `nm` printed.
pub(crate) fn panics(symbols: &str) -> Vec<&str> {
    let names = symbols.lines().filter_map(|line| line.split_whitespace().last());
    names.filter(|name| PANIC_SYMBOLS.iter().any(|part| name.contains(part))).collect()
}

/// `text`, `data` and `bss` of the second line that `size` prints.
fn sizes(text: &str) -> Result<String> {
    let mut numbers = text.lines().nth(1).unwrap_or_default().split_whitespace();
    let mut next = || numbers.next().context("size printed no numbers");
    Ok(format!("{} bytes text, {} data, {} bss", next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_code_is_told_by_name() {
        let symbols = "00000000 T _start\n00000010 t _ZN4core9panicking9panic_fmt17h0123456789abcdefE\n\
                       00000020 t _RNvNtNtCs1_4core5slice5index16slice_index_fail\n";
        assert_eq!(panics(symbols).len(), 2);
        assert!(panics("00000000 T _start\n00000004 T memcpy\n").is_empty());
    }

    #[test]
    fn sizes_are_taken_from_the_second_line() {
        let text = "   text\t   data\t    bss\t    dec\t    hex\tfilename\n   1234\t      5\t     67\t   1306\t    51a\tx\n";
        assert_eq!(sizes(text).unwrap(), "1234 bytes text, 5 data, 67 bss");
        assert!(sizes("").is_err());
    }
}
