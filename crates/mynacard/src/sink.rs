//! Where a file goes while it is read: a sink that takes it chunk by chunk, in order.

use core::fmt;

/// Takes a file in order.
pub trait Sink {
    /// The file has `total` bytes; called once, before the first chunk.
    ///
    /// # Errors
    /// [`SinkFull`] when it will not fit; nothing more is read then.
    fn begin(&mut self, total: usize) -> Result<(), SinkFull>;

    /// The next bytes.
    ///
    /// # Errors
    /// [`SinkFull`] when they do not fit.
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull>;
}

/// The sink cannot hold the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SinkFull;

impl fmt::Display for SinkFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sink cannot hold the file")
    }
}

impl core::error::Error for SinkFull {}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        S::begin(self, total)
    }
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        S::write(self, bytes)
    }
}

/// A sink over a byte slice.
pub struct Buffer<'b> {
    bytes: &'b mut [u8],
    length: usize,
}

impl<'b> Buffer<'b> {
    /// An empty buffer over `bytes`.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// What has been written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// What has been written, for as long as the slice lives.
    #[must_use]
    pub fn into_written(self) -> &'b [u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for Buffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} of {} bytes)", self.length, self.bytes.len())
    }
}

impl Sink for Buffer<'_> {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        self.length = 0;
        if total > self.bytes.len() { Err(SinkFull) } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        let end = self.length.saturating_add(bytes.len());
        let room = self.bytes.get_mut(self.length..end).ok_or(SinkFull)?;
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.length = end;
        Ok(())
    }
}

impl<const N: usize> Sink for heapless::Vec<u8, N> {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        self.clear();
        if total > N { Err(SinkFull) } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        self.extend_from_slice(bytes).map_err(|_| SinkFull)
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    fn begin(&mut self, _: usize) -> Result<(), SinkFull> {
        self.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}
