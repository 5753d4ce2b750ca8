//! Where revocation information comes from, and what the caller decides about the answer. The
//! decision is a type: whoever relies on a certificate holds one that says which way it went.

use super::{
    answer::*, check_crl, check_ocsp, error::Error, ocsp::OcspRequest, rules::RevocationRules,
};
use crate::{
    backend::Backend,
    time::Time,
    validator::{Judged, Validator},
};

/// What a source hands over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Material<'m> {
    /// A list, DER.
    Crl(&'m [u8]),
    /// A response, DER, and what it answers.
    Ocsp {
        /// What the request was written with.
        request: OcspRequest<'m>,
        /// What came back.
        response: &'m [u8],
    },
    /// Nothing.
    Unavailable,
}

/// Where lists and responses come from. A source only hands over bytes; it is not believed, and
/// the library asks nobody by itself.
///
/// The authority's lists and responder are open only to notified verifiers (公的個人認証法第17条,
/// 第38条); how such a verifier reaches them is its own, behind this trait.
pub trait RevocationSource {
    /// The newest there is about a judged certificate.
    fn material(&mut self, judged: &Judged<'_>) -> Material<'_>;
}

/// A source that has nothing, ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSource;

impl RevocationSource for NoSource {
    fn material(&mut self, _: &Judged<'_>) -> Material<'_> {
        Material::Unavailable
    }
}

/// A list or response that is there already.
impl RevocationSource for Material<'_> {
    fn material(&mut self, _: &Judged<'_>) -> Material<'_> {
        *self
    }
}

impl<B: Backend> Validator<'_, B> {
    /// Asks a source about a judged certificate and checks what it hands over. What is not accepted
    /// becomes [`Revocation::Unknown`], with the reason.
    pub fn check_revocation(
        &self,
        judged: &Judged<'_>,
        source: &mut (impl RevocationSource + ?Sized),
        rules: RevocationRules,
        now: Time,
    ) -> Checked {
        let checked = match source.material(judged) {
            Material::Crl(list) => check_crl(self.backend(), judged, list, rules, now),
            Material::Ocsp { request, response } => {
                check_ocsp(self.backend(), judged, &request, response, rules, now)
            }
            Material::Unavailable => {
                return Checked::new(judged, Revocation::Unknown(Unknown::Unavailable));
            }
        };
        checked.unwrap_or_else(|error| Checked::not_accepted(judged, error))
    }
}

impl Checked {
    fn new(judged: &Judged<'_>, revocation: Revocation) -> Self {
        Self { revocation, certificate_sha256: judged.certificate().sha256() }
    }

    /// What was there was not accepted: nothing is known. For whoever fed a
    /// [`CrlStream`](super::CrlStream) that ended in an error.
    pub fn not_accepted(judged: &Judged<'_>, error: Error) -> Self {
        Self::new(judged, Revocation::Unknown(Unknown::NotAccepted(error)))
    }

    /// There was nothing to ask: nothing is known.
    pub fn unavailable(judged: &Judged<'_>) -> Self {
        Self::new(judged, Revocation::Unknown(Unknown::Unavailable))
    }
}

/// What to do with an answer. There is no default: whoever relies on certificates says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RevocationPolicy {
    /// Only a certificate that is known not to be revoked is accepted.
    Require,
    /// One of which nothing is known is accepted too, for these reasons. A revoked one never is.
    AllowUnknown(Allow),
    /// It is not looked at: for demonstrations, and for whoever may not ask. A revoked certificate
    /// is refused all the same when the answer happens to be there.
    NotChecked,
}

/// For which reasons an unknown answer is accepted; without any it is [`RevocationPolicy::Require`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Allow {
    unavailable: bool,
    not_accepted: bool,
    not_known_to_responder: bool,
    expired: bool,
}

impl Allow {
    /// For no reason, to add to.
    pub const fn none() -> Self {
        Self {
            unavailable: false,
            not_accepted: false,
            not_known_to_responder: false,
            expired: false,
        }
    }

    /// When no source could be reached.
    #[must_use]
    pub const fn unavailable(self) -> Self {
        Self { unavailable: true, ..self }
    }

    /// When a list or response was there and was wrong, stale or for others. Whoever can damage it
    /// could also keep it away, so this gives away little more than [`Allow::unavailable`].
    #[must_use]
    pub const fn not_accepted(self) -> Self {
        Self { not_accepted: true, ..self }
    }

