//! Values that no signature covers. Never made out of a value that one does cover.

use core::fmt;

/// A value that stands on the card and that **no signature covers**: whoever copied or altered the
/// card chose it. Good for showing to somebody, for asking back, or for trying a code; no evidence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Unsigned<T>(T);

impl<T> Unsigned<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, which nobody vouches for.
    pub fn unsigned(self) -> T {
        self.0
    }

    /// The value by reference, which nobody vouches for.
    pub const fn as_unsigned(&self) -> &T {
        &self.0
    }
}

/// Without the value.
impl<T> fmt::Debug for Unsigned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsigned(***)")
    }
}

#[cfg(feature = "defmt")]
impl<T> defmt::Format for Unsigned<T> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Unsigned(***)");
    }
}
