//! How the program ends when it could not even ask the card: usage, files, its own faults.

use crate::arguments::Language;
use crate::json::Object;
use crate::language::Text;
use crate::stream;
use std::path::Path;

/// Exit number of a file error.
pub(crate) const FILE_ERROR: u8 = 3;

/// Not a result of the card.
#[derive(Debug)]
pub(crate) enum Error {
    /// Exit 1: a fault of the program.
    Internal(Text),
    /// Exit 2: called wrongly.
    Usage(Text),
    /// Exit 3: a file cannot be read or written, or is not what it should be.
    File(Text),
}

/// An error that is to be reported, as JSON where that was asked for.
pub(crate) struct Failed {
    error: Error,
    /// The command's object as far as it is known.
    object: Option<Box<Object>>,
}

impl Error {
    pub(crate) fn file(path: &Path, reason: Text) -> Self {
        Self::File(reason.about(path.display()))
    }

    pub(crate) fn into_text(self) -> Text {
        match self {
            Self::Internal(text) | Self::Usage(text) | Self::File(text) => text,
        }
    }

    const fn text(&self) -> &Text {
        match self {
            Self::Internal(text) | Self::Usage(text) | Self::File(text) => text,
        }
    }

    const fn code(&self) -> u8 {
        match self {
            Self::Internal(_) => 1,
            Self::Usage(_) => 2,
            Self::File(_) => FILE_ERROR,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Internal(_) => "internal_error",
            Self::Usage(_) => "usage",
            Self::File(_) => "file_error",
        }
    }
}

impl Failed {
    /// With the command's object if JSON was asked for. A usage error prints none.
    pub(crate) fn new(error: Error, object: Option<Object>) -> Self {
        Self { error, object: object.map(Box::new) }
    }

    /// Prints it; the exit number.
    pub(crate) fn report(self, language: Language) -> u8 {
        stream::err(format_args!("kazasu: {}", self.error.text().of(language)));
        let code = self.error.code();
        if let (Some(object), false) = (self.object, matches!(self.error, Error::Usage(_))) {
            let message = Some(self.error.text().to_string());
            Object { outcome: self.error.name().to_owned(), code, message, ..*object }.print();
        }
        code
    }
}
