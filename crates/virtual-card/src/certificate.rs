//! Certificates of virtual cards, in the shape of those of real test cards
//! (`docs/card-facts.md` §5.2): the same extensions in the same order with the same criticality,
//! under roots of their own whose name says that no card of theirs is real.
//!
//! Never a production policy: the policy identifiers are those of the JPKI test hierarchy.

use kazasu_tlv::tags::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, IA5_STRING, INTEGER, NULL, OBJECT_IDENTIFIER,
    OCTET_STRING, PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING,
};
use kazasu_tlv::{Tag, Writer};
use sha2::{Digest, Sha256};

use crate::keys::{self, Block, PrivateKey};
use crate::oid::{
    AUTHORITY_INFORMATION, AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES,
    CLIENT_AUTH, COMMON_NAME, COUNTRY, CPS, CRL_DISTRIBUTION_POINTS, EXTENDED_KEY_USAGE,
    ISSUER_ALT_NAME, JPKI, KEY_USAGE, LOCALITY, OCSP, ORGANIZATION_NAME, SHA256_WITH_RSA,
    SUBJECT_ALT_NAME, SUBJECT_KEY_IDENTIFIER, UNIT,
};
use crate::random::Random;
use crate::{Date, Error, Holder};

/// Which of the card's two certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// 利用者証明用電子証明書.
    Auth,
    /// 署名用電子証明書.
    Sign,
}

/// Organizational unit of both roots. Whoever prints a certificate sees it.
pub const ROOT_NAME: &str = "KAZASU VIRTUAL CARD ROOT - NOT A REAL CARD";
const ORGANIZATION: &str = "KAZASU";
const SERVICE: &str = "実在しない試験用カード";
const AUTHORITY: &str = "試験用の実在しない認証局";
const POLICY_URI: &[u8] = b"http://www.virtual-card.invalid/cps.html";
const OCSP_URI: &[u8] = b"http://ocsp.virtual-card.invalid";

/// The longest file of a card fits: a card face with the largest photo.
const ROOM: usize = 33_000;

type Written = Result<(), kazasu_tlv::Error>;

/// What a card's certificate says, besides what its kind decides.
pub(crate) struct Contents<'a> {
    pub(crate) kind: CertificateKind,
    pub(crate) holder: &'a Holder,
    /// First valid day.
    pub(crate) from: Date,
    /// Last valid day.
    pub(crate) until: Date,
}

/// First and last valid day of both roots; the errors of [`crate::Issue`] name them.
pub(crate) fn root_days() -> (Date, Date) {
    let day = |year, month, day| Date::new(year, month, day).unwrap_or_else(Date::today);
    (day(2020, 1, 1), day(2049, 12, 31))
}

/// The self-signed certificate of a virtual root, DER; the same bytes always.
///
/// Its private key is public. Trust it in tests and demonstrations only, and never by a default that
/// a real card could meet.
///
/// # Errors
/// None in practice: [`Error::Key`] if the committed key could not be read.
pub fn root_certificate(kind: CertificateKind) -> Result<Vec<u8>, Error> {
    let key = keys::root(kind)?;
    let identifier = key.identifier()?;
    let (from, until) = root_days();
    let root = Root { kind };
    certify(&key, |w| {
        head(w, &root.serial(), |w| root.name(w), from, until, |w| root.name(w))?;
        w.raw(&key.public_key_info().unwrap_or_default())?;
        extensions(w, |w| {
            extension(w, KEY_USAGE, true, |w| w.element(BIT_STRING, &[0x01, 0x06]))?;
            extension(w, SUBJECT_ALT_NAME, false, |w| {
                w.constructed(SEQUENCE, |w| root.japanese_name(w))
            })?;
            extension(w, BASIC_CONSTRAINTS, true, |w| {
                w.constructed(SEQUENCE, |w| w.element(BOOLEAN, &[0xFF]))
            })?;
            extension(w, CRL_DISTRIBUTION_POINTS, false, |w| {
                distribution_point(w, |w| root.name(w))
            })?;
            subject_key_identifier(w, &identifier)
        })
    })
}

