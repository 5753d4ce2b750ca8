//! Certificates of hierarchies that do not exist, for tests of path validation: any keys, any
//! extensions, right or wrong. Nothing here checks what it writes, and every name says that it is
//! synthetic.
//!
//! The P-384 keys are derived from a word that anybody can read, so they protect nothing. They stand
//! for the next card, of which only the curve and the hash function are published.

use kazasu_tlv::tags::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING,
    PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING,
};
use kazasu_tlv::{Tag, Writer};
use p384::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner as _};
use sha2::{Digest, Sha256, Sha384};

use crate::certificate::encode;
use crate::keys::{Block, KeySource, PrivateKey};
use crate::oid::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, CLIENT_AUTH, COMMON_NAME,
    COUNTRY, EXTENDED_KEY_USAGE, JPKI, KEY_USAGE, ORGANIZATION_NAME, SHA256_WITH_RSA,
    SUBJECT_KEY_IDENTIFIER,
};
use crate::{CertificateKind, Error};

/// Organization of everything that this module names.
pub const SYNTHETIC_NAME: &str = "KAZASU SYNTHETIC P-384 AND RSA - NOT A REAL CARD";

const ECDSA_WITH_SHA384: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const SECP384R1: &[u8] = &[0x2B, 0x81, 0x04, 0x00, 0x22];

/// A key that signs, and that everybody has.
pub struct SyntheticKey(Inner);

enum Inner {
    Rsa(PrivateKey),
    P384(SigningKey),
}

impl core::fmt::Debug for SyntheticKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SyntheticKey").finish_non_exhaustive()
    }
}

impl SyntheticKey {
    /// An RSA-2048 key of the committed pool of eight; the number is taken modulo its size.
    ///
    /// # Errors
    /// None in practice: [`Error::Key`] if the committed key could not be read.
    pub fn rsa(number: u64) -> Result<Self, Error> {
        KeySource::Pool(number).load().map(|key| Self(Inner::Rsa(key)))
    }

    /// The P-384 key that a word stands for.
    ///
    /// # Errors
    /// [`Error::Key`] for one word in 2^190.
    pub fn p384(word: &str) -> Result<Self, Error> {
        let scalar = Sha384::digest(format!("{SYNTHETIC_NAME}: {word}"));
        let key = SigningKey::from_slice(&scalar);
        Ok(Self(Inner::P384(key.map_err(|_| Error::Key("no key on P-384"))?)))
    }

    /// Signs a message as certificates are signed: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA with
    /// SHA-384 as an ECDSA-Sig-Value (RFC 3279, 2.2.3).
    ///
    /// # Errors
    /// None in practice: [`Error::Key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let Inner::Rsa(key) = &self.0 else {
            let plain = self.sign_plain(message)?;
            let (r, s) = plain.split_at(plain.len() / 2);
            return encode(|w| {
                w.constructed(SEQUENCE, |w| {
                    w.element(INTEGER, &unsigned(r))?;
                    w.element(INTEGER, &unsigned(s))
                })
            });
        };
        key.sign(Block::DigestInfo, &Sha256::digest(message))
    }

    /// The same with ECDSA as r and s side by side; with RSA as [`SyntheticKey::sign`].
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn sign_plain(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Inner::Rsa(_) => self.sign(message),
            Inner::P384(key) => {
                let signed: Result<Signature, _> = key.sign_prehash(&Sha384::digest(message));
                let signed = signed.map_err(|_| Error::Key("it refused to sign"))?;
                Ok(signed.to_bytes().to_vec())
            }
        }
    }

    /// `SubjectPublicKeyInfo`, DER.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn public_key_info(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Inner::Rsa(key) => key.public_key_info(),
            Inner::P384(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                encode(|w| {
                    w.constructed(SEQUENCE, |w| {
                        w.constructed(SEQUENCE, |w| {
                            w.element(OBJECT_IDENTIFIER, EC_PUBLIC_KEY)?;
                            w.element(OBJECT_IDENTIFIER, SECP384R1)
                        })?;
                        bits(w, point.as_bytes())
                    })
                })
            }
        }
    }

    /// The first 20 octets of SHA-256 over the public key info.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn identifier(&self) -> Result<Vec<u8>, Error> {
        Ok(Sha256::digest(self.public_key_info()?).iter().copied().take(20).collect())
    }

    /// The AlgorithmIdentifier of its signatures, DER.
    fn algorithm(&self) -> Result<Vec<u8>, Error> {
        encode(|w| {
            w.constructed(SEQUENCE, |w| match &self.0 {
                Inner::Rsa(_) => {
                    w.element(OBJECT_IDENTIFIER, SHA256_WITH_RSA)?;
                    w.element(NULL, &[])
                }
                Inner::P384(_) => w.element(OBJECT_IDENTIFIER, ECDSA_WITH_SHA384),
            })
        })
    }
}

