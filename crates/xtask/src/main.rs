//! `cargo xtask NAME`: what people run to develop kazasu, and what CI runs.
//!
//! Everything here is the standard library and `anyhow`, so that it builds in seconds on a machine
//! that has only Rust. It never makes rustup download anything, and never reads from the terminal.

#![forbid(unsafe_code)]

mod arguments;
mod bare;
mod context;
mod deny;
mod deny_file;
mod docs;
mod features;
mod firmware;
mod fuzz;
mod hostile;
mod house;
mod json;
mod licence;
mod metadata;
mod pcsc;
mod probe;
mod qemu;
mod reader;
mod runner;
mod source;
mod sysroot;
mod system;
mod tally;
mod windows;
mod workspace;

use std::process::ExitCode;

use arguments::Request;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let request = match Request::parse(&arguments) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("xtask: {error:#}\n\n{}", arguments::usage());
            return Ok(ExitCode::from(2));
        }
    };
    match request {
        Request::Help => {
            println!("{}", arguments::usage());
            Ok(ExitCode::SUCCESS)
        }
        Request::List => {
            for runner in runner::ALL {
                println!("{:<9} {}", runner.name, runner.summary);
            }
            Ok(ExitCode::SUCCESS)
        }
        Request::Run(plan) => runner::run(&plan),
    }
}
