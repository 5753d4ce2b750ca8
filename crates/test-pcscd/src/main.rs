//! `private-pcscd COMMAND [ARGUMENT..]`: runs a command while a pcscd of its own is there, and ends
//! as the command does. The command finds the service through its environment.

#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: private-pcscd COMMAND [ARGUMENT..]");
        return ExitCode::from(2);
    };
    let pcscd = match kazasu_test_pcscd::PrivatePcscd::start() {
        Ok(pcscd) => pcscd,
        Err(error) => {
            eprintln!("private-pcscd: {error}");
            return ExitCode::FAILURE;
        }
    };
    match pcscd.command(program).args(arguments).status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            code.map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("private-pcscd: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("private-pcscd: pcscd is for Linux");
    ExitCode::FAILURE
}
