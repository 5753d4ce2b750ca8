//! The images of a reader with a contact slot, wired to the virtual card: what they say of
//! themselves, what the card saw of them, and what they cost.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    bare,
    context::{Context, line, output, run as run_command},
    firmware::{Board, Row, check, symbols, text},
    probe,
    qemu::{self, Machine, Run},
    sysroot::Toolchain,
    tally::Tally,
};

/// Both builds run here: a Cortex-M4F executes the instructions of a Cortex-M0, and no board of
/// QEMU with a Cortex-M0 has a second UART.
const MACHINE: Machine = Machine { name: "mps2-an386", megahertz: 25 };

/// The smaller image's limits on a Cortex-M0, the larger one's on a Cortex-M4.
const MOST_TEXT_OF_SIGN: u64 = 24 * 1024;
const MOST_STACK_OF_SIGN: u64 = 3 * 1024;
const MOST_TEXT_OF_CHECK_IN: u64 = 64 * 1024;
const MOST_STACK_OF_CHECK_IN: u64 = 8 * 1024;

/// The variable by which the image that verifies is told its root.
const ROOT: &str = "KAZASU_FIRMWARE_ROOT";

/// An emulator takes a second; a machine with other work to do, longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the host hands to the reader, how it must end, and what the card must have seen.
struct Case {
    variant: &'static str,
    commands: Option<u64>,
    verify_commands: u64,
    success: bool,
}

/// The three ways over the contacts.
const GOOD: [Case; 3] = [
    Case { variant: "t1-extended", commands: Some(5), verify_commands: 1, success: true },
    Case { variant: "t1-short", commands: Some(11), verify_commands: 1, success: true },
    Case { variant: "t0-short", commands: Some(11), verify_commands: 1, success: true },
];

/// What must not end well: a wrong PIN, and a moment at which the certificate is not valid yet. The
/// PIN is not sent then.
const BAD: [Case; 2] = [
    Case { variant: "wrong-pin", commands: None, verify_commands: 1, success: false },
    Case { variant: "past", commands: None, verify_commands: 0, success: false },
];

/// RST low, VCC on, CLK runs, RST high; and at the end RST low, CLK stopped, VCC off (ISO/IEC
/// 7816-3 clauses 6.2.1 and 6.4). A warm reset would be RST low and high between the two.
const ONE_SESSION: &str = "lines 02 01 05 03 02 04 00";

/// Builds the images for a board, runs them, and tells what they cost.
pub(crate) fn run(
    context: &Context,
    toolchain: &Toolchain,
    board: &Board,
    tally: &mut Tally,
) -> Result<Vec<Row>> {
    let program = card_program(context)?;
    let root = context.target.join("bare/firmware-root.der");
    output(context.command(&program).arg("root").arg(&root))?;
    let build = |folder: &str, features: &str| {
        build(context, toolchain, board.target, &context.target.join(folder), features, &root)
    };
    without_root(context, toolchain, board, tally)?;
    let images = build("bare/slot", "--features verify")?;
    let logging = build("bare/slot-defmt", "--features verify,defmt")?;
    let bench = Bench { context, program: &program, board };

    let row = |what, value, most| Row { target: board.target, what, value, most };
    let on = |target, most| (board.target == target).then_some(most);
    let mut rows = Vec::new();

    let image = images.join("sign");
    symbols(context, board, &image, tally)?;
    let mut stack = 0;
    for case in &GOOD {
        let (run, card) = bench.run(&image, case, tally)?;
        check(tally, board, card.contains("host-verified 1"), "the host verifies the signature");
        stack = stack.max(run.figure("peak-stack")?);
    }
    let [cortex_m0, cortex_m4] = bare::TARGETS;
    let most = on(cortex_m0, MOST_TEXT_OF_SIGN);
    rows.push(row("Text of the image that signs", text(context, &image)?, most));
    let most = on(cortex_m0, MOST_STACK_OF_SIGN);
    rows.push(row("Peak stack of the image that signs", stack, most));
    rows.push(row("Buffers of the image that signs", buffers(context, &image)?, None));

    let image = images.join("check_in");
    symbols(context, board, &image, tally)?;
    let mut stack = 0;
    for (case, [characters, instructions]) in GOOD.iter().zip(FIGURES) {
        let (run, _) = bench.run(&image, case, tally)?;
        stack = stack.max(run.figure("peak-stack")?);
        let count = run.figure("characters-sent")? + run.figure("characters-received")?;
        rows.push(row(characters, count, None));
        rows.push(row(instructions, MACHINE.instructions(run.figure("ticks")?), None));
    }
    let most = on(cortex_m4, MOST_TEXT_OF_CHECK_IN);
    rows.push(row("Text of the image that verifies", text(context, &image)?, most));
    let most = on(cortex_m4, MOST_STACK_OF_CHECK_IN);
    rows.push(row("Peak stack of the image that verifies", stack, most));
    rows.push(row("Buffers of the image that verifies", buffers(context, &image)?, None));
    for case in &BAD {
        bench.run(&image, case, tally)?;
    }

    let image = logging.join("check_in");
    let (run, _) = bench.run(&image, &GOOD[0], tally)?;
    check(tally, board, records(&run.log) == RECORDS, "every record of the log came");
    show_log(context, &image, &run.log)?;
    let added = text(context, &image)?.saturating_sub(text(context, &images.join("check_in"))?);
    rows.push(row("Text that logs add", added, None));
    Ok(rows)
}

