//! The images of a reader, wired to the virtual card: what they say of themselves, what the card saw
//! of them, and what they cost.

mod bench;
mod contact;
mod images;
mod log;
mod nfc;

use anyhow::Result;

use crate::{
    bare,
    context::{Context, output},
    firmware::{Board, Row, symbols, text},
    probe,
    qemu::Machine,
    sysroot::Toolchain,
    tally::Tally,
};
use bench::Bench;
use images::Images;

/// Both builds run here: a Cortex-M4F executes the instructions of a Cortex-M0, and no board of
/// QEMU with a Cortex-M0 has a second UART.
const MACHINE: Machine = Machine { name: "mps2-an386", megahertz: 25 };

/// Between reader and card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Contact,
    Nfc,
}

impl Link {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Contact, Self::Nfc];

    /// The links of this name; `None` for what is none.
    pub(crate) fn named(name: &str) -> Option<&'static [Self]> {
        match name {
            "contact" => Some(&[Self::Contact]),
            "nfc" => Some(&[Self::Nfc]),
            "all" => Some(&Self::ALL),
            _ => None,
        }
    }

    const fn images(self) -> &'static [&'static str] {
        match self {
            Self::Contact => contact::IMAGES,
            Self::Nfc => nfc::IMAGES,
        }
    }
}

/// What an image is measured by: the board that it runs on, and the figures that came of it.
struct Measured<'a> {
    context: &'a Context,
    board: &'a Board,
    rows: Vec<Row>,
}

impl Measured<'_> {
    fn row(&mut self, what: &'static str, value: u64, most: Option<u64>) {
        self.rows.push(Row { target: self.board.target, what, value, most });
    }

    /// `most`, if this is the board for that target.
    fn on(&self, target: &str, most: u64) -> Option<u64> {
        (self.board.target == target).then_some(most)
    }
}

/// Builds the images for a board, runs them, and tells what they cost.
pub(crate) fn run(
    context: &Context,
    toolchain: &Toolchain,
    board: &Board,
    links: &[Link],
    tally: &mut Tally,
) -> Result<Vec<Row>> {
    let program = images::card_program(context)?;
    let images = Images::new(context, toolchain, &program, board.target)?;
    images.without_root(board, tally)?;
    let names: Vec<_> = links.iter().flat_map(|link| link.images()).copied().collect();
    let plain = images.build("bare/reader", "verify", &names)?;
    for name in &names {
        symbols(context, board, &plain.join(name), tally)?;
    }
    let mut measured = Measured { context, board, rows: Vec::new() };
    for link in links {
        let bench = Bench { context, program: &program, board, link: *link };
        match link {
            Link::Contact => contact::run(&mut measured, &bench, &images, &plain, tally)?,
            Link::Nfc => nfc::run(&mut measured, &bench, toolchain, &plain, tally)?,
        }
    }
    Ok(measured.rows)
}

/// The images for RISC-V are linked and looked at, and not run: no machine of QEMU has the UARTs.
pub(crate) fn link_riscv(
    context: &Context,
    toolchain: &Toolchain,
    links: &[Link],
    tally: &mut Tally,
) -> Result<()> {
    let program = images::card_program(context)?;
    let images = Images::new(context, toolchain, &program, bare::RISCV)?;
    let names: Vec<_> = links.iter().flat_map(|link| link.images()).copied().collect();
    let folder = images.build("bare/reader", "verify", &names)?;
    for name in names {
        let image = folder.join(name);
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
