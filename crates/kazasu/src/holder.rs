//! The holder, as the flows meet them: someone who can give a PIN, confirm the last try, and see
//! how far things are. The flows never keep what the holder gave.

use core::fmt;
use kazasu_mynacard::{BirthDateKey, Password, Pin, Reference, Secret, VerificationNumberB};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Request {
    /// Which PIN or password.
    pub reference: Reference,
    /// Tries left before this one, at least 1.
    pub tries_left: u8,
}

/// A PIN, a password or an access code that the flow may use once. It is wiped when dropped.
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub enum OwnedSecret {
    /// The birth date as a key, six digits.
    BirthDate(BirthDateKey),
    /// 照合番号B, fourteen digits.
    NumberB(VerificationNumberB),
    /// The holder types the PIN at a reader with a PIN pad. There is one when the link's
    /// [`kazasu_apdu::Capabilities::pin_pad`] says so.
    OnPinPad,
    /// Six to sixteen characters.
    Password(Password),
    /// Four digits.
    Pin(Pin),
}

impl OwnedSecret {
    /// Borrowed for one command.
    #[must_use]
    pub fn borrow(&self) -> Secret<'_> {
        match self {
            Self::BirthDate(key) => key.into(),
            Self::NumberB(number) => number.into(),
            Self::OnPinPad => Secret::OnPinPad,
            Self::Password(password) => password.into(),
            Self::Pin(pin) => pin.into(),
        }
    }
}

impl From<Pin> for OwnedSecret {
    fn from(pin: Pin) -> Self {
        Self::Pin(pin)
    }
}

impl From<Password> for OwnedSecret {
    fn from(password: Password) -> Self {
        Self::Password(password)
    }
}

impl From<BirthDateKey> for OwnedSecret {
    fn from(key: BirthDateKey) -> Self {
        Self::BirthDate(key)
    }
}

impl From<VerificationNumberB> for OwnedSecret {
    fn from(number: VerificationNumberB) -> Self {
        Self::NumberB(number)
    }
}

/// Why no PIN and no access code was given. Nothing was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Declined {
    /// The holder or staff gave up.
    Cancelled,
    /// Nothing was entered in time.
    TimedOut,
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "cancelled before anything was given; no try was used",
            Self::TimedOut => "nothing was given in time; no try was used",
        })
    }
}

impl core::error::Error for Declined {}

/// A step that has ended well, for progress on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Stage {
    /// The application was selected.
    Selected,
    /// The certificate was read.
    CertificateRead,
    /// The certificate was accepted.
    CertificateJudged,
    /// The tries left were read.
    TriesRead,
    /// The card took the PIN or the access code.
    PinVerified,
    /// The card accepted an institution, so that its key is open without a PIN.
    InstitutionAuthenticated,
    /// A record with personal data was read.
    RecordRead,
    /// The record's signature was verified.
    RecordVerified,
    /// The card signed.
    Signed,
    /// The signature was verified.
    SignatureVerified,
}

/// Who answers for the holder.
pub trait Holder {
    /// Gives the secret that is asked for. Called at most once in a job, and never when the
    /// certificate is known to be refused.
    ///
    /// # Errors
    /// [`Declined`] when none is given.
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined>;

    /// Only the last tries are left: may one be used? Called before the secret is asked for.
    fn confirm_last_try(&mut self, request: Request) -> bool {
        let _ = request;
        false
    }

    /// A step has ended well.
    fn stage(&mut self, stage: Stage) {
        let _ = stage;
    }
}

/// A holder whose PIN is already there. Never confirms the last try unless told.
#[allow(missing_debug_implementations, reason = "holds a secret")]
pub struct PinHolder {
    secret: Option<OwnedSecret>,
    confirm: bool,
}

impl PinHolder {
    /// With this PIN or password.
    pub fn new(secret: impl Into<OwnedSecret>) -> Self {
        Self { secret: Some(secret.into()), confirm: false }
    }

    /// The holder was told that it is the last try and confirmed.
    #[must_use]
    pub const fn confirming_last_try(mut self) -> Self {
        self.confirm = true;
        self
    }
}

impl Holder for PinHolder {
    fn secret(&mut self, _: Request) -> Result<OwnedSecret, Declined> {
        self.secret.take().ok_or(Declined::Cancelled)
    }

    fn confirm_last_try(&mut self, _: Request) -> bool {
        self.confirm
    }
}
