//! A card kept in a file: JSON, locked while it is open, replaced whole by rename, so that it is
//! never half written and never older than an answer that was given.
//!
//! The file holds the codes of the card, and its keys if they are fresh, in clear. It says so.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::application;
use crate::card::Image;
use crate::random::Random;
use crate::{Card, Error};

/// What a card file states as its format.
const FORMAT: &str = "kazasu-virtual-card";
/// The version of the format that this crate writes, and the only one that it reads.
pub const FILE_VERSION: u64 = 1;
/// FILE_SHARE_READ and FILE_SHARE_WRITE. Without FILE_SHARE_DELETE, which Rust would add, Windows
/// lets nobody remove or rename the file while it is open.
#[cfg(windows)]
const SHARE_READ_AND_WRITE: u32 = 0x01 | 0x02;
const NOTICE: &str = "NOT A REAL CARD. This file holds the PINs of an invented test card in clear.";

/// Where a card keeps its state.
pub(crate) trait Store: Send {
    /// Writes the whole state. When it returns without an error, the state outlives a power cut.
    fn save(&mut self, image: &Image) -> Result<(), Error>;
}

/// A card file. While a card from it lives, no other program can open it.
///
/// Beside `FILE` stand `FILE.lock`, which is locked and stays, and for a moment `FILE.new`.
///
/// # Format, version 1
/// One JSON object. `format` is `"kazasu-virtual-card"`, `version` is [`FILE_VERSION`], `notice` is
/// for people. `card` has `kind`, `origin` (`virtual` or `test_card`), `holder` (or null), `settings`
/// (as [`crate::Settings`]) and `applications`: each with a `name`, the `default_key` (or null), and
/// `files` by their identifier in four hexadecimal digits. A file is one of
/// * `transparent`: `content` in hexadecimal, `read`;
/// * `records`: `records` in hexadecimal, `read`;
/// * `code`: `value` in clear (or null), `syntax`, `change`, `tries_limit`, `tries_left`;
/// * `key`: `source` (`pool` and a number, or `fresh` and a PKCS#8 key in hexadecimal), `usable`.
///
/// `read` and `usable` are `"free"`, `"never"`, or `after` and a list of codes, one of which must
/// have been verified. Nothing may be missing, and nothing else may be there.
#[derive(Debug)]
pub struct CardFile {
    path: PathBuf,
    lock_path: PathBuf,
    lock: File,
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    version: u64,
    notice: &'a str,
    card: &'a Image,
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    #[serde(rename = "notice")]
    _notice: String,
    card: Image,
}

impl CardFile {
    /// Puts a card into a new file, and keeps it there.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::InUse`], [`Error::Io`].
    pub fn create(path: impl AsRef<Path>, mut card: Card) -> Result<Card, Error> {
        let file = Self::lock(path.as_ref())?;
        // Nobody else creates it meanwhile: whoever does holds the lock.
        match fs::symlink_metadata(&file.path) {
            Ok(_) => return Err(Error::AlreadyExists { path: file.path.clone() }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed(&file.path, "look for", source)),
        }
        card.keep_in(Box::new(file))?;
        Ok(card)
    }

