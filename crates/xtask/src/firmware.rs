//! Builds the images for microcontrollers, boots them in QEMU, and holds what they measured of
//! themselves to the limits of docs/footprint.md.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    bare,
    context::{Context, output, run as run_command},
    probe,
    qemu::{self, Machine, Run},
    reader::{self, Link},
    sysroot::Toolchain,
    system::{self, Package},
    tally::Tally,
};

/// Where the images for a target run, and what they may cost.
pub(crate) struct Board {
    pub(crate) target: &'static str,
    machine: Machine,
    /// What parse, chain and challenge may add to an image, roots included. The code of a Cortex-M0
    /// is longer.
    most_text: u64,
    /// Instructions of one RSA-2048 verification. A Cortex-M0 has no multiplication whose product
    /// is longer than a word, so there it is only reported.
    most_rsa_instructions: Option<u64>,
}

const BOARDS: [Board; 2] = [
    Board {
        target: "thumbv7em-none-eabihf",
        machine: Machine { name: "mps2-an386", megahertz: 25 },
        most_text: 32 * 1024,
        most_rsa_instructions: Some(3_000_000),
    },
    Board {
        target: "thumbv6m-none-eabi",
        machine: Machine { name: "microbit", megahertz: 16 },
        most_text: 34 * 1024,
        most_rsa_instructions: None,
    },
];

/// The figures as people read them, in the order of [`BOARDS`].
const PAGE: &str = "docs/footprint.md";

const MOST_STACK: u64 = 4 * 1024;

/// An emulator takes two seconds; a machine with other work to do, longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Parts of the names of functions that a heap is used by.
const HEAP_SYMBOLS: [&str; 4] = ["__rust_alloc", "__rust_realloc", "__rg_alloc", "__rdl_alloc"];

pub(crate) fn packages(context: &Context) -> Vec<Package> {
    let mut packages = probe::packages(context);
    packages.push(system::QEMU_ARM);
    packages
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let toolchain = &bare::toolchain(context)?;
    let mut tally = Tally::default();
    let mut table = Vec::new();
    // Side by side: an emulator needs one processor, and images are linked on one.
    let boards = thread::scope(|scope| {
        let boards = BOARDS.each_ref();
        let boards = boards.map(|board| scope.spawn(move || whole(context, toolchain, board)));
        boards.map(|board| board.join().unwrap_or_else(|_| bail!("a board's thread panicked")))
    });
    for board in boards {
        let (rows, counted) = board?;
        table.extend(rows);
        tally.add(counted);
    }
    reader::link_riscv(context, toolchain, context.links, &mut tally)?;
    let page = std::fs::read_to_string(context.root.join(PAGE)).context(PAGE)?;
    println!("\n  | Target | Figure | Value | At most |\n  |---|---|---|---|");
    for Row { target, what, value, most } in table {
        let most_text = most.map_or_else(|| "—".to_owned(), grouped);
        let passed = most.is_none_or(|most| value <= most);
        tally.count(passed);
        let documented = documented(&page, what, target);
        let true_page = documented.is_some_and(|is| is.abs_diff(value) <= value / 10);
        tally.count(true_page);
        let mark = match (passed, true_page) {
            (false, _) => " TOO MUCH",
            (true, false) => " NOT WHAT THE PAGE SAYS",
            (true, true) => "",
        };
        println!("  | {target} | {what} | {} | {most_text} |{mark}", grouped(value));
    }
    Ok(tally)
}

/// All that runs on a board.
fn whole(context: &Context, toolchain: &Toolchain, board: &Board) -> Result<(Vec<Row>, Tally)> {
    let mut tally = Tally::default();
    let links = context.links;
    let mut rows = match links == Link::ALL {
        true => verifying(context, toolchain, board, &mut tally)?,
        false => Vec::new(),
    };
    rows.extend(reader::run(context, toolchain, board, links, &mut tally)?);
    Ok((rows, tally))
}

/// What verifies, without a reader.
fn verifying(
    context: &Context,
    toolchain: &Toolchain,
    board: &Board,
    tally: &mut Tally,
) -> Result<Vec<Row>> {
    let plain = build(context, toolchain, board, "bare/firmware", "")?;
    let next = build(context, toolchain, board, "bare/firmware-p384", "--features trust/p384")?;
    let mut rows = trust(context, board, &plain, tally)?;
    rows.extend(p384(context, board, &plain, &next, tally)?);
    Ok(rows)
}

/// What the page says: the number in the row of the figure and the column of the target.
fn documented(page: &str, what: &str, target: &str) -> Option<u64> {
    let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {what} | ")))?;
    let column = BOARDS.iter().position(|board| board.target == target)?;
    let number = row.split('|').nth(column)?.split_whitespace().next()?;
    number.replace(',', "").parse().ok()
}

/// One measured figure, and its limit if it has one.
pub(crate) struct Row {
    pub(crate) target: &'static str,
    pub(crate) what: &'static str,
    pub(crate) value: u64,
    pub(crate) most: Option<u64>,
}

