//! Files in and out. What is written appears whole or not at all.

use crate::exit::Error;
use crate::language::{Told, say};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Largest file that is taken into memory: certificates, signatures, evidence.
const SMALL: u64 = 1 << 20;

/// Reads a small file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SMALL + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::file(path, say::unreadable(&error.text())))?;
    if bytes.len() as u64 > SMALL {
        return Err(Error::file(path, say::too_large()));
    }
    Ok(bytes)
}

/// Reads a certificate in DER; one in PEM is a frequent mistake and is named.
pub(crate) fn read_der(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if bytes.starts_with(b"-----BEGIN") {
        return Err(Error::file(path, say::is_pem()));
    }
    Ok(bytes)
}

/// SHA-256 of a file of any size.
pub(crate) fn sha256(path: &Path) -> Result<[u8; 32], Error> {
    let fail = |error: io::Error| Error::file(path, say::unreadable(&error.text()));
    let mut file = File::open(path).map_err(fail)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block).map_err(fail)? {
            0 => return Ok(digest.finalize().into()),
            length => digest.update(block.get(..length).unwrap_or_default()),
        }
    }
}

/// A file that will be written: found out before the card is touched whether it can be.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    /// What becomes `path` when it is whole; `None` for a device or a pipe, which is written to.
    temporary: Option<PathBuf>,
    file: File,
}

impl Output {
    /// Prepares to write `path`; what stands there stays until [`Output::write`]. It must not be one
    /// of the files that this run reads.
    pub(crate) fn prepare<'p>(
        path: &Path,
        read: impl IntoIterator<Item = &'p Path>,
    ) -> Result<Self, Error> {
        Self::prepare_as(path, read, false)
    }

    /// The same for a file that only its owner can read, also when another stood there.
    pub(crate) fn prepare_private<'p>(
        path: &Path,
        read: impl IntoIterator<Item = &'p Path>,
    ) -> Result<Self, Error> {
        Self::prepare_as(path, read, true)
    }

    fn prepare_as<'p>(
        path: &Path,
        read: impl IntoIterator<Item = &'p Path>,
        private: bool,
    ) -> Result<Self, Error> {
        if let Some(same) = read.into_iter().find(|other| is_same(path, other)) {
            return Err(Error::Usage(say::read_by_this_run(&same.display().to_string())));
        }
        let refused = |reason| Err(Error::file(path, reason));
        let failed = |error: io::Error| Error::file(path, say::unwritable(&error.text()));
        let mut path = path.to_owned();
        let mut permissions = None;
        if fs::symlink_metadata(&path).is_ok_and(|it| it.is_symlink()) && !path.exists() {
            return refused(say::dangling_link());
        }
        if let Ok(there) = fs::metadata(&path) {
            if there.is_dir() {
                return refused(say::is_folder());
            }
            if !there.is_file() {
                let file = File::options().write(true).open(&path).map_err(failed)?;
                return Ok(Self { path, temporary: None, file });
            }
            if there.permissions().readonly() {
                return refused(say::read_only());
            }
            permissions = Some(there.permissions());
            // Behind a symbolic link, the file that it names is the one to be replaced.
            path = fs::canonicalize(&path).map_err(failed)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return refused(say::no_file_name());
        }
        name.push(format!(".{}.new", std::process::id()));
        let temporary = path.with_file_name(name);
        let mut new = File::options();
        new.write(true).create_new(true);
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::OpenOptionsExt;
            new.mode(0o600);
            permissions = None;
        }
        // Elsewhere it has the rights of its folder.
        #[cfg(not(unix))]
        let _ = private;
        let mut begun = unfinished();
        let file = new.open(&temporary).map_err(failed)?;
        begun.push(temporary.clone());
        drop(begun);
        let output = Self { path, temporary: Some(temporary), file };
        if let Some(permissions) = permissions {
            output.file.set_permissions(permissions).map_err(failed)?;
        }
        Ok(output)
    }

    /// Writes it whole.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), Error> {
        self.put(bytes).map_err(|error| Error::file(&self.path, say::unwritable(&error.text())))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if let Some(temporary) = &self.temporary {
            self.file.sync_all()?;
            fs::rename(temporary, &self.path)?;
            unfinished().retain(|it| it != temporary);
            self.temporary = None;
        }
        Ok(())
    }
}

/// What [`Output`] has begun and not written.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is there for a short time: a photo that staff look at. It did not exist before, only its
/// owner can read it, and it is overwritten and removed.
#[derive(Debug)]
pub(crate) struct Shown {
    file: File,
}

/// The file that is there now.
static SHOWN: Mutex<Option<(PathBuf, File)>> = Mutex::new(None);

impl Shown {
    /// Makes it, empty.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Error> {
        let mut new = File::options();
        new.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
        let file = new
            .open(path)
            .map_err(|error| Error::file(path, say::cannot_be_made(&error.text())))?;
        let shown_file = file
            .try_clone()
            .map_err(|error| Error::file(path, say::cannot_be_made(&error.text())))?;
        *shown() = Some((path.to_owned(), shown_file));
        Ok(Self { file })
    }

    /// Puts these bytes into it, once.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.flush()
    }

    /// Overwrites and removes it.
    pub(crate) fn wipe(&mut self) {
        wipe_shown();
    }
}

/// Overwrites through the file that was made, whatever has its name by now.
fn wipe_shown() {
    let Some((path, mut file)) = shown().take() else { return };
    let _ = file.metadata().and_then(|it| {
        file.rewind()?;
        file.write_all(&vec![0; usize::try_from(it.len()).unwrap_or(0)])?;
        file.sync_all()
    });
    let _ = fs::remove_file(path);
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.wipe();
    }
}

fn shown() -> MutexGuard<'static, Option<(PathBuf, File)>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program ends at once: what is shown is overwritten and removed, what was begun is removed.
pub(crate) fn leave() {
    wipe_shown();
    for path in unfinished().drain(..) {
        let _ = fs::remove_file(path);
    }
}

/// Are they the same file, by whatever names?
fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) {
        use std::os::unix::fs::MetadataExt;
        return one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
            unfinished().retain(|it| it != temporary);
        }
    }
}
