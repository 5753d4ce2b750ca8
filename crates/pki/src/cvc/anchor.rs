//! The authorities that sign card-verifiable certificates. Their keys are built in; nothing is ever
//! fetched, and those of the test hierarchy are never accepted unless asked for.

use core::fmt;

use super::{CvcError, KeyIdentifier};
use crate::{
    anchor::{Hierarchy, MAX_CALLER_ANCHORS},
    error::Error,
    rsa::RsaPublicKey,
};

/// Which part of the card an authority vouches for, and so does every key below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CvcRole {
    /// 券面事項確認AP: authorities …0023.
    CardFace,
    /// 券面事項入力補助AP: authorities …0033.
    InputSupport,
    /// The card itself, outside every application (MF): authorities …0020.
    MasterFile,
}

impl CvcRole {
    /// The word for machines: `card-face`, `input-support`, `master-file`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardFace => "card-face",
            Self::InputSupport => "input-support",
            Self::MasterFile => "master-file",
        }
    }
}

/// One authority: its key, and what it speaks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CvcAnchor<'a> {
    key_identifier: KeyIdentifier,
    modulus: &'a [u8],
    exponent: u32,
    hierarchy: Hierarchy,
    role: CvcRole,
}

impl<'a> CvcAnchor<'a> {
    /// An authority that the caller brings, for one part of the card. Results will say
    /// [`Hierarchy::Custom`].
    pub const fn custom(
        key_identifier: KeyIdentifier,
        key: RsaPublicKey<'a>,
        role: CvcRole,
    ) -> Self {
        Self::new(key_identifier, key, role, Hierarchy::Custom)
    }

    /// An authority of the virtual card. Results will say [`Hierarchy::Virtual`]. Only for a virtual
    /// card in the same process: over any other link bring its authorities with
    /// [`CvcAnchor::custom`].
    pub const fn virtual_card(
        key_identifier: KeyIdentifier,
        key: RsaPublicKey<'a>,
        role: CvcRole,
    ) -> Self {
        Self::new(key_identifier, key, role, Hierarchy::Virtual)
    }

    const fn new(
        key_identifier: KeyIdentifier,
        key: RsaPublicKey<'a>,
        role: CvcRole,
        hierarchy: Hierarchy,
    ) -> Self {
        let (modulus, exponent) = (key.modulus(), key.exponent());
        Self { key_identifier, modulus, exponent, hierarchy, role }
    }

    /// The identifier of its key, by which it is chosen.
    pub const fn key_identifier(&self) -> KeyIdentifier {
        self.key_identifier
    }

    /// Its key.
    ///
    /// # Errors
    /// Those of [`RsaPublicKey::new`]; the built-in keys give none.
    pub fn public_key(&self) -> Result<RsaPublicKey<'a>, Error> {
        RsaPublicKey::new(self.modulus, self.exponent)
    }

    /// Whose authority it is.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// What it vouches for.
    pub const fn role(&self) -> CvcRole {
        self.role
    }
}

impl fmt::Debug for CvcAnchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CvcAnchor")
            .field("hierarchy", &self.hierarchy)
            .field("role", &self.role)
            .field("key_identifier", &self.key_identifier)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for CvcAnchor<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "CvcAnchor({}, {}, {})", self.hierarchy, self.role, self.key_identifier);
    }
}

/// The authorities that are accepted, chosen by the caller.
///
/// The built-in keys come from one public source (`docs/card-facts.md` §4.3, flagged SINGLE): no
/// official publication of them is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CvcAnchors<'a> {
    // Slices and not flags: authorities that nobody asks for are then not linked.
    production: &'static [CvcAnchor<'static>],
    test: &'static [CvcAnchor<'static>],
    brought: [Option<CvcAnchor<'a>>; MAX_CALLER_ANCHORS],
}

impl<'a> CvcAnchors<'a> {
    /// No authorities at all, to add to.
    pub const fn none() -> Self {
        Self { production: &[], test: &[], brought: [None; MAX_CALLER_ANCHORS] }
    }

    /// The three authorities of real cards, one for each [`CvcRole`].
    pub const fn production() -> Self {
        Self { production: &PRODUCTION, ..Self::none() }
    }

    /// These and the three of the test hierarchy. Their cards belong to nobody: for test cards only.
    #[must_use]
    pub const fn with_test(self) -> Self {
        Self { test: &TEST, ..self }
    }

    /// These and one more.
    ///
    /// # Errors
    /// [`CvcError::TooManyAnchors`] beyond [`MAX_CALLER_ANCHORS`].
    pub fn with(mut self, anchor: CvcAnchor<'a>) -> Result<Self, CvcError> {
        let free = self.brought.iter_mut().find(|slot| slot.is_none());
        *free.ok_or(CvcError::TooManyAnchors)? = Some(anchor);
        Ok(self)
    }

    /// All of them: production, test, then those that the caller brought.
    pub fn iter(&self) -> impl Iterator<Item = CvcAnchor<'a>> + use<'_, 'a> {
        let brought = self.brought.iter().flatten();
        self.production.iter().chain(self.test).chain(brought).copied()
    }
}

impl Default for CvcAnchors<'_> {
    /// The production authorities.
    fn default() -> Self {
        Self::production()
    }
}

macro_rules! built_in {
    ($hierarchy:ident, $role:ident, $number:literal, $octets:literal) => {
        CvcAnchor {
            key_identifier: KeyIdentifier::new(*$octets),
            modulus: include_bytes!(concat!("../../data/cv-ca-keys/", $number, ".modulus")),
            exponent: 65_537,
            hierarchy: Hierarchy::$hierarchy,
            role: CvcRole::$role,
        }
    };
}

/// docs/card-facts.md §4.3.
static PRODUCTION: [CvcAnchor<'static>; 3] = [
    built_in!(Production, MasterFile, "5000020", b"5000020\x08\x05001\x00\x00\x00\xA8"),
    built_in!(Production, CardFace, "5000023", b"5000023\x08\x05001\x00\x00\x00\x00"),
    built_in!(Production, InputSupport, "5000033", b"5000033\x08\x05001\x00\x00\x00\x00"),
];

/// The same of test cards.
static TEST: [CvcAnchor<'static>; 3] = [
    built_in!(Test, MasterFile, "6000020", b"6000020\x08\x05001\x00\x00\x00\xA8"),
    built_in!(Test, CardFace, "6000023", b"6000023\x08\x05001\x00\x00\x00\x00"),
    built_in!(Test, InputSupport, "6000033", b"6000033\x08\x05001\x00\x00\x00\x00"),
];
