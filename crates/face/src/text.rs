//! Short texts of a fixed capacity: what a vendor says of her matcher, and what staff record. Never a
//! control character, so that no text breaks a line of a log.

use core::fmt;
use zeroize::Zeroize;

/// At most `N` bytes of UTF-8 without control characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    /// Takes over a text.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.len() > N {
            return Err(TextError::TooLong { most: N });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::ControlCharacter);
        }
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { bytes, length: text.len() })
    }

    /// As much of a text of this crate's own as there is room for.
    #[cfg(feature = "demonstration")]
    pub(crate) fn cut(text: &str) -> Self {
        let text = text.get(..N).unwrap_or(text);
        Self::new(text).unwrap_or(Self { bytes: [0; N], length: 0 })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.bytes.get(..self.length).unwrap_or_default()).unwrap_or_default()
    }

    /// Is there no text?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn wipe(&mut self) {
        self.bytes.zeroize();
        self.length = 0;
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Text<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

/// Why a text was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TextError {
    /// It has a control character.
    ControlCharacter,
    /// It is empty and must not be.
    Empty,
    /// It has more bytes than there is room for.
    TooLong {
        /// Most bytes that are taken.
        most: usize,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacter => f.write_str("the text has a control character; leave it out"),
            Self::Empty => f.write_str("the text is empty; give one"),
            Self::TooLong { most } => write!(f, "the text is too long; {most} bytes are taken"),
        }
    }
}

impl core::error::Error for TextError {}

/// Texts about a person: shown on purpose only, never by `Debug`, wiped when dropped.
macro_rules! personal {
    ($($(#[$doc:meta])* $name:ident: $most:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name(Text<$most>);

        impl $name {
            /// Takes over a text that is not empty.
            ///
            /// # Errors
            /// [`TextError`].
            pub fn new(text: &str) -> Result<Self, TextError> {
                if text.is_empty() { Err(TextError::Empty) } else { Text::new(text).map(Self) }
            }

            /// The text, for the record that the law asks for and for no log.
            #[must_use]
            pub fn reveal(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $name {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}", concat!(stringify!($name), "(***)"));
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.wipe();
            }
        }
    )*};
}

personal! {
    /// Who of the staff answers for a visual check: an identifier, at most 32 bytes.
    Operator: 32;
    /// Why the visual check was chosen, in the words of staff: at most 64 bytes.
    Reason: 64;
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;

    #[test]
    fn texts_are_short_and_on_one_line() {
        assert_eq!(Text::<4>::new("目").unwrap().as_str(), "目");
        assert_eq!(Text::<4>::new("12345").err(), Some(TextError::TooLong { most: 4 }));
        assert_eq!(Text::<4>::new("a\nb").err(), Some(TextError::ControlCharacter));
        assert_eq!(Operator::new("").err(), Some(TextError::Empty));
    }

    #[test]
    fn debug_tells_nothing_of_staff() {
        let (operator, reason) = (Operator::new("C-17").unwrap(), Reason::new("mask").unwrap());
        assert_eq!(format!("{operator:?} {reason:?}"), "Operator(***) Reason(***)");
        assert_eq!((operator.reveal(), reason.reveal()), ("C-17", "mask"));
    }

    #[test]
    fn what_is_dropped_is_wiped_first() {
        let mut text = Text::<8>::new("C-17").unwrap();
        text.wipe();
        assert_eq!((text.bytes, text.length), ([0; 8], 0));
    }
}
