//! The search for a path (RFC 5280 section 6.1, RFC 4158) from a holder's certificate through the
//! authorities that came with it to an accepted root. Key identifiers point, signatures decide and
//! names must agree; the number of signatures that are checked is bounded. Purposes,
//! policies and dates are judged in [`crate::rules`].

use core::fmt;

use crate::{
    Kind,
    algorithm::{self, Digest, SignatureAlgorithm},
    anchor::Anchor,
    backend::Backend,
    certificate::Certificate,
    error::Error,
    extension::AuthorityKeyIdentifier,
    oid,
    rules::{check_direct, check_path},
    scheme::Scheme,
    time::Time,
    validator::Validator,
};

/// How many authorities may stand between a holder and a root, and so how many may be brought.
pub const MAX_INTERMEDIATES: usize = 4;

/// How many signatures are checked in search of one path. A path through all intermediates needs
/// one more than there are; the rest is for authorities that share a key identifier.
pub(crate) const MAX_SIGNATURE_CHECKS: u8 = 12;

/// Which certificate of a path broke which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PathError {
    /// 0 is the holder's certificate, 1 the one of the authority that issued it, and so on upwards.
    pub position: usize,
    /// The rule, of that certificate.
    pub reason: Error,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            0 => self.reason.fmt(f),
            position => write!(f, "authority {position} above the holder: {}", self.reason),
        }
    }
}

impl core::error::Error for PathError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// The authorities above a holder, nearest first, in their original bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authorities<'c> {
    der: [&'c [u8]; MAX_INTERMEDIATES],
    length: usize,
}

impl<'c> Authorities<'c> {
    pub(crate) const fn none() -> Self {
        Self { der: [&[]; MAX_INTERMEDIATES], length: 0 }
    }

    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = &'c [u8]> + ExactSizeIterator + use<'c> {
        self.der.into_iter().take(self.length)
    }

    fn push(&mut self, der: &'c [u8]) {
        if let Some(place) = self.der.get_mut(self.length) {
            *place = der;
            self.length = self.length.saturating_add(1);
        }
    }

    /// Takes the last one away, if there is one.
    fn pop(&mut self) -> bool {
        let before = self.length;
        self.length = before.saturating_sub(1);
        before > 0
    }
}

/// Why there is no path, as far as is known: what came nearest to one is told.
struct Refusal {
    error: PathError,
    weight: u8,
}

impl Refusal {
    const fn new() -> Self {
        Self { error: PathError { position: 0, reason: Error::UnknownIssuer }, weight: 0 }
    }

    fn note(&mut self, position: usize, reason: Error) {
        let weight = match reason {
            Error::UnknownIssuer => 0,
            reason if reason.is_malformed() => 1,
            Error::BadSignature => 2,
            _ => 3,
        };
        if weight > self.weight {
            *self = Self { error: PathError { position, reason }, weight };
        }
    }
}

/// A path that was found, and the root at its end.
pub(crate) struct Path<'a, 'c> {
    pub(crate) anchor: Anchor<'a>,
    pub(crate) root: Certificate<'a>,
    pub(crate) authorities: Authorities<'c>,
}

impl<'a, B: Backend> Validator<'a, B> {
    /// The root that itself issued the certificate. It is what [`Validator::find_path`] finds
    /// without intermediates; apart, so that a reader's image has no search in it.
    pub(crate) fn find_root(
        &self,
        holder: &Certificate<'_>,
        kind: Kind,
    ) -> Result<(Anchor<'a>, Certificate<'a>), Error> {
        let wanted = Wanted::of(holder)?;
        let mut refusal = Refusal::new();
        for anchor in self.anchors().iter() {
            if anchor.key_identifier() != wanted.key {
                continue;
            }
            let judged = anchor.certificate().and_then(|root| {
                self.issued(&root, holder, &wanted)?;
                check_direct(&anchor, &root, holder, kind)?;
                Ok(root)
            });
            match judged {
                Ok(root) => return Ok((anchor, root)),
                Err(reason) => refusal.note(0, reason),
            }
        }
        Err(refusal.error.reason)
    }