/// Builds the images of `hw-tests/trust` and tells in which folder they are.
fn build(
    context: &Context,
    toolchain: &Toolchain,
    board: &Board,
    folder: &str,
    features: &str,
) -> Result<PathBuf> {
    let built = context.target.join(folder);
    let words = format!("build --quiet --release --locked -p trust --bins {features} --target");
    let mut build = toolchain.cargo(context, &words);
    build.args([board.target, "--target-dir"]).arg(&built);
    build.current_dir(context.root.join("hw-tests"));
    ensure!(run_command(&mut build)?, "the images could not be built for {}", board.target);
    Ok(built.join(board.target).join("release"))
}

pub(crate) fn check(tally: &mut Tally, board: &Board, passed: bool, what: &str) {
    tally.count(passed);
    if !passed {
        println!("  {} FAILED: {what}", board.target);
    }
}

/// Boots an image that verifies, and checks that it accepted what is good and nothing else.
fn verified(context: &Context, board: &Board, image: &Path, tally: &mut Tally) -> Result<Run> {
    let run = qemu::boot(context, &board.machine, image, PATIENCE)?;
    let (tried, refused) = (run.figure("flips-tried")?, run.figure("flips-refused")?);
    println!("  {}: {refused} of {tried} damaged inputs refused", board.target);
    let good = run.success && run.last_line() == "verified";
    check(tally, board, good, "what is good is verified");
    check(tally, board, tried > 0 && refused == tried, "every damaged input is refused");
    Ok(run)
}

/// Neither panic code nor a heap may be in an image.
pub(crate) fn symbols(
    context: &Context,
    board: &Board,
    image: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let symbols = output(context.command("arm-none-eabi-nm").arg(image))?;
    let panics = probe::panics(&symbols);
    check(tally, board, panics.is_empty(), "no panic code is linked");
    for symbol in panics {
        println!("    panic code: {symbol}");
    }
    let heap = HEAP_SYMBOLS.iter().any(|name| symbols.contains(name));
    check(tally, board, !heap, "no heap is linked");
    Ok(())
}

/// Today's card: that the image judges rightly, and what that costs.
fn trust(context: &Context, board: &Board, images: &Path, tally: &mut Tally) -> Result<Vec<Row>> {
    let empty = qemu::boot(context, &board.machine, &images.join("empty"), PATIENCE)?;
    check(tally, board, empty.success, "the empty image ends well");
    let run = verified(context, board, &images.join("trust"), tally)?;
    // Were it accepted, the word of the other image would mean nothing.
    let damaged = qemu::boot(context, &board.machine, &images.join("damaged"), PATIENCE)?;
    let told = !damaged.success && damaged.last_line() == "NOT VERIFIED";
    check(tally, board, told, "a challenge that was not signed is told from one that was");

    symbols(context, board, &images.join("trust"), tally)?;
    let whole = text(context, &images.join("trust"))?;
    let frame = text(context, &images.join("empty"))?;
    let instructions = |name| anyhow::Ok(board.machine.instructions(run.figure(name)?));
    let row = |what, value, most| Row { target: board.target, what, value, most };
    Ok(vec![
        row("Text of the whole image", whole, None),
        row("Text of the empty image", frame, None),
        row(
            "Text of parse, chain and challenge",
            whole.saturating_sub(frame),
            Some(board.most_text),
        ),
        row("Peak stack", run.figure("peak-stack")?, Some(MOST_STACK)),
        row("Peak stack of the empty image", empty.figure("peak-stack")?, None),
        row("One RSA-2048 verification", instructions("ticks-rsa")?, board.most_rsa_instructions),
        row("Parse of a certificate", instructions("ticks-parse")?, None),
        row("Parse and chain", instructions("ticks-chain")?, None),
        row("Challenge", instructions("ticks-challenge")?, None),
    ])
}

/// The next card: what ECDSA on P-384 would add. Panic code is linked then, by the `p384` crate.
fn p384(
    context: &Context,
    board: &Board,
    plain: &Path,
    next: &Path,
    tally: &mut Tally,
) -> Result<Vec<Row>> {
    let run = verified(context, board, &next.join("p384"), tally)?;
    let added =
        text(context, &next.join("trust"))?.saturating_sub(text(context, &plain.join("trust"))?);
    let instructions = board.machine.instructions(run.figure("ticks-ecdsa")?);
    let row = |what, value| Row { target: board.target, what, value, most: None };
    Ok(vec![
        row("Text that P-384 adds", added),
        row("Peak stack of P-384", run.figure("peak-stack")?),
        row("One P-384 verification", instructions),
    ])
}

/// Code and constants of an image.
pub(crate) fn text(context: &Context, image: &Path) -> Result<u64> {
    let size = output(context.command("arm-none-eabi-size").arg(image))?;
    let number = size.lines().nth(1).and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).context("size printed no numbers")
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_read_by_row_and_column() {
        let page =
            "| Peak stack of P-384 | 1 bytes | 2 bytes |\n| Peak stack | 3,652 bytes | 37 | x |\n";
        let [first, second] = BOARDS.map(|board| board.target);
        assert_eq!(documented(page, "Peak stack", first), Some(3652));
        assert_eq!(documented(page, "Peak stack", second), Some(37));
        assert_eq!(documented(page, "Parse", first), None);
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_216_040, "1,216,040")] {
            assert_eq!(grouped(number), text);
        }
    }
}
