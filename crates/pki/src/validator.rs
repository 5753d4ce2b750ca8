//! The path validation: whether a holder's certificate was issued under an accepted root, for its
//! purpose. The path of the JPKI is two certificates long, and so is this one (RFC 5280 section
//! 6.1, with nothing between root and holder). Revocation is not looked at here.

use crate::{
    Kind,
    algorithm::{Digest, PublicKey, SignatureAlgorithm, verify_signed},
    anchor::{Anchor, Anchors, Hierarchy, check_authority},
    attributes::Attributes,
    backend::Backend,
    certificate::Certificate,
    error::Error,
    extension::{KeyUsage, has_policy, has_purpose, is_understood},
    oid,
    phase::{Boundaries, Permit, Phase, PhaseRules},
    rsa::Fixed,
    time::Time,
};

/// Judges certificates by a set of roots, with a back end for signatures.
///
/// What is checked, in this order: the structure; that the signature algorithm outside and inside
/// the signed part is the same and is one of the table
/// ([`SignatureAlgorithm`]); a root whose key identifier is the
/// certificate's authority key identifier and whose key made the signature, over the original
/// bytes; that this root speaks for this kind; that the issuer is named as the root names itself;
/// that the certificate was issued while the root was valid; no unknown critical extension; not an
/// authority; key usage, extended key usage and policy of its kind; and a key that is fit
/// for use.
///
/// The end of a *root's* validity does not end the validity of what was issued before: RFC 5280
/// section 6.1.1 leaves the anchor's dates out of the path, and the grace of a certificate may
/// well reach past them.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'a, B = Fixed> {
    anchors: &'a Anchors<'a>,
    rules: PhaseRules,
    backend: B,
}

impl<'a> Validator<'a> {
    /// Judges by these roots, with the usual rules about phases and the back end that needs no
    /// heap.
    pub const fn new(anchors: &'a Anchors<'a>) -> Self {
        Self { anchors, rules: PhaseRules::new(), backend: Fixed::new() }
    }
}

impl<'a, B: Backend> Validator<'a, B> {
    /// The same with other rules about phases.
    #[must_use]
    pub fn with_rules(self, rules: PhaseRules) -> Self {
        Self { rules, ..self }
    }

    /// The same with another back end for signatures.
    pub fn with_backend<C: Backend>(self, backend: C) -> Validator<'a, C> {
        Validator { anchors: self.anchors, rules: self.rules, backend }
    }

    /// The roots that it judges by.
    pub const fn anchors(&self) -> &'a Anchors<'a> {
        self.anchors
    }

    /// The back end for signatures.
    pub const fn backend(&self) -> &B {
        &self.backend
    }

    /// Judges a certificate of a kind at the moment `now`.
    ///
    /// Being outside its validity does not make a certificate untrusted: [`Judged::phase`] says
    /// where it is, and [`Judged::permit`] what may be done with it.
    ///
    /// # Errors
    /// The first rule of the list above that is broken.
    pub fn validate<'c>(&self, der: &'c [u8], kind: Kind, now: Time) -> Result<Judged<'c>, Error> {
        let certificate = Certificate::parse(der)?;
        let (anchor, issuer) = self.issuer(&certificate)?;
        if !anchor.speaks_for(kind) {
            return Err(Error::WrongKind);
        }
        if certificate.issuer() != issuer.subject() {
            return Err(Error::IssuerName);
        }
        let issued = certificate.not_before();
        if issued < issuer.not_before() || issued > issuer.not_after() {
            return Err(Error::IssuedOutsideAnchorValidity);
        }
        check_holder(&certificate, kind, anchor.hierarchy())?;
        let key = certificate.public_key()?;
        let boundaries = self.rules.boundaries(certificate.not_before(), certificate.not_after());
        Ok(Judged {
            certificate,
            key,
            kind,
            hierarchy: anchor.hierarchy(),
            anchor_sha256: anchor.sha256(),
            boundaries,
            phase: boundaries.phase(now),
        })
    }

    /// The root that signed the certificate: the identifier of its key points at it, and only the
    /// signature decides. Roots of one name are three generations of keys.
    fn issuer(
        &self,
        certificate: &Certificate<'_>,
    ) -> Result<(Anchor<'a>, Certificate<'a>), Error> {
        if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
            return Err(Error::AlgorithmMismatch);
        }
        let algorithm = SignatureAlgorithm::parse(certificate.signature_algorithm())?;
        let identifier = certificate.authority_key_identifier()?.ok_or(Error::UnknownIssuer)?;
        let digest = Digest::of(algorithm.hash(), certificate.tbs());
        let mut refusal = Error::UnknownIssuer;
        for anchor in self.anchors.iter().filter(|it| it.key_identifier() == identifier) {
            let issuer = Certificate::parse(anchor.der())?;
            check_authority(&issuer)?;
            let key = issuer.public_key()?;
            match verify_signed(
                &self.backend,
                &key,
                certificate.signature_algorithm(),
                |_| digest,
                certificate.signature(),
            ) {
                Ok(()) => return Ok((anchor, issuer)),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }
}

