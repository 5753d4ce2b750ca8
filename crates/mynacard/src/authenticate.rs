//! The card's own keys outside JPKI (内部認証): a signature that asks for no PIN and shows that this card,
//! and no copy of its files, is there (docs/card-facts.md §4.2, §4.5).
//!
//! Ends in an [`UnverifiedAuthentication`]. Whether it proves anything is for `kazasu-pki`, with the
//! public key inside a record that was verified; and only if the challenge was new. This crate draws
//! no challenge and never hashes.

use crate::application::Application;
use crate::error::{Error, Operation};
use crate::sign::{SIGNATURE_LENGTH, digest_info_sha256};
use core::fmt;
use kazasu_apdu::{Command, Event, Outgoing, Procedure, Status, Step};

/// A key of the card that asks for no PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CardKey {
    /// That of 券面事項確認AP, EF 001A. Its public half is in the age record, the card face and the number
    /// picture.
    CardFace,
    /// That of 共通カードAP, EF 0019 (one source). Its public half is nowhere on the card, so that nobody
    /// but its issuer can verify it.
    Common,
    /// That of 券面事項入力補助AP, EF 0013. Its public half is in [`crate::File::SIGNING_KEY_RECORD`].
    InputSupport,
}

impl CardKey {
    /// The application that it belongs to, which must be the selected one.
    #[must_use]
    pub const fn application(self) -> Application {
        match self {
            Self::CardFace => Application::CardFace,
            Self::Common => Application::Common,
            Self::InputSupport => Application::InputSupport,
        }
    }
}

/// A signature over a challenge as the card gave it. Nobody has checked it yet, and a copied card
/// gives one too.
///
/// ```compile_fail,E0451
/// use kazasu_mynacard::UnverifiedAuthentication;
///
/// fn invented(other: UnverifiedAuthentication) -> UnverifiedAuthentication {
///     UnverifiedAuthentication { bytes: [0; 256], ..other }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedAuthentication {
    key: CardKey,
    bytes: [u8; SIGNATURE_LENGTH],
}

impl UnverifiedAuthentication {
    /// The key that was asked.
    #[must_use]
    pub const fn key(&self) -> CardKey {
        self.key
    }

    /// The bytes, to be verified: RSASSA-PKCS1-v1_5 with SHA-256.
    #[must_use]
    pub const fn unverified_bytes(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.bytes
    }
}

impl fmt::Debug for UnverifiedAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedAuthentication({:?})", self.key)
    }
}

/// Lets the card sign the SHA-256 digest of a challenge with the own key of the selected
/// application. One command; no PIN.
///
/// What the card signs: for [`CardKey::CardFace`] and [`CardKey::InputSupport`] the digest (`80 2A` with
/// its DigestInfo); for [`CardKey::Common`] the SHA-256 digest *of* it, because INTERNAL AUTHENTICATE
/// hashes what it is given.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticateCard<'a> {
    key: CardKey,
    digest: &'a [u8; 32],
}

impl<'a> AuthenticateCard<'a> {
    /// Signs `digest` with `key`. The digest must be of bytes that the caller has just drawn.
    #[must_use]
    pub const fn new(key: CardKey, digest: &'a [u8; 32]) -> Self {
        Self { key, digest }
    }

    const fn operation(&self) -> Operation {
        match self.key {
            CardKey::CardFace | CardKey::InputSupport => Operation::Sign,
            CardKey::Common => Operation::InternalAuthenticate,
        }
    }
}

impl Procedure for AuthenticateCard<'_> {
    type Output = Result<UnverifiedAuthentication, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = self.operation();
        let le = SIGNATURE_LENGTH as u32;
        let response = match event {
            Event::Start => {
                return match self.key {
                    // P2 = 00: the application's own key.
                    CardKey::CardFace | CardKey::InputSupport => {
                        let info = digest_info_sha256(self.digest);
                        let command = Command::new(0x80, 0x2A, 0x00, 0x00);
                        outgoing.send(&command.with_data(&info).with_le(le))
                    }
                    // The short identifier of EF 0019.
                    CardKey::Common => {
                        let command = Command::new(0x00, 0x88, 0x00, 0x99);
                        outgoing.send(&command.with_data(self.digest).with_le(le))
                    }
                };
            }
            Event::Failed(fault) => return Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => response,
        };
        Step::Done(match response.status {
            Status::OK => match <[u8; SIGNATURE_LENGTH]>::try_from(response.data) {
                Ok(bytes) => Ok(UnverifiedAuthentication { key: self.key, bytes }),
                Err(_) => Err(Error::WrongSignatureLength { length: response.data.len() }),
            },
            status => Err(Error::Status { operation, status }),
        })
    }
}
