//! What can go wrong around a card: issuing it, and keeping it in a file. A status word is not an
//! error of this kind; it is the card's answer.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a card could not be issued, opened, or written down.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The operating system gave no random bytes.
    Randomness,
    /// A private key could not be read or used; the text says which.
    Key(&'static str),
    /// A value asked for in [`crate::Issue`] is impossible; the text says which and why.
    InvalidIssue(&'static str),
    /// A certificate or a card file did not fit its buffer: a holder with a name or an address of
    /// thousands of bytes.
    Encoding(kazasu_tlv::Error),
    /// A file could not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, for example `write`.
        action: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file of that name is there already; a card is never overwritten.
    AlreadyExists {
        /// The file.
        path: PathBuf,
    },
    /// Another program has this card file open.
    InUse {
        /// The card file.
        path: PathBuf,
    },
    /// The lock file was deleted or exchanged while the card was open, so that another program may
    /// have it open too. Nothing is written any more.
    LockLost {
        /// The lock file.
        path: PathBuf,
    },
    /// The card file has further names of equal right (hard links). Each name would have its own
    /// lock, and after the first try its own counter.
    HardLinked {
        /// The card file.
        path: PathBuf,
        /// How many names it has.
        names: u64,
    },
    /// Not a card file: no regular file, larger than 1 MiB, no JSON, or JSON of another format.
    NotACardFile {
        /// The file.
        path: PathBuf,
    },
    /// A card file of another version than [`crate::FILE_VERSION`].
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        version: u64,
    },
    /// A card file whose content cannot be; cut off, or edited by hand.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and where. Never a value.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Randomness => f.write_str("the operating system gave no random bytes"),
            Self::Key(which) => write!(f, "the private key of the virtual card failed: {which}"),
            Self::InvalidIssue(why) => write!(f, "such a card cannot be issued: {why}"),
            Self::Encoding(source) => {
                write!(f, "a file of the card became too large ({source}); use shorter texts")
            }
            Self::Io { path, action, source } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Self::AlreadyExists { path } => {
                write!(f, "{} exists already; choose another name", path.display())
            }
            Self::InUse { path } => {
                write!(f, "another program uses the card {}; end it first", path.display())
            }
            Self::LockLost { path } => write!(
                f,
                "the lock {} was removed while the card was in use; nothing was written; open \
                 the card again",
                path.display()
            ),
            Self::HardLinked { path, names } => write!(
                f,
                "the virtual card {} has {names} names (hard links), and each would count its \
                 tries alone; remove the others, or make them symbolic links",
                path.display()
            ),
            Self::NotACardFile { path } => {
                write!(f, "{} is not a virtual card; issue one", path.display())
            }
            Self::UnsupportedVersion { path, version } => write!(
                f,
                "{} is a virtual card of format version {version}, and this program knows \
                 version {}; issue the card again",
                path.display(),
                crate::FILE_VERSION
            ),
            Self::Damaged { path, reason } => {
                write!(
                    f,
                    "the virtual card {} is damaged ({reason}); issue it again",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Encoding(source) => Some(source),
            _ => None,
        }
    }
}

impl From<kazasu_tlv::Error> for Error {
    fn from(source: kazasu_tlv::Error) -> Self {
        Self::Encoding(source)
    }
}