/// Issues a certificate for `subject_key` under the virtual root of its kind.
pub(crate) fn issue(
    contents: &Contents<'_>,
    subject_key: &PrivateKey,
    random: &mut Random,
) -> Result<Vec<u8>, Error> {
    let root = Root { kind: contents.kind };
    let root_key = keys::root(contents.kind)?;
    let root_identifier = root_key.identifier()?;
    let identifier = subject_key.identifier()?;
    let public_key_info = subject_key.public_key_info()?;
    let serial = certificate_serial(random);
    let common_name = common_name(contents, random);
    certify(&root_key, |w| {
        head(
            w,
            &serial,
            |w| root.name(w),
            contents.from,
            contents.until,
            |w| subject(w, contents, &common_name),
        )?;
        w.raw(&public_key_info)?;
        extensions(w, |w| {
            match contents.kind {
                CertificateKind::Auth => {
                    extension(w, KEY_USAGE, true, |w| w.element(BIT_STRING, &[0x07, 0x80]))?;
                    extension(w, EXTENDED_KEY_USAGE, false, |w| {
                        w.constructed(SEQUENCE, |w| w.element(OBJECT_IDENTIFIER, CLIENT_AUTH))
                    })?;
                }
                CertificateKind::Sign => {
                    extension(w, KEY_USAGE, true, |w| w.element(BIT_STRING, &[0x06, 0xC0]))?;
                    extension(w, SUBJECT_ALT_NAME, false, |w| attributes(w, contents.holder))?;
                }
            }
            extension(w, CERTIFICATE_POLICIES, true, |w| policy(w, contents.kind))?;
            extension(w, ISSUER_ALT_NAME, false, |w| {
                w.constructed(SEQUENCE, |w| root.japanese_name(w))
            })?;
            extension(w, CRL_DISTRIBUTION_POINTS, false, |w| {
                distribution_point(w, |w| root.distribution_point_name(w, contents.holder))
            })?;
            if contents.kind == CertificateKind::Auth {
                extension(w, AUTHORITY_INFORMATION, false, ocsp)?;
            }
            extension(w, AUTHORITY_KEY_IDENTIFIER, false, |w| {
                w.constructed(SEQUENCE, |w| {
                    w.element(Tag::context(0), &root_identifier)?;
                    w.constructed(Tag::context_constructed(1), |w| {
                        w.constructed(Tag::context_constructed(4), |w| root.name(w))
                    })?;
                    w.element(Tag::context(2), &root.serial())
                })
            })?;
            subject_key_identifier(w, &identifier)
        })
    })
}

/// One of the two virtual roots.
struct Root {
    kind: CertificateKind,
}

impl Root {
    const fn serial(&self) -> [u8; 3] {
        match self.kind {
            CertificateKind::Auth => [0x4B, 0x5A, 0x01],
            CertificateKind::Sign => [0x4B, 0x5A, 0x02],
        }
    }

    const fn purpose(&self) -> &'static str {
        match self.kind {
            CertificateKind::Auth => "Virtual JPKI for user authentication",
            CertificateKind::Sign => "Virtual JPKI for digital signature",
        }
    }

    fn name(&self, w: &mut Writer<'_>) -> Written {
        name(w, &[(ORGANIZATION_NAME, ORGANIZATION), (UNIT, self.purpose()), (UNIT, ROOT_NAME)])
    }

    fn japanese_name(&self, w: &mut Writer<'_>) -> Written {
        let service = match self.kind {
            CertificateKind::Auth => format!("{SERVICE}利用者証明用"),
            CertificateKind::Sign => format!("{SERVICE}署名用"),
        };
        w.constructed(Tag::context_constructed(4), |w| {
            name(w, &[(ORGANIZATION_NAME, SERVICE), (UNIT, &service), (UNIT, AUTHORITY)])
        })
    }

    fn distribution_point_name(&self, w: &mut Writer<'_>, holder: &Holder) -> Written {
        name(
            w,
            &[
                (ORGANIZATION_NAME, ORGANIZATION),
                (UNIT, self.purpose()),
                (UNIT, "CRL Distribution Points"),
                (UNIT, &holder.prefecture),
                (COMMON_NAME, &format!("{} CRLDP", holder.municipality)),
            ],
        )
    }
}

