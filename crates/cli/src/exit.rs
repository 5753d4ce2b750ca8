//! How the program ends when it could not even ask the card: usage, files, its own faults.

use std::fmt;
use std::path::{Path, PathBuf};

/// Not a result of the card.
#[derive(Debug)]
pub(crate) enum Error {
    /// Exit 1: a fault of the program.
    Internal(String),
    /// Exit 2: called wrongly.
    Usage(String),
    /// Exit 3: a file cannot be read or written, or is not what it should be.
    File { path: PathBuf, reason: String },
}

/// An error that is to be reported, as JSON where that was asked for.
#[derive(Debug)]
pub(crate) struct Failed {
    error: Error,
    json: bool,
}

impl Error {
    pub(crate) fn file(path: &Path, reason: impl fmt::Display) -> Self {
        Self::File { path: path.to_owned(), reason: reason.to_string() }
    }

    /// To be reported as JSON or as text.
    pub(crate) fn with(self, json: bool) -> Failed {
        Failed { error: self, json }
    }

    const fn code(&self) -> u8 {
        match self {
            Self::Internal(_) => 1,
            Self::Usage(_) => 2,
            Self::File { .. } => 3,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Internal(_) => "internal_error",
            Self::Usage(_) => "usage",
            Self::File { .. } => "file_error",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal(reason) | Self::Usage(reason) => f.write_str(reason),
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
        }
    }
}

impl Failed {
    /// Prints it; the exit number.
    pub(crate) fn report(&self) -> u8 {
        eprintln!("kazasu: {}", self.error);
        if self.json && !matches!(self.error, Error::Usage(_)) {
            let object = serde_json::json!({
                "outcome": self.error.name(),
                "code": self.error.code(),
                "message": self.error.to_string(),
            });
            println!("{object}");
        }
        self.error.code()
    }
}
