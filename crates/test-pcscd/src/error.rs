//! Why there is no pcscd for a test, or no answer from a program.

use std::fmt;
use std::io;
use std::time::Duration;

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something.
    Io {
        /// What was being done.
        action: &'static str,
        /// What it says.
        source: io::Error,
    },
    /// Debian's packages that are missing.
    Missing {
        /// Their names.
        packages: Vec<&'static str>,
    },
    /// The service saw no card in time.
    NoCard {
        /// The slot.
        slot: u16,
    },
    /// There are no free ports in a row.
    NoPorts,
    /// Root has nobody to run pcscd as.
    NoUser,
    /// pcscd did not begin to serve, or not with its readers.
    NotReady {
        /// What it wrote.
        log: String,
    },
    /// `/run/pcscd` is not there, and only root can make it.
    RunFolder,
    /// A program was still running after its time and was ended.
    TimedOut {
        /// The program.
        program: String,
        /// Its time.
        time: Duration,
    },
}

pub(crate) fn failed(action: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Io { action, source }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "cannot {action}: {source}"),
            Self::Missing { packages } => write!(
                f,
                "packages are missing; as root: apt-get update && apt-get install -y \
                 --no-install-recommends {}",
                packages.join(" ")
            ),
            Self::NoCard { slot } => write!(f, "pcscd saw no card in slot {slot}"),
            Self::NoPorts => f.write_str("there are no free ports in a row; try again"),
            Self::NoUser => f.write_str("there is no user 'nobody' to run pcscd as"),
            Self::NotReady { log } => write!(f, "pcscd did not start; it wrote:\n{log}"),
            Self::RunFolder => f.write_str(
                "pcscd does not start without the folder /run/pcscd; as root: mkdir /run/pcscd",
            ),
            Self::TimedOut { program, time } => {
                write!(f, "{program} was ended after {} s", time.as_secs())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
