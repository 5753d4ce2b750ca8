//! Where the images run: QEMU, with the program that plays the card at its UARTs.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::{Link, MACHINE};
use crate::{
    context::{Context, line},
    firmware::{Board, check},
    qemu::{self, Run},
    tally::Tally,
};

/// An emulator takes a second; a machine with other work to do, longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the host hands to the reader, how it must end, and what the card must have seen.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) variant: &'static str,
    pub(super) commands: Option<u64>,
    pub(super) verify_commands: Option<u64>,
    /// Lines that the image prints when it does not end well. None: it ends well.
    pub(super) fails: Option<&'static [&'static str]>,
    /// Lines that the other end prints: what it saw.
    pub(super) seen: &'static [&'static str],
}

/// What came of a run.
pub(super) struct Came {
    pub(super) run: Run,
    /// What the other end printed.
    pub(super) host: String,
}

impl Came {
    /// The number in the line `name number` of the other end.
    pub(super) fn seen(&self, name: &str) -> Result<u64> {
        let number = self.host.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let number =
            number.with_context(|| format!("the card printed no {name}: {}", self.host))?;
        number.parse().with_context(|| format!("no number: {number}"))
    }

    /// Instructions of the session.
    pub(super) fn instructions(&self) -> Result<u64> {
        Ok(MACHINE.instructions(self.run.figure("ticks")?))
    }
}

/// Where the images run.
pub(super) struct Bench<'a> {
    pub(super) context: &'a Context,
    pub(super) program: &'a Path,
    pub(super) board: &'a Board,
    pub(super) link: Link,
}

impl Bench<'_> {
    /// Runs an image once with the card at its UARTs, and holds what both said to the case.
    pub(super) fn run(&self, image: &Path, case: &Case, tally: &mut Tally) -> Result<Came> {
        let folder = Folder::new()?;
        let name = image.file_name().unwrap_or_default();
        let mut card = Card::start(self.context, self.program, &folder.0, case.variant, name)?;
        let uarts = match self.link {
            Link::Contact => [Some("data"), Some("lines"), Some("counter")],
            Link::Nfc => [Some("data"), None, Some("counter")],
        };
        let uarts = uarts.map(|name| name.map(|name| folder.0.join(name)));
        let run = qemu::boot_wired(self.context, &MACHINE, image, &uarts, PATIENCE)?;
        let came = Came { run, host: card.end()? };
        let (run, saw) = (&came.run, |figure: &str| came.host.lines().any(|line| line == figure));
        let mut must = |passed: bool, what: &str| {
            let what = format!("{} {}: {what}", name.display(), case.variant);
            check(tally, self.board, passed, &what);
        };
        let good = matches!(run.last_line(), "verified" | "signed");
        let success = case.fails.is_none();
        must(run.success == success && good == success, "it ends as it should");
        for line in case.fails.unwrap_or_default() {
            must(run.says(line), &format!("it says: {line}"));
        }
        for line in case.seen {
            must(saw(line), &format!("the card saw: {line}"));
        }
        if let Some(count) = case.verify_commands {
            let verify = format!("card-verify-commands {count}");
            must(saw(&verify), "the PIN goes out as often as it should");
        }
        if let Some(commands) = case.commands {
            let both = saw(&format!("card-commands {commands}"));
            must(both && run.figure("commands")? == commands, "as many commands as there need be");
        }
        Ok(came)
    }
}

/// A folder of one run, with a short name, because the names of sockets are short.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        for number in 0..1000 {
            let name = format!("kazasu-reader-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).context("no folder for sockets"),
            }
        }
        bail!("no folder for sockets")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is temporary; a rest of it does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program that plays the card, while it runs.
struct Card {
    child: Child,
    lines: Receiver<String>,
}

impl Card {
    fn start(
        context: &Context,
        program: &Path,
        folder: &Path,
        variant: &str,
        image: &OsStr,
    ) -> Result<Self> {
        let mut command = context.command(program);
        command.arg(folder).arg(image).arg(variant).stdout(Stdio::piped());
        println!("  $ {} &", line(&command));
        let mut child = command.spawn().context("cannot start the card")?;
        let stdout = child.stdout.take().context("the card has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let card = Self { child, lines };
        let first = card.lines.recv_timeout(PATIENCE).context("the card says nothing")?;
        ensure!(first == "listening", "the card says {first:?}");
        Ok(card)
    }

    /// What it said, when the reader is gone.
    fn end(&mut self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut text = String::new();
        // Until its output is closed.
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    text.push_str(&line);
                    text.push('\n');
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => bail!("the card does not end"),
            }
        }
        ensure!(self.child.wait()?.success(), "the card ended in an error");
        Ok(text)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_run() {
        let folder = Folder::new().unwrap();
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
