//! The program over [`kazasu_benches::commands`]. Ends with 1 when a count is not as promised.

use std::process::ExitCode;

fn main() -> ExitCode {
    match kazasu_benches::commands::report() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("commands: {error}");
            ExitCode::FAILURE
        }
    }
}
