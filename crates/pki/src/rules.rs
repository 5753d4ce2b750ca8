//! The rules that a path must keep once its signatures and names are known to agree (RFC 5280
//! section 6.1): purposes, constraints, policies and dates. No signature is checked here.

use crate::{
    Kind,
    anchor::Anchor,
    certificate::Certificate,
    error::Error,
    extension::{
        KeyUsage, check_policy_constraints, has_policy, has_purpose, inhibit_any_policy,
        is_understood,
    },
    oid,
    path::{Path, PathError},
    profile::Profile,
    time::Time,
};

/// Every rule in the order in which [`crate::Validator`] tells them.
pub(crate) fn check_path(
    path: &Path<'_, '_>,
    holder: &Certificate<'_>,
    kind: Kind,
    now: Time,
) -> Result<(), PathError> {
    let at = |position| move |reason| PathError { position, reason };
    let top = path.authorities.iter().next_back();
    let top = top.and_then(|der| Certificate::parse(der).ok()).unwrap_or(*holder);
    if !path.anchor.speaks_for(kind) {
        return Err(at(0)(Error::WrongKind));
    }
    check_issued_within(&path.root, &top).map_err(at(path.authorities.length()))?;
    let profile = path.anchor.profile(kind);
    // The grace after a holder's certificate is not the authorities' affair: they are judged at
    // the nearest moment at which the holder's certificate was valid.
    let moment = now.max(holder.not_before()).min(holder.not_after());
    for (position, der) in (1..).zip(path.authorities.iter()) {
        let authority = Certificate::parse(der).map_err(at(position))?;
        check_intermediate(&authority, profile, moment).map_err(at(position))?;
    }
    check_lengths(path)?;
    check_holder(holder, profile).map_err(at(0))?;
    check_policies(path, holder, profile)
}

/// The same where the root itself issued the holder's certificate: the rules about authorities
/// between have nothing to judge then.
pub(crate) fn check_direct(
    anchor: &Anchor<'_>,
    root: &Certificate<'_>,
    holder: &Certificate<'_>,
    kind: Kind,
) -> Result<(), Error> {
    if !anchor.speaks_for(kind) {
        return Err(Error::WrongKind);
    }
    check_issued_within(root, holder)?;
    let profile = anchor.profile(kind);
    check_holder(holder, profile)?;
    let extension = holder.extension(oid::CERTIFICATE_POLICIES).ok_or(Error::Policy)?;
    for policy in profile.policies() {
        if has_policy(&extension, policy)? {
            return Ok(());
        }
    }
    Err(Error::Policy)
}

/// A root was valid when it issued the certificate below it.
fn check_issued_within(root: &Certificate<'_>, top: &Certificate<'_>) -> Result<(), Error> {
    let issued = top.not_before();
    if issued < root.not_before() || issued > root.not_after() {
        return Err(Error::IssuedOutsideAnchorValidity);
    }
    Ok(())
}

/// What every authority of a path must be: the basic constraints of one, the right to sign
/// certificates, and nothing critical that limits it in a way that is not acted upon here.
pub(crate) fn check_authority(
    certificate: &Certificate<'_>,
    acted_upon: &[&[u8]],
) -> Result<(), Error> {
    let constraints = certificate.extension(oid::BASIC_CONSTRAINTS);
    if !constraints.is_some_and(|it| it.critical()) || !certificate.basic_constraints()?.authority {
        return Err(Error::BasicConstraints);
    }
    if !certificate.key_usage()?.is_some_and(|uses| uses.contains(KeyUsage::KEY_CERT_SIGN)) {
        return Err(Error::KeyUsage);
    }
    let mut critical = certificate.extensions().filter(|it| it.critical());
    if let Some(ignored) = critical.find(|it| !acted_upon.contains(&it.identifier())) {
        return Err(Error::UnknownCriticalExtension { offset: ignored.offset });
    }
    // What limits a path must not be passed over because it is not marked: names constrained
    // (RFC 5280 section 4.2.1.10), policies mapped to others (4.2.1.5), demanded or inhibited.
    let mut limits = LIMITS.iter().filter(|it| !acted_upon.contains(it));
    if let Some(ignored) = limits.find_map(|it| certificate.extension(it)) {
        return Err(Error::UnknownCriticalExtension { offset: ignored.offset });
    }
    certificate.public_key().map(|_| ())
}

/// Extensions by which an authority limits the paths below it.
const LIMITS: [&[u8]; 4] =
    [oid::NAME_CONSTRAINTS, oid::POLICY_MAPPINGS, oid::POLICY_CONSTRAINTS, oid::INHIBIT_ANY_POLICY];

/// The critical extensions of an intermediate that something here acts upon. Names of a subject
/// mean nothing for what it may sign.
const ACTED_UPON: &[&[u8]] = &[
    oid::KEY_USAGE,
    oid::BASIC_CONSTRAINTS,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
];

