//! The list of pairs that a vendor supplies for her DET points: lines of `photo,probe,same`,
//! `photo,probe,different` or `photo,probe,attack`.

use core::fmt;
use std::string::{String, ToString as _};
use std::vec::Vec;

/// What a pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairKind {
    /// The probe is an attack presentation with the face of the photo (ISO/IEC 30107-3).
    Attack,
    /// Another person: a non-mated comparison (ISO/IEC 19795-1).
    Different,
    /// The same person: a mated comparison.
    Same,
}

/// A photo, as a card has it, and a probe, as a camera brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Name of the file with the photo.
    pub photo: String,
    /// Name of the file with the probe.
    pub probe: String,
    /// What they are to each other.
    pub kind: PairKind,
}

/// Reads a list. Empty lines and lines that begin with `#` are passed over, and so is a first line
/// `photo,probe,kind`. Names have no commas and no quotation marks.
///
/// # Errors
/// [`PairError`] with the number of the line.
pub fn read_pairs(text: &str) -> Result<Vec<Pair>, PairError> {
    let mut pairs = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || (number == 1 && line.starts_with("photo,")) {
            continue;
        }
        let mut fields = line.split(',').map(str::trim);
        let (Some(photo), Some(probe), Some(kind), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(PairError { line: number });
        };
        let kind = match kind {
            "attack" => PairKind::Attack,
            "different" => PairKind::Different,
            "same" => PairKind::Same,
            _ => return Err(PairError { line: number }),
        };
        if photo.is_empty() || probe.is_empty() || line.contains('"') {
            return Err(PairError { line: number });
        }
        pairs.push(Pair { photo: photo.to_string(), probe: probe.to_string(), kind });
    }
    Ok(pairs)
}

/// A line that is no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairError {
    /// Its number, from 1.
    pub line: usize,
}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not photo,probe,same|different|attack", self.line)
    }
}

impl core::error::Error for PairError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_lines_of_three() {
        let text = "photo,probe,kind\n# mine\n\na.jp2,b.png,same\na.jp2, c.png ,different\n\
                    a.jp2,d.png,attack\n";
        let pairs = read_pairs(text).unwrap();
        let kinds: Vec<PairKind> = pairs.iter().map(|pair| pair.kind).collect();
        assert_eq!(kinds, [PairKind::Same, PairKind::Different, PairKind::Attack]);
        assert_eq!(pairs[1].probe, "c.png");
        for (text, line) in [
            ("a,b,same\na,b\n", 2),
            ("a,b,same,c", 1),
            ("a,b,maybe", 1),
            ("a,,same", 1),
            ("\"a\",b,same", 1),
        ] {
            assert_eq!(read_pairs(text), Err(PairError { line }), "{text}");
        }
    }
}
