//! What carries the JPKI application: EF 0006, token information, and EF 0008, which certificates
//! are there (docs/card-facts.md §2.2).
//!
//! Tells kinds apart by the label. The layout beyond the label rests on one source, so nothing in
//! a check-in depends on it.

use core::fmt;

/// What holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Token {
    /// スマホ用電子証明書搭載サービス, Android: label `JPKIAPGPSETOKEN`.
    Android,
    /// 住民基本台帳カード: label `JPKIAPICCTOKEN`.
    BasicResidentCard,
    /// iPhone: label `JPKIAPIOSTOKEN` (one source).
    Iphone,
    /// マイナンバーカード: label `JPKIAPICCTOKEN2`.
    MyNumberCard,
    /// A label that is not known.
    Other,
}

impl Token {
    const ALL: [Self; 5] =
        [Self::Android, Self::BasicResidentCard, Self::Iphone, Self::MyNumberCard, Self::Other];

    /// Its name, for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::BasicResidentCard => "basic_resident_card",
            Self::Iphone => "iphone",
            Self::MyNumberCard => "my_number_card",
            Self::Other => "other",
        }
    }

    /// The one with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|token| token.as_str() == name)
    }

    /// Is it a phone? There is no grace after expiry for those.
    #[must_use]
    pub const fn is_phone(self) -> bool {
        matches!(self, Self::Android | Self::Iphone)
    }
}

/// Token information, 160 bytes: label 32, manufacturer 32, model 16, serial 16, then numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenInformation<'a> {
    label: &'a [u8],
    manufacturer: &'a [u8],
    model: &'a [u8],
    serial: &'a [u8],
}

impl<'a> TokenInformation<'a> {
    /// Reads it. `None` when there are not 160 bytes.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let bytes: &[u8; 160] = bytes.try_into().ok()?;
        let (label, rest) = bytes.split_first_chunk::<32>()?;
        let (manufacturer, rest) = rest.split_first_chunk::<32>()?;
        let (model, rest) = rest.split_first_chunk::<16>()?;
        let (serial, _) = rest.split_first_chunk::<16>()?;
        Some(Self {
            label: trim(label),
            manufacturer: trim(manufacturer),
            model: trim(model),
            serial: trim(serial),
        })
    }

    /// What holds the keys, by the label. Sources differ about its padding, so both are trimmed.
    #[must_use]
    pub fn token(&self) -> Token {
        match self.label {
            b"JPKIAPICCTOKEN2" => Token::MyNumberCard,
            b"JPKIAPICCTOKEN" => Token::BasicResidentCard,
            b"JPKIAPGPSETOKEN" => Token::Android,
            b"JPKIAPIOSTOKEN" => Token::Iphone,
            _ => Token::Other,
        }
    }

    /// The label, without padding.
    #[must_use]
    pub const fn label(&self) -> &'a [u8] {
        self.label
    }

    /// The manufacturer, without padding.
    #[must_use]
    pub const fn manufacturer(&self) -> &'a [u8] {
        self.manufacturer
    }

    /// The model, without padding.
    #[must_use]
    pub const fn model(&self) -> &'a [u8] {
        self.model
    }

    /// The serial number, without padding. It may tell one card from all others: personal.
    #[must_use]
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }
}

impl fmt::Debug for TokenInformation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenInformation({:?})", self.token())
    }
}

/// Takes the padding off the end: NUL and space.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., 0x00 | 0x20] = bytes {
        bytes = rest;
    }
    bytes
}

/// Which certificates are on the card: EF 0008. `8F` says present; the meaning of the file rests on
/// one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Availability {
    /// 署名用電子証明書.
    pub sign: bool,
    /// 利用者証明用電子証明書.
    pub auth: bool,
}

impl Availability {
    /// Reads it. `None` when there are not 3 bytes.
    #[must_use]
    pub const fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [sign, auth, _] => Some(Self { sign: *sign == 0x8F, auth: *auth == 0x8F }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_what_holds_the_keys() {
        for (label, token) in [
            ("JPKIAPICCTOKEN2", Token::MyNumberCard),
            ("JPKIAPICCTOKEN", Token::BasicResidentCard),
            ("JPKIAPGPSETOKEN", Token::Android),
            ("JPKIAPIOSTOKEN", Token::Iphone),
            ("JPKIAPICCTOKEN3", Token::Other),
        ] {
            for padding in [0x00, 0x20] {
                let mut bytes = [padding; 160];
                bytes[..label.len()].copy_from_slice(label.as_bytes());
                let information = TokenInformation::parse(&bytes).unwrap();
                assert_eq!(information.token(), token);
                assert_eq!(information.label(), label.as_bytes());
            }
        }
        assert_eq!(TokenInformation::parse(&[0; 159]), None);
    }

    #[test]
    fn a_name_is_read_back_and_no_other_is() {
        for token in Token::ALL {
            assert_eq!(Token::from_name(token.as_str()), Some(token));
        }
        assert_eq!(Token::from_name("My_Number_Card"), None);
    }

    #[test]
    fn availability_is_a_byte_each() {
        let both = Availability { sign: true, auth: true };
        assert_eq!(Availability::parse(&[0x8F, 0x8F, 0x00]), Some(both));
        let auth = Availability { sign: false, auth: true };
        assert_eq!(Availability::parse(&[0x00, 0x8F, 0x00]), Some(auth));
        assert_eq!(Availability::parse(&[0x8F, 0x8F]), None);
    }
}
