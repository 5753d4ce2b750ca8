//! What can be wrong with a card itself: its signatures and its certificates.
//!
//! A defect is set for as long as a [`crate::Fault`] lasts; it never changes what is stored.

use crate::application::FileId;
use crate::certificate::{self, CertificateKind, Contents};
use crate::keys::KeySource;
use crate::random::Random;
use crate::{Date, Error, Holder};

/// What is wrong with a signature. Its length is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureDefect {
    /// Random bytes.
    Random,
    /// A right signature of the right data by another key.
    Foreign,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateDefect {
    /// It ends after so many bytes.
    Truncated(usize),
    /// The lowest bit of the byte at this offset is flipped; an offset beyond the end counts on from
    /// the start.
    Corrupt(usize),
    /// It is another card's, under the same root.
    Foreign,
}

/// The defects of a card now.
#[derive(Default)]
pub(crate) struct Defects {
    pub(crate) signature: Option<SignatureDefect>,
    pub(crate) certificates: Vec<(CertificateKind, CertificateDefect)>,
}

impl Defects {
    /// What is read instead of this JPKI file, if it is a certificate with a defect.
    pub(crate) fn certificate(&self, id: FileId, content: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let kind = match id.0 {
            0x000A => CertificateKind::Auth,
            0x0001 => CertificateKind::Sign,
            _ => return Ok(None),
        };
        let mut defects = self.certificates.iter().filter(|(one, _)| *one == kind).peekable();
        if defects.peek().is_none() {
            return Ok(None);
        }
        let mut altered = content.to_vec();
        for (_, defect) in defects {
            match defect {
                CertificateDefect::Truncated(length) => altered.truncate(*length),
                CertificateDefect::Corrupt(offset) => {
                    let at = offset.checked_rem(altered.len()).unwrap_or(0);
                    if let Some(byte) = altered.get_mut(at) {
                        *byte ^= 0x01;
                    }
                }
                CertificateDefect::Foreign => altered = foreign(kind, content)?,
            }
        }
        Ok(Some(altered))
    }
}

/// Another card's certificate. The key is chosen so that it is not this card's.
fn foreign(kind: CertificateKind, own: &[u8]) -> Result<Vec<u8>, Error> {
    let holder = Holder { municipality: "Tanin-shi".to_owned(), ..Holder::sample() };
    let own_key = |info: &[u8]| own.windows(info.len()).any(|window| window == info);
    let mut key = KeySource::Pool(0).load()?;
    if own_key(&key.public_key_info()?) {
        key = KeySource::Pool(0).another().load()?;
    }
    let from = Date::today();
    let contents =
        Contents { kind, holder: &holder, from, until: holder.birth.birthday_after(from, 5) };
    // The same at every call: a certificate is read in pieces.
    certificate::issue(&contents, &key, &mut Random::new(Some(0), "foreign certificate")?)
}
