//! The program over [`kazasu_benches::commands`]. Ends with 1 when a count is not as promised.

use std::process::ExitCode;

fn main() -> ExitCode {
    kazasu_benches::ended("commands", kazasu_benches::commands::report())
}
