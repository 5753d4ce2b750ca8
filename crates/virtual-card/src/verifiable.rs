//! Card-verifiable certificates (CVC) of virtual cards and the keys that stand above them
//! (`docs/card-facts.md` §2.7, §4.3).
//!
//! Three certification authorities of their own, one for each place where a card keeps such a
//! certificate. Their identifiers begin with 9 and end in `V`: no production and no test authority
//! has such. Their private keys are public.

use std::sync::OnceLock;

use kazasu_tlv::Tag;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::certificate::encode;
use crate::keys::{Block, MODULUS, PrivateKey, public_test_key};

/// Which of the three certification authorities of card-verifiable certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardVerifiableAuthority {
    /// Above the certificates that GET DATA gives where no application is selected.
    MasterFile,
    /// Above that of 券面事項確認AP, EF 0004.
    Surface,
    /// Above that of 券面事項入力補助AP, EF 0004.
    Text,
}

/// The public key of a virtual certification authority of card-verifiable certificates. Everybody
/// has its private half; trust it in tests and demonstrations only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardVerifiableRoot {
    /// The identifier that its certificates name as their issuer's (証明者鍵ID).
    pub key_identifier: [u8; 16],
    /// Modulus, RSA-2048, big-endian.
    pub modulus: [u8; MODULUS],
    /// Public exponent, big-endian: 65537.
    pub exponent: [u8; 3],
}

/// The public key of a virtual certification authority; the same always.
///
/// # Errors
/// None in practice: [`Error::Key`] if the committed key could not be read.
pub fn card_verifiable_root(of: CardVerifiableAuthority) -> Result<CardVerifiableRoot, Error> {
    let named = match of {
        CardVerifiableAuthority::MasterFile => AUTHORITY_MASTER_FILE,
        CardVerifiableAuthority::Surface => AUTHORITY_SURFACE,
        CardVerifiableAuthority::Text => AUTHORITY_TEXT,
    };
    let key = named.load()?;
    Ok(CardVerifiableRoot {
        key_identifier: named.identifier,
        modulus: key.modulus()?,
        exponent: key.exponent()?,
    })
}

/// A key identifier in the known form (§4.3): seven digits, `08 05`, three digits, three NUL, a byte.
pub(crate) const fn key_identifier(digits: [u8; 7], class: [u8; 3]) -> [u8; 16] {
    let [d0, d1, d2, d3, d4, d5, d6] = digits;
    let [c0, c1, c2] = class;
    [d0, d1, d2, d3, d4, d5, d6, 0x08, 0x05, c0, c1, c2, 0x00, 0x00, 0x00, b'V']
}

/// A committed key with its identifier.
#[derive(Clone, Copy)]
pub(crate) struct NamedKey {
    identifier: [u8; 16],
    encoded: &'static [u8],
}

impl NamedKey {
    const fn authority(digits: [u8; 7], encoded: &'static [u8]) -> Self {
        Self { identifier: key_identifier(digits, *b"001"), encoded }
    }

    const fn below(digits: [u8; 7], encoded: &'static [u8]) -> Self {
        Self { identifier: key_identifier(digits, *b"000"), encoded }
    }

    pub(crate) fn load(&self) -> Result<PrivateKey, Error> {
        PrivateKey::from_pkcs8(self.encoded)
    }
}

const AUTHORITY_MASTER_FILE: NamedKey =
    NamedKey::authority(*b"9000020", public_test_key!("cv-ca-master-file"));
const AUTHORITY_SURFACE: NamedKey =
    NamedKey::authority(*b"9000023", public_test_key!("cv-ca-surface"));