fn check_intermediate(
    authority: &Certificate<'_>,
    profile: &Profile<'_>,
    moment: Time,
) -> Result<(), Error> {
    check_authority(authority, ACTED_UPON)?;
    if !profile.allows_algorithm(authority.signature_algorithm()) {
        return Err(Error::UnsupportedAlgorithm);
    }
    profile.check_key(&authority.public_key()?)?;
    if moment < authority.not_before() || moment > authority.not_after() {
        return Err(Error::AuthorityValidity);
    }
    if let Some(constraints) = authority.extension(oid::POLICY_CONSTRAINTS) {
        check_policy_constraints(&constraints)?;
    }
    // RFC 5280 leaves open what purposes of an authority mean; read as a limit they cannot
    // let anything through.
    let Some(purposes) = authority.extension(oid::EXTENDED_KEY_USAGE) else { return Ok(()) };
    let any = has_purpose(&purposes, oid::ANY_EXTENDED_KEY_USAGE)?;
    let fits = match profile.purpose() {
        Some(purpose) => has_purpose(&purposes, purpose)?,
        None => false,
    };
    if any || fits { Ok(()) } else { Err(Error::ExtendedKeyUsage) }
}

/// pathLenConstraint (RFC 5280 section 4.2.1.9): how many authorities may stand below. Those that
/// were issued by themselves are not counted. A root's constraint counts too (RFC 5937).
fn check_lengths(path: &Path<'_, '_>) -> Result<(), PathError> {
    let mut below = 0_u32;
    for (position, der) in (1..).zip(path.authorities.iter()) {
        let at = |reason| PathError { position, reason };
        let authority = Certificate::parse(der).map_err(at)?;
        check_length(&authority, below).map_err(at)?;
        if !authority.is_self_issued() {
            below = below.saturating_add(1);
        }
    }
    let position = path.authorities.length().saturating_add(1);
    check_length(&path.root, below).map_err(|reason| PathError { position, reason })
}

fn check_length(authority: &Certificate<'_>, below: u32) -> Result<(), Error> {
    match authority.basic_constraints()?.path_length {
        Some(most) if below > most => Err(Error::PathLength),
        _ => Ok(()),
    }
}

/// The extensions of a holder's certificate (`docs/card-facts.md` §5.2), its algorithm and key.
fn check_holder(certificate: &Certificate<'_>, profile: &Profile<'_>) -> Result<(), Error> {
    let mut critical = certificate.extensions().filter(|it| it.critical());
    if let Some(unknown) = critical.find(|it| !is_understood(it.identifier())) {
        return Err(Error::UnknownCriticalExtension { offset: unknown.offset });
    }
    if certificate.basic_constraints()?.authority {
        return Err(Error::BasicConstraints);
    }
    let uses_are_critical = certificate.extension(oid::KEY_USAGE).is_some_and(|it| it.critical());
    let uses = certificate.key_usage()?.ok_or(Error::KeyUsage)?;
    if !uses_are_critical || !profile.allows_uses(uses) {
        return Err(Error::KeyUsage);
    }
    let purpose_fits = match (profile.purpose(), certificate.extension(oid::EXTENDED_KEY_USAGE)) {
        (Some(needed), Some(purposes)) => has_purpose(&purposes, needed)?,
        (needed, purposes) => needed.is_none() && purposes.is_none(),
    };
    if !purpose_fits {
        return Err(Error::ExtendedKeyUsage);
    }
    if !profile.allows_algorithm(certificate.signature_algorithm()) {
        return Err(Error::UnsupportedAlgorithm);
    }
    profile.check_key(&certificate.public_key()?)
}

/// Policies (RFC 5280 section 6.1): one that the profile accepts stands in the holder's
/// certificate, and every authority above allows it, by its name or as anyPolicy as long as no
/// authority above inhibits that. An authority that maps
/// policies is refused.
fn check_policies(
    path: &Path<'_, '_>,
    holder: &Certificate<'_>,
    profile: &Profile<'_>,
) -> Result<(), PathError> {
    let at = |position| move |reason| PathError { position, reason };
    let extension = holder.extension(oid::CERTIFICATE_POLICIES).ok_or(at(0)(Error::Policy))?;
    let mut refusal = at(0)(Error::Policy);
    for policy in profile.policies() {
        if has_policy(&extension, policy).map_err(at(0))? {
            match authorities_allow(path, policy) {
                Ok(()) => return Ok(()),
                Err(error) => refusal = error,
            }
        }
    }
    Err(refusal)
}

/// From the root downwards, as the standard does it.
fn authorities_allow(path: &Path<'_, '_>, policy: &[u8]) -> Result<(), PathError> {
    // For how many certificates more anyPolicy counts.
    let mut any_policy_for = u32::MAX;
    for (position, der) in (1..=path.authorities.length()).rev().zip(path.authorities.iter().rev())
    {
        let at = |reason| PathError { position, reason };
        let authority = Certificate::parse(der).map_err(at)?;
        let policies = authority.extension(oid::CERTIFICATE_POLICIES).ok_or(at(Error::Policy))?;
        let any = has_policy(&policies, oid::ANY_POLICY).map_err(at)?
            && (any_policy_for > 0 || authority.is_self_issued());
        if !any && !has_policy(&policies, policy).map_err(at)? {
            return Err(at(Error::Policy));
        }
        if !authority.is_self_issued() {
            any_policy_for = any_policy_for.saturating_sub(1);
        }
        if let Some(inhibit) = authority.extension(oid::INHIBIT_ANY_POLICY) {
            any_policy_for = any_policy_for.min(inhibit_any_policy(&inhibit).map_err(at)?);
        }
    }
    Ok(())
}
