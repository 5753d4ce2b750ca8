//! The reader: any [`Transport`]. This one passes everything on to another and shows what a link
//! may say of an exchange: the header, lengths and status word. It never looks at data, because
//! the data of VERIFY is the PIN.

use kazasu::apdu::{Capabilities, PowerOff, Transport};
use std::io::Write;

/// A reader that logs.
#[derive(Debug)]
pub struct Logging<T, W> {
    reader: T,
    log: W,
}

impl<T, W> Logging<T, W> {
    /// Around `reader`, one line for each exchange to `log`.
    pub const fn new(reader: T, log: W) -> Self {
        Self { reader, log }
    }
}

// This is all that a reader has to offer. For yours, `transmit` hands the command to the driver of
// your device, and the error type says which `ErrorKind` each of its faults is.
impl<T: Transport, W: Write> Transport for Logging<T, W> {
    type Error = T::Error;

    /// One command out, one answer in: data, SW1, SW2. At most once: when it fails, nobody knows
    /// whether the card acted, and a repeated VERIFY may cost the holder a second try.
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, T::Error> {
        let result = self.reader.transmit(command, response);
        let header = command.get(..4).unwrap_or_default();
        let answer = result.as_ref().ok().and_then(|length| response.get(..*length));
        let status = answer.and_then(|answer| answer.last_chunk::<2>());
        // A log that cannot be written must not end a check-in.
        let _ = match status {
            Some(status) => writeln!(self.log, "  > {header:02X?}  < {status:02X?}"),
            None => writeln!(self.log, "  > {header:02X?}  < no answer"),
        };
        result
    }

    /// Say what you know of your reader: where extended length does not pass, saying so saves the
    /// one command that finds it out. Knowing nothing is fine.
    fn capabilities(&self) -> Capabilities {
        self.reader.capabilities()
    }

    /// Take the card's power, or the field: then no verified PIN is left for the next program.
    fn power_off(&mut self) -> Result<PowerOff, T::Error> {
        self.reader.power_off()
    }

    /// The card that is there now begins anew.
    fn reconnect(&mut self) -> Result<(), T::Error> {
        self.reader.reconnect()
    }
}
