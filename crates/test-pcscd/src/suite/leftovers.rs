//! What stays behind when the owner of a pcscd is killed: nothing.

use std::error::Error;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kazasu_test_pcscd::PrivatePcscd;

use crate::{Bench, Check, Outcome, PATIENCE, ensure};

pub(crate) const CHECKS: &[Check] = &[("the owner is killed (SIGKILL)", killed)];

/// The argument that makes this program an owner that waits to be killed.
pub(crate) const HOLD: &str = "hold";

pub(crate) fn hold() -> Result<ExitCode, Box<dyn Error>> {
    let pcscd = PrivatePcscd::start()?;
    // As a client does that keeps something.
    std::fs::create_dir_all(pcscd.folder().join("cache/opensc"))?;
    println!("{} {}", pcscd.vpcd(0), pcscd.folder().display());
    sleep(6 * PATIENCE);
    Ok(ExitCode::SUCCESS)
}

fn killed(_: &Bench) -> Outcome {
    let mut command = Command::new(std::env::current_exe()?);
    let mut owner = command.arg(HOLD).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let read = owner.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
    owner.kill()?;
    owner.wait()?;
    read.ok_or("the owner has no output")??;
    let (address, folder) = line.trim().split_once(' ').ok_or("the owner did not start")?;
    let until = Instant::now() + PATIENCE;
    let refused = || {
        let connected = TcpStream::connect(address);
        connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    };
    while Path::new(folder).exists() || !refused() {
        ensure(Instant::now() < until, &format!("{address} or {folder} is still there"))?;
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
