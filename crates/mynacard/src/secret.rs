//! PINs and passwords as types: fixed size, wiped when dropped, checked before the card is touched.
//!
//! They never print, compare, clone or serialise their value:
//!
//! ```compile_fail,E0277
//! fn printed<T: core::fmt::Debug>() {}
//! printed::<kazasu_mynacard::Pin>();
//! ```
//!
//! ```compile_fail,E0277
//! fn printed<T: core::fmt::Debug>() {}
//! printed::<kazasu_mynacard::Password>();
//! ```
//!
//! ```compile_fail,E0277
//! fn printed<T: core::fmt::Debug>() {}
//! printed::<kazasu_mynacard::Secret<'static>>();
//! ```
//!
//! ```compile_fail,E0277
//! fn shown<T: core::fmt::Display>() {}
//! shown::<kazasu_mynacard::Pin>();
//! ```
//!
//! ```compile_fail,E0277
//! fn copied<T: Clone>() {}
//! copied::<kazasu_mynacard::Pin>();
//! ```
//!
//! ```compile_fail,E0277
//! fn compared<T: PartialEq>() {}
//! compared::<kazasu_mynacard::Password>();
//! ```

#[cfg(feature = "my-number")]
use crate::access::VerificationNumberA;
use crate::access::{BirthDateKey, VerificationNumberB};
use crate::counter::Reference;
use core::fmt;
use kazasu_apdu::{Command, PinEntry};
use zeroize::Zeroize;

/// Digits of every PIN (docs/card-facts.md §3).
const DIGITS: usize = 4;

/// A PIN of four digits (4桁の暗証番号): 利用者証明用, 券面事項入力補助用, 住民基本台帳用.
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub struct Pin([u8; DIGITS]);

impl Pin {
    /// Takes four ASCII digits. The caller's own copy is the caller's to wipe.
    ///
    /// # Errors
    /// [`PinError`] when it is not four ASCII digits.
    pub fn new(digits: &[u8]) -> Result<Self, PinError> {
        let Ok(digits) = <[u8; DIGITS]>::try_from(digits) else {
            return Err(PinError::WrongLength);
        };
        let mut pin = Self(digits);
        if pin.0.iter().all(u8::is_ascii_digit) {
            Ok(pin)
        } else {
            pin.0.zeroize();
            Err(PinError::NotDigits)
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The password of the signature key (署名用パスワード): 6 to 16 characters, A–Z and 0–9, at least one
/// letter and one digit (docs/card-facts.md §3).
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub struct Password(heapless::Vec<u8, 16>);

impl Password {
    /// Takes the characters. The caller's own copy is the caller's to wipe.
    ///
    /// # Errors
    /// [`PasswordError`] when they are no such password.
    pub fn new(characters: &[u8]) -> Result<Self, PasswordError> {
        if !(6..=16).contains(&characters.len()) {
            return Err(PasswordError::WrongLength);
        }
        if characters.iter().any(u8::is_ascii_lowercase) {
            return Err(PasswordError::LowerCase);
        }
        if !characters.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
            return Err(PasswordError::WrongCharacter);
        }
        if !characters.iter().any(u8::is_ascii_digit)
            || !characters.iter().any(u8::is_ascii_uppercase)
        {
            return Err(PasswordError::OneKindOnly);
        }
        let mut password = Self(heapless::Vec::new());
        match password.0.extend_from_slice(characters) {
            Ok(()) => Ok(password),
            Err(_) => Err(PasswordError::WrongLength),
        }
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A secret of any kind, borrowed for one command.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
#[non_exhaustive]
pub enum Secret<'a> {
    /// The birth date as a key, six digits.
    BirthDate(&'a BirthDateKey),
    /// 照合番号A, twelve digits: the individual number.
    #[cfg(feature = "my-number")]
    NumberA(&'a VerificationNumberA),
    /// 照合番号B, fourteen digits.
    NumberB(&'a VerificationNumberB),
    /// Four digits.
    Pin(&'a Pin),
    /// Six to sixteen characters.
    Password(&'a Password),
    /// Four digits that the holder types at a reader with a PIN pad; they never enter the host.
    OnPinPad,
}

impl<'a> Secret<'a> {
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Self::BirthDate(key) => key.bytes(),
            #[cfg(feature = "my-number")]
            Self::NumberA(number) => number.bytes(),
            Self::NumberB(number) => number.bytes(),
            Self::Pin(pin) => &pin.0,
            Self::Password(password) => &password.0,
            // Room for the digits; the reader puts them there.
            Self::OnPinPad => &[0; DIGITS],
        }
    }

    /// Is it of the kind that this reference takes? A PIN pad has no letters, and is asked for four
    /// digits, so it takes a PIN.
    pub(crate) const fn fits(self, reference: Reference) -> bool {
        match reference {
            Reference::Auth | Reference::BasicResident | Reference::Common | Reference::Text => {
                matches!(self, Self::Pin(_) | Self::OnPinPad)
            }
            Reference::BirthDate => matches!(self, Self::BirthDate(_)),
            #[cfg(feature = "my-number")]
            Reference::CardFaceNumberA | Reference::InputSupportNumberA => {
                matches!(self, Self::NumberA(_))
            }
            Reference::CardFaceNumberB | Reference::InputSupportNumberB => {
                matches!(self, Self::NumberB(_))
            }
            Reference::Sign => matches!(self, Self::Password(_)),
        }
    }

    /// `command` with this secret, as the valid one.
    pub(crate) fn present(self, command: Command<'a>) -> Command<'a> {
        let command = command.with_data(self.bytes()).once().secret();
        match self {
            Self::OnPinPad => command.with_pin_entry(PinEntry::Current { digits: DIGITS as u8 }),
            _ => command,
        }
    }

    /// `command` with this secret, as the new one.
    pub(crate) fn set(self, command: Command<'a>) -> Command<'a> {
        let command = command.with_data(self.bytes()).once().secret();
        match self {
            Self::OnPinPad => command.with_pin_entry(PinEntry::New { digits: DIGITS as u8 }),
            _ => command,
        }
    }
}

impl<'a> From<&'a Pin> for Secret<'a> {
    fn from(pin: &'a Pin) -> Self {
        Self::Pin(pin)
    }
}

impl<'a> From<&'a Password> for Secret<'a> {
    fn from(password: &'a Password) -> Self {
        Self::Password(password)
    }
}

impl<'a> From<&'a BirthDateKey> for Secret<'a> {
    fn from(key: &'a BirthDateKey) -> Self {
        Self::BirthDate(key)
    }
}

#[cfg(feature = "my-number")]
impl<'a> From<&'a VerificationNumberA> for Secret<'a> {
    fn from(number: &'a VerificationNumberA) -> Self {
        Self::NumberA(number)
    }
}

impl<'a> From<&'a VerificationNumberB> for Secret<'a> {
    fn from(number: &'a VerificationNumberB) -> Self {
        Self::NumberB(number)
    }
}

/// Why characters are no PIN. They are not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PinError {
    /// Something else than digits.
    NotDigits,
    /// Not four.
    WrongLength,
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDigits => "the PIN has four digits 0-9 and nothing else; no try was used",
            Self::WrongLength => "the PIN has four digits; no try was used",
        })
    }
}

