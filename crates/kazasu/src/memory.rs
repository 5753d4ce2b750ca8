//! Memory for what is read off a card: given by the caller, overwritten when it is done with. Nothing
//! here ever writes to a disk.

use core::fmt;
use zeroize::Zeroize;

/// A slice that personal files are read into. What a flow gives borrows from it, so that nothing
/// outlives it; when it is dropped, all of it is overwritten.
///
/// ```
/// use kazasu::Memory;
///
/// let mut bytes = [0x5A; 4096];
/// drop(Memory::new(&mut bytes));
/// assert_eq!(bytes, [0; 4096]);
/// ```
pub struct Memory<'m>(&'m mut [u8]);

impl<'m> Memory<'m> {
    /// Over these bytes.
    #[must_use]
    pub const fn new(bytes: &'m mut [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there no room at all?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Overwrites all of it now.
    pub fn wipe(&mut self) {
        self.0.zeroize();
    }

    pub(crate) const fn bytes(&mut self) -> &mut [u8] {
        self.0
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} bytes)", self.len())
    }
}