    /// Opens the card in a file.
    ///
    /// # Errors
    /// [`Error::InUse`] while another program has it open; [`Error::NotACardFile`],
    /// [`Error::UnsupportedVersion`], [`Error::Damaged`], [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Card, Error> {
        // A name that is no card must not leave a lock file behind.
        let path = path.as_ref();
        fs::metadata(path).map_err(|source| failed(path, "open", source))?;
        let file = Self::lock(path)?;
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => Error::NotACardFile { path: path.to_owned() },
            _ => failed(path, "read", source),
        })?;
        let image = parse(path, &text)?;
        Ok(Card::new(image, Random::new(None, "card")?, Some(Box::new(file))))
    }

    fn lock(path: &Path) -> Result<Self, Error> {
        let lock_path = beside(path, "lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(windows)]
        {
            use std::os::windows::fs::OpenOptionsExt;
            options.share_mode(SHARE_READ_AND_WRITE);
        }
        let lock = options.open(&lock_path).map_err(|source| failed(&lock_path, "open", source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(&lock_path, "lock", source)),
        }
        let file = Self { path: path.to_owned(), lock_path, lock };
        // Between opening and locking somebody may have exchanged it.
        file.still_locked()?;
        Ok(file)
    }

    /// Is the file that is locked still the one of that name? Otherwise another program may hold a
    /// lock of the same name.
    #[cfg(unix)]
    fn still_locked(&self) -> Result<(), Error> {
        use std::os::unix::fs::MetadataExt;
        let lost = || Error::LockLost { path: self.lock_path.clone() };
        let named = fs::metadata(&self.lock_path).map_err(|_| lost())?;
        let held = self.lock.metadata().map_err(|_| lost())?;
        let same = (named.dev(), named.ino()) == (held.dev(), held.ino());
        if same { Ok(()) } else { Err(lost()) }
    }

    /// On Windows the lock was opened so that nobody can exchange or remove it meanwhile.
    #[cfg(not(unix))]
    fn still_locked(&self) -> Result<(), Error> {
        let lost = |_| Error::LockLost { path: self.lock_path.clone() };
        self.lock.metadata().and_then(|_| fs::metadata(&self.lock_path)).map(drop).map_err(lost)
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // One that is left over from a power cut.
        match fs::remove_file(&new) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(source),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        drop(file);
        let renamed = written.and_then(|()| fs::rename(&new, &self.path));
        if renamed.is_err() {
            // It is no use to anybody; the card is as it was.
            let _ = fs::remove_file(&new);
        }
        renamed?;
        self.sync_folder()
    }

    /// The rename itself must outlive a power cut too.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on unix")]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for CardFile {
    /// Closing would release the lock only when nobody else has the file open, and a child process
    /// has, from its fork to its exec.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Store for CardFile {
    fn save(&mut self, image: &Image) -> Result<(), Error> {
        self.still_locked()?;
        let written =
            Written { format: FORMAT, version: FILE_VERSION, notice: NOTICE, card: image };
        let text = serde_json::to_string_pretty(&written)
            .map_err(|source| failed(&self.path, "encode", source.into()))?;
        self.replace(&text).map_err(|source| failed(&self.path, "write", source))
    }
}

fn parse(path: &Path, text: &str) -> Result<Image, Error> {
    let foreign = || Error::NotACardFile { path: path.to_owned() };
    let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let header: Header = match serde_json::from_str(text) {
        Ok(header) => header,
        // Cut off, it still says in its first lines what it was.
        Err(source) if source.is_eof() && text.contains(FORMAT) => {
            return Err(damaged(place(&source)));
        }
        Err(source) if source.is_data() => return Err(foreign()),
        Err(source) if text.contains(FORMAT) => return Err(damaged(place(&source))),
        Err(_) => return Err(foreign()),
    };
    if header.format != FORMAT {
        return Err(foreign());
    }
    if header.version != FILE_VERSION {
        return Err(Error::UnsupportedVersion { path: path.to_owned(), version: header.version });
    }
    let read: Read = serde_json::from_str(text).map_err(|source| damaged(place(&source)))?;
    for application in &read.card.applications {
        for file in application.files.values() {
            match file {
                application::File::Code(code) if code.tries_left > code.tries_limit => {
                    return Err(damaged("a code has more tries left than its limit".to_owned()));
                }
                application::File::Key { source, .. } => {
                    source.load().map_err(|_| damaged("a key cannot be read".to_owned()))?;
                }
                _ => {}
            }
        }
    }
    Ok(read.card)
}

/// Where it is wrong. serde's own text may quote a value, so it is not used.
fn place(source: &serde_json::Error) -> String {
    format!("line {}, column {}", source.line(), source.column())
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), action, source }
}