/// An extension of a [`Draft`].
#[derive(Clone, Debug)]
pub struct DraftExtension {
    /// Content octets of its OBJECT IDENTIFIER.
    pub identifier: Vec<u8>,
    /// Whether it is critical.
    pub critical: bool,
    /// What the OCTET STRING holds.
    pub value: Vec<u8>,
}

/// A certificate to be, of which every part can be changed before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Content octets of the serial number.
    pub serial: Vec<u8>,
    /// commonName of the issuer.
    pub issuer: String,
    /// commonName of the subject.
    pub subject: String,
    /// First second, as `20250101000000Z`.
    pub not_before: String,
    /// Last second.
    pub not_after: String,
    /// `SubjectPublicKeyInfo`, DER.
    pub public_key_info: Vec<u8>,
    /// In their order.
    pub extensions: Vec<DraftExtension>,
}

impl Draft {
    /// An authority named `subject`, to be signed by `issuer_key` of `issuer`: keyCertSign and
    /// cRLSign, no path length, no policy. Both names and keys the same: a root.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn authority(
        subject: &str,
        key: &SyntheticKey,
        issuer: &str,
        issuer_key: &SyntheticKey,
    ) -> Result<Self, Error> {
        let mut draft = Self::new(subject, key, issuer, issuer_key)?;
        draft.put(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x06]);
        draft.put(BASIC_CONSTRAINTS, true, &[0x30, 0x03, 0x01, 0x01, 0xFF]);
        draft.not_before = "20200101000000Z".into();
        draft.not_after = "20491231145959Z".into();
        Ok(draft)
    }

    /// A holder's certificate of a kind, as those of the JPKI test hierarchy are.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn holder(
        kind: CertificateKind,
        key: &SyntheticKey,
        issuer: &str,
        issuer_key: &SyntheticKey,
    ) -> Result<Self, Error> {
        let mut draft = Self::new("NOBODY", key, issuer, issuer_key)?;
        let last = match kind {
            CertificateKind::Auth => {
                draft.put(KEY_USAGE, true, &[0x03, 0x02, 0x07, 0x80]);
                let purposes = encode(|w| {
                    w.constructed(SEQUENCE, |w| w.element(OBJECT_IDENTIFIER, CLIENT_AUTH))
                })?;
                draft.put(EXTENDED_KEY_USAGE, false, &purposes);
                30
            }
            CertificateKind::Sign => {
                draft.put(KEY_USAGE, true, &[0x03, 0x02, 0x06, 0xC0]);
                20
            }
        };
        draft.put_policies(&[&[&JPKI[..], &[0x01, 0x00, last]].concat()])?;
        Ok(draft)
    }

    fn new(
        subject: &str,
        key: &SyntheticKey,
        issuer: &str,
        issuer_key: &SyntheticKey,
    ) -> Result<Self, Error> {
        let mut draft = Self {
            serial: vec![0x4B, 0x5A, 0x0F],
            issuer: issuer.into(),
            subject: subject.into(),
            not_before: "20250101000000Z".into(),
            not_after: "20300217145959Z".into(),
            public_key_info: key.public_key_info()?,
            extensions: Vec::new(),
        };
        let own = encode(|w| w.element(OCTET_STRING, &key.identifier().unwrap_or_default()))?;
        draft.put(SUBJECT_KEY_IDENTIFIER, false, &own);
        let issuers = encode(|w| {
            let identifier = issuer_key.identifier().unwrap_or_default();
            w.constructed(SEQUENCE, |w| w.element(Tag::context(0), &identifier))
        })?;
        draft.put(AUTHORITY_KEY_IDENTIFIER, false, &issuers);
        Ok(draft)
    }

    /// Puts an extension at its place, or at the end.
    pub fn put(&mut self, identifier: &[u8], critical: bool, value: &[u8]) {
        let extension =
            DraftExtension { identifier: identifier.to_vec(), critical, value: value.to_vec() };
        match self.extensions.iter_mut().find(|it| it.identifier == identifier) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Takes an extension away.
    pub fn remove(&mut self, identifier: &[u8]) {
        self.extensions.retain(|it| it.identifier != identifier);
    }

    /// Puts critical certificate policies: content octets of OBJECT IDENTIFIERs.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn put_policies(&mut self, policies: &[&[u8]]) -> Result<(), Error> {
        let value = encode(|w| {
            w.constructed(SEQUENCE, |w| {
                policies.iter().try_for_each(|policy| {
                    w.constructed(SEQUENCE, |w| w.element(OBJECT_IDENTIFIER, policy))
                })
            })
        })?;
        self.put(CERTIFICATE_POLICIES, true, &value);
        Ok(())
    }

    /// Its certificate, signed with a key: DER.
    ///
    /// # Errors
    /// As [`SyntheticKey::sign`].
    pub fn sign(&self, key: &SyntheticKey) -> Result<Vec<u8>, Error> {
        let algorithm = key.algorithm()?;
        let tbs = encode(|w| {
            w.constructed(SEQUENCE, |w| {
                w.constructed(Tag::context_constructed(0), |w| w.element(INTEGER, &[0x02]))?;
                w.element(INTEGER, &self.serial)?;
                w.raw(&algorithm)?;
                name(w, &self.issuer)?;
                w.constructed(SEQUENCE, |w| {
                    time(w, &self.not_before)?;
                    time(w, &self.not_after)
                })?;
                name(w, &self.subject)?;
                w.raw(&self.public_key_info)?;
                w.constructed(Tag::context_constructed(3), |w| {
                    w.constructed(SEQUENCE, |w| {
                        self.extensions.iter().try_for_each(|it| extension(w, it))
                    })
                })
            })
        })?;
        let signature = key.sign(&tbs)?;
        encode(|w| {
            w.constructed(SEQUENCE, |w| {
                w.raw(&tbs)?;
                w.raw(&algorithm)?;
                bits(w, &signature)
            })
        })
    }
}

