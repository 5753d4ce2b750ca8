//! Runs the conformance kit against the demonstration matcher, and with `--pairs FILE` counts its DET
//! points. A vendor copies this file and brings her own matcher.
//!
//! ```text
//! cargo run -p kazasu-face --features conformance,demonstration --example conformance
//! cargo run … --example conformance -- --pairs pairs.csv
//! ```
//! The names in the list are relative to it. It ends in 1 when a check failed or no
//! attack was shown.

use kazasu_face::conformance::{Bounds, DemonstrationVendor, det, examine, read_pairs};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The photo of every virtual card: nobody.
const PHOTO: &[u8] = include_bytes!("../../virtual-card/data/photo/virtual-photo.jp2");
/// The card face of a public test card (`docs/card-facts.md` §2.3), with its photo.
const CARD_FACE: &[u8] = include_bytes!("../../pki/tests/data/test-card/surface-0002.bin");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let photo = CARD_FACE.windows(8).position(|part| part == b"\0\0\0\x0CjP  ");
    let photo = photo.and_then(|at| CARD_FACE.get(at..at.saturating_add(1_854)));
    let photo = photo.ok_or("the test card has no photo")?;
    let mut vendor = DemonstrationVendor::new(PHOTO.to_vec(), photo.to_vec())?;
    let bounds = Bounds::default();

    let report = examine(&mut vendor, &bounds);
    print!("{report}");

    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => {}
        (Some(option), Some(file)) if option == "--pairs" => {
            let file = PathBuf::from(file);
            let folder = file.parent().unwrap_or(Path::new(""));
            let pairs = read_pairs(&std::fs::read_to_string(&file)?)?;
            let mut load = |name: &str| std::fs::read(folder.join(name));
            print!("{}", det(&mut vendor, &bounds, &pairs, &mut load)?);
        }
        _ => return Err("usage: conformance [--pairs FILE]".into()),
    }
    Ok(if report.is_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
