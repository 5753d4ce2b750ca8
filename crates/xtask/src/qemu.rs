//! Boots an image in QEMU and hands over what it printed. It knows nothing of what images do.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::context::{Context, line};

/// A machine of QEMU.
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    /// The clock of its processor, by which SysTick counts.
    pub(crate) megahertz: u64,
}

impl Machine {
    /// Instructions in so many ticks of the processor's clock: [`boot`] makes an instruction take a
    /// nanosecond.
    pub(crate) fn instructions(&self, ticks: u64) -> u64 {
        ticks.saturating_mul(1000) / self.megahertz
    }
}

/// What a run of an image ended in.
pub(crate) struct Run {
    pub(crate) success: bool,
    text: String,
    /// Standard error: what the image logged there.
    pub(crate) log: Vec<u8>,
}

impl Run {
    /// The last line that was printed.
    pub(crate) fn last_line(&self) -> &str {
        self.text.lines().last().unwrap_or_default()
    }

    /// Was this line printed?
    pub(crate) fn says(&self, what: &str) -> bool {
        self.text.lines().any(|line| line == what)
    }

    /// The number in the line `name number`.
    pub(crate) fn figure(&self, name: &str) -> Result<u64> {
        let mut numbers = self.text.lines().filter_map(|line| {
            let (of, number) = line.split_once(' ')?;
            if of == name { number.parse().ok() } else { None }
        });
        numbers
            .next_back()
            .ok_or_else(|| anyhow!("the image printed no {name}, but: {}", self.text))
    }
}

/// Boots an image whose output and exit code come over semihosting, and ends it when it takes
/// longer than `limit`.
pub(crate) fn boot(
    context: &Context,
    machine: &Machine,
    image: &Path,
    limit: Duration,
) -> Result<Run> {
    boot_wired(context, machine, image, &[], limit)
}

/// As [`boot`], with the UARTs of the machine wired to sockets on which somebody listens already,
/// or to nothing.
pub(crate) fn boot_wired(
    context: &Context,
    machine: &Machine,
    image: &Path,
    uarts: &[Option<PathBuf>],
    limit: Duration,
) -> Result<Run> {
    let mut command = context.command("qemu-system-arm");
    command.args(["-M", machine.name, "-display", "none", "-monitor", "none"]);
    if uarts.is_empty() {
        command.args(["-serial", "none"]);
    }
    for uart in uarts {
        let wire = uart
            .as_ref()
            .map_or_else(|| "null".to_owned(), |socket| format!("unix:{}", socket.display()));
        command.arg("-serial").arg(wire);
    }
    command.args(["-icount", "shift=0", "-semihosting-config", "enable=on,target=native"]);
    command.arg("-kernel").arg(image).stdout(Stdio::piped()).stderr(Stdio::piped());
    println!("  $ {}", line(&command));
    let mut child = command.spawn().context("cannot start qemu-system-arm")?;
    let reader = read(child.stdout.take().context("QEMU has no output")?);
    let log = read(child.stderr.take().context("QEMU has no standard error")?);
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("the image did not end within {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(10));
    };
    let octets = reader.join().map_err(|_| anyhow!("the output was not read"))??;
    let log = log.join().map_err(|_| anyhow!("the log was not read"))??;
    let text = String::from_utf8_lossy(&octets).trim_end().to_owned();
    if text.is_empty() {
        // QEMU itself has something to say.
        print!("{}", String::from_utf8_lossy(&log));
    }
    Ok(Run { success: status.success(), text, log })
}

fn read(mut from: impl Read + Send + 'static) -> JoinHandle<std::io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut octets = Vec::new();
        from.read_to_end(&mut octets).map(|_| octets)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_whole_lines() {
        let run = Run {
            success: true,
            text: "peak-stack 128\nticks 7\nverified".to_owned(),
            log: Vec::new(),
        };
        assert_eq!(run.figure("peak-stack").unwrap(), 128);
        assert_eq!(run.last_line(), "verified");
        for missing in ["peak", "verified", "stack"] {
            assert!(run.figure(missing).is_err(), "{missing}");
        }
    }

    #[test]
    fn a_tick_is_a_thousand_instructions_by_the_clock() {
        assert_eq!(Machine { name: "mps2-an386", megahertz: 25 }.instructions(30), 1200);
        assert_eq!(Machine { name: "microbit", megahertz: 16 }.instructions(2), 125);
    }
}
