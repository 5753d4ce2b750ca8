//! The command line.

use anyhow::{Context as _, Result, bail};

use crate::mutants;

pub(crate) struct Arguments {
    pub(crate) help: bool,
    pub(crate) list: bool,
    /// One case or control.
    pub(crate) only: Option<String>,
    /// A folder for the DER of what is judged.
    pub(crate) write: Option<String>,
    pub(crate) seed: u64,
    pub(crate) mutants: usize,
}

pub(crate) const USAGE: &str = "\
usage: cargo xtask hostile [--list] [--only NAME] [--write DIR] [--seed N] [--mutants N]

  --list      print every case with what it hopes and the rule in its way, and leave
  --only      judge this case or control, and no mutants
  --write     write what is judged to DIR as DER: NAME.der, its good template and its roots;
              of mutants only those that should have been refused
  --seed      the seed of the mutants
  --mutants   how many mutants of real certificates (default 120000)";

impl Arguments {
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut parsed = Self {
            help: false,
            list: false,
            only: None,
            write: None,
            seed: mutants::SEED,
            mutants: mutants::USUAL,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (flag, inline) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| arguments.next())
                    .with_context(|| format!("{flag} needs a value"))
            };
            match flag {
                "--help" | "-h" => parsed.help = true,
                "--list" => parsed.list = true,
                "--only" => parsed.only = Some(value()?),
                "--write" => parsed.write = Some(value()?),
                "--seed" => parsed.seed = number(&value()?)?,
                "--mutants" => {
                    parsed.mutants =
                        usize::try_from(number(&value()?)?).context("too many mutants")?;
                }
                _ => bail!("'{argument}' is not known"),
            }
        }
        Ok(parsed)
    }
}

fn number(text: &str) -> Result<u64> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.with_context(|| format!("'{text}' is no number"))
}
