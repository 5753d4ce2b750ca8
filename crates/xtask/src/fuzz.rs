//! Fuzz targets, built and run without cargo-fuzz: libFuzzer needs only the coverage flags. Before
//! them the tests of what they share, which need no fuzzer.
//!
//! Seeds are committed; what a run adds to the corpus and what crashes it stay out of git.

use std::{
    fmt::Write as _,
    fs,
    num::NonZero,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::{
    arguments::FUZZ_SMOKE_SECONDS,
    context::{Context, line, output, run as run_command},
    tally::Tally,
};

/// What cargo-fuzz sets, but for the address sanitizer: there is no unsafe code to find faults in.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Cforce-frame-pointers",
];

/// Seeds that are also the data of tests, and not worth a second copy.
const MORE_SEEDS: &[(&str, &str)] = &[
    ("certificate", "crates/pki/tests/data/test-card"),
    ("certificate", "crates/pki/tests/data/generated"),
    ("records", "crates/pki/tests/data/test-card"),
    ("revocation", "crates/pki/tests/data/revocation"),
];

/// No input of a target may take longer.
const SECONDS_PER_INPUT: u32 = 20;

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let folder = context.root.join("crates/fuzz");
    let host = host(context)?;
    let built = context.target.join("fuzz");
    // With an explicit target the flags do not reach build scripts, which have no libFuzzer.
    let mut build = context.cargo("build --quiet --release --locked --bins --manifest-path");
    build.arg(folder.join("Cargo.toml")).args(["--target", &host, "--target-dir"]).arg(&built);
    build.env("RUSTFLAGS", FLAGS.join(" "));
    ensure!(run_command(&mut build)?, "the fuzz targets could not be built");

    let mut targets = Vec::new();
    for entry in fs::read_dir(folder.join("src/bin"))? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    targets.sort();
    ensure!(!targets.is_empty(), "there are no fuzz targets");

    let mut tally = Tally::default();
    // What needs no fuzzer: the same comparison over mutants that are the same everywhere.
    let mut test = context.cargo("test --release --locked --lib --manifest-path");
    test.arg(folder.join("Cargo.toml")).arg("--target-dir").arg(&built);
    context.tests(&mut tally, test.args(["--", "--nocapture"]))?;
    let programs = built.join(&host).join("release");
    let one = |target: &String| fuzz(context, &folder, &programs.join(target), target);
    for ended in side_by_side(&targets, one) {
        tally.count(ended?);
    }
    Ok(tally)
}

/// A target is one thread: as many at once as there are processors, and what they say in the order
/// in which they end.
fn side_by_side<T: Sync>(
    targets: &[T],
    one: impl Fn(&T) -> Result<(bool, String)> + Sync,
) -> Vec<Result<bool>> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut ended = Vec::new();
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            ended.push(one(target).map(|(passed, report)| {
                print!("{report}");
                passed
            }));
        }
        ended
    };
    thread::scope(|scope| {
        let lanes = thread::available_parallelism().map_or(1, NonZero::get);
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let panicked = |_| vec![Err(anyhow!("a target was not waited for"))];
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(panicked)).collect()
    })
}

fn host(context: &Context) -> Result<String> {
    let version = output(context.command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it runs on")
}

/// Runs one target, and tells whether it passed and what there is to say.
fn fuzz(context: &Context, folder: &Path, program: &Path, target: &str) -> Result<(bool, String)> {
    let corpus = folder.join("corpus").join(target);
    let seeds = folder.join("seeds").join(target);
    let artifacts = folder.join("artifacts").join(target);
    for needed in [&corpus, &artifacts] {
        fs::create_dir_all(needed)?;
    }
    ensure!(seeds.is_dir(), "{} has no seeds", target);
    let more = MORE_SEEDS.iter().filter(|(of, _)| *of == target);
    let log = context.target.join(format!("fuzz/{target}.log"));
    let mut command = context.command(program);
    command
        .arg(&corpus)
        .arg(&seeds)
        .args(more.map(|(_, folder)| context.root.join(folder)))
        .arg(format!("-max_total_time={}", context.fuzz_seconds))
        .arg(format!("-timeout={SECONDS_PER_INPUT}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-seed={}", seed(context)))
        .args(["-rss_limit_mb=2048", "-max_len=8192", "-print_final_stats=1"])
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?);
    let begin = Instant::now();
    let status = command.status().with_context(|| format!("cannot start {}", line(&command)))?;
    let seconds = begin.elapsed().as_secs();
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let executed = statistic(&text, "stat::number_of_executed_units:");
    let coverage = coverage(&text);
    let mut report =
        format!("  {target}: {executed} executions in {seconds} s, coverage {coverage}\n");
    if !status.success() {
        for line in reason(&text) {
            writeln!(report, "    {line}")?;
        }
        let (below, log) = (artifacts.display(), log.display());
        writeln!(
            report,
            "  {target}: FAILED ({status}); the input is below {below}, all in {log}"
        )?;
        writeln!(report, "  again with: {} INPUT", program.display())?;
    }
    Ok((status.success(), report))
}

/// The short run begins the same way every time, so that a change is not blamed for what luck finds;
/// a longer one looks elsewhere each time (libFuzzer takes 0 for a seed of its own).
fn seed(context: &Context) -> u8 {
    u8::from(context.fuzz_seconds == FUZZ_SMOKE_SECONDS)
}

fn statistic<'a>(text: &'a str, name: &str) -> &'a str {
    let value = text.lines().rev().find_map(|line| line.strip_prefix(name));
    value.map_or("?", str::trim)
}

/// The panic and its message, or the last lines where there is none.
fn reason(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.iter().position(|line| line.contains("panicked at"));
    let from = from.unwrap_or(lines.len().saturating_sub(12));
    lines.into_iter().skip(from).take(12).collect()
}

/// Edges reached, from the last line that tells them.
fn coverage(text: &str) -> &str {
    let after = text.lines().rev().find_map(|line| line.split_once("cov: "));
    after.and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_run_once_and_every_end_is_told() {
        let targets: Vec<usize> = (0..20).collect();
        let ended = side_by_side(&targets, |target| match target % 5 {
            0 => Err(anyhow!("cannot start")),
            rest => Ok((rest != 1, String::new())),
        });
        let count = |wanted: fn(&Result<bool>) -> bool| ended.iter().filter(|e| wanted(e)).count();
        assert_eq!(count(|end| matches!(end, Ok(true))), 12);
        assert_eq!(count(|end| matches!(end, Ok(false))), 4);
        assert_eq!(count(Result::is_err), 4);
    }

    #[test]
    fn reads_what_libfuzzer_says_at_its_end() {
        let text = "#2\tINITED cov: 17 ft: 18 corp: 1/1b\n#99\tDONE   cov: 321 ft: 400 corp: 9/9b\n\
                    stat::number_of_executed_units: 12345\nstat::peak_rss_mb: 40\n";
        assert_eq!(statistic(text, "stat::number_of_executed_units:"), "12345");
        assert_eq!(coverage(text), "321");
        assert_eq!(coverage(""), "?");
        assert_eq!(reason("a\nthread 'x' panicked at y\nwhy").len(), 2);
    }
}
