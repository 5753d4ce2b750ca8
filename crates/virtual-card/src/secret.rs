//! A PIN, a password or a reference number as the card holds it: zeroed when dropped, never printed,
//! compared without an early end. The card file writes it in clear, because the card is a test card.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// ASCII characters that open something. `Debug` prints none of them.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Longest secret of the card, in bytes (署名用パスワード, `docs/card-facts.md` §3).
    pub const MAX: usize = 16;

    /// These characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// From the data field of a command; `None` when it is not 1 to 16 bytes of ASCII.
    pub(crate) fn from_command(data: &[u8]) -> Option<Self> {
        let text = str::from_utf8(data).ok()?;
        (text.is_ascii() && (1..=Self::MAX).contains(&text.len())).then(|| Self::new(text))
    }

    /// Is this what was presented? Looks at every byte.
    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differing =
            own.iter().zip(presented).fold(0, |sum, (left, right)| sum | (left ^ right));
        own.len() == presented.len() && differing == 0
    }

    /// The characters. For the program that shows its user the PIN of a card it has just invented.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A PIN: `digits` decimal digits.
    pub(crate) fn is_digits(&self, digits: usize) -> bool {
        self.0.len() == digits && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// 署名用パスワード: 6 to 16 of A–Z and 0–9 with at least one of each
    /// (CONFIRMED, `docs/card-facts.md` §3).
    pub(crate) fn is_sign_password(&self) -> bool {
        let bytes = self.0.as_bytes();
        (6..=Self::MAX).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && bytes.iter().any(u8::is_ascii_uppercase)
            && bytes.iter().any(u8::is_ascii_digit)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_whole_and_never_printed() {
        let secret = Secret::new("AB1234");
        assert!(secret.is(b"AB1234"));
        for other in [&b"AB1235"[..], b"AB123", b"AB12345", b"", b"ab1234"] {
            assert!(!secret.is(other));
        }
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn the_alphabets_are_those_of_the_card() {
        assert!(Secret::new("ABC123").is_sign_password());
        for wrong in ["ABC12", "ABCDEF", "123456", "abc123", "ABC-12", "ABCDEFGHIJKLMNOP1"] {
            assert!(!Secret::new(wrong).is_sign_password(), "{wrong}");
        }
        assert!(Secret::new("0000").is_digits(4));
        assert!(!Secret::new("00a0").is_digits(4));
    }
}
