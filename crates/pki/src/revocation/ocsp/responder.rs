//! Who may answer for an authority (RFC 6960 section 4.2.2.2): the authority itself, or a responder
//! whose certificate that authority issued directly, for this and for nothing else.

use der::{Decode, Header, Reader, Tag, TagNumber};

use super::hash::is_key_hash;
use crate::{
    backend::Backend,
    certificate::Certificate,
    extension::{KeyUsage, has_purpose, is_understood},
    oid,
    revocation::{
        asn1::{Octets, SequenceOf, WholeSequence},
        error::Error,
        rules::RevocationRules,
        signed::{Authority, SignedHash},
    },
    time::Time,
};

/// More certificates than this in a response are not looked at.
const MAX_CERTIFICATES: usize = 8;

/// `ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash }`, with explicit tags.
#[derive(Clone, Copy)]
pub(super) enum ResponderId<'a> {
    Name(WholeSequence<'a>),
    Key(Octets<'a>),
}

impl<'a> Decode<'a> for ResponderId<'a> {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        let header = Header::decode(reader)?;
        reader.read_nested(header.length(), |reader| match header.tag() {
            Tag::ContextSpecific { constructed: true, number: TagNumber(1) } => {
                WholeSequence::decode(reader).map(Self::Name)
            }
            Tag::ContextSpecific { constructed: true, number: TagNumber(2) } => {
                Octets::decode(reader).map(Self::Key)
            }
            other => Err(reader.error(other.unexpected_error(None))),
        })
    }
}

impl ResponderId<'_> {
    fn is(&self, certificate: &Certificate<'_>) -> bool {
        match self {
            Self::Name(name) => name.0.octets == certificate.subject().raw(),
            Self::Key(hash) => is_key_hash(certificate, hash.octets),
        }
    }
}

/// The signed part of a response, and what came with it.
pub(super) struct Signed<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) certificates: Option<SequenceOf<'a, WholeSequence<'a>>>,
}

impl Signed<'_> {
    /// Finds the key that may answer for the authority and checks the signature with it.
    pub(super) fn check<B: Backend>(
        &self,
        backend: &B,
        authority: &Authority<'_>,
        responder: &ResponderId<'_>,
        rules: RevocationRules,
        now: Time,
    ) -> Result<(), Error> {
        let mut hash = SignedHash::new(self.algorithm)?;
        hash.update(self.tbs);
        if responder.is(authority.certificate()) {
            return hash.verify(backend, authority, self.signature);
        }
        let certificates = self.certificates.iter().flat_map(SequenceOf::iter);
        let candidates = certificates
            .take(MAX_CERTIFICATES)
            .filter_map(|certificate| Certificate::parse(certificate.0.octets).ok())
            .filter(|certificate| responder.is(certificate));
        // Nobody signed this set: a certificate that somebody put before the right one must not hide it.
        let mut refusal = None;
        for delegate in candidates {
            let checked = check_delegate(backend, &delegate, authority, rules, now)
                .and_then(|()| hash.clone().verify_by(backend, &delegate, self.signature));
            match checked {
                Ok(()) => return Ok(()),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.unwrap_or(Error::UnknownResponder))
    }
}

/// A certificate that makes its holder a responder of the authority.
fn check_delegate<B: Backend>(
    backend: &B,
    delegate: &Certificate<'_>,
    authority: &Authority<'_>,
    rules: RevocationRules,
    now: Time,
) -> Result<(), Error> {
    let refuse = Error::ResponderCertificate;
    if delegate.issuer().raw() != authority.name() {
        return Err(refuse(crate::Error::UnknownIssuer));
    }
    let identifier = delegate.authority_key_identifier().map_err(refuse)?;
    if identifier.is_some_and(|identifier| !authority.has_key_identifier(identifier)) {
        return Err(refuse(crate::Error::UnknownIssuer));
    }
    if delegate.signature_algorithm() != delegate.tbs_signature_algorithm() {
        return Err(refuse(crate::Error::AlgorithmMismatch));
    }
    let mut hash = SignedHash::new(delegate.signature_algorithm())
        .map_err(|_| refuse(crate::Error::UnsupportedAlgorithm))?;
    hash.update(delegate.tbs());
    hash.verify(backend, authority, delegate.signature()).map_err(|error| match error {
        Error::BadSignature => refuse(crate::Error::BadSignature),
        other => other,
    })?;

    let mut critical = delegate.extensions().filter(|extension| extension.critical());
    let understood =
        |identifier: &[u8]| is_understood(identifier) || identifier == oid::OCSP_NO_CHECK;
    if let Some(unknown) = critical.find(|extension| !understood(extension.identifier())) {
        return Err(refuse(crate::Error::UnknownCriticalExtension { offset: unknown.offset }));
    }
    if delegate.basic_constraints().map_err(refuse)?.authority {
        return Err(refuse(crate::Error::BasicConstraints));
    }
    if let Some(uses) = delegate.key_usage().map_err(refuse)?
        && !uses.contains(KeyUsage::DIGITAL_SIGNATURE)
        && !uses.contains(KeyUsage::NON_REPUDIATION)
    {
        return Err(refuse(crate::Error::KeyUsage));
    }
    let purpose = delegate.extension(oid::EXTENDED_KEY_USAGE).ok_or(Error::ResponderPurpose)?;
    if !has_purpose(&purpose, oid::OCSP_SIGNING).map_err(refuse)? {
        return Err(Error::ResponderPurpose);
    }
    let begun = rules.begun(delegate.not_before(), now);
    if begun.and_then(|()| rules.lasting(delegate.not_after(), now)).is_err() {
        return Err(Error::ResponderValidity);
    }
    if rules.needs_no_check() && delegate.extension(oid::OCSP_NO_CHECK).is_none() {
        return Err(Error::ResponderNoCheck);
    }
    Ok(())
}