    /// The first path that keeps every rule. Roots are tried before intermediates, so that a
    /// path is no longer than it must be and ends at the first root that it meets.
    pub(crate) fn find_path<'c>(
        &self,
        holder: &Certificate<'c>,
        intermediates: &[&'c [u8]],
        kind: Kind,
        now: Time,
    ) -> Result<Path<'a, 'c>, PathError> {
        let mut refusal = Refusal::new();
        let mut checks = MAX_SIGNATURE_CHECKS;
        let mut authorities = Authorities::none();
        // By number of authorities: the intermediate to be tried next.
        let mut next = [0_usize; MAX_INTERMEDIATES + 1];
        loop {
            let position = authorities.length();
            let last = authorities.iter().next_back();
            let top = last.and_then(|der| Certificate::parse(der).ok()).unwrap_or(*holder);
            let wanted = match Wanted::of(&top) {
                Ok(wanted) => Some(wanted),
                Err(reason) => {
                    refusal.note(position, reason);
                    None
                }
            };
            let place = next.get(position).copied().unwrap_or(intermediates.len());
            if let (Some(wanted), 0) = (&wanted, place) {
                for anchor in self.anchors().iter() {
                    if anchor.key_identifier() != wanted.key {
                        continue;
                    }
                    let found = anchor.certificate().and_then(|root| {
                        spend(&mut checks)?;
                        self.issued(&root, &top, wanted)?;
                        Ok(Path { anchor, root, authorities })
                    });
                    let found = found.map_err(|reason| PathError { position, reason });
                    match found.and_then(|path| check_path(&path, holder, kind, now).map(|()| path))
                    {
                        Ok(path) => return Ok(path),
                        Err(error) => refusal.note(error.position, error.reason),
                    }
                }
            }
            let mut chosen = None;
            for (number, der) in intermediates.iter().enumerate().skip(place) {
                let Some(wanted) = &wanted else { break };
                match self.fits(der, holder, &authorities, &top, wanted, &mut checks) {
                    Ok(true) => {
                        chosen = Some((number, *der));
                        break;
                    }
                    Ok(false) => {}
                    Err(error) => refusal.note(error.position, error.reason),
                }
            }
            match chosen {
                Some((number, der)) => {
                    if let Some(place) = next.get_mut(position) {
                        *place = number.saturating_add(1);
                    }
                    authorities.push(der);
                    if let Some(place) = next.get_mut(authorities.length()) {
                        *place = 0;
                    }
                }
                None if authorities.pop() => {}
                None => return Err(refusal.error),
            }
            if checks == 0 {
                return Err(PathError { position: 0, reason: Error::TooManyPaths });
            }
        }
    }

    /// Whether an intermediate issued the certificate at the top of the path so far.
    fn fits(
        &self,
        der: &[u8],
        holder: &Certificate<'_>,
        authorities: &Authorities<'_>,
        top: &Certificate<'_>,
        wanted: &Wanted<'_>,
        checks: &mut u8,
    ) -> Result<bool, PathError> {
        let position = authorities.length();
        let above = |reason| PathError { position: position.saturating_add(1), reason };
        let candidate = Certificate::parse(der).map_err(above)?;
        if candidate.subject_key_identifier().map_err(above)? != Some(wanted.key) {
            return Ok(false);
        }
        // No subject stands twice in a path with one key, so there is no loop.
        let same = |other: &Certificate<'_>| {
            other.subject() == candidate.subject()
                && other.subject_public_key_info() == candidate.subject_public_key_info()
        };
        let mut below = authorities.iter().filter_map(|der| Certificate::parse(der).ok());
        if same(holder) || below.any(|other| same(&other)) {
            return Ok(false);
        }
        // A path ends at the first root, and cannot pass through it into another hierarchy.
        let mut roots = self.anchors().iter().filter_map(|anchor| anchor.certificate().ok());
        let key = candidate.subject_public_key_info();
        if roots.any(|root| root.subject_public_key_info() == key) {
            return Ok(false);
        }
        candidate.public_key().map_err(above)?;
        let issued = spend(checks).and_then(|()| self.issued(&candidate, top, wanted));
        issued.map(|()| true).map_err(|reason| PathError { position, reason })
    }

    /// RFC 5280 section 6.1.3 (a) (1) and (4): the issuer's key made the signature, over the
    /// original bytes, and the certificate names the issuer as it names itself.
    fn issued(
        &self,
        issuer: &Certificate<'_>,
        certificate: &Certificate<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<(), Error> {
        let key = issuer.public_key()?;
        let signature = certificate.signature();
        algorithm::verify(self.backend(), &key, wanted.scheme, &wanted.digest, signature)?;
        if certificate.issuer() != issuer.subject() {
            return Err(Error::IssuerName);
        }
        let Some(extension) = certificate.extension(oid::AUTHORITY_KEY_IDENTIFIER) else {
            return Err(Error::UnknownIssuer);
        };
        let identifier = AuthorityKeyIdentifier::parse(&extension)?;
        if !identifier.names(issuer.issuer().raw(), issuer.serial())? {
            return Err(Error::AuthorityKeyIdentifier);
        }
        Ok(())
    }
}

/// One signature more is going to be checked.
fn spend(checks: &mut u8) -> Result<(), Error> {
    *checks = checks.checked_sub(1).ok_or(Error::TooManyPaths)?;
    Ok(())
}

/// What the issuer of a certificate is looked for by, and what it must have signed.
struct Wanted<'c> {
    key: &'c [u8],
    scheme: Scheme,
    digest: Digest,
}

impl<'c> Wanted<'c> {
    fn of(certificate: &Certificate<'c>) -> Result<Self, Error> {
        if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
            return Err(Error::AlgorithmMismatch);
        }
        let algorithm = SignatureAlgorithm::parse(certificate.signature_algorithm())?;
        let key = certificate.authority_key_identifier()?.ok_or(Error::UnknownIssuer)?;
        Ok(Self {
            key,
            scheme: algorithm.scheme(),
            digest: Digest::of(algorithm.hash(), certificate.tbs()),
        })
    }
}
