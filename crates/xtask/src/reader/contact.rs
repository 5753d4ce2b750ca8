//! The images of a reader with a contact slot.

use std::path::Path;

use anyhow::Result;

use super::{
    Measured,
    bench::{Bench, Case},
    images::{Images, buffers},
    log,
};
use crate::{
    bare,
    firmware::{check, text},
    tally::Tally,
};

pub(super) const IMAGES: &[&str] = &["sign", "check_in"];

/// The smaller image's limits on a Cortex-M0, the larger one's on a Cortex-M4.
const MOST_TEXT_OF_SIGN: u64 = 24 * 1024;
const MOST_STACK_OF_SIGN: u64 = 3 * 1024;
const MOST_TEXT_OF_CHECK_IN: u64 = 64 * 1024;
const MOST_STACK_OF_CHECK_IN: u64 = 8 * 1024;

/// RST low, VCC on, CLK runs, RST high; and at the end RST low, CLK stopped, VCC off (ISO/IEC
/// 7816-3 clauses 6.2.1 and 6.4). A warm reset would be RST low and high between the two.
const ONE_SESSION: &[&str] = &["lines 02 01 05 03 02 04 00", "warm-resets 0", "deactivations 1"];

const fn good(variant: &'static str, commands: u64) -> Case {
    let verify_commands = Some(1);
    Case { variant, commands: Some(commands), verify_commands, fails: None, seen: ONE_SESSION }
}

const REFUSED: &[&str] = &["NOT VERIFIED"];

const fn bad(variant: &'static str, verify_commands: u64) -> Case {
    let verify_commands = Some(verify_commands);
    Case { variant, commands: None, verify_commands, fails: Some(REFUSED), seen: ONE_SESSION }
}

/// The three ways over the contacts.
const GOOD: [Case; 3] = [good("t1-extended", 5), good("t1-short", 11), good("t0-short", 11)];

/// What must not end well: a wrong PIN, and a moment at which the certificate is not valid yet. The
/// PIN is not sent then.
const BAD: [Case; 2] = [bad("wrong-pin", 1), bad("past", 0)];

/// The names of what a check-in costs, in the order of [`GOOD`].
const FIGURES: [[&str; 2]; 3] = [
    ["Characters of a check-in, T=1 extended", "Check-in, T=1 extended"],
    ["Characters of a check-in, T=1 short", "Check-in, T=1 short"],
    ["Characters of a check-in, T=0 short", "Check-in, T=0 short"],
];

/// What the image that verifies logs when all goes well.
const RECORDS: usize = 3;

pub(super) fn run(
    measured: &mut Measured<'_>,
    bench: &Bench<'_>,
    images: &Images<'_>,
    plain: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let (context, board) = (measured.context, measured.board);
    let [cortex_m0, cortex_m4] = bare::TARGETS;

    let image = plain.join("sign");
    let mut stack = 0;
    for case in &GOOD {
        // Buffers of short length take no answer of extended length.
        let came = bench.run(&image, &Case { commands: GOOD[1].commands, ..*case }, tally)?;
        let verified = came.seen("host-verified")? == 1;
        check(tally, board, verified, "the host verifies the signature");
        stack = stack.max(came.run.figure("peak-stack")?);
    }
    let most = measured.on(cortex_m0, MOST_TEXT_OF_SIGN);
    measured.row("Text of the image that signs", text(context, &image)?, most);
    let most = measured.on(cortex_m0, MOST_STACK_OF_SIGN);
    measured.row("Peak stack of the image that signs", stack, most);
    measured.row("Buffers of the image that signs", buffers(context, &image)?, None);

    let image = plain.join("check_in");
    let mut stack = 0;
    for (case, [characters, instructions]) in GOOD.iter().zip(FIGURES) {
        let came = bench.run(&image, case, tally)?;
        let run = &came.run;
        stack = stack.max(run.figure("peak-stack")?);
        let count = run.figure("characters-sent")? + run.figure("characters-received")?;
        measured.row(characters, count, None);
        measured.row(instructions, came.instructions()?, None);
    }
    let most = measured.on(cortex_m4, MOST_TEXT_OF_CHECK_IN);
    measured.row("Text of the image that verifies", text(context, &image)?, most);
    let most = measured.on(cortex_m4, MOST_STACK_OF_CHECK_IN);
    measured.row("Peak stack of the image that verifies", stack, most);
    measured.row("Buffers of the image that verifies", buffers(context, &image)?, None);
    for case in &BAD {
        bench.run(&image, case, tally)?;
    }

    let logging = images.build("bare/reader-defmt", "verify,defmt", &["check_in"])?;
    let with_log = logging.join("check_in");
    let came = bench.run(&with_log, &GOOD[0], tally)?;
    let complete = log::records(&came.run.log) == RECORDS;
    check(tally, board, complete, "every record of the log came");
    log::show(context, &with_log, &came.run.log)?;
    let added = text(context, &with_log)?.saturating_sub(text(context, &image)?);
    measured.row("Text that logs add", added, None);
    Ok(())
}
