//! A few octets that were gathered from a stream.

#[derive(Clone)]
pub(super) struct Part<const N: usize> {
    octets: [u8; N],
    length: usize,
}

impl<const N: usize> Part<N> {
    pub(super) const fn new() -> Self {
        Self { octets: [0; N], length: 0 }
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    pub(super) const fn clear(&mut self) {
        self.length = 0;
    }

    /// Appends them all, or nothing when there is no room.
    pub(super) fn push(&mut self, more: &[u8]) -> Option<()> {
        let room = self.octets.get_mut(self.length..)?;
        let (target, _) = room.split_at_mut_checked(more.len())?;
        for (octet, source) in target.iter_mut().zip(more) {
            *octet = *source;
        }
        self.length = self.length.saturating_add(more.len());
        Some(())
    }
}
