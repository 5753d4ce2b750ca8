//! Questions at the terminal that a signal can interrupt: the terminal is then as it was before,
//! and what was typed so far does not reach the shell.

use crate::{interrupt, stream};
use std::io::{self, BufRead, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a signal may go unnoticed.
const NOTICE: Duration = Duration::from_millis(50);
/// Longest answer in bytes.
const LINE: usize = 256;

/// Is there somebody to ask?
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks without showing what is typed. `None` when nothing came or it was interrupted.
pub(crate) fn hidden(prompt: String) -> Option<Zeroizing<String>> {
    interruptible(move || rpassword::prompt_password(prompt).ok().map(Zeroizing::new))
}

/// Asks and shows what is typed. `None` when nothing came or it was interrupted.
pub(crate) fn shown(prompt: &str) -> Option<Zeroizing<String>> {
    stream::prompt(prompt);
    interruptible(|| {
        let mut text = Zeroizing::new(String::with_capacity(LINE));
        io::stdin().lock().read_line(&mut text).ok()?;
        Some(text)
    })
}

/// Runs a question on a thread of its own, because a read from a terminal does not return on a
/// signal. An interrupted thread ends with the program.
fn interruptible(
    question: impl FnOnce() -> Option<Zeroizing<String>> + Send + 'static,
) -> Option<Zeroizing<String>> {
    let before = State::of_terminal();
    let (answer, answered) = channel();
    thread::Builder::new()
        .name("question".to_owned())
        .spawn(move || answer.send(question()))
        .ok()?;
    loop {
        match answered.recv_timeout(NOTICE) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if !interrupt::happened() => {}
            Err(_) => {
                before.restore();
                stream::err("");
                return None;
            }
        }
    }
}

/// How the terminal was set.
#[cfg(unix)]
struct State(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl State {
    fn of_terminal() -> Self {
        Self(rustix::termios::tcgetattr(rustix::stdio::stdin()).ok())
    }

    /// Sets it back; `Flush` drops what was typed and not read.
    fn restore(self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = self.0 {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &before);
        }
    }
}

/// Elsewhere the console is set back by whoever set it.
#[cfg(not(unix))]
struct State;

#[cfg(not(unix))]
impl State {
    fn of_terminal() -> Self {
        Self
    }
    fn restore(self) {}
}
