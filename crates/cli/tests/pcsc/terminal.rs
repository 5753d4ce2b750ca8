//! The PIN prompt at a terminal, given up by a signal: the terminal is as it was, and what was
//! typed does not reach the shell.

use crate::bench::{BEFORE_PIN, Bench, CHECK_IN, Program, SOON, has_lost_power, verifies};
use kazasu_virtual_card::Reference;
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A pseudo terminal.
struct Terminal {
    /// The side of whoever sits there.
    person: File,
    /// The side of the programs.
    line: File,
    shown: String,
}

impl Terminal {
    fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let line = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        fcntl_setfl(&person, OFlags::NONBLOCK | OFlags::RDWR).unwrap();
        Self { person: person.into(), line: line.into(), shown: String::new() }
    }

    fn stdio(&self) -> Stdio {
        self.line.try_clone().unwrap().into()
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.line).unwrap().local_modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).unwrap();
    }

    /// Everything that was shown so far.
    fn shown(&mut self) -> &str {
        let mut block = [0; 4096];
        while let Ok(length @ 1..) = self.person.read(&mut block) {
            self.shown.push_str(&String::from_utf8_lossy(&block[..length]));
        }
        &self.shown
    }

    fn wait_for(&mut self, text: &str) {
        let until = Instant::now() + crate::bench::PATIENCE;
        while !self.shown().contains(text) {
            assert!(Instant::now() < until, "never shown: {text}; {}", self.shown);
            sleep(Duration::from_millis(5));
        }
    }

    /// What the shell would get after the program.
    fn left(&self) -> Vec<u8> {
        let mut line = self.line.try_clone().unwrap();
        fcntl_setfl(&line, OFlags::NONBLOCK | OFlags::RDWR).unwrap();
        let mut left = Vec::new();
        let mut block = [0; 64];
        while let Ok(length @ 1..) = line.read(&mut block) {
            left.extend_from_slice(&block[..length]);
        }
        left
    }
}

/// Runs the program as the only job of a session at this terminal. `setsid` becomes the program, so
/// it has that id.
fn start(bench: &Bench, terminal: &Terminal, line: &str) -> Child {
    let mut command = bench.command("setsid");
    command.args(["--ctty", env!("CARGO_BIN_EXE_kazasu")]);
    command.args(line.split_whitespace());
    command.stdin(terminal.stdio()).stdout(terminal.stdio()).stderr(terminal.stdio());
    command.spawn().unwrap()
}

fn ended(child: &mut Child) -> i32 {
    let until = Instant::now() + SOON;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap();
        }
        assert!(Instant::now() < until, "it did not end");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_pin_typed_there_is_not_shown() {
    let Some(bench) = Bench::take() else { return };
    let _slot = bench.demonstration();
    let mut terminal = Terminal::new();
    let mut child = start(&bench, &terminal, CHECK_IN);
    terminal.wait_for("(3 left): ");
    terminal.types("1234\n");
    assert_eq!(ended(&mut child), 0, "{}", terminal.shown());
    assert!(!terminal.shown().contains("1234"));
    assert!(terminal.echoes());
}

#[test]
fn given_up_at_the_prompt_the_terminal_is_as_it_was() {
    let Some(bench) = Bench::take() else { return };
    // By the key, and by signals from elsewhere, which drop nothing of what was typed.
    for how in ["key", "INT", "TERM"] {
        let slot = bench.demonstration();
        let mut terminal = Terminal::new();
        assert!(terminal.echoes());
        let mut child = start(&bench, &terminal, CHECK_IN);
        terminal.wait_for("(3 left): ");
        assert!(!terminal.echoes(), "{how}: the PIN would be shown");
        terminal.types("123");
        if how == "key" {
            terminal.types("\x03");
        } else {
            sleep(Duration::from_millis(50));
            Program::signal_id(child.id(), how);
        }
        assert_eq!(ended(&mut child), 27, "{how}: {}", terminal.shown());
        assert!(terminal.echoes(), "{how}: the echo is still off");
        assert!(!terminal.shown().contains("123"), "{how}: {}", terminal.shown);
        // A line that ends here would hold what was typed before.
        terminal.types("\n");
        sleep(Duration::from_millis(50));
        assert_eq!(terminal.left(), b"\n", "{how}");
        assert_eq!(slot.counts().commands, BEFORE_PIN);
        assert_eq!(verifies(&slot), 0);
        assert!(has_lost_power(&slot), "{how}: the card kept its power");
        assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
        bench.works_again(&slot, how);
    }
}

