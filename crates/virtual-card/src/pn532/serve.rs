//! The chip behind a byte pipe: its serial line for a host in another process or in an emulator.
//!
//! Time is real time, except that what the chip and the card do on the air passes at once unless it
//! is to last ([`Pace`](crate::contact::Pace)). It never listens and never connects: it is given its pipe.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::chip::Pn532;
use crate::Responder;
use crate::contact::Pace;

/// What was served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Bytes that the host sent.
    pub received: u64,
    /// Bytes that the chip sent.
    pub sent: u64,
    /// Was the field on when the host closed the pipe?
    pub field_was_on: bool,
}

/// Serves the chip until its host closes the pipe; then the field is off.
///
/// What the host sends is read in a thread of its own, which ends when the pipe is closed, perhaps
/// later than this function.
pub fn serve<R: Responder>(
    mut chip: Pn532<R>,
    mut read: impl Read + Send + 'static,
    mut write: impl Write,
    pace: Pace,
) -> (Pn532<R>, Served) {
    let (sender, bytes) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || {
        let mut room = [0; 4096];
        loop {
            match read.read(&mut room) {
                Ok(count @ 1..) => {
                    if sender.send(room.get(..count).unwrap_or_default().to_vec()).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                Ok(_) | Err(_) => return,
            }
        }
    });
    let begin = Instant::now();
    let mut skipped = Duration::ZERO;
    let mut served = Served::default();
    loop {
        let now = begin.elapsed() + skipped;
        let next = chip.next().map(|at| match pace {
            Pace::AtOnce if chip.has_spoken() => Duration::ZERO,
            _ => at.saturating_sub(now),
        });
        let came = match next {
            Some(wait) => bytes.recv_timeout(wait),
            None => bytes.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match came {
            Ok(came) => {
                served.received += came.len() as u64;
                chip.receive(&came, begin.elapsed() + skipped);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if pace == Pace::AtOnce
            && chip.has_spoken()
            && let Some(at) = chip.next()
        {
            skipped += at.saturating_sub(begin.elapsed() + skipped);
        }
        let mut fine = true;
        while let Some(said) = chip.poll(begin.elapsed() + skipped) {
            served.sent += said.len() as u64;
            fine &= write.write_all(&said).and_then(|()| write.flush()).is_ok();
        }
        if !fine {
            break;
        }
    }
    served.field_was_on = chip.field().is_on();
    chip.reset(begin.elapsed() + skipped);
    (chip, served)
}
