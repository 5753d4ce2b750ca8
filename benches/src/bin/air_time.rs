//! The program over [`kazasu_benches::air_time`]. Ends with 1 when a limit is passed.

use std::process::ExitCode;

fn main() -> ExitCode {
    kazasu_benches::ended("air-time", kazasu_benches::air_time::report())
}