/// The second signal comes before the first has set the terminal back.
#[test]
fn given_up_twice_at_once_the_terminal_is_as_it_was() {
    let Some(bench) = Bench::take() else { return };
    for pause in [0, 5, 20, 40] {
        let slot = bench.demonstration();
        let mut terminal = Terminal::new();
        let mut child = start(&bench, &terminal, CHECK_IN);
        terminal.wait_for("(3 left): ");
        terminal.types("123");
        sleep(Duration::from_millis(50));
        Program::signal_id(child.id(), "INT");
        sleep(Duration::from_millis(pause));
        Program::signal_id(child.id(), "TERM");
        assert_eq!(ended(&mut child), 27, "{pause} ms: {}", terminal.shown());
        assert!(terminal.echoes(), "{pause} ms: the echo is still off");
        terminal.types("\n");
        sleep(Duration::from_millis(50));
        assert_eq!(terminal.left(), b"\n", "{pause} ms");
        assert_eq!(verifies(&slot), 0);
    }
}

#[test]
fn a_card_pulled_at_the_prompt_ends_it_and_restores_the_terminal() {
    let Some(bench) = Bench::take() else { return };
    let slot = bench.demonstration();
    let mut terminal = Terminal::new();
    let mut child = start(&bench, &terminal, CHECK_IN);
    terminal.wait_for("(3 left): ");
    terminal.types("12");
    slot.remove();
    assert_eq!(ended(&mut child), 14, "{}", terminal.shown());
    assert!(terminal.echoes());
    terminal.types("\n");
    sleep(Duration::from_millis(50));
    assert_eq!(terminal.left(), b"\n");
    bench.works_again(&slot, "after it");
}

/// A wrong code is asked for again in the same session, on the same card, and no third time.
#[test]
fn a_wrong_code_may_be_given_once_more() {
    let Some(bench) = Bench::take() else { return };
    let line = "card root --kind card-face --out face.json";
    assert_eq!(bench.folder.call(line).run().code, 0);
    let line = "card-face show --reader pcsc --authority face.json --wait 0";
    let slot = bench.demonstration();
    let code = |slot: &kazasu_virtual_card::vpcd::Slot| {
        slot.with_card(|card| card.secret(Reference::SurfaceNumberB).unwrap().reveal().to_owned())
    };
    for (second, end, left) in [(code(&slot), 0, 10), ("60061520369998".to_owned(), 38, 8)] {
        let mut terminal = Terminal::new();
        let mut child = start(&bench, &terminal, line);
        terminal.wait_for("(10 left): ");
        terminal.types("60061520369999\n");
        terminal.wait_for("(9 left): ");
        assert!(!terminal.echoes());
        terminal.types(&format!("{second}\n"));
        assert_eq!(ended(&mut child), end, "{}", terminal.shown());
        assert_eq!(slot.with_card(|card| card.tries(Reference::SurfaceNumberB)), Some(left));
        assert!(!terminal.shown().contains(&second) && terminal.echoes());
        assert!(has_lost_power(&slot), "the card kept its power");
    }
    // Given up with Ctrl-C at the second question.
    let mut terminal = Terminal::new();
    let mut child = start(&bench, &terminal, line);
    terminal.wait_for("(8 left): ");
    terminal.types("60061520369999\n");
    terminal.wait_for("(7 left): ");
    terminal.types("123\x03");
    assert_eq!(ended(&mut child), 27, "{}", terminal.shown());
    assert!(terminal.echoes());
    assert_eq!(slot.with_card(|card| card.tries(Reference::SurfaceNumberB)), Some(7));
}
