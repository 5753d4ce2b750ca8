//! Card-verifiable certificates (中間証明書): which key signed the records of a card, and who says so
//! (`docs/card-facts.md` §4.3). Never judges a record, and never takes an authority for one part of
//! the card where another part is meant.
//!
//! | To | use |
//! |---|---|
//! | choose whom to believe | [`CvcAnchors`] |
//! | verify EF 0004 of 券面事項確認AP or 券面事項入力補助AP | [`Cvc::parse`], [`Cvc::verify`] |
//! | verify the two certificates of the card itself (MF) | [`Cvc::parse_data_object`], [`Cvc::verify`] for the upper one, [`Cvc::verify_under`] for the lower |
//! | verify records with the result | [`records`](crate::records) |
//!
//! **A card-verifiable certificate has no dates.** Nothing in it ends, so nothing here takes a time,
//! and a key that was accepted once is accepted always. Whether a card may still be used is told by
//! its certificates ([`Validator`](crate::Validator)), not by this.

mod anchor;
mod error;
mod key_identifier;
mod public_key;

use core::fmt;

use kazasu_tlv::{Element, Reader, Rules, Tag};

pub use self::anchor::{CvcAnchor, CvcAnchors, CvcRole};
pub use self::error::CvcError;
pub use self::key_identifier::KeyIdentifier;
pub(crate) use self::public_key::PublicKey2048;
use crate::{
    anchor::Hierarchy,
    backend::Backend,
    error::Error,
    rsa::{Fixed, RsaPublicKey},
    scheme::{digest_info, sha256},
};

const CERTIFICATE: Tag = Tag::new(0x7F21);
const UPPER_CERTIFICATE: Tag = Tag::new(0xF8);
const HEADER_LIST: Tag = Tag::new(0x4D);
const BODY: Tag = Tag::new(0x5F4E);
const SIGNATURE: Tag = Tag::new(0x5F37);

/// What the body consists of, as the certificates of the card itself say it: 16 octets, 16 octets
/// and a key of 265.
const HEADERS: [u8; 10] = [0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09];

const KEY_LENGTH: usize = PublicKey2048::LENGTH;
const BODY_LENGTH: usize = 16 + 16 + KEY_LENGTH;

/// A card-verifiable certificate, as a card gave it: it proves nothing until it is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cvc<'a> {
    body: &'a [u8; BODY_LENGTH],
    signature: &'a [u8; 256],
    issuer: KeyIdentifier,
    subject: KeyIdentifier,
    key: PublicKey2048,
}

impl<'a> Cvc<'a> {
    /// Reads EF 0004 of 券面事項確認AP or 券面事項入力補助AP: `7F21` with `5F4E` and `5F37` inside and
    /// nothing else; filler (`00` or `FF`) may follow it.
    ///
    /// # Errors
    /// [`CvcError::Malformed`]; [`CvcError::Key`] when the key in it cannot be used.
    pub fn parse(file: &'a [u8]) -> Result<Self, CvcError> {
        let (certificate, _) = kazasu_tlv::object(file, Rules::Ber)?;
        Self::parse_content(certificate.expect(CERTIFICATE)?.children()?)
    }

    /// Reads what GET DATA answers with no application selected: `00F8` for the upper certificate,
    /// `7F21` for the lower (`docs/card-facts.md` §2.7). A description of the body (`4D`) may stand
    /// before it, and the tag that was asked for around all of it: the one source does not tell the
    /// second.
    ///
    /// # Errors
    /// As [`Cvc::parse`].
    pub fn parse_data_object(answer: &'a [u8]) -> Result<Self, CvcError> {
        let mut content = Reader::new(answer, Rules::Ber);
        if let Some(CERTIFICATE | UPPER_CERTIFICATE) = content.peek_tag()? {
            let certificate = content.read()?;
            content.finish()?;
            content = certificate.children()?;
        }
        if let Some(description) = content.optional(HEADER_LIST)? {
            fixed(&description, |value| (value == HEADERS).then_some(()))?;
        }
        Self::parse_content(content)
    }

