//! The command line of `cargo xtask`. It only parses; nothing is run here.

use anyhow::{Context as _, Result, anyhow, bail};

use crate::{
    reader::Link,
    runner::{self, Runner},
};

/// What was asked for.
pub(crate) enum Request {
    Help,
    List,
    Run(Plan),
}

/// Runners to run, and how.
pub(crate) struct Plan {
    pub(crate) runners: Vec<&'static Runner>,
    /// Skip the runners that need packages of the operating system.
    pub(crate) without_system: bool,
    /// How long each fuzz target runs.
    pub(crate) fuzz_seconds: u64,
    /// Arguments of the runner `hostile`.
    pub(crate) hostile: Vec<String>,
    /// Which readers the runner `firmware` is about.
    pub(crate) links: &'static [Link],
    /// Print the table and the line over all runners.
    pub(crate) closing: bool,
}

/// Long enough to reach every parser's error paths from the seeds, short enough for each change.
pub(crate) const FUZZ_SMOKE_SECONDS: u64 = 6;

impl Request {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut arguments = arguments.iter().map(String::as_str);
        let name = match arguments.next() {
            None | Some("help" | "--help" | "-h") => return Ok(Self::Help),
            Some(name) => name,
        };
        let testing = name == "test";
        let mut plan = Plan {
            runners: if testing {
                runner::ALL.iter().collect()
            } else {
                vec![find(name).map_err(|_| anyhow!("there is no command '{name}'"))?]
            },
            without_system: false,
            fuzz_seconds: FUZZ_SMOKE_SECONDS,
            hostile: Vec::new(),
            links: &Link::ALL,
            closing: testing,
        };
        if name == "hostile" {
            // It has a command line of its own.
            plan.hostile = arguments.map(str::to_owned).collect();
            return Ok(Self::Run(plan));
        }
        while let Some(argument) = arguments.next() {
            let (flag, inline) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (argument, None),
            };
            let mut value = || {
                inline.or_else(|| arguments.next()).with_context(|| format!("{flag} needs a value"))
            };
            match flag {
                "--help" | "-h" => return Ok(Self::Help),
                "--list" if testing => return Ok(Self::List),
                "--without-system" if testing => plan.without_system = true,
                "--only" if testing => {
                    plan.runners = value()?.split(',').map(find).collect::<Result<_>>()?;
                }
                "--seconds" if testing || name == "fuzz" => {
                    plan.fuzz_seconds =
                        value()?.parse().context("--seconds takes a whole number")?;
                }
                "--link" if name == "firmware" => {
                    let link = value()?;
                    plan.links =
                        Link::named(link).with_context(|| format!("there is no link '{link}'"))?;
                }
                _ => bail!("'{name}' does not know '{argument}'"),
            }
        }
        Ok(Self::Run(plan))
    }
}

fn find(name: &str) -> Result<&'static Runner> {
    runner::ALL
        .iter()
        .find(|runner| runner.name == name)
        .with_context(|| format!("there is no runner '{name}'"))
}

pub(crate) fn usage() -> String {
    let mut text = String::from(
        "\
usage: cargo xtask test [--without-system] [--only RUNNER[,RUNNER..]] [--seconds N] [--list]
       cargo xtask RUNNER [--seconds N]
       cargo xtask firmware [--link contact|nfc|all]
       cargo xtask hostile [--list] [--only NAME] [--write DIR] [--seed N] [--mutants N]

`test` runs every runner in the order below and ends with a table and one line of counts.
  --without-system   skip the runners that need packages of the operating system
  --only             run these and no others
  --seconds          how long each fuzz target runs (default 6)
  --list             print the runners and leave
  --link             only the images of a reader with this link; `all` is the default

Missing Debian packages are installed when this runs as root; otherwise nothing is run and the
line to install them is printed. rustup is never asked to download.

runners:
",
    );
    for runner in runner::ALL {
        text.push_str(&format!("  {:<9} {}\n", runner.name, runner.summary));
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::parse(&words)
    }

    fn names(line: &str) -> Vec<&'static str> {
        match parse(line).unwrap() {
            Request::Run(plan) => plan.runners.iter().map(|runner| runner.name).collect(),
            _ => panic!("not a plan: {line}"),
        }
    }

    #[test]
    fn test_runs_everything_and_only_narrows_it() {
        assert_eq!(names("test").len(), runner::ALL.len());
        assert_eq!(names("test --only house,deny"), ["house", "deny"]);
        assert_eq!(names("test --only=fmt"), ["fmt"]);
        assert_eq!(names("house"), ["house"]);
    }

    #[test]
    fn unknown_words_are_refused() {
        for line in ["tset", "test --onyl fmt", "test --only nothing", "test --only", "fmt --list"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_follows_hostile_is_handed_on() {
        let Request::Run(plan) = parse("hostile --only serial-negative --write x").unwrap() else {
            panic!()
        };
        assert_eq!(plan.hostile, ["--only", "serial-negative", "--write", "x"]);
        assert_eq!(plan.runners.len(), 1);
        assert_eq!(names("test --only hostile"), ["hostile"]);
    }

    #[test]
    fn one_link_of_the_readers_or_all() {
        let links = |line: &str| match parse(line).unwrap() {
            Request::Run(plan) => plan.links.len(),
            _ => panic!("not a plan: {line}"),
        };
        assert_eq!(links("firmware"), 2);
        assert_eq!(links("firmware --link nfc"), 1);
        assert_eq!(links("firmware --link=all"), 2);
        for line in ["firmware --link", "firmware --link usb", "probe --link nfc"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn fuzzing_time_is_a_number_of_seconds() {
        let Request::Run(plan) = parse("fuzz --seconds 3600").unwrap() else { panic!() };
        assert_eq!(plan.fuzz_seconds, 3600);
        assert!(!plan.closing);
        assert!(parse("fuzz --seconds soon").is_err());
    }
}