    /// When the responder does not know the certificate, which is suspicious.
    #[must_use]
    pub const fn not_known_to_responder(self) -> Self {
        Self { not_known_to_responder: true, ..self }
    }

    /// When the certificate had expired and no list speaks of it any more: needed in the months of
    /// grace, unless the authority says that it keeps expired ones.
    #[must_use]
    pub const fn expired(self) -> Self {
        Self { expired: true, ..self }
    }

    const fn allows(self, unknown: &Unknown) -> bool {
        match unknown {
            // An answer for another certificate is a mistake of the caller's, never a circumstance.
            Unknown::NotAccepted(Error::OtherCertificate) => false,
            Unknown::Unavailable => self.unavailable,
            Unknown::NotAccepted(_) => self.not_accepted,
            Unknown::NotKnownToResponder => self.not_known_to_responder,
            Unknown::Expired => self.expired,
        }
    }
}

/// Whether a judged certificate is relied on, revocation considered. Only
/// [`Judged::with_revocation`] and [`Judged::without_revocation`] make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the decision may be a refusal"]
#[allow(clippy::large_enum_variant, reason = "there is no heap to put the larger one on")]
pub enum Decision<'a> {
    /// It is.
    Accepted(Accepted<'a>),
    /// It is not: revoked, or unknown where the policy needs to know.
    Refused(Refused),
}

/// A judged certificate that is relied on, and what was known about its revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    judged: Judged<'a>,
    basis: Basis,
}

impl<'a> Accepted<'a> {
    /// The certificate.
    pub const fn judged(&self) -> &Judged<'a> {
        &self.judged
    }

    /// What the acceptance rests on.
    pub const fn basis(&self) -> Basis {
        self.basis
    }
}

/// What an acceptance rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Basis {
    /// The certificate was not revoked.
    Good(Good),
    /// Nothing was known, and the policy allowed that.
    Unknown(Unknown),
    /// It was not looked at, as the policy says.
    NotChecked,
}

impl Basis {
    /// The word for machines: `good`, `unknown`, `not_checked`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Good(_) => "good",
            Self::Unknown(_) => "unknown",
            Self::NotChecked => "not_checked",
        }
    }
}

/// Why a judged certificate is not relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// It was revoked.
    Revoked(Revoked),
    /// Nothing is known, and the policy needs to know.
    Unknown(Unknown),
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Revoked(revoked) => {
                write!(f, "revoked at {}", revoked.date)?;
                if let Some(reason) = revoked.reason {
                    write!(f, " ({})", reason.as_str())?;
                }
                f.write_str("; refuse the card")
            }
            Self::Unknown(unknown) => unknown.fmt(f),
        }
    }
}

impl core::error::Error for Refused {}

impl<'a> Decision<'a> {
    /// The certificate that is relied on.
    ///
    /// # Errors
    /// Why it is not.
    pub fn accepted(self) -> Result<Accepted<'a>, Refused> {
        match self {
            Self::Accepted(accepted) => Ok(accepted),
            Self::Refused(refused) => Err(refused),
        }
    }
}

impl<'a> Judged<'a> {
    /// Decides about this certificate by what was found out about its revocation.
    ///
    /// An answer about another certificate is [`Error::OtherCertificate`], which no policy allows.
    pub fn with_revocation(&self, checked: &Checked, policy: RevocationPolicy) -> Decision<'a> {
        let revocation = if checked.certificate_sha256 == self.certificate().sha256() {
            checked.revocation
        } else {
            Revocation::Unknown(Unknown::NotAccepted(Error::OtherCertificate))
        };
        let accept = |basis| Decision::Accepted(Accepted { judged: *self, basis });
        match (revocation, policy) {
            (Revocation::Revoked(revoked), _) => Decision::Refused(Refused::Revoked(revoked)),
            (Revocation::Good(good), _) => accept(Basis::Good(good)),
            (Revocation::Unknown(_), RevocationPolicy::NotChecked) => accept(Basis::NotChecked),
            (Revocation::Unknown(unknown), RevocationPolicy::AllowUnknown(allow))
                if allow.allows(&unknown) =>
            {
                accept(Basis::Unknown(unknown))
            }
            (Revocation::Unknown(unknown), _) => Decision::Refused(Refused::Unknown(unknown)),
        }
    }

    /// Relies on this certificate without looking whether it was revoked, and says so in the
    /// result.
    pub const fn without_revocation(&self) -> Accepted<'a> {
        Accepted { judged: *self, basis: Basis::NotChecked }
    }
}