const AUTHORITY_TEXT: NamedKey = NamedKey::authority(*b"9000033", public_test_key!("cv-ca-text"));
const UPPER: NamedKey = NamedKey::below(*b"9000050", public_test_key!("cv-upper"));
// The digits seen are a municipality's five and two more. The virtual municipality 99999 signs every
// virtual card, wherever its holder lives.
const LOWER: NamedKey = NamedKey::below(*b"9999930", public_test_key!("cv-lower"));
/// Signs the records of 券面事項確認AP.
pub(crate) const SURFACE: NamedKey = NamedKey::below(*b"9999921", public_test_key!("cv-surface"));
/// Signs the records of 券面事項入力補助AP.
pub(crate) const TEXT: NamedKey = NamedKey::below(*b"9999931", public_test_key!("cv-text"));

/// The certificates that every virtual card carries.
pub(crate) struct Certificates {
    /// 券面事項確認AP EF 0004: `7F21 { 5F4E, 5F37 }`.
    pub(crate) surface: Vec<u8>,
    /// 券面事項入力補助AP EF 0004.
    pub(crate) text: Vec<u8>,
    /// Data object 00F8: the whole certificate, as in the files (its form is DERIVED from them).
    pub(crate) upper: Vec<u8>,
    /// Data object 7F21: its value, 575 bytes, a header list first (§2.7).
    pub(crate) lower: Vec<u8>,
    /// Data object 00F7: the identifier of the key that issued `lower`.
    pub(crate) intermediate: [u8; 16],
}

/// The certificates, made once in a process.
pub(crate) fn certificates() -> Result<&'static Certificates, Error> {
    static MADE: OnceLock<Certificates> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made);
    }
    let whole = |content: Vec<u8>| encode(|w| w.constructed(CERTIFICATE, |w| w.raw(&content)));
    // A header list: in what order and length the fields of the certificate's content stand.
    let list = [0x4D, 0x0A, 0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09];
    let made = Certificates {
        surface: whole(content(AUTHORITY_SURFACE, SURFACE)?)?,
        text: whole(content(AUTHORITY_TEXT, TEXT)?)?,
        upper: whole(content(AUTHORITY_MASTER_FILE, UPPER)?)?,
        lower: [&list[..], &content(UPPER, LOWER)?].concat(),
        intermediate: UPPER.identifier,
    };
    Ok(MADE.get_or_init(|| made))
}

const CERTIFICATE: Tag = Tag::new(0x7F21);

/// What a certificate contains: 5F4E, the identifiers of issuer and subject and the subject's key,
/// and 5F37, the issuer's signature over the 297 bytes.
fn content(issuer: NamedKey, subject: NamedKey) -> Result<Vec<u8>, Error> {
    let key = subject.load()?.public_key()?;
    let body = [&issuer.identifier[..], &subject.identifier, &key].concat();
    let signature = issuer.load()?.sign(Block::DigestInfo, &Sha256::digest(&body))?;
    encode(|w| {
        w.element(Tag::new(0x5F4E), &body)?;
        w.element(Tag::new(0x5F37), &signature)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_have_the_bytes_of_the_test_card_but_for_names_and_keys() {
        for (ours, real) in [
            (
                &certificates().unwrap().surface,
                include_bytes!("../data/test-card/surface-0004.bin"),
            ),
            (&certificates().unwrap().text, include_bytes!("../data/test-card/text-0004.bin")),
        ] {
            assert_eq!(ours.len(), real.len());
            // Headers; the fixed part of both identifiers; header and exponent of the key; header
            // of the signature.
            for range in [0..10, 17..25, 33..41, 42..51, 307..312] {
                assert_eq!(ours.get(range.clone()), real.get(range.clone()), "{range:?}");
            }
        }
        let lower = &certificates().unwrap().lower;
        assert_eq!(lower.len(), 575);
        assert_eq!(lower.get(12..17), Some(&[0x5F, 0x4E, 0x82, 0x01, 0x29][..]));
    }

    #[test]
    fn no_identifier_is_that_of_a_real_authority() {
        for named in
            [AUTHORITY_MASTER_FILE, AUTHORITY_SURFACE, AUTHORITY_TEXT, UPPER, LOWER, SURFACE, TEXT]
        {
            assert!(named.identifier.starts_with(b"9") && named.identifier.ends_with(b"V"));
        }
    }
}
