//! The images of a reader with an antenna: a PN532 that carries raw frames, a PN532 that does the
//! block protocol itself, and a raw radio, of which the board has a stand-in.

use std::path::Path;

use anyhow::Result;

use super::{
    Measured,
    bench::{Bench, Case},
    images::buffers,
};
use crate::{bare, firmware::text, probe, sysroot::Toolchain, tally::Tally};

/// In the order of [`FIGURES`].
pub(super) const IMAGES: &[&str] = &["nfc_pn532", "nfc_pn532_blocks", "nfc_radio"];

/// Engine and driver alone, on a Cortex-M0: the image `pn532` of the probe, all of it.
const MOST_TEXT_OF_LINK: u64 = 16 * 1024;

const GOOD_FIELD: &[&str] = &["field-was-on 0", "violations 0", "activations 1"];
const FIELD_OFF: &[&str] = &["field-was-on 0"];

const fn good(variant: &'static str, commands: u64) -> Case {
    let verify_commands = Some(1);
    Case { variant, commands: Some(commands), verify_commands, fails: None, seen: GOOD_FIELD }
}

const fn bad(
    variant: &'static str,
    verify_commands: Option<u64>,
    fails: &'static [&'static str],
) -> Case {
    Case { variant, commands: None, verify_commands, fails: Some(fails), seen: FIELD_OFF }
}

/// A card, and a phone: there the certificate is read after the PIN, and asked for before that.
const GOOD: [Case; 2] = [good("type-b", 5), good("type-a", 6)];

/// Outcomes, by their numbers: `pin_wrong`, `card_removed`, `outcome_unknown`.
const PIN_WRONG: &[&str] = &["outcome 10", "NOT VERIFIED"];
const CARD_REMOVED: &[&str] = &["outcome 14", "NOT VERIFIED"];
const OUTCOME_UNKNOWN: &[&str] = &["outcome 22", "NOT VERIFIED"];

/// A wrong PIN; two cards; a card that is pulled while VERIFY or the signature is under way, which
/// has got the command; no card.
const BAD: [Case; 5] = [
    bad("wrong-pin", Some(1), PIN_WRONG),
    bad("two-cards", Some(0), &["there is more than one card; place one only, without a wallet"]),
    bad("pulled-at-verify", Some(1), OUTCOME_UNKNOWN),
    bad("pulled-at-signature", Some(1), CARD_REMOVED),
    bad("no-card", None, &["there is no card on the reader; place one"]),
];

/// The names of the figures of one image.
struct Figures {
    text: &'static str,
    stack: &'static str,
    buffers: &'static str,
    /// By [`GOOD`]: frames, bytes, instructions.
    cases: [[&'static str; 3]; 2],
}

macro_rules! figures {
    ($of:literal) => {
        Figures {
            text: concat!("Text, ", $of),
            stack: concat!("Peak stack, ", $of),
            buffers: concat!("Buffers, ", $of),
            cases: [
                [
                    concat!("Frames on the air, Type B, ", $of),
                    concat!("Bytes over the UART, Type B, ", $of),
                    concat!("Check-in, Type B, ", $of),
                ],
                [
                    concat!("Frames on the air, Type A, ", $of),
                    concat!("Bytes over the UART, Type A, ", $of),
                    concat!("Check-in, Type A, ", $of),
                ],
            ],
        }
    };
}

const FIGURES: [Figures; 3] =
    [figures!("PN532, raw frames"), figures!("PN532, its own blocks"), figures!("raw radio")];

pub(super) fn run(
    measured: &mut Measured<'_>,
    bench: &Bench<'_>,
    toolchain: &Toolchain,
    plain: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let (context, board) = (measured.context, measured.board);
    let link = probe::build(context, toolchain, board.target, &["--bin", "pn532"])?.join("pn532");
    let most = measured.on(bare::TARGETS[0], MOST_TEXT_OF_LINK);
    measured.row("Text of engine and driver of a PN532", text(context, &link)?, most);

    for (name, figures) in IMAGES.iter().zip(&FIGURES) {
        let image = plain.join(name);
        let mut stack = 0;
        for (case, [frames, bytes, instructions]) in GOOD.iter().zip(figures.cases) {
            let came = bench.run(&image, case, tally)?;
            stack = stack.max(came.run.figure("peak-stack")?);
            measured.row(frames, came.seen("frames")?, None);
            measured.row(bytes, came.seen("uart-bytes")?, None);
            measured.row(instructions, came.instructions()?, None);
        }
        measured.row(figures.text, text(context, &image)?, None);
        measured.row(figures.stack, stack, None);
        measured.row(figures.buffers, buffers(context, &image)?, None);
        for case in &BAD {
            bench.run(&image, case, tally)?;
        }
    }
    Ok(())
}
