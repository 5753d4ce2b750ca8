//! What a list or response must be about: a judged certificate and the authority that issued it.

use super::{answer::*, asn1, error::Error, scope::DistributionPoints, signed::Authority};
use crate::{oid, time::Time, validator::Judged};

/// The certificate in question, borrowed out of the judgement.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) serial: &'a [u8],
    pub(super) authority: Authority<'a>,
    pub(super) points: Option<DistributionPoints<'a>>,
    not_after: Time,
    sha256: [u8; 32],
}

impl<'a> Target<'a> {
    pub(super) fn new(judged: &Judged<'a>) -> Result<Self, Error> {
        let certificate = judged.certificate();
        let points = match certificate.extension(oid::CRL_DISTRIBUTION_POINTS) {
            Some(extension) => {
                let offset = extension.value.value_offset();
                Some(asn1::decode(extension.value(), offset).map_err(|_| unreadable(offset))?)
            }
            None => None,
        };
        Ok(Self {
            serial: certificate.serial(),
            authority: Authority::of(judged)?,
            points,
            not_after: certificate.not_after(),
            sha256: certificate.sha256(),
        })
    }

    /// The certificate is not listed, or the responder says "good". That means something only for
    /// a certificate that had not expired by then, or where the ended ones are kept since `kept`.
    pub(super) fn unlisted(&self, good: Good, kept: Option<Time>) -> Checked {
        let expired = self.not_after < good.this_update;
        if expired && kept.is_none_or(|kept| kept > self.not_after) {
            self.checked(Revocation::Unknown(Unknown::Expired))
        } else {
            self.checked(Revocation::Good(good))
        }
    }

    pub(super) const fn checked(&self, revocation: Revocation) -> Checked {
        Checked { revocation, certificate_sha256: self.sha256 }
    }
}

const fn unreadable(offset: usize) -> Error {
    let kind = kazasu_tlv::ErrorKind::InvalidContent;
    Error::Certificate(crate::Error::Malformed(kazasu_tlv::Error { kind, offset }))
}
