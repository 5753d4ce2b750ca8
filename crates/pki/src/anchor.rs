//! Trust anchors (RFC 5280 section 6.1.1): the roots that a path may end at, and which rules come
//! with them. The roots of the JPKI are built in; nothing is ever fetched, and the test roots are
//! never accepted unless asked for.

use core::fmt;

use crate::{
    Kind, certificate::Certificate, error::Error, oid, profile::Profile, rules::check_authority,
    scheme::sha256,
};

/// Whose roots they are. A result names the hierarchy, so that nobody takes one for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Hierarchy {
    /// 公的個人認証サービス, run by J-LIS: real cards.
    Production,
    /// The test hierarchy (`O=JPKI-TEST`): test cards, whose holders do not exist.
    Test,
    /// The root of the virtual card: no card at all.
    Virtual,
    /// A root that the caller brought.
    Custom,
}

impl Hierarchy {
    /// The word for machines: `production`, `test`, `virtual`, `custom`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
            Self::Virtual => "virtual",
            Self::Custom => "custom",
        }
    }
}

/// One root: its certificate, and for which kind of certificate it speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Anchor<'a> {
    der: &'a [u8],
    key_identifier: &'a [u8],
    hierarchy: Hierarchy,
    kind: Option<Kind>,
    profiles: [Option<&'a Profile<'a>>; 2],
}

impl<'a> Anchor<'a> {
    /// A root that the caller brings, for certificates of both kinds. Results will say
    /// [`Hierarchy::Custom`].
    ///
    /// # Errors
    /// Those of [`Certificate::parse`]; [`Error::BasicConstraints`] and [`Error::KeyUsage`] when
    /// it is not an authority that may sign certificates, [`Error::NoKeyIdentifier`],
    /// [`Error::UnknownCriticalExtension`] when a critical extension other than these says what it is
    /// for, and those of [`Certificate::public_key`].
    pub fn custom(der: &'a [u8]) -> Result<Self, Error> {
        Self::new(der, Hierarchy::Custom)
    }

    /// The root of the virtual card, for certificates of both kinds. Results will say
    /// [`Hierarchy::Virtual`]. Only for a virtual card in the same process: over any other link
    /// bring its root with [`Anchor::custom`].
    ///
    /// # Errors
    /// As [`Anchor::custom`].
    pub fn virtual_card(der: &'a [u8]) -> Result<Self, Error> {
        Self::new(der, Hierarchy::Virtual)
    }

    /// The same root, for certificates of one kind only.
    #[must_use]
    pub const fn for_kind(self, kind: Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// The same root, with another profile for certificates of a kind under it. The built-in roots
    /// cannot be given one.
    #[must_use]
    pub const fn with_profile(self, kind: Kind, profile: &'a Profile<'a>) -> Self {
        let [auth, sign] = self.profiles;
        let profiles = match kind {
            Kind::Auth => [Some(profile), sign],
            Kind::Sign => [auth, Some(profile)],
        };
        Self { profiles, ..self }
    }

    fn new(der: &'a [u8], hierarchy: Hierarchy) -> Result<Self, Error> {
        let certificate = Certificate::parse(der)?;
        // Policies, purposes or names would limit what a root may vouch for, and nothing acts upon
        // them.
        check_authority(&certificate, &ACTED_UPON)?;
        let key_identifier = certificate.subject_key_identifier()?.ok_or(Error::NoKeyIdentifier)?;
        Ok(Self { der, key_identifier, hierarchy, kind: None, profiles: [None; 2] })
    }

    /// The root's certificate as DER.
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Whose root it is.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// The identifier of its key, by which it is chosen.
    pub const fn key_identifier(&self) -> &'a [u8] {
        self.key_identifier
    }

    /// The SHA-256 fingerprint of its certificate.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.der)
    }

    /// Its certificate, which was judged fit to be a root's when the anchor was made; the built-in
    /// ones are held to that by a test.
    pub(crate) fn certificate(&self) -> Result<Certificate<'a>, Error> {
        Certificate::parse(self.der)
    }

    /// What certificates of a kind must be like under it.
    pub(crate) fn profile(&self, kind: Kind) -> &Profile<'a> {
        let [auth, sign] = self.profiles;
        let own = match kind {
            Kind::Auth => auth,
            Kind::Sign => sign,
        };
        own.unwrap_or(Profile::of(self.hierarchy, kind))
    }

    pub(crate) fn speaks_for(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|only| only == kind)
    }
}

impl fmt::Debug for Anchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("hierarchy", &self.hierarchy)
            .field("kind", &self.kind)
            .field("key_identifier", &format_args!("{:02x?}", self.key_identifier))
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Anchor<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Anchor({}, {=[u8]:02x})", self.hierarchy, self.key_identifier);
    }
}

/// The critical extensions of a root that it is judged by; the roots of the JPKI have the first two.
const ACTED_UPON: [&[u8]; 3] =
    [oid::KEY_USAGE, oid::BASIC_CONSTRAINTS, oid::SUBJECT_KEY_IDENTIFIER];

/// How many roots a caller can bring.
pub const MAX_CALLER_ANCHORS: usize = 8;

/// The roots that are accepted, chosen by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchors<'a> {
    // Slices and not flags: roots that nobody asks for are then not linked.
    production: &'static [Anchor<'static>],
    test: &'static [Anchor<'static>],
    brought: [Option<Anchor<'a>>; MAX_CALLER_ANCHORS],
}

