//! The names of keys in card-verifiable certificates (証明者鍵ID, 被証明者鍵ID). Never decides whom to
//! trust: that is done by comparing all sixteen octets.

use core::fmt;

/// The identifier of a key, 16 octets.
///
/// Two are the same when all octets are. Every one that was seen is made of the same parts
/// (`docs/card-facts.md` §4.3): seven digits, `08 05`, three digits, three octets `00`, and one more.
/// What the parts mean is not published, so an identifier of another form is no error.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyIdentifier([u8; 16]);

/// What stands between the digits.
const SEPARATOR: [u8; 2] = [0x08, 0x05];

impl KeyIdentifier {
    /// The identifier with these octets.
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// All of its octets.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The seven digits at its start: for an authority, which one it is (`5000023`). `None` when the
    /// identifier is not of the form that was seen.
    pub fn number(&self) -> Option<&str> {
        self.parts().map(|(number, _, _)| number)
    }

    /// The three digits in its middle (`001`, `000`). `None` as for [`KeyIdentifier::number`].
    pub fn version(&self) -> Option<&str> {
        self.parts().map(|(_, version, _)| version)
    }

    /// Its last octet. `None` as for [`KeyIdentifier::number`].
    pub fn suffix(&self) -> Option<u8> {
        self.parts().map(|(_, _, suffix)| suffix)
    }

    fn parts(&self) -> Option<(&str, &str, u8)> {
        let (number, rest) = self.0.split_first_chunk::<7>()?;
        let (separator, rest) = rest.split_first_chunk::<2>()?;
        let (version, rest) = rest.split_first_chunk::<3>()?;
        match rest {
            [0, 0, 0, suffix] if *separator == SEPARATOR => {
                Some((digits(number)?, digits(version)?, *suffix))
            }
            _ => None,
        }
    }
}

fn digits(octets: &[u8]) -> Option<&str> {
    let all = octets.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(octets).ok().filter(|_| all)
}

impl fmt::Debug for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyIdentifier({:02X?})", self.0)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for KeyIdentifier {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "KeyIdentifier({=[u8]:02X})", self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_only_for_the_form_that_was_seen() {
        let octets = *b"5000020\x08\x05001\x00\x00\x00\xA8";
        let identifier = KeyIdentifier::new(octets);
        assert_eq!(identifier.number(), Some("5000020"));
        assert_eq!(identifier.version(), Some("001"));
        assert_eq!(identifier.suffix(), Some(0xA8));
        for (place, octet) in [(0, b'a'), (6, 0), (7, 9), (8, 0), (9, b'x'), (12, 1), (14, 1)] {
            let mut other = octets;
            other[place] = octet;
            let other = KeyIdentifier::new(other);
            assert_eq!((other.number(), other.version(), other.suffix()), (None, None, None));
        }
    }
}