/// A TBSCertificate, and its signature by `key` (RFC 5280, 4.1).
fn certify(
    key: &PrivateKey,
    tbs: impl FnOnce(&mut Writer<'_>) -> Written,
) -> Result<Vec<u8>, Error> {
    let tbs = encode(|w| w.constructed(SEQUENCE, tbs))?;
    let signature = key.sign(Block::DigestInfo, &Sha256::digest(&tbs))?;
    encode(|w| {
        w.constructed(SEQUENCE, |w| {
            w.raw(&tbs)?;
            algorithm(w)?;
            bit_string(w, &signature)
        })
    })
}

/// What `content` writes.
pub(crate) fn encode(content: impl FnOnce(&mut Writer<'_>) -> Written) -> Result<Vec<u8>, Error> {
    let mut room = vec![0; ROOM];
    let mut writer = Writer::new(&mut room);
    content(&mut writer)?;
    Ok(writer.written().to_vec())
}

fn head(
    w: &mut Writer<'_>,
    serial: &[u8],
    issuer: impl FnOnce(&mut Writer<'_>) -> Written,
    from: Date,
    until: Date,
    subject: impl FnOnce(&mut Writer<'_>) -> Written,
) -> Written {
    w.constructed(Tag::context_constructed(0), |w| w.element(INTEGER, &[0x02]))?;
    w.element(INTEGER, serial)?;
    algorithm(w)?;
    issuer(w)?;
    w.constructed(SEQUENCE, |w| {
        // A day in Japan: from 15:00:00Z of the day before to 14:59:59Z.
        time(w, Date::from_unix(from.start_unix().saturating_sub(1)), "150000Z")?;
        time(w, until, "145959Z")
    })?;
    subject(w)
}

/// UTCTime to 2049, then GeneralizedTime (RFC 5280, 4.1.2.5).
fn time(w: &mut Writer<'_>, day: Date, time_of_day: &str) -> Written {
    let compact = day.compact();
    match compact.get(2..) {
        Some(short) if (1950..2050).contains(&day.year()) => {
            w.element(UTC_TIME, format!("{short}{time_of_day}").as_bytes())
        }
        _ => w.element(GENERALIZED_TIME, format!("{compact}{time_of_day}").as_bytes()),
    }
}

fn algorithm(w: &mut Writer<'_>) -> Written {
    w.constructed(SEQUENCE, |w| {
        w.element(OBJECT_IDENTIFIER, SHA256_WITH_RSA)?;
        w.element(NULL, &[])
    })
}

fn bit_string(w: &mut Writer<'_>, bytes: &[u8]) -> Written {
    w.encapsulating(BIT_STRING, |w| {
        w.raw(&[0x00])?;
        w.raw(bytes)
    })
}

/// A name that begins with `C=JP`.
fn name(w: &mut Writer<'_>, attributes: &[(&[u8], &str)]) -> Written {
    let attribute = |w: &mut Writer<'_>, identifier: &[u8], tag, value: &str| {
        w.constructed(SET, |w| {
            w.constructed(SEQUENCE, |w| {
                w.element(OBJECT_IDENTIFIER, identifier)?;
                w.element(tag, value.as_bytes())
            })
        })
    };
    w.constructed(SEQUENCE, |w| {
        attribute(w, COUNTRY, PRINTABLE_STRING, "JP")?;
        attributes.iter().try_for_each(|(oid, value)| attribute(w, oid, UTF8_STRING, value))
    })
}

fn subject(w: &mut Writer<'_>, contents: &Contents<'_>, common_name: &str) -> Written {
    let holder = contents.holder;
    match contents.kind {
        CertificateKind::Auth => name(w, &[(COMMON_NAME, common_name)]),
        CertificateKind::Sign => name(
            w,
            &[
                (LOCALITY, &holder.prefecture),
                (LOCALITY, &holder.municipality),
                (COMMON_NAME, common_name),
            ],
        ),
    }
}

/// 23 characters for authentication, 28 for signing (SINGLE, `docs/card-facts.md` §5.2; what the
/// parts mean is UNKNOWN).
fn common_name(contents: &Contents<'_>, random: &mut Random) -> String {
    let code = &contents.holder.municipality_code;
    match contents.kind {
        CertificateKind::Auth => {
            format!("{}{code}000V", random.text(14, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        }
        CertificateKind::Sign => {
            let number = random.text(4, b"0123456789");
            format!("{}000000{number}{code}000V", contents.from.compact())
        }
    }
}

/// Three bytes: positive, and with no zero byte in front (RFC 5280, 4.1.2.2).
fn certificate_serial(random: &mut Random) -> Vec<u8> {
    let mut serial = random.bytes(3);
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3F) + 1;
    }
    serial
}

fn extensions(w: &mut Writer<'_>, content: impl FnOnce(&mut Writer<'_>) -> Written) -> Written {
    w.constructed(Tag::context_constructed(3), |w| w.constructed(SEQUENCE, content))
}

fn extension(
    w: &mut Writer<'_>,
    identifier: &[u8],
    critical: bool,
    value: impl FnOnce(&mut Writer<'_>) -> Written,
) -> Written {
    w.constructed(SEQUENCE, |w| {
        w.element(OBJECT_IDENTIFIER, identifier)?;
        if critical {
            w.element(BOOLEAN, &[0xFF])?;
        }
        w.encapsulating(OCTET_STRING, value)
    })
}

fn subject_key_identifier(w: &mut Writer<'_>, identifier: &[u8]) -> Written {
    extension(w, SUBJECT_KEY_IDENTIFIER, false, |w| w.element(OCTET_STRING, identifier))
}

fn policy(w: &mut Writer<'_>, kind: CertificateKind) -> Written {
    let last = match kind {
        CertificateKind::Auth => 30,
        CertificateKind::Sign => 20,
    };
    let identifier = [&JPKI[..], &[0x01, 0x00, last]].concat();
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.element(OBJECT_IDENTIFIER, &identifier)?;
            w.constructed(SEQUENCE, |w| {
                w.constructed(SEQUENCE, |w| {
                    w.element(OBJECT_IDENTIFIER, CPS)?;
                    w.element(IA5_STRING, POLICY_URI)
                })
            })
        })
    })
}

