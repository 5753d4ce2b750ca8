//! The logs of `defmt` that an image wrote.

use std::path::Path;

use anyhow::Result;

use crate::context::{Context, output};

/// Records of a log: each frame of `defmt` ends in a zero, which is nowhere else in it.
pub(super) fn records(log: &[u8]) -> usize {
    log.split_inclusive(|byte| *byte == 0).filter(|frame| frame.len() > 1).count()
}

/// Shows a log as people read it, where the tool for it is installed.
pub(super) fn show(context: &Context, image: &Path, log: &[u8]) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_their_ends() {
        assert_eq!(records(&[]), 0);
        assert_eq!(records(&[0, 4, 0x7E, 0, 6, 0x7E, 0, 0]), 2);
    }
}