/// `C=JP, O=`[`SYNTHETIC_NAME`]`, CN=…`, DER.
///
/// # Errors
/// None in practice.
pub fn synthetic_name(common_name: &str) -> Result<Vec<u8>, Error> {
    encode(|w| name(w, common_name))
}

type Written = Result<(), kazasu_tlv::Error>;

fn name(w: &mut Writer<'_>, common_name: &str) -> Written {
    let attributes = [
        (COUNTRY, PRINTABLE_STRING, "JP"),
        (ORGANIZATION_NAME, UTF8_STRING, SYNTHETIC_NAME),
        (COMMON_NAME, UTF8_STRING, common_name),
    ];
    w.constructed(SEQUENCE, |w| {
        attributes.iter().try_for_each(|(identifier, tag, value)| {
            w.constructed(SET, |w| {
                w.constructed(SEQUENCE, |w| {
                    w.element(OBJECT_IDENTIFIER, identifier)?;
                    w.element(*tag, value.as_bytes())
                })
            })
        })
    })
}

/// UTCTime to 2049, then GeneralizedTime (RFC 5280, 4.1.2.5).
fn time(w: &mut Writer<'_>, time: &str) -> Written {
    match time.get(2..) {
        Some(short) if time < "2050" => w.element(UTC_TIME, short.as_bytes()),
        _ => w.element(GENERALIZED_TIME, time.as_bytes()),
    }
}

fn extension(w: &mut Writer<'_>, extension: &DraftExtension) -> Written {
    w.constructed(SEQUENCE, |w| {
        w.element(OBJECT_IDENTIFIER, &extension.identifier)?;
        if extension.critical {
            w.element(BOOLEAN, &[0xFF])?;
        }
        w.element(OCTET_STRING, &extension.value)
    })
}

fn bits(w: &mut Writer<'_>, octets: &[u8]) -> Written {
    w.element(BIT_STRING, &[&[0x00], octets].concat())
}

/// Content octets of a positive INTEGER.
fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let significant: Vec<u8> = magnitude.iter().copied().skip_while(|octet| *octet == 0).collect();
    match significant.first() {
        Some(0..=0x7F) => significant,
        _ => [&[0x00][..], &significant].concat(),
    }
}