/// The names of what a check-in costs, in the order of [`GOOD`].
const FIGURES: [[&str; 2]; 3] = [
    ["Characters of a check-in, T=1 extended", "Check-in, T=1 extended"],
    ["Characters of a check-in, T=1 short", "Check-in, T=1 short"],
    ["Characters of a check-in, T=0 short", "Check-in, T=0 short"],
];

/// What the image that verifies logs when all goes well.
const RECORDS: usize = 3;

/// The images for RISC-V are linked and looked at, and not run: no machine of QEMU has the UARTs.
pub(crate) fn link_riscv(
    context: &Context,
    toolchain: &Toolchain,
    tally: &mut Tally,
) -> Result<()> {
    let root = context.target.join("bare/firmware-root.der");
    let folder = context.target.join("bare/slot");
    let images = build(context, toolchain, bare::RISCV, &folder, "--features verify", &root)?;
    for name in ["sign", "check_in"] {
        let image = images.join(name);
        let symbols = output(context.command("arm-none-eabi-nm").arg(&image))?;
        let panics = probe::panics(&symbols);
        tally.count(panics.is_empty());
        for symbol in panics {
            println!("  {} {name}: panic code: {symbol}", bare::RISCV);
        }
        let text = text(context, &image)?;
        println!("  {} {name}: {text} bytes text, linked and not run", bare::RISCV);
    }
    Ok(())
}

/// The program that plays the card, built for this host.
fn card_program(context: &Context) -> Result<PathBuf> {
    let mut build =
        context.cargo("build --quiet --locked -p kazasu-virtual-card --example contact_slot");
    build.arg("--target-dir").arg(&context.target);
    ensure!(run_command(&mut build)?, "the program that plays the card could not be built");
    Ok(context.target.join("debug/examples/contact_slot"))
}

/// Builds the images and tells in which folder they are.
fn build(
    context: &Context,
    toolchain: &Toolchain,
    target: &str,
    folder: &Path,
    features: &str,
    root: &Path,
) -> Result<PathBuf> {
    let words = format!("build --quiet --release --locked -p firmware --bins {features} --target");
    let mut build = toolchain.cargo(context, &words);
    build.args([target, "--target-dir"]).arg(folder);
    build.env(ROOT, root).current_dir(context.root.join("hw-tests"));
    ensure!(run_command(&mut build)?, "the images could not be built for {target}");
    Ok(folder.join(target).join("release"))
}

/// An image that verifies has to be told its root: the build says so, and what to do.
fn without_root(
    context: &Context,
    toolchain: &Toolchain,
    board: &Board,
    tally: &mut Tally,
) -> Result<()> {
    let words = "build --quiet --release --locked -p firmware --bins --features verify --target";
    let mut build = toolchain.cargo(context, words);
    build.args([board.target, "--target-dir"]).arg(context.target.join("bare/slot"));
    build.env_remove(ROOT).current_dir(context.root.join("hw-tests"));
    let ended = build.output().context("cannot start cargo")?;
    let says = String::from_utf8_lossy(&ended.stderr);
    let named = says.contains(&format!("{ROOT} is not set")) && says.contains("card root");
    check(tally, board, !ended.status.success() && named, "no image without a root");
    Ok(())
}

