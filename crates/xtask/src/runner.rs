//! The list of runners, and running them one after another.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    arguments::Plan,
    bare,
    context::Context,
    deny, docs, features, firmware, fuzz, hostile, house, pcsc, probe,
    system::{self, Package},
    tally::Tally,
    windows, workspace,
};

/// One thing that can be checked by itself.
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// Packages of the operating system without which it cannot run at all.
    pub(crate) packages: fn(&Context) -> Vec<Package>,
    /// Packages without which a part of it is left out; see [`Context::without_system`].
    pub(crate) partly: &'static [Package],
    pub(crate) run: fn(&Context) -> Result<Tally>,
}

/// In the order of running: what is quick and often wrong comes first.
pub(crate) const ALL: &[Runner] = &[
    Runner {
        name: "house",
        summary: "the house rules of CONTRIBUTING.md that a program can check",
        packages: none,
        partly: &[],
        run: house::run,
    },
    Runner {
        name: "fmt",
        summary: "formatting, in all workspaces",
        packages: none,
        partly: &[],
        run: workspace::fmt,
    },
    Runner {
        name: "deny",
        summary: "licences, duplicate crates and sources of the dependencies, after deny.toml",
        packages: none,
        partly: &[],
        run: deny::run,
    },
    Runner {
        name: "clippy",
        summary: "lints over all targets, without features and with all that a host can link",
        packages: none,
        partly: pcsc::LIBRARY,
        run: workspace::clippy,
    },
    Runner {
        name: "unit",
        summary: "unit, integration and documentation tests",
        packages: none,
        partly: &[system::OPENSSL, pcsc::LIBPCSCLITE, pcsc::PKG_CONFIG],
        run: workspace::unit,
    },
    Runner {
        name: "features",
        summary: "each no_std crate without features, with each one alone, and with all",
        packages: none,
        partly: &[],
        run: features::run,
    },
    Runner {
        name: "docs",
        summary: "rustdoc without warnings, and the links between files in Markdown",
        packages: none,
        partly: pcsc::LIBRARY,
        run: docs::run,
    },
    Runner {
        name: "no-std",
        summary: "the crates for firmware, built for Cortex-M0 and Cortex-M4F without a heap",
        packages: bare::packages,
        partly: &[],
        run: bare::run,
    },
    Runner {
        name: "probe",
        summary: "the check-in linked for Cortex-M: no panic code, and its size",
        packages: probe::packages,
        partly: &[],
        run: probe::run,
    },
    Runner {
        name: "firmware",
        summary: "images booted in QEMU: what they verify, and their text, stack and instructions",
        packages: firmware::packages,
        partly: &[],
        run: firmware::run,
    },
    Runner {
        name: "windows",
        summary: "PC/SC hosts type-checked for windows-msvc and linked for windows-gnu, not run",
        packages: windows::packages,
        partly: &[],
        run: windows::run,
    },
    Runner {
        name: "pcsc",
        summary: "the card in the real PC/SC service, with OpenSC as a witness",
        packages: pcsc::packages,
        partly: &[],
        run: pcsc::run,
    },
    Runner {
        name: "hostile",
        summary: "hostile certificates, each refused for its reason by both tiers, and mutants",
        packages: none,
        partly: &[],
        run: hostile::run,
    },
    Runner {
        name: "fuzz",
        summary: "every fuzz target for a short time (--seconds)",
        packages: |_| vec![system::GXX],
        partly: &[],
        run: fuzz::run,
    },
];

fn none(_: &Context) -> Vec<Package> {
    Vec::new()
}

enum Ending {
    Ran(Tally),
    Skipped(String),
}

/// Runs what was planned. Exits with 1 when anything failed.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode> {
    let context = Context::new(plan)?;
    if !plan.without_system {
        let packages = plan.runners.iter().flat_map(|runner| {
            let mut packages = (runner.packages)(&context);
            packages.extend(runner.partly);
            packages
        });
        let names = system::missing(packages);
        if !names.is_empty() {
            system::install(&context, &names)?;
        }
    }

    let mut rows = Vec::new();
    for runner in &plan.runners {
        let name = runner.name;
        println!("== {name}: {}", runner.summary);
        let begin = Instant::now();
        let needed = (runner.packages)(&context);
        let ending = if plan.without_system && !needed.is_empty() {
            let names: Vec<_> = needed.iter().map(|package| package.name).collect();
            Ending::Skipped(format!("needs packages: {}", names.join(" ")))
        } else {
            match (runner.run)(&context) {
                Ok(tally) => Ending::Ran(tally),
                Err(error) => {
                    println!("  {name} stopped: {error:#}");
                    Ending::Ran(Tally { failed: 1, ..Tally::default() })
                }
            }
        };
        match &ending {
            Ending::Ran(tally) => println!("{name}: {tally}\n"),
            Ending::Skipped(reason) => println!("{name}: skipped, {reason}\n"),
        }
        rows.push((name, begin.elapsed(), ending));
    }

    let mut total = Tally::default();
    for (_, _, ending) in &rows {
        match ending {
            Ending::Ran(tally) => total.add(*tally),
            Ending::Skipped(_) => total.skipped += 1,
        }
    }
    if plan.closing {
        close(&rows, total);
    }
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn close(rows: &[(&str, Duration, Ending)], total: Tally) {
    println!("{:<9} {:>8} {:>7} {:>7}", "runner", "seconds", "passed", "failed");
    for (name, time, ending) in rows {
        let seconds = time.as_secs_f64();
        match ending {
            Ending::Ran(tally) => {
                println!("{name:<9} {seconds:>8.1} {:>7} {:>7}", tally.passed, tally.failed);
            }
            Ending::Skipped(reason) => println!("{name:<9}  skipped: {reason}"),
        }
    }
    let skipped = rows.iter().filter(|row| matches!(row.2, Ending::Skipped(_))).count();
    if skipped > 0 {
        println!("{skipped} of {} runners were skipped, each counted as one below", rows.len());
    }
    // Scripts read this line; its form does not change.
    println!("kazasu: {total}, {} skipped", total.skipped);
}
