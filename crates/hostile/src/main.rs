//! `cargo xtask hostile`: certificates that an attacker would like to see accepted, each with the
//! reason for which it must be refused, judged by both tiers of `kazasu-pki`; and a hundred thousand
//! mutations of real ones. It reads nothing from outside, and signs with public test keys only.

#![forbid(unsafe_code)]

mod arguments;
mod case;
mod cases;
mod control;
mod curve;
mod der;
mod draft;
mod judge;
#[cfg(test)]
mod judge_tests;
mod key;
mod mutants;
mod oid;
mod random;
mod tree;
mod world;

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result, ensure};

use arguments::{Arguments, USAGE};
use case::Case;
use control::Control;
use judge::{Judge, Report};
use mutants::Mutants;
use world::{Scene, Worlds};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hostile: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Everything as it should be?
fn run() -> Result<bool> {
    let arguments = Arguments::parse(std::env::args().skip(1)).context(USAGE)?;
    if arguments.help {
        println!("{USAGE}");
        return Ok(true);
    }
    let keys = key::Keys::load()?;
    let worlds = Worlds::new(&keys);
    let mut cases = cases::all(&keys, &worlds)?;
    let mut controls = control::all(&keys, &worlds);
    if let Some(name) = &arguments.only {
        cases.retain(|case| case.name == *name);
        controls.retain(|control| control.name == *name);
        ensure!(cases.len() + controls.len() > 0, "there is no '{name}'; --list has the names");
    }
    if arguments.list || arguments.only.is_some() {
        list(&cases, &controls);
    }
    if let Some(folder) = &arguments.write {
        write(Path::new(folder), &cases, &controls)?;
    }
    if arguments.list {
        return Ok(true);
    }
    let judges: [&(dyn Judge + Sync); 2] = [&judge::HEAPLESS, &judge::ALLOC];
    let good = conclude("accepted", &judge::accept_all(&controls, &judges), controls.len());
    let bad = conclude("refused", &judge::refuse_all(&cases, &judges), cases.len());
    let mutants = arguments.only.is_some() || mutate(&arguments, &worlds, &judges)?;
    Ok(good && bad && mutants)
}

fn list(cases: &[Case], controls: &[Control]) {
    for control in controls {
        println!("{}: must be accepted", control.name);
    }
    for case in cases {
        let reason = case.expected.refusal(&case.hostile);
        let reason = reason.map_or_else(|| "?".to_owned(), |refusal| format!("{refusal:?}"));
        println!("{}: {}\n    {}: {reason}", case.name, case.hope, case.clause);
    }
}

/// One line on how it ended, in a form that scripts read, after one line for each fault.
fn conclude(word: &str, report: &Report, of: usize) -> bool {
    for fault in &report.faults {
        println!("  {fault}");
    }
    let whole = report.faults.is_empty() && report.right == of;
    match (whole, word) {
        (true, "refused") => println!("refused {of} of {of}, each for its reason, by both tiers"),
        (true, _) => println!("{word} {of} of {of} that are good, by both tiers"),
        (false, _) => println!("FAILED: only {} of {of} were {word} as they should", report.right),
    }
    whole
}

fn mutate(arguments: &Arguments, worlds: &Worlds, judges: &[&(dyn Judge + Sync)]) -> Result<bool> {
    let Arguments { seed, mutants: count, .. } = *arguments;
    let mutants = Mutants::new(worlds, seed).context("a real certificate is no DER")?;
    let outcome = mutants::judge_all(&mutants, count, judges);
    for (number, what) in outcome.faults.iter().take(20) {
        println!("  mutant {number}: {what}");
        if let Some(folder) = &arguments.write {
            let path = Path::new(folder).join(format!("mutant-{number}.der"));
            fs::write(path, mutants.mutant(*number).scene.leaf)?;
        }
    }
    let mutated = outcome.tried - outcome.unchanged;
    if outcome.faults.is_empty() && outcome.tried == count {
        println!(
            "refused {mutated} of {mutated} mutants of real certificates (seed {seed:#x}), {} of \
             them by their signature; {} came out unchanged",
            outcome.to_the_signature, outcome.unchanged
        );
        return Ok(true);
    }
    println!("FAILED: {} of {mutated} mutants (seed {seed:#x})", outcome.faults.len());
    Ok(false)
}

fn write(folder: &Path, cases: &[Case], controls: &[Control]) -> Result<()> {
    fs::create_dir_all(folder)?;
    for case in cases {
        write_scene(folder, &case.name, &case.hostile)?;
        write_scene(folder, &format!("{}.good", case.name), &case.template)?;
    }
    for control in controls {
        write_scene(folder, &control.name, &control.scene)?;
    }
    Ok(())
}

fn write_scene(folder: &Path, name: &str, scene: &Scene) -> Result<()> {
    fs::write(folder.join(format!("{name}.der")), &scene.leaf)?;
    for (number, intermediate) in scene.intermediates.iter().enumerate() {
        fs::write(folder.join(format!("{name}.intermediate-{number}.der")), intermediate)?;
    }
    for (number, (root, _)) in scene.roots.iter().enumerate() {
        fs::write(folder.join(format!("{name}.root-{number}.der")), root)?;
    }
    Ok(())
}
