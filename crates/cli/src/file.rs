//! Files in and out. What is written appears whole or not at all.

use crate::exit::Error;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Largest file that is taken into memory: certificates, signatures, evidence.
const SMALL: u64 = 1 << 20;

/// Reads a small file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SMALL + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::file(path, format_args!("cannot be read: {error}")))?;
    if bytes.len() as u64 > SMALL {
        return Err(Error::file(path, "is larger than 1 MiB, so it is the wrong file"));
    }
    Ok(bytes)
}

/// SHA-256 of a file of any size.
pub(crate) fn sha256(path: &Path) -> Result<[u8; 32], Error> {
    let fail = |error| Error::file(path, format_args!("cannot be read: {error}"));
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
    temporary: PathBuf,
    file: Option<File>,
}

impl Output {
    /// Prepares to write `path`; what stands there stays until [`Output::write`].
    pub(crate) fn prepare(path: &Path) -> Result<Self, Error> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        if name.is_empty() || path.is_dir() {
            return Err(Error::file(path, "is not the name of a file"));
        }
        name.push(format!(".{}.new", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(|error| Error::file(path, format_args!("cannot be written: {error}")))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(file) })
    }

    /// Writes it whole.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        drop(file);
        written.and_then(|()| fs::rename(&self.temporary, &self.path)).map_err(|error| {
            let _ = fs::remove_file(&self.temporary);
            Error::file(&self.path, format_args!("cannot be written: {error}"))
        })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
