//! A card kept in a file: JSON, locked while it is open, replaced whole by rename, so that it is
//! never half written and never older than an answer that was given.
//!
//! The file holds the codes of the card, and its keys if they are fresh, in clear. It says so.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::application;
use crate::card::Image;
use crate::lock::Lock;
use crate::random::Random;
use crate::{Card, Error};

/// What a card file states as its format.
const FORMAT: &str = "kazasu-virtual-card";
/// The version of the format that this crate writes. It reads version 1 too.
pub const FILE_VERSION: u64 = 2;
/// Largest card file, in bytes. A card is a few tens of kilobytes; with the longest texts and fresh
/// keys still under a hundred.
const SIZE_LIMIT: u64 = 1024 * 1024;
const NOTICE: &str = "NOT A REAL CARD. This file holds the PINs of an invented test card in clear.";

/// Where a card keeps its state.
pub(crate) trait Store: Send {
    /// Writes the whole state. When it returns without an error, the state outlives a power cut.
    fn save(&mut self, image: &Image) -> Result<(), Error>;
}

/// A card file. While a card from it lives, no other program can open it.
///
/// Beside `FILE` stand `FILE.lock`, which is locked and stays, and for a moment `FILE.new`. A
/// symbolic link is followed: lock and state are those of the file that it leads to. A file with two
/// names of equal right (hard links) would have two locks and two counters, so it is refused (on
/// Unix; elsewhere it is not noticed). On Unix a new card can be read by its owner alone; the
/// permissions that somebody gives it later stay.
///
/// # Format, version 2
/// One JSON object. `format` is `"kazasu-virtual-card"`, `version` is [`FILE_VERSION`], `notice` is
/// for people. `card` has `kind`, `origin` (`virtual` or `test_card`), `holder` (or null), `settings`
/// (as [`crate::Settings`]), `data_objects` (what GET DATA gives without an application: hexadecimal
/// under the tag in four digits) and `applications`: each with a `name`, the `default_key` (or null), and
/// `files` by their identifier in four hexadecimal digits. A file is one of
/// * `transparent`: `content` in hexadecimal, `read`;
/// * `records`: `records` in hexadecimal, `read`;
/// * `code`: `value` in clear (or null), `syntax`, `change`, `tries_limit`, `tries_left`;
/// * `key`: `source` (`pool` and a number, or `fresh` and a PKCS#8 key in hexadecimal), `usable`.
///
/// `read` and `usable` are `"free"`, `"never"`, or `after` and a list of codes, one of which must
/// have been verified. Nothing may be missing, and nothing else may be there.
///
/// Version 1 had no `data_objects`, and its cards no signed records. Such a card stays without them;
/// with the first try it is written in version 2.
#[derive(Debug)]
pub struct CardFile {
    /// What the caller calls it; for messages.
    name: PathBuf,
    /// Where it is, without symbolic links.
    path: PathBuf,
    lock: Lock,
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
    /// Puts a card into a new file, and keeps it there. When that fails, nothing is left behind.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::InUse`] while another program creates it, [`Error::Io`].
    pub fn create(path: impl AsRef<Path>, mut card: Card) -> Result<Card, Error> {
        let name = path.as_ref();
        // A file that is something else must not get a lock.
        must_not_exist(name, name)?;
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty());
        let path = name
            .file_name()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))
            .and_then(|last| Ok(fs::canonicalize(folder.unwrap_or(Path::new(".")))?.join(last)))
            .map_err(|source| failed(name, "create", source))?;
        let lock = Lock::take(beside(&path, "lock"), name)?;
        // Nobody else creates it from now on: whoever does holds the lock.
        must_not_exist(&path, name)?;
        card.keep_in(Box::new(Self { name: name.to_owned(), path, lock }))?;
        Ok(card)
    }

    /// Opens the card in a file.
    ///
    /// # Errors
    /// [`Error::InUse`] while another program has it open; [`Error::NotACardFile`],
    /// [`Error::HardLinked`], [`Error::UnsupportedVersion`], [`Error::Damaged`], [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Card, Error> {
        let name = path.as_ref();
        let path = fs::canonicalize(name).map_err(|source| failed(name, "open", source))?;
        // What is no card must not get a lock.
        read(&path, name)?;
        let mut lock = Lock::take(beside(&path, "lock"), name)?;
        // Whoever had it open before may have written to it.
        let image = read(&path, name)?;
        lock.keep();
        let file = Self { name: name.to_owned(), path, lock };
        Ok(Card::new(image, Random::new(None, "card")?, Some(Box::new(file))))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // One that is left over from a power cut.
        match fs::remove_file(&new) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(source),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // It holds PINs and keys.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        let written = self
            .keep_permissions(&file)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all());
        drop(file);
        let renamed = written.and_then(|()| fs::rename(&new, &self.path));
        if renamed.is_err() {
            // It is no use to anybody; the card is as it was.
            let _ = fs::remove_file(&new);
        }
        renamed?;
        self.sync_folder()
    }

    /// What the owner allowed for the card file holds for the one that takes its place.
    #[cfg(unix)]
    fn keep_permissions(&self, new: &File) -> io::Result<()> {
        match fs::metadata(&self.path) {
            Ok(metadata) => new.set_permissions(metadata.permissions()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(source),
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on unix")]
    fn keep_permissions(&self, _: &File) -> io::Result<()> {
        Ok(())
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

impl Store for CardFile {
    fn save(&mut self, image: &Image) -> Result<(), Error> {
        self.lock.still_held()?;
        let written =
            Written { format: FORMAT, version: FILE_VERSION, notice: NOTICE, card: image };
        let text = serde_json::to_string_pretty(&written)
            .map_err(|source| failed(&self.name, "encode", source.into()))?;
        self.replace(&text).map_err(|source| failed(&self.name, "write", source))?;
        self.lock.keep();
        Ok(())
    }
}

fn must_not_exist(path: &Path, name: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(Error::AlreadyExists { path: name.to_owned() }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(failed(name, "look for", source)),
    }
}

/// Reads the card in the file at `path`, which the caller calls `name`.
fn read(path: &Path, name: &Path) -> Result<Image, Error> {
    let foreign = || Error::NotACardFile { path: name.to_owned() };
    let failed = |action, source| failed(name, action, source);
    // Before it is opened: opening a FIFO waits for its other end, and a device may act.
    let metadata = fs::metadata(path).map_err(|source| failed("open", source))?;
    if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
        return Err(foreign());
    }
    let file = File::open(path).map_err(|source| failed("open", source))?;
    let metadata = file.metadata().map_err(|source| failed("read", source))?;
    if !metadata.is_file() {
        return Err(foreign());
    }
    let mut bytes = Vec::new();
    let limit = SIZE_LIMIT.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|source| failed("read", source))?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(foreign());
    }
    let text = String::from_utf8(bytes).map_err(|_| foreign())?;
    let image = parse(name, &text)?;
    match names(&metadata) {
        0 | 1 => Ok(image),
        names => Err(Error::HardLinked { path: name.to_owned(), names }),
    }
}

/// How many names the file has.
#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
const fn names(_: &Metadata) -> u64 {
    1
}

fn parse(path: &Path, text: &str) -> Result<Image, Error> {
    let foreign = || Error::NotACardFile { path: path.to_owned() };
    let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
    let header: Header = match serde_json::from_str(text) {
        Ok(header) => header,
        // Cut off or edited, it still says in its first line what it was.
        Err(source) if begins_as_card(text) => return Err(damaged(place(&source))),
        Err(_) => return Err(foreign()),
    };
    if header.format != FORMAT {
        return Err(foreign());
    }
    if !(1..=FILE_VERSION).contains(&header.version) {
        return Err(Error::UnsupportedVersion { path: path.to_owned(), version: header.version });
    }
    let mut read: Read = serde_json::from_str(text).map_err(|source| damaged(place(&source)))?;
    match (header.version, read.card.data_objects.is_some()) {
        (1, false) => read.card.data_objects = Some(BTreeMap::new()),
        (1, true) => return Err(damaged("data_objects in a file of version 1".to_owned())),
        (_, false) => return Err(damaged("data_objects is missing".to_owned())),
        (_, true) => {}
    }
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

/// Does this text begin as this crate writes a card? A text that merely mentions the format is none.
fn begins_as_card(text: &str) -> bool {
    let mut rest = text;
    let quoted = format!("\"{FORMAT}\"");
    ["{", "\"format\"", ":", &quoted].into_iter().all(|token| {
        let after = rest.trim_start().strip_prefix(token);
        rest = after.unwrap_or(rest);
        after.is_some()
    })
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
