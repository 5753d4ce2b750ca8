//! Authorities of the card's records: which this run accepts, and files with one.

use crate::arguments::AuthorityOptions;
use crate::exit::Error;
use crate::language::{Text, Told, say};
use crate::reader::{Reader, card_error};
use crate::{file, hex};
use kazasu::pki::MAX_CALLER_ANCHORS;
use kazasu::pki::cvc::{CvcAnchor, CvcAnchors, CvcRole, KeyIdentifier};
use kazasu::pki::rsa::RsaPublicKey;
use kazasu::virtual_card::{CardVerifiableAuthority, card_verifiable_root};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Says what the file is, and its version.
const FORMAT: &str = "kazasu-authority-1";
/// The exponent of every authority that is known.
const EXPONENT: u32 = 65_537;

/// A file with one authority; bytes in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    format: String,
    role: String,
    key_identifier: String,
    modulus: String,
    exponent: u32,
}

/// One authority, with its key.
struct Authority {
    identifier: [u8; 16],
    modulus: Vec<u8>,
    exponent: u32,
    role: CvcRole,
}

impl Authority {
    fn virtual_card(role: CvcRole) -> Result<Self, Error> {
        let of = match role {
            CvcRole::InputSupport => CardVerifiableAuthority::Text,
            _ => CardVerifiableAuthority::Surface,
        };
        let root = card_verifiable_root(of).map_err(card_error)?;
        let (identifier, modulus) = (root.key_identifier, root.modulus.to_vec());
        Ok(Self { identifier, modulus, exponent: EXPONENT, role })
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: Text| Error::file(path, say::no_authority(&reason));
        let read: AuthorityFile =
            serde_json::from_slice(&file::read(path)?).map_err(|error| wrong(error.text()))?;
        if read.format != FORMAT {
            return Err(wrong(say::other_format(FORMAT)));
        }
        let role = [CvcRole::CardFace, CvcRole::InputSupport]
            .into_iter()
            .find(|role| role.as_str() == read.role)
            .ok_or_else(|| wrong(say::unknown_member("role")))?;
        let identifier = hex::decode(&read.key_identifier)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| wrong(say::no_key_identifier()))?;
        let modulus = hex::decode(&read.modulus)
            .ok_or_else(|| wrong(say::member_no_hexadecimal("modulus")))?;
        RsaPublicKey::new(&modulus, read.exponent).map_err(|error| wrong(error.text()))?;
        Ok(Self { identifier, modulus, exponent: read.exponent, role })
    }
}

/// The bytes of the file of a virtual authority.
pub(crate) fn virtual_file(role: CvcRole) -> Result<Vec<u8>, Error> {
    let authority = Authority::virtual_card(role)?;
    let file = AuthorityFile {
        format: FORMAT.to_owned(),
        role: role.as_str().to_owned(),
        key_identifier: hex::encode(&authority.identifier),
        modulus: hex::encode(&authority.modulus),
        exponent: authority.exponent,
    };
    let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
    bytes.push(b'\n');
    Ok(bytes)
}

/// The authorities that this run accepts; [`Authorities::anchors`] makes anchors of them.
pub(crate) struct Authorities {
    test: bool,
    custom: Vec<Authority>,
    virtual_ones: Vec<Authority>,
}

impl Authorities {
    /// Reads what the options name. On a virtual reader in this process the virtual authorities are
    /// accepted too, unless some are named: then those are meant.
    pub(crate) fn new(
        test: bool,
        options: &AuthorityOptions,
        reader: Option<&Reader>,
    ) -> Result<Self, Error> {
        if options.authority.len() > MAX_CALLER_ANCHORS {
            return Err(Error::Usage(say::too_many_authorities(MAX_CALLER_ANCHORS)));
        }
        let custom: Vec<_> = options.files().map(Authority::read).collect::<Result<_, Error>>()?;
        // A card with the files of a test card has no virtual roots.
        let is_virtual = reader.is_some_and(|reader| !reader.roots.is_empty());
        let roles: &[_] = match custom.is_empty() && is_virtual {
            true => &[CvcRole::CardFace, CvcRole::InputSupport],
            false => &[],
        };
        let virtual_ones = roles
            .iter()
            .map(|role| Authority::virtual_card(*role))
            .collect::<Result<_, Error>>()?;
        Ok(Self { test, custom, virtual_ones })
    }

    /// The anchors.
    pub(crate) fn anchors(&self) -> Result<CvcAnchors<'_>, Error> {
        let wrong = |error: &dyn Told| Error::Internal(say::authority_refused(&error.text()));
        let mut anchors = CvcAnchors::production();
        if self.test {
            anchors = anchors.with_test();
        }
        for (authorities, virtual_card) in [(&self.custom, false), (&self.virtual_ones, true)] {
            for Authority { identifier, modulus, exponent, role } in authorities {
                let identifier = KeyIdentifier::new(*identifier);
                let key = RsaPublicKey::new(modulus, *exponent).map_err(|it| wrong(&it))?;
                let anchor = match virtual_card {
                    true => CvcAnchor::virtual_card(identifier, key, *role),
                    false => CvcAnchor::custom(identifier, key, *role),
                };
                anchors = anchors.with(anchor).map_err(|it| wrong(&it))?;
            }
        }
        Ok(anchors)
    }
}
