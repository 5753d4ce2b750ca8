//! Questions that a signal, or the card leaving, can interrupt: the terminal is then as it was
//! before, and what was typed so far does not reach the shell.

use crate::{interrupt, stream};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
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

/// Asks without showing what is typed. `None` when nothing came or it was interrupted; `over` is
/// asked now and then whether there is still a reason to ask.
pub(crate) fn hidden(prompt: String, over: &mut dyn FnMut() -> bool) -> Option<Zeroizing<String>> {
    interruptible(over, move || rpassword::prompt_password(prompt).ok().map(Zeroizing::new))?
}

/// Asks and shows what is typed. `None` when nothing came or it was interrupted. What was typed before
/// the question was there is no answer to it, so it is dropped.
pub(crate) fn shown(prompt: &str, over: &mut dyn FnMut() -> bool) -> Option<Zeroizing<String>> {
    drop_typed();
    stream::prompt(prompt);
    #[cfg(not(unix))]
    let asked = std::time::Instant::now();
    let answer = interruptible(over, || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LINE));
        line(&mut bytes, LINE).ok()?;
        if bytes.is_empty() {
            // Ctrl-D, or a terminal that is gone: somebody gave up. The cursor is behind the question.
            stream::err("");
            return None;
        }
        Some(Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
    })?;
    // Where nothing can be dropped: what comes sooner than anybody reads is taken for nothing said.
    #[cfg(not(unix))]
    let answer = match asked.elapsed() < UNREAD {
        true => answer.map(|_| Zeroizing::new(String::new())),
        false => answer,
    };
    answer
}

/// Nobody reads a question and answers it in this time.
#[cfg(not(unix))]
const UNREAD: Duration = Duration::from_millis(300);

/// Drops what was typed and not read.
fn drop_typed() {
    #[cfg(unix)]
    {
        use rustix::termios::{QueueSelector, tcflush};
        // What is no terminal has nothing typed.
        let _ = tcflush(rustix::stdio::stdin(), QueueSelector::IFlush);
    }
}

/// Reads at most `limit` bytes of standard input, to the end of a line, which is kept. Octet by
/// octet and past the buffer of the standard library: that would keep a secret until the end.
pub(crate) fn line(bytes: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let mut octet = Zeroizing::new([0]);
    while bytes.len() < limit && bytes.last() != Some(&b'\n') {
        match read(&mut *octet) {
            Ok(0) => break,
            Ok(_) => bytes.extend_from_slice(&*octet),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read(octet: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(rustix::stdio::stdin(), octet)?)
}

#[cfg(not(unix))]
fn read(octet: &mut [u8]) -> io::Result<usize> {
    io::Read::read(&mut io::stdin(), octet)
}

/// Runs a question on a thread of its own, because a read from a terminal or a pipe does not return
/// on a signal. `None` when it was interrupted; its thread then ends with the program.
pub(crate) fn interruptible<T: Send + 'static>(
    over: &mut dyn FnMut() -> bool,
    question: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    keep(Some(State::of_terminal()));
    let (answer, answered) = channel();
    thread::Builder::new()
        .name("question".to_owned())
        .spawn(move || answer.send(question()))
        .ok()?;
    loop {
        match answered.recv_timeout(NOTICE) {
            Ok(answer) => {
                keep(None);
                return Some(answer);
            }
            Err(RecvTimeoutError::Timeout) if !interrupt::happened() && !over() => {}
            Err(_) => {
                restore();
                return None;
            }
        }
    }
}

/// How the terminal was before the question that is asked now.
static BEFORE: Mutex<Option<State>> = Mutex::new(None);

fn keep(state: Option<State>) -> Option<State> {
    std::mem::replace(&mut *BEFORE.lock().unwrap_or_else(PoisonError::into_inner), state)
}

/// What leaves the screen that is kept apart from the scrollback, while something is shown there.
static APART: Mutex<Option<fn(&str)>> = Mutex::new(None);

/// From now on `write` goes to a screen of its own, which leaves nothing in the scrollback.
pub(crate) fn begin_screen(write: fn(&str)) {
    let before = apart().replace(write);
    if before.is_none() {
        write("\u{1B}[?1049h\u{1B}[H");
    }
}

/// Back to the screen that was there before.
pub(crate) fn end_screen() {
    let write = apart().take();
    if let Some(write) = write {
        write("\u{1B}[2J\u{1B}[?1049l");
    }
}

fn apart() -> std::sync::MutexGuard<'static, Option<fn(&str)>> {
    APART.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the terminal back if something is being asked or shown.
pub(crate) fn leave() {
    restore();
    end_screen();
}

/// Sets the terminal back if something is being asked.
pub(crate) fn restore() {
    if keep(None).is_some_and(State::restore) {
        // The cursor stands behind the question.
        stream::err("");
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

    /// Sets it back; `Flush` drops what was typed and not read. Was it one?
    fn restore(self) -> bool {
        use rustix::termios::{OptionalActions, tcsetattr};
        self.0.is_some_and(|before| {
            tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &before).is_ok()
        })
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
    fn restore(self) -> bool {
        is_there()
    }
}