/// Memory that is not stack.
fn buffers(context: &Context, image: &Path) -> Result<u64> {
    let size = output(context.command("arm-none-eabi-size").arg(image))?;
    let numbers = size.lines().nth(1).unwrap_or_default().split_whitespace().skip(1).take(2);
    numbers.map(|number| number.parse::<u64>().context("size printed no number")).sum()
}

/// Records of a log: each frame of `defmt` ends in a zero, which is nowhere else in it.
fn records(log: &[u8]) -> usize {
    log.split_inclusive(|byte| *byte == 0).filter(|frame| frame.len() > 1).count()
}

/// Shows a log as people read it, where the tool for it is installed.
fn show_log(context: &Context, image: &Path, log: &[u8]) -> Result<()> {
    if !crate::system::in_path("defmt-print") {
        println!("  {} bytes of logs; defmt-print, when installed, shows them here", log.len());
        return Ok(());
    }
    let file = image.with_extension("log");
    std::fs::write(&file, log)?;
    let mut print = context.command("defmt-print");
    let shown = output(print.arg("-e").arg(image).stdin(std::fs::File::open(&file)?))?;
    for text in shown.lines() {
        println!("    {text}");
    }
    Ok(())
}

/// Where the images run.
struct Bench<'a> {
    context: &'a Context,
    program: &'a Path,
    board: &'a Board,
}

impl Bench<'_> {
    /// Runs an image once with the card at its UARTs; what the image and what the card said.
    fn run(&self, image: &Path, case: &Case, tally: &mut Tally) -> Result<(Run, String)> {
        let folder = Folder::new()?;
        let name = image.file_name().unwrap_or_default();
        let mut card = Card::start(self.context, self.program, &folder.0, case.variant, name)?;
        let sockets = ["data", "lines", "counter"].map(|name| folder.0.join(name));
        let run = qemu::boot_wired(self.context, &MACHINE, image, &sockets, PATIENCE)?;
        let card = card.end()?;
        let saw = |figure: &str| card.lines().any(|line| line == figure);
        let mut must = |passed: bool, what: &str| {
            check(
                tally,
                self.board,
                passed,
                &format!("{} {}: {what}", name.display(), case.variant),
            );
        };
        let good = matches!(run.last_line(), "verified" | "signed");
        must(run.success == case.success && good == case.success, "it ends as it should");
        let verify = format!("card-verify-commands {}", case.verify_commands);
        must(saw(&verify), "the PIN goes out as often as it should");
        must(saw(ONE_SESSION), "one activation, and the end takes the power");
        must(saw("warm-resets 0") && saw("deactivations 1"), "no warm reset stands for the end");
        if let Some(commands) = case.commands {
            // Buffers of short length take no answer of extended length.
            let commands =
                if name == "sign" { GOOD[1].commands.unwrap_or(commands) } else { commands };
            let both = saw(&format!("card-commands {commands}"));
            must(both && run.figure("commands")? == commands, "as many commands as there need be");
        }
        Ok((run, card))
    }
}

/// A folder of one run, with a short name, because the names of sockets are short.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        for number in 0..1000 {
            let name = format!("kazasu-slot-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).context("no folder for sockets"),
            }
        }
        bail!("no folder for sockets")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is temporary; a rest of it does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program that plays the card, while it runs.
struct Card {
    child: Child,
    lines: Receiver<String>,
}

impl Card {
    fn start(
        context: &Context,
        program: &Path,
        folder: &Path,
        variant: &str,
        image: &OsStr,
    ) -> Result<Self> {
        let mut command = context.command(program);
        command.arg(folder).arg(variant).arg(image).stdout(Stdio::piped());
        println!("  $ {} &", line(&command));
        let mut child = command.spawn().context("cannot start the card")?;
        let stdout = child.stdout.take().context("the card has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let card = Self { child, lines };
        let first = card.lines.recv_timeout(PATIENCE).context("the card says nothing")?;
        ensure!(first == "listening", "the card says {first:?}");
        Ok(card)
    }

    /// What it said, when the reader is gone.
    fn end(&mut self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut text = String::new();
        // Until its output is closed.
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => bail!("the card does not end"),
            }
        }
        ensure!(self.child.wait()?.success(), "the card ended in an error");
        Ok(text)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_their_ends() {
        assert_eq!(records(&[]), 0);
        assert_eq!(records(&[0, 4, 0x7E, 0, 6, 0x7E, 0, 0]), 2);
    }

    #[test]
    fn a_folder_goes_with_its_run() {
        let folder = Folder::new().unwrap();
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
