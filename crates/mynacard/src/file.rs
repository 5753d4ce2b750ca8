//! The elementary files of the card's applications that READ BINARY reads (docs/card-facts.md §2.2 to
//! §2.6). The record of 共通カードAP is [`crate::ReadCardInformation`]'s.
//!
//! Holds identifiers only. What a file means is for whoever reads it. Files of which only the
//! identifier is known are not here.

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

    /// 券面事項確認AP EF 0001, age record: birth date and the card's key, signed. After the birth-date key.
    pub const AGE_RECORD: Self = Self::face(0x0001, 0xFF10);
    /// 券面事項確認AP EF 0002, the card face: pictures, photo, birth date, sex and the card's key, signed;
    /// expiry and security code, which no signature covers. About 4 KB. After 照合番号B (or A).
    pub const CARD_FACE: Self = Self::face_after_stray(0x0002, 0xFF20);
    /// 券面事項確認AP EF 0003, its basic information, which no signature covers. Free to read.
    pub const CARD_FACE_INFORMATION: Self = Self::face(0x0003, 0xFF30);
    /// 券面事項確認AP EF 0004, the card-verifiable certificate of whoever signs its records. Free to read.
    pub const CARD_FACE_CERTIFICATE: Self = Self::face(0x0004, 0x7F21);
    /// 券面事項確認AP EF 0006: 16 bytes, all FF where it was seen; for what is not known. After 照合番号B (or A).
    pub const CARD_FACE_UNKNOWN_0006: Self = Self::of(Application::CardFace, 0x0006, 16);
    /// 券面事項確認AP EF 0005, the individual number as a picture, signed. After 照合番号A only.
    #[cfg(feature = "my-number")]
    pub const MY_NUMBER_PICTURE: Self = Self::face(0x0005, 0xFF40);
    /// 券面事項入力補助AP EF 0001, the individual number: 17 bytes, two of them filler that its digest in
    /// [`File::INTEGRITY_RECORD`] covers too. After the PIN or 照合番号A.
    #[cfg(feature = "my-number")]
    pub const MY_NUMBER: Self = Self {
        application: Application::InputSupport,
        identifier: 0x0001,
        extent: Extent::Fixed(17),
    };
    /// 券面事項入力補助AP EF 0002, 基本4情報: name, address, birth date, sex. After the PIN or 照合番号B.
    pub const ATTRIBUTES: Self = Self::text_after_stray(0x0002, 0xFF20);
    /// 券面事項入力補助AP EF 0003, digests of the two files before it, signed. After the PIN or 照合番号B (or
    /// A).
    pub const INTEGRITY_RECORD: Self = Self::text(0x0003, 0xFF30);
    /// 券面事項入力補助AP EF 0004, the card-verifiable certificate of whoever signs its records. Free to
    /// read.
    pub const INPUT_SUPPORT_CERTIFICATE: Self = Self::text(0x0004, 0x7F21);
    /// 券面事項入力補助AP EF 0005, its basic information, which no signature covers. Free to read.
    pub const INPUT_SUPPORT_INFORMATION: Self = Self::text(0x0005, 0xFF40);
    /// 券面事項入力補助AP EF 0006, a public key for the delivery of session keys (one source). After the PIN or
    /// 照合番号B (or A).
    pub const SESSION_KEY: Self = Self::text(0x0006, 0xA1);
    /// 券面事項入力補助AP EF 0008: 16 bytes, all FF where it was seen; for what is not known. Seen to be free
    /// to read.
    pub const INPUT_SUPPORT_UNKNOWN_0008: Self = Self::of(Application::InputSupport, 0x0008, 16);
    /// 券面事項入力補助AP EF 0007, the card's key of that application, signed. After the PIN or 照合番号B (or
    /// A).
    pub const SIGNING_KEY_RECORD: Self = Self::text(0x0007, 0xFF50);

    /// 共通カードAP EF 0002, a reference to a key: 16 bytes, the same as in [`File::BASIC_RESIDENT_KEY_REFERENCE`]
    /// (one source).
    pub const COMMON_KEY_REFERENCE: Self = Self::of(Application::Common, 0x0002, 16);
    /// 住基AP EF 0002, a reference to a key: 16 bytes (one source).
    pub const BASIC_RESIDENT_KEY_REFERENCE: Self = Self::of(Application::BasicResident, 0x0002, 16);

    const fn of(application: Application, identifier: u16, length: usize) -> Self {
        Self { application, identifier, extent: Extent::Fixed(length) }
    }

    const fn face_after_stray(identifier: u16, tag: u32) -> Self {
        let extent = Extent::ObjectAfterStray(Tag::new(tag));
        Self { application: Application::CardFace, identifier, extent }
    }

    const fn text_after_stray(identifier: u16, tag: u32) -> Self {
        let extent = Extent::ObjectAfterStray(Tag::new(tag));
        Self { application: Application::InputSupport, identifier, extent }
    }

    const fn face(identifier: u16, tag: u32) -> Self {
        let extent = Extent::Object(Tag::new(tag));
        Self { application: Application::CardFace, identifier, extent }
    }

    const fn text(identifier: u16, tag: u32) -> Self {
        let extent = Extent::Object(Tag::new(tag));
        Self { application: Application::InputSupport, identifier, extent }
    }

    const fn certificate(identifier: u16) -> Self {
        // X.690: a certificate is a SEQUENCE.
        Self { application: Application::Jpki, identifier, extent: Extent::Object(SEQUENCE) }
    }

    const fn fixed(identifier: u16, length: usize) -> Self {
        Self::of(Application::Jpki, identifier, length)
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
