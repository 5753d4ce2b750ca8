//! Measurements: [`commands`] and bytes beside a peer on one virtual card, the [`air_time`] that they
//! take over NFC, and the [`rsa_back_ends`] beside each other.
//!
//! Only counts are judged; times are printed and never judged, because they are the machine's.
//! Nothing here is part of a product, and no crate depends on this one.
#![forbid(unsafe_code)]

pub mod air_time;
pub mod commands;
pub mod ours;
#[cfg(feature = "pcsc")]
pub mod pcsc_layer;
pub mod peer;
pub mod rsa_back_ends;
pub mod timing;
pub mod work;

/// The end of a program over a report: 1 when something in it is not as it should be.
#[must_use]
pub fn ended(name: &str, report: Result<bool, work::AnyError>) -> std::process::ExitCode {
    match report {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{name}: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
