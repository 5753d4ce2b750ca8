//! COMPUTE DIGITAL SIGNATURE with a JPKI key (docs/card-facts.md §4.1).
//!
//! Ends in an [`UnverifiedSignature`]: this crate does not know whether the card signed what it
//! was given, and says so in the type. It never hashes and never pads.

use crate::counter::Reference;
use crate::error::{Error, Operation};
use crate::file::short_identifier;
use crate::institution::{InstitutionAuthenticated, InstitutionScheme};
use crate::read::refuses_short_identifier;
use crate::verify::Verified;
use core::fmt;
use kazasu_apdu::{Command, Event, Outgoing, Presence, Procedure, Status, Step};

/// Bytes of an RSA-2048 signature.
pub(crate) const SIGNATURE_LENGTH: usize = 256;
/// Most bytes that the card signs (docs/card-facts.md §4.1).
const INPUT_MAX: usize = 245;
/// DER of `DigestInfo { AlgorithmIdentifier { sha256, NULL }, OCTET STRING (32) }` up to the digest
/// (RFC 8017 section 9.2, note 1).
const DIGEST_INFO_SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The DigestInfo of a SHA-256 digest, 51 bytes: what [`Input::Verbatim`] takes for RSASSA-PKCS1-v1_5.
#[must_use]
pub fn digest_info_sha256(digest: &[u8; 32]) -> [u8; 51] {
    let mut info = [0; 51];
    for (to, from) in info.iter_mut().zip(DIGEST_INFO_SHA256.iter().chain(digest)) {
        *to = *from;
    }
    info
}

/// A signature key of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Key {
    /// 利用者証明用秘密鍵, for user authentication.
    Auth,
    /// 署名用秘密鍵, for digital signature.
    Sign,
}

impl Key {
    const fn file_identifier(self) -> u16 {
        match self {
            Self::Auth => 0x0017,
            Self::Sign => 0x001A,
        }
    }

    /// The PIN or password that opens it.
    #[must_use]
    pub const fn reference(self) -> Reference {
        match self {
            Self::Auth => Reference::Auth,
            Self::Sign => Reference::Sign,
        }
    }
}

/// What the card is to sign, and how: P1 of the command. All but `Verbatim` rest on one lineage
/// of sources.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// P1 = 00: 1 to 245 bytes, padded by the card as PKCS#1 v1.5 type 01. Give a DigestInfo.
    Verbatim(&'a [u8]),
    /// P1 = 01: a message that the card hashes with SHA-256; the bare digest is padded.
    HashedBare(&'a [u8]),
    /// P1 = 02: a SHA-256 digest; the card makes the DigestInfo.
    Digest(&'a [u8; 32]),
    /// P1 = 03: a message that the card hashes with SHA-256 and puts in a DigestInfo.
    Hashed(&'a [u8]),
    /// P1 = 04: a SHA-256 digest, signed as RSASSA-PSS.
    DigestPss(&'a [u8; 32]),
    /// P1 = 05: a message that the card hashes with SHA-256 and signs as RSASSA-PSS.
    HashedPss(&'a [u8]),
}

impl Input<'_> {
    /// P1 of the command.
    #[must_use]
    pub const fn p1(&self) -> u8 {
        match self {
            Self::Verbatim(_) => 0x00,
            Self::HashedBare(_) => 0x01,
            Self::Digest(_) => 0x02,
            Self::Hashed(_) => 0x03,
            Self::DigestPss(_) => 0x04,
            Self::HashedPss(_) => 0x05,
        }
    }

    const fn check(&self) -> Result<(), InputError> {
        match self.bytes().len() {
            1..=INPUT_MAX => Ok(()),
            length => Err(InputError::Length { length }),
        }
    }

    const fn bytes(&self) -> &[u8] {
        match self {
            Self::Verbatim(bytes)
            | Self::HashedBare(bytes)
            | Self::Hashed(bytes)
            | Self::HashedPss(bytes) => bytes,
            Self::Digest(digest) | Self::DigestPss(digest) => digest.as_slice(),
        }
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input(P1 {:02X}, {} bytes)", self.p1(), self.bytes().len())
    }
}

/// Why an input cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InputError {
    /// Not 1 to 245 bytes.
    Length {
        /// Bytes given.
        length: usize,
    },
    /// What was verified does not open this key.
    WrongReference,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { length } => {
                write!(f, "the card signs 1 to {INPUT_MAX} bytes, not {length}; hash first")
            }
            Self::WrongReference => {
                f.write_str("what was verified does not open this key; verify its own PIN")
            }
        }
    }
}

impl core::error::Error for InputError {}

/// What opened a key of 公的個人認証AP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum KeyUse {
    /// 特定機関認証, without a PIN.
    Institution,
    /// Its PIN or password.
    Pin,
    /// A stand-in for 特定機関認証, which virtual cards take: a simulation.
    StandIn,
}

