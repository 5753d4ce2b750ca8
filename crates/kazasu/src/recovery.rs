//! After a broken exchange: how many tries are left? The counter is read again in the same
//! presence, or after a reconnect when the certificate read again is byte-identical; otherwise it
//! stays unknown, because it may be another card's.

use kazasu_apdu::{Presence, Session, Transport};
use kazasu_mynacard::{
    Application, File, ReadFile, ReadTries, Reference, SelectApplication, Sink, SinkFull,
};

/// A sink that keeps nothing: it compares.
struct Compare<'c> {
    left: &'c [u8],
}

impl Sink for Compare<'_> {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        if total == self.left.len() { Ok(()) } else { Err(SinkFull) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        self.left = self.left.strip_prefix(bytes).ok_or(SinkFull)?;
        Ok(())
    }
}

/// Reads the counter again. `certificate` is what was read before the fault, from the file
/// `file`; it is empty when nothing free to read was, and then a reconnect does not help.
pub(crate) fn tries_left<T: Transport>(
    session: &mut Session<'_, T>,
    presence: Presence,
    reference: Reference,
    file: File,
    certificate: &[u8],
) -> Option<u8> {
    let same = session.channel().presence() == presence && session.channel().ended().is_none();
    if !same {
        if certificate.is_empty() {
            return None;
        }
        session.reconnect().ok()?;
        session.run(&mut SelectApplication::new(Application::Jpki)).ok()?;
        let mut read = ReadFile::new(file, Compare { left: certificate });
        session.run(&mut read).ok()?;
        if !read.into_sink().left.is_empty() {
            return None;
        }
    }
    let tries = session.run(&mut ReadTries::new(reference)).ok()?;
    Some(tries.counter().left())
}