/// The extensions of a holder's certificate (`docs/card-facts.md` §5.2).
fn check_holder(
    certificate: &Certificate<'_>,
    kind: Kind,
    hierarchy: Hierarchy,
) -> Result<(), Error> {
    let mut critical = certificate.extensions().filter(|it| it.critical());
    if let Some(unknown) = critical.find(|it| !is_understood(it.identifier())) {
        return Err(Error::UnknownCriticalExtension { offset: unknown.offset });
    }
    if certificate.basic_constraints()?.authority {
        return Err(Error::BasicConstraints);
    }
    let uses_are_critical = certificate.extension(oid::KEY_USAGE).is_some_and(|it| it.critical());
    let uses = certificate.key_usage()?.ok_or(Error::KeyUsage)?;
    let binding = uses.contains(KeyUsage::NON_REPUDIATION);
    if !uses_are_critical
        || !uses.contains(KeyUsage::DIGITAL_SIGNATURE)
        || binding != (kind == Kind::Sign)
        || uses.contains(KeyUsage::KEY_CERT_SIGN)
        || uses.contains(KeyUsage::CRL_SIGN)
    {
        return Err(Error::KeyUsage);
    }
    let purpose = certificate.extension(oid::EXTENDED_KEY_USAGE);
    let purpose_fits = match (kind, purpose) {
        (Kind::Auth, Some(purpose)) => has_purpose(&purpose, oid::CLIENT_AUTH)?,
        (Kind::Auth, None) => false,
        (Kind::Sign, purpose) => purpose.is_none(),
    };
    if !purpose_fits {
        return Err(Error::ExtendedKeyUsage);
    }
    let policies = certificate.extension(oid::CERTIFICATE_POLICIES).ok_or(Error::Policy)?;
    if has_policy(&policies, hierarchy.policies(kind))? { Ok(()) } else { Err(Error::Policy) }
}

/// A certificate that was judged and accepted. Only [`Validator::validate`] makes one.
///
/// Whether it may be used *now* is [`Judged::permit`], and whether it was revoked is not known
/// here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    certificate: Certificate<'a>,
    key: PublicKey<'a>,
    kind: Kind,
    hierarchy: Hierarchy,
    anchor_sha256: [u8; 32],
    boundaries: Boundaries,
    phase: Phase,
}

impl<'a> Judged<'a> {
    /// The certificate.
    pub const fn certificate(&self) -> &Certificate<'a> {
        &self.certificate
    }

    /// The holder's key.
    pub const fn public_key(&self) -> &PublicKey<'a> {
        &self.key
    }

    /// The kind that it was accepted as.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose root it was issued under. Only [`Hierarchy::Production`] is a real person's.
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// The SHA-256 fingerprint of that root.
    pub const fn anchor_sha256(&self) -> [u8; 32] {
        self.anchor_sha256
    }

    /// Where in its life it was at the moment that it was judged for.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What may be done with it at that moment.
    pub const fn permit(&self) -> Permit {
        self.phase.permit()
    }

    /// The instants at which its phase changes.
    pub const fn boundaries(&self) -> &Boundaries {
        &self.boundaries
    }

    /// The four attributes (基本4情報), now vouched for by the root; `None` when it has none.
    ///
    /// # Errors
    /// As [`Certificate::attributes`].
    pub fn attributes(&self) -> Result<Option<Attributes<'a>>, Error> {
        self.certificate.attributes()
    }
}
