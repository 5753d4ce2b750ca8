//! The work that both sides do, the card that they do it on, and what it cost.
//!
//! The card is the same bytes on every run: its seed and its dates are fixed, and so is the clock.

use kazasu::pki::{Time, sha256};
use kazasu::virtual_card::{Card, Date, Error, Issue, Link};
use kazasu_air::Steps;

/// The card's PIN. A virtual card's, and nobody's.
pub const PIN: &[u8; 4] = b"1234";

/// The card's PIN for input support (券面事項入力補助用). A virtual card's, and nobody's.
pub const INPUT_SUPPORT_PIN: &[u8; 4] = b"2345";

/// What is signed: 32 bytes, as a fresh nonce has them.
const NONCE: [u8; 32] = [0x5A; 32];

/// Any error of either side.
pub type AnyError = Box<dyn std::error::Error>;

/// What is done with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Read the 利用者証明用 certificate.
    Certificate,
    /// Present the PIN and sign once.
    Signature,
    /// Both, without selecting the application again.
    Both,
    /// Present the PIN for input support and read the four attributes (基本4情報), unverified.
    Attributes,
}

impl Work {
    /// All of it.
    pub const ALL: [Self; 4] = [Self::Certificate, Self::Signature, Self::Both, Self::Attributes];

    /// For the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "read the auth certificate",
            Self::Signature => "PIN and one signature",
            Self::Both => "both together",
            Self::Attributes => "PIN and four attributes",
        }
    }
}

/// What is true of extended length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The card takes it.
    Taken,
    /// The card refuses it, and nobody knows yet.
    Refused,
    /// The card refuses it, and the link declares so.
    Declared,
}

impl Situation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Taken, Self::Refused, Self::Declared];

    /// For the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Declared => "declared absent",
        }
    }

    /// A link to a new card.
    ///
    /// # Errors
    /// When the card cannot be issued.
    pub fn link(self) -> Result<Link, Error> {
        let mut issue = Issue::demonstration().seed(1);
        if let Some(issued) = Date::new(2026, 4, 1) {
            issue.issued = issued;
        }
        issue.settings.extended_length = self == Self::Taken;
        let link = Link::new(Card::issue(issue)?);
        Ok(match self {
            Self::Declared => link.declare_extended_length(Some(false)),
            Self::Taken | Self::Refused => link,
        })
    }
}

/// The clock of every run: 1 June 2026 in Japan, while the card is valid.
#[must_use]
pub const fn now() -> Time {
    Time::from_unix(1_780_239_600)
}

/// The nonce.
#[must_use]
pub const fn nonce() -> &'static [u8] {
    &NONCE
}

/// SHA-256 of the nonce, which is what the card signs.
#[must_use]
pub fn digest() -> [u8; 32] {
    sha256(&NONCE)
}

/// What went over the link, GET RESPONSE and repetitions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Commands.
    pub commands: usize,
    /// Bytes of the commands.
    pub sent: u64,
    /// Bytes of the answers, status words included.
    pub received: u64,
}

impl Cost {
    /// What the link has seen since it was made.
    #[must_use]
    pub const fn of(link: &Link) -> Self {
        Self { commands: link.commands(), sent: link.bytes_sent(), received: link.bytes_received() }
    }

    /// Is it no more than the other in any respect?
    #[must_use]
    pub const fn is_within(&self, other: &Self) -> bool {
        self.commands <= other.commands
            && self.sent <= other.sent
            && self.received <= other.received
    }
}

/// What came out of the work, and what it cost. Both sides must come out with the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The certificate, if it was read.
    pub certificate: Option<Vec<u8>>,
    /// The signature, if one was made.
    pub signature: Option<Vec<u8>>,
    /// Name, address and date of birth, if they were read.
    pub attributes: Option<[String; 3]>,
    /// The lengths of what went over the link.
    pub steps: Steps,
    /// The cost.
    pub cost: Cost,
}
