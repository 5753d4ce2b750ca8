//! The applications (DF) and files (EF) of a card as data: what is in them, who may read them, which
//! codes guard them. Behaviour is in `card` and its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::keys::KeySource;

/// The card's applications (`docs/card-facts.md` §2.1, CONFIRMED).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationName {
    /// 公的個人認証AP.
    Jpki,
    /// 券面事項確認AP.
    Surface,
    /// 券面事項入力補助AP.
    Text,
    /// 住基AP.
    Juki,
    /// 共通カードAP.
    Common,
}

impl ApplicationName {
    /// Application identifier.
    #[must_use]
    pub const fn aid(self) -> [u8; 10] {
        match self {
            Self::Jpki => [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
            Self::Surface => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02],
            Self::Text => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08],
            Self::Juki => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01],
            Self::Common => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00],
        }
    }
}

/// The GlobalPlatform issuer security domain; selecting it leaves every application (SINGLE).
pub(crate) const ISSUER_SECURITY_DOMAIN: [u8; 7] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// A code of the card that has a counter (`docs/card-facts.md` §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reference {
    /// 利用者証明用PIN: 4 digits, 3 tries. JPKI EF 0018.
    Auth,
    /// 署名用パスワード: 6 to 16 characters, 5 tries. JPKI EF 001B.
    Sign,
    /// 券面事項入力補助用PIN: 4 digits, 3 tries. 券面事項入力補助AP EF 0011.
    Text,
    /// 住民基本台帳用PIN: 4 digits, 3 tries. 住基AP EF 001C.
    Juki,
    /// 本人確認業務用PIN: 4 digits, 3 tries (SINGLE). 共通カードAP EF 001C.
    Common,
    /// 照合番号A of 券面事項確認AP, EF 0013: 12 digits, 10 tries.
    SurfaceNumberA,
    /// 照合番号B of 券面事項確認AP, EF 0012: 14 digits, 10 tries.
    SurfaceNumberB,
    /// Birth-date key of 券面事項確認AP, EF 0011: 6 digits, 10 tries.
    SurfaceBirth,
    /// 照合番号A of 券面事項入力補助AP, EF 0014.
    TextNumberA,
    /// 照合番号B of 券面事項入力補助AP, EF 0015.
    TextNumberB,
}

impl Reference {
    /// Every reference.
    pub const ALL: [Self; 10] = [
        Self::Auth,
        Self::Sign,
        Self::Text,
        Self::Juki,
        Self::Common,
        Self::SurfaceNumberA,
        Self::SurfaceNumberB,
        Self::SurfaceBirth,
        Self::TextNumberA,
        Self::TextNumberB,
    ];

    /// Its application and EF.
    #[must_use]
    pub const fn place(self) -> (ApplicationName, u16) {
        match self {
            Self::Auth => (ApplicationName::Jpki, 0x0018),
            Self::Sign => (ApplicationName::Jpki, 0x001B),
            Self::Text => (ApplicationName::Text, 0x0011),
            Self::Juki => (ApplicationName::Juki, 0x001C),
            Self::Common => (ApplicationName::Common, 0x001C),
            Self::SurfaceNumberA => (ApplicationName::Surface, 0x0013),
            Self::SurfaceNumberB => (ApplicationName::Surface, 0x0012),
            Self::SurfaceBirth => (ApplicationName::Surface, 0x0011),
            Self::TextNumberA => (ApplicationName::Text, 0x0014),
            Self::TextNumberB => (ApplicationName::Text, 0x0015),
        }
    }
}

/// Identifier of an EF, or tag of a data object; four hexadecimal digits in the card file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct FileId(pub(crate) u16);

impl FileId {
    /// The EF that a short identifier names: its low five bits (CONFIRMED, §1.3).
    pub(crate) fn short(identifier: u8) -> Self {
        Self(u16::from(identifier & 0x1F))
    }
}

impl From<FileId> for String {
    fn from(id: FileId) -> Self {
        format!("{:04X}", id.0)
    }
}

impl TryFrom<String> for FileId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits.then(|| u16::from_str_radix(&text, 16).ok()).flatten();
        number.map(Self).ok_or("an identifier is four hexadecimal digits")
    }
}

/// When something may be done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Access {
    /// Always.
    Free,
    /// After one of these codes of the same application.
    After(Vec<FileId>),
    /// Never, with any code of the card.
    Never,
}

impl Access {
    pub(crate) fn after(codes: &[u16]) -> Self {
        Self::After(codes.iter().copied().map(FileId).collect())
    }
}

/// What characters a code may have. Whether a card looks at a *new* code's is UNKNOWN, so it is a
/// setting.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Syntax {
    /// So many decimal digits.
    Digits(u8),
    /// 署名用パスワード.
    SignPassword,
}

/// The command that changes a code, after the code was verified.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// CHANGE REFERENCE DATA, `00 24 01` (JPKI and 券面事項入力補助AP).
    ReferenceData,
    /// CHANGE KEY, `80 32 00` (共通カードAP and 住基AP).
    Key,
    /// None.
    Never,
}

/// A code and its counter.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// `None`: nothing opens it.
    pub(crate) value: Option<Secret>,
    pub(crate) syntax: Syntax,
    pub(crate) change: Change,
    pub(crate) tries_limit: u8,
    pub(crate) tries_left: u8,
}

/// An EF.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum File {
    /// Bytes.
    Transparent {
        #[serde(with = "crate::hex")]
        content: Vec<u8>,
        read: Access,
    },
    /// Records, numbered from 1.
    Records { records: Vec<HexBytes>, read: Access },
    /// A code (IEF).
    Code(Code),
    /// A private key.
    Key { source: KeySource, usable: Access },
}

/// Bytes that the card file shows as hexadecimal text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HexBytes(#[serde(with = "crate::hex")] pub(crate) Vec<u8>);

/// An application and its files.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) name: ApplicationName,
    /// The key that signs when a command names none (P2 = 00).
    pub(crate) default_key: Option<FileId>,
    pub(crate) files: BTreeMap<FileId, File>,
}

impl Application {
    /// An application without files.
    pub(crate) const fn new(name: ApplicationName) -> Self {
        Self { name, default_key: None, files: BTreeMap::new() }
    }

    /// Adds a transparent file.
    pub(crate) fn transparent(&mut self, ef: u16, content: Vec<u8>, read: Access) {
        self.files.insert(FileId(ef), File::Transparent { content, read });
    }

    /// Adds a code with all its tries.
    pub(crate) fn code(
        &mut self,
        ef: u16,
        value: Secret,
        syntax: Syntax,
        change: Change,
        tries: u8,
    ) {
        let code =
            Code { value: Some(value), syntax, change, tries_limit: tries, tries_left: tries };
        self.files.insert(FileId(ef), File::Code(code));
    }

    /// Adds a private key.
    pub(crate) fn key(&mut self, ef: u16, source: KeySource, usable: Access) {
        self.files.insert(FileId(ef), File::Key { source, usable });
    }
}
