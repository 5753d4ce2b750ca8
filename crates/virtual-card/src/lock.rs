//! The lock beside a card file: who holds it is the only one to open the card.
//!
//! It never waits, and never touches the card itself.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// FILE_SHARE_READ and FILE_SHARE_WRITE. Without FILE_SHARE_DELETE, which Rust would add, Windows
/// lets nobody remove or rename the file while it is open.
#[cfg(windows)]
const SHARE_READ_AND_WRITE: u32 = 0x01 | 0x02;

/// A lock file that is locked. Dropped, it is free again, and stays.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// Always there; taken only to be closed before the file is removed.
    file: Option<File>,
    /// This call made the lock file, and no card stands beside it yet: it goes with the lock.
    is_new: bool,
}

impl Lock {
    /// Locks the lock file at `path`, made if it is not there, for the card that the caller calls
    /// `card`.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::LockLost`] (it was exchanged meanwhile), [`Error::Io`].
    pub(crate) fn take(path: PathBuf, card: &Path) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true);
        #[cfg(windows)]
        {
            use std::os::windows::fs::OpenOptionsExt;
            options.share_mode(SHARE_READ_AND_WRITE);
        }
        let failed = |action, source| Error::Io { path: path.clone(), action, source };
        let (file, is_new) = match options.clone().create_new(true).open(&path) {
            Ok(file) => (file, true),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                // Made again if it was removed just now.
                let file = options.create(true).truncate(false).open(&path);
                (file.map_err(|source| failed("open", source))?, false)
            }
            Err(source) => return Err(failed("open", source)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: card.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed("lock", source)),
        }
        let lock = Self { path, file: Some(file), is_new };
        // Between opening and locking somebody may have exchanged it.
        lock.still_held()?;
        Ok(lock)
    }

    /// There is a card that it belongs to: from now on the lock file stays.
    pub(crate) const fn keep(&mut self) {
        self.is_new = false;
    }

    /// Is the file that is locked still the one of that name? Otherwise another program may hold a
    /// lock of the same name.
    #[cfg(unix)]
    pub(crate) fn still_held(&self) -> Result<(), Error> {
        use std::os::unix::fs::MetadataExt;
        let held = self.file.as_ref().and_then(|file| file.metadata().ok());
        let same = fs::metadata(&self.path)
            .ok()
            .zip(held)
            .is_some_and(|(named, held)| (named.dev(), named.ino()) == (held.dev(), held.ino()));
        if same { Ok(()) } else { Err(Error::LockLost { path: self.path.clone() }) }
    }

    /// On Windows the lock was opened so that nobody can exchange or remove it meanwhile.
    #[cfg(not(unix))]
    pub(crate) fn still_held(&self) -> Result<(), Error> {
        let held = self.file.as_ref().is_some_and(|file| file.metadata().is_ok());
        let named = fs::metadata(&self.path).is_ok();
        if held && named { Ok(()) } else { Err(Error::LockLost { path: self.path.clone() }) }
    }
}

impl Drop for Lock {
    /// Closing would release the lock only when nobody else has the file open, and a child process
    /// has, from its fork to its exec.
    fn drop(&mut self) {
        // While it is locked, so that nobody locks a file that is about to go.
        #[cfg(unix)]
        if self.is_new && self.still_held().is_ok() {
            let _ = fs::remove_file(&self.path);
        }
        if let Some(file) = self.file.take() {
            let _ = file.unlock();
        }
        // Whoever opened it meanwhile keeps it: then it cannot be removed.
        #[cfg(not(unix))]
        if self.is_new {
            let _ = fs::remove_file(&self.path);
        }
    }
}
