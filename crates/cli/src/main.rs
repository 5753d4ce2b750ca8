//! The program `kazasu`: check-in, certificates, signatures, PINs and virtual cards.
//!
//! It formats what the libraries decide and decides nothing itself. Secrets come from a terminal
//! or from standard input, never from an argument, and go to the card only.
#![forbid(unsafe_code)]

mod arguments;
mod card;
mod cert;
mod check_in;
mod evidence;
mod exit;
mod file;
mod hex;
mod json;
mod language;
mod pin;
mod reader;
mod screen;
mod secret;
mod sign;
mod trust;
mod verify;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::CheckIn(options) => check_in::run(&options),
        Command::Cert(options) => cert::run(&options),
        Command::Sign(options) => sign::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Pin(options) => pin::run(&options),
        Command::Card(options) => card::run(&options),
    };
    ExitCode::from(result.unwrap_or_else(|error| error.report()))
}
