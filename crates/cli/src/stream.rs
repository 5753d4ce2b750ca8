//! Standard output and standard error. A reader of either who has gone away is no fault of the
//! card's holder: nothing here panics, and the exit number stays what the job earned.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Did standard output refuse a line, for another reason than that nobody reads it any more?
static REFUSED: AtomicBool = AtomicBool::new(false);

/// One line on standard output.
pub(crate) fn out(text: impl Display) {
    note(writeln!(io::stdout().lock(), "{text}"));
}

/// One line on standard error.
pub(crate) fn err(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Text on standard error that is at once there, without the end of a line.
pub(crate) fn prompt(text: impl Display) {
    let mut stream = io::stderr().lock();
    let _ = write!(stream, "{text}");
    let _ = stream.flush();
}

/// Text on standard output as it is, at once there.
pub(crate) fn raw(text: &str) {
    let mut stream = io::stdout().lock();
    note(stream.write_all(text.as_bytes()));
    let _ = stream.flush();
}

/// Everything is out: did standard output take it all? A closed pipe counts as taken, because
/// whoever read it had enough.
pub(crate) fn finish() -> bool {
    note(io::stdout().lock().flush());
    !REFUSED.load(Ordering::Relaxed)
}

fn note(result: io::Result<()>) {
    if result.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        REFUSED.store(true, Ordering::Relaxed);
    }
}
