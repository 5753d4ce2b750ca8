//! Running a program for so long and no longer: a client of PC/SC whose card does not answer waits
//! without limit.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::Error;
use crate::error::failed;

/// Runs a program without standard input, and ends it when its time is over.
///
/// # Errors
/// [`Error::TimedOut`]; [`Error::Io`] if it cannot be started.
pub fn output_within(command: &mut Command, time: Duration) -> Result<Output, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed("start a program"))?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let until = Instant::now() + time;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed("wait for a program"))? {
            break status;
        }
        if Instant::now() >= until {
            // It may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            let program = command.get_program().to_string_lossy().into_owned();
            return Err(Error::TimedOut { program, time });
        }
        sleep(Duration::from_millis(5));
    };
    let text = |thread: thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(Output { status, stdout: text(stdout), stderr: text(stderr) })
}

fn collect(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What came until then is what there is.
            let _ = from.read_to_end(&mut bytes);
        }
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let begin = Instant::now();
        let ended = output_within(Command::new("sleep").arg("60"), Duration::from_millis(50));
        assert!(matches!(ended, Err(Error::TimedOut { .. })), "{ended:?}");
        assert!(begin.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_a_program_writes_is_handed_over() {
        let mut echo = Command::new("sh");
        let output =
            output_within(echo.args(["-c", "echo a; echo b >&2; exit 3"]), Duration::MAX / 4);
        let output = output.unwrap();
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"a\n"[..], &b"b\n"[..])
        );
        assert_eq!(output.status.code(), Some(3));
    }
}
