//! The signed records of 券面事項確認AP and 券面事項入力補助AP (`docs/card-facts.md` §2.3, §2.4, §4.4),
//! each with the digest rule of its own.
//!
//! What no signature covers on a real card is not covered here: expiry, security code, offsets.

use kazasu_tlv::{Tag, Writer};
use sha2::{Digest, Sha256};

use crate::certificate::encode;
use crate::keys::{Block, PrivateKey};
use crate::{Date, Error, Holder, Secret, picture};

/// DigestInfo of SHA-256 around 96 bytes instead of 32, up to them: three digests, which the card
/// face alone has (§4.4).
const THREE_DIGESTS: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// Writes records of one application.
pub(crate) struct Records<'a> {
    /// The key of that application's card-verifiable certificate.
    pub(crate) signer: &'a PrivateKey,
    /// The card's own key of that application, as its records hold it: 265 bytes.
    pub(crate) card_key: &'a [u8],
}

impl Records<'_> {
    /// 券面事項確認AP EF 0001: `FF10 { DF11 birth, DF12 card key, DF13 signature }`.
    pub(crate) fn age(&self, birth: Date) -> Result<Vec<u8>, Error> {
        let signed = encode(|w| {
            w.element(Tag::new(0xDF11), birth.compact().as_bytes())?;
            w.element(Tag::new(0xDF12), self.card_key)
        })?;
        self.record(0xFF10, 0xDF13, &signed)
    }

    /// 券面事項確認AP EF 0002: `FF20 { DF21 offsets, DF22 birth, DF23 sex, DF24 card key, DF25 name,
    /// DF26 address, DF27 photo, DF28 signature, DF29 expiry, DF2A security code }`.
    pub(crate) fn face(&self, face: &Face<'_>) -> Result<Vec<u8>, Error> {
        let holder = face.holder;
        let field = |tag, value: &[u8]| encode(|w| w.element(Tag::new(tag), value));
        let birth = field(0xDF22, holder.birth.compact().as_bytes())?;
        let sex = field(0xDF23, holder.sex.iso_5218().as_bytes())?;
        let key = field(0xDF24, self.card_key)?;
        let name = picture_of("NAME", &holder.name, 216);
        let name = long_form(0xDF25, &name);
        let address = picture_of("ADDRESS", &holder.address, 288);
        let address = long_form(0xDF26, &address);
        let photo = long_form(0xDF27, face.photo);
        let hash = |parts: &[&[u8]]| Sha256::digest(parts.concat());
        let digests = [hash(&[&birth, &sex, &key]), hash(&[&name, &address]), hash(&[&photo])];
        let block = [&THREE_DIGESTS[..], &digests.concat()].concat();
        let signature = field(0xDF28, &self.signer.sign(Block::Verbatim, &block)?)?;
        let expiry = field(0xDF29, face.expiry.compact().as_bytes())?;
        let code = field(0xDF2A, &picture::text(face.security_code, 24))?;
        let fields = [birth, sex, key, name, address, photo, signature, expiry, code];
        // From the start of the file: its header has five bytes, and the offsets themselves stand
        // before the first field.
        let mut at = 5 + 3 + 2 * fields.len();
        let mut offsets = Vec::new();
        for field in &fields {
            offsets.extend(u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes());
            at = at.saturating_add(field.len());
        }
        encode(|w| {
            w.constructed(Tag::new(0xFF20), |w| {
                w.element(Tag::new(0xDF21), &offsets)?;
                fields.iter().try_for_each(|field| w.raw(field))
            })
        })
    }

    /// 券面事項確認AP EF 0005: `FF40 { DF41 number as a picture, DF42 card key, DF43 signature }`.
    pub(crate) fn number_picture(&self, number: &Secret) -> Result<Vec<u8>, Error> {
        let picture = picture::text(number.reveal(), 72);
        let signed = encode(|w| {
            w.element(Tag::new(0xDF41), &picture)?;
            w.element(Tag::new(0xDF42), self.card_key)
        })?;
        self.record(0xFF40, 0xDF43, &signed)
    }

    /// 券面事項入力補助AP EF 0003: `FF30 { DF31, DF32, DF33 signature }`. DF31 is the digest of EF 0001
    /// whole, filler included; DF32 that of what follows the offsets in EF 0002.
    pub(crate) fn integrity(&self, number: &[u8], attributes: &[u8]) -> Result<Vec<u8>, Error> {
        let attributes = after_offsets(attributes)?;
        let signed = encode(|w| {
            w.element(Tag::new(0xDF31), &Sha256::digest(number))?;
            w.element(Tag::new(0xDF32), &Sha256::digest(attributes))
        })?;
        self.record(0xFF30, 0xDF33, &signed)
    }

    /// 券面事項入力補助AP EF 0007: `FF50 { DF51 card key, DF52 signature }`.
    pub(crate) fn signing_key(&self) -> Result<Vec<u8>, Error> {
        let signed = encode(|w| w.element(Tag::new(0xDF51), self.card_key))?;
        self.record(0xFF50, 0xDF52, &signed)
    }

    /// A record whose signature covers all the objects before it.
    fn record(&self, tag: u32, signature_tag: u32, signed: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.signer.sign(Block::DigestInfo, &Sha256::digest(signed))?;
        encode(|w| {
            w.constructed(Tag::new(tag), |w| {
                w.raw(signed)?;
                w.element(Tag::new(signature_tag), &signature)
            })
        })
    }
}

/// What the card face shows.
pub(crate) struct Face<'a> {
    pub(crate) holder: &'a Holder,
    pub(crate) expiry: Date,
    /// Four digits.
    pub(crate) security_code: &'a str,
    pub(crate) photo: &'a [u8],
}

/// 券面事項入力補助AP EF 0006: `A1 { 90 exponent, 91 modulus }`, the key for session keys (SINGLE). Of
/// secure messaging there is nothing more.
pub(crate) fn session_key(public_key: &[u8]) -> Result<Vec<u8>, Error> {
    encode(|w| w.constructed(Tag::new(0xA1), |w: &mut Writer<'_>| w.raw(public_key)))
}

/// A picture of text that the font cannot write: it says what it stands for, and begins the digest
/// of the text, so that two texts have two pictures.
fn picture_of(what: &str, content: &str, width: u16) -> Vec<u8> {
    let digest = Sha256::digest(content);
    let mark: String = digest.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
    picture::text(&format!("VIRTUAL {what} {mark}"), width)
}

/// An object with its length in three bytes, as the test card's pictures have it, however short.
fn long_form(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    [&tag.to_be_bytes()[..], &[0x82], &length.to_be_bytes(), value].concat()
}

/// What follows the offsets (DF21, eight bytes) in EF 0002 of 券面事項入力補助AP.
fn after_offsets(file: &[u8]) -> Result<&[u8], Error> {
    let offsets = file.windows(3).position(|window| window == [0xDF, 0x21, 0x08]);
    let rest = offsets.and_then(|at| file.get(at.checked_add(11)?..));
    rest.ok_or(Error::InvalidIssue("its attributes have no offsets"))
}
