//! Evidence of a check-in as a file: what somebody else needs to judge it again. No name, no PIN.

use crate::exit::Error;
use crate::language::{Text, Told, say};
use crate::{file, hex};
use kazasu::mynacard::Token;
use kazasu::pki::{Scheme, Time};
use kazasu::{Nonce, Proof};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Says what the file is, and its version.
const FORMAT: &str = "kazasu-evidence-1";

/// Nonce, scheme, signature and certificate, and the token where it matters; bytes in hexadecimal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    format: String,
    /// When it was made, by the clock of the machine that made it. A remark, not evidence.
    time: String,
    nonce: String,
    scheme: String,
    signature: String,
    certificate: String,
    /// What holds the keys, where the reader had to know: in the months of grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Evidence with its bytes.
pub(crate) struct Decoded {
    pub(crate) nonce: Nonce,
    pub(crate) scheme: Scheme,
    pub(crate) signature: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) token: Option<Token>,
}

impl Evidence {
    pub(crate) fn new(nonce: &Nonce, proof: &Proof, certificate: &[u8], now: Time) -> Self {
        Self {
            format: FORMAT.to_owned(),
            time: now.to_string(),
            nonce: hex::encode(nonce.as_bytes()),
            scheme: proof.scheme().as_str().to_owned(),
            signature: hex::encode(proof.signature()),
            certificate: hex::encode(certificate),
            token: proof.token().map(|token| token.as_str().to_owned()),
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads an evidence file.
    pub(crate) fn read(path: &Path) -> Result<Decoded, Error> {
        let wrong = |reason: Text| Error::file(path, say::no_evidence(&reason));
        let evidence: Self =
            serde_json::from_slice(&file::read(path)?).map_err(|error| wrong(error.text()))?;
        if evidence.format != FORMAT {
            return Err(wrong(say::other_format(FORMAT)));
        }
        let bytes = |name: &str, text: &str| {
            hex::decode(text).ok_or_else(|| wrong(say::member_no_hexadecimal(name)))
        };
        let nonce =
            Nonce::given(&bytes("nonce", &evidence.nonce)?).map_err(|error| wrong(error.text()))?;
        let scheme = Scheme::from_name(&evidence.scheme)
            .ok_or_else(|| wrong(say::unknown_member("scheme")))?;
        let token = match &evidence.token {
            None => None,
            Some(name) => {
                Some(Token::from_name(name).ok_or_else(|| wrong(say::unknown_member("token")))?)
            }
        };
        Ok(Decoded {
            nonce,
            scheme,
            signature: bytes("signature", &evidence.signature)?,
            certificate: bytes("certificate", &evidence.certificate)?,
            token,
        })
    }
}
