//! The path validation: whether a holder's certificate was issued under an accepted root, for its
//! purpose (RFC 5280 section 6.1). Revocation is not looked at here.

use core::fmt;

use crate::{
    Kind,
    algorithm::PublicKey,
    anchor::{Anchor, Anchors, Hierarchy},
    attributes::Attributes,
    backend::Backend,
    certificate::Certificate,
    error::Error,
    name::Name,
    path::{Authorities, MAX_INTERMEDIATES, PathError},
    phase::{Boundaries, Permit, Phase, PhaseRules},
    rsa::Fixed,
    scheme::sha256,
    time::{Date, Time},
};

/// Judges certificates by a set of roots, with a back end for signatures.
///
/// What is checked, in this order:
///
/// 1. the structure of the certificate, and that it names one signature algorithm outside and
///    inside the signed part, out of [`SignatureAlgorithm`](crate::SignatureAlgorithm);
/// 2. an issuer whose key identifier is the certificate's authority key identifier: a root, or
///    else an authority that was brought. Its key made the signature, over the original bytes; the
///    certificate names it as it names itself; issuer and serial in the authority key identifier,
///    when they are there, are its own. The same again for every authority, up to a root;
/// 3. that this root speaks for this kind, and was valid when it issued what it issued;
/// 4. of every authority: basic constraints, key usage, critical extensions, algorithm, key, dates
///    and extended key usage; then the lengths of the path below each;
/// 5. of the holder's certificate: no unknown critical extension, not an authority, key usage,
///    extended key usage, algorithm and key, as its [`Profile`](crate::Profile) demands;
/// 6. a policy of that profile, which every authority allows.
///
/// An authority between must be valid at `now`, or at the nearest moment at which the holder's
/// certificate was: the months of grace are a rule about holders, and its end need not be after
/// them.
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

    /// The same judgement for a card with this 有効期限, its last day: phase and boundaries are then
    /// those of [`PhaseRules::boundaries_in_card`].
    #[must_use]
    pub fn in_card<'c>(&self, judged: Judged<'c>, last_day: Date, now: Time) -> Judged<'c> {
        let (begin, end) = (judged.certificate.not_before(), judged.certificate.not_after());
        let boundaries = self.rules.boundaries_in_card(begin, end, last_day);
        Judged { boundaries, phase: boundaries.phase(now), ..judged }
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

    /// Judges a certificate of a kind at the moment `now`, issued by a root itself as all of the
    /// JPKI are today.
    ///
    /// Being outside its validity does not make a certificate untrusted: [`Judged::phase`] says
    /// where it is, and [`Judged::permit`] what may be done with it.
    ///
    /// # Errors
    /// The first rule of the list above that is broken.
    pub fn validate<'c>(&self, der: &'c [u8], kind: Kind, now: Time) -> Result<Judged<'c>, Error>
    where
        'a: 'c,
    {
        let holder = Certificate::parse(der)?;
        let (anchor, root) = self.find_root(&holder, kind)?;
        self.judged(holder, anchor, Authorities::none(), &root, kind, now)
    }

    fn judged<'c>(
        &self,
        holder: Certificate<'c>,
        anchor: Anchor<'c>,
        authorities: Authorities<'c>,
        issuer: &Certificate<'c>,
        kind: Kind,
        now: Time,
    ) -> Result<Judged<'c>, Error> {
        let boundaries = self.rules.boundaries(holder.not_before(), holder.not_after());
        Ok(Judged {
            certificate: holder,
            key: holder.public_key()?,
            kind,
            hierarchy: anchor.hierarchy(),
            anchor: anchor.der(),
            issuer: Issuer::new(issuer)?,
            authorities,
            boundaries,
            phase: boundaries.phase(now),
        })
    }

    /// The same through authorities that came with the certificate, in any order: at most
    /// [`MAX_INTERMEDIATES`]. They are not trusted, and those that are not needed are ignored.
    ///
    /// # Errors
    /// Which certificate of the path broke which rule. Where several paths were tried, that of the
    /// one that came nearest; [`Error::TooManyPaths`] when too many have one key identifier.
    pub fn validate_with<'c>(
        &self,
        der: &'c [u8],
        intermediates: &[&'c [u8]],
        kind: Kind,
        now: Time,
    ) -> Result<Judged<'c>, PathError>
    where
        'a: 'c,
    {
        let at_holder = |reason| PathError { position: 0, reason };
        let holder = Certificate::parse(der).map_err(at_holder)?;
        if intermediates.len() > MAX_INTERMEDIATES {
            return Err(at_holder(Error::TooManyIntermediates));
        }
        let path = self.find_path(&holder, intermediates, kind, now)?;
        let issuer = path.authorities.iter().next().unwrap_or(path.anchor.der());
        let issuer = Certificate::parse(issuer).map_err(at_holder)?;
        self.judged(holder, path.anchor, path.authorities, &issuer, kind, now).map_err(at_holder)
    }
}