    fn parse_content(mut content: Reader<'a>) -> Result<Self, CvcError> {
        let body = content.expect(BODY)?;
        let signature = content.expect(SIGNATURE)?;
        content.finish()?;
        let (body, issuer, subject, key) = fixed(&body, split)?;
        let signature = fixed(&signature, |value| value.try_into().ok())?;
        Ok(Self {
            body,
            signature,
            issuer,
            subject,
            key: PublicKey2048::parse(key).map_err(CvcError::Key)?,
        })
    }

    /// The identifier of the key that it says it was signed with (証明者鍵ID). Not verified.
    pub const fn issuer(&self) -> KeyIdentifier {
        self.issuer
    }

    /// The identifier of the key in it (被証明者鍵ID). Not verified.
    pub const fn subject(&self) -> KeyIdentifier {
        self.subject
    }

    /// Verifies it with the authorities that are accepted, without a heap. `role` is the part of the
    /// card that it was read from; with [`CvcRole::MasterFile`] it is the upper certificate.
    ///
    /// # Errors
    /// [`CvcError::UnknownIssuer`], [`CvcError::WrongRole`], [`CvcError::BadSignature`].
    pub fn verify(&self, anchors: &CvcAnchors<'_>, role: CvcRole) -> Result<CvcKey, CvcError> {
        self.verify_with(anchors, role, &Fixed::new())
    }

    /// [`Cvc::verify`] with a back end of the caller's choice.
    ///
    /// # Errors
    /// As [`Cvc::verify`], and [`CvcError::Key`] when the back end cannot take an authority's key.
    pub fn verify_with(
        &self,
        anchors: &CvcAnchors<'_>,
        role: CvcRole,
        backend: &impl Backend,
    ) -> Result<CvcKey, CvcError> {
        let mut refusal = CvcError::UnknownIssuer;
        for anchor in anchors.iter().filter(|anchor| anchor.key_identifier() == self.issuer) {
            if anchor.role() != role {
                if refusal == CvcError::UnknownIssuer {
                    refusal = CvcError::WrongRole { expected: role };
                }
                continue;
            }
            // Several authorities may have one identifier; the signature decides between them.
            let key = anchor.public_key().map_err(CvcError::Key);
            match key.and_then(|key| self.check(&key, backend)) {
                Ok(()) => return Ok(self.vouched(anchor.hierarchy(), role, true)),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Verifies the lower certificate of the card itself with the key of the upper one, without a
    /// heap.
    ///
    /// No signature by the lower key is known, so the result proves only that the two were issued:
    /// whoever can read a card can copy them.
    ///
    /// # Errors
    /// [`CvcError::WrongRole`] when `upper` is not for [`CvcRole::MasterFile`] or stands below another
    /// certificate itself; [`CvcError::UnknownIssuer`] when it is not the issuer;
    /// [`CvcError::BadSignature`].
    pub fn verify_under(&self, upper: &CvcKey) -> Result<CvcKey, CvcError> {
        self.verify_under_with(upper, &Fixed::new())
    }

    /// [`Cvc::verify_under`] with a back end of the caller's choice.
    ///
    /// # Errors
    /// As [`Cvc::verify_under`], and [`CvcError::Key`] when the back end cannot take the upper key.
    pub fn verify_under_with(
        &self,
        upper: &CvcKey,
        backend: &impl Backend,
    ) -> Result<CvcKey, CvcError> {
        let Voucher { hierarchy, role, .. } = upper.voucher;
        if role != CvcRole::MasterFile || !upper.issuer_is_anchor {
            return Err(CvcError::WrongRole { expected: CvcRole::MasterFile });
        }
        if upper.voucher.subject != self.issuer {
            return Err(CvcError::UnknownIssuer);
        }
        self.check(&upper.key.rsa().map_err(CvcError::Key)?, backend)?;
        Ok(self.vouched(hierarchy, role, false))
    }

    fn check(&self, key: &RsaPublicKey<'_>, backend: &impl Backend) -> Result<(), CvcError> {
        let content = digest_info(&sha256(self.body));
        backend.verify_pkcs1v15(key, &content, self.signature).map_err(|error| {
            match Error::from_backend(error, key.bits()) {
                Error::BadSignature => CvcError::BadSignature,
                error => CvcError::Key(error),
            }
        })
    }

    fn vouched(&self, hierarchy: Hierarchy, role: CvcRole, issuer_is_anchor: bool) -> CvcKey {
        let voucher = Voucher { hierarchy, role, issuer: self.issuer, subject: self.subject };
        CvcKey { key: self.key, voucher, issuer_is_anchor }
    }
}

type Body<'a> = (&'a [u8; BODY_LENGTH], KeyIdentifier, KeyIdentifier, &'a [u8; KEY_LENGTH]);

/// The body whole, and its parts.
fn split(body: &[u8]) -> Option<Body<'_>> {
    let (issuer, rest) = body.split_first_chunk()?;
    let (subject, key) = rest.split_first_chunk()?;
    let identifiers = (KeyIdentifier::new(*issuer), KeyIdentifier::new(*subject));
    Some((body.try_into().ok()?, identifiers.0, identifiers.1, key.try_into().ok()?))
}

/// A value that must be of a certain form.
fn fixed<'a, T>(
    element: &Element<'a>,
    form: impl FnOnce(&'a [u8]) -> Option<T>,
) -> Result<T, CvcError> {
    let kind = kazasu_tlv::ErrorKind::InvalidContent;
    let error = kazasu_tlv::Error { kind, offset: element.offset() };
    form(element.value()).ok_or(CvcError::Malformed(error))
}

impl fmt::Debug for Cvc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cvc").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Cvc<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Cvc({})", self.issuer);
    }
}

