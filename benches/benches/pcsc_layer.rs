//! The bench over [`kazasu_benches::pcsc_layer`].

use std::process::ExitCode;

fn main() -> ExitCode {
    match kazasu_benches::pcsc_layer::report() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pcsc_layer: {error}");
            ExitCode::FAILURE
        }
    }
}
