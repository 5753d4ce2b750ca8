//! The elementary files of the JPKI application (docs/card-facts.md §2.2).
//!
//! Holds identifiers only. What a file means is for whoever reads it.

use crate::application::Application;
use crate::read::Extent;
use kazasu_tlv::{Tag, tags};

/// An elementary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct File {
    /// The application it is in; that must be the selected one.
    pub application: Application,
    /// File identifier, two bytes.
    pub identifier: u16,
    /// How its length is known.
    pub extent: Extent,
}

impl File {
    /// 利用者証明用電子証明書, the certificate for user authentication. Free to read on the card;
    /// on an Android token only after the PIN.
    pub const AUTH_CERTIFICATE: Self = Self::certificate(0x000A);
    /// 利用者証明用認証局の証明書, the certificate of its certification authority. Free to read.
    pub const AUTH_CA_CERTIFICATE: Self = Self::certificate(0x000B);
    /// 署名用電子証明書, the certificate for digital signature, with the four attributes. Only after
    /// the password.
    pub const SIGN_CERTIFICATE: Self = Self::certificate(0x0001);
    /// 署名用認証局の証明書, the certificate of its certification authority. Free to read.
    pub const SIGN_CA_CERTIFICATE: Self = Self::certificate(0x0002);
    /// Token information: a PKCS#11 CK_TOKEN_INFO image of 160 bytes. Free to read.
    pub const TOKEN_INFORMATION: Self = Self::fixed(0x0006, 160);
    /// Which certificates the card holds, 3 bytes. Free to read.
    pub const CERTIFICATE_AVAILABILITY: Self = Self::fixed(0x0008, 3);

    const fn certificate(identifier: u16) -> Self {
        // X.690: a certificate is a SEQUENCE.
        Self { application: Application::Jpki, identifier, extent: Extent::Object(SEQUENCE) }
    }

    const fn fixed(identifier: u16, length: usize) -> Self {
        Self { application: Application::Jpki, identifier, extent: Extent::Fixed(length) }
    }

    /// The short identifier (SFI): the low five bits, when the file has one (0001 to 001E).
    #[must_use]
    pub const fn short_identifier(self) -> Option<u8> {
        short_identifier(self.identifier)
    }
}

const SEQUENCE: Tag = tags::SEQUENCE;

/// The SFI of an EF identifier 0001 to 001E (docs/card-facts.md §1.3).
pub(crate) const fn short_identifier(identifier: u16) -> Option<u8> {
    match identifier {
        0x0001..=0x001E => Some(identifier.to_be_bytes()[1]),
        _ => None,
    }
}
