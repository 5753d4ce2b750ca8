//! Verifications per second of a certificate chain and an answered challenge, as a server of a
//! relying party does them, beside OpenSSL in the same run.
//!
//! Every way does the same work from the same bytes: parse the holder's certificate, verify it up
//! to the root at a given time, verify the challenge's signature with its key. Roots are prepared
//! beforehand by whoever can prepare them. A server's threads share nothing, so one is measured.

mod ways;

use std::process::ExitCode;

use kazasu_benches::{timing::time, work::AnyError};

/// Rounds that are timed; the median is taken over them.
const ROUNDS: usize = 301;
/// Verifications that are timed at once.
const BATCH: u32 = 8;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server-benches: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), AnyError> {
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: use --release.");
    }
    println!("{}; medians of {ROUNDS} rounds in one run, one thread.", openssl::version::version());
    let (right, wrong) = (ways::Input::right(), ways::Input::wrong());
    for (title, ways) in [
        ("one RSA-2048 signature", ways::signature()?),
        ("chain + challenge", ways::chain_and_challenge()?),
    ] {
        println!("\n{title:<36}{:>10}{:>12}{:>12}", "time", "per second", "of OpenSSL");
        for timing in time(&ways, &right, &wrong, ROUNDS, BATCH)? {
            let seconds = timing.time.as_secs_f64();
            println!(
                "{:<36}{:>7.1} µs{:>12.0}{:>11.0} %",
                timing.name,
                seconds * 1e6,
                1.0 / seconds,
                100.0 / timing.ratio,
            );
        }
    }
    Ok(())
}
