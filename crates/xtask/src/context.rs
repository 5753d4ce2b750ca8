//! Where the repository is, which cargo to call, and how other programs are started.
//!
//! A program started here gets no standard input, and its arguments are printed before it runs.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{arguments::Plan, reader::Link, tally::Tally};

pub(crate) struct Context {
    /// Top of the repository.
    pub(crate) root: PathBuf,
    /// Build products and caches.
    pub(crate) target: PathBuf,
    /// The cargo that runs this program.
    pub(crate) cargo: PathBuf,
    pub(crate) fuzz_seconds: u64,
    /// Arguments of the runner `hostile`, handed on as they are.
    pub(crate) hostile: Vec<String>,
    /// Which readers the runner `firmware` is about.
    pub(crate) links: &'static [Link],
    /// Programs of the operating system may be missing. Tests that call one leave it alone when
    /// `KAZASU_WITHOUT_SYSTEM` is set in their environment.
    pub(crate) without_system: bool,
}

impl Context {
    pub(crate) fn new(plan: &Plan) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("crates/xtask is not two folders below the repository")?
            .to_owned();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |folder| root.join(folder));
        let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
        let Plan { fuzz_seconds, links, without_system, ref hostile, .. } = *plan;
        let hostile = hostile.clone();
        Ok(Self { root, target, cargo, fuzz_seconds, hostile, links, without_system })
    }

    /// A program, to be run at the top of the repository.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        // Cargo sets this for the programs it runs; another compiler must not see it.
        command.env_remove("LD_LIBRARY_PATH");
        if self.without_system {
            command.env("KAZASU_WITHOUT_SYSTEM", "1");
        }
        command
    }

    /// Cargo with a line of plain words as arguments.
    pub(crate) fn cargo(&self, words: &str) -> Command {
        let mut command = self.command(&self.cargo);
        command.args(words.split_whitespace());
        command
    }

    /// Runs one command as one check of a runner.
    pub(crate) fn check(&self, tally: &mut Tally, command: &mut Command) -> Result<bool> {
        let passed = run(command)?;
        tally.count(passed);
        Ok(passed)
    }

    /// Runs test programs, shows what they print and counts their tests.
    pub(crate) fn tests(&self, tally: &mut Tally, command: &mut Command) -> Result<()> {
        announce(command);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", line(command)))?;
        let mut counted = Tally::default();
        let stdout = child.stdout.take().context("the tests have no output")?;
        for text in BufReader::new(stdout).split(b'\n') {
            let text = text?;
            let text = String::from_utf8_lossy(&text);
            // One line a test is noise in a log of hundreds; a failure is printed again at the end.
            if !(text.starts_with("test ") && text.ends_with("... ok")) {
                println!("{text}");
            }
            counted.read_test_result(&text);
        }
        if !child.wait()?.success() && counted.failed == 0 {
            counted.failed = 1;
        }
        tally.add(counted);
        Ok(())
    }
}

/// Runs a command, says what is run, and tells whether it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    announce(command);
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        println!("  failed ({status}): {}", line(command));
    }
    Ok(status.success())
}

/// Runs a command silently and hands over what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", line(command), output.status, reason.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no UTF-8", line(command)))
}

pub(crate) fn announce(command: &Command) {
    println!("  $ {}", line(command));
}

/// The command as one would type it, without the environment.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text =
        program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