fn ocsp(w: &mut Writer<'_>) -> Written {
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.element(OBJECT_IDENTIFIER, OCSP)?;
            w.element(Tag::context(6), OCSP_URI)
        })
    })
}

fn distribution_point(
    w: &mut Writer<'_>,
    name: impl FnOnce(&mut Writer<'_>) -> Written,
) -> Written {
    w.constructed(SEQUENCE, |w| {
        w.constructed(SEQUENCE, |w| {
            w.constructed(Tag::context_constructed(0), |w| {
                w.constructed(Tag::context_constructed(0), |w| {
                    w.constructed(Tag::context_constructed(4), name)
                })
            })
        })
    })
}

/// The otherNames of the 署名用 certificate, in their order (CONFIRMED, `docs/card-facts.md` §5.2).
fn attributes(w: &mut Writer<'_>, holder: &Holder) -> Written {
    let birth = format!("{}{}", holder.birth.era_number(), holder.birth.compact());
    let entries = [
        (1, holder.name.as_str()),
        (4, &birth),
        (3, holder.sex.in_certificate()),
        (5, &holder.address),
        (2, &holder.name_flags()),
        (6, &holder.address_flags()),
    ];
    w.constructed(SEQUENCE, |w| {
        entries.iter().try_for_each(|(last, value)| {
            w.constructed(Tag::context_constructed(0), |w| {
                w.element(OBJECT_IDENTIFIER, &[&JPKI[..], &[0x05, *last]].concat())?;
                w.constructed(Tag::context_constructed(0), |w| {
                    w.element(UTF8_STRING, value.as_bytes())
                })
            })
        })
    })
}