/// A certificate that was judged and accepted. Only [`Validator::validate`] makes one.
///
/// Whether it may be used *now* is [`Judged::permit`], and whether it was revoked is not known
/// here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Judged<'a> {
    certificate: Certificate<'a>,
    key: PublicKey<'a>,
    kind: Kind,
    hierarchy: Hierarchy,
    anchor: &'a [u8],
    issuer: Issuer<'a>,
    authorities: Authorities<'a>,
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
    pub fn anchor_sha256(&self) -> [u8; 32] {
        sha256(self.anchor)
    }

    /// The authorities of the path, from the one that issued the certificate to the root. For each
    /// of them somebody may ask whether it revoked what stands below it.
    pub fn issuers(&self) -> impl Iterator<Item = Issuer<'a>> + use<'a> {
        let root = core::iter::once(self.anchor);
        self.authorities
            .iter()
            .chain(root)
            .filter_map(|der| Certificate::parse(der).and_then(|it| Issuer::new(&it)).ok())
    }

    /// The authority that issued the certificate.
    pub const fn issuer(&self) -> &Issuer<'a> {
        &self.issuer
    }

    /// The authorities between the certificate and the root, nearest first: DER. There are none
    /// in the JPKI of today.
    pub fn intermediates(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.authorities.iter()
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

/// What was judged, without any octets of certificates.
impl fmt::Debug for Judged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judged")
            .field("certificate", &self.certificate)
            .field("kind", &self.kind)
            .field("hierarchy", &self.hierarchy)
            .field("issuer", &self.issuer)
            .field("intermediates", &self.authorities.length())
            .field("boundaries", &self.boundaries)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

/// An authority of a path that was accepted: what somebody needs who asks it about revocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Issuer<'a> {
    der: &'a [u8],
    name: Name<'a>,
    key: PublicKey<'a>,
    key_identifier: &'a [u8],
}

impl<'a> Issuer<'a> {
    fn new(certificate: &Certificate<'a>) -> Result<Self, Error> {
        let key = certificate.public_key()?;
        let key_identifier = certificate.subject_key_identifier()?.ok_or(Error::NoKeyIdentifier)?;
        let (der, name) = (certificate.raw(), certificate.subject());
        Ok(Self { der, name, key, key_identifier })
    }

    /// Its certificate: DER.
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Its name, as it stands in what it issued too.
    pub const fn name(&self) -> Name<'a> {
        self.name
    }

    /// Its key.
    pub const fn public_key(&self) -> &PublicKey<'a> {
        &self.key
    }

    /// The identifier of its key.
    pub const fn key_identifier(&self) -> &'a [u8] {
        self.key_identifier
    }
}

impl fmt::Debug for Issuer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("name", &format_args!("{}", self.name))
            .field("key_identifier", &format_args!("{:02x?}", self.key_identifier))
            .finish_non_exhaustive()
    }
}
