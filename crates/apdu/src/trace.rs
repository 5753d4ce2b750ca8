//! The trace hook: what may be said of an exchange.
//!
//! An [`Entry`] holds the header, lengths, status word and nothing else: no data field leaves the
//! channel, because almost all of it is a secret or personal.

use crate::Status;
use crate::transport::ErrorKind;
use core::fmt;

/// Receives one entry for each exchange on the link.
pub trait Trace {
    /// One exchange has ended.
    fn exchange(&mut self, entry: &Entry);
}

impl<F: FnMut(&Entry)> Trace for F {
    fn exchange(&mut self, entry: &Entry) {
        self(entry);
    }
}

/// One exchange: header, lengths, status word. Never data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Entry {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// Encoded command length in bytes.
    pub sent: usize,
    /// Data bytes asked for, 0 to 65,536.
    pub le: u32,
    /// Is the data field a secret (VERIFY, CHANGE REFERENCE DATA)?
    pub secret: bool,
    /// Did an exchange rule send it (GET RESPONSE, a repetition with the right Le)?
    pub by_rule: bool,
    /// Bytes received, status word included.
    pub received: usize,
    /// Status word, when the answer had one.
    pub status: Option<Status>,
    /// The link's fault, when there was one.
    pub fault: Option<ErrorKind>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cla, ins, p1, p2] = self.header;
        write!(f, "> {cla:02X} {ins:02X} {p1:02X} {p2:02X}, {} bytes", self.sent)?;
        if self.secret {
            f.write_str(" (secret)")?;
        }
        if self.le > 0 {
            write!(f, ", Le {}", self.le)?;
        }
        match (self.status, self.fault) {
            (Some(status), _) => write!(f, " < {} bytes, {status:?}", self.received),
            (None, Some(fault)) => write!(f, " < {fault}"),
            (None, None) => write!(f, " < {} bytes, no answer", self.received),
        }
    }
}
