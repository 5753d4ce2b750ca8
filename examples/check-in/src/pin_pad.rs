//! The PIN pad and its display: the [`Holder`]. This one is a console. It keeps no PIN, and what it
//! shows holds none; what the operating system keeps of a console's keys is beyond it, so a product
//! has a PIN pad.

use kazasu::mynacard::Pin;
use kazasu::{Declined, Holder, OwnedSecret, Request, Stage};
use std::io::{BufRead, Read, Write};
use zeroize::Zeroizing;

/// Most bytes of an entry that are read.
const LONGEST: usize = 64;

/// A console for a PIN pad. Yours shows no digits; a console does.
#[derive(Debug)]
pub struct PinPad<R, W> {
    keys: R,
    display: W,
}

impl<R: BufRead, W: Write> PinPad<R, W> {
    /// With keys to read from and a display to write to.
    pub const fn new(keys: R, display: W) -> Self {
        Self { keys, display }
    }

    /// Shows a line. A display that fails is no reason to end a check-in.
    pub fn show(&mut self, text: &str) {
        let _ = writeln!(self.display, "{text}");
    }

    /// One line of keys without its end, or `None` when there are no more. What is longer than any
    /// entry is cut, and the rest of it is not taken for the next one.
    fn line(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        // As long as it gets, so that it never moves and leaves a copy behind.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
        let longest = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let read = self.keys.by_ref().take(longest).read_until(b'\n', &mut line).ok()?;
        if read == LONGEST && line.last() != Some(&b'\n') {
            self.keys.skip_until(b'\n').ok()?;
        }
        let end = line.trim_ascii_end().len();
        line.truncate(end);
        (read > 0).then_some(line)
    }
}

impl<R: BufRead, W: Write> Holder for PinPad<R, W> {
    /// Asked at most once in a check-in, and only after the certificate was found good. On your
    /// device: wait for four keys, `Declined::TimedOut` after your time, `Declined::Cancelled` for
    /// the cancel key.
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        self.show(&format!("PIN, 4 digits ({} tries left), empty to cancel:", request.tries_left));
        loop {
            let mut line =
                self.line().filter(|line| !line.is_empty()).ok_or(Declined::Cancelled)?;
            let pin = Pin::new(&line);
            // `Pin` erases itself; what the keys left behind is ours to erase.
            line.fill(0);
            match pin {
                Ok(pin) => return Ok(pin.into()),
                // The form was wrong, so nothing was sent and no try was used.
                Err(error) => self.show(&format!("{error}; again:")),
            }
        }
    }

    /// One try is left. A wrong PIN now blocks the card until a visit to the municipality, so the
    /// holder decides, and silence is a no.
    fn confirm_last_try(&mut self, _: Request) -> bool {
        self.show("Only one try is left; a wrong PIN blocks the card. Use it? (yes/no)");
        self.line().is_some_and(|line| line.as_slice() == b"yes")
    }

    /// What has been done so far, for the display.
    fn stage(&mut self, stage: Stage) {
        self.show(match stage {
            Stage::Selected => "Card found. Please leave it there.",
            Stage::CertificateJudged => "Certificate accepted.",
            Stage::PinVerified => "PIN right.",
            Stage::SignatureVerified => "Done. You may take the card.",
            _ => return,
        });
    }
}