impl KeyUse {
    /// Its name, for machines: `institution`, `pin`, `stand-in`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Pin => "pin",
            Self::StandIn => "stand-in",
        }
    }
}

/// A signature as the card gave it. Nobody has checked it yet: `kazasu-pki` does, with the
/// certificate, and only what it returns is a signature.
///
/// ```compile_fail,E0451
/// use kazasu_mynacard::UnverifiedSignature;
///
/// fn invented(other: UnverifiedSignature) -> UnverifiedSignature {
///     UnverifiedSignature { bytes: [0; 256], ..other }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedSignature {
    key: Key,
    key_use: KeyUse,
    p1: u8,
    bytes: [u8; SIGNATURE_LENGTH],
}

impl UnverifiedSignature {
    /// The key that was asked.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// What opened the key.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// P1 of the command: the scheme that was asked for.
    #[must_use]
    pub const fn p1(&self) -> u8 {
        self.p1
    }

    /// The bytes, to be verified.
    #[must_use]
    pub const fn unverified_bytes(&self) -> &[u8; SIGNATURE_LENGTH] {
        &self.bytes
    }
}

impl fmt::Debug for UnverifiedSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedSignature({:?}, P1 {:02X})", self.key, self.p1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    SignShort(u8),
    Select,
    Sign,
}

/// Lets the card sign, after [`Verified`] or [`InstitutionAuthenticated`] showed that its key is open.
#[derive(Debug)]
pub struct Sign<'a> {
    key: Key,
    key_use: KeyUse,
    input: Input<'a>,
    presence: Presence,
    state: State,
}

impl<'a> Sign<'a> {
    /// Signs `input` with `key`.
    ///
    /// # Errors
    /// [`InputError`] when the input cannot be signed or `evidence` is for another key.
    pub fn new(key: Key, input: Input<'a>, evidence: &Verified) -> Result<Self, InputError> {
        input.check()?;
        if evidence.reference() != key.reference() {
            return Err(InputError::WrongReference);
        }
        Ok(Self::open(key, KeyUse::Pin, input, evidence.presence()))
    }

    /// Signs `input` with the 利用者証明用 key, without its PIN.
    ///
    /// # Errors
    /// [`InputError`] when the input cannot be signed.
    pub fn without_pin(
        input: Input<'a>,
        evidence: &InstitutionAuthenticated,
    ) -> Result<Self, InputError> {
        input.check()?;
        let key_use = match evidence.scheme() {
            InstitutionScheme::Certified => KeyUse::Institution,
            InstitutionScheme::StandIn => KeyUse::StandIn,
        };
        Ok(Self::open(Key::Auth, key_use, input, evidence.presence()))
    }

    const fn open(key: Key, key_use: KeyUse, input: Input<'a>, presence: Presence) -> Self {
        let state = match short_identifier(key.file_identifier()) {
            Some(short) => State::SignShort(short),
            None => State::Select,
        };
        Self { key, key_use, input, presence, state }
    }

    fn send_sign<T>(&self, p2: u8, outgoing: &mut Outgoing<'_>) -> Step<T> {
        let command = Command::new(0x80, 0x2A, self.input.p1(), p2);
        outgoing.send(&command.with_data(self.input.bytes()).with_le(SIGNATURE_LENGTH as u32))
    }

    fn send_select<T>(&mut self, outgoing: &mut Outgoing<'_>) -> Step<T> {
        self.state = State::Select;
        let identifier = self.key.file_identifier().to_be_bytes();
        outgoing.send(&Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(&identifier))
    }
}

impl Procedure for Sign<'_> {
    type Output = Result<UnverifiedSignature, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = match self.state {
            State::Select => Operation::SelectFile,
            State::SignShort(_) | State::Sign => Operation::Sign,
        };
        let response = match event {
            Event::Start if outgoing.presence() != self.presence => {
                return Step::Done(Err(Error::EvidenceExpired));
            }
            Event::Start => {
                return match self.state {
                    State::SignShort(short) => self.send_sign(0x80 | short, outgoing),
                    State::Select | State::Sign => self.send_select(outgoing),
                };
            }
            Event::Failed(fault) => return Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => response,
        };
        match (self.state, response.status) {
            (State::SignShort(_), status) if refuses_short_identifier(status) => {
                self.send_select(outgoing)
            }
            (State::Select, Status::OK) => {
                self.state = State::Sign;
                self.send_sign(0x80, outgoing)
            }
            (State::SignShort(_) | State::Sign, Status::OK) => {
                Step::Done(match <[u8; SIGNATURE_LENGTH]>::try_from(response.data) {
                    Ok(bytes) => {
                        let (key, key_use, p1) = (self.key, self.key_use, self.input.p1());
                        Ok(UnverifiedSignature { key, key_use, p1, bytes })
                    }
                    Err(_) => Err(Error::WrongSignatureLength { length: response.data.len() }),
                })
            }
            (_, status) => Step::Done(Err(Error::Status { operation, status })),
        }
    }
}
