//! The bench over [`kazasu_benches::rsa_back_ends`]. Ends with 1 when a back end is wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    match kazasu_benches::rsa_back_ends::report() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rsa-back-ends: {error}");
            ExitCode::FAILURE
        }
    }
}
