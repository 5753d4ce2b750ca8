//! Building what runs: the images, and the program that plays the card.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::{
    context::{Context, output, run as run_command},
    firmware::{Board, check},
    sysroot::Toolchain,
    tally::Tally,
};

/// The variable by which the images that verify are told their root.
const ROOT: &str = "KAZASU_FIRMWARE_ROOT";

/// The program that plays the card, built for this host.
pub(super) fn card_program(context: &Context) -> Result<PathBuf> {
    let mut build = context.cargo("build --quiet --locked -p kazasu-virtual-card --example reader");
    build.arg("--target-dir").arg(&context.target);
    ensure!(run_command(&mut build)?, "the program that plays the card could not be built");
    Ok(context.target.join("debug/examples/reader"))
}

/// How images for one target are built.
pub(super) struct Images<'a> {
    context: &'a Context,
    toolchain: &'a Toolchain,
    target: &'a str,
    root: PathBuf,
}

impl<'a> Images<'a> {
    /// `program` plays the card, and knows its root.
    pub(super) fn new(
        context: &'a Context,
        toolchain: &'a Toolchain,
        program: &Path,
        target: &'a str,
    ) -> Result<Self> {
        // One for each target, because they are built side by side.
        let root = context.target.join("bare").join(format!("root-{target}.der"));
        std::fs::create_dir_all(context.target.join("bare"))?;
        output(context.command(program).arg("root").arg(&root))?;
        Ok(Self { context, toolchain, target, root })
    }

    fn command(&self, folder: &str, features: &str, names: &[&str]) -> std::process::Command {
        let words = "build --quiet --release --locked -p firmware --features";
        let mut build = self.toolchain.cargo(self.context, words);
        build.args([features, "--target", self.target, "--target-dir"]);
        build.arg(self.context.target.join(folder));
        for name in names {
            build.args(["--bin", name]);
        }
        build.current_dir(self.context.root.join("hw-tests"));
        build
    }

    /// Builds images and tells in which folder they are.
    pub(super) fn build(&self, folder: &str, features: &str, names: &[&str]) -> Result<PathBuf> {
        let mut build = self.command(folder, features, names);
        let target = self.target;
        let built = run_command(build.env(ROOT, &self.root))?;
        ensure!(built, "the images could not be built for {target}");
        Ok(self.context.target.join(folder).join(target).join("release"))
    }

    /// An image that verifies has to be told its root: the build says so, and what to do.
    pub(super) fn without_root(&self, board: &Board, tally: &mut Tally) -> Result<()> {
        let mut build = self.command("bare/reader", "verify", &["check_in"]);
        let ended = build.env_remove(ROOT).output().context("cannot start cargo")?;
        let says = String::from_utf8_lossy(&ended.stderr);
        let named = says.contains(&format!("{ROOT} is not set")) && says.contains("card root");
        check(tally, board, !ended.status.success() && named, "no image without a root");
        Ok(())
    }
}

/// Memory of an image that is not stack.
pub(super) fn buffers(context: &Context, image: &Path) -> Result<u64> {
    let size = output(context.command("arm-none-eabi-size").arg(image))?;
    let numbers = size.lines().nth(1).unwrap_or_default().split_whitespace().skip(1).take(2);
    numbers.map(|number| number.parse::<u64>().context("size printed no number")).sum()
}