impl<'a> Anchors<'a> {
    /// No roots at all, to add to.
    pub const fn none() -> Self {
        Self { production: &[], test: &[], brought: [None; MAX_CALLER_ANCHORS] }
    }

    /// The six production roots of the JPKI, three generations for each kind.
    pub const fn production() -> Self {
        Self { production: &PRODUCTION, ..Self::none() }
    }

    /// These and the roots of the test hierarchy. Their certificates belong to nobody: for test
    /// cards only.
    #[must_use]
    pub const fn with_test(self) -> Self {
        Self { test: &TEST, ..self }
    }

    /// These and one more.
    ///
    /// # Errors
    /// [`Error::TooManyAnchors`] beyond [`MAX_CALLER_ANCHORS`].
    pub fn with(mut self, anchor: Anchor<'a>) -> Result<Self, Error> {
        let free = self.brought.iter_mut().find(|slot| slot.is_none());
        *free.ok_or(Error::TooManyAnchors)? = Some(anchor);
        Ok(self)
    }

    /// All of them: production, test, then those that the caller brought.
    pub fn iter(&self) -> impl Iterator<Item = Anchor<'a>> + use<'_, 'a> {
        let brought = self.brought.iter().flatten();
        self.production.iter().chain(self.test).chain(brought).copied()
    }
}

impl Default for Anchors<'_> {
    /// The production roots.
    fn default() -> Self {
        Self::production()
    }
}

macro_rules! built_in {
    ($hierarchy:ident, $kind:ident, $file:literal, $key_identifier:expr) => {
        Anchor {
            der: include_bytes!(concat!("../data/roots/", $file)),
            key_identifier: &$key_identifier,
            hierarchy: Hierarchy::$hierarchy,
            kind: Some(Kind::$kind),
            profiles: [None; 2],
        }
    };
}

/// docs/card-facts.md §5.1. The identifiers stand here so that only the root in question is parsed.
static PRODUCTION: [Anchor<'static>; 6] = [
    built_in!(
        Production,
        Auth,
        "authca01.cer",
        [
            0x95, 0x67, 0x95, 0x1B, 0x5C, 0xA7, 0x0D, 0x84, 0xA0, 0xFF, 0xF1, 0xD8, 0x5A, 0x87,
            0xF1, 0xAA, 0xB1, 0x34, 0x03, 0x85,
        ]
    ),
    built_in!(
        Production,
        Auth,
        "authca02.cer",
        [
            0x8C, 0xD5, 0x58, 0x6A, 0x89, 0x14, 0x85, 0xE5, 0x59, 0x37, 0x9B, 0x7E, 0x29, 0xD4,
            0x10, 0xCF, 0xD2, 0x8B, 0x35, 0x93,
        ]
    ),
    built_in!(
        Production,
        Auth,
        "authca03.cer",
        [
            0x1A, 0xC1, 0x00, 0xF5, 0x96, 0xA3, 0xBC, 0x8C, 0x4B, 0x3D, 0xF1, 0x95, 0xE3, 0x26,
            0x99, 0x24, 0x9E, 0x9E, 0x30, 0x8A,
        ]
    ),
    built_in!(
        Production,
        Sign,
        "signca01.cer",
        [
            0x0D, 0x03, 0x4C, 0xBB, 0x34, 0xD0, 0x71, 0x4F, 0x45, 0xE4, 0x5A, 0x1C, 0xAF, 0xD8,
            0xFD, 0x14, 0x3F, 0xAB, 0x54, 0xA7,
        ]
    ),
    built_in!(
        Production,
        Sign,
        "signca02.cer",
        [
            0x4D, 0xE0, 0x17, 0xDE, 0x4B, 0x7F, 0x47, 0x3D, 0xCD, 0x86, 0x7A, 0x62, 0xD3, 0x8B,
            0x13, 0x4A, 0xCE, 0x83, 0x55, 0x8A,
        ]
    ),
    built_in!(
        Production,
        Sign,
        "signca03.cer",
        [
            0xD2, 0x1E, 0xA5, 0x58, 0x95, 0x61, 0x7E, 0x93, 0xAD, 0xBF, 0x96, 0x6B, 0x94, 0x1A,
            0xB4, 0xED, 0xF6, 0x53, 0xF0, 0x8F,
        ]
    ),
];

/// The two roots that were read off test cards.
static TEST: [Anchor<'static>; 2] = [
    built_in!(
        Test,
        Auth,
        "test/authca-test-2023.cer",
        [
            0x8B, 0x8B, 0x13, 0x7D, 0x21, 0x5E, 0xA6, 0x01, 0x65, 0x3C, 0xAF, 0xB2, 0x66, 0x52,
            0x8C, 0x44, 0xBC, 0x0F, 0x16, 0x64,
        ]
    ),
    built_in!(
        Test,
        Sign,
        "test/signca-test-2024.cer",
        [
            0x41, 0x00, 0x21, 0x47, 0x6B, 0x2B, 0xCF, 0x2C, 0x8A, 0x2B, 0xBB, 0xF8, 0x3B, 0x38,
            0xA9, 0x78, 0x86, 0x3D, 0xA1, 0x42,
        ]
    ),
];