impl core::error::Error for PinError {}

/// Why characters are no password. They are not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PasswordError {
    /// Small letters.
    LowerCase,
    /// Letters only or digits only.
    OneKindOnly,
    /// Something else than A–Z and 0–9.
    WrongCharacter,
    /// Not 6 to 16.
    WrongLength,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowerCase => "the password has capital letters only; no try was used",
            Self::OneKindOnly => "the password has a letter and a digit at least; no try was used",
            Self::WrongCharacter => "the password has letters A-Z and digits; no try was used",
            Self::WrongLength => "the password has 6 to 16 characters; no try was used",
        })
    }
}

impl core::error::Error for PasswordError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_digits() {
        assert!(Pin::new(b"0000").is_ok());
        for (digits, error) in [
            (&b""[..], PinError::WrongLength),
            (b"123", PinError::WrongLength),
            (b"12345", PinError::WrongLength),
            (b"12 4", PinError::NotDigits),
            ("１2".as_bytes(), PinError::NotDigits),
        ] {
            assert_eq!(Pin::new(digits).err(), Some(error));
        }
    }

    #[test]
    fn a_password_has_both_kinds_of_character() {
        assert!(Password::new(b"ABC123").is_ok());
        assert!(Password::new(b"ABCDEFGH12345678").is_ok());
        for (characters, error) in [
            (&b"AB123"[..], PasswordError::WrongLength),
            (b"ABCDEFGH123456789", PasswordError::WrongLength),
            (b"ABCDEF", PasswordError::OneKindOnly),
            (b"123456", PasswordError::OneKindOnly),
            (b"abc123", PasswordError::LowerCase),
            (b"ABC-123", PasswordError::WrongCharacter),
        ] {
            assert_eq!(Password::new(characters).err(), Some(error));
        }
    }
}