/// Who vouches for what: it goes with the key into every record that the key verifies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Voucher {
    pub(crate) hierarchy: Hierarchy,
    pub(crate) role: CvcRole,
    pub(crate) issuer: KeyIdentifier,
    pub(crate) subject: KeyIdentifier,
}

/// A key that an accepted authority vouches for, for one part of the card.
///
/// Only [`Cvc::verify`] and its like make one. It is a copy (256 octets and a little), so that the
/// buffer that the certificate was read into is free for the records. It never ends: the certificate
/// has no dates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CvcKey {
    key: PublicKey2048,
    voucher: Voucher,
    issuer_is_anchor: bool,
}

impl CvcKey {
    /// Whose authority vouches for it.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.voucher.hierarchy
    }

    /// What it may sign: the records of which part of the card.
    pub const fn role(&self) -> CvcRole {
        self.voucher.role
    }

    /// The identifier of the key that signed its certificate (証明者鍵ID).
    pub const fn issuer(&self) -> KeyIdentifier {
        self.voucher.issuer
    }

    /// Its own identifier (被証明者鍵ID). Those that were seen look like codes of municipalities, so
    /// that many cards would share one.
    pub const fn subject(&self) -> KeyIdentifier {
        self.voucher.subject
    }

    pub(crate) const fn voucher(&self) -> Voucher {
        self.voucher
    }

    pub(crate) const fn key(&self) -> &PublicKey2048 {
        &self.key
    }
}

/// Without its own identifier, which tells where its holder lives.
impl fmt::Debug for CvcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CvcKey")
            .field("hierarchy", &self.voucher.hierarchy)
            .field("role", &self.voucher.role)
            .field("issuer", &self.voucher.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for CvcKey {
    fn format(&self, f: defmt::Formatter<'_>) {
        let Voucher { hierarchy, role, issuer, .. } = self.voucher;
        defmt::write!(f, "CvcKey({}, {}, {})", hierarchy, role, issuer);
    }
}
